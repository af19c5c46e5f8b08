/* Chimera's sentence: gathers all that is on the page into one message, for edges and for pictures. */
import { canvas, onCanvas } from "../../shared/canvases.js";
import { find, make, scrollTo } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { whenMounted } from "../../shell/mount.js";
import { notes } from "../../shell/news.js";
import { sendTo } from "../../shell/tools.js";
import { createAnimals } from "./animals.js";
import { createBackdrop } from "./backdrop.js";
import { marksOf } from "./marks.js";
import { edgesEdited, gapFound, newestRequest, optionsChanged, renderAsked, rendered } from "./news.js";

const VARIANTS = 4, PATIENCE = 40, LIVE_PATIENCE = 120;   // ms after a change
const OPEN = "The outline is open at the ring. Close it there, and the fur ends where your line does.";
const UNSEEN = 0.7;         // of the window: a result that begins below is not seen
const QUICK = 700;          // ms that an answer may take for all variants to follow every stroke

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const part = find(".dd-chimera", element), note = find(".dd-note", part);
  const pad = () => canvas("chimera_pad"), control = (name) => find(`#chimera_${name}`);
  const palette = JSON.parse(props.palette);
  let options = {}, edited = "", newSource = false, marked = false;
  let timer = 0, liveTimer = 0;
  let asked = 0, many = VARIANTS;
  let pace = null;           // ms that a picture took at best

  const animals = createAnimals({
    part, palette, pad,
    // without marks it is the animal of the whole picture
    onChange: () => { if (pad()?.pictureBox()) changed(); },
  });
  const backdrop = createBackdrop({
    part, pad, onChange: () => changed(true), onRemove: () => lay(null),
  });

  function tell(sentence) {
    note.textContent = sentence || "";
    note.hidden = !sentence;
    note.dataset.about = "";
  }
  gapFound.listen((place) => {
    pad()?.point(place);
    if (place && note.hidden) {
      tell(OPEN);
      note.dataset.about = "gap";
    } else if (!place && note.dataset.about === "gap") tell(props.problem);
  });

  /* ---- what is asked ------------------------------------------------------------------------- */
  function message(more) {
    const drawing = JSON.parse(pad().serialize()), box = pad().pictureBox();
    const points = box ? marksOf(drawing, box) : [], seed = control("seed").value.trim();
    return {
      request: Date.now(), picture: Boolean(box), drawing: box ? null : drawing, points, options, edited,
      species: box && !points.length && animals.now ? animals.now : "unknown",
      background: control("background").value, seed: /^\d+$/.test(seed) ? Number(seed) : seed, ...more,
    };
  }
  function send(tellPython, more = {}) {
    if (!pad()) return;
    props.value = JSON.stringify(message(more));
    tellPython();
  }
  const something = () => pad()?.stats().strokes || pad()?.pictureBox();

  /* The edges follow every change, and with "live" so do the pictures. */
  function changed(isNewSource = false) {
    if (isNewSource) edited = "";
    newSource ||= isNewSource;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      send(() => trigger("edges"), { new_source: newSource });
      newSource = false;
    }, PATIENCE);
    clearTimeout(liveTimer);
    const follows = control("live").checked && something() && !props.problem;
    if (follows) liveTimer = window.setTimeout(() => render(true), LIVE_PATIENCE);
  }
  function render(live = false) {
    clearTimeout(liveTimer);
    tell(props.problem);
    renderAsked.send({ drawing: pad()?.serialize(), live, picture: Boolean(pad()?.pictureBox()) });
    asked = performance.now();
    many = live && pace * VARIANTS > QUICK ? 1 : VARIANTS;
    if (live) send(() => trigger("live"), { n: many });
    else send(() => trigger("render_pictures"), { n: many });
  }
  rendered.listen(() => {
    pace = Math.min(pace ?? Infinity, (performance.now() - asked) / many);
  });

  control("go").addEventListener("click", () => render());
  control("stop").addEventListener("click", () => {
    trigger("stop");
    renderAsked.send(null);
  });
  control("reroll").addEventListener("click", () => {
    control("seed").value = Math.floor(Math.random() * 10000);
    render();
  });
  control("seed").addEventListener("keydown", ({ key }) => {
    if (key === "Enter") render(); else setTimeout(changed);
  });
  control("background").addEventListener("change", () => changed());
  control("live").addEventListener("change", () => changed());
  optionsChanged.listen((next) => {
    options = next;
    changed();
  });
  edgesEdited.listen((url) => {
    edited = url;
    changed();
  });
  onCanvas("chimera_pad", "drawing", ({ why }) => {
    animals.refresh();
    tell(props.problem);
    if (edited && why === "stroke") pad().status("The edges are edited: this stroke is not in them.");
    changed(why === "load" || why === "clear");
  });
  onCanvas("chimera_pad", "status", () => tell(props.problem));   // it is said on the paper
  notes.listen((sentence) => { if (sentence && part.offsetParent) tell(sentence); });

  /* ---- what comes ---------------------------------------------------------------------------- */
  onMessage(context, (answer) => {
    if (!("sent_at" in answer)) return;              // a message of ours on its way out
    const { picture, w, h, drawing, outline, error } = answer;
    tell(error || props.problem);
    if (drawing) lay(drawing);
    if (picture) {
      if (pad().stats().strokes && !marked) pad().load(null, { undoable: true });
      marked = false;
      backdrop.show(picture, w, h);
      pad().status("Choose an animal and mark where it is; the nearest mark decides.");
    }
    if (outline) sendTo("draw", outline);
  });

  /* Where the result lies far below the paper, a small one in its corner leads there. */
  const shown = make("img", { alt: "" });
  const peek = make("button", { type: "button", className: "dd-peek", hidden: true }, shown);
  peek.setAttribute("aria-label", "Go to the result");
  peek.addEventListener("click", () => scrollTo(control("result"), "center"));
  rendered.listen(({ pictures }) => {
    shown.src = pictures[0];
    peek.hidden = false;
    const { top } = control("result").getBoundingClientRect();
    // who presses Render wants to see it
    if (!newestRequest()?.live && top > UNSEEN * innerHeight) peek.click();
  });

  /* A drawing in place of what is there, which Undo brings back. */
  function lay(text) {
    if (pad().pictureBox() && text) backdrop.show(null);
    pad().load(text, { undoable: true });
  }

  whenMounted("#chimera_pad").then(() => {
    find(".sc-frame", control("pad")).append(backdrop.removal, peek);
    tell(props.problem);
    animals.refresh();
    marked = backdrop.bringBack();                   // the marks on it are kept by the canvas
    if (!marked && pad().stats().strokes) changed(true);
  });

  return {
    /** A drawing, wire text; all of it is the animal that its word names, if any. */
    lay(text, { renders = false, seed = undefined, word = "" } = {}) {
      const named = word.toLowerCase().split(/[^a-z]+/);
      const animal = animals.names.find((name) => named.includes(name)), drawing = JSON.parse(text);
      if (animal) drawing.tags = drawing.strokes.map(() => animal);
      lay(JSON.stringify(drawing));
      if (seed !== undefined) control("seed").value = seed;
      scrollTo(control("pad"));
      if (renders) render();
    },
  };
}
