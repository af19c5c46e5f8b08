/* Chimera: the sentence, which animal the pen draws, and the letters that ask for edges and pictures. */
const part = element.querySelector(".dd-creature"), note = part.querySelector(".dd-note");
const [row, more, opener] = [".dd-tags", ".dd-animals", ".dd-more-animals"].map((name) => part.querySelector(name));
const palette = JSON.parse(props.palette), names = Object.keys(palette);
const FIRST = ["lion", "goat", "snake", "eagle", "horse", "fish", "cat"], ANY = "anything";
const SHOWN = 7;            // animals in reach; more only where more are drawn
const VARIANTS = 4, PATIENCE = 40, LIVE_PATIENCE = 120;   // ms after a change
const KEPT = "doodle.creature";                      // where the tab keeps the picture
const UNSEEN = 0.7;         // of the window: a result that begins below is out of sight
const QUICK = 700;          // ms that an answer may take for all variants to follow every stroke
const MARKS = 200, MARK_STEP = 24;  // points on a picture in all; canvas units between two of them

let now = "";               // the animal of the next strokes, "" for any
let recent = FIRST.filter((name) => name in palette);
let look = {}, edited = "", fresh = false, marked = false;
let timer = 0, liveTimer = 0;
let asked = 0, many = VARIANTS, pace = null;          // when and how many; ms that a picture took at best

const pad = () => document.querySelector("#creature_pad .sc-root")?.strokeCanvas;
const by = (id) => document.getElementById(id);
const here = (event) => event.target.closest("#creature_pad");
function tell(sentence) {
  note.textContent = sentence || "";
  note.hidden = !sentence;
}

/* ---- which animal ------------------------------------------------------------------------------------ */
function chip(name) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "dd-tag";
  button.dataset.name = name;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-checked", String(name === now));
  if (name) button.style.setProperty("--tag", palette[name]);
  else button.title = "Leave it to the network";
  button.append(document.createElement("i"), name || ANY);
  return button;
}
function refresh() {
  const drawn = (pad()?.tags() || []).filter((name) => name in palette), used = now ? [...drawn, now] : drawn;
  const shown = [...new Set([...used, ...recent])].slice(0, Math.max(SHOWN, new Set(used).size));
  const held = row.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  row.replaceChildren(...["", ...FIRST.concat(names).filter((name, i, all) => shown.includes(name)
    && all.indexOf(name) === i)].map(chip));
  if (held !== null) row.querySelector(`[data-name="${held}"]`)?.focus({ preventScroll: true });
  more.firstElementChild.replaceChildren(...["", ...names].map(chip));
  more.querySelector("[data-act=all]").disabled = !pad()?.stats().strokes;
  row.parentElement.hidden = !names.length;
}
function choose(name) {
  now = name;
  if (name) recent = [name, ...recent.filter((one) => one !== name)];
  pad()?.setTag(name);
  const { tool } = pad()?.stats() || {};
  if (tool === "eraser") pad().setTool("pen");       // who chooses a colour wants to use it
  refresh();
  if (pad()?.pictureBox()) changed();                // without marks it is the animal of all
}
function unfold(open) {
  more.hidden = !open;
  opener.setAttribute("aria-expanded", String(open));
  if (open) (more.querySelector("[aria-checked=true]") || more.querySelector("button")).focus();
}
part.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.act === "all") { pad()?.tagAll(now); unfold(false); }
  else if (button === opener) unfold(more.hidden);
  else if (button.classList.contains("dd-tag")) {
    choose(button.dataset.name);
    if (!more.hidden) row.querySelector("[aria-checked=true]").focus();
    unfold(false);
  }
});
part.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !more.hidden) { unfold(false); opener.focus(); }
  const group = event.target.closest(".dd-tags, .dd-animals > div"), steps = { ArrowLeft: -1, ArrowRight: 1 };
  if (!group || !(event.key in steps)) return;
  const all = [...group.querySelectorAll("button:not([hidden])")];
  all[(all.indexOf(event.target) + steps[event.key] + all.length) % all.length].focus();
  event.preventDefault();
});
document.addEventListener("pointerdown", ({ target }) => {
  if (!more.hidden && !target.closest?.(".dd-animals, .dd-more-animals")) unfold(false);
}, true);

