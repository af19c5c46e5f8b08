/* Everything around the paper: tool rail, popovers, chip, corner, hint, note and live region. */
import { inkPaths } from "./geometry.js";
import { ARROWS } from "./keys.js";
import { strokeInk } from "./paint.js";

const NOTE_TIME = 4000;                              // ms a note stays when nothing replaces it

export function createPanel(root, { pen, ghosts, act, options, lifetime }) {
  const find = (selector) => root.querySelector(selector);
  const button = (name) => find(`button[data-act="${name}"]`);
  const rail = find(".sc-rail"), chip = find(".sc-chip"), note = find(".sc-note");
  let noteTimer = 0, lingering = "", openPop = null;

  /* --- what is said ------------------------------------------------------------------------ */
  const live = find(".sc-live");
  function say(text) {                               // to screen readers
    live.textContent = live.textContent === text ? text + "\u00a0" : text;
  }
  function show(text, { quiet = false } = {}) {      // at the foot of the paper
    clearTimeout(noteTimer);
    note.textContent = text;
    noteTimer = setTimeout(hush, NOTE_TIME);
    if (!quiet) say(text);
  }
  /* What was said of an earlier drawing goes when somebody draws on. */
  function hush() {
    clearTimeout(noteTimer);
    note.textContent = lingering;
  }
  function linger(text) {
    if (text === lingering) return;
    if (note.textContent === lingering) note.textContent = text;
    lingering = text;
  }

  /* --- popovers ---------------------------------------------------------------------------- */
  function toggle(name) {
    const was = openPop;
    close(false);
    if (was === name) return;
    const pop = find(`[data-pop="${name}"]`), anchor = button(name);
    openPop = name;
    pop.hidden = false;
    anchor.setAttribute("aria-expanded", "true");
    placeBeside(pop, anchor);
    (pop.querySelector("input, button:enabled:not([hidden])") || pop).focus({ preventScroll: true });
  }

  function placeBeside(pop, anchor) {
    const home = root.getBoundingClientRect(), a = anchor.getBoundingClientRect();
    const upright = rail.getAttribute("aria-orientation") === "vertical" && rail.contains(anchor);
    const w = pop.offsetWidth, h = pop.offsetHeight, gap = 10;
    const left = upright ? a.right - home.left + gap : a.left - home.left + a.width / 2 - w / 2;
    const above = a.top - home.top - h - gap;
    const top = upright ? a.top - home.top - 8 : above;
    pop.style.left = Math.max(0, Math.min(left, home.width - w)) + "px";
    pop.style.top = (upright ? Math.max(0, Math.min(top, home.height - h)) : Math.max(0, top)) + "px";
  }

  function close(returnFocus) {
    if (!openPop) return false;
    const pop = find(`[data-pop="${openPop}"]`), anchor = button(openPop);
    if (returnFocus || pop.contains(document.activeElement)) anchor.focus({ preventScroll: true });
    pop.hidden = true;
    anchor.setAttribute("aria-expanded", "false");
    openPop = null;
    return true;
  }

  root.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && close(true)) e.stopPropagation();
    const menu = e.target.closest("[role=menu]");
    if (menu && ARROWS[e.key]) walk(menu, e);
  }, { signal: lifetime });
  document.addEventListener("pointerdown", (e) => {
    const target = /** @type {Element} */ (e.target);
    if (openPop && !target.closest?.(".sc-pop, [aria-expanded=true]")) close(false);
  }, { signal: lifetime, capture: true });
  root.addEventListener("focusout", (e) => {
    const pop = openPop && find(`[data-pop="${openPop}"]`);
    if (pop?.contains(e.target) && e.relatedTarget && !pop.contains(e.relatedTarget)
        && e.relatedTarget !== button(openPop)) close(false);
  }, { signal: lifetime });

  /* --- buttons: one stop of Tab, arrows inside (the ARIA toolbar pattern) ------------------- */
  function walk(group, e) {
    const all = [...group.querySelectorAll("button")].filter((b) => !b.disabled && b.offsetParent);
    const step = e.key === "ArrowRight" || e.key === "ArrowDown" ? 1 : -1;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    e.preventDefault();
    next?.focus();
    if (group === rail) rove(next);
  }
  function rove(to) {
    for (const b of rail.querySelectorAll("button")) b.tabIndex = b === to ? 0 : -1;
  }
  rove(button("pen"));
  rail.addEventListener("keydown", (e) => { if (ARROWS[e.key]) walk(rail, e); }, { signal: lifetime });
  root.addEventListener("click", (e) => {
    const pressed = e.target.closest("button[data-act]");
    if (!pressed) return;
    if (rail.contains(pressed)) rove(pressed);
    if (pressed.closest("[role=menu]")) close(true);
    act.run(pressed.dataset.act);
    // whoever points goes on on the paper; a button that is gone leaves the focus there as well
    const pointed = e.detail > 0;
    if (!openPop && (pointed || document.activeElement === document.body)) act.focus(pointed);
  }, { signal: lifetime });

  /* --- the pen's settings ------------------------------------------------------------------ */
  const inputs = find("[data-pop=brush]");
  inputs.addEventListener("input", (e) => {
    const { name, value, type, checked } = e.target;
    const values = { radio: value === "cut", checkbox: checked, range: Number(value) };
    act.setPen({ [name]: values[type] });
  }, { signal: lifetime });

  function showPen() {
    for (const name of ["pen", "eraser", "tag"]) button(name).setAttribute("aria-pressed", pen.tool === name);
    root.dataset.tool = pen.tool;
    for (const name of ["width", "smoothing", "eraserSize"]) {
      const input = inputs.querySelector(`[name=${name}]`);
      input.value = pen[name];
      const part = (pen[name] - input.min) / (input.max - input.min);
      input.style.setProperty("--sc-fill", 100 * part + "%");
    }
    inputs.querySelector(`[value=${pen.eraserCuts ? "cut" : "whole"}]`).checked = true;
    inputs.querySelector("[name=fingersDraw]").checked = pen.fingersDraw;
    drawSample();
  }

  function drawSample() {                            // a wave in the pen's width, at twice the size
    const sample = find(".sc-sample"), ctx = sample.getContext("2d"), points = [];
    for (let i = 0; i <= 40; i++) points.push(40 + i * 10, 66 + 30 * Math.sin(i / 6.4), 0, 0.5);
    ctx.clearRect(0, 0, sample.width, sample.height);
    ctx.strokeStyle = getComputedStyle(find(".sc-stage")).getPropertyValue("--sc-ink");
    ctx.lineCap = ctx.lineJoin = "round";
    strokeInk(ctx, inkPaths({ points, width: pen.width * 2 }));
  }

  /* --- state ------------------------------------------------------------------------------- */
  const score = (value) => value.toFixed(2).replace(/^0/, "");
  const nouns = { complete: "ending", draw: "drawing", again: "version" };

  function showGhosts() {
    const { state, count, place, mode, word } = ghosts, noun = nouns[mode] || nouns.complete;
    chip.hidden = state === "empty";
    const chosen = ghosts.selected === null ? null : ghosts.get(ghosts.selected);
    const several = `${count || ""} ${noun}${count === 1 ? "" : "s"}`.trim();
    find(".sc-chip-place").textContent = chosen ? `${noun} ${place + 1} of ${count}`
      : state === "inking" ? `inking ${several}…` : several;
    const marks = chosen && chosen.score !== null ? `${score(chosen.score)} ${word}` : "";
    find(".sc-chip-score").textContent = marks.trim();
    find(".sc-chip-score").hidden = !marks;
    button("adopt").hidden = !chosen;
    button("next").hidden = count < 2;
    linger(state === "empty" || mode !== "complete" ? "" : "draw on; a new stroke takes over at once");
  }

  function showDrawing({ empty, canUndo, canRedo }) {
    const held = /** @type {HTMLButtonElement} */ (document.activeElement);
    button("undo").disabled = !canUndo;
    button("redo").disabled = !canRedo;
    for (const name of ["replay", "clear", "svg", "png", "gif", "json"]) button(name).disabled = empty;
    if (held?.disabled && rail.contains(held)) {
      rove(button("pen"));
      button("pen").focus();
    }
    root.classList.toggle("sc-empty", empty && ghosts.state === "empty");
  }

  find(".sc-hint").textContent = options.hint;
  button("gif").hidden = !options.gif;
  button("tag").hidden = find("[data-of=tag]").hidden = !Object.keys(options.palette).length;
  rail.hidden = !options.rail;
  const strip = new ResizeObserver(() => {
    const row = getComputedStyle(rail).flexDirection === "row";
    rail.setAttribute("aria-orientation", row ? "horizontal" : "vertical");
    close(false);
  });
  strip.observe(rail);
  lifetime.addEventListener("abort", () => {
    strip.disconnect();
    clearTimeout(noteTimer);
  });

  return {
    say, show, hush, toggle, showPen, showGhosts, showDrawing,
    showZoom(zoom, home) {
      find(".sc-percent").textContent = Math.round(zoom * 100) + "%";
      root.classList.toggle("sc-moved", !home);
    },
    showFingers() { find(".sc-fingers").hidden = false; },
  };
}
