/* How the generator draws a photograph's face, and steps that improve it. */
import { find } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { faceNow, faceRefined, faceShown } from "./news.js";

const SMALL = 256;                   // pixels a side, up to which a generator is called small

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const part = find(".dd-face-like", element), pair = find(".dd-face-pair", part);
  const [given, drawn] = [...pair.querySelectorAll("img")];
  const [refine, halt, progress, said, note] = [
    "[data-act=refine]", "[data-act=halt]", "progress", ".dd-face-said", ".dd-note",
  ].map((name) => find(name, part));
  let run = "", busy = "";           // newest message; id of the face that is being improved

  function tell(sentence) {
    note.textContent = sentence || "";
    note.hidden = !sentence;
  }
  function work(face) {
    const focused = document.activeElement === refine || document.activeElement === halt;
    busy = face;
    refine.hidden = Boolean(face);
    halt.hidden = progress.hidden = !face;
    if (focused) (face ? halt : refine).focus({ preventScroll: true });
  }
  refine.addEventListener("click", () => {
    tell("");
    progress.value = 0;
    said.textContent = "Improving the likeness.";
    work(faceNow().face);
    trigger("refine", { face: faceNow().face });
  });
  halt.addEventListener("click", () => {
    trigger("halt");
    work("");
    said.textContent = "Stopped: the face stays as it was.";
    drawn.src = faceNow().drawn;
  });
  onMessage(context, ({ error, face, step, steps, drawn: url, done, status, run: id }) => {
    if (!id || Number(id) < Number(run)) return;
    run = id;
    if (error) {
      tell(error);
      work("");
      return;
    }
    if (face !== busy) return;                         // stopped, or another face
    if (status) said.textContent = status;
    if (url) drawn.src = faceNow().drawn = url;
    if (step) {
      progress.max = steps;
      progress.value = step;
      said.textContent = `Step ${step} of ${steps}.`;
    }
    if (done) {
      work("");
      said.textContent = "Done: it draws this face as truly as it can.";
      faceRefined.send(face);
    }
  });
  faceShown.listen((face) => {
    if (busy) {
      trigger("halt");
      work("");
    }
    pair.hidden = refine.disabled = !face.photo;
    refine.disabled = !face.photo;
    part.dataset.photo = String(Boolean(face.photo));
    given.src = face.square;
    drawn.src = face.drawn;
    said.textContent = face.photo ? "Of a photograph only the difference of two such drawings is taken."
      : "This face is its own drawing; of a photograph you see here how well it is met.";
  });
  const { size } = props, how = size <= SMALL ? `Our generator is small: ${size} px.`
    : `The generator draws faces of ${size} px.`;
  find(".dd-face-small", part).textContent = `${how} Of the words above the picture, the pale ones it hardly`
    + " draws.";
}
