/* Between the canvas and Gradio.  The text of the drawing is the component's value; it is set at
 * once, and the event that tells Python follows a little later, so a burst of strokes is one event
 * and always carries the newest drawing. */
import { createStrokeCanvas } from "./core.js";
import { showOffer } from "./offer.js";
import { createShelf } from "./shelf.js";
import { find } from "../shared/dom.js";

/**
 * @param {import("../shell/mount.js").Context} context
 * @returns the canvas's handle, also kept as `strokeCanvas` of its root
 */
export function mount({ element, props, trigger, watch }) {
  const root = find(".sc-root", element);
  const shelf = props.autosave ? createShelf(props.autosave, {
    formerly: props.formerly,
    lifetime: new AbortController().signal,
    onFull: () => canvas.status("The browser has no room left: this drawing is not kept on reload."),
  }) : null;
  const offer = find(".sc-offer", root);
  let known = null, news = null, adoptions = [], timer = 0, quiet = false, opening = true;

  /* All at once: an answer to one event ends Gradio's stream, and an event sent just then is lost. */
  function tell() {
    const { strokeEnded, ...detail } = news, adopted = adoptions;
    news = null;
    adoptions = [];
    trigger("input", detail);
    if (strokeEnded) trigger("stroke_end", detail);
    for (const one of adopted) trigger("adopted", one);
  }

  const canvas = createStrokeCanvas(root, {
    hint: props.hint, gif: props.gif, rail: props.rail, palette: JSON.parse(props.palette || "{}"),
  }, {
    change(why, text, counts) {
      known = text;
      offer.hidden = true;
      keep();
      if (quiet) return;
      props.value = text;
      news = { why, ...counts, strokeEnded: why === "stroke" || Boolean(news?.strokeEnded) };
      clearTimeout(timer);
      timer = setTimeout(tell, props.debounce);
    },
    adopted: ({ run, id, stroke }) => adoptions.push({ run, candidate: id, stroke }),
    imported: (file) => trigger("import", file),
    exported: (kind) => trigger("export", { kind }),
    keep,
  });

  function keep() {
    if (!opening) shelf?.write(canvas.pack);
  }

  /* What Python set is shown without telling Python again. */
  function receive(text, undoable) {
    quiet = true;
    const read = canvas.load(text, { undoable });
    quiet = false;
    if (read) known = text;
    return read;
  }

  if (props.value) receive(props.value, false);
  else bringBack();
  opening = false;
  if (canvas.stats().strokes) keep();                // under this tab's own name

  /* Gradio reloads the page by itself after a lost connection: the drawing must survive that. */
  function bringBack() {
    const kept = shelf?.read();
    quiet = true;
    if (kept && canvas.unpack(kept)) props.value = known = canvas.serialize();
    quiet = false;
    if (!shelf || !props.rail || canvas.stats().strokes) return;   // no room on a small paper
    showOffer(offer, shelf.others(), (drawing) => {
      canvas.load(drawing, { undoable: true });
      canvas.focus({ byPointer: true });
    });
  }
  watch("value", () => { if (props.value !== known) receive(props.value, true); });
  root.strokeCanvas = canvas;
  return canvas;
}
