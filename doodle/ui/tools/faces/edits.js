/* The edits in their order; every change of them is asked for, one question at a time. */
import { find, findAll, make } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { LEAST_STRENGTH, MOST_STRENGTH, signed } from "./model.js";
import {
  complained, editsChanged, faceChanged, faceGone, faceNow, faceRefined, faceShown, stack,
} from "./news.js";

const LONG = 15_000;                 // ms after which an answer is not waited for any more

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element, props, trigger, watch }) {
  const part = find(".dd-face-edits", element), list = find("ol", part);
  const reading = find(".dd-face-read", part), clear = find("[data-act=clear]", part);
  let request = Date.now();          // of the newest question; larger than those of an earlier page
  let asked = null;                  // the edits of the question that is under way
  let waiting = false, again = false, timer = 0;
  const known = new Set();           // texts that were answered

  /* ---- asking -------------------------------------------------------------------------------- */
  function ask() {
    const face = faceNow();
    if (!face) return;
    if (waiting) {
      again = true;
      return;
    }
    again = false;
    request += 1;
    asked = stack.asked();
    if (!asked.length) {
      faceChanged.send({ face: face.face, request, patch: "", box: [], readings: [] });
      read([]);
      return;
    }
    waiting = true;
    clearTimeout(timer);
    timer = window.setTimeout(answered, LONG);
    trigger("edit", { request, face: face.face, edits: asked });
  }
  function answered() {
    clearTimeout(timer);
    waiting = false;
    if (again) ask();
  }
  onMessage({ element, props, trigger, watch }, (answer) => {
    if (answer.request !== request || !waiting) return;
    if (answer.error) {
      refuse(answer.error, answer.unread);
    } else if (answer.gone) {
      faceGone.send(faceNow());
    } else {
      for (const [text] of asked) known.add(text);
      read(answer.readings);
      if (answer.face === faceNow().face) faceChanged.send(answer);
    }
    answered();
  });
  /* What cannot be read goes again, and is said; the other edits stay. */
  function refuse(sentence, unread) {
    complained.send(sentence);
    if (!unread) return;
    const which = stack.edits.findIndex(({ text }) => !known.has(text));
    if (which >= 0) stack.remove(which);
  }
  function read(readings) {
    reading.hidden = !readings.length;
    reading.replaceChildren(...readings.flatMap(({ notice, nearest, text }) => {
      const here = stack.find(text), offer = nearest && here >= 0 && stack.find(nearest) < 0;
      if (!offer) return [notice, " "];
      const button = make("button", { type: "button", textContent: `use “${nearest}”` });
      button.addEventListener("click", () => {
        const { strength } = stack.edits[stack.find(text)] ?? { strength: 1 };
        stack.remove(stack.find(text));
        stack.add(nearest, strength);
      });
      return [notice, " ", button, " "];
    }));
  }

  /* ---- the list ------------------------------------------------------------------------------ */
  function row({ text, strength }, i) {
    const button = (act, textContent, title) => (
      make("button", { type: "button", textContent, title, dataset: { act } })
    );
    const name = button("choose", text, text);
    name.setAttribute("aria-pressed", String(i === stack.at));
    const slider = make("input", {
      type: "range", min: LEAST_STRENGTH, max: MOST_STRENGTH, step: 0.05, value: strength,
    });
    slider.setAttribute("aria-label", `Strength of ${text}`);
    const up = button("raise", "\u2191", "Earlier"), off = button("remove", "\u2715", "Take it away");
    up.setAttribute("aria-label", `${text} earlier`);
    up.disabled = i === 0;
    off.setAttribute("aria-label", `Take ${text} away`);
    return make("li", { dataset: { i } }, name, slider, make("output"), up, off);
  }
  function draw(structure) {
    part.dataset.empty = String(!stack.edits.length);
    clear.disabled = !stack.edits.length;
    if (structure) list.replaceChildren(...stack.edits.map(row));
    for (const [i, item] of findAll("li", list).entries()) {
      const { strength } = stack.edits[i];
      find("output", item).textContent = signed(strength);
      find("input", item).value = strength;
      find("button", item).setAttribute("aria-pressed", String(i === stack.at));
    }
  }
  const indexOf = (target) => Number(target.closest("li")?.dataset.i ?? -1);
  list.addEventListener("input", ({ target }) => stack.set(indexOf(target), Number(target.value)));
  list.addEventListener("change", ({ target }) => {    // a slider that was moved is the chosen edit
    const i = indexOf(target);
    if (i === stack.at) return;
    stack.choose(i);
    find("input", list.children[i]).focus({ preventScroll: true });
  });
  list.addEventListener("click", ({ target }) => {
    const { act } = target.closest("button")?.dataset || {}, i = indexOf(target);
    if (!act) return;
    stack[act](i);
    const next = list.children[act === "raise" ? i - 1 : Math.min(i, list.children.length - 1)];
    find("button", next ?? part)?.focus({ preventScroll: true });
  });
  clear.addEventListener("click", () => stack.replace([]));

  editsChanged.listen((structure) => {
    draw(structure);
    ask();
  });
  faceShown.listen(() => {
    if (stack.edits.length) ask();
  });
  faceRefined.listen((face) => { if (face === faceNow()?.face) ask(); });
  draw(true);
}
