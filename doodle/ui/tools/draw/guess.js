/* The card "I see". It sends the drawing at every change, one request at a time, and shows the
 * answer about the newest version only. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { find } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { percent, phrase } from "../../shared/wording.js";
import { whenMounted } from "../../shell/mount.js";
import { sentence, wordChanged } from "./word.js";

const PAUSE = 20;           // ms after a change, so that a burst of them is one request
const PATIENCE = 5000;      // ms, after which an answer is given up
const TALK = 700;           // ms of rest before a change is read aloud
const EMPTY = "Nothing yet. Draw, and I guess at every stroke.";
const MISSING = "I cannot guess here: the model for it is missing. Say what it is in the sentence.";


/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const card = find(".dd-see", element), title = find("h2", card);
  const [list, saying, tip, legend, live, why] = [
    ".dd-guesses", ".dd-see-say", ".dd-see-tip", ".dd-legend", ".dd-see-live", ".dd-why",
  ].map((name) => find(name, card));
  let version = 0;            // of the drawing
  let asked = null;           // the request in flight: { version, word: to explain }
  let shown = null;           // the answer on show: { guesses, unknown }
  let wanted = null;          // the word to explain next
  let painted = false;        // the strokes on the paper show the reasons
  let met = false;            // the server has answered once: it is known whether it can guess
  let lost = 0, timer = 0, talk = 0, word = props.automatic;
  let spoken = "";            // what was read aloud last

  Object.assign(sentence, {
    seen: "", says: props.says, automatic: props.automatic, chosen: props.automatic,
  });

  /* ---- asking -------------------------------------------------------------------------------- */
  function drawn() {
    version += 1;
    wanted = null;
    if (!canvas("pad")?.stats().strokes) show(shown?.problem ? shown : null);
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  }
  function send() {
    const drawing = canvas("pad")?.serialize();
    if (!drawing || asked) return;                   // the answer in flight sends what came after it
    if (met && !canvas("pad").stats().strokes) return;
    asked = { version, word: wanted };
    list.setAttribute("aria-busy", "true");
    lost = setTimeout(answered, PATIENCE);
    props.value = JSON.stringify({ ...asked, drawing });
    if (wanted) trigger("explain"); else trigger("guess");
  }
  function answered(answer = null) {
    const { version: about, word: explained } = asked;
    clearTimeout(lost);
    asked = null;
    met ||= Boolean(answer);
    list.setAttribute("aria-busy", "false");
    // drawn on meanwhile
    if (about !== version) {
      send();
      return;
    }
    if (answer?.weights) paint(answer);
    else if (answer) show(answer);
    if (explained) wanted = null;
    else if (wanted) send();
  }
  onMessage(context, (answer) => {
    if (!("drawing" in answer) && answer.version === asked?.version) answered(answer);
  });

  /* ---- the guesses --------------------------------------------------------------------------- */
  for (let i = 0; i < props.rows; i++) {
    const item = document.createElement("li");
    item.innerHTML = '<button type="button"><b></b><i><s></s></i><span></span></button>';
    list.append(item);
  }
  function show(answer) {
    shown = answer;
    const guesses = answer?.guesses || [], first = guesses[0]?.[0] || "";
    const state = answer?.problem ? "missing" : !first ? "empty" : answer.unknown ? "unknown" : "known";
    card.dataset.state = state;
    title.textContent = state === "unknown" ? "I don’t know yet" : "I see";
    saying.textContent = state === "empty" ? EMPTY : !answer?.problem ? ""
      : answer.missing ? MISSING : answer.problem;
    saying.title = answer?.problem || "";
    tip.textContent = state === "known" ? "Click one to make it the word."
      : state === "unknown" ? "Perhaps one of these; draw on." : "";
    [...list.children].forEach((item, i) => fill(item.firstElementChild, guesses[i]));
    why.disabled = !first;
    const seen = state === "known" ? first : "";
    if (seen !== sentence.seen) {
      sentence.seen = seen;
      trigger("named");
    }
    say(state === "known" ? `I see ${phrase(first)}.`
      : state === "unknown" ? "I don’t know yet." : "");
  }
  function fill(button, guess) {
    const [name, chance] = guess || ["", 0], [label, bar, share] = button.children;
    button.hidden = button.disabled = !guess;
    button.dataset.word = name;
    label.textContent = label.title = name;
    bar.firstElementChild.style.width = `${(100 * chance).toFixed(1)}%`;
    share.textContent = guess ? percent(chance) : "";
    mark(button);
  }
  function mark(button) {
    const { word: name } = button.dataset, taken = Boolean(name) && name === word;
    button.setAttribute("aria-pressed", String(taken));
    button.title = !name ? "" : taken ? "Back to what I see" : `Finish it as ${name}`;
  }
  const buttons = () => [...list.querySelectorAll("button")];

  /* Read aloud once the hand rests, and only what is new. */
  function say(text) {
    clearTimeout(talk);
    talk = setTimeout(() => { if (text !== spoken) live.textContent = spoken = text; }, TALK);
  }

  /* ---- the word of the sentence -------------------------------------------------------------- */
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button?.dataset.word) return;
    choose(button.dataset.word === word ? props.automatic : button.dataset.word);
  });
  function choose(next) {
    sentence.chosen = next;
    trigger("choose");
  }
  wordChanged.listen((next) => {
    word = next;
    buttons().forEach(mark);
  });

  /* ---- why? ---------------------------------------------------------------------------------- */
  function paint({ word: name, weights }) {
    if (!canvas("pad")?.paint(weights)) return;
    find(".dd-legend-for", legend).textContent = `for ${name}`;
    const best = weights.indexOf(Math.max(...weights)), worst = weights.indexOf(Math.min(...weights));
    const lines = [`Stroke ${best + 1} of ${weights.length} speaks most for ${name}.`];
    if (weights[worst] < 0) lines.push(`Stroke ${worst + 1} speaks against it.`);
    clearTimeout(talk);
    live.textContent = spoken = lines.join(" ");
  }
  why.addEventListener("click", () => {
    if (painted) {
      canvas("pad")?.paint(null);
      return;
    }
    const named = buttons().some((button) => button.dataset.word === word);
    wanted = named ? word : shown?.guesses?.[0]?.[0] || null;
    if (wanted) send();
  });
  onCanvas("pad", "painted", ({ on }) => {
    painted = on;
    legend.hidden = !painted;
    card.classList.toggle("dd-explains", painted);
    why.setAttribute("aria-pressed", String(painted));
    why.textContent = painted ? "hide" : "why?";
  });

  /* ---- what it listens to -------------------------------------------------------------------- */
  onCanvas("pad", "drawing", drawn);
  whenMounted("#pad").then(drawn);         // with what was kept
  show(null);

  return { choose };
}
