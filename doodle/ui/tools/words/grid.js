/* The doodles of a text as a grid, best first. The cards beside it hear of every result and choice. */
const part = element.querySelector(".dd-ideas"), grid = part.querySelector("ol");
const [note, saying, chips] = [".dd-note", ".dd-ideas-say", ".dd-chips"].map((name) => part.querySelector(name));
const TRY = ["a sleepy teapot", "a happy whale", "telescope", "a dragon", "an old bicycle", "birthday"];
const PATIENCE = 350;       // ms, after which waiting shows and can be stopped
const FAINT = 0.1;          // a best score below this is said to be poor
const NUMBER = /^\d+$/;

let shown = null;           // { task, text, seed, truncation, second, share, name, finish, read, doodles }
let at = 0;                 // the chosen doodle
let timer = 0;

/* ---- waiting ---------------------------------------------------------------------------------- */
function phase(name) {
  const [go, stop] = ["words_go", "words_stop"].map((id) => document.getElementById(id));
  clearTimeout(timer);
  if (name === "asked") { timer = setTimeout(() => phase("waits"), PATIENCE); return; }
  const away = name === "waits" ? go : stop, here = name === "waits" ? stop : go;
  const moves = document.activeElement === away;
  document.body.dataset.ideas = name;
  grid.setAttribute("aria-busy", String(name === "waits"));
  if (moves) here?.focus({ preventScroll: true });  // the focused button is about to hide
  if (name === "waits" && !shown) placeholders();
  if (name === "idle" && !shown) grid.replaceChildren();
  part.dataset.empty = String(!shown && name === "idle");
}
function placeholders() {
  const typed = doodle.field("words_count")?.value;
  const n = NUMBER.test(typed) ? Math.min(Math.max(Number(typed), 1), 36) : 16;
  columns(n);
  grid.replaceChildren(...Array.from({ length: n }, () => {
    const item = document.createElement("li");
    item.className = "dd-waits";
    return item;
  }));
}
function tell(sentence) {
  note.textContent = sentence || "";
  note.hidden = !sentence;
}
const columns = (n) => grid.style.setProperty("--columns", Math.ceil(Math.sqrt(Math.max(n, 1))));

/* ---- the grid ------------------------------------------------------------------------------------ */
function show(result) {
  shown = result;
  const { doodles } = shown;
  columns(doodles.length);
  grid.classList.toggle("dd-dense", doodles.length > 16);
  grid.replaceChildren(...doodles.map((one, i) => {
    const item = document.createElement("li"), button = document.createElement("button");
    const mark = Object.assign(document.createElement("i"), { textContent: doodle.score(one.score) });
    button.type = "button";
    button.setAttribute("aria-label", `${i + 1} of ${doodles.length}, ${percent(one.score)} ${shown.name}`);
    button.title = doodle.scored(one.score, subject());
    button.append(doodle.sketch(one, doodle.frame(one.strokes, 0.07, false)), mark);
    item.append(button);
    return item;
  }));
  const notice = document.createElement("span");     // where the card that says it is far below
  notice.textContent = shown.read.notice;
  saying.replaceChildren(`${summary()} `, notice);
  phase("idle");
  choose(0);
  doodle.say("ideas", shown);
}
const percent = (value) => `${Math.round(100 * value)} percent`;
function subject() {
  const { task, name, second } = shown;
  return task === "mix" ? `something between ${doodle.phrase(name)} and ${doodle.phrase(second)}` : doodle.phrase(name);
}
function summary() {
  const { doodles } = shown, hard = doodles[0].score < FAINT ? " Hard to recognise: another seed may do better." : "";
  return `${kind(doodle.counted(doodles.length, "doodle"))}${doodles.length > 1 ? ", best first" : ""}.${hard}`;
}
function kind(count) {
  const { task, text, second, share } = shown;
  if (task === "like") return `${count} like the one you chose`;
  if (task === "mix") {
    const part = Math.round(100 * share);
    return `${count} between ${text} (${100 - part} %) and ${second} (${part} %)`;
  }
  return `${count} of ${text}`;
}
function choose(next) {
  at = next;
  [...grid.children].forEach((item, i) => {
    item.firstElementChild?.setAttribute("aria-pressed", String(i === at));
  });
  const { task, text, seed, truncation, second, name, finish } = shown;
  const title = task === "mix" ? `${name} and ${second}` : name, near = task !== "mix";
  const one = shown.doodles[at], candidate = task === "draw" ? one.candidate : null;
  doodle.say("idea", { one, title, what: subject(), text, seed, candidate, truncation, finish, near });
}
const buttons = () => [...grid.querySelectorAll("button")];
grid.addEventListener("click", ({ target }) => {
  const i = buttons().indexOf(target.closest("button"));
  if (i >= 0) choose(i);
});
grid.addEventListener("keydown", (event) => {
  const wide = Number(grid.style.getPropertyValue("--columns")), all = buttons();
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide, Home: -all.length, End: all.length };
  if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
  const from = all.indexOf(document.activeElement);
  if (from < 0) return;
  event.preventDefault();
  const to = Math.min(Math.max(from + steps[event.key], 0), all.length - 1);
  all[to].focus();
  choose(to);
});

/* ---- asking and answers ----------------------------------------------------------------------------- */
function ask() {
  tell("");
  phase("asked");
}
watch("value", () => {
  const text = props.value;
  if (typeof text !== "string" || !text.startsWith("{")) return;
  const answer = JSON.parse(text);
  if (!("run" in answer)) return;                    // a letter of ours on its way out
  if (answer.waiting && document.body.dataset.ideas === "idle") return;   // stopped meanwhile
  tell(answer.error || answer.waiting);
  if (answer.waiting) return;
  if (answer.error) { phase("idle"); return; }
  show(answer);
  doodle.say("imagined", answer);
});
document.addEventListener("doodle:more", ({ detail }) => {
  ask();
  props.value = JSON.stringify(detail);
  trigger("more");
});
document.addEventListener("click", ({ target }) => {  // at once, before the server has heard of it
  if (target.closest?.("#words_go, #words_reroll, #words_surprise")) ask();
}, true);
document.addEventListener("doodle:note", ({ detail }) => {  // what went wrong while saving
  if (detail && part.offsetParent) tell(detail);
});
document.addEventListener("doodle:ideas-stopped", () => phase("idle"));
document.addEventListener("keydown", (event) => {     // Enter in the text asks, as in any sentence
  if (event.key !== "Enter" || event.target !== doodle.field("words_text")) return;
  setTimeout(() => document.getElementById("words_go")?.click(), 60);  // after Gradio has taken the word
}, true);

/* ---- what to begin with ------------------------------------------------------------------------------- */
chips.replaceChildren(...TRY.map((text) => {
  const chip = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  chip.addEventListener("click", () => {
    ask();
    doodle.ideaText = text;
    trigger("pick");
  });
  return chip;
}));
doodle.showIdeas = (entry) => {                      // a result of the tray, and the text it came from
  tell("");
  doodle.ideaText = entry.text;
  trigger("named");
  show(entry);
};
if (props.problem) { part.dataset.lost = "true"; tell(props.problem); }
phase("idle");
