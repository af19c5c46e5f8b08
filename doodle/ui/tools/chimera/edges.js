/* What the network sees: its edge map, the animals told, and an editor for the map itself. */
const card = element.querySelector(".dd-sees"), dialog = card.querySelector("dialog");
const find = (name) => card.querySelector(name), all = (name) => [...card.querySelectorAll(name)];
const [screen, note, saying] = [".dd-sees-map canvas", ".dd-note", ".dd-sees-say span"].map(find);
const [stage, ring, slider, live] = [".dd-editor-stage", ".dd-ring", "label input", ".dd-editor-live"].map(find);
const desk = stage.querySelector("canvas");
const KINDS = { photograph: "taken for a photograph", drawing: "taken for a drawing", edges: "taken as edges already" };
const NIGHT = "#17161b", TINT = 92;                  // behind the lines; opacity of the animals' colours, of 255
const MARGIN = 0.05;                                 // of the map, kept around its lines in the card
const MOST_UNDO = 60, PATIENCE = 200, CLOSEST = 8;   // steps; ms before an edit is sent; times
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const between = (value, least, most) => Math.min(Math.max(value, least), most);

let size = 0;               // side S of the map, pixels
let map = null;             // S * S levels of white, as they are shown and edited
let base = null;            // the same as they came, without edits
let tint = null;            // the animals' colours as a canvas, null where nobody told any
let tinted = true;
let past = [], future = [];
let letters = 0, sending = 0;
let stroke = null;          // under way: { before, erases, last, byKey }

/* ---- pictures ---------------------------------------------------------------------------------- */
function sheet(side) {
  return Object.assign(document.createElement("canvas"), { width: side, height: side });
}
async function pixels(url, side) {
  const image = Object.assign(new Image(), { src: url });
  await image.decode();
  const paper = sheet(side).getContext("2d", { willReadFrequently: true });
  paper.imageSmoothingEnabled = false;
  paper.drawImage(image, 0, 0, side, side);
  return paper.getImageData(0, 0, side, side);
}
/* The map as a canvas: white, as opaque as its level. */
function lines() {
  const canvas = sheet(size), paper = canvas.getContext("2d"), image = paper.createImageData(size, size);
  image.data.fill(255);
  for (let i = 0; i < map.length; i++) image.data[4 * i + 3] = map[i];
  paper.putImageData(image, 0, 0);
  return canvas;
}
/* Colours of one strength, however opaque they came; black is nobody. */
function colours(image) {
  const { data } = image, canvas = sheet(image.width);
  for (let i = 0; i < data.length; i += 4) {
    data[i + 3] = data[i + 3] && data[i] + data[i + 1] + data[i + 2] ? TINT : 0;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
function over(ground, layer) {
  const canvas = sheet(size), paper = canvas.getContext("2d");
  paper.fillStyle = ground;
  paper.fillRect(0, 0, size, size);
  if (layer) paper.drawImage(layer, 0, 0);
  paper.drawImage(lines(), 0, 0);
  return canvas;
}
const whole = () => over(NIGHT, tinted ? tint : null);
/* A canvas as fine as the display, false while it is out of sight. */
function fitted(canvas) {
  const [w, h] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * (devicePixelRatio || 1)));
  if (!w || !h) return false;
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  return true;
}

