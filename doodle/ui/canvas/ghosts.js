/* Ghosts: endings that Python streams as an append-only log (one run = one log) and that are inked
 * here at a steady pen speed, so a few messages a run are enough for a smooth hand.
 *   R run | B n mode word | c + x y ... | c . x y ... | F c | K c score [traced] | N | M text | D | U */
import { lineDistance, STRIDE, traceInk } from "./geometry.js";

const INK = {
  speed: 900,        // canvas units a second, about a quick hand's
  catchUp: 0.9,      // s in which a backlog is inked at the latest
  lift: 45,          // units' worth of time between two strokes
  width: 5.5, faintWidth: 4.5, thinnest: 2.2,   // canvas units; CSS pixels
  report: 100,       // ms between two "ghosts" events while inking
};

export function createGhosts({ view, isStill, isEmpty, onChange, onMessage }) {
  const all = new Map();
  let run = null, newest = -Infinity, closed = null, halted = null, used = 0, header = "";
  let shownCount = 0, mode = "complete", word = "", ranking = [];
  let ranked = false, nothing = false, over = true;
  let better = null;         // after U: the ids that stay, best first
  let selectedId = null, hot = null, lastFrame = 0, lastReport = 0, moving = false;

  function reset() {
    all.clear();
    ranking = [];
    shownCount = used = 0;
    mode = "complete";
    word = header = "";
    ranked = nothing = over = moving = false;
    better = null;
    selectedId = hot = null;
  }

  /* --- reading the log ------------------------------------------------------------------- */
  function feed(log) {
    if (typeof log !== "string" || !log.startsWith("R ")) return;
    const first = log.slice(0, log.indexOf("\n") + 1), id = first.slice(2).trim();
    const number = Number(id);
    if (!first || !(number >= newest)) return;            // late news of an older run
    if (number > newest || !log.startsWith(header) || log.length < used) {
      newest = number;
      run = id;
      reset();
      header = first;
      used = first.length;
    }
    const end = log.lastIndexOf("\n") + 1, lines = log.slice(used, end).split("\n");
    used = Math.max(used, end);
    if (halted === run) return;                           // what was on its way when it was stopped
    let news = false;
    for (const line of lines) if (line) {
      read(line);
      news = true;
    }
    if (!news || !isOpen()) return;                       // dismissed: read on, in case of an undo
    if (!moving) lastFrame = performance.now();
    moving = true;
    view.invalidate("top");
    report(true);
  }

  function read(line) {
    const space = line.indexOf(" "), key = space < 0 ? line : line.slice(0, space);
    const rest = space < 0 ? "" : line.slice(space + 1);
    if (key === "B") {
      const [n, kind = "complete", ...name] = rest.split(" ");
      shownCount = Number(n) || 0;
      mode = kind;
      word = name.join(" ");
    } else if (key === "F") ghost(rest).done = true;
    else if (key === "K") {
      const [id, score, source] = rest.split(" ");
      ghost(id).score = score === undefined || score === "-" ? null : Number(score);
      ghost(id).traced = source === "traced";
      (better ?? ranking).push(Number(id));
    } else if (key === "M") { if (isOpen()) onMessage(rest); }
    else if (key === "N") nothing = true;
    else if (key === "U") better = [];
    else if (key === "D" && better) improve();
    else if (key === "D") finish();
    else if (/^\d+$/.test(key)) extend(ghost(key), rest);
  }

  function ghost(key) {
    const id = Number(key);
    if (!all.has(id)) {
      all.set(id, {
        id, strokes: [], score: null, traced: false, done: false, total: 0, inked: 0, taken: new Set(),
      });
    }
    return all.get(id);
  }

  function extend(g, rest) {
    const starts = rest[0] === "+", values = rest.slice(2).split(" ").map(Number);
    if (starts || !g.strokes.length) {
      if (g.strokes.length) g.total += INK.lift;
      g.strokes.push({ xy: [], at: [], path: null });
    }
    const { xy, at } = g.strokes[g.strokes.length - 1];
    for (let i = 0; i + 1 < values.length; i += 2) {
      const [x, y] = [values[i], values[i + 1]], n = xy.length;
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      g.total += n ? Math.hypot(x - xy[n - 2], y - xy[n - 1]) : 1;
      xy.push(x, y);
      at.push(g.total);                  // how much ink has flowed when the pen is here
    }
  }

  function finish() {
    over = true;
    if (ranking.length || nothing) {
      ranked = true;
      for (const id of [...all.keys()]) if (!ranking.includes(id)) all.delete(id);
    }
    for (const g of all.values()) g.done = true;
    if (!all.has(selectedId)) selectedId = visible()[0]?.id ?? null;
  }

  /* Better endings stand in the places of those that go; nothing else moves, and what the visitor has on
   * the paper stays. */
  function improve() {
    const fresh = better.filter((id) => !ranking.includes(id));
    const most = Math.max(better.length, ranking.length);
    const isUsed = (id) => id === selectedId || all.get(id).taken.size > 0;
    const stays = (id) => better.includes(id) || isUsed(id);
    ranking = ranking.map((id) => (stays(id) ? id : fresh.shift())).filter((id) => id !== undefined);
    ranking.push(...fresh);
    for (let i = ranking.length - 1; ranking.length > most && i >= 0; i--) {
      if (!isUsed(ranking[i])) ranking.splice(i, 1);
    }
    better = null;
    for (const g of [...all.values()]) {
      if (!ranking.includes(g.id)) all.delete(g.id);
      g.inked = g.total;
    }
  }

  /* The pen stops where it is: what is inked stays, as an ending; the rest never was. */
  function halt() {
    if (!isOpen() || (over && !moving)) return false;
    halted = run;
    for (const g of [...all.values()]) {
      const kept = g.strokes.filter((s) => s.at[0] <= g.inked);
      for (const s of kept) cut(s, g.inked);
      const taken = new Set([...g.taken].filter((at) => at < kept.length));
      // the score was that of the whole ending
      if (g.inked < g.total) Object.assign(g, { strokes: kept, taken, total: g.inked, score: null });
      if (!kept.length) all.delete(g.id);
    }
    ranking = ranking.filter((id) => all.has(id));
    finish();
    moving = false;
    view.invalidate("top");
    report(true);
    return true;
  }

  function cut(stroke, ink) {
    const { xy, at } = stroke, n = at.findIndex((flow) => flow > ink);
    if (n < 0) return;
    const tip = tipOf(stroke, n, ink);
    xy.splice(2 * n, Infinity, ...tip);
    at.splice(n, Infinity, ink);
    stroke.path = null;
  }

  /* --- what is there --------------------------------------------------------------------- */
  const isOpen = () => closed !== run && run !== null;
  function visible() {
    if (!isOpen()) return [];
    const list = ranked ? ranking.map((id) => all.get(id))
      : [...all.values()].filter((g) => g.id < shownCount).sort((a, b) => a.id - b.id);
    return list.filter((g) => g && g.taken.size < Math.max(1, g.strokes.length));
  }
  const list = () => visible().map((g) => ({
    id: g.id, strokes: g.strokes.map((s) => s.xy), score: g.score, traced: g.traced, done: g.done,
    shown: g.total ? Math.min(1, g.inked / g.total) : 0, taken: [...g.taken],
  }));
  function report(now) {
    const time = performance.now();
    if (!now && time - lastReport < INK.report) return;
    lastReport = time;
    onChange();
  }

  function step(by) {
    const ids = visible().map((g) => g.id);
    if (!ids.length) return null;
    const at = ids.indexOf(selectedId);
    api.select(ids[at < 0 ? (by > 0 ? 0 : ids.length - 1) : (at + by + ids.length) % ids.length]);
    return selectedId;
  }

  /* --- inking and painting --------------------------------------------------------------- */
  function advance(now) {
    const seconds = Math.min(0.1, Math.max(0, (now - lastFrame) / 1000));
    lastFrame = now;
    let alive = false;
    for (const g of visible()) {
      const backlog = g.total - g.inked;
      if (backlog <= 0) continue;
      g.inked = isStill() ? g.total
        : Math.min(g.total, g.inked + Math.max(INK.speed, backlog / INK.catchUp) * seconds);
      alive ||= g.inked < g.total;
    }
    if (moving) report(!alive);
    moving = alive;
    return alive;
  }

  /* Where the pen is between the points n - 1 and n of a stroke. */
  function tipOf({ xy, at }, n, ink) {
    const u = (ink - at[n - 1]) / (at[n] - at[n - 1] || 1), i = 2 * n;
    return [xy[i - 2] + u * (xy[i] - xy[i - 2]), xy[i - 1] + u * (xy[i + 1] - xy[i - 1])];
  }

  /* The part of a stroke inked so far, as a path; cached once it is whole. */
  function pathOf(g, stroke) {
    if (stroke.path?.count === stroke.xy.length) return stroke.path.path;
    const { xy, at } = stroke, path = new Path2D();
    let n = at.length;
    while (n > 0 && at[n - 1] > g.inked) n--;
    if (!n) return null;
    const points = [];
    for (let i = 0; i < n; i++) points.push(xy[2 * i], xy[2 * i + 1], 0, 0.5);
    if (n < at.length) points.push(...tipOf(stroke, n, g.inked), 0, 0.5);    // the last bit
    traceInk(points, 0, points.length / STRIDE - 1, path);
    if (n === at.length) stroke.path = { path, count: xy.length };
    return path;
  }

  function paint(ctx, colours, now) {
    const alive = advance(now), shown = visible();
    const replaces = mode !== "complete", chosen = shown.find((g) => g.id === selectedId);
    ctx.strokeStyle = colours.ghost;
    ctx.lineWidth = Math.max(INK.faintWidth, INK.thinnest * view.pixel);
    // whole drawings on top of each other are a tangle: beside a chosen one the others rest
    const faint = replaces && (chosen || !isEmpty()) ? [] : shown.filter((g) => g !== chosen);
    for (const g of faint) {
      const whole = new Path2D();        // one path a ghost: its strokes do not darken each other
      for (const [i, s] of g.strokes.entries()) {
        const path = g.taken.has(i) ? null : pathOf(g, s);
        if (path) whole.addPath(path);
      }
      ctx.globalAlpha = colours.faint;
      ctx.stroke(whole);
    }
    if (chosen) {
      const width = Math.max(INK.width, INK.thinnest * view.pixel);
      ctx.strokeStyle = colours.accent;
      for (const [i, s] of chosen.strokes.entries()) {
        const path = chosen.taken.has(i) ? null : pathOf(chosen, s);
        if (!path) continue;
        ctx.globalAlpha = hot === i ? 1 : 0.8;
        ctx.lineWidth = hot === i ? width * 1.6 : width;
        ctx.stroke(path);
      }
    }
    ctx.globalAlpha = 1;
    return alive;
  }

  /* The inked stroke under a place, the chosen ending's first: { id, stroke } or null. */
  function hit(x, y, reach) {
    const shown = visible(), chosen = shown.filter((g) => g.id === selectedId);
    const others = mode === "complete" ? shown.filter((g) => g.id !== selectedId) : [];
    for (const group of [chosen, others]) {
      let best = null, least = reach;
      for (const g of group) {
        for (const [i, s] of g.strokes.entries()) {
          if (g.taken.has(i) || s.at[0] > g.inked) continue;
          const d = lineDistance(s.xy, x, y, 2);
          if (d < least) {
            least = d;
            best = { id: g.id, stroke: i };
          }
        }
      }
      if (best) return best;
    }
    return null;
  }

  /* A run that was kept: its ink stands at once. */
  function restore(log, { taken, selected }) {
    feed(log);
    for (const g of all.values()) {
      g.inked = g.total;
      g.taken = new Set(taken[g.id]);
    }
    moving = false;
    selectedId = selected;
    report(true);
  }

  const api = {
    feed, halt, restore, list, paint, hit,
    get any() { return visible().length > 0; },
    get count() { return visible().length; },
    get run() { return run; },
    get mode() { return mode; },
    /* Whether the run ended with nothing to show. */
    get nothing() { return over && nothing; },
    get word() { return word; },
    get replaces() { return mode !== "complete" && visible().length > 0; },
    get selected() { return visible().some((g) => g.id === selectedId) ? selectedId : null; },
    get place() { return visible().findIndex((g) => g.id === selectedId); },
    get state() {
      if (!isOpen() || (over && !visible().length)) return "empty";
      return over ? "done" : "inking";
    },
    get(id) { return visible().find((g) => g.id === id) || null; },
    select(id) {
      if (id !== null && !visible().some((g) => g.id === id)) return false;
      selectedId = id;
      hot = null;
      view.invalidate("top");
      report(true);
      return true;
    },
    heat(stroke) {
      if (hot === stroke) return;
      hot = stroke;
      view.invalidate("top");
    },
    next: () => step(1),
    previous: () => step(-1),
    /* Hide them all, and whatever their run still sends. */
    dismiss() {
      if (!isOpen() || (over && !all.size)) return false;
      closed = run;
      hot = null;
      view.invalidate("top");
      report(true);
      return true;
    },
    /* Undo of an adoption: the endings of that run come back as they were. */
    reopen(oldRun) {
      if (oldRun !== run) return;
      closed = null;
      view.invalidate("top");
      report(true);
    },
    take(id, stroke, taken) {
      const g = all.get(id);
      if (!g) return;
      if (taken) g.taken.add(stroke); else g.taken.delete(stroke);
      hot = null;
      view.invalidate("top");
      report(true);
    },
  };
  return api;
}
