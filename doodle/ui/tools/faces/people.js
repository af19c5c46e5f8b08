/* Faces of nobody: a row of one seed, one of them to begin with, and two of them mixed. */
import { find, findAll, make } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { originOf } from "./model.js";
import { faceGone, faceNow, faceShown } from "./news.js";

const MOST_SEED = 10_000;            // of those that are drawn by chance

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const part = find(".dd-people", element), row = find("ol", part), note = find(".dd-note", part);
  const [field, mixer, share, saying] = [
    "#faces_seed", "[data-act=mix]", ".dd-people-share", ".dd-people-say",
  ].map((name) => find(name, part));
  const slider = find("input", share);
  let seed = 0;                      // of the row on show
  let run = "";
  let mixing = false, first = "", second = null;   // id of the first, { seed, number } of the second
  let pending = null;                // a mix to be made when its first face is there
  let busy = false, again = false;   // a mix is under way; the slider has moved since

  function tell(sentence) {
    note.textContent = sentence || "";
    note.hidden = !sentence;
  }

  /* ---- the row ------------------------------------------------------------------------------- */
  function ask(next) {
    const given = String(next).trim();
    field.value = given;
    row.dataset.busy = "true";
    trigger("people", { seed: /^\d+$/.test(given) ? Number(given) : given });
  }
  onMessage(context, (answer) => {
    if (!answer.run || Number(answer.run) < Number(run)) return;
    run = answer.run;
    row.dataset.busy = "false";
    tell(answer.error);
    if (answer.error) return;
    seed = answer.seed;
    row.replaceChildren(...answer.faces.map((url, number) => {
      const image = make("img", { src: url, alt: "", draggable: false });
      const button = make("button", { type: "button", dataset: { number } }, image);
      button.setAttribute("aria-label", `Face ${number + 1} of seed ${seed}`);
      return make("li", {}, button);
    }));
    mark();
  });
  function mark() {
    const { seed: here, number, second: other } = originOf(faceNow()?.face) || {};
    for (const button of findAll("button", row)) {
      const at = Number(button.dataset.number), both = [[here, number], [other?.seed, other?.number]];
      button.setAttribute("aria-pressed", String(both.some(([s, n]) => s === seed && n === at)));
    }
    mixer.disabled = !faceNow();
  }

  /* ---- choosing and mixing ------------------------------------------------------------------- */
  function choose(one) {
    if (mixing) {
      second = one;
      slider.disabled = false;
      mix();
    } else trigger("choose", one);
  }
  function mix() {
    if (!second || busy) {
      again = Boolean(second);
      return;
    }
    busy = true;
    again = false;
    trigger("mix", { face: first, ...second, share: Number(slider.value) });
  }
  function setMixing(on) {
    mixing = on;
    second = null;
    busy = again = false;
    first = on ? faceNow().face : "";
    share.hidden = !on;
    slider.disabled = true;
    mixer.setAttribute("aria-pressed", String(on));
    saying.textContent = on ? "Now choose a second face: it gives the colours and finer parts." : "";
  }
  faceShown.listen(({ face }) => {
    if (mixing && second && face.startsWith(`${first}*`)) {
      busy = false;
      saying.textContent = "Move the slider for more of either; press “mix two” again when it is right.";
      if (again) mix();
    } else if (mixing) setMixing(false);               // another face took the place of the first
    mark();
    if (pending?.id === face) trigger("mix", { face, ...pending.mix });
    pending = null;
  });

  row.addEventListener("click", ({ target }) => {
    const number = target.closest("button")?.dataset.number;
    if (number !== undefined) choose({ seed, number: Number(number) });
  });
  row.addEventListener("keydown", (event) => {
    const all = findAll("button", row), by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !all.length) return;
    event.preventDefault();
    const to = all.indexOf(document.activeElement) + by;
    all[Math.min(Math.max(to, 0), all.length - 1)].focus();
  });
  slider.addEventListener("input", mix);
  field.addEventListener("keydown", ({ key }) => { if (key === "Enter") ask(field.value); });
  field.addEventListener("change", () => { if (field.value.trim() !== String(seed)) ask(field.value); });
  find("[data-act=more]", part).addEventListener("click", () => ask(Math.floor(Math.random() * MOST_SEED)));
  mixer.addEventListener("click", () => setMixing(!mixing));

  /**
   * A face of nobody by its seeds and numbers, a mixed one in two steps.
   * @param {NonNullable<ReturnType<typeof originOf>>} origin
   */
  function take(origin) {
    setMixing(false);
    const { second: other, ...one } = origin;
    trigger("choose", one);
    if (other) pending = { id: `${one.seed}/${one.number}`, mix: other };
  }
  faceGone.listen(({ face }) => {
    const origin = originOf(face);
    if (origin) take(origin);
  });
  if (!props.problem) {
    ask(field.value);
    trigger("choose", { seed: Number(field.value), number: 0 });
  } else for (const button of findAll("button, input", part)) button.disabled = true;

  return { take };
}
