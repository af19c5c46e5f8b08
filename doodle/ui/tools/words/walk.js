/* From the chosen doodle to another word, step by step; the same slider says how much to mix. */
import { field, find, make, onEnter } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { sketch } from "../../shared/pictures.js";
import { createRun } from "../../shared/run.js";
import { frame, onSquare } from "../../shared/strokes.js";
import { phrase } from "../../shared/wording.js";
import { save } from "../../shell/mailbox.js";
import { expose, mounted } from "../../shell/mount.js";
import { keepFilm } from "../morph/tool.js";
import { doodleChosen, moreAsked } from "./news.js";

const STRIP = 7;            // small pictures of the way

expose("words.goal", () => mounted("tools/words/walk")?.outdated());

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const card = find(".dd-walk", element), strip = find("ol", card), slider = find("input", card);
  const [go, mix, gif] = ["[data-act=walk]", "[data-act=mix]", "[data-save]"].map((name) => find(name, card));
  const run = createRun({ note: find(".dd-note", card), busy: card });
  let from = null;            // the doodle chosen in the grid
  let asking = null;          // the one that a walk is asked for
  let reel = null;            // the way on show: { words, doodles, box, from }

  const goal = () => (field("words_goal")?.value || "").trim().replace(/\s+/g, " ");
  const percent = () => Number(slider.value);
  function label() {
    const part = percent();
    mix.textContent = `Mix ${100 - part} : ${part}`;
    const here = reel ? reel.words : [from?.title || "this", goal() || "that"];
    mix.disabled = part === 0 || part === 100;
    mix.title = mix.disabled ? "Move the slider to say how much of each"
      : `Draw what is ${100 - part} % ${here[0]} and ${part} % ${here[1]}`;
    slider.setAttribute("aria-valuetext", `${part} percent ${here[1]}`);
  }

  /* ---- the way ------------------------------------------------------------------------------- */
  function ask() {
    if (!from) {
      run.say("Draw something first, then walk from the one you choose.");
      return;
    }
    const { text, seed, candidate, truncation } = from, request = run.ask();
    asking = from;
    props.value = JSON.stringify({
      request, text, second: goal(), steps: props.steps, seed, candidate, truncation,
    });
    trigger("go");
  }
  onMessage(context, (answer) => {
    if ("steps" in answer || !run.isNewest(answer.request)) return;   // our own message, or an older answer
    run.end(answer.error);
    if (answer.error || answer.stopped) return;
    const { words } = answer;
    if (asking.text === from.text && words[1] === goal()) show({ ...answer, from: asking });
    keepFilm({ words, word: words.join(" to "), drawings: drawings(answer), from: "Walk" });
  });
  function show(next) {
    const box = frame(next.doodles.flatMap(({ strokes }) => strokes));
    reel = { ...next, box };
    card.dataset.empty = "false";
    gif.disabled = false;
    const last = reel.doodles.length - 1, n = Math.min(STRIP, last + 1);
    strip.replaceChildren(...Array.from({ length: n }, (_, i) => {
      const step = Math.round((i / Math.min(STRIP - 1, last)) * last);
      const button = make("button", { type: "button", dataset: { step } }, sketch(reel.doodles[step], box));
      button.setAttribute("aria-label", `Step ${step + 1} of ${last + 1}`);
      return make("li", {}, button);
    }));
    middle();
    look();
  }
  function middle() {
    slider.value = 50;
    label();
  }
  /* A way between other words than those that stand here now says nothing of them. */
  function outdated() {
    if (!reel || (reel.from.text === from.text && reel.words[1] === goal())) {
      label();
      return;
    }
    reel = null;
    card.dataset.empty = "true";
    gif.disabled = true;
    strip.replaceChildren();
    middle();
  }
  const stepAt = () => Math.round((percent() / 100) * (reel.doodles.length - 1));
  /* The nearest of the strip. */
  function mark(step) {
    const buttons = [...strip.children].map((item) => item.firstElementChild);
    const far = (button) => Math.abs(Number(button.dataset.step) - step);
    const least = Math.min(...buttons.map(far)), nearest = buttons.find((button) => far(button) === least);
    for (const button of buttons) button.setAttribute("aria-current", String(button === nearest));
  }
  function look() {
    label();
    if (!reel) return;
    const step = stepAt(), last = reel.doodles.length - 1, [first, second] = reel.words;
    mark(step);
    const end = !step ? first : step === last ? second : "", title = end || `${first} to ${second}`;
    const what = end ? phrase(end) : `something between ${phrase(first)} and ${phrase(second)}`;
    doodleChosen.send({
      one: reel.doodles[step], title, what, text: title, near: false, box: reel.box, walked: true,
      finish_as: step * 2 <= last ? reel.from.finish_as : second,
    });
  }

  const drawings = ({ doodles }) => doodles.filter(({ strokes }) => strokes.length)
    .map(({ strokes }) => onSquare(strokes));

  /* ---- what the visitor does ----------------------------------------------------------------- */
  slider.addEventListener("input", look);
  strip.addEventListener("click", ({ target }) => {
    const step = target.closest("button")?.dataset.step;
    if (step === undefined) return;
    slider.value = (100 * step) / (reel.doodles.length - 1);
    look();
  });
  go.addEventListener("click", ask);
  mix.addEventListener("click", () => {
    if (!from) {
      run.say("Draw something first, then mix it with another word.");
      return;
    }
    run.say("");
    moreAsked.send({ task: "mix", text: from.text, second: goal(), share: percent() / 100 });
  });
  gif.addEventListener("click", () => {
    save({ format: "gif", name: reel.words.join(" to "), drawings: drawings(reel) });
  });
  doodleChosen.listen((chosen) => {
    if (chosen.walked) return;
    from = chosen;
    run.say("");
    outdated();
  });
  onEnter("words_goal", ask);
  middle();

  return { outdated };
}
