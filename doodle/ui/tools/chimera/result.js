/* The pictures made of the edges: one large, to slide against what came in, the variants below it. */
import { closesItself, download, find, findAll, make } from "../../shared/dom.js";
import { onMessage } from "../../shared/messages.js";
import { createRun } from "../../shared/run.js";
import { endDemo } from "./demo.js";
import { newestRequest, renderAsked, rendered } from "./news.js";

const FIRST = 0;                     // percent of the input on show: at first all is result
const ENDS = 4;                      // percent, from which on only one of both is seen
const PATIENCE = 250;                // ms before waiting shows
const STEPS = {
  ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100,
};
const OFF = "Only for the newest result: render again for this one";

/** @param {import("../../shell/mount.js").Context} context */
export function mount(context) {
  const { element, props, trigger } = context;
  const card = find(".dd-made", element), field = find(".dd-compare", card), more = find("details", card);
  const [after, before, handle, note, row, saying] = [
    ".dd-compare-after", ".dd-compare-before", "[role=slider]", ".dd-note", ".dd-variants", ".dd-made-say",
  ].map((name) => find(name, card));
  const run = createRun({
    name: "chimera", patience: PATIENCE, note, busy: field, go: "chimera_go", stop: "chimera_stop",
    onPhase: (phase) => { card.dataset.busy = String(phase === "waits"); },
  });

  let shown = null;           // { pictures, source, edges, title, seed, size }
  let newest = "";            // first picture of the newest result, the only one that the server still knows
  let at = 0;                 // the chosen variant
  let share = FIRST;          // percent of the width that shows the input
  let against = "source";     // or edges

  /* ---- the slider ---------------------------------------------------------------------------- */
  function slide(percent) {
    share = Math.min(Math.max(percent, 0), 100);
    field.style.setProperty("--share", `${share}%`);
    if (share < ENDS) field.dataset.end = "result";
    else if (share > 100 - ENDS) field.dataset.end = "input";
    else delete field.dataset.end;
    handle.setAttribute("aria-valuenow", String(Math.round(share)));
    const what = against === "edges" ? "edges" : "input";
    handle.setAttribute("aria-valuetext", `${Math.round(share)} percent ${what}`);
  }
  function follow({ clientX }) {
    const { left, width } = field.getBoundingClientRect();
    slide((100 * (clientX - left)) / width);
  }
  field.addEventListener("pointerdown", (event) => {
    if (!shown || event.button || event.target === note) return;
    event.preventDefault();
    handle.focus({ preventScroll: true, focusVisible: false });
    field.setPointerCapture(event.pointerId);
    field.dataset.held = "true";
    follow(event);
  });
  field.addEventListener("pointermove", (event) => { if (field.dataset.held) follow(event); });
  for (const name of ["pointerup", "pointercancel"]) {
    field.addEventListener(name, () => { delete field.dataset.held; });
  }
  handle.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    slide(share + STEPS[event.key] * (event.shiftKey ? 5 : 1));
  });
  function compare(what) {
    against = shown[what] ? what : "source";
    before.hidden = !shown[against];
    if (shown[against]) before.src = shown[against];
    card.dataset.against = against;
    for (const button of findAll("[data-with]", card)) {
      button.setAttribute("aria-pressed", String(button.dataset.with === against));
      button.disabled = !shown[button.dataset.with];
    }
    slide(share);
  }

  /* ---- a result ------------------------------------------------------------------------------ */
  function show(result) {
    const first = !shown;
    endDemo();
    shown = result;
    card.dataset.empty = "false";
    row.hidden = shown.pictures.length < 2;
    row.style.setProperty("--columns", Math.min(Math.max(shown.pictures.length, 4), 6));
    row.replaceChildren(...shown.pictures.map((url, i) => {
      const button = make("button", { type: "button" }, make("img", { src: url, alt: "", draggable: false }));
      button.setAttribute("aria-label", `Variant ${i + 1} of ${shown.pictures.length}`);
      button.title = hand(i);
      return make("li", {}, button);
    }));
    const old = shown.pictures[0] !== newest;
    for (const button of findAll("[data-act]", card)) {
      button.dataset.title ||= button.title;
      button.disabled = old && button.dataset.act !== "png";
      button.title = button.disabled ? OFF : button.dataset.title;
    }
    choose(0);
    compare(against);
    if (first) unveil();
  }
  const hand = (i) => (i ? "your lines as a wavering hand would draw them again" : "your lines as they are");
  function unveil() {          // once: the input first, then the bar draws back from it
    slide(100);
    after.decode().catch(() => {}).then(() => {
      field.dataset.unveils = "true";
      slide(FIRST);
      setTimeout(() => { delete field.dataset.unveils; }, 700);
    });
  }
  function choose(next) {
    at = next;
    after.src = shown.pictures[at];
    for (const [i, button] of findAll("button", row).entries()) {
      button.setAttribute("aria-pressed", String(i === at));
    }
    const many = shown.pictures.length, which = many > 1 ? `${hand(at)}, variant ${at + 1} of ${many}` : "";
    const name = make("b", { textContent: shown.title || "an animal" });
    after.alt = `Result: ${name.textContent}`;
    const seed = shown.seed == null ? "" : `seed ${shown.seed}`, size = shown.size ? `${shown.size} px` : "";
    const facts = [which, seed, size];
    saying.replaceChildren(name, facts.filter(Boolean).join(", "));
  }
  row.addEventListener("click", ({ target }) => {
    const i = findAll("button", row).indexOf(target.closest("button"));
    if (i >= 0) choose(i);
  });
  row.addEventListener("keydown", (event) => {
    const all = findAll("button", row), wide = Number(row.style.getPropertyValue("--columns"));
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide, Home: -all.length, End: all.length,
    };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const from = all.indexOf(document.activeElement);
    const to = Math.min(Math.max(from + steps[event.key], 0), all.length - 1);
    all[to].focus();
    choose(to);
  });

  /* ---- waiting and answers ------------------------------------------------------------------- */
  /* Whether nobody pressed Render, and the sentence stands above the paper or with the edges already. */
  function isSaid(sentence) {
    const others = findAll(":is(#chimera, #chimera_edges) .dd-note:not([hidden])");
    return newestRequest()?.live && others.some((one) => one.textContent === sentence);
  }
  const read = onMessage(context, (answer) => {
    if (answer.waiting) {
      run.progress(answer.waiting);
      return;
    }
    if (!answer.error && !answer.pictures) return;     // a message of ours on its way out
    run.end(isSaid(answer.error) ? "" : answer.error);
    if (answer.error) return;
    const { run: _, ...result } = answer;
    newest = result.pictures[0];
    show(result);
    rendered.send(result);
  });
  renderAsked.listen((request) => {
    if (request) run.ask({ quiet: request.live });
    else run.show("idle");
  });

  /* ---- ways onward --------------------------------------------------------------------------- */
  function saveShown() {
    const slug = (shown.title || "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
    const name = [slug || "chimera", shown.seed ?? 0, at + 1].join("-");
    download(`${name}.png`, shown.pictures[at]);
  }
  function ask(what, variant, tellPython) {
    props.value = JSON.stringify({ ask: what, variant });
    tellPython();
  }
  const acts = {
    png: saveShown,
    full: () => ask("full", at, () => trigger("full")),
    outline: () => ask("outline", at, () => trigger("outline")),
    edges: () => ask("outline", -1, () => trigger("outline")),
  };
  card.addEventListener("click", ({ target }) => {
    const { act, with: what } = target.closest("button")?.dataset || {};
    if (what) compare(what);
    if (!act) return;
    more.open = false;
    acts[act]();
  });
  closesItself(more);
  saying.textContent = `Four variants come here, ${props.size} x ${props.size} pixels each: your lines as`
    + " they are, then as three wavering hands would draw them.";
  slide(FIRST);
  read();

  return {
    /* A result of this visit. */
    restore(entry) {
      run.say("");
      show(entry);
    },
  };
}
