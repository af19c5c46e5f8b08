/* Strokes as the page passes them around. The wire form's rows are x, y, ms, pressure of one point after
 * the other; pictures are made of flat lists x, y, x, y, ... */

/** @typedef {import("../types").Wire} Wire */
/** @typedef {number[]} Flat x, y of one point after the other */

const SPEED = 1;                                     // canvas units a ms, for ink not drawn by hand
const PEN_LIFT = 150;                                // ms between two strokes of it
const PAPER = { w: 1000, h: 750, share: 0.76 };      // a canvas; what a drawing laid on it may fill
const SQUARE = { side: 256, width: 4 };              // of a doodle, and its line's width

/**
 * Strokes of a drawing as flat lists.
 * @param {string | Wire | null | undefined} wire the wire form, as text or as an object
 * @returns {Flat[]}
 */
export function lines(wire) {
  const drawing = typeof wire === "string" ? JSON.parse(wire || "{}") : wire || {};
  return (drawing.strokes || []).map((row) => {
    const flat = [];
    for (let i = 0; i + 1 < row.length; i += 4) flat.push(row[i], row[i + 1]);
    return flat;
  });
}

/**
 * Enough points for a small picture, however many were drawn.
 * @param {Flat[]} flats
 * @param {number} least distance between two points
 */
export function thinned(flats, least = 5) {
  return flats.map((flat) => {
    const out = flat.slice(0, 2), end = flat.length - 2;
    for (let i = 2; i <= end; i += 2) {
      const far = Math.hypot(flat[i] - out.at(-2), flat[i + 1] - out.at(-1)) >= least;
      if (far || i === end) out.push(flat[i], flat[i + 1]);
    }
    return out;
  });
}

/**
 * Flat lists as the wire form's rows, timed at a steady speed.
 * @param {Flat[]} flats
 * @param {number} start ms
 */
function timed(flats, start) {
  let now = start;
  return flats.map((flat) => {
    const row = [];
    for (let i = 0; i + 1 < flat.length; i += 2) {
      if (i) now += Math.hypot(flat[i] - flat[i - 2], flat[i + 1] - flat[i - 1]) / SPEED;
      row.push(flat[i], flat[i + 1], Math.round(now), 0.5);
    }
    now += PEN_LIFT;
    return row;
  });
}

/**
 * A drawing with an ending added to it, or in its place when the ending is a whole drawing.
 * @param {string} text the drawing, wire text
 * @param {Flat[]} flats the ending
 * @param {string} mode complete, draw or again
 * @returns {string} wire text
 */
export function composed(text, flats, mode) {
  const drawing = JSON.parse(text);
  if (mode !== "complete") drawing.strokes = [];
  delete drawing.widths;
  const last = drawing.strokes.at(-1);
  drawing.strokes = drawing.strokes.concat(timed(flats, last ? last.at(-2) + PEN_LIFT : 0));
  return JSON.stringify(drawing);
}

/**
 * A drawing of whatever size in the middle of an empty canvas.
 * @param {Flat[]} flats
 * @returns {string} wire text
 */
export function onPaper(flats) {
  const { w, h, share } = PAPER, [left, top, side] = frame(flats, 0).split(" ").map(Number);
  const size = (share * h) / side, x = (w - size * side) / 2, y = (h - size * side) / 2;
  /** @type {(v: number, i: number) => number} */
  const move = (v, i) => Math.round(10 * (i % 2 ? y + size * (v - top) : x + size * (v - left))) / 10;
  const empty = JSON.stringify({ v: 1, w, h, strokes: [] });
  return composed(empty, flats.map((flat) => flat.map(move)), "draw");
}

/**
 * A doodle as it is, in its own square, with a line that is not lost in it.
 * @param {Flat[]} flats
 * @returns {Wire}
 */
export function onSquare(flats) {
  const empty = JSON.stringify({ v: 1, w: SQUARE.side, h: SQUARE.side, strokes: [] });
  return { ...JSON.parse(composed(empty, flats, "draw")), widths: flats.map(() => SQUARE.width) };
}

/**
 * The `d` of an SVG path through all points.
 * @param {Flat[]} flats
 */
export function path(flats) {
  return flats.map((flat) => {
    let d = `M${flat[0]} ${flat[1]}`;
    if (flat.length < 4) return d + "h0";
    for (let i = 2; i + 1 < flat.length; i += 2) d += `L${flat[i]} ${flat[i + 1]}`;
    return d;
  }).join("");
}

/**
 * The box around all points as a viewBox.
 * @param {Flat[]} flats
 * @param {number} margin on each side, a share of the larger side
 * @param {boolean} square or just as wide and high as the points are
 */
export function frame(flats, margin = 0.09, square = true) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const flat of flats) {
    for (let i = 0; i + 1 < flat.length; i += 2) {
      left = Math.min(left, flat[i]);
      right = Math.max(right, flat[i]);
      top = Math.min(top, flat[i + 1]);
      bottom = Math.max(bottom, flat[i + 1]);
    }
  }
  if (left > right) return "0 0 100 100";
  const side = Math.max(right - left, bottom - top, 20), edge = 2 * margin * side;
  const [width, height] = square ? [side, side] : [right - left, bottom - top];
  const [w, h] = [width + edge, height + edge];
  return [(left + right - w) / 2, (top + bottom - h) / 2, w, h].join(" ");
}