/* ---- what is asked ------------------------------------------------------------------------------------- */
/* Marks on a picture as points x, y, animal, in its own pixels. */
function points({ strokes, tags = [] }, box) {
  const walked = (flat) => {
    const out = [flat.slice(0, 2)];
    for (let i = 4; i < flat.length; i += 4) {
      const [x, y] = out.at(-1);
      if (Math.hypot(flat[i] - x, flat[i + 1] - y) >= MARK_STEP) out.push(flat.slice(i, i + 2));
    }
    return out;
  };
  const all = strokes.flatMap((flat, i) => walked(flat).map(([x, y]) => [(x - box.x) / box.scale,
    (y - box.y) / box.scale, tags[i] || "unknown"]));
  const every = Math.ceil(all.length / MARKS);
  return all.filter((_, i) => i % every === 0);
}
function letter(more) {
  const canvas = pad(), drawing = JSON.parse(canvas.serialize()), box = canvas.pictureBox();
  const marks = box ? points(drawing, box) : [], seed = by("creature_seed").value.trim();
  return { at: Date.now(), picture: Boolean(box), drawing: box ? null : drawing, points: marks, look, edited,
    species: box && !marks.length && now ? now : "unknown", background: by("creature_background").value,
    seed: /^\d+$/.test(seed) ? Number(seed) : seed, ...more };
}
function send(name, more = {}) {
  if (!pad()) return;
  props.value = JSON.stringify(letter(more));
  trigger(name);
}
/* What the network sees follows every change, and with "live" so do the pictures. */
function changed(isFresh = false) {
  if (isFresh) edited = "";
  fresh ||= isFresh;
  clearTimeout(timer);
  timer = setTimeout(() => { send("see", { fresh }); fresh = false; }, PATIENCE);
  clearTimeout(liveTimer);
  const follows = by("creature_live").checked && something() && !props.problem;
  if (follows) liveTimer = setTimeout(() => render(true), LIVE_PATIENCE);
}
const something = () => pad()?.stats().strokes || pad()?.pictureBox();
function render(live = false) {
  clearTimeout(liveTimer);
  tell(props.problem);
  doodle.creature = { drawing: pad()?.serialize(), live, picture: Boolean(pad()?.pictureBox()) };
  doodle.say("rendering", doodle.creature);
  asked = performance.now();
  many = live && pace * VARIANTS > QUICK ? 1 : VARIANTS;
  send(live ? "live" : "make", { n: many });
}
document.addEventListener("doodle:creature", () => {
  pace = Math.min(pace ?? Infinity, (performance.now() - asked) / many);
});
by("creature_go").addEventListener("click", () => render());
by("creature_stop").addEventListener("click", () => {
  trigger("halt");
  doodle.say("rendering", null);
});
by("creature_reroll").addEventListener("click", () => {
  by("creature_seed").value = Math.floor(Math.random() * 10000);
  render();
});
by("creature_seed").addEventListener("keydown", ({ key }) => { if (key === "Enter") render(); else setTimeout(changed); });
by("creature_background").addEventListener("change", () => changed());
by("creature_live").addEventListener("change", () => changed());
document.addEventListener("doodle:look", ({ detail }) => { look = detail; changed(); });
document.addEventListener("doodle:edges", ({ detail }) => {
  edited = JSON.parse(detail).edited || "";
  changed();
});
document.addEventListener("drawing", (event) => {
  if (!here(event)) return;
  const { why } = event.detail;
  refresh();
  tell(props.problem);
  if (edited && why === "stroke") pad().status("The edges are edited: this stroke is not in them.");
  changed(why === "load" || why === "clear");
});

document.addEventListener("status", (event) => { if (here(event)) tell(props.problem); });   // said on the paper

