/* The results card: the endings of the newest run, drawn from the canvas' own events. */
const card = element.querySelector(".dd-results"), grid = card.querySelector(".dd-grid");
const title = card.querySelector("h2"), note = card.querySelector(".dd-note");
const which = card.querySelector(".dd-which"), { pad, field } = doodle;
const NAMES = { complete: "ending", draw: "drawing", again: "version" };

let shown = null;       // the run on show: { run, mode, word, n, base, list, selected, live }
let asked = null;       // the newest request, until its run begins: { mode, word, n }
let toBegin = 0;        // runs to begin up to that one
let waiting = 0;        // requests whose answer Gradio has not finished

/* ---- Complete turns into Stop while ink is flowing ------------------------------------------ */
function phase(name) {
  const [go, stop] = ["go", "stop"].map((id) => document.getElementById(id));
  const away = name === "idle" ? stop : go, here = name === "idle" ? go : stop;
  const moves = document.activeElement === away;
  document.body.dataset.doodle = name;
  if (moves) here?.focus({ preventScroll: true });   // the focused button is about to hide
  refresh();
}
function tell(sentence) {
  note.textContent = sentence;
  note.hidden = !sentence;
}
const busy = () => document.body.dataset.doodle !== "idle";

function ask(mode) {
  asked = { mode, word: doodle.word(), n: Number(field("count")?.value) || 9 };
  waiting += 1;
  toBegin += 1;
  tell("");
  phase("asked");
}

/* ---- what the canvas tells ------------------------------------------------------------------- */
function follow({ detail }) {
  const canvas = pad();
  if (!canvas) return;
  if (detail.state === "empty") {
    if (shown) shown.live = false;
    if (document.body.dataset.doodle === "inking") phase(asked ? "asked" : "idle"); else refresh();
    return;
  }
  if (!shown || shown.run !== detail.run) {
    const { mode, word, n } = { mode: "complete", word: "", n: 9, ...asked };
    shown = { run: detail.run, base: canvas.serialize(), mode: detail.mode || mode,
      word: detail.word ?? word, n: detail.n ?? n };
    toBegin = Math.max(0, toBegin - 1);
    if (!toBegin) asked = null;
  }
  Object.assign(shown, { list: canvas.ghosts(), selected: detail.selected, live: true });
  const inking = detail.state === "inking" || shown.list.some((ghost) => ghost.shown < 1);
  if (!inking && !shown.told && shown.list.length) {
    shown.told = true;
    doodle.say("run", snapshot());
  }
  if (asked) return;                    // a newer request is on its way, its cells are waiting
  const now = inking ? "inking" : "idle";
  if (document.body.dataset.doodle === now) refresh(); else phase(now);
}
const snapshot = () => {
  const { mode, word, n, base, list } = shown;
  return { mode, word, n, base, list: list.map(({ id, strokes, score }) => ({ id, strokes, score })) };
};

/* ---- drawing the card -------------------------------------------------------------------------- */
function refresh() {
  const pending = document.body.dataset.doodle === "asked";
  const list = pending || !shown ? [] : shown.list;
  const n = pending ? asked?.n ?? 9 : Math.max(list.length, busy() ? shown?.n ?? 0 : 0);
  const { mode = "complete", word } = (pending ? asked : shown) || {};
  title.textContent = n ? doodle.counted(n, NAMES[mode]) : "Endings";
  if (n && word && mode === "draw") title.textContent += ` of ${doodle.phrase(word)}`;
  if (n && word && mode === "complete") title.textContent += `: ${word}`;
  card.dataset.empty = String(!n);
  card.dataset.live = String(pending || Boolean(shown?.live));
  grid.style.setProperty("--columns", Math.ceil(Math.sqrt(Math.max(n, 1))));
  grid.setAttribute("aria-busy", String(busy()));
  grid.classList.toggle("dd-dense", n > 9);
  const drawn = shown?.mode === "complete" ? (shown.drawn ||= doodle.thinned(doodle.lines(shown.base))) : [];
  for (let i = grid.children.length; i < n; i++) grid.append(cell());
  while (grid.children.length > n) grid.lastElementChild.remove();
  [...grid.children].forEach((item, i) => fill(item, list[i], drawn, i, n));
  keepRow(list);
}
function cell() {
  const item = document.createElement("li");
  item.innerHTML = '<button type="button"><span class="dd-pic"></span><i></i></button>';
  return item;
}
function fill(item, ghost, drawn, i, n) {
  const button = item.firstElementChild, [pic, mark] = button.children;
  button.disabled = !ghost;
  button.dataset.id = ghost ? ghost.id : "";
  item.classList.toggle("dd-waits", !ghost);
  if (!ghost) { pic.replaceChildren(); pic.dataset.of = ""; mark.textContent = ""; return; }
  if (pic.dataset.of !== `${shown.run} ${ghost.id}`) {
    pic.dataset.of = `${shown.run} ${ghost.id}`;
    pic.replaceChildren(doodle.picture(drawn));
  }
  pic.firstElementChild.setAttribute("viewBox", doodle.frame([...drawn, ...ghost.strokes]));
  pic.querySelector(".added").setAttribute("d", doodle.path(inked(ghost)));
  mark.textContent = doodle.score(ghost.score);
  const chosen = Boolean(shown.live) && shown.selected === ghost.id;
  button.setAttribute("aria-pressed", String(chosen));
  const likeness = ghost.score == null ? "" : `, ${Math.round(ghost.score * 100)} percent ${shown.word}`;
  button.setAttribute("aria-label", `${i + 1} of ${n}${likeness}`);
}
/* The strokes as far as the pen on the paper has come. */
function inked({ strokes, shown: part = 1 }) {
  if (part >= 1) return strokes;
  let left = Math.round(part * strokes.reduce((sum, flat) => sum + flat.length / 2, 0));
  const out = [];
  for (const flat of strokes) {
    if (left <= 0) break;
    out.push(flat.slice(0, 2 * left));
    left -= flat.length / 2;
  }
  return out;
}
function keepRow(list) {
  const at = shown?.live && !busy() ? list.findIndex((ghost) => ghost.id === shown.selected) : -1;
  const stale = shown && !shown.live && list.length;
  which.textContent = at >= 0 ? `${at + 1} of ${list.length} is on the paper`
    : stale ? "click to bring one back" : "";
  for (const button of card.querySelectorAll("[data-act]")) button.disabled = at < 0;
}

