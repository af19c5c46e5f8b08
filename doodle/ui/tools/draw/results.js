/* The results card: the endings of the newest run, drawn from the canvas' own events. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { closesItself, field, find, findAll, onEnter, onPress } from "../../shared/dom.js";
import { picture } from "../../shared/pictures.js";
import { createRun } from "../../shared/run.js";
import { composed, frame, lines, path, thinned } from "../../shared/strokes.js";
import { counted, phrase, score } from "../../shared/wording.js";
import { save } from "../../shell/mailbox.js";
import { expose, mounted, whenMounted } from "../../shell/mount.js";
import { notes } from "../../shell/news.js";
import { sendTo } from "../../shell/tools.js";
import { showHow } from "./demo.js";
import { logOf } from "./log.js";
import { sheetTitle } from "./sheet.js";
import { nameControls } from "./titles.js";
import { keepRun } from "./tool.js";
import { settings, word } from "./word.js";

const NAMES = { complete: "ending", draw: "drawing", again: "version" };
const SOURCES = {
  traced: "Traced from a picture that the doodle generator made: its strokes are in no hand's order",
  drawn: "",
};
/* Why the first need not be the one of the highest score. */
const ORDER = {
  complete: "The first need not have the highest: the order also goes by how likely a person would"
    + " draw it so.",
  draw: "", again: "",
};
/* Pressing a button asks at once, before the server has heard of it. */
const MODES = { go: "complete", reroll: "complete", draw_me: "draw", again: "again" };