/* ---- the card: the map without the empty bands above and below --------------------------------- */
function rows() {
  const first = map.findIndex(Boolean), last = map.findLastIndex(Boolean);
  return first < 0 ? [0, size] : [Math.floor(first / size), Math.floor(last / size) + 1];
}
function preview() {
  if (!fitted(screen)) return;
  const paper = screen.getContext("2d"), shape = screen.height / screen.width;
  paper.clearRect(0, 0, screen.width, screen.height);
  if (!map) return;
  const [top, bottom] = rows();
  const high = between(bottom - top + 2 * MARGIN * size, Math.min(size, size * shape), size), wide = high / shape;
  const scale = screen.width / wide, times = Math.ceil(scale), sharp = sheet(size * times);
  const finer = sharp.getContext("2d");              // whole multiples first: all pixels look alike
  finer.imageSmoothingEnabled = false;
  finer.drawImage(whole(), 0, 0, sharp.width, sharp.width);
  const y = between((top + bottom - high) / 2, 0, size - high);
  paper.drawImage(sharp, scale * (wide - size) / 2, -scale * y, scale * size, scale * size);
}
const edited = () => Boolean(map && base) && map.some((level, i) => level !== base[i]);
/* A button that cannot be used any more hands the focus on: keys go on working. */
function allow(name, can) {
  const button = find(name);
  if (!can && button === document.activeElement) stage.focus({ preventScroll: true });
  button.disabled = !can;
}
function refresh() {
  const changed = edited();
  card.dataset.empty = String(!map);
  card.dataset.edited = String(changed);
  screen.setAttribute("aria-label", map ? `Edge map, ${size} by ${size} pixels${changed ? ", edited" : ""}` : "No edges yet");
  all("[data-act=edit]").forEach((button) => { button.disabled = !map; });
  all("[data-act=tint]").forEach((button) => {
    button.hidden = !tint;
    button.setAttribute("aria-pressed", String(tinted));
  });
  allow(".dd-editor [data-act=reset]", changed);
  allow("[data-act=undo]", past.length);
  allow("[data-act=redo]", future.length);
  preview();
  paint();
}
function tell(sentence) {
  note.textContent = sentence || "";
  note.hidden = !sentence;
}

/* ---- letters ------------------------------------------------------------------------------------- */
async function receive(letter) {
  const turn = (letters += 1);
  const load = (url) => (url ? pixels(url, letter.size) : null);
  let images;
  try { images = await Promise.all([load(letter.edges), load(letter.species)]); } catch {
    if (turn === letters) tell("The edges did not arrive whole; change something to try again.");
    return;
  }
  if (turn !== letters) return;                      // a newer one is already here
  tell(letter.problem);
  const mine = (edited() || stroke) && letter.size === size && !letter.fresh;
  if (!mine) replace(images[0], letter.size);
  if (!letter.problem) saying.textContent = map ? `${KINDS[letter.kind] || letter.kind}, ${size} px` : "";
  tint = images[1] && colours(images[1]);
  refresh();
}
function replace(image, side) {
  const came = image && Uint8Array.from({ length: side * side }, (_, i) => image.data[4 * i]);
  stroke = null;
  size = side;
  // while they stay the same, what was undone or reset a moment ago can still be brought back
  if (came?.length !== base?.length || came?.some((level, i) => level !== base[i])) [past, future] = [[], []];
  base = came;
  map = came && came.slice();
  if (!map) dialog.close();
}
function read() {
  const text = props.value;
  if (typeof text !== "string" || !text.startsWith("{")) return;
  const letter = JSON.parse(text);
  if ("run" in letter) receive(letter);              // not one of ours on its way out
}
watch("value", read);
function send() {
  clearTimeout(sending);
  sending = 0;
  props.value = JSON.stringify({ edited: edited() ? over("#000").toDataURL("image/png") : "" });
  trigger("edited");
}
function changed() {
  refresh();
  clearTimeout(sending);
  sending = setTimeout(send, PATIENCE);
}

/* ---- the editor: what is on show, and where the pen is ------------------------------------------- */
const view = { x: 0, y: 0, zoom: 1 };                // its upper left corner in pixels of the map
const cursor = { x: 0, y: 0 };                       // of the keyboard
const widths = { pen: 1, eraser: 6 };
let tool = "pen", frame = 0;
const side = () => size / view.zoom;

