/* From the chosen doodle to another word, step by step; the same slider says how much to mix. */
const card = element.querySelector(".dd-walk"), strip = card.querySelector("ol");
const slider = card.querySelector("input"), note = card.querySelector(".dd-note");
const [walk, mix, gif] = ["[data-act=walk]", "[data-act=mix]", "[data-save]"].map((name) => card.querySelector(name));
const STRIP = 6;            // small pictures of the way
let from = null;            // the doodle chosen in the grid, as it was told
let reel = null;            // the way on show: { words, shares, doodles, box, from }
let waiting = 0;            // the newest request

function tell(sentence) {
  note.textContent = sentence || "";
  note.hidden = !sentence;
}
const goal = () => doodle.field("words_goal")?.value.trim() || "";
const percent = () => Number(slider.value);
/* How much of the other word the slider asks for. The steps of a way are not evenly apart in that. */
function share() {
  if (!reel || reel.from.text !== from?.text || reel.words[1] !== goal()) return percent() / 100;
  const { shares } = reel, at = (percent() / 100) * (shares.length - 1), k = Math.min(Math.floor(at), shares.length - 2);
  return shares[k] + (at - k) * (shares[k + 1] - shares[k]);
}
function label() {
  const part = Math.round(100 * share());
  mix.textContent = `Mix ${100 - part} : ${part}`;
  const here = reel ? reel.words : [from?.title || "this", goal() || "that"];
  mix.disabled = part === 0 || part === 100;
  mix.title = mix.disabled ? "Move the slider to say how much of each" : `Draw what is ${100 - part} % ${here[0]} and ${part} % ${here[1]}`;
  slider.setAttribute("aria-valuetext", `${part} percent ${here[1]}`);
}

/* ---- the way ---------------------------------------------------------------------------------------- */
function ask() {
  if (!from) { tell("Draw something first, then walk from the one you choose."); return; }
  tell("");
  const { text, seed, candidate, truncation } = from;
  card.setAttribute("aria-busy", "true");
  waiting += 1;
  props.value = JSON.stringify({ at: waiting, text, second: goal(), steps: props.steps, seed, candidate, truncation });
  trigger("go");
}
watch("value", () => {
  const text = props.value;
  if (typeof text !== "string" || !text.startsWith("{")) return;
  const answer = JSON.parse(text);
  if ("steps" in answer || answer.at !== waiting) return;  // our own letter, or an older answer
  card.setAttribute("aria-busy", "false");
  tell(answer.error);
  if (answer.error || answer.stopped) return;
  show({ ...answer, from });
  const { words } = answer;
  doodle.say("morphed", { words, word: words.join(" to "), drawings: drawings(answer), from: "Walk" });
});
function show(next) {
  const box = doodle.frame(next.doodles.flatMap(({ strokes }) => strokes));
  reel = { ...next, box };
  card.dataset.empty = "false";
  gif.disabled = false;
  const last = reel.doodles.length - 1;
  strip.replaceChildren(...Array.from({ length: Math.min(STRIP, last + 1) }, (_, i, all = STRIP - 1) => {
    const step = Math.round((i / Math.min(all, last)) * last), item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.setAttribute("aria-label", `Step ${step + 1} of ${last + 1}`);
    button.dataset.step = step;
    button.append(doodle.sketch(reel.doodles[step], box));
    item.append(button);
    return item;
  }));
  slider.value = 0;
  label();
  mark(0);
}
const stepAt = () => Math.round((percent() / 100) * (reel.doodles.length - 1));
function mark(step) {
  for (const { firstElementChild: button } of strip.children) {
    button.setAttribute("aria-current", String(Number(button.dataset.step) === step));
  }
}
function look() {
  label();
  if (!reel) return;
  const step = stepAt(), last = reel.doodles.length - 1, [first, second] = reel.words;
  mark(step);
  const end = !step ? first : step === last ? second : "", title = end || `${first} to ${second}`;
  const what = end ? doodle.phrase(end) : `something between ${doodle.phrase(first)} and ${doodle.phrase(second)}`;
  doodle.say("idea", { one: reel.doodles[step], title, what, text: title, near: false, box: reel.box, walked: true,
    finish: step * 2 <= last ? reel.from.finish : second });
}

const drawings = ({ doodles }) => doodles.filter(({ strokes }) => strokes.length)
  .map(({ strokes }) => doodle.onSquare(strokes));

/* ---- what the visitor does ---------------------------------------------------------------------------- */
slider.addEventListener("input", look);
strip.addEventListener("click", ({ target }) => {
  const step = target.closest("button")?.dataset.step;
  if (step === undefined) return;
  slider.value = (100 * step) / (reel.doodles.length - 1);
  look();
});
walk.addEventListener("click", ask);
mix.addEventListener("click", () => {
  if (!from) { tell("Draw something first, then mix it with another word."); return; }
  tell("");
  doodle.say("more", { task: "mix", text: from.text, second: goal(), share: share() });
});
gif.addEventListener("click", () => {
  doodle.say("save", { format: "gif", name: reel.words.join(" to "), drawings: drawings(reel) });
});
document.addEventListener("doodle:idea", ({ detail }) => {
  if (detail.walked) return;
  from = detail;
  label();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target !== doodle.field("words_goal")) return;
  setTimeout(ask, 60);                               // after Gradio has taken the word
}, true);
slider.value = 50;
label();
