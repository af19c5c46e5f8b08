/* The doodles of a text as a grid, best first. The cards beside it hear of every result and choice. */
import { field, find, findAll, make, onEnter, onPress } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { sketch } from "../../shared/pictures.js";
import { createRun } from "../../shared/run.js";
import { frame } from "../../shared/strokes.js";
import { counted, phrase, score, scored } from "../../shared/wording.js";
import { expose, mounted } from "../../shell/mount.js";
import { notes } from "../../shell/news.js";
import { bothSeen, oneSided } from "./between.js";
import { doodleChosen, moreAsked, resultShown, wordPicked } from "./news.js";
import { keepDoodles } from "./tool.js";

const TRY = ["a teapot", "a whale", "telescope", "a dragon", "a helicopter", "birthday cake"];
const PATIENCE = 350;       // ms, after which waiting shows and can be stopped
const FAINT = 0.1;          // a best score below this is said to be poor
const NUMBER = /^\d+$/;

let named = "";             // the text that the sentence is to show

expose("words.named", () => named);
expose("words.stopped", () => mounted("tools/words/grid")?.stopped());

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const part = find(".dd-words-result", element), grid = find("ol", part);
  const [saying, chips] = [".dd-words-say", ".dd-chips"].map((name) => find(name, part));
  const run = createRun({
    name: "words", patience: PATIENCE, note: find(".dd-note", part), busy: grid,
    go: "words_go", stop: "words_stop", onPhase,
  });

  let shown = null;           // a WordsResult
  let at = 0;                 // the chosen doodle

  /* ---- waiting ------------------------------------------------------------------------------- */
  function onPhase(phase) {
    if (phase === "waits" && !shown) placeholders();
    if (phase === "idle" && !shown) grid.replaceChildren();
    if (phase !== "asked") part.dataset.empty = String(!shown && phase === "idle");
  }
  function placeholders() {
    const typed = field("words_count")?.value;
    const n = NUMBER.test(typed) ? Math.min(Math.max(Number(typed), 1), 36) : 16;
    columns(n);
    grid.replaceChildren(...Array.from({ length: n }, () => make("li", { className: "dd-waits" })));
  }
  const columns = (n) => grid.style.setProperty("--columns", Math.ceil(Math.sqrt(Math.max(n, 1))));

  /* ---- the grid ------------------------------------------------------------------------------ */
  function show(result) {
    shown = result;
    const { doodles } = shown;
    columns(doodles.length);
    grid.classList.toggle("dd-dense", doodles.length > 16);
    grid.replaceChildren(...doodles.map((one, i) => {
      const svg = sketch(one, frame(one.strokes, 0.07, false));
      const button = make("button", { type: "button", title: about(one) },
        svg, make("em", one.traced === false
          ? { textContent: "ink order", title: "Drawn point by point; the others are traced" } : {}),
        make("i", { textContent: score(one.score) }));
      const drawn = one.traced === false ? ", in ink order" : "";
      const words = one.seen ? [shown.name, shown.second] : [shown.name];
      const chance = words.map((word, k) => {
        return `${Math.round(100 * (one.seen?.[k] ?? one.score))} percent ${word}`;
      }).join(", ");
      button.setAttribute("aria-label", `${i + 1} of ${doodles.length}, ${chance}${drawn}`);
      return make("li", {}, button);
    }));
    part.dataset.earlier = "false";
    const { notice, caveat = "" } = shown.reading;
    const said = make("span", { textContent: notice });                // its card may be far below
    saying.replaceChildren(`${summary()} ${caveat} `, said);
    run.show("idle");
    choose(0);
    resultShown.send(shown);
  }
  /* What was there is not what was asked for now. */
  function fail(error) {
    run.end(error);
    if (!shown || part.dataset.earlier === "true") return;
    part.dataset.earlier = "true";
    saying.textContent = `Earlier: ${summary().replace(/^./, (first) => first.toLowerCase())}`;
  }
  function subject() {
    const { task, name, second } = shown;
    return task === "mix" ? `something between ${phrase(name)} and ${phrase(second)}` : phrase(name);
  }
  function about({ score: value, seen }) {
    return seen ? bothSeen(seen, [shown.name, shown.second]) : scored(value, subject());
  }
  function summary() {
    const { doodles, task, name, second } = shown, many = kind(counted(doodles.length, "doodle"));
    const poor = doodles[0].score < FAINT && shown.reading.seen !== false;
    const hard = poor ? " Hard to recognise: another seed may do better." : "";
    const said = task === "mix" ? oneSided(doodles, [name, second]) : hard;
    return `${many}${doodles.length > 1 ? ", best first" : ""}.${said}`;
  }
  function kind(count) {
    const { task, text, second, share } = shown;
    if (task === "like") return `${count} like the one you chose`;
    if (task === "mix") {
      const there = Math.round(100 * share);
      return `${count} between ${text} (${100 - there} %) and ${second} (${there} %)`;
    }
    return `${count} of ${text}`;
  }
  function choose(next) {
    at = next;
    [...grid.children].forEach((item, i) => {
      item.firstElementChild?.setAttribute("aria-pressed", String(i === at));
    });
    const { task, text, seed, truncation, second, name, finish_as } = shown;
    const title = task === "mix" ? `${name} and ${second}` : name, one = shown.doodles[at];
    const near = task !== "mix" && one.traced !== false;               // what comes from noise
    const candidate = task === "draw" && near ? one.candidate : null;
    const chances = one.seen && about(one);
    doodleChosen.send({
      one, title, what: subject(), chances, text, seed, candidate, truncation, finish_as, near,
    });
  }
  const buttons = () => findAll("button", grid);
  grid.addEventListener("click", ({ target }) => {
    const i = buttons().indexOf(target.closest("button"));
    if (i >= 0) choose(i);
  });
  grid.addEventListener("keydown", (event) => {
    const wide = Number(grid.style.getPropertyValue("--columns")), all = buttons();
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide, Home: -all.length, End: all.length,
    };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    const from = all.indexOf(document.activeElement);
    if (from < 0) return;
    event.preventDefault();
    const to = Math.min(Math.max(from + steps[event.key], 0), all.length - 1);
    all[to].focus();
    choose(to);
  });

  /* ---- asking and answers -------------------------------------------------------------------- */
  onMessage(context, (answer) => {
    if (!("run" in answer)) return;                    // a message of ours on its way out
    if (answer.waiting) run.progress(answer.waiting);
    else if (answer.error) fail(answer.error);
    else {
      run.say("");
      show(answer);
      keepDoodles(answer);
    }
  });
  moreAsked.listen((request) => {
    run.ask();
    props.value = JSON.stringify(request);
    trigger("more");
  });
  function draw(text) {
    run.ask();
    named = text;
    trigger("pick");
  }
  wordPicked.listen(draw);
  onPress("#words_go, #words_reroll, #words_surprise", () => run.ask());
  onEnter("words_text", () => document.getElementById("words_go")?.click());
  notes.listen((sentence) => { if (sentence && part.offsetParent) run.say(sentence); });

  /* ---- what to begin with -------------------------------------------------------------------- */
  chips.replaceChildren(...TRY.map((text) => {
    const chip = make("button", { type: "button", textContent: text });
    chip.addEventListener("click", () => draw(text));
    return chip;
  }));
  if (props.problem) {
    part.dataset.lost = "true";
    run.say(props.problem);
  }
  run.show("idle");

  return {
    stopped: () => run.show("idle"),
    /* A result of this visit, and the text it came from. */
    restore(entry) {
      run.say("");
      named = entry.text;
      trigger("named");
      show(entry);
    },
  };
}
