/* What the scripts of the page share. Each runs in its own function, so they meet at window.doodle. */
const doodle = (window.doodle ||= (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
    "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen"];
  const SPEED = 1;        // canvas units a millisecond, for ink that was not drawn by hand
  const PAPER = { w: 1000, h: 750, share: 0.76 };   // a canvas, and what a drawing laid on it may fill
  const PEN_LIFT = 150;   // milliseconds between two strokes of it

  const pad = () => document.querySelector("#pad .sc-root")?.strokeCanvas;
  const field = (id) => document.querySelector(`#${id} input`);
  /* What the sentence says the drawing is; "" while nothing is recognised yet. */
  const word = () => {
    const text = field("word")?.value.trim() || "";
    return text === window.doodle.auto ? window.doodle.seen : text;
  };
  /* What the sentence asks for, as a project file keeps it. */
  function settings() {
    const text = field("word")?.value.trim() || "";
    const value = (selector) => Number(document.querySelector(selector)?.value);
    return { word: text === window.doodle.auto ? window.doodle.automatic : text,
      n: value("#count input"), temperature: value("#daring input[type=range]"),
      seed: value("#seed input") };
  }
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* On a phone the paper may be out of sight. */
  const reveal = () => document.getElementById("pad")
    ?.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });

  /* The wire form (text or object) as flat lists x, y, x, y, ... */
  function lines(wire) {
    const drawing = typeof wire === "string" ? JSON.parse(wire || "{}") : wire || {};
    return (drawing.strokes || []).map((row) => {
      const flat = [];
      for (let i = 0; i + 1 < row.length; i += 4) flat.push(row[i], row[i + 1]);
      return flat;
    });
  }

  /* Enough points for a small picture, however many were drawn. */
  const thinned = (flats, least = 5) => flats.map((flat) => {
    const out = flat.slice(0, 2), end = flat.length - 2;
    for (let i = 2; i <= end; i += 2) {
      const far = Math.hypot(flat[i] - out.at(-2), flat[i + 1] - out.at(-1)) >= least;
      if (far || i === end) out.push(flat[i], flat[i + 1]);
    }
    return out;
  });

  /* Flat lists as the wire form's strokes, timed at a steady speed from `start` on. */
  function timed(flats, start = 0) {
    let now = start;
    return flats.map((flat) => {
      const row = [];
      for (let i = 0; i + 1 < flat.length; i += 2) {
        if (i) now += Math.hypot(flat[i] - flat[i - 2], flat[i + 1] - flat[i - 1]) / SPEED;
        row.push(flat[i], flat[i + 1], Math.round(now), 0.5);
      }
      now += PEN_LIFT;
      return row;
    });
  }

  /* A drawing with an ending added to it (or in its place, when the ending is a whole drawing). */
  function composed(text, flats, mode) {
    const drawing = JSON.parse(text);
    if (mode !== "complete") drawing.strokes = [];
    delete drawing.widths;
    const last = drawing.strokes.at(-1);
    drawing.strokes = drawing.strokes.concat(timed(flats, last ? last.at(-2) + PEN_LIFT : 0));
    return JSON.stringify(drawing);
  }

  /* A drawing of whatever size in the middle of an empty canvas, as the wire form's text. */
  function onPaper(flats) {
    const { w, h, share } = PAPER, [left, top, side] = frame(flats, 0).split(" ").map(Number);
    const size = (share * h) / side, x = (w - size * side) / 2, y = (h - size * side) / 2;
    const move = (v, i) => Math.round(10 * (i % 2 ? y + size * (v - top) : x + size * (v - left))) / 10;
    const empty = JSON.stringify({ v: 1, w, h, strokes: [] });
    return composed(empty, flats.map((flat) => flat.map(move)), "draw");
  }

  /* A doodle as it is, in its own square of 256, with a line that is not lost in it. */
  function onSquare(flats) {
    const square = JSON.parse(composed('{ "v": 1, "w": 256, "h": 256, "strokes": [] }', flats, "draw"));
    return { ...square, widths: flats.map(() => 4) };
  }

  /* Gradio's word fields: Enter takes the list's first match, "bear" for "ear", and Tab opens the list. Here
     Enter takes what was typed, unless the arrow keys chose from the list. */
  let choosing = false;
  document.addEventListener("keydown", (event) => {
    if (!event.target.closest?.(".dd-field-word input")) return;
    if (event.key === "Tab") event.stopPropagation();
    if (event.key === "Enter" && !choosing) {
      event.stopPropagation();                         // or Gradio would still choose
      event.target.blur();
    }
    choosing = event.key === "ArrowDown" || event.key === "ArrowUp";
  }, true);

  const path = (flats) => flats.map((flat) => {
    let d = `M${flat[0]} ${flat[1]}`;
    if (flat.length < 4) return d + "h0";
    for (let i = 2; i + 1 < flat.length; i += 2) d += `L${flat[i]} ${flat[i + 1]}`;
    return d;
  }).join("");

  /* The square around all points, with a margin, as a viewBox; or the box that is just as wide. */
  function frame(flats, margin = 0.09, square = true) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const flat of flats) for (let i = 0; i + 1 < flat.length; i += 2) {
      left = Math.min(left, flat[i]); right = Math.max(right, flat[i]);
      top = Math.min(top, flat[i + 1]); bottom = Math.max(bottom, flat[i + 1]);
    }
    if (left > right) return "0 0 100 100";
    const side = Math.max(right - left, bottom - top, 20), edge = 2 * margin * side;
    const [width, height] = square ? [side, side] : [right - left, bottom - top];
    const [w, h] = [width + edge, height + edge];
    return [(left + right - w) / 2, (top + bottom - h) / 2, w, h].join(" ");
  }

  /* A small picture: what the visitor drew in ink, what was added in the accent colour. */
  function picture(drawn, added = [], box = frame([...drawn, ...added])) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", box);
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("dd-picture");
    for (const [flats, kind] of [[drawn, "drawn"], [added, "added"]]) {
      const shape = document.createElementNS(SVG, "path");
      shape.setAttribute("d", path(flats));
      shape.classList.add(kind);
      svg.append(shape);
    }
    return svg;
  }

  /* "a cat", "an apple", "eyeglasses", "The Eiffel Tower" */
  function phrase(word) {
    const text = (word || "").trim();
    if (!text) return "something";
    if (/^the /i.test(text) || (/s$/i.test(text) && !/(ss|us|os)$/i.test(text))) return text;
    return (/^([aeiou]|hour)/i.test(text) ? "an " : "a ") + text;
  }

  /* A doodle of Words by its own curves: each x, y, then two control points and an end for every piece. */
  const curved = ([x, y, ...rest]) => `M${x} ${y}${rest.length ? `C${rest.join(" ")}` : "h0"}`;
  function sketch({ strokes, curves }, box) {
    const svg = picture(strokes, [], box);
    if (curves) svg.firstChild.setAttribute("d", curves.map(curved).join(""));
    return svg;
  }

  const percent = (chance) => (chance > 0 && chance < 0.005 ? "<1" : Math.round(100 * chance)) + " %";
  function score(value) {
    if (value == null) return "";
    return value >= 0.995 ? "1.0" : value < 0.005 ? "<.01" : value.toFixed(2).slice(1);
  }
  /* What a score means, in a sentence. */
  const scored = (value, what) => `The recogniser's chance that this is ${what}: ${percent(value)}`;
  const counted = (n, thing) => `${NUMBERS[n] ?? n} ${thing}${n === 1 ? "" : "s"}`;
  const say = (name, detail) => document.dispatchEvent(new CustomEvent(`doodle:${name}`, { detail }));

  return { pad, field, word, settings, calm, reveal, lines, thinned, composed, onPaper, onSquare, path, frame, picture,
    sketch, phrase, percent, score, scored, counted, say };
})());
