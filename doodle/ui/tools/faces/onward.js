/* The chosen edit at several strengths, and ways onward: files, sketches, the row of this visit. */
import { find, findAll, make } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { sendTo } from "../../shell/tools.js";
import { originOf, signed } from "./model.js";
import { editsChanged, faceNow, faceRefined, faceShown, pictureNow, stack } from "./news.js";
import { keepFace } from "./tool.js";

const PATIENCE = 500;                // ms without a change, after which the strip is drawn
const PRIVATE = "Photographs are kept nowhere: save the picture instead";

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, trigger } = context;
  const part = find(".dd-face-onward", element), strip = find("ol", part), note = find(".dd-note", part);
  const [none, gif, keep] = [".dd-face-none", "[data-act=gif]", "[data-act=keep]"]
    .map((name) => find(name, part));
  let request = Date.now(), timer = 0;
  let strengths = [];
  let about = "";                    // what the strip on show was drawn of

  function tell(sentence) {
    note.textContent = sentence || "";
    note.hidden = !sentence;
  }
  const asked = (more) => ({ face: faceNow().face, edits: stack.asked(), ...more });

  /* ---- the strip ----------------------------------------------------------------------------- */
  /* All that it depends on: the chosen edit's own strength is none of it. */
  function subject() {
    const others = stack.edits.map((one, i) => (i === stack.at ? one.text : one));
    return stack.chosen ? JSON.stringify([faceNow()?.face, stack.at, others]) : "";
  }
  function later(fresh = false) {
    clearTimeout(timer);
    const now = subject();
    if (fresh || now !== about) {
      strip.dataset.old = "true";
      about = "";
    }
    gif.disabled = !now || !faceNow();
    none.hidden = Boolean(now);
    if (!now) strip.replaceChildren();
    else if (now !== about) timer = window.setTimeout(draw, PATIENCE);
    mark();
  }
  function draw() {
    if (!faceNow() || !stack.chosen || !part.offsetParent) return;
    about = subject();
    request += 1;
    trigger("strip", asked({ request, which: stack.at }));
  }
  function mark() {
    const now = stack.chosen?.strength;
    for (const [i, button] of findAll("button", strip).entries()) {
      button.setAttribute("aria-pressed", String(strengths[i] === now));
    }
  }
  onMessage(context, (answer) => {
    if (answer.outline) {
      sendTo(answer.to, answer.outline, { word: "face" });
      return;
    }
    if (answer.request !== undefined && answer.request !== request) return;
    tell(answer.error);
    if (!answer.pictures || subject() !== about) return;
    strip.dataset.old = "false";
    strengths = answer.strengths;
    strip.replaceChildren(...answer.pictures.map((url, i) => {
      const image = make("img", { src: url, alt: "", draggable: false });
      const strength = signed(strengths[i]);
      const button = make("button", { type: "button" }, image, make("small", { textContent: strength }));
      button.setAttribute("aria-label", `${stack.chosen.text} by ${strength}`);
      return make("li", {}, button);
    }));
    mark();
  });
  strip.addEventListener("click", ({ target }) => {
    const i = findAll("button", strip).indexOf(target.closest("button"));
    if (i >= 0) stack.set(stack.at, strengths[i]);
  });

  /* ---- ways onward --------------------------------------------------------------------------- */
  function refresh() {
    const face = faceNow();
    for (const button of findAll(".dd-face-out button", part)) button.disabled = !face;
    keep.dataset.title ||= keep.title;
    keep.disabled = !face || !originOf(face.face);
    keep.title = face?.photo ? PRIVATE : keep.dataset.title;
    later();
  }
  part.addEventListener("click", ({ target }) => {
    const { act, format, to } = target.closest("button")?.dataset || {};
    if (!act && !format && !to) return;
    tell("");
    if (act === "gif") trigger("gif", asked({ which: stack.at }));
    else if (act === "keep") keepFace(faceNow().face, pictureNow(), stack.asked());
    else if (format) trigger("full", asked({ format }));
    else trigger("outline", asked({ to }));
  });
  editsChanged.listen(() => later());
  faceShown.listen(refresh);
  faceRefined.listen(() => later(true));
  refresh();
}
