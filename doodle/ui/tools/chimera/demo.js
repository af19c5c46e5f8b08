/* What Chimera does, shown while the paper is empty: one of our examples is drawn line by line, then the
 * network's picture of it appears. It plays once and rests. Over at the first touch, stroke, picture or
 * result. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { calm, find, make } from "../../shared/dom.js";
import { whenMounted } from "../../shell/mount.js";
import { renderAsked, sourceChanged } from "./news.js";

const KEY = "doodle.seen-chimera";
const BEGIN = 400, DRAWING = 2800, ARROW = 200, APPEARING = 900;   // ms, one after the other: below 5 s
const UNSEEN = 0.7;                  // of the window: a result that begins below is not seen
const LIFT = 0.15;                   // of a stroke's time, in which the pen is lifted

const over = new AbortController();

/** The visitor has begun something, or has seen enough. */
export function endDemo() {
  if (over.signal.aborted) return;
  over.abort();
  try { sessionStorage.setItem(KEY, "1"); } catch { /* then it is shown again after a reload */ }
}

function seen() {
  try {
    return Boolean(sessionStorage.getItem(KEY));
  } catch { return false; }
}

/**
 * @param {object} shown
 * @param {SVGElement} shown.drawing a path for every stroke, in the square that the picture shows
 * @param {string} shown.url of the picture, fetched now
 * @param {string} shown.says the sentence for those who do not see it
 */
export async function showDemo({ drawing, url, says }) {
  if (seen()) return;
  await Promise.all([whenMounted("#chimera_pad"), whenMounted("tools/chimera/result")]);
  const paper = find("#chimera_pad .sc-frame"), result = find("#chimera_result .dd-compare");
  if (canvas("chimera_pad").stats().strokes) return;

  onCanvas("chimera_pad", "drawing", ({ strokes }) => { if (strokes) endDemo(); });
  sourceChanged.listen(endDemo);
  renderAsked.listen(endDemo);
  for (const place of [paper, result]) {
    place.addEventListener("pointerdown", endDemo, { capture: true, signal: over.signal });
  }

  const picture = make("img", { alt: "", draggable: false, src: url });
  try {
    await picture.decode();
  } catch { return; }                // without it there is nothing to show
  if (over.signal.aborted) return;

  const arrow = make("i", { textContent: "→" });
  const [before, after] = [drawing, picture].map((one) => make("span", {}, one));
  const demo = make("div", { className: "dd-demo" }, before, arrow, after);
  demo.setAttribute("role", "img");
  demo.setAttribute("aria-label", says);
  /* In the result's place; where that is not seen at first, on the paper. */
  const watch = new ResizeObserver(() => {
    if (!result.offsetParent) return;                // another tool is open
    const top = result.getBoundingClientRect().top + scrollY;
    const home = top > UNSEEN * innerHeight ? paper : result, first = !demo.isConnected;
    if (demo.parentElement !== home) home.append(demo);
    if (first && !calm()) play(drawing, arrow, picture);
  });
  watch.observe(result);
  over.signal.addEventListener("abort", () => {
    watch.disconnect();
    demo.remove();
  });
}

/** @type {(drawing: SVGElement, arrow: HTMLElement, picture: HTMLElement) => void} */
function play(drawing, arrow, picture) {
  const paths = /** @type {SVGPathElement[]} */ ([...drawing.children]);
  const lengths = paths.map((line) => line.getTotalLength());
  const speed = DRAWING / lengths.reduce((sum, length) => sum + length, 0);
  let at = BEGIN;
  for (const [i, line] of paths.entries()) {
    const time = lengths[i] * speed;
    line.setAttribute("pathLength", "1");
    line.animate([
      { strokeDasharray: "0 1", opacity: 0 }, { opacity: 1, offset: 0.01 }, { strokeDasharray: "1 0" },
    ], { delay: at + LIFT * time, duration: (1 - LIFT) * time, fill: "backwards" });
    at += time;
  }
  arrow.animate([{ opacity: 0 }, {}], { delay: at, duration: ARROW, fill: "backwards" });
  picture.animate([{ clipPath: "inset(0 100% 0 0)" }, { clipPath: "inset(0)" }],
    { delay: at + ARROW, duration: APPEARING, easing: "ease-in-out", fill: "backwards" });
}
