/* Pointers: pen, eraser, taps on ghosts, panning and pinching; palms and pens are kept apart. */
import { cutInk, isNear, lineDistance, STRIDE } from "./geometry.js";
import { rejoined, tagNear, tagWithin } from "./tags.js";

const TAP = { distance: 5, time: 450 };              // CSS pixels and ms: less is a tap, not a line
const GHOST_REACH = 12;                              // CSS pixels around a ghost's stroke
const SECOND_FINGER = 250;                           // ms in which a second finger turns ink to pinch
const MOUSE_PRESSURE = 0.5, ERASER_BUTTON = 32;

export function createTools({ stage, view, doc, ghosts, tags, pen, on, lifetime }) {
  const touches = new Map();                         // pointerId -> [clientX, clientY]
  let gesture = null;                                // what the hand is doing now
  let penSeen = false, hand = false, handUsed = false, eraserAt = null;

  const round = (v) => {
    const digits = view.zoom > 2 ? 100 : 10;
    return Math.round(v * digits) / digits;
  };
  const pressureOf = (e) => {
    // fingers that cannot measure report 0 or 1
    const known = e.pointerType === "pen" || (e.pointerType === "touch" && e.pressure < 1);
    return known && e.pressure > 0 ? Math.round(e.pressure * 1000) / 1000 : MOUSE_PRESSURE;
  };
  const erases = (e) => pen.tool === "eraser"
    || (e.pointerType === "pen" && (e.buttons & ERASER_BUTTON) !== 0);

  /* --- ink --------------------------------------------------------------------------------- */
  function startInk(e) {
    const [x, y] = view.toPage(e.clientX, e.clientY);
    gesture = {
      kind: "ink", id: e.pointerId, points: [], chunks: [], width: pen.width, takesOver: !ghosts.any,
      raw: [x, y], soft: [x, y, pressureOf(e)],      // where the hand is; the line that follows it
      from: [e.clientX, e.clientY], since: e.timeStamp,
    };
    addPoint(x, y, e.timeStamp, pressureOf(e));
    view.invalidate("top");
  }

  function addPoint(x, y, stamp, pressure) {
    const { points } = gesture, n = points.length;
    const [px, py] = [round(x), round(y)];
    if (n && points[n - 4] === px && points[n - 3] === py) return;
    const time = Math.max(doc.time(stamp), n ? points[n - 2] : 0);
    points.push(px, py, time, Math.round(pressure * 1000) / 1000);
  }

  function inkTo(e) {
    const [x, y] = view.toPage(e.clientX, e.clientY), g = gesture;
    // the line trails a slow hand: that takes the tremble out, and a quick one keeps its corners
    const soft = g.soft, ahead = Math.hypot(x - soft[0], y - soft[1]) / view.pixel;
    const follow = 1 - 0.85 * pen.smoothing / (1 + ahead / (10 + 40 * pen.smoothing ** 2));
    soft[0] += (x - soft[0]) * follow;
    soft[1] += (y - soft[1]) * follow;
    soft[2] += (pressureOf(e) - soft[2]) * 0.6;
    g.raw = [x, y];
    const n = g.points.length;
    const gap = Math.hypot(soft[0] - g.points[n - 4], soft[1] - g.points[n - 3]);
    if (gap >= 0.8 * view.pixel) addPoint(soft[0], soft[1], e.timeStamp, soft[2]);
    if (!g.takesOver && travelled(e) > TAP.distance) {
      g.takesOver = true;
      on.takeOver();
    }
  }

  const travelled = (e) => Math.hypot(e.clientX - gesture.from[0], e.clientY - gesture.from[1]);

  function finishInk(e) {
    const g = gesture;
    if (!g.takesOver) {
      const tap = travelled(e) <= TAP.distance && e.timeStamp - g.since < TAP.time;
      const hit = tap && ghosts.hit(...view.toPage(e.clientX, e.clientY), GHOST_REACH * view.pixel);
      if (hit) {
        gesture = null;
        view.invalidate("top");
        on.ghostTap(hit);
        return;
      }
      on.takeOver();
    }
    const last = e.type === "pointerup" ? view.toPage(e.clientX, e.clientY) : g.raw;
    addPoint(...last, e.timeStamp, g.soft[2]);       // the line ends where the hand did
    gesture = null;
    doc.commit([...doc.strokes, { points: g.points, width: g.width, tag: tags.now }], "stroke");
    view.invalidate("top");
  }

  /* --- eraser ------------------------------------------------------------------------------ */
  const reach = () => Math.max(pen.eraserSize, 6 * view.pixel);

  function startErase(e) {
    const at = view.toPage(e.clientX, e.clientY);
    gesture = { kind: "erase", id: e.pointerId, before: doc.strokes, at };
    rubTo(e);
  }

  function rubTo(e) {
    const [x, y] = view.toPage(e.clientX, e.clientY), [fx, fy] = gesture.at, r = reach();
    const steps = Math.max(1, Math.ceil(Math.hypot(x - fx, y - fy) / (r / 2)));
    for (let i = 1; i <= steps; i++) eraseAt(fx + (x - fx) * i / steps, fy + (y - fy) * i / steps, r);
    gesture.at = eraserAt = [x, y];
  }

  function eraseAt(x, y, r = reach()) {
    let next = null;
    for (const [i, stroke] of doc.strokes.entries()) {
      const pieces = pen.eraserCuts ? cutInk(stroke.points, x, y, r)
        : isNear(stroke.points, x, y, r) && lineDistance(stroke.points, x, y) < r ? [] : null;
      if (pieces) {
        next ||= doc.strokes.slice(0, i);
        next.push(...pieces.map((points) => ({ ...stroke, points })));
      } else if (next) next.push(stroke);
    }
    if (next) {
      doc.show(next);
      view.invalidate("base");
    }
  }

  /* --- tags: a tap for a whole stroke, a drag for what lies under it ---------------------------- */
  function startTag(e) {
    const at = view.toPage(e.clientX, e.clientY);
    const from = [e.clientX, e.clientY];
    gesture = { kind: "tag", id: e.pointerId, before: doc.strokes, at, from, drags: false };
  }

  function tagTo(e) {
    gesture.drags ||= travelled(e) > TAP.distance;
    if (!gesture.drags) return;
    const [x, y] = view.toPage(e.clientX, e.clientY), [fx, fy] = gesture.at, r = reach();
    const steps = Math.max(1, Math.ceil(Math.hypot(x - fx, y - fy) / r));
    for (let i = 0; i <= steps; i++) {
      const next = tagWithin(doc.strokes, fx + (x - fx) * i / steps, fy + (y - fy) * i / steps, r, tags.now);
      if (next) {
        doc.show(rejoined(next));
        view.invalidate("base");
      }
    }
    gesture.at = eraserAt = [x, y];
  }

  function tagAt(x, y) {
    const before = doc.strokes, next = tagNear(before, x, y, reach(), tags.now);
    if (next) {
      doc.show(next);
      doc.close(before, "tag");
    }
  }

  /* --- pointers ---------------------------------------------------------------------------- */
  function down(e) {
    if (e.pointerType === "pen" && !penSeen) {
      penSeen = true;
      on.penSeen();
    }
    on.attention();
    if (e.pointerType === "touch") {
      touches.set(e.pointerId, [e.clientX, e.clientY]);
      if (touches.size === 2) {
        e.preventDefault();
        pinch(e);
        return;
      }
    }
    if (gesture || (e.pointerType === "mouse" && e.button > 1)) return;
    e.preventDefault();
    if (e.pointerType === "touch" && penSeen && !pen.fingersDraw) return;   // a palm, or may be one
    try { stage.setPointerCapture(e.pointerId); } catch { /* the pointer is already gone */ }
    if (hand || e.button === 1) {
      handUsed = true;
      gesture = { kind: "pan", id: e.pointerId, at: [e.clientX, e.clientY] };
      stage.dataset.hand = "closed";
    } else if (erases(e)) startErase(e);
    else if (pen.tool === "tag") startTag(e);
    else startInk(e);
  }

  function pinch(e) {
    if (gesture?.kind === "ink") {
      if (e.timeStamp - gesture.since > SECOND_FINGER && gesture.points.length > STRIDE * 3) return;
      gesture = null;                                // it was the first finger of a pinch
      view.invalidate("top");
    } else closeStep();
    gesture = { kind: "pinch", ...middle() };
  }

  function middle() {
    const [[ax, ay], [bx, by]] = touches.values();
    return { x: (ax + bx) / 2, y: (ay + by) / 2, span: Math.hypot(ax - bx, ay - by) || 1 };
  }

  function move(e) {
    if (touches.has(e.pointerId)) touches.set(e.pointerId, [e.clientX, e.clientY]);
    if (gesture?.kind === "pinch") {
      if (touches.size < 2) return;
      const now = middle();
      view.zoomAt(now.span / gesture.span, gesture.x, gesture.y);
      view.panBy(now.x - gesture.x, now.y - gesture.y);
      Object.assign(gesture, now);
      return;
    }
    if (!gesture) {
      hover(e);
      return;
    }
    if (e.pointerId !== gesture.id) return;
    e.preventDefault();
    if (gesture.kind === "pan") {
      view.panBy(e.clientX - gesture.at[0], e.clientY - gesture.at[1]);
      gesture.at = [e.clientX, e.clientY];
      return;
    }
    const events = e.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [e]) REACTIONS[gesture.kind](one);
    view.invalidate("top");
  }

  function hover(e) {
    if (e.pointerType === "touch") return;
    const [x, y] = view.toPage(e.clientX, e.clientY), ring = erases(e) || pen.tool === "tag" ? [x, y] : null;
    if (ring || eraserAt) view.invalidate("top");
    eraserAt = ring;
    const hit = pen.tool === "pen" && !hand ? ghosts.hit(x, y, GHOST_REACH * view.pixel) : null;
    ghosts.heat(hit && hit.id === ghosts.selected ? hit.stroke : null);
    stage.classList.toggle("sc-on-ghost", Boolean(hit));
  }

  function up(e) {
    touches.delete(e.pointerId);
    if (gesture?.kind === "pinch") {
      if (!touches.size) gesture = null;
      return;
    }
    if (!gesture || e.pointerId !== gesture.id) return;
    const { kind, drags } = gesture;
    if (kind === "ink" && e.type !== "pointercancel") {
      finishInk(e);
      return;
    }
    closeStep();
    gesture = null;
    if (kind === "tag" && !drags && e.type === "pointerup") tagAt(...view.toPage(e.clientX, e.clientY));
    stage.dataset.hand = hand ? "open" : "";
    view.invalidate("top");
  }

  function closeStep() {                                 // what was rubbed or coloured is one step
    if (gesture?.kind === "erase" || gesture?.kind === "tag") doc.close(gesture.before, gesture.kind);
  }

  function wheel(e) {
    if (e.ctrlKey || e.metaKey) {                     // also what a trackpad's pinch sends
      e.preventDefault();
      view.zoomAt(Math.exp(-Math.max(-60, Math.min(60, e.deltaY)) * 0.01), e.clientX, e.clientY);
    } else if (!view.isHome) {                        // with the whole page shown the wheel scrolls the page
      e.preventDefault();
      const line = e.deltaMode === 1 ? 16 : 1;
      view.panBy(-(e.shiftKey ? e.deltaY : e.deltaX) * line, e.shiftKey ? 0 : -e.deltaY * line);
    }
  }

  const REACTIONS = { ink: inkTo, erase: rubTo, tag: tagTo };
  const leave = () => {
    if (gesture) return;
    eraserAt = null;
    ghosts.heat(null);
    stage.classList.remove("sc-on-ghost");
    view.invalidate("top");
  };
  const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up,
    lostpointercapture: up, pointerleave: leave, wheel, contextmenu: (e) => e.preventDefault() };
  for (const [name, listener] of Object.entries(listeners)) {
    stage.addEventListener(name, listener, { passive: false, signal: lifetime });
  }

  return {
    eraseAt, tagAt,
    get busy() { return gesture !== null; },
    get liveInk() { return gesture?.kind === "ink" ? gesture : null; },
    /* Where the eraser's ring is to be seen: [x, y, radius] or null. */
    get ring() { return eraserAt && [...eraserAt, reach()]; },
    /* Give up the stroke under way (Escape). */
    cancel() {
      if (gesture?.kind !== "ink") return false;
      gesture = null;
      view.invalidate("top");
      return true;
    },
    /* While Space is held the pointer moves the paper; on release tells whether it did. */
    setHand(held) {
      if (held && !hand) handUsed = false;
      hand = held;
      stage.dataset.hand = held ? "open" : "";
      return handUsed;
    },
  };
}
