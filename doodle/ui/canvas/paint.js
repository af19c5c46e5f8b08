/* Painting ink: finished strokes from cached paths, the stroke under the pen piece by piece, and
 * the replay in recorded time. */
import { inkPaths, pointCount, STRIDE, traceInk, widthRuns } from "./geometry.js";

const CHUNK = 120;                                   // points of live ink kept as one finished path
const REPLAY = { pause: 350, breath: 40, longest: 12_000, still: 350 };   // ms

export function strokeInk(ctx, paths, widen = 1, rim = 0) {
  for (const {
    width, path } of paths) { ctx.lineWidth = width * widen + rim;
    ctx.stroke(path);
  }
}

const LEAST_WEIGHT = 1;                              // nats; below it no stroke gets its full colour

/* The drawing by how much each stroke speaks for a guess: accent for it, the ghosts' colour against
 * it, grey for neither. */
export function strokeWeights(ctx, colours, strokes, weights) {
  const most = weights.reduce((top, w) => Math.max(top, Math.abs(w)), LEAST_WEIGHT);
  for (const [i, stroke] of strokes.entries()) {
    const weight = weights[i] ?? 0, paths = inkPaths(stroke);
    ctx.strokeStyle = colours.neutral;
    strokeInk(ctx, paths);
    ctx.globalAlpha = (Math.abs(weight) / most) ** 0.7;
    ctx.strokeStyle = weight < 0 ? colours.ghost : colours.accent;
    strokeInk(ctx, paths);
    ctx.globalAlpha = 1;
  }
}

/* Paths of points first..last of a stroke that is still growing. */
function livePaths(stroke, first, last) {
  return widthRuns(stroke, first, last).map((run) => {
    const path = new Path2D();
    traceInk(stroke.points, run.first, run.last, path);
    return { width: run.width, path };
  });
}

/* A growing stroke { points, width, chunks }; chunks collects what can no longer change. */
export function strokeLiveInk(ctx, live, widen = 1, rim = 0) {
  const last = pointCount(live.points) - 1, { chunks } = live;
  let done = chunks.length ? chunks[chunks.length - 1].last : 0;
  while (last - done > CHUNK + 1) {                  // the newest point still bends its neighbour
    chunks.push({ last: done + CHUNK, paths: livePaths(live, done, done + CHUNK) });
    done += CHUNK;
  }
  for (const { paths } of chunks) strokeInk(ctx, paths, widen, rim);
  strokeInk(ctx, livePaths(live, done, last), widen, rim);
}

/* The cross that stands for the pen when the keyboard moves it. */
/* A ring that points at a place, as large at any zoom. */
export function strokeRing(ctx, x, y, pixel, colour) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2.5 * pixel;
  ctx.beginPath();
  ctx.arc(x, y, 17 * pixel, 0, 2 * Math.PI);
  ctx.stroke();
}

export function strokeCross(ctx, x, y, pixel, colour) {
  const arm = 10 * pixel, gap = 3 * pixel;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * pixel;
  ctx.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    ctx.moveTo(x + dx * gap, y + dy * gap);
    ctx.lineTo(x + dx * arm, y + dy * arm);
  }
  ctx.stroke();
}

/* When each stroke of a replay begins and how long it takes, pauses capped; ms. */
function replayPlan(strokes, isStill) {
  let at = 0, left = 0;
  const plan = strokes.map((stroke, i) => {
    const { points } = stroke, first = points[2], last = points[points.length - 2];
    if (i) at += Math.min(REPLAY.pause, Math.max(REPLAY.breath, first - left));
    const begin = at, takes = isStill ? REPLAY.still : Math.max(1, last - first);
    at += takes;
    left = last;
    return { begin, takes, stroke };
  });
  return { plan, speed: Math.max(1, at / REPLAY.longest) };
}

/* The drawing drawn again. With reduced motion whole strokes appear one after the other. */
export function createReplay({ doc, view, tags, isStill, onEnd }) {
  let show = null;

  function stop() {
    if (!show) return false;
    show = null;
    view.invalidate();
    return true;
  }

  return {
    stop,
    get running() { return show !== null; },
    start() {
      if (!doc.strokes.length) return false;
      show = { ...replayPlan(doc.strokes, isStill()), began: performance.now() };
      view.invalidate();
      return true;
    },
    /* Paints the moment; true while there is more to come. */
    paint(ctx, colours, now) {
      const clock = Math.max(0, now - show.began) * show.speed;
      let busy = false;
      for (const { begin, takes, stroke } of show.plan) {
        if (clock < begin) {
          busy = true;
          break;
        }
        const ink = (paths) => {
          tags.ink(ctx, stroke.tag, colours, (...more) => strokeInk(ctx, paths, ...more));
        };
        if (clock >= begin + takes) {
          ink(inkPaths(stroke));
          continue;
        }
        busy = true;
        if (isStill()) continue;
        const { points } = stroke;
        let n = STRIDE;
        while (n < points.length && points[n + 2] - points[2] <= clock - begin) n += STRIDE;
        ink(livePaths(stroke, 0, pointCount(points.slice(0, n)) - 1));
      }
      if (!busy) {
        stop();
        onEnd();
      }
      return busy;
    },
  };
}
