/* Puts the parts together: createStrokeCanvas(root, options, hooks) -> the handle that pages use.
 * options: { hint, gif, rail, palette: the colour of every tag }.
 * hooks: change(why, text, counts), adopted(detail), imported(file), exported(kind), keep(). */
import { createDocument, parseDrawing } from "./document.js";
import { inkPaths } from "./geometry.js";
import { createGhosts } from "./ghosts.js";
import { createImporter, createKeep, saveFile, saveText, toPng, toSvg } from "./io.js";
import { createKeyboard } from "./keys.js";
import { logText } from "./log.js";
import { createReplay, strokeCross, strokeInk, strokeLiveInk, strokeRing, strokeWeights } from "./paint.js";
import { createPanel } from "./panel.js";
import { createTags, rejoined } from "./tags.js";
import { createTools } from "./tools.js";
import { createView, ZOOM } from "./view.js";

const PEN = { width: 6, smoothing: 0.35, eraserCuts: true, eraserSize: 16, fingersDraw: false };
const PEN_RANGE = { width: [2, 30], smoothing: [0, 0.9], eraserSize: [4, 60] };
const TOOLS = { pen: "Pen", eraser: "Eraser", tag: "Colouring" };
const DIMMED = 0.18;                                 // the drawing while a whole other one is shown
const GHOST_SPEED = 1;                               // canvas units a ms, the time adopted ink gets
const ENDS_GHOSTS = new Set(["stroke", "erase", "clear", "load"]);

