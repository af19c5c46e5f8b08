/* Keyboard: a pen that the arrow keys move, the shortcuts, and choosing among ghosts.
 * Shortcuts that no control takes for itself work wherever the focus is, but in text fields. Choosing
 * among ghosts also works while the mouse is over the canvas and nothing else has the focus. */
import { PAGE } from "./document.js";

const STEP = { fine: 2, usual: 10, far: 40 };        // canvas units an arrow press
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const ELSEWHERE = "textarea, select, [contenteditable=true], dialog, [role=listbox], [role=menu],"
  + " input:not([type=range], [type=checkbox], [type=radio], [type=button])";   // with keys of their own

/* A page may hold several canvases: keys pressed beside them are for the one that was used last. */
const stages = new Set();
let latest = null;

function isUsable(/** @type {HTMLElement} */ stage) {
  const { visibility, pointerEvents } = getComputedStyle(stage);
  return stage.offsetParent !== null && visibility === "visible" && pointerEvents !== "none";
}
const isMeant = (stage) => stage === [latest, ...stages].find((one) => one && isUsable(one));

export function createKeyboard({ root, stage, view, doc, ghosts, tools, tags, pen, act, say, lifetime }) {
  const cursor = { x: PAGE.width / 2, y: PAGE.height / 2, shown: false, points: null };
  let byPointer = false;                             // the focus came with a click, not with Tab

  function point(by) {
    byPointer = by;
    stage.toggleAttribute("data-pointed", by);       // without the ring, which is for the keyboard
  }
  function focusStage(by) {
    point(by);
    if (document.activeElement !== stage) stage.focus({ preventScroll: true });
  }

  const toggles = { p: "pen", b: "pen", e: "eraser", t: "tag", r: "replay", s: "svg", o: "open", "?": "help",
    "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", 0: "home", "[": "thinner", "]": "thicker",
    delete: "clear", backspace: "clear" };

  function addPoint() {
    const { points, x, y } = cursor, stamp = performance.now();
    points.push(Math.round(x * 10) / 10, Math.round(y * 10) / 10, doc.time(stamp), 0.5);
  }

  function penDown() {
    act.takeOver();
    cursor.points = [];
    addPoint();
    say("Pen down");
  }

  function penUp() {
    const { points } = cursor;
    if (!points) return;
    cursor.points = null;
    doc.commit([...doc.strokes, { points, width: pen.width, tag: tags.now }], "stroke");
    say("Pen up");
  }

  function arrow(e) {
    const [dx, dy] = ARROWS[e.key], step = e.shiftKey ? STEP.far : e.altKey ? STEP.fine : STEP.usual;
    cursor.shown = true;
    cursor.x = Math.max(0, Math.min(PAGE.width, cursor.x + dx * step));
    cursor.y = Math.max(0, Math.min(PAGE.height, cursor.y + dy * step));
    if (cursor.points) addPoint();
    view.reveal(cursor.x, cursor.y);
    view.invalidate("top");
    return true;
  }

  function press() {                                 // Space, let go without a drag
    cursor.shown = true;
    if (pen.tool === "eraser") {
      const before = doc.strokes;
      tools.eraseAt(cursor.x, cursor.y);
      doc.close(before, "erase");
    } else if (pen.tool === "tag") tools.tagAt(cursor.x, cursor.y);
    else if (cursor.points) penUp();
    else penDown();
    view.invalidate("top");
  }

  /* Tab walks through the endings; past the last (or before the first) it moves on as everywhere,
   * unless a mouse is at work: then it goes round. */
  function tab(e, focused) {
    if (ghosts.selected === null) {
      (e.shiftKey ? ghosts.previous : ghosts.next)();
      return true;
    }
    const last = e.shiftKey ? ghosts.place === 0 : ghosts.place === ghosts.count - 1;
    if (last && focused && !byPointer) return false;
    (e.shiftKey ? ghosts.previous : ghosts.next)();
    return true;
  }

  function ghostKey(e, focused) {
    if (e.key === "Escape") return act.dismiss();
    if (!ghosts.any || cursor.points) return false;
    if (e.key === "Enter") return ghosts.selected === null ? Boolean(ghosts.next()) : act.adopt();
    if (e.key === "Tab") return tab(e, focused);
    if (e.key === "ArrowRight" || e.key === "ArrowDown") {
      ghosts.next();
      return true;
    }
    if (e.key === "ArrowLeft" || e.key === "ArrowUp") {
      ghosts.previous();
      return true;
    }
    return false;
  }

  function escape() {                                // the stroke under way goes, the keyboard's stays
    if (!tools.cancel()) penUp();
    cursor.shown = false;
    view.invalidate("top");
    return true;
  }

  function stageKey(e) {
    const key = e.key.toLowerCase();
    if (e.ctrlKey || e.metaKey) {
      if (key === "z") act.run(e.shiftKey ? "redo" : "undo");
      else if (key === "y") act.run("redo");
      else return false;
      return true;
    }
    if (e.key in ARROWS) return arrow(e);
    if (e.key === "Escape") return escape();
    if (e.key === " ") {
      if (!e.repeat) tools.setHand(true);
      return true;
    }
    if (e.altKey || !(key in toggles)) return false;
    act.run(toggles[key]);
    return true;
  }

  /* Away from the paper: what is left to the control that has the focus are Enter, Space, arrows. */
  function keyBeside(e) {
    const target = /** @type {Element} */ (e.target), plain = !e.ctrlKey && !e.metaKey && !e.altKey;
    if (e.defaultPrevented || target.closest?.(ELSEWHERE) || !isUsable(stage)) return false;
    const idle = target === document.body || target === document.documentElement;
    if (plain && idle && root.matches(":hover") && ghostKey(e, false)) return true;
    if (!isMeant(stage)) return false;
    if (e.key === "Escape") return !root.querySelector(".sc-pop:not([hidden])") && act.dismiss();
    return e.key !== " " && !(e.key in ARROWS) && stageKey(e);
  }

  function used(e) {
    e.preventDefault();
    e.stopPropagation();
  }

  stages.add(stage);
  lifetime.addEventListener("abort", () => stages.delete(stage));
  stage.addEventListener("focus", () => { latest = stage; }, { signal: lifetime });
  root.addEventListener("pointerdown", () => { latest = stage; }, { signal: lifetime, capture: true });
  stage.addEventListener("keydown", (e) => {
    if ((!e.ctrlKey && !e.metaKey && !e.altKey && ghostKey(e, true)) || stageKey(e)) used(e);
  }, { signal: lifetime });
  stage.addEventListener("keyup", (e) => {
    if (e.key === " " && !tools.setHand(false)) {
      press();
      used(e);
    }
  }, { signal: lifetime });
  stage.addEventListener("pointerdown", () => {
    cursor.shown = false;
    focusStage(true);
  }, { signal: lifetime, capture: true });
  stage.addEventListener("blur", () => {
    point(false);
    tools.setHand(false);
    penUp();
    cursor.shown = false;
    view.invalidate("top");
  }, { signal: lifetime });
  document.addEventListener("keydown", (e) => { if (keyBeside(e)) used(e); }, { signal: lifetime });

  return { cursor, focus: focusStage };
}
