/* The morph's film: drawings from one to the other, with a slider, a player and a way onward. */
import { calm, find, findAll, make, onPress } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { picture } from "../../shared/pictures.js";
import { createRun } from "../../shared/run.js";
import { frame, lines } from "../../shared/strokes.js";
import { save } from "../../shell/mailbox.js";
import { expose, mounted } from "../../shell/mount.js";
import { sendTo } from "../../shell/tools.js";
import { keepFilm } from "./tool.js";

const FRAME_MS = 260, REST_MS = 900;    // a step of the film; a rest at either end
const PATIENCE = 350;                   // ms, after which waiting can be stopped

expose("morph.stopped", () => mounted("tools/morph/film")?.stopped());

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const film = find(".dd-film", context.element), scene = find(".dd-scene", film);
  const slider = find("input", film), strip = find(".dd-strip", film), play = find("[data-act=play]", film);
  const run = createRun({
    name: "morph", patience: PATIENCE, note: find(".dd-note", film), busy: film,
    go: "morph_go", stop: "morph_stop",
  });
  let reel = null, timer = 0;           // reel: { word, words, drawings, box }

  function show(at) {
    slider.value = at;
    scene.replaceChildren(picture(lines(reel.drawings[at]), [], reel.box));
    slider.setAttribute("aria-valuetext", `${at + 1} of ${reel.drawings.length}`);
    for (const [i, button] of findAll("button", strip).entries()) {
      button.setAttribute("aria-current", String(i === at));
    }
  }
  function load(next) {
    pause();
    reel = { ...next, box: frame(next.drawings.flatMap(lines), 0.06) };
    slider.max = reel.drawings.length - 1;
    film.dataset.full = "true";
    for (const part of findAll("[disabled]", film)) part.disabled = false;
    for (const [i, end] of findAll(".dd-end", film).entries()) end.textContent = reel.words[i];
    strip.replaceChildren(...reel.drawings.map((drawing, at) => {
      const button = make("button", { type: "button" }, picture(lines(drawing)));
      button.setAttribute("aria-label", `Step ${at + 1}`);
      button.addEventListener("click", () => {
        pause();
        show(at);
      });
      return make("li", {}, button);
    }));
    show(0);
  }
  function pause() {
    clearTimeout(timer);
    timer = 0;
    play.setAttribute("aria-pressed", "false");
    play.setAttribute("aria-label", "Play");
  }
  function playFrom(at, by) {
    show(at);
    const last = reel.drawings.length - 1;
    const turn = at + by < 0 || at + by > last ? -by : by;
    const rest = at === 0 || at === last ? REST_MS : FRAME_MS;
    timer = setTimeout(() => playFrom(Math.min(last, Math.max(0, at + turn)), turn), rest);
  }
  play.addEventListener("click", () => {
    if (timer) {
      pause();
      return;
    }
    play.setAttribute("aria-pressed", "true");
    play.setAttribute("aria-label", "Pause");
    playFrom(Number(slider.value), 1);
  });
  slider.addEventListener("input", () => {
    pause();
    show(Number(slider.value));
  });
  film.addEventListener("click", ({ target }) => {
    const { save: format, act } = target.closest("button")?.dataset || {};
    const drawing = reel?.drawings[Number(slider.value)];
    if (format === "gif") save({ format, name: reel.word, drawings: reel.drawings });
    else if (format) save({ format, name: reel.word, drawing });
    else if (act === "send") sendTo("draw", JSON.stringify(drawing));
  });
  onMessage(context, ({ error, waiting, words, drawings }) => {
    if (waiting) {
      run.progress(waiting);
      return;
    }
    run.end(error);
    if (error) return;
    const next = { words, drawings, word: words.join(" to ") };
    load(next);
    keepFilm(next);
    if (!calm()) play.click();
  });
  onPress("#morph_go", () => run.ask());

  return {
    stopped: () => run.end(),
    restore(entry) {
      run.say("");
      load(entry);
    },
  };
}