/* ---- what the visitor does ---------------------------------------------------------------------- */
grid.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled || !shown) return;
  const id = Number(button.dataset.id);
  if (!shown.live) restore(snapshot(), id);
  else if (shown.selected === id && !busy()) pad().adopt(id, null);
  else pad().select(id);
});
card.querySelector(".dd-keep").addEventListener("click", (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (!act || !shown?.live) return;
  const ghost = shown.list.find((one) => one.id === shown.selected);
  if (!ghost) return;
  const next = ghost.strokes.findIndex((_, at) => !ghost.taken?.includes(at));
  pad().adopt(ghost.id, act === "stroke" && next >= 0 ? next : null);
});
card.querySelector(".dd-links").addEventListener("click", (event) => {
  const button = event.target.closest("[data-save], [data-to]");
  if (!button) return;
  card.querySelector("details").open = false;
  const ghost = shown?.live && (shown.list.find((one) => one.id === shown.selected) || shown.list[0]);
  const text = pad().serialize();
  const drawing = ghost ? doodle.composed(text, ghost.strokes, shown.mode) : text;
  if (button.dataset.to) { doodle.toChimera(drawing, doodle.word()); return; }
  doodle.say("save", { format: button.dataset.save, name: doodle.word() || "doodle",
    drawing: JSON.parse(drawing), settings: doodle.settings() });
});
document.addEventListener("saving", ({ target, detail }) => {
  if (target.closest("#pad")) Object.assign(detail.settings, doodle.settings());
});
document.addEventListener("click", (event) => {
  const more = card.querySelector("details");
  if (more.open && !more.contains(event.target)) more.open = false;
});
card.querySelector("details").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary").focus();
});

/* ---- bringing a run back: its drawing, its endings as a log of their own ------------------------ */
function restore(run, id) {
  const canvas = pad();
  if (!canvas) return;
  canvas.load(run.base, { undoable: true });
  shown = null;
  asked = { mode: run.mode, word: run.word, n: run.list.length };
  // a little later than the newest run, never the browser's clock: the server's may be behind it
  const stamp = ((restore.newest || 0) + 1e-5).toFixed(6);
  const log = [`R ${stamp}`, `B ${run.list.length} ${run.mode} ${run.word}`];
  for (const { id: c, strokes } of run.list) {
    for (const flat of strokes) log.push(`${c} + ${flat.join(" ")}`);
    log.push(`F ${c}`);
  }
  for (const { id: c, score } of run.list) log.push(`K ${c} ${score ?? "-"}`);
  canvas.feed(log.concat("D", "").join("\n"));
  if (id != null) canvas.select(id);
}
doodle.restore = restore;

document.addEventListener("ghosts", (event) => {
  if (!event.target.closest("#pad")) return;
  if (event.detail.run) restore.newest = Math.max(restore.newest || 0, Number(event.detail.run));
  follow(event);
});
/* Pressing a button asks at once, before the server has heard of it. */
const MODES = { go: "complete", reroll: "complete", draw_me: "draw", again: "again" };
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (button && MODES[button.id]) ask(MODES[button.id]);
}, true);
document.addEventListener("doodle:asked", (event) => ask(event.detail));
document.addEventListener("doodle:answered", () => {
  waiting = Math.max(0, waiting - 1);
  if (waiting) return;
  asked = null;
  toBegin = 0;
  if (document.body.dataset.doodle === "asked") phase("idle");
});
document.addEventListener("doodle:note", ({ detail }) => tell(detail));
document.addEventListener("drawing", (event) => {
  if (event.target.closest("#pad") && event.detail.why !== "load") tell("");
});
document.addEventListener("doodle:stopped", () => {
  asked = null;
  toBegin = 0;
  pad()?.halt();
  phase("idle");
});
document.addEventListener("keydown", (event) => {     // Enter in the word asks, as in any sentence
  if (event.key !== "Enter" || event.target !== field("word")) return;
  setTimeout(() => document.getElementById("go")?.click(), 60);   // after Gradio has taken the word
});
phase("idle");
const sampleOf = (text) => { const { drawn, added } = JSON.parse(text); return doodle.picture(drawn, added); };
if (props.sample) card.querySelector(".dd-sample").replaceChildren(sampleOf(props.sample));
