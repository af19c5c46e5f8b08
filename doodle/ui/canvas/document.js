/* The drawing: strokes { points, width, tag }, history and the wire form. Strokes are immutable, so a
 * snapshot of the drawing is the list of its strokes and undo costs nothing but a reference. */
import { pointCount, STRIDE } from "./geometry.js";
import { packTimeline, unpackTimeline } from "./timeline.js";

/** @typedef {import("../types").Stroke} Stroke */

export const PAGE = { width: 1000, height: 750 };
export const LIMITS = { strokes: 2000, points: 50000, history: 200, coordinate: 1e5 };   // as the server's
const STROKE_PAUSE = 400;                                                       // ms, across reloads

/**
 * @param {object} on
 * @param {(why: string) => void} on.onChange
 * @param {() => void} on.onFull the drawing takes no more
 */
export function createDocument({ onChange, onFull }) {
  /** @type {readonly Stroke[]} */
  let strokes = [];
  let undoStack = [], redoStack = [];
  let epoch = null;                        // performance.now() at which the drawing's time was 0
  const texts = new WeakMap();

  const countPoints = (list) => list.reduce((sum, s) => sum + pointCount(s.points), 0);

  function record(before, why, note) {
    undoStack.push({ before, after: strokes, why, note });
    if (undoStack.length > LIMITS.history) undoStack.shift();
    redoStack = [];
    onChange(why);
  }

  function restartClock() {
    const last = strokes.reduce((t, { points }) => Math.max(t, points[points.length - 2]), 0);
    epoch = strokes.length ? performance.now() - last - STROKE_PAUSE : null;
  }

  const text = (stroke) => {
    if (!texts.has(stroke)) texts.set(stroke, "[" + stroke.points.join(",") + "]");
    return texts.get(stroke);
  };

  return {
    get strokes() { return strokes; },
    get canUndo() { return undoStack.length > 0; },
    get canRedo() { return redoStack.length > 0; },
    get last() { return undoStack[undoStack.length - 1] || null; },
    counts: () => ({ strokes: strokes.length, points: countPoints(strokes) }),

    /* One undoable step. `note` travels with it and is handed back by undo and redo. */
    commit(next, why, note = null) {
      if (next.length > strokes.length
          && (next.length > LIMITS.strokes || countPoints(next) > LIMITS.points)) {
        onFull();
        return false;
      }
      const before = strokes;
      strokes = next;
      record(before, why, note);
      return true;
    },
    /* Show a change while it is being made; close(before) then makes it one step. */
    show(next) { strokes = next; },
    close(before, why) { if (strokes !== before) record(before, why, null); },
    /* Replace everything; without `undoable` the history starts anew. */
    load(next, undoable) {
      const before = strokes;
      strokes = next;
      restartClock();
      if (undoable) record(before, "load", null);
      else {
        undoStack = [];
        redoStack = [];
        onChange("load");
      }
    },
    undo() {
      const step = undoStack.pop();
      if (!step) return null;
      redoStack.push(step);
      strokes = step.before;
      onChange("undo");
      return step;
    },
    redo() {
      const step = redoStack.pop();
      if (!step) return null;
      undoStack.push(step);
      strokes = step.after;
      onChange("redo");
      return step;
    },
    /* The drawing with its history, as text. */
    pack() {
      const steps = [...undoStack, ...[...redoStack].reverse()];
      const states = steps.length ? [steps[0].before, ...steps.map(({ after }) => after)] : [strokes];
      return packTimeline(states, steps.map(({ why, note }) => ({ why, note })), undoStack.length);
    },
    unpack(source) {
      const kept = unpackTimeline(source);
      if (!kept) return false;
      const { states, steps, at } = kept;
      const all = steps.map((step, i) => ({ ...step, before: states[i], after: states[i + 1] }));
      strokes = states[at];
      undoStack = all.slice(0, at);
      redoStack = all.slice(at).reverse();
      restartClock();
      onChange("load");
      return true;
    },
    /* An event's time stamp as whole ms since the drawing began. */
    time(stamp) {
      if (epoch === null) epoch = stamp;
      return Math.max(0, Math.round(stamp - epoch));
    },
    serialize() {
      return `{"v":1,"w":${PAGE.width},"h":${PAGE.height},"strokes":[${strokes.map(text).join(",")}],`
        + `"widths":[${strokes.map((s) => s.width).join(",")}]${tagList(strokes)}}`;
    },
  };
}

const LONGEST_TAG = 40;                              // characters

/* The wire form's list of tags, where any stroke has one; Python's Drawing passes over it. */
function tagList(strokes) {
  const list = strokes.map(({ tag }) => tag || "");
  return list.some(Boolean) ? `,"tags":${JSON.stringify(list)}` : "";
}

/**
 * The wire form to strokes, fitted to the page; null if it is no drawing. The server checks for real.
 * @param {string | import("../types").Wire | null} source
 * @returns {Stroke[] | null}
 */
export function parseDrawing(source) {
  let wire = /** @type {any} */ (source);
  if (typeof source === "string") {
    if (!source) return [];
    try {
      wire = JSON.parse(source);
    } catch {
      return null;
    }
  }
  if (wire === null || wire === undefined) return [];
  if (!Array.isArray(wire.strokes)) return null;
  const w = wire.w > 0 ? wire.w : PAGE.width, h = wire.h > 0 ? wire.h : PAGE.height;
  const scale = Math.min(PAGE.width / w, PAGE.height / h);
  const dx = (PAGE.width - w * scale) / 2, dy = (PAGE.height - h * scale) / 2;
  const usual = Math.max(w, h) * 0.006, strokes = [];
  for (const [i, flat] of wire.strokes.entries()) {
    const valid = Array.isArray(flat) && flat.length >= STRIDE && flat.length % STRIDE === 0
      && flat.every((v) => Number.isFinite(v) && Math.abs(v) <= 1e9);
    if (!valid) return null;
    const width = wire.widths?.[i] > 0 ? wire.widths[i] : usual;
    const named = wire.tags?.[i], tag = typeof named === "string" ? named.slice(0, LONGEST_TAG) : "";
    if (scale === 1 && !dx && !dy) {
      strokes.push({ points: flat, width, tag });
      continue;
    }
    const points = flat.slice();
    for (let k = 0; k < points.length; k += STRIDE) {
      points[k] = Math.round((points[k] * scale + dx) * 100) / 100;
      points[k + 1] = Math.round((points[k + 1] * scale + dy) * 100) / 100;
    }
    strokes.push({ points, width: Math.round(width * scale * 100) / 100, tag });
  }
  return strokes;
}
