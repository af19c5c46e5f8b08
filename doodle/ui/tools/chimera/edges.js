/* What the network sees: its edge map, the parts of each animal, and an editor for the map itself. */
import { find, findAll } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { expose } from "../../shell/mount.js";
import { createEdgeMap } from "./edgemap.js";
import { colours, fitted, over, pixels, sheet } from "./edgepictures.js";
import { createEditor } from "./editor.js";
import { edgesEdited, gapFound } from "./news.js";

const KINDS = {
  photograph: "taken for a photograph", drawing: "taken for a drawing", edges: "taken as edges already",
};
const NIGHT = "#17161b";                             // behind the lines
const MARGIN = 0.05;                                 // of the map, kept around its lines in the card
const PATIENCE = 200;                                // ms before an edit is sent
const between = (value, least, most) => Math.min(Math.max(value, least), most);

expose("chimera.edited", (text) => edgesEdited.send(JSON.parse(text).edited || ""));

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const card = find(".dd-sees", element), dialog = find("dialog", card);
  const [screen, note, saying] = [".dd-sees-map canvas", ".dd-note", ".dd-sees-say span"]
    .map((selector) => find(selector, card));
  const map = createEdgeMap();
  const editor = createEditor({
    dialog, map, allow, onChange: changed, picture: whole,
  });
  let tint = null;            // the animals' colours as a canvas, null where no animal was named
  let tinted = true;
  let newest = 0, sending = 0;

  function whole() {
    return over(map, NIGHT, tinted ? tint : null);
  }

  /* ---- the card: the map without the empty bands above and below ----------------------------- */
  function preview() {
    if (!fitted(screen)) return;
    const paper = screen.getContext("2d"), shape = screen.height / screen.width, { size } = map;
    paper.clearRect(0, 0, screen.width, screen.height);
    if (!map.levels) return;
    const [top, bottom] = map.rows();
    const high = between(bottom - top + 2 * MARGIN * size, Math.min(size, size * shape), size);
    const wide = high / shape, scale = screen.width / wide, sharp = sheet(size * Math.ceil(scale));
    const finer = sharp.getContext("2d");            // whole multiples first: all pixels look alike
    finer.imageSmoothingEnabled = false;
    finer.drawImage(whole(), 0, 0, sharp.width, sharp.width);
    const y = between((top + bottom - high) / 2, 0, size - high);
    paper.drawImage(sharp, scale * (wide - size) / 2, -scale * y, scale * size, scale * size);
  }
  /* A button that cannot be used any more hands the focus on: keys go on working. */
  function allow(button, can) {
    if (!can && button === document.activeElement) editor.focus();
    button.disabled = !can;
  }
  function refresh() {
    const edited = map.isEdited, { size } = map;
    card.dataset.empty = String(!map.levels);
    card.dataset.edited = String(edited);
    const named = `Edge map, ${size} by ${size} pixels${edited ? ", edited" : ""}`;
    screen.setAttribute("aria-label", map.levels ? named : "No edges yet");
    for (const button of findAll("[data-act=edit]", card)) button.disabled = !map.levels;
    for (const button of findAll("[data-act=tint]", card)) {
      button.hidden = !tint;
      button.setAttribute("aria-pressed", String(tinted));
    }
    allow(find(".dd-editor [data-act=reset]", card), edited);
    allow(find("[data-act=undo]", card), map.canUndo);
    allow(find("[data-act=redo]", card), map.canRedo);
    preview();
    editor.paint();
  }
  function tell(sentence) {
    note.textContent = sentence || "";
    note.hidden = !sentence;
  }

  /* ---- messages ------------------------------------------------------------------------------ */
  async function receive(message) {
    const turn = (newest += 1);
    const load = (url) => (url ? pixels(url, message.size) : null);
    let images;
    try { images = await Promise.all([load(message.edges), load(message.species)]); } catch {
      if (turn === newest) tell("The edges did not arrive whole; change something to try again.");
      return;
    }
    if (turn !== newest) return;                     // a newer one is already here
    tell(message.problem);
    gapFound.send(message.gap ?? null);
    const mine = (map.isEdited || map.isDrawing) && message.size === map.size && !message.new_source;
    if (!mine) replace(images[0], message.size);
    const kind = KINDS[message.kind] || message.kind;
    if (!message.problem) saying.textContent = map.levels ? `${kind}, ${map.size} px` : "";
    tint = images[1] && colours(images[1]);
    refresh();
  }
  function replace(image, side) {
    map.replace(image && Uint8Array.from({ length: side * side }, (_, i) => image.data[4 * i]), side);
    if (!map.levels) dialog.close();
  }
  const read = onMessage(context, (message) => {
    if ("request" in message) receive(message);          // not one of ours on its way out
  });
  function send() {
    clearTimeout(sending);
    sending = 0;
    const edited = map.isEdited ? over(map, "#000").toDataURL("image/png") : "";
    props.value = JSON.stringify({ edited });
    trigger("edited");
  }
  function changed() {
    refresh();
    clearTimeout(sending);
    sending = window.setTimeout(send, PATIENCE);
  }

  /* ---- buttons ------------------------------------------------------------------------------- */
  function open() {
    if (map.levels) editor.open();
  }
  const acts = {
    ...editor.acts,
    edit: open,
    fold() {
      const folds = card.dataset.folded !== "true";
      card.dataset.folded = String(folds);
      find("[data-act=fold]", card).setAttribute("aria-expanded", String(!folds));
    },
    tint() {
      tinted = !tinted;
      refresh();
    },
    reset() {
      if (!map.isEdited) return;
      map.reset();
      editor.say("Its own edges again");
      changed();
      if (!dialog.open) find("header [data-act=edit]", card).focus({ preventScroll: true });
    },
  };
  card.addEventListener("click", ({ target }) => {
    const act = target.closest("button")?.dataset.act;
    if (act) acts[act]();
    else if (target === screen) open();
    else if (target === dialog) dialog.close();      // beside it
  });
  dialog.addEventListener("close", () => {
    editor.rest();
    if (sending) send();
  });
  new ResizeObserver(preview).observe(screen);
  read();
}
