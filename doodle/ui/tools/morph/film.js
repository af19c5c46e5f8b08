/* The morph's film: drawings from one to the other, with a slider, a player and a way onward. */
const film = element.querySelector(".dd-film"), scene = film.querySelector(".dd-scene");
const slider = film.querySelector("input"), strip = film.querySelector(".dd-strip");
const play = film.querySelector("[data-act=play]"), note = film.querySelector(".dd-note");
const FRAME_MS = 260, REST_MS = 900;    // a step of the film; a rest at either end
let reel = null, timer = 0;             // reel: { word, words, drawings }

const PATIENCE = 350;                   // ms, after which waiting can be stopped
let patience = 0;

function busy(on) {
  film.setAttribute("aria-busy", String(on));
  clearTimeout(patience);
  if (on) patience = setTimeout(() => { document.body.dataset.morph = "waits"; }, PATIENCE);
  else document.body.dataset.morph = "";
}
function tell(sentence) {
  note.textContent = sentence || "";
  note.hidden = !sentence;
}
function show(at) {
  slider.value = at;
  scene.replaceChildren(doodle.picture(doodle.lines(reel.drawings[at]), [], reel.box));
  slider.setAttribute("aria-valuetext", `${at + 1} of ${reel.drawings.length}`);
  [...strip.children].forEach((item, i) => item.firstElementChild.setAttribute("aria-current", String(i === at)));
}
function load(next) {
  pause();
  reel = { ...next, box: doodle.frame(next.drawings.flatMap(doodle.lines), 0.06) };
  slider.max = reel.drawings.length - 1;
  film.dataset.full = "true";
  film.querySelectorAll("[disabled]").forEach((part) => { part.disabled = false; });
  film.querySelectorAll(".dd-end").forEach((end, i) => { end.textContent = reel.words[i]; });
  strip.replaceChildren(...reel.drawings.map((drawing, at) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `Step ${at + 1}`);
    button.append(doodle.picture(doodle.lines(drawing)));
    button.addEventListener("click", () => { pause(); show(at); });
    item.append(button);
    return item;
  }));
  show(0);
}
function pause() {
  clearTimeout(timer);
  timer = 0;
  play.setAttribute("aria-pressed", "false");
  play.setAttribute("aria-label", "Play");
}
function run(at, by) {
  show(at);
  const last = reel.drawings.length - 1;
  const turn = at + by < 0 || at + by > last ? -by : by;
  const rest = at === 0 || at === last ? REST_MS : FRAME_MS;
  timer = setTimeout(() => run(Math.min(last, Math.max(0, at + turn)), turn), rest);
}
play.addEventListener("click", () => {
  if (timer) { pause(); return; }
  play.setAttribute("aria-pressed", "true");
  play.setAttribute("aria-label", "Pause");
  run(Number(slider.value), 1);
});
slider.addEventListener("input", () => { pause(); show(Number(slider.value)); });
film.addEventListener("click", ({ target }) => {
  const { save, act } = target.closest("button")?.dataset || {};
  const drawing = reel?.drawings[Number(slider.value)];
  if (save === "gif") doodle.say("save", { format: "gif", name: reel.word, drawings: reel.drawings });
  else if (save) doodle.say("save", { format: save, name: reel.word, drawing });
  else if (act === "send") {
    doodle.pad()?.load(JSON.stringify(drawing), { undoable: true });
    doodle.open("draw", () => {});
  }
});
watch("value", () => {
  if (!props.value) return;
  const { error, waiting, words, drawings } = JSON.parse(props.value);
  if (waiting) { if (film.getAttribute("aria-busy") === "true") tell(waiting); return; }
  busy(false);
  tell(error);
  if (error) return;
  const next = { words, drawings, word: words.join(" to ") };
  load(next);
  doodle.say("morphed", next);
  if (!doodle.calm()) play.click();
});
document.addEventListener("doodle:film", ({ detail }) => { tell(""); load(detail); });
document.addEventListener("doodle:morph-stopped", () => { tell(""); busy(false); });
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("#morph_go")) { tell(""); busy(true); }
}, true);
