/* The head of a morph's slot; the slot itself is a small canvas below it. What the visitor draws there is
 * recognised and names the slot's word, unless the word was asked for. What was laid in from elsewhere, or
 * drawn for the visitor, gives way to the first stroke. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { field, find, onPress } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { lines } from "../../shared/strokes.js";
import { whenMounted } from "../../shell/mount.js";
import { word } from "../draw/word.js";

const PAUSE = 120;           // ms after a stroke, so that a burst of them is one question

const slots = [];

/** What each slot offers for a drawing: { rank, put(drawing, word) }, the lowest rank first. */
export function offers() {
  return slots.map((offer) => offer());
}

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const slot = find(".dd-slot", element), paper = () => canvas(props.target);
  const typed = () => field(props.field)?.value.trim() || "";
  let since = 0;             // when it was filled from outside: slots take turns
  let ours = props.word;     // the word that the page put into the field: another one was asked for
  let laid = "";             // the word of what was laid in by the page; "" once the visitor draws
  let version = 0, timer = 0;

  const isOurs = () => [ours, ""].includes(typed());
  const empty = () => !paper()?.stats().strokes;

  function say(name) {
    ours = name;
    trigger("filled", { word: name });
  }
  function put(text, name) {
    paper()?.load(text, { undoable: true });
    since = Date.now();
    if (name) {
      laid = name;
      say(name);
    } else look();
  }
  slots.push(() => ({ rank: empty() ? 0 : since + 1, put }));

  /* ---- what is it? --------------------------------------------------------------------------- */
  function look() {
    clearTimeout(timer);
    if (empty() || !isOurs()) return;
    timer = window.setTimeout(() => {
      version += 1;
      props.value = JSON.stringify({ version, drawing: paper().serialize() });
      trigger("guess");
    }, PAUSE);
  }
  onMessage(context, (answer) => {
    if (!answer.guesses || answer.version !== version || answer.unknown || !isOurs()) return;
    const [[name] = [""]] = answer.guesses;
    if (name && name !== typed()) say(name);
  });

  /* ---- the drawing --------------------------------------------------------------------------- */
  function changed({ why }) {
    if (why === "load") laid ||= typed();             // Python drew it, or another tool sent it
    if (why === "stroke" && laid) {
      const drawing = JSON.parse(paper().serialize()), { length } = drawing.strokes;
      laid = "";
      for (const list of ["strokes", "widths", "tags"]) drawing[list] = drawing[list]?.slice(length - 1);
      drawing.tags ??= [];
      replace(JSON.stringify(drawing));
    }
    if (empty()) laid = "";
    if (why !== "load") look();
  }
  function replace(text) {
    paper().load(text, { undoable: true });
    laid = "";
  }
  /* Only once what was kept is back: that is the visitor's own. */
  whenMounted(`#${props.target}`).then(() => {
    onCanvas(props.target, "drawing", changed);
    look();
  });
  /* Another word asks for another drawing in place of the one that the page laid in. */
  onPress("#morph_go", () => { if (laid && laid !== typed()) replace(""); });

  find("h2", slot).textContent = props.title;
  slot.addEventListener("click", ({ target }) => {
    const act = target.closest("button")?.dataset.act;
    if (act === "empty") paper()?.clear();
    if (act !== "take") return;
    const text = canvas("pad")?.serialize();
    if (text && lines(text).length) put(text, word());
  });
}
