/* The pictures made of the edges: one large, to slide against what came in, the variants below it. */
const card = element.querySelector(".dd-made"), field = card.querySelector(".dd-compare");
const [after, before, handle, note, row, saying] = [".dd-compare-after", ".dd-compare-before", "[role=slider]",
  ".dd-note", ".dd-variants", ".dd-made-say"].map((name) => card.querySelector(name));
const FIRST = 50, PATIENCE = 250;                    // percent of the input on show; ms before waiting shows
const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
const OFF = "Only for the newest result: render again for this one";

let shown = null;           // { pictures, before, edges, title, seed, size }
let newest = "";            // first picture of the newest result, the only one that the server still knows
let at = 0;                 // the chosen variant
let share = FIRST;          // percent of the width that shows the input
let against = "before";     // or edges
let timer = 0;

/* ---- the slider -------------------------------------------------------------------------------- */
function slide(percent) {
  share = Math.min(Math.max(percent, 0), 100);
  field.style.setProperty("--share", `${share}%`);
  handle.setAttribute("aria-valuenow", String(Math.round(share)));
  handle.setAttribute("aria-valuetext", `${Math.round(share)} percent ${against === "edges" ? "edges" : "input"}`);
}
function follow({ clientX }) {
  const { left, width } = field.getBoundingClientRect();
  slide((100 * (clientX - left)) / width);
}
field.addEventListener("pointerdown", (event) => {
  if (!shown || event.button || event.target === note) return;
  event.preventDefault();
  handle.focus({ preventScroll: true, focusVisible: false });
  field.setPointerCapture(event.pointerId);
  field.dataset.held = "true";
  follow(event);
});
field.addEventListener("pointermove", (event) => { if (field.dataset.held) follow(event); });
for (const name of ["pointerup", "pointercancel"]) field.addEventListener(name, () => delete field.dataset.held);
handle.addEventListener("keydown", (event) => {
  if (!(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  slide(share + STEPS[event.key] * (event.shiftKey ? 5 : 1));
});
function compare(what) {
  against = shown[what] ? what : "before";
  before.hidden = !shown[against];
  if (shown[against]) before.src = shown[against];
  card.dataset.against = against;
  for (const button of card.querySelectorAll("[data-with]")) {
    button.setAttribute("aria-pressed", String(button.dataset.with === against));
    button.disabled = !shown[button.dataset.with];
  }
  slide(share);
}

/* ---- a result ------------------------------------------------------------------------------------ */
function show(result) {
  const first = !shown;
  shown = result;
  card.dataset.empty = "false";
  row.hidden = shown.pictures.length < 2;
  row.style.setProperty("--columns", Math.min(Math.max(shown.pictures.length, 4), 6));
  row.replaceChildren(...shown.pictures.map((url, i) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `Variant ${i + 1} of ${shown.pictures.length}`);
    button.title = i ? "The same drawing with a wavering hand" : "Your lines as they are";
    button.append(Object.assign(new Image(), { src: url, alt: "", draggable: false }));
    item.append(button);
    return item;
  }));
  const old = shown.pictures[0] !== newest;
  for (const button of card.querySelectorAll("[data-act]")) {
    button.dataset.title ||= button.title;
    button.disabled = old && button.dataset.act !== "png";
    button.title = button.disabled ? OFF : button.dataset.title;
  }
  choose(0);
  compare(against);
  if (first) unveil();
}
function unveil() {          // once: the input first, then the bar draws back from it
  slide(100);
  after.decode().catch(() => {}).then(() => {
    field.dataset.unveils = "true";
    slide(FIRST);
    setTimeout(() => delete field.dataset.unveils, 700);
  });
}
function choose(next) {
  at = next;
  after.src = shown.pictures[at];
  [...row.querySelectorAll("button")].forEach((button, i) => button.setAttribute("aria-pressed", String(i === at)));
  const many = shown.pictures.length, which = many > 1 ? `variant ${at + 1} of ${many}` : "";
  const name = Object.assign(document.createElement("b"), { textContent: shown.title || "an animal" });
  after.alt = `Result: ${name.textContent}`;
  const facts = [which, shown.seed == null ? "" : `seed ${shown.seed}`, shown.size ? `${shown.size} px` : ""];
  saying.replaceChildren(name, facts.filter(Boolean).join(", "));
}
row.addEventListener("click", ({ target }) => {
  const i = [...row.querySelectorAll("button")].indexOf(target.closest("button"));
  if (i >= 0) choose(i);
});
row.addEventListener("keydown", (event) => {
  const all = [...row.querySelectorAll("button")], wide = Number(row.style.getPropertyValue("--columns"));
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide, Home: -all.length, End: all.length };
  if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const to = Math.min(Math.max(all.indexOf(document.activeElement) + steps[event.key], 0), all.length - 1);
  all[to].focus();
  choose(to);
});

