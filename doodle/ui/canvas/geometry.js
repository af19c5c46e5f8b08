/* Geometry of ink, pure functions. A stroke is { points, width }; points is one flat list
 * x, y, t, p, x, y, t, p, ... in canvas units (the canvas is 1000 wide), ms and pressure 0..1. */
export const STRIDE = 4;

/** @typedef {number[]} Points x, y, t, p of one point after the other */
/** @typedef {import("../types").Stroke} Stroke */
/** @typedef {Pick<Path2D, "moveTo" | "lineTo" | "bezierCurveTo">} Sink */

const CORNER_COS = Math.cos((50 * Math.PI) / 180);   // a sharper turn than this stays a corner
const SHORTEST_PIECE = 1;                            // canvas units; smaller crumbs of a cut vanish

export const pointCount = (points) => points.length / STRIDE;

/* How a line bends through point i: a handle [x, y] along the tangent, or null at ends and corners.
 * The curve goes through every point, and a handle is never longer than a third of the shorter
 * neighbour: dense pen strokes come out round, sparse and simplified ones keep their shape. */
function handleAt(points, i) {
  const at = i * STRIDE;
  if (i < 1 || at + STRIDE >= points.length) return null;
  const ax = points[at] - points[at - 4], ay = points[at + 1] - points[at - 3];
  const bx = points[at + 4] - points[at], by = points[at + 5] - points[at + 1];
  const a = Math.hypot(ax, ay), b = Math.hypot(bx, by);
  if (!a || !b || ax * bx + ay * by < CORNER_COS * a * b) return null;
  const tx = ax / a + bx / b, ty = ay / a + by / b;
  const scale = Math.min(a, b) / 3 / Math.hypot(tx, ty);
  return [tx * scale, ty * scale];
}

/**
 * Draws points first..last (indices of points) as a curve.
 * @param {Points} points
 * @param {number} first
 * @param {number} last
 * @param {Sink} sink
 */
export function traceInk(points, first, last, sink) {
  let x = points[first * STRIDE], y = points[first * STRIDE + 1];
  sink.moveTo(x, y);
  // a dot: the round caps draw it
  if (first === last) {
    sink.lineTo(x + 0.01, y);
    return;
  }
  let leave = handleAt(points, first);
  for (let i = first + 1; i <= last; i++) {
    const nx = points[i * STRIDE], ny = points[i * STRIDE + 1], enter = handleAt(points, i);
    if (leave || enter) {
      const [ax, ay] = leave || [0, 0], [bx, by] = enter || [0, 0];
      sink.bezierCurveTo(x + ax, y + ay, nx - bx, ny - by, nx, ny);
    } else sink.lineTo(nx, ny);
    [x, y, leave] = [nx, ny, enter];
  }
}

export function svgSink() {
  const r = (v) => Math.round(v * 100) / 100, out = [];
  return {
    moveTo: (x, y) => out.push("M", r(x), " ", r(y)),
    lineTo: (x, y) => out.push("L", r(x), " ", r(y)),
    bezierCurveTo: (...c) => out.push("C", c.map(r).join(" ")),
    text: () => out.join(""),
  };
}

/* Half pressure (a mouse) gives the set width. */
const pressedWidth = (width, pressure) => width * (0.3 + 1.4 * pressure);

/**
 * Runs of nearly equal width; one run where the pressure is steady.
 * @param {Pick<Stroke, "points" | "width">} stroke
 * @returns {{ width: number, first: number, last: number }[]}
 */
export function widthRuns({ points, width }, from = 0, to = pointCount(points) - 1) {
  const step = Math.max(0.25, width / 16), runs = [];
  const level = (p) => Math.max(1, Math.round(pressedWidth(width, p) / step));
  let low = 1, high = 0;
  for (let i = from; i <= to; i++) {
    const p = points[i * STRIDE + 3];
    if (p < low) low = p;
    if (p > high) high = p;
  }
  if (high - low < 0.03 || from === to) {
    return [{ width: pressedWidth(width, (low + high) / 2), first: from, last: to }];
  }
  for (let i = from; i < to; i++) {
    const now = level((points[i * STRIDE + 3] + points[i * STRIDE + 7]) / 2);
    const run = runs[runs.length - 1];
    if (run && run.level === now) run.last = i + 1;
    else runs.push({ level: now, width: now * step, first: i, last: i + 1 });
  }
  return runs;
}

const inkCache = new WeakMap();
/** Path2D objects of a stroke, made once: strokes never change, they are replaced.
 * @type {(stroke: Pick<Stroke, "points" | "width">) => { width: number, path: Path2D }[]} */
