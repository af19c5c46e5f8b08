/* An edge map under edit: levels of white, one a pixel, with its history. Pure: nothing of the page. */
const MOST_UNDO = 60;                                // steps

/** @typedef {{ x: number, y: number }} Place in pixels of the map */

const between = (value, least, most) => Math.min(Math.max(value, least), most);
const differ = (one, other) => one.some((level, i) => level !== other[i]);

/* A pixel wide pen touches one pixel, a two pixels wide one four: it snaps to their middle. */
const snapped = (value, wide) => (wide % 2 ? Math.floor(value) + 0.5 : Math.round(value));

/** Sets every pixel within `wide` / 2 of the segment between two places to a level. */
function stamp(levels, size, from, to, wide, level) {
  const [ax, ay, bx, by] = [from.x, from.y, to.x, to.y].map((value) => snapped(value, wide));
  const reach = wide / 2, [dx, dy] = [bx - ax, by - ay], long = dx * dx + dy * dy || 1;
  const span = (a, b) => [
    Math.max(0, Math.floor(Math.min(a, b) - reach)), Math.min(size, Math.ceil(Math.max(a, b) + reach)),
  ];
  const [[left, right], [top, bottom]] = [span(ax, bx), span(ay, by)];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay], along = between((px * dx + py * dy) / long, 0, 1);
      if (Math.hypot(px - along * dx, py - along * dy) <= reach) levels[y * size + x] = level;
    }
  }
}

export function createEdgeMap() {
  let size = 0;                                      // of a side, pixels
  let levels = /** @type {Uint8Array | null} */ (null);   // size * size, as shown and edited
  let base = /** @type {Uint8Array | null} */ (null);     // the same as they came, without edits
  let past = [], future = [];
  let stroke = null;                                 // under way: { before, last, level }

  function step(from, to) {
    if (!from.length) return false;
    to.push(levels);
    levels = from.pop();
    return true;
  }

  return {
    get size() { return size; },
    get levels() { return levels; },
    get isEdited() { return Boolean(levels && base) && differ(levels, base); },
    get isDrawing() { return stroke !== null; },
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },

    /** Another map, or none. While it stays the same, what was undone can still be brought back. */
    replace(next, side) {
      stroke = null;
      size = side;
      if (next?.length !== base?.length || (next && differ(next, base))) [past, future] = [[], []];
      base = next;
      levels = next && next.slice();
    },

    /* One stroke: begin, move, then end or cancel. */
    begin(/** @type {Place} */ at, wide, level) {
      stroke = { before: levels.slice(), last: at, level };
      this.move(at, wide);
    },
    move(/** @type {Place} */ at, wide) {
      stamp(levels, size, stroke.last, at, wide, stroke.level);
      stroke.last = at;
    },
    /** Makes the stroke one step, if it changed anything. */
    end() {
      const { before } = stroke;
      stroke = null;
      if (!differ(levels, before)) return false;
      past = [...past, before].slice(-MOST_UNDO);
      future = [];
      return true;
    },
    cancel() {
      if (!stroke) return;
      levels = stroke.before;
      stroke = null;
    },

    undo: () => step(past, future),
    redo: () => step(future, past),
    /** Back to the map as it came, as a step of its own. */
    reset() {
      past = [...past, levels];
      future = [];
      levels = base.slice();
    },

    /** The first row that holds a line, and the one after the last; all rows where there is none. */
    rows() {
      const first = levels.findIndex(Boolean), last = levels.findLastIndex(Boolean);
      return first < 0 ? [0, size] : [Math.floor(first / size), Math.floor(last / size) + 1];
    },
  };
}