/* ---- a picture below the ink ----------------------------------------------------------------------------- */
const removal = Object.assign(document.createElement("button"), { type: "button", hidden: true });
removal.className = "dd-remove";
removal.textContent = "remove the picture";
removal.addEventListener("click", () => {
  backdrop(null);
  lay(null);
});
async function backdrop(url, w = 1, h = 1) {
  keep(url);
  await pad().showPicture(url, w, h);
  removal.hidden = !url;
  by("creature_pad").classList.toggle("dd-over-picture", Boolean(url));
  part.querySelector(".dd-tags-say").textContent = url ? "Mark" : "Draw";
  doodle.say("source", url ? "picture" : "drawing");
  changed(true);
}
/* After a reload the server knows it no longer: it is brought once more, and the marks stay. */
function keep(url) {
  try {
    if (url) sessionStorage.setItem(KEPT, url); else sessionStorage.removeItem(KEPT);
  } catch { /* too large, or storage is forbidden: then it is lost with the page */ }
}
function bringBack() {
  let url = null;
  try { url = sessionStorage.getItem(KEPT); } catch { /* as above */ }
  if (!url) return false;
  const [head, data] = url.split(",");
  marked = true;
  pad().bring({ name: "picture.jpg", kind: "base64", mime: head.slice(5, head.indexOf(";")), data });
  return true;
}
/* Where the result lies far below the paper, a small one in its corner leads there. */
const peek = Object.assign(document.createElement("button"), { type: "button", className: "dd-peek", hidden: true });
peek.setAttribute("aria-label", "Go to the result");
peek.append(Object.assign(new Image(), { alt: "" }));
peek.addEventListener("click", () => {
  by("creature_result").scrollIntoView({ block: "center", behavior: doodle.calm() ? "auto" : "smooth" });
});
document.addEventListener("doodle:creature", ({ detail }) => {
  peek.firstChild.src = detail.picture;
  peek.hidden = false;
  const { top } = by("creature_result").getBoundingClientRect();
  if (!doodle.creature.live && top > UNSEEN * innerHeight) peek.click();   // who presses Render wants to see it
});
/* A drawing in place of what is there, which Undo brings back. */
function lay(text) {
  if (pad().pictureBox() && text) backdrop(null);
  pad().load(text, { undoable: true });
}
watch("value", () => {
  const text = props.value;
  if (typeof text !== "string" || !text.startsWith('{"came"')) return;    // a letter of ours on its way out
  const { picture, w, h, drawing, outline, error } = JSON.parse(text);
  tell(error || props.problem);
  if (drawing) lay(drawing);
  if (picture) {
    if (pad().stats().strokes && !marked) pad().load(null, { undoable: true });
    marked = false;
    backdrop(picture, w, h);
    pad().status("Choose an animal and mark where it is; the nearest mark decides.");
  }
  if (outline) {
    doodle.pad()?.load(outline, { undoable: true });
    doodle.open("draw", doodle.reveal);
  }
});

/* ---- from elsewhere ------------------------------------------------------------------------------------------ */
document.addEventListener("doodle:note", ({ detail }) => {   // what went wrong while saving
  if (detail && part.offsetParent) tell(detail);
});
/* A drawing, as wire text, onto the paper; all of it is the animal that its word names, if any. */
function layCreature(text, { renders = false, seed, word = "" } = {}) {
  const said = word.toLowerCase().split(/[^a-z]+/), animal = names.find((name) => said.includes(name));
  const drawing = JSON.parse(text);
  if (animal) drawing.tags = drawing.strokes.map(() => animal);
  lay(JSON.stringify(drawing));
  if (seed !== undefined) by("creature_seed").value = seed;
  by("creature_pad").scrollIntoView({ block: "nearest", behavior: doodle.calm() ? "auto" : "smooth" });
  if (renders) render();
}
(function whenDrawable() {
  if (!pad()) { requestAnimationFrame(whenDrawable); return; }
  by("creature_pad").querySelector(".sc-frame").append(removal, peek);
  tell(props.problem);
  refresh();
  if (!bringBack() && pad().stats().strokes) changed(true);
  doodle.layCreature = layCreature;
})();
