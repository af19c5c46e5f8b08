/* What to do, shown once on the empty paper: a hand draws half of a cat, and the other half comes by
 * itself. Over at the first stroke, key or click there; where motion is unwelcome a picture that stands. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { calm, find, make } from "../../shared/dom.js";
import { svgNode } from "../../shared/pictures.js";
import { path } from "../../shared/strokes.js";

const KEY = "doodle:seen-how";
const SIDE = 130;                    // of the sample's square
const SPEED = 0.11, REST = 450;      // units of it a ms; ms between two strokes
const END = 2600;                    // ms that the finished picture stays
const SAYS = ["You draw half of it…", "…and I draw the rest."];

function seen() {
  try {
    return Boolean(localStorage.getItem(KEY));
  } catch { return false; }
}

/** @param {{ drawn: number[][], added: number[][] }} sample x, y, x, y, ... of every stroke */
export function showHow({ drawn, added }) {
  const pad = canvas("pad"), frame = find("#pad .sc-frame");
  if (!frame || seen() || pad.stats().strokes) return;

  const picture = svgNode("svg", { "viewBox": `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" });
  const strokes = [...drawn, ...added].map((flat, i) => {
    const kind = i < drawn.length ? "drawn" : "added";
    const line = svgNode("path", { d: path([flat]), class: kind, pathLength: "1" });
    picture.append(line);
    return { line, kind, length: line.getTotalLength() };
  });
  const hand = svgNode("g", { class: "hand" });
  hand.append(svgNode("path", { d: "M0 0l2.6-8.4L15.500-21.200l5.700 5.700L8.400-2.600z" }));
  picture.append(hand);
  const says = make("p", { textContent: SAYS[0] });
  const skip = make("button", { type: "button", className: "dd-quiet", textContent: "skip" });
  const overlay = make("div", { className: "dd-how" }, picture, says, skip);
  const over = new AbortController();
  find("#pad .sc-root").dataset.shows = "how";
  frame.append(overlay);

  function end() {
    if (over.signal.aborted) return;
    over.abort();
    overlay.remove();
    delete find("#pad .sc-root").dataset.shows;
    try { localStorage.setItem(KEY, "1"); } catch { /* then it is shown again */ }
  }
  skip.addEventListener("click", end);
  find("#pad .sc-stage").addEventListener("pointerdown", end, { signal: over.signal });
  document.addEventListener("keydown", end, { signal: over.signal });
  onCanvas("pad", "drawing", end);
  onCanvas("pad", "ghosts", end);

  if (calm()) {
    says.textContent = SAYS.join(" ");
    hand.remove();
    return;
  }

  for (const { line } of strokes) line.style.visibility = "hidden";
  let at = 0, since = 0;
  function step(now) {
    if (over.signal.aborted) return;
    since ||= now;
    if (at === strokes.length) {
      if (now - since > END) end(); else requestAnimationFrame(step);
      return;
    }
    const { line, kind, length } = strokes[at];
    const part = Math.min(1, Math.max(0, now - since - REST) * SPEED / length);
    line.style.strokeDasharray = `${part} 1`;
    if (part) line.style.visibility = "visible";
    const { x, y } = line.getPointAtLength(part * length);
    hand.setAttribute("transform", `translate(${x} ${y})`);
    hand.dataset.of = kind;
    says.textContent = SAYS[kind === "drawn" ? 0 : 1];
    if (part === 1) {
      at += 1;
      since = now;
      if (at === strokes.length) hand.remove();
    }
    requestAnimationFrame(step);
  }
  requestAnimationFrame(step);
}