function paint() {
  if (!dialog.open || frame) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    if (!map || !fitted(desk)) return;
    const paper = desk.getContext("2d");
    paper.imageSmoothingEnabled = false;
    paper.drawImage(whole(), view.x, view.y, side(), side(), 0, 0, desk.width, desk.height);
  });
}
function look(zoom, x, y, at = [0.5, 0.5]) {         // `at` of the stage, there lies x, y of the map
  view.zoom = between(zoom, 1, CLOSEST);
  view.x = between(x - at[0] * side(), 0, size - side());
  view.y = between(y - at[1] * side(), 0, size - side());
  allow("[data-act=out]", view.zoom > 1);
  allow("[data-act=in]", view.zoom < CLOSEST);
  paint();
}
function place({ clientX, clientY }) {
  const { left, top, width } = desk.getBoundingClientRect();
  const at = [(clientX - left) / width, (clientY - top) / width];
  return { at, x: view.x + at[0] * side(), y: view.y + at[1] * side() };
}
function point({ x, y }, wide = widths[tool]) {      // where the pen would touch, as a ring
  const share = (value) => `${(100 * value) / side()}%`;
  ring.hidden = false;
  Object.assign(ring.style, { left: share(x - view.x), top: share(y - view.y), width: share(wide) });
}
function take(name) {
  tool = name;
  for (const one of ["pen", "eraser"]) find(`[data-act=${one}]`).setAttribute("aria-pressed", String(one === name));
  widen(widths[name]);
}
function widen(wide) {
  widths[tool] = between(wide, 1, Number(slider.max));
  slider.value = widths[tool];
  find("label output").textContent = `${widths[tool]} px`;
  if (!ring.hidden) ring.style.width = `${(100 * widths[tool]) / side()}%`;
}

/* ---- strokes -------------------------------------------------------------------------------------- */
/* A pixel wide pen touches one pixel, a two pixels wide one four: it snaps to their middle. */
const snapped = (value, wide) => (wide % 2 ? Math.floor(value) + 0.5 : Math.round(value));
function stamp(from, to, wide, level) {
  const [ax, ay, bx, by] = [from.x, from.y, to.x, to.y].map((value) => snapped(value, wide));
  const reach = wide / 2, [dx, dy] = [bx - ax, by - ay], long = dx * dx + dy * dy || 1;
  const span = (a, b) => [Math.max(0, Math.floor(Math.min(a, b) - reach)), Math.min(size, Math.ceil(Math.max(a, b) + reach))];
  const [[left, right], [top, bottom]] = [span(ax, bx), span(ay, by)];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay], along = between((px * dx + py * dy) / long, 0, 1);
      if (Math.hypot(px - along * dx, py - along * dy) <= reach) map[y * size + x] = level;
    }
  }
}
function begin(at, { erases = tool === "eraser", byKey = false } = {}) {
  stroke = { before: map.slice(), erases, last: at, byKey };
  move(at);
}
function move(at) {
  stamp(stroke.last, at, widths[stroke.erases ? "eraser" : tool], stroke.erases ? 0 : 255);
  stroke.last = at;
  paint();
}
function end() {
  const { before } = stroke;
  stroke = null;
  if (!map.some((level, i) => level !== before[i])) return;
  past = [...past, before].slice(-MOST_UNDO);
  future = [];
  changed();
}
function cancel() {
  if (!stroke) return;
  map = stroke.before;
  stroke = null;
  paint();
}
function step(from, to, word) {
  if (stroke) end();
  if (!from.length) return;
  to.push(map);
  map = from.pop();
  live.textContent = word;
  changed();
}
const undo = () => step(past, future, "Undone");
const redo = () => step(future, past, "Done again");
function reset() {
  if (!edited()) return;
  past = [...past, map];
  future = [];
  map = base.slice();
  live.textContent = "Its own edges again";
  changed();
  if (!dialog.open) find("header [data-act=edit]").focus({ preventScroll: true });
}

