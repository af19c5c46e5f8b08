/* The head of a morph's slot; the slot itself is a small canvas below it. */
import { canvas } from "../../shared/canvases.js";
import { find } from "../../shared/dom.js";
import { lines } from "../../shared/strokes.js";
import { word } from "../draw/word.js";

const slots = [];

/** What each slot offers for a drawing: { rank, put(drawing, word) }, the lowest rank first. */
export function offers() {
  return slots.map((offer) => offer());
}

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element, props, trigger }) {
  const slot = find(".dd-slot", element), paper = () => canvas(props.target);
  let since = 0;             // when it was filled from outside: slots take turns

  function put(text, name) {
    paper()?.load(text, { undoable: true });
    since = Date.now();
    if (name) trigger("filled", { word: name });
  }
  slots.push(() => ({ rank: paper()?.stats().strokes > 0 ? since + 1 : 0, put }));

  find("h2", slot).textContent = props.title;
  slot.addEventListener("click", ({ target }) => {
    const act = target.closest("button")?.dataset.act;
    if (act === "empty") paper()?.clear();
    if (act !== "take") return;
    const text = canvas("pad")?.serialize();
    if (text && lines(text).length) put(text, word());
  });
}