export function createStrokeCanvas(root, options, hooks) {
  const stage = root.querySelector(".sc-stage"), host = root.querySelector(".sc-host");
  const end = new AbortController(), lifetime = end.signal;
  const motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  const isStill = () => motion.matches, isEmpty = () => !doc.strokes.length;
  const pen = { tool: "pen", ...PEN }, tagged = Object.keys(options.palette).length > 0;
  let pointed = null;        // a place that the page points at: [x, y]
  let weights = null;        // how much each stroke speaks for a guess, while that is on show
  const penKeep = createKeep("pen", { onFull: () => {}, lifetime });

  const doc = createDocument({
    onChange: changed, onFull: () => panel.show("The drawing is full: no more ink fits."),
  });
  const view = createView(stage, host, {
    paintBase, paintTop, lifetime, onMove: (zoom) => panel.showZoom(zoom, view.isHome),
  });
  const tags = createTags({ palette: options.palette, onChange: () => view.invalidate("base") });
  const replay = createReplay({ doc, view, tags, isStill, onEnd: () => panel.say("Replay finished") });
  const ghosts = createGhosts({ view, isStill, isEmpty, onChange: ghostsChanged, onMessage: status });
  const act = {
    run: (name) => actions[name]?.(), focus: (byPointer) => keys.focus(byPointer),
    setPen, takeOver: ghosts.dismiss, adopt, dismiss,
  };
  const tools = createTools({ stage, view, doc, ghosts, tags, pen, lifetime, on: {
    takeOver: ghosts.dismiss, attention,
    penSeen: () => panel.showFingers(), ghostTap,
  } });
  const panel = createPanel(root, { pen, ghosts, act, options, lifetime });
  const keys = createKeyboard({
    root, stage, view, doc, ghosts, tools, tags, pen, act, say: panel.say, lifetime,
  });
  const importer = createImporter({ root, stage, onFile: hooks.imported, say: status, lifetime });

  function emit(name, detail) {
    root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  function status(text) {
    panel.show(text);
    emit("status", { text });
  }

  /* --- painting ---------------------------------------------------------------------------- */
  function paintBase(ctx, colours) {
    tags.paint(ctx);
    if (replay.running) return;
    if (weights) {
      strokeWeights(ctx, colours, doc.strokes, weights);
      return;
    }
    ctx.globalAlpha = ghosts.replaces && ghosts.selected !== null ? DIMMED : 1;
    for (const stroke of doc.strokes) {
      tags.ink(ctx, stroke.tag, colours, (...more) => strokeInk(ctx, inkPaths(stroke), ...more));
    }
    ctx.globalAlpha = 1;
  }

  function paintTop(ctx, colours, now) {
    const replaying = replay.running && replay.paint(ctx, colours, now);
    const inking = !weights && ghosts.paint(ctx, colours, now);
    const { cursor } = keys, pixel = view.pixel;
    const growing = [tools.liveInk, cursor.points && { points: cursor.points, width: pen.width, chunks: [] }];
    for (const live of growing.filter(Boolean)) {
      tags.ink(ctx, tags.now, colours, (...more) => strokeLiveInk(ctx, live, ...more));
    }
    if (tools.ring) {
      ctx.strokeStyle = pen.tool === "tag" ? tags.colourOf(tags.now, colours.ink) : colours.soft;
      ctx.lineWidth = 1.5 * pixel;
      ctx.beginPath();
      ctx.arc(...tools.ring, 0, 2 * Math.PI);
      ctx.stroke();
    }
    if (pointed) strokeRing(ctx, ...pointed, pixel, colours.accent);
    if (cursor.shown) strokeCross(ctx, cursor.x, cursor.y, pixel, colours.accent);
    return replaying || inking;
  }

  /* --- changes ----------------------------------------------------------------------------- */
  function changed(why) {
    replay.stop();
    panel.hush();
    weigh(null);
    pointed = null;
    if (ENDS_GHOSTS.has(why)) ghosts.dismiss();
    view.invalidate();
    showDrawing();
    const counts = doc.counts();
    hooks.change(why, doc.serialize(), counts);
    emit("drawing", { ...counts, why });
  }

  /* A hand is on the paper. */
  function attention() {
    replay.stop();
    weigh(null);
    panel.hush();
  }

  function showDrawing() {
    panel.showDrawing({ empty: isEmpty(), canUndo: doc.canUndo, canRedo: doc.canRedo });
  }

  /* Paint each stroke by a number, until the next change; null paints them as drawn. */
  function weigh(next) {
    const valid = Array.isArray(next) && next.length === doc.strokes.length && !isEmpty();
    if (!valid && !weights) return false;
    weights = valid ? next : null;
    replay.stop();
    view.invalidate();
    emit("painted", { on: valid });
    return valid;
  }

  function ghostsChanged() {
    if (ghosts.state !== "empty") weigh(null);
    if (ghosts.mode !== "complete") view.invalidate("base");
    panel.showGhosts();
    showDrawing();
    tellGhosts();
    if (ghosts.state !== "inking") hooks.keep();
  }

  function tellGhosts(restored = false) {
    const { run, mode, word, selected, state, nothing } = ghosts;
    emit("ghosts", { run, mode, word, selected, state, nothing, restored, list: ghosts.list() });
  }

  function setPen(change) {
    for (const [name, value] of Object.entries(change)) {
      if (!(name in PEN) || typeof value !== typeof PEN[name]) continue;
      const [low, high] = PEN_RANGE[name] || [];
      pen[name] = typeof value === "number" ? Math.min(high, Math.max(low, value || low)) : value;
    }
    const { tool: _, ...kept } = pen;
    penKeep.write(JSON.stringify(kept));
    panel.showPen();
    view.invalidate("top");
  }

  function setTool(name) {
    if (!TOOLS[name] || (name === "tag" && !tagged)) return;
    pen.tool = name;
    panel.showPen();
    panel.say(TOOLS[name]);
    view.invalidate("top");
    hooks.keep();
  }

  /* The tag that new strokes get, "" for none. */
  function setTag(tag) {
    if (!tags.knows(tag)) return;
    tags.now = tag;
    view.invalidate("top");
  }

  /* One tag for the whole drawing. */
  function tagAll(tag) {
    if (!tags.knows(tag) || isEmpty()) return false;
    return doc.commit(rejoined(doc.strokes.map((stroke) => ({ ...stroke, tag }))), "tag");
  }

  /* --- ghosts into the drawing ------------------------------------------------------------- */
  function asStroke({ strokes: all }, index) {
    const { xy } = all[index], points = [], start = doc.time(performance.now());
    const width = doc.strokes.length ? doc.strokes[doc.strokes.length - 1].width : pen.width;
    let time = start;
    for (let i = 0; i < xy.length; i += 2) {
      if (i) time += Math.hypot(xy[i] - xy[i - 2], xy[i + 1] - xy[i - 1]) / GHOST_SPEED;
      points.push(xy[i], xy[i + 1], Math.round(time), 0.5);
    }
    return { points, width };
  }

  function adopt(id = ghosts.selected, index = null) {
    const ghost = ghosts.get(id), { run } = ghosts;
    if (!ghost || (index !== null && (!ghost.strokes[index] || ghost.taken.has(index)))) return false;
    // what takes the drawing's place is whole, with the strokes that were kept before
    const isHere = (i) => ghost.taken.has(i) && !ghosts.replaces;
    const wanted = index === null ? ghost.strokes.map((_, i) => i).filter((i) => !isHere(i)) : [index];
    const added = wanted.filter((i) => ghost.strokes[i].xy.length).map((i) => asStroke(ghost, i));
    const kept = index === null && ghosts.replaces ? [] : doc.strokes;
    const note = { run, id, index };
    if (index === null) ghosts.dismiss(); else ghosts.take(id, index, true);
    if (!doc.commit([...kept, ...added], "adopt", note)) {
      giveBack(note);
      return false;
    }
    panel.say(index === null ? "Ending kept" : "Stroke kept");
    const detail = { run, id, stroke: index };
    hooks.adopted(detail);
    emit("adopted", detail);
    return true;
  }

  /* An adoption is undone: its endings are offered again. */
  function giveBack({ run, id, index }) {
    ghosts.reopen(run);
    if (index !== null) ghosts.take(id, index, false);
    else ghosts.select(id);
  }

  function ghostTap({ id, stroke }) {
    if (id === ghosts.selected) adopt(id, stroke);
    else ghosts.select(id);
  }

  function dismiss() {
    if (!ghosts.dismiss()) return false;
    panel.say("Endings dismissed");
    return true;
  }

  /* --- commands ---------------------------------------------------------------------------- */
  function undo() {
    const step = doc.undo();
    if (!step) return false;
    if (step.why === "adopt" && step.note.run === ghosts.run) giveBack(step.note);
    else ghosts.dismiss();                           // they were endings of another drawing
    panel.say("Undone");
    return true;
  }

  function redo() {
    const step = doc.redo();
    if (!step) return false;
    const { why, note } = step;
    if (why === "adopt" && note.run === ghosts.run) {
      if (note.index === null) ghosts.dismiss(); else ghosts.take(note.id, note.index, true);
    } else ghosts.dismiss();
    panel.say("Redone");
    return true;
  }

  function clear() {
    if (isEmpty()) return false;
    doc.commit([], "clear");
    panel.show("Cleared. Undo brings it back.");
    return true;
  }

  /* The drawing, with what the page around it wants to keep: it fills in the settings. */
  function project() {
    const settings = {};
    emit("saving", { settings });
    return JSON.stringify({ ...JSON.parse(doc.serialize()), settings });
  }

  const drawingName = () => "doodle-" + new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-");
  const actions = {
    undo, redo, clear, adopt: () => adopt(), next: ghosts.next, dismiss,
    pen: () => setTool("pen"), eraser: () => setTool("eraser"), tag: () => setTool("tag"),
    brush: () => panel.toggle("brush"), save: () => panel.toggle("save"),
    help: () => panel.toggle("help"),
    replay: () => { if (replay.start()) panel.say("Replaying"); },
    svg: () => isEmpty() || saveText(drawingName() + ".svg", toSvg(doc.strokes, tags), "image/svg+xml"),
    png: () => isEmpty() || saveFile(drawingName() + ".png", toPng(doc.strokes, tags)),
    json: () => isEmpty() || saveText(drawingName() + ".json", project(), "application/json"),
    gif: () => hooks.exported("gif"),
    open: importer.open,
    zoomIn: () => view.zoomMiddle(ZOOM.step), zoomOut: () => view.zoomMiddle(1 / ZOOM.step),
    home: view.home,
    thinner: () => setPen({ width: pen.width - 1 }), thicker: () => setPen({ width: pen.width + 1 }),
  };

  function load(text, { undoable = true } = {}) {
    const strokes = parseDrawing(text);
    if (strokes) doc.load(strokes, undoable);
    return strokes !== null;
  }

  /* All that a reload brings back, for the browser's own storage. */
  function pack() {
    const { run, mode, word, selected, state } = ghosts, list = ghosts.list();
    const taken = Object.fromEntries(list.map((ghost) => [ghost.id, ghost.taken]));
    const endings = state === "done" && { run, selected, taken, log: logText(run, { mode, word, list }) };
    return { drawing: doc.serialize(), timeline: doc.pack(), tool: pen.tool, endings: endings || null };
  }

  /** @param {Record<string, any>} kept what `pack` made, or the drawing alone */
  function unpack({ drawing, timeline, tool, endings }) {
    let known = false;
    try { known = doc.unpack(JSON.parse(timeline)); } catch { /* then the drawing alone */ }
    if (!known && !load(drawing, { undoable: false })) return false;
    setTool(tool);
    if (endings?.log) {
      ghosts.restore(endings.log, endings);
      tellGhosts(true);
    }
    return true;
  }

  let stored = null;
  try { stored = JSON.parse(penKeep.read()); } catch { /* a broken note is no note */ }
  setPen(stored || {});
  showDrawing();

  return {
    feed: ghosts.feed, halt: ghosts.halt, ghosts: ghosts.list,
    select: ghosts.select, selected: () => ghosts.selected,
    next: ghosts.next, previous: ghosts.previous, dismissGhosts: dismiss, adopt,
    setTag, tagAll, tags: () => [...new Set(doc.strokes.map(({ tag }) => tag || ""))],
    /* A picture below the ink (its URL, width and height), or none; and where it lies. */
    showPicture: tags.show, pictureBox: () => tags.box,
    open: importer.open, bring: hooks.imported, serialize: doc.serialize, load, pack, unpack,
    /* Tells of the ghosts once more, to who came later. */
    tellGhosts,
    /* A ring around a place, until the next change; null takes it away. */
    point(place) {
      pointed = place;
      view.invalidate("top");
    },
    pointed: () => pointed,
    paint: weigh, undo, redo, clear, setTool, setPen,
    replay: actions.replay, svg: () => toSvg(doc.strokes, tags), saveFile, status,
    resetView: view.home, zoomBy: view.zoomMiddle, 
    /* Gives the paper the focus; a ring shows it to those who use the keyboard. */
    focus: ({ byPointer = false } = {}) => keys.focus(byPointer),
    stats: () => ({ ...view.stats, ...doc.counts(), zoom: view.zoom, tool: pen.tool,
      ghosts: ghosts.state, replaying: replay.running, undo: doc.canUndo, redo: doc.canRedo }),
    /* The stroke under way: x, y, ms, pressure of one point after the other. */
    live: () => tools.liveInk?.points ?? [],
    toPage: view.toPage,
    destroy: () => end.abort(),
  };
}
