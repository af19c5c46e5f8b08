/* Draw, as the rest of the page meets it. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { scrollTo } from "../../shared/dom.js";
import { picture } from "../../shared/pictures.js";
import { composed, lines, thinned } from "../../shared/strokes.js";
import { counted } from "../../shared/wording.js";
import { whenMounted } from "../../shell/mount.js";
import { registerTool } from "../../shell/tools.js";
import { keepResult, newId } from "../../shell/visit.js";
import { word } from "./word.js";

const SHOWN_ENDINGS = 16;
const FROM = { draw: "drawn for you", again: "your way" };

let kept = null;             // stroke by stroke, one run gives one kept drawing: { id, word }

/**
 * Keeps a finished run.
 * @param {import("../../types").DrawRun} run
 * @param {string} id of its entry, where better endings were found for it
 * @returns {string} the id
 */
export function keepRun(run, id = "") {
  kept = null;
  const list = run.list.slice(0, SHOWN_ENDINGS), text = JSON.stringify(list);
  const from = run.mode === "complete" ? counted(list.length, "way").toLowerCase() : FROM[run.mode];
  const entry = { ...run, list, kind: "run", from, ...(id && { id }) };
  return keepResult(entry, (one) => JSON.stringify(one.list) === text);
}

onCanvas("pad", "adopted", () => {
  kept ||= { id: newId(), word: word() };
  keepResult({ ...kept, kind: "kept", from: "kept", drawing: canvas("pad").serialize() });
});

registerTool({
  id: "draw",
  kinds: ["run", "kept"],
  thumbnail({ kind, base, mode, list, drawing }) {
    if (kind === "kept") return picture(thinned(lines(drawing)));
    return picture(mode === "complete" ? thinned(lines(base)) : [], list[0].strokes);
  },
  async restore(entry) {
    const pad = await whenMounted("#pad");
    if (entry.kind === "run") (await whenMounted("tools/draw/results")).restore(entry);
    else pad.load(entry.drawing, { undoable: true });
    reveal();
  },
  drawing: ({ drawing, base, list, mode }) => drawing || composed(base, list[0].strokes, mode),
  async accept(drawing, { word: name }) {
    (await whenMounted("#pad")).load(drawing, { undoable: true });
    if (name) (await whenMounted("tools/draw/guess")).choose(name);
    reveal();
  },
});

/** On a phone the paper may be scrolled away. */
export function reveal() {
  scrollTo(document.getElementById("pad"));
}
