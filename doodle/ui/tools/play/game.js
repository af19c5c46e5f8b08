/* The game: start, then for each word ask -> draw -> result, then the end.
 * The desk around it carries the screen's name, by which the style sheet shows its parts. Tests and
 * the curious may set data-seconds, data-rest (ms between two words) and data-seed on .dd-game. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { find as within, findAll, make } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { lines } from "../../shared/strokes.js";
import { phrase } from "../../shared/wording.js";
import { sendTo } from "../../shell/tools.js";
import { createClock } from "./clock.js";
import { createChance, deal } from "./deal.js";
import { endCard, showSlots, summary, verdict } from "./end.js";
import { createRemarks } from "./remarks.js";
import { saveSheet } from "./sheet.js";
import { createVoice } from "./voice.js";

const NOTHING = '{"v":1,"w":1000,"h":750,"strokes":[]}';
const REST = { won: 1900, lost: 2600 };              // ms to read how a round ended
const LATE = 1500;                                   // ms an answer may come after the time is up
const PATIENCE = 6000, RETRY = 1200;                 // ms: no answer is a failure; then once more
const LIVE = 900, LIVE_POINTS = 8;                   // ms, points: looks at a stroke under way
const SEEN_LOST = "I cannot see your drawing just now: the server does not answer.";
const PAPER = { ask: "veiled", draw: "on", result: "still", late: "still" };   // by screen

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const SECONDS = props.limit, ROUNDS = props.turns, WORDS = JSON.parse(props.deck);
  const game = within(".dd-game", element), desk = /** @type {HTMLElement} */ (element.closest(".dd-play"));
  const find = (selector) => within(selector, game), all = (selector) => findAll(selector, game);
  const setting = (name, usual) => (game.dataset[name] ? Number(game.dataset[name]) : usual);
  const paper = () => canvas("play");
  const voice = createVoice(all("[data-act=voice]"));
  const clock = createClock(() => !document.hidden && desk.offsetParent !== null, { tick, out: timeUp });
  const before = new Set();                            // words of this visit's earlier games
  let rounds = [], now = -1, screen = "start", chance = Math.random;
  let resting = 0, warned = 0;
  let look = null, newer = false, looks = 0, failures = 0, retry = 0, seenText = "";

  function show(name) {
    screen = desk.dataset.screen = name;
    desk.dataset.paper = PAPER[name] || "off";
    for (const part of all("[data-on]")) part.hidden = !part.dataset.on.split(" ").includes(name);
    desk.dataset.won = "";
  }
  function announce(text) { find(".dd-game-live").textContent = text; }
  const strong = (text) => make("b", { textContent: text });

  /* ---- the rounds ---------------------------------------------------------------------------- */
  function start() {
    chance = createChance(game.dataset.seed);
    rounds = deal(WORDS, ROUNDS, before, chance).map((word) => ({
      word, drawing: NOTHING, guesses: [], unknown: true, won: false, seconds: 0, end: "" }));
    for (const { word } of rounds) before.add(word);
    failures = 0;
    tell("");
    ask(0);
  }
  function ask(at) {
    now = at;
    forget();
    wipe();
    const { word } = rounds[at];
    find(".dd-game-count").textContent = `Word ${at + 1} of ${ROUNDS}`;
    find(".dd-game-ask h2").replaceChildren("Draw ", strong(phrase(word)));
    find(".dd-game-terms").textContent = `in under ${setting("seconds", SECONDS)} seconds`;
    showSlots(find(".dd-game-slots"), rounds, at);
    says("Ready when you are.", false);
    find(".dd-game-heard").textContent = "";
    show("ask");
    announce(`Word ${at + 1} of ${ROUNDS}: draw ${phrase(word)}.`);
    find("[data-act=draw]").focus({ preventScroll: true });
  }
  function draw() {
    remarks.reset();
    seenText = "";
    warned = 0;
    find(".dd-game-task").replaceChildren("Draw ", strong(phrase(rounds[now].word)));
    find("[data-act=skip]").textContent = "Skip";
    says("Go on, draw. I am watching.", false);
    show("draw");
    paper()?.resetView();
    paper()?.setTool("pen");
    paper()?.focus();
    clock.start(setting("seconds", SECONDS));
  }
  /* Lift the pen wherever it is and take an empty sheet. */
  function wipe() {
    document.querySelector("#play .sc-stage")
      ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    paper()?.load(NOTHING, { undoable: false });
  }
  function keep() {
    const round = rounds[now];
    round.drawing = drawn();
    return round;
  }
  /* Guessed in the middle of a stroke: the picture is kept as it was finished. */
  function settle() {
    if (screen === "result" && rounds[now].won) keep();
  }
  function win(seconds) {
    const round = keep(), word = phrase(round.word);
    Object.assign(round, { won: true, seconds, end: "won" });
    over(round.unknown ? `Is it ${word}, perhaps? It is!` : `Oh I know, it’s ${word}!`, REST.won);
  }
  function lose(end) {
    const round = keep(), empty = !lines(round.drawing).length;
    Object.assign(round, { end, seconds: clock.spent });
    const word = phrase(round.word);
    const sorry = round.unknown ? "I cannot tell what it is." : `Sorry, I did not see ${word} in it.`;
    if (end === "skipped") over(`Skipped. It was to be ${word}.`, REST.lost / 2);
    else over(empty ? "Time is up." : `Time is up. ${sorry}`, REST.lost);
  }
  /* The last look may guess at random, and be right. */
  const named = () => rounds[now].guesses[0]?.[0] === rounds[now].word;
  function decide() {
    if (named()) win(clock.spent); else lose("time");
  }
  function over(text, rest) {
    clock.stop();
    clearTimeout(retry);
    show("result");
    desk.dataset.won = String(rounds[now].won);
    says(text);
    voice.say(text, { now: true });
    showSlots(find(".dd-game-slots"), rounds, now);
    find("[data-act=skip]").textContent = "Next";
    resting = setTimeout(next, setting("rest", rest));
  }
  function next() {
    clearTimeout(resting);
    settle();
    if (now + 1 < rounds.length) ask(now + 1);
    else finish();
  }
  function timeUp() {
    const empty = !lines(drawn()).length;
    if (empty) {
      lose("time");
      return;
    }
    see();                                             // what was drawn in time is looked at, if late
    if (!look) {
      decide();
      return;
    }
    show("late");
    says("Time is up. One last look…");
    resting = setTimeout(() => lose("time"), LATE);
  }
  function quit() {
    settle();
    forget();
    if (["draw", "late"].includes(screen)) Object.assign(keep(), { end: "quit", seconds: clock.spent });
    if (rounds.some((round) => round.end)) finish();
    else home();
  }
  function home() {
    show("start");
    find("[data-act=start]").focus({ preventScroll: true });
  }
  /* Nothing under way may reach into the next word. */
  function forget() {
    clock.stop();
    clearTimeout(resting);
    clearTimeout(retry);
    clearTimeout(look?.timer);
    look = null;
    newer = false;
    voice.hush();
  }
  function finish() {
    forget();
    const done = rounds.filter((round) => round.end), { title, tale } = summary(done);
    find(".dd-game-end h2").textContent = title;
    find(".dd-game-sum").textContent = tale;
    find(".dd-game-cards").replaceChildren(...done.map((round) => endCard(round, toDraw)));
    show("end");
    wipe();
    voice.say(title, { now: true });
    find(".dd-game-end h2").focus({ preventScroll: true });
    desk.scrollIntoView({ block: "nearest" });
  }
  function toDraw({ drawing, word }) {
    sendTo("draw", drawing, { word });
  }

  /* ---- the clock's face ---------------------------------------------------------------------- */
  function tick(left, total) {
    const whole = Math.ceil(left), ring = find(".dd-ring");
    ring.querySelector(".left").style.strokeDashoffset = 100 * (1 - left / total);
    if (ring.querySelector("b").textContent !== String(whole)) ring.querySelector("b").textContent = whole;
    ring.dataset.short = String(whole <= 5);
    if ((whole === 10 || whole === 5) && warned !== whole && whole < total) {
      warned = whole;
      announce(`${whole} seconds left`);
    }
    lookWhileDrawing();
  }

  /* ---- looking ------------------------------------------------------------------------------- */
  /* The drawing with the stroke that is under way, in the wire form's text. */
  function drawn() {
    const text = paper()?.serialize() || NOTHING, live = paper()?.live() || [];
    if (live.length < 4 * LIVE_POINTS) return text;
    const drawing = JSON.parse(text);
    delete drawing.widths;
    drawing.strokes.push(live.map((value) => Math.round(value * 100) / 100));
    return JSON.stringify(drawing);
  }
  let lastLook = 0;
  function lookWhileDrawing() {
    if (performance.now() - lastLook > LIVE && paper()?.live().length) see();
  }
  function see() {
    // one at a time; then the newest, not the next
    if (look) {
      newer = true;
      return;
    }
    const text = drawn();
    if (text === seenText || !lines(text).length) return;
    seenText = text;
    newer = false;
    lastLook = performance.now();
    look = { version: ++looks, seconds: clock.spent, timer: setTimeout(() => failed(SEEN_LOST), PATIENCE) };
    props.value = JSON.stringify({ version: looks, drawing: text });
    trigger("guess");
  }
  function hear({ version, guesses, unknown, problem }) {
    if (!look || version !== look.version) return;           // of an earlier word or game
    const { seconds } = look;
    clearTimeout(look.timer);
    if (problem) {
      failed(problem);
      return;
    }
    look = null;
    if (failures) {
      failures = 0;
      clock.resume();
    }
    Object.assign(rounds[now], { guesses, unknown });
    if (named() && !unknown) {
      clearTimeout(resting);
      win(seconds);
      return;
    }
    if (screen === "draw") {
      if (unknown) remarks.doubt(); else remarks.guess(guesses);
    }
    if (newer) see();
    if (screen === "late" && !look) {
      clearTimeout(resting);
      decide();
    }
  }
  /* Once it may be chance: the clock waits and the drawing is looked at again. Twice ends the game. */
  function failed(reason) {
    clearTimeout(look?.timer);
    look = null;
    seenText = "";
    clock.stop();
    failures += 1;
    if (failures > 1) {
      Object.assign(keep(), { end: "failed", seconds: clock.spent });
      tell(`${reason} The game ends here; your drawings are kept.`);
      finish();
      return;
    }
    clearTimeout(resting);
    says("One moment, I am looking again…", false);
    retry = setTimeout(() => {
      show("draw");
      see();
      if (!look) clock.resume();
    }, setting("rest", RETRY));
  }
  function tell(text) {
    const note = find(".dd-note");
    note.textContent = text;
    note.hidden = !text;
  }

  /* ---- guessing aloud ------------------------------------------------------------------------ */
  function says(text, aloud = true) {
    find(".dd-game-says").textContent = text;
    if (text && aloud) announce(text);
  }
  const remarks = createRemarks({
    say(text, isNew) {
      says(text, isNew);
      if (isNew) voice.say(text);
    },
    recall: (text) => { find(".dd-game-heard").textContent = text; },
  });

  /* ---- what the visitor does ----------------------------------------------------------------- */
  const acts = {
    start, draw, quit, voice: voice.toggle,
    skip: () => (screen === "result" ? next() : lose("skipped")),
    svg: () => saveAll("svg"), png: () => saveAll("png"),
  };
  function saveAll(kind) {
    const done = rounds.filter((round) => round.end);
    saveSheet(kind, find(".dd-game-end h2").textContent,
      done.map((round) => ({ ...round, verdict: verdict(round) })));
  }
  game.addEventListener("click", ({ target }) => acts[target.closest("button")?.dataset.act]?.());
  onCanvas("play", "drawing", ({ why }) => { if (screen === "draw" && why !== "load") see(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) voice.hush(); });
  onMessage(context, (answer) => { if (!("drawing" in answer)) hear(answer); });
  show("start");
}