/* ---- waiting and answers --------------------------------------------------------------------------- */
/* Stop stands where Render does while a render that was asked for takes its time. */
function waits(state) {
  card.dataset.busy = state;
  document.body.dataset.creature = state === "true" && !doodle.creature?.live ? "waits" : "";
}
function busy(on) {
  clearTimeout(timer);
  if (on && card.dataset.busy === "false") timer = setTimeout(() => waits("true"), PATIENCE);
  if (!on) waits("false");
  field.setAttribute("aria-busy", String(on));
}
/* Whether nobody pressed Render, and the sentence stands above the paper or with the edges already. */
function said(sentence) {
  const others = document.querySelectorAll(":is(#creature, #creature_edges) .dd-note:not([hidden])");
  return doodle.creature?.live && [...others].some((one) => one.textContent === sentence);
}
function tell(sentence) {
  note.textContent = sentence || "";
  note.hidden = !sentence;
}
function read() {
  const text = props.value;
  if (typeof text !== "string" || !text.startsWith("{")) return;
  const answer = JSON.parse(text);
  if (answer.waiting) { if (field.getAttribute("aria-busy") === "true") tell(answer.waiting); return; }
  if (!answer.error && !answer.pictures) return;     // a letter of ours on its way out
  busy(false);
  tell(said(answer.error) ? "" : answer.error);
  if (answer.error) return;
  const { run, ...result } = answer;
  newest = result.pictures[0];
  show(result);
  doodle.say("creature", { ...result, picture: newest });
}
watch("value", read);
document.addEventListener("doodle:rendering", ({ detail }) => {
  if (detail) tell("");
  busy(Boolean(detail));
});
doodle.showCreature = (entry) => {                   // a result of the tray
  tell("");
  show({ ...entry, pictures: entry.pictures || [entry.picture] });
};

/* ---- ways onward ------------------------------------------------------------------------------------- */
function save() {
  const slug = (shown.title || "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const name = [slug || "chimera", shown.seed ?? 0, at + 1].join("-");
  Object.assign(document.createElement("a"), { href: shown.pictures[at], download: `${name}.png` }).click();
}
function ask(what, k) {
  props.value = JSON.stringify({ ask: what, k });
  trigger(what);
}
const ACTS = { png: save, full: () => ask("full", at), outline: () => ask("outline", at), edges: () => ask("outline", -1) };
const more = card.querySelector("details");
card.addEventListener("click", ({ target }) => {
  const { act, with: what } = target.closest("button")?.dataset || {};
  if (what) compare(what);
  if (!act) return;
  more.open = false;
  ACTS[act]();
});
document.addEventListener("click", ({ target }) => { if (!more.contains(target)) more.open = false; });
more.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  more.open = false;
  more.querySelector("summary").focus();
});
saying.textContent = `Four variants come here, ${props.size} x ${props.size} pixels each: your lines as they are, `
  + "then as three wavering hands would draw them.";
slide(FIRST);
read();
