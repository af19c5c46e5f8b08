/* A drawing with its history as text for the browser's own storage: every stroke once, and the states that
 * undo and redo walk through as what each adds to the one before. */

/** @typedef {import("../types").Stroke} Stroke */
/** @typedef {{ why: string, note: any }} Step */

export const LARGEST = 1_000_000;                    // characters; of a longer one the oldest steps go

/**
 * @param {(readonly Stroke[])[]} states one more than there are steps between them
 * @param {Step[]} steps
 * @param {number} at which of the states is the drawing
 */
export function packTimeline(states, steps, at) {
  for (let first = 0; ; first = Math.ceil((first + at + 1) / 2)) {
    const text = packed(states.slice(first), steps.slice(first), at - first);
    if (first >= at || text.length <= LARGEST) return text;
  }
}

function packed(states, steps, at) {
  const places = new Map(), pool = [];
  const place = (/** @type {Stroke} */ stroke) => {
    if (!places.has(stroke)) {
      places.set(stroke, pool.length);
      pool.push([stroke.points, stroke.width, stroke.tag || ""]);
    }
    return places.get(stroke);
  };
  let before = [];
  const rows = states.map((state) => {
    let same = 0;
    while (same < before.length && before[same] === state[same]) same++;
    before = state;
    return [same, ...state.slice(same).map(place)];
  });
  return JSON.stringify({ pool, rows, steps, at });
}

/**
 * @param {any} source what `packTimeline` made, parsed
 * @returns {{ states: Stroke[][], steps: Step[], at: number } | null} null if it is none
 */
export function unpackTimeline(source) {
  try {
    const pool = source.pool.map(([points, width, tag]) => ({ points, width, tag }));
    let before = [];
    const states = source.rows.map(([same, ...added]) => {
      before = [...before.slice(0, same), ...added.map((i) => pool[i])];
      return before;
    });
    const { steps, at } = source, known = states.every((state) => state.every(Boolean));
    return known && steps.length === states.length - 1 && states[at] ? { states, steps, at } : null;
  } catch {
    return null;
  }
}