export function inkPaths(stroke) {
  let paths = inkCache.get(stroke);
  if (!paths) {
    paths = widthRuns(stroke).map(({ width, first, last }) => {
      const path = new Path2D();
      traceInk(stroke.points, first, last, path);
      return { width, path };
    });
    inkCache.set(stroke, paths);
  }
  return paths;
}

const boundsCache = new WeakMap();
/** Left, top, right and bottom. @type {(points: Points) => number[]} */
export function boundsOf(points) {
  let box = boundsCache.get(points);
  if (!box) {
    box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < points.length; i += STRIDE) {
      const x = points[i], y = points[i + 1];
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
    boundsCache.set(points, box);
  }
  return box;
}

/** Whether a place is within reach of the bounds.
 * @type {(points: Points, x: number, y: number, reach: number) => boolean} */
export function isNear(points, x, y, reach) {
  const [x0, y0, x1, y1] = boundsOf(points);
  return x >= x0 - reach && x <= x1 + reach && y >= y0 - reach && y <= y1 + reach;
}

function segmentDistance(px, py, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy;
  const u = square ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / square)) : 0;
  return Math.hypot(ax + u * dx - px, ay + u * dy - py);
}

/**
 * Distance from a place to a polyline of `stride` numbers a point.
 * @param {number[]} values
 * @param {number} x
 * @param {number} y
 */
export function lineDistance(values, x, y, stride = STRIDE) {
  let best = Infinity;
  for (let i = 0; i < values.length; i += stride) {
    const j = Math.min(i + stride, values.length - stride);
    best = Math.min(best, segmentDistance(x, y, values[i], values[i + 1], values[j], values[j + 1]));
  }
  return best;
}

/** @param {number[]} values `stride` numbers a point */
export function inkLength(values, stride = STRIDE) {
  let sum = 0;
  for (let i = stride; i < values.length; i += stride) {
    sum += Math.hypot(values[i] - values[i - stride], values[i + 1] - values[i - stride + 1]);
  }
  return sum;
}

/**
 * The part [u0, u1] of segment a -> b that lies in a disc, or null.
 * @type {(ax: number, ay: number, bx: number, by: number, x: number, y: number, r: number) =>
 *   number[] | null}
 */
export function discInterval(ax, ay, bx, by, x, y, r) {
  const dx = bx - ax, dy = by - ay, fx = ax - x, fy = ay - y;
  const a = dx * dx + dy * dy, b = fx * dx + fy * dy, c = fx * fx + fy * fy - r * r;
  if (!a) return c < 0 ? [0, 1] : null;
  const root = b * b - a * c;
  if (root <= 0) return null;
  const q = Math.sqrt(root), u0 = Math.max(0, (-b - q) / a), u1 = Math.min(1, (-b + q) / a);
  return u0 < u1 ? [u0, u1] : null;
}

/**
 * Takes a disc out of a stroke: null when it is untouched, else the remaining pieces.
 * @type {(points: Points, x: number, y: number, r: number) => Points[] | null}
 */
export function cutInk(points, x, y, r) {
  if (!isNear(points, x, y, r)) return null;
  const inside = Math.hypot(points[0] - x, points[1] - y) < r;
  if (points.length === STRIDE) return inside ? [] : null;
  const pieces = [];
  let head = [], from = inside ? -1 : 0, touched = inside;   // a piece: head, then points from `from`
  for (let i = 0; i + STRIDE < points.length; i += STRIDE) {
    const cut = discInterval(points[i], points[i + 1], points[i + 4], points[i + 5], x, y, r);
    if (!cut) continue;
    touched = true;
    if (from >= 0) {
      const tail = cut[0] > 0 ? along(points, i, cut[0]) : [];
      pieces.push([...head, ...points.slice(from, i + STRIDE), ...tail]);
    }
    const leaves = cut[1] < 1;
    head = leaves ? along(points, i, cut[1]) : [];
    from = leaves ? i + STRIDE : -1;
  }
  if (from >= 0) pieces.push([...head, ...points.slice(from)]);
  return touched ? pieces.filter((piece) => inkLength(piece) >= SHORTEST_PIECE) : null;
}

/** The point at u of the segment that starts at index i.
 * @type {(points: Points, i: number, u: number) => Points} */
export function along(points, i, u) {
  const mix = (k, digits) => {
    const value = points[i + k] + u * (points[i + STRIDE + k] - points[i + k]);
    return Math.round(value * digits) / digits;
  };
  return [mix(0, 100), mix(1, 100), mix(2, 1), mix(3, 1000)];
}