/* ---- mouse, pen and fingers: one draws, two move and zoom ----------------------------------------- */
const fingers = new Map();
let pinch = null;           // { far, zoom, x, y }: at its beginning, x, y of the map between the fingers
function middle() {
  const [a, b] = fingers.values();
  const mid = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
  return { ...place(mid), far: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1 };
}
stage.addEventListener("pointerdown", (event) => {
  if (!map || (event.pointerType === "mouse" && event.button)) return;
  if (stroke && event.pointerType === "touch" && stroke.by === "pen") return;      // the palm
  event.preventDefault();
  stage.focus({ preventScroll: true });
  stage.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
  if (fingers.size === 2) {
    cancel();
    pinch = { ...middle(), zoom: view.zoom };
    ring.hidden = true;
  } else if (fingers.size === 1) {
    if (stroke) end();
    begin(place(event), { erases: tool === "eraser" || Boolean(event.buttons & 32) });
    stroke.by = event.pointerType;
  }
});
stage.addEventListener("pointermove", (event) => {
  if (!map) return;
  if (fingers.has(event.pointerId)) fingers.set(event.pointerId, event);
  if (pinch) {
    if (fingers.size < 2) return;
    const { at, far } = middle();
    look((pinch.zoom * far) / pinch.far, pinch.x, pinch.y, at);
    return;
  }
  point(place(event));
  if (!stroke || stroke.byKey || !fingers.has(event.pointerId)) return;
  const seen = event.getCoalescedEvents?.() || [];
  for (const one of seen.length ? seen : [event]) move(place(one));
});
function lift(event) {
  if (!fingers.delete(event.pointerId)) return;
  if (stroke && !pinch) { if (event.type === "pointercancel") cancel(); else end(); }
  if (!fingers.size) pinch = null;
  if (event.pointerType === "touch") ring.hidden = true;
}
stage.addEventListener("pointerup", lift);
stage.addEventListener("pointercancel", lift);
stage.addEventListener("pointerleave", () => { if (!stroke) ring.hidden = true; });
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const { at, x, y } = place(event);
  look(view.zoom * Math.exp(-event.deltaY / 400), x, y, at);
}, { passive: false });

/* ---- keys ------------------------------------------------------------------------------------------- */
function press(event) {
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (letter === "z") return event.shiftKey ? redo() : undo();
    return letter === "y" ? redo() : false;
  }
  const keys = { p: () => take("pen"), e: () => take("eraser"), "[": () => widen(widths[tool] - 1),
    "]": () => widen(widths[tool] + 1), "+": closer, "=": closer, "-": farther, 0: () => look(1, 0, 0) };
  if (letter in keys) return keys[letter]();
  if (event.target !== stage) return false;
  if (letter === " ") {
    if (stroke) end(); else begin({ ...cursor }, { byKey: true });
    live.textContent = `${tool === "pen" ? "Pen" : "Eraser"} ${stroke ? "down" : "up"}`;
  } else if (letter in ARROWS) {
    const far = event.shiftKey ? 8 : 1, [dx, dy] = ARROWS[letter];
    cursor.x = between(cursor.x + dx * far, 0, size - 1);
    cursor.y = between(cursor.y + dy * far, 0, size - 1);
    if (stroke) move({ ...cursor });
  } else return false;
  const gone = (at, from) => at < from || at > from + side();
  if (gone(cursor.x, view.x) || gone(cursor.y, view.y)) look(view.zoom, cursor.x, cursor.y);
  point({ x: cursor.x + 0.5, y: cursor.y + 0.5 });
}
const closer = () => look(view.zoom * 2, view.x + side() / 2, view.y + side() / 2);
const farther = () => look(view.zoom / 2, view.x + side() / 2, view.y + side() / 2);
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || (event.target === slider && event.key in ARROWS)) return;
  if (press(event) !== false) event.preventDefault();
  event.stopPropagation();                           // the canvas of another tool has keys of its own
});

/* ---- buttons ------------------------------------------------------------------------------------------ */
function open() {
  if (!map) return;
  slider.max = Math.max(16, size / 8);
  Object.assign(cursor, { x: size / 2, y: size / 2 });
  dialog.showModal();
  look(1, 0, 0);
}
function shade() {
  tinted = !tinted;
  refresh();
}
const ACTS = { edit: open, tint: shade, reset, undo, redo, in: closer, out: farther, done: () => dialog.close(),
  pen: () => take("pen"), eraser: () => take("eraser") };
card.addEventListener("click", ({ target }) => {
  const act = target.closest("button")?.dataset.act;
  if (act) ACTS[act]();
  else if (target === screen) open();
  else if (target === dialog) dialog.close();        // beside it
});
slider.addEventListener("input", () => widen(Number(slider.value)));
dialog.addEventListener("close", () => {
  if (stroke) end();
  fingers.clear();
  pinch = null;
  ring.hidden = true;
  if (sending) send();
});
const watcher = new ResizeObserver(() => { preview(); paint(); });
watcher.observe(screen);
watcher.observe(desk);
read();
