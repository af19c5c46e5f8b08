/* The sentence, the words that were learned, and the picture with its face. */
import { find, findAll, make, scrollTo } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { percent } from "../../shared/wording.js";
import { notes } from "../../shell/news.js";
import { MOST, originOf, signed } from "./model.js";
import {
  complained, editsChanged, faceChanged, faceGone, faceNow, faceShown, stack,
} from "./news.js";
import { createSources } from "./sources.js";
import { createStage } from "./stage.js";

const FULL = `${MOST} edits are the most; take one away first.`;
const LOST = "The photograph is not kept here any longer: open it again.";
const FAINT = 0.25;                  // share of faces that clearly changed; below it a word is pale

/** @param {string} url @returns {Promise<HTMLImageElement>} */
async function loaded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const part = find(".dd-faces", element), stage = find(".dd-face-stage", part);
  const note = find(".dd-note", stage);
  const [text, slider, output, chips, status] = [
    "#faces_text", "#faces_strength", ".dd-face-by output", ".dd-face-chips", ".dd-face-status",
  ].map((name) => find(name, part));
  let run = "";                      // of the newest message
  let about = "";                    // what is said of the face while there is nothing else to say
  let turn = 0, painted = 0;         // pictures on their way: only the newest is shown

  function tell(sentence) {
    note.textContent = sentence || "";
    note.hidden = !sentence;
  }
  function wait(sentence) {
    stage.dataset.busy = String(Boolean(sentence));
    stage.setAttribute("aria-busy", String(Boolean(sentence)));
    status.textContent = sentence || "";
  }
  const view = createStage({
    stage,
    onFace(at) {
      wait("Looking at that face.");
      trigger("pick", { face: faceNow().face, at });
    },
    onPoints(points) {
      wait("Looking at the face there.");
      trigger("pick", { face: faceNow().face, points });
    },
  });
  const sources = createSources({
    part,
    say: tell,
    onFile(file) {
      tell("");
      wait("Looking for faces.");
      trigger("opened", file);
    },
  });

  /* ---- faces that come ----------------------------------------------------------------------- */
  async function show(face) {
    const mine = (turn += 1);
    const image = await loaded(face.photo ? face.photo.url : face.square);
    if (mine !== turn) return;
    wait("");
    painted = 0;
    stage.dataset.empty = "false";
    view.show(image, face);
    about = face.notice || (face.photo ? "Move a slider, or choose a word." : madeUp(face));
    status.textContent = about;
    refresh(face);
    faceShown.send(face);
  }
  function madeUp({ face, size }) {
    const { second } = originOf(face) || {};
    const mixed = second ? ", mixed of two" : "";
    return `A face of nobody${mixed}, drawn by our generator, ${size} x ${size} pixels.`;
  }
  function refresh(face = faceNow()) {
    const photo = Boolean(face?.photo);
    for (const button of findAll("[data-view]", part)) {
      button.disabled = !photo;
      const here = (button.dataset.view === "close") === (view.close || !photo);
      button.setAttribute("aria-pressed", String(here));
    }
    const points = find("[data-act=points]", part);
    points.disabled = !photo;
    points.setAttribute("aria-pressed", String(view.pointing));
    const said = stack.asked().map(([word, strength]) => `${word} ${signed(strength)}`).join(", ");
    const what = photo ? "A photograph with a face" : "A face of nobody";
    const name = face ? `${what}${said ? `: ${said}` : ""}` : "No face yet";
    find(".dd-face-after", part).setAttribute("aria-label", name);
  }
  onMessage(context, (message) => {
    if (!message.run || Number(message.run) < Number(run)) return;    // late, of an older run
    run = message.run;
    tell(message.error);
    if (message.error) wait("");
    else if (message.status) wait(message.status);
    else if (message.face) show(message).catch(() => tell("The picture did not arrive whole; try again."));
  });
  faceChanged.listen(async ({ patch, request, face, readings }) => {
    painted = Math.max(painted, request);
    if (stage.dataset.busy === "false") {              // the card that says it may be far below
      status.textContent = readings.map(({ notice }) => notice).join(" ") || about;
    }
    const image = patch ? await loaded(patch).catch(() => null) : null;
    if (request === painted && face === faceNow()?.face) view.change(image);
  });
  faceGone.listen(({ face }) => { if (!originOf(face)) tell(LOST); });
  complained.listen(tell);
  notes.listen((sentence) => { if (sentence && part.offsetParent) tell(sentence); });

  /* ---- the sentence -------------------------------------------------------------------------- */
  const typed = () => text.value.trim().replace(/\s+/g, " ");
  function follow() {
    const strength = stack.chosen?.strength ?? 0;
    if (stack.chosen && document.activeElement !== text) text.value = stack.chosen.text;
    slider.value = strength;
    output.textContent = signed(strength);
    slider.setAttribute("aria-valuetext", `${signed(strength)} of ${typed() || "nothing"}`);
    for (const chip of findAll("button", chips)) {
      chip.setAttribute("aria-pressed", String(stack.find(chip.dataset.text) >= 0));
    }
    refresh();
  }
  function add(word, strength = 1) {
    if (!word.trim()) tell("Say what the face shall be: type a word, such as smiling.");
    else if (stack.add(word, strength)) tell("");
    else tell(FULL);
  }
  slider.addEventListener("input", () => {
    const strength = Number(slider.value);
    if (typed().toLowerCase() !== stack.chosen?.text.toLowerCase()) add(typed(), strength);
    stack.set(stack.at, strength);
  });
  text.addEventListener("focus", () => text.select());
  text.addEventListener("keydown", ({ key }) => {
    if (key !== "Enter") return;
    add(typed());
    text.select();
  });
  find("#faces_add", part).addEventListener("click", () => add(typed()));
  editsChanged.listen(follow);

  /* ---- the words that were learned ----------------------------------------------------------- */
  const words = JSON.parse(props.chips);
  chips.replaceChildren(...words.map(([word, share]) => {
    const chip = make("button", { type: "button", textContent: word, dataset: { text: word } });
    if (share === null) chip.title = "Its effect was not measured";
    else chip.title = `Clearly changed ${percent(share)} of the faces that it was measured on`;
    if (share === null || share < FAINT) chip.dataset.faint = "true";
    return chip;
  }));
  chips.addEventListener("click", ({ target }) => {
    const word = target.closest("button")?.dataset.text;
    if (!word) return;
    const there = stack.find(word);
    if (there >= 0 && there === stack.at) stack.remove(there);
    else add(word);
    text.value = stack.chosen?.text ?? word;
  });
  find("datalist", part).replaceChildren(
    ...JSON.parse(props.phrases).map((phrase) => make("option", { value: phrase })),
  );

  /* ---- the tools below the picture ----------------------------------------------------------- */
  const acts = {
    ...sources.acts,
    points() {
      view.pointing = !view.pointing;
      refresh();
    },
  };
  part.addEventListener("click", ({ target }) => {
    const { act, view: which } = target.closest("button")?.dataset || {};
    if (which) {
      view.close = which === "close";
      refresh();
    } else if (act) acts[act]();
  });
  if (props.problem) {
    tell(props.problem);
    for (const button of findAll("button, input", part)) button.disabled = true;
  }
  follow();

  return {
    /** A result of this visit is on its way. */
    expect() {
      tell("");
      wait("Drawing that face again.");
      scrollTo(part);
    },
  };
}
