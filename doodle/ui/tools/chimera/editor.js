/* The editor of an edge map: what of it is on show, the pen, and the keys. */
import { find } from "../../shared/dom.js";
import { fitted } from "./edgepictures.js";
import { followPointers } from "./editorpointers.js";

const CLOSEST = 8;                                   // times
const ERASER_BUTTON = 32;                            // of a pen
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const between = (value, least, most) => Math.min(Math.max(value, least), most);

/**
 * @param {object} parts
 * @param {any} parts.dialog
 * @param {ReturnType<typeof import("./edgemap.js").createEdgeMap>} parts.map
 * @param {() => HTMLCanvasElement} parts.picture the map as it is to be shown
 * @param {(button: any, can: boolean) => void} parts.allow enables a button or not
 * @param {() => void} parts.onChange an edit is a step of the history
 */
export function createEditor({ dialog, map, picture, allow, onChange }) {
  const [stage, ring, slider, live, output] = [
    ".dd-editor-stage", ".dd-editor-ring", "label input", ".dd-editor-live", "label output",
  ].map((selector) => find(selector, dialog));
  const desk = find("canvas", stage), act = (name) => find(`[data-act=${name}]`, dialog);
  const view = { x: 0, y: 0, zoom: 1 };              // its upper left corner in pixels of the map
  const cursor = { x: 0, y: 0 };                     // of the keyboard
  const widths = { pen: 1, eraser: 6 };
  let tool = "pen", frame = 0;
  let pen = null;                                    // what draws now: { by, erases }
  const side = () => map.size / view.zoom;

  /* ---- what is on show ----------------------------------------------------------------------- */
  function paint() {
    if (!dialog.open || frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (!map.levels || !fitted(desk)) return;
      const paper = desk.getContext("2d");
      paper.imageSmoothingEnabled = false;
      paper.drawImage(picture(), view.x, view.y, side(), side(), 0, 0, desk.width, desk.height);
    });
  }
  function look(zoom, x, y, at = [0.5, 0.5]) {       // `at` of the stage, there lies x, y of the map
    view.zoom = between(zoom, 1, CLOSEST);
    view.x = between(x - at[0] * side(), 0, map.size - side());
    view.y = between(y - at[1] * side(), 0, map.size - side());
    allow(act("out"), view.zoom > 1);
    allow(act("in"), view.zoom < CLOSEST);
    paint();
  }
  function place({ clientX, clientY }) {
    const { left, top, width } = desk.getBoundingClientRect();
    const at = [(clientX - left) / width, (clientY - top) / width];
    return { at, x: view.x + at[0] * side(), y: view.y + at[1] * side() };
  }
  function point({ x, y }) {                         // where the pen would touch, as a ring
    const share = (value) => `${(100 * value) / side()}%`;
    ring.hidden = false;
    const at = { left: share(x - view.x), top: share(y - view.y), width: share(widths[tool]) };
    Object.assign(ring.style, at);
  }
  const closer = () => look(view.zoom * 2, view.x + side() / 2, view.y + side() / 2);
  const farther = () => look(view.zoom / 2, view.x + side() / 2, view.y + side() / 2);

  /* ---- the pen ------------------------------------------------------------------------------- */
  function take(name) {
    tool = name;
    for (const one of ["pen", "eraser"]) act(one).setAttribute("aria-pressed", String(one === name));
    widen(widths[name]);
  }
  function widen(wide) {
    widths[tool] = between(wide, 1, Number(slider.max));
    slider.value = widths[tool];
    output.textContent = `${widths[tool]} px`;
    if (!ring.hidden) ring.style.width = `${(100 * widths[tool]) / side()}%`;
  }
  const width = () => widths[pen.erases ? "eraser" : tool];

  function begin(at, by, erases = tool === "eraser") {
    pen = { by, erases };
    map.begin(at, width(), erases ? 0 : 255);
    paint();
  }
  function move(at) {
    map.move(at, width());
    paint();
  }
  function end() {
    if (map.isDrawing && map.end()) onChange();
  }
  function cancel() {
    map.cancel();
    paint();
  }
  function step(done, word) {
    end();
    if (!done()) return;
    live.textContent = word;
    onChange();
  }
  const undo = () => step(map.undo, "Undone");
  const redo = () => step(map.redo, "Done again");

  const pointers = followPointers(stage, {
    isReady: () => Boolean(map.levels),
    drawsBy: () => (map.isDrawing ? pen.by : ""),
    begin(event) {
      end();
      begin(place(event), event.pointerType, tool === "eraser" || Boolean(event.buttons & ERASER_BUTTON));
    },
    move: (event) => move(place(event)),
    hover: (event) => point(place(event)),
    leave: () => { ring.hidden = true; },
    end, cancel, place, look,
    zoom: () => view.zoom,
  });

  /* ---- keys ---------------------------------------------------------------------------------- */
  const keys = {
    p: () => take("pen"), e: () => take("eraser"),
    "[": () => widen(widths[tool] - 1), "]": () => widen(widths[tool] + 1),
    "+": closer, "=": closer, "-": farther, 0: () => look(1, 0, 0),
  };
  function arrow(key, far) {
    const [dx, dy] = ARROWS[key];
    cursor.x = between(cursor.x + dx * far, 0, map.size - 1);
    cursor.y = between(cursor.y + dy * far, 0, map.size - 1);
    if (map.isDrawing) move({ ...cursor });
  }
  /* Whether the key was of use. */
  function press(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) {
      if (key === "z") (event.shiftKey ? redo : undo)();
      else if (key === "y") redo();
      else return false;
      return true;
    }
    if (key in keys) {
      keys[key]();
      return true;
    }
    if (event.target !== stage) return false;
    if (key === " ") {
      if (map.isDrawing) end(); else begin({ ...cursor }, "key");
      live.textContent = `${tool === "pen" ? "Pen" : "Eraser"} ${map.isDrawing ? "down" : "up"}`;
    } else if (key in ARROWS) arrow(key, event.shiftKey ? 8 : 1);
    else return false;
    const gone = (at, from) => at < from || at > from + side();
    if (gone(cursor.x, view.x) || gone(cursor.y, view.y)) look(view.zoom, cursor.x, cursor.y);
    point({ x: cursor.x + 0.5, y: cursor.y + 0.5 });
    return true;
  }
  dialog.addEventListener("keydown", (event) => {
    if (event.altKey || (event.target === slider && event.key in ARROWS)) return;
    if (press(event)) event.preventDefault();
    event.stopPropagation();                         // the canvas of another tool has keys of its own
  });
  slider.addEventListener("input", () => widen(Number(slider.value)));
  new ResizeObserver(paint).observe(desk);

  return {
    paint,
    say(text) { live.textContent = text; },
    focus: () => stage.focus({ preventScroll: true }),
    acts: {
      undo, redo, in: closer, out: farther, pen: () => take("pen"), eraser: () => take("eraser"),
      done: () => dialog.close(),
    },
    open() {
      slider.max = Math.max(16, map.size / 8);
      Object.assign(cursor, { x: map.size / 2, y: map.size / 2 });
      dialog.showModal();
      look(1, 0, 0);
    },
    /* The dialog was closed: nothing stays under way. */
    rest() {
      end();
      pointers.forget();
      ring.hidden = true;
    },
  };
}
