/* The newest run of a tool as the page shows it: idle, asked, then waits until there is an answer. */

/**
 * @typedef {object} RunParts
 * @property {HTMLElement} note takes sentences for the visitor
 * @property {Element} busy carries aria-busy while an answer is awaited
 * @property {string} [name] the phase stands as body[data-<name>], by which style sheets show Stop
 * @property {number} [patience] ms for which nothing shows: a quick answer needs no Stop
 * @property {string} [go] elem_id of the button that asks
 * @property {string} [stop] elem_id of the button that shows in its place
 * @property {(phase: string) => void} [onPhase]
 */

/**
 * @param {RunParts} parts
 */
export function createRun({ note, busy, name, patience = 0, go = "", stop = "", onPhase }) {
  let phase = "idle", timer = 0, newest = 0, quiet = false;

  /** A tool may have further phases: in all but idle and asked, Stop shows. @param {string} next */
  function show(next) {
    clearTimeout(timer);
    const stops = next !== "idle" && next !== "asked" && !quiet;
    const [away, here] = (stops ? [go, stop] : [stop, go]).map((id) => document.getElementById(id));
    const moves = away !== null && document.activeElement === away;
    phase = next;
    if (name) document.body.dataset[name] = next === "waits" && quiet ? "quiet" : next;
    busy.setAttribute("aria-busy", String(next !== "idle"));
    if (moves) here?.focus({ preventScroll: true });   // the focused button is about to hide
    onPhase?.(next);
  }

  /** @param {string} [sentence] none hides the note */
  function say(sentence) {
    note.textContent = sentence || "";
    note.hidden = !sentence;
  }

  return {
    show, say,
    get phase() { return phase; },
    get busy() { return phase !== "idle"; },

    /**
     * A request is on its way; the number it got tells an older one's answer from its own.
     * @param {{ quiet?: boolean }} how quiet: nobody pressed a button, so Stop does not show
     */
    ask(how = {}) {
      quiet = how.quiet ?? false;
      say("");
      newest += 1;
      if (!patience) show("waits");
      else {
        if (phase === "idle") show("asked");
        clearTimeout(timer);
        timer = window.setTimeout(() => show("waits"), patience);
      }
      return newest;
    },
    isNewest: (/** @type {number} */ request) => request === newest,

    /** Says how far it is, unless it was stopped meanwhile. @param {string} sentence */
    progress(sentence) { if (phase !== "idle") say(sentence); },

    /** The answer is here, or the run was stopped. */
    end(error = "") {
      say(error);
      show("idle");
    },
  };
}