expose("draw.answered", () => mounted("tools/draw/results")?.answered());
expose("draw.stopped", () => mounted("tools/draw/results")?.stopped());

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element, props }) {
  const card = find(".dd-results", element), grid = find(".dd-grid", card);
  const title = find("h2", card), which = find(".dd-which", card), menus = findAll("details", card);
  const pad = () => canvas("pad");

  let shown = null;       // the run on show: { run, mode, word, n, base, list, selected, live }
  let asked = null;       // the newest request, until its run begins: { mode, word, n }
  let toBegin = 0;        // runs to begin up to that one
  let waiting = 0;        // requests whose answer Gradio has not finished
  let newest = 0;         // run that the canvas knows of

  /* ---- Complete turns into Stop from the request until the last ink has flowed --------------- */
  const state = createRun({
    name: "draw", note: find(".dd-note", card), busy: grid, go: "go", stop: "stop", onPhase: refresh,
  });
  const asks = () => state.phase === "waits";         // and its endings have not begun

  function ask(mode) {
    asked = { mode, word: word(), n: Number(field("count")?.value) || 9 };
    waiting += 1;
    toBegin += 1;
    state.ask();
  }

  /* What is shown on the paper is part of what is asked for: a drawing that was made on the empty paper,
   * and of what is drawn anew its ending too. As with Keep, Undo takes it back. */
  function takeIn(id) {
    const whole = id === "again" && shown?.mode !== "again";
    if (shown?.live && (whole || (id === "go" && !pad().stats().strokes))) pad().adopt();
  }

  /* ---- what the canvas tells ----------------------------------------------------------------- */
  function follow(detail) {
    if (detail.state === "empty") {
      if (shown && detail.nothing && shown.run === detail.run) shown = null;
      if (shown) shown.live = false;
      if (state.phase === "inking") state.show(asked ? "waits" : "idle"); else refresh();
      return;
    }
    if (!shown || shown.run !== detail.run) {
      const request = { mode: "complete", word: "", n: 9, ...asked };
      shown = {
        run: detail.run, base: pad().serialize(), mode: detail.mode || request.mode,
        word: detail.word ?? request.word, n: request.n,
        entry: "", kept: new Set(),                  // its entry of this visit, and the ids that it holds
      };
      if (detail.restored) for (const { id } of pad().ghosts()) shown.kept.add(id);
      toBegin = Math.max(0, toBegin - 1);
      if (!toBegin) asked = null;
    }
    Object.assign(shown, { list: pad().ghosts(), selected: detail.selected, live: true });
    const inking = detail.state === "inking" || shown.list.some((ghost) => ghost.shown < 1);
    if (!inking && shown.list.some(({ id }) => !shown.kept.has(id))) {
      for (const { id } of shown.list) shown.kept.add(id);
      shown.entry = keepRun(snapshot(), shown.entry);
    }
    if (asked) return;                    // a newer request is on its way, its cells are waiting
    const now = inking ? "inking" : "idle";
    if (state.phase === now) refresh(); else state.show(now);
  }
  function snapshot() {
    const { mode, word: name, n, base } = shown;
    const list = shown.list.map(({ id, strokes, score: value, traced }) => {
      return { id, strokes, score: value, traced };
    });
    return { mode, word: name, n, base, list };
  }

  /* ---- drawing the card ---------------------------------------------------------------------- */
  function refresh() {
    const pending = asks();
    const list = pending || !shown ? [] : shown.list;
    const n = pending ? asked?.n ?? 9 : Math.max(list.length, state.busy ? shown?.n ?? 0 : 0);
    const { mode = "complete", word: name } = (pending ? asked : shown) || {};
    title.textContent = n ? counted(n, NAMES[mode]) : "Endings";
    if (n && name && mode === "draw") title.textContent += ` of ${phrase(name)}`;
    if (n && name && mode === "complete") title.textContent += `: ${name}`;
    sheetTitle.send(title.textContent);
    card.dataset.empty = String(!n);
    card.dataset.live = String(pending || Boolean(shown?.live));
    grid.style.setProperty("--columns", Math.ceil(Math.sqrt(Math.max(n, 1))));
    grid.classList.toggle("dd-dense", n > 9);
    const drawn = shown?.mode !== "complete" ? [] : (shown.drawn ||= thinned(lines(shown.base)));
    for (let i = grid.children.length; i < n; i++) grid.append(cell());
    while (grid.children.length > n) grid.lastElementChild.remove();
    [...grid.children].forEach((item, i) => fill(item, list[i], drawn, i, n));
    keepRow(list);
  }
  function cell() {
    const item = document.createElement("li");
    item.innerHTML = '<button type="button"><span class="dd-pic"></span><em></em><i></i></button>';
    return item;
  }
  function fill(item, ghost, drawn, i, n) {
    const button = item.firstElementChild, [pic, source, mark] = button.children;
    button.disabled = !ghost;
    button.dataset.id = ghost ? ghost.id : "";
    item.classList.toggle("dd-waits", !ghost);
    if (!ghost) {
      pic.replaceChildren();
      pic.dataset.of = source.textContent = mark.textContent = "";
      return;
    }
    if (pic.dataset.of !== `${shown.run} ${ghost.id}`) {
      pic.dataset.of = `${shown.run} ${ghost.id}`;
      pic.replaceChildren(picture(drawn));
    }
    pic.firstElementChild.setAttribute("viewBox", frame([...drawn, ...ghost.strokes]));
    pic.querySelector(".added").setAttribute("d", path(inked(ghost)));
    source.textContent = ghost.traced ? "traced" : "";
    source.title = SOURCES[ghost.traced ? "traced" : "drawn"];
    mark.textContent = score(ghost.score);
    mark.title = ghost.score == null ? ""
      : `How sure the guess is that the whole drawing is ${phrase(shown.word)}, of 1. ${ORDER[shown.mode]}`;
    const chosen = Boolean(shown.live) && shown.selected === ghost.id;
    button.setAttribute("aria-pressed", String(chosen));
    const likeness = ghost.score == null ? "" : `, ${Math.round(ghost.score * 100)} percent ${shown.word}`;
    button.setAttribute("aria-label", `${i + 1} of ${n}${likeness}${ghost.traced ? ", traced" : ""}`);
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
    const at = shown?.live && !state.busy ? list.findIndex((ghost) => ghost.id === shown.selected) : -1;
    const stale = shown && !shown.live && list.length;
    which.textContent = at >= 0 ? `${at + 1} of ${list.length} is on the paper`
      : stale ? "click to bring one back" : "";
    for (const button of findAll("[data-act]", card)) button.disabled = at < 0;
  }

  /* Whoever points at a button goes on on the paper, where all keys work. */
  function toPaper({ detail }, always = false) {
    if (detail > 0 || always) pad()?.focus({ byPointer: detail > 0 });
  }

  /* ---- what the visitor does ----------------------------------------------------------------- */
  grid.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.disabled || !shown) return;
    const id = Number(button.dataset.id);
    if (!shown.live) restore(snapshot(), id);
    else if (shown.selected === id && !state.busy) pad().adopt(id, null);
    else pad().select(id);
    toPaper(event);
  });
  find(".dd-keep", card).addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (!act || !shown?.live) return;
    const ghost = shown.list.find((one) => one.id === shown.selected);
    if (!ghost) return;
    const next = ghost.strokes.findIndex((_, at) => !ghost.taken?.includes(at));
    pad().adopt(ghost.id, act === "stroke" && next >= 0 ? next : null);
    toPaper(event, act === "keep");
  });
  find(".dd-links", card).addEventListener("click", (event) => {
    const button = event.target.closest("[data-save], [data-to]");
    if (!button) return;
    for (const menu of menus) menu.open = false;
    const ghost = shown?.live && (shown.list.find((one) => one.id === shown.selected) || shown.list[0]);
    const text = pad().serialize();
    const drawing = ghost ? composed(text, ghost.strokes, shown.mode) : text;
    if (button.dataset.to) {
      sendTo(button.dataset.to, drawing, { word: word() });
      return;
    }
    save({
      format: button.dataset.save, name: word() || "doodle",
      drawing: JSON.parse(drawing), settings: settings(),
    });
  });
  onCanvas("pad", "saving", (detail) => Object.assign(detail.settings, settings()));
  menus.forEach(closesItself);

  /* ---- bringing a run back: its drawing, its endings as a log of their own ------------------- */
  function restore(run, id) {
    pad().load(run.base, { undoable: true });
    shown = null;
    asked = { mode: run.mode, word: run.word, n: run.list.length };
    pad().feed(logOf(run, newest));
    if (id != null) pad().select(id);
  }

  onCanvas("pad", "ghosts", (detail) => {
    if (detail.run) newest = Math.max(newest, Number(detail.run));
    follow(detail);
  });
  onPress("button", ({ id }, event) => {
    if (!MODES[id]) return;
    takeIn(id);
    ask(MODES[id]);
    setTimeout(() => toPaper(event));                // after Complete has become Stop
  });
  notes.listen(state.say);
  onCanvas("pad", "drawing", ({ why }) => { if (why !== "load") state.say(""); });
  onEnter("word", () => document.getElementById("go")?.click());
  state.show("idle");
  whenMounted("#pad").then((paper) => {              // with endings that were kept
    if (paper.ghosts().length) paper.tellGhosts(true);
  });
  nameControls();
  if (props.sample) {
    const sample = JSON.parse(props.sample);
    find(".dd-sample", card).replaceChildren(picture(sample.drawn, sample.added));
    whenMounted("#pad").then(() => showHow(sample));
  }

  return {
    ask, restore,
    /* Gradio has finished the answer to one request. */
    answered() {
      waiting = Math.max(0, waiting - 1);
      if (waiting) return;
      asked = null;
      toBegin = 0;
      if (asks()) state.show("idle");
    },
    stopped() {
      asked = null;
      toBegin = 0;
      pad()?.halt();
      state.show("idle");
    },
  };
}
