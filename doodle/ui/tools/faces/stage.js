/* The picture as it was over the picture as it is: a bar between them, and places on it. */
import { find, findAll, make } from "../../shared/dom.js";

const ENDS = 4;                      // percent, from which on only one of both is seen
const STEPS = {
  ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100,
};
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PATIENCE = 400;                // ms after a key, before moved points are sent
const NAMES = ["left eye", "right eye", "nose", "left corner of the mouth", "right corner of the mouth"];

/**
 * @param {object} parts
 * @param {HTMLElement} parts.stage
 * @param {(at: number) => void} parts.onFace another face was clicked
 * @param {(points: number[][]) => void} parts.onPoints the five points were moved
 */
export function createStage({ stage, onFace, onPoints }) {
  const sheet = find(".dd-face-sheet", stage), handle = find("[role=slider]", sheet);
  const [after, before, spots] = [".dd-face-after", ".dd-face-before", ".dd-face-spots"]
    .map((name) => find(name, sheet));
  let base = null, patch = null;     // images
  let box = [0, 0, 1, 1];            // x, y, width and height of the patch in the base
  let whole = [0, 0, 1, 1];
  let photo = null, points = [], close = false, pointing = false, timer = 0;

  const region = () => (close ? box : whole);

  /* ---- painting ------------------------------------------------------------------------------ */
  function paint() {
    if (!base) return;
    const [x, y, w, h] = region();
    for (const canvas of [after, before]) {
      if (canvas.width !== w) canvas.width = w;
      if (canvas.height !== h) canvas.height = h;
      canvas.getContext("2d").drawImage(base, -x, -y);
    }
    if (patch) after.getContext("2d").drawImage(patch, box[0] - x, box[1] - y);
    sheet.style.setProperty("--ratio", String(w / h));
    stage.dataset.changed = String(Boolean(patch));
  }
  function lay() {
    const [x, y, w, h] = region(), percent = (value, start, length) => `${(100 * (value - start)) / length}%`;
    const faces = photo && !close && photo.faces.length > 1 ? photo.faces : [];
    const boxes = faces.map(([left, top, width, height], k) => {
      const button = make("button", { type: "button", className: "dd-face-box", dataset: { at: k } });
      Object.assign(button.style, {
        left: percent(left, x, w), top: percent(top, y, h),
        width: percent(width, 0, w), height: percent(height, 0, h),
      });
      button.setAttribute("aria-label", `Face ${k + 1} of ${faces.length}`);
      button.setAttribute("aria-pressed", String(k === photo.at));
      return button;
    });
    const dots = (pointing ? points : []).map(([px, py], k) => {
      const dot = make("button", { type: "button", className: "dd-face-dot", dataset: { point: k } });
      Object.assign(dot.style, { left: percent(px, x, w), top: percent(py, y, h) });
      dot.setAttribute("aria-label", `${NAMES[k]}: drag it, or move it with the arrow keys`);
      dot.title = NAMES[k];
      return dot;
    });
    const held = /** @type {HTMLElement} */ (document.activeElement)?.dataset?.point;
    spots.replaceChildren(...boxes, ...dots);
    if (held !== undefined) find(`[data-point="${held}"]`, spots)?.focus({ preventScroll: true });
  }

  /* ---- the bar ------------------------------------------------------------------------------- */
  let share = 0;                     // percent of the width that shows the picture as it was
  function slide(percent) {
    share = Math.min(Math.max(percent, 0), 100);
    sheet.style.setProperty("--share", `${share}%`);
    if (share < ENDS) sheet.dataset.end = "after";
    else if (share > 100 - ENDS) sheet.dataset.end = "before";
    else delete sheet.dataset.end;
    handle.setAttribute("aria-valuenow", String(Math.round(share)));
    handle.setAttribute("aria-valuetext", `${Math.round(share)} percent as it was`);
  }
  const across = ({ clientX }) => {
    const { left, width } = sheet.getBoundingClientRect();
    return (100 * (clientX - left)) / width;
  };
  handle.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    slide(share + STEPS[event.key] * (event.shiftKey ? 5 : 1));
  });

  /* ---- pointers: a point, a face, or the bar ------------------------------------------------- */
  function moved(k, x, y) {
    points = points.map((one, i) => (i === k ? [x, y] : one));
    lay();
  }
  function place(event) {
    const [x, y, w, h] = region(), { left, top, width, height } = sheet.getBoundingClientRect();
    return [x + (w * (event.clientX - left)) / width, y + (h * (event.clientY - top)) / height];
  }
  let dragged = -1;                  // the point under the pointer
  sheet.addEventListener("pointerdown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.button || !base) return;
    if (target.dataset.at !== undefined) return;     // a click chooses that face
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    if (target.dataset.point !== undefined) {
      dragged = Number(target.dataset.point);
      target.focus({ preventScroll: true });
    } else {
      handle.focus({ preventScroll: true, focusVisible: false });
      sheet.dataset.held = "true";
      slide(across(event));
    }
  });
  sheet.addEventListener("pointermove", (event) => {
    if (dragged >= 0) moved(dragged, ...place(event));
    else if (sheet.dataset.held) slide(across(event));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(name, () => {
      if (dragged >= 0) onPoints(points);
      dragged = -1;
      delete sheet.dataset.held;
    });
  }
  spots.addEventListener("click", ({ target }) => {
    const { at } = target.dataset;
    if (at !== undefined) onFace(Number(at));
  });
  spots.addEventListener("keydown", (event) => {
    const { point } = event.target.dataset, move = MOVES[event.key];
    if (point === undefined || !move) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1, [x, y] = points[point];
    moved(Number(point), x + far * move[0], y + far * move[1]);
    clearTimeout(timer);
    timer = window.setTimeout(() => onPoints(points), PATIENCE);
  });

  slide(0);
  return {
    /**
     * Another picture.
     * @param {HTMLImageElement} image
     * @param {import("../../types").FaceShown} face
     */
    show(image, face) {
      const another = base?.src !== image.src;
      base = image;
      photo = face.photo;
      patch = null;
      whole = [0, 0, image.naturalWidth, image.naturalHeight];
      box = photo?.box ?? whole;
      points = photo?.points ?? [];
      if (another || !photo) close = false;
      if (!photo) pointing = false;
      paint();
      lay();
    },
    /** What the edits made of its part. @param {HTMLImageElement | null} image */
    change(image) {
      patch = image;
      paint();
    },
    set close(value) {
      close = value;
      paint();
      lay();
    },
    get close() { return close; },
    set pointing(value) {
      pointing = value;
      lay();
      if (value) findAll("[data-point]", spots)[0]?.focus({ preventScroll: true });
    },
    get pointing() { return pointing; },
  };
}
