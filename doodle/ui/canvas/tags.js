/* Tags: a stroke may carry the name of what it is part of, and every name has its colour. Over a
 * picture strokes are marks that say which part is what: broad, with a rim seen on any ground. */
import { PAGE } from "./document.js";
import { along, discInterval, inkLength, isNear, lineDistance, STRIDE } from "./geometry.js";

/** @typedef {import("../types").Stroke} Stroke */

const MARK = { width: 2.4, rim: 5 };                 // times the pen's width; canvas units around it
const TOWARDS_INK = 0.22;                            // pale colours on white, dark ones on black

export function createTags({ palette, onChange }) {
  let picture = null, box = null;                    // the picture below the ink, and where it lies

  const bytes = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  function colourOf(tag, ink) {
    if (!palette[tag] || !/^#[0-9a-f]{6}$/i.test(ink)) return palette[tag] || ink;
    const to = bytes(ink), mixed = (v, i) => Math.round(v + (to[i] - v) * TOWARDS_INK);
    return `rgb(${bytes(palette[tag]).map(mixed).join(" ")})`;
  }

  return {
    now: "",                                         // the tag that new strokes get
    colourOf,
    get box() { return box; },
    knows: (tag) => tag === "" || tag in palette,

    /* Strokes ink of one tag by `draw(widen, rim)`: so many times as wide, and `rim` wider. */
    ink(ctx, tag, colours, draw) {
      if (picture) {
        ctx.strokeStyle = colours.rim;
        draw(MARK.width, MARK.rim);
      }
      ctx.strokeStyle = colourOf(tag, colours.ink);
      draw(picture ? MARK.width : 1, 0);
    },

    /* Lays a picture, by its URL, below the ink; null takes it away. `w` and `h` are its size in the
     * units of places on it. */
    async show(url, w, h) {
      const next = url ? Object.assign(new Image(), { src: url }) : null;
      await next?.decode();
      const scale = Math.min(PAGE.width / w, PAGE.height / h);
      picture = next;
      box = next && { w, h, scale, x: (PAGE.width - w * scale) / 2, y: (PAGE.height - h * scale) / 2 };
      onChange();
    },
    paint(ctx) {
      if (picture) ctx.drawImage(picture, box.x, box.y, box.w * box.scale, box.h * box.scale);
    },
  };
}

/**
 * The strokes with `tag` on what lies in a disc, which is cut out of its stroke; null when nothing
 * changes.
 * @param {readonly Stroke[]} strokes
 * @returns {Stroke[] | null}
 */
export function tagWithin(strokes, x, y, r, tag) {
  let next = null;
  for (const [i, stroke] of strokes.entries()) {
    const pieces = (stroke.tag || "") === tag ? null : splitInk(stroke.points, x, y, r);
    if (pieces) {
      next ||= strokes.slice(0, i);
      next.push(...pieces.map(({ points, inside }) => ({ ...stroke, points, ...(inside && { tag }) })));
    } else if (next) next.push(stroke);
  }
  return next;
}

/**
 * The strokes with `tag` on every one that passes a place within reach; null when nothing changes.
 * @param {readonly Stroke[]} strokes
 * @returns {Stroke[] | null}
 */
export function tagNear(strokes, x, y, reach, tag) {
  const hit = (/** @type {Stroke} */ { points, tag: had }) => (had || "") !== tag
    && isNear(points, x, y, reach) && lineDistance(points, x, y) < reach;
  return strokes.some(hit) ? strokes.map((one) => (hit(one) ? { ...one, tag } : one)) : null;
}

/**
 * Pieces that were cut apart and now say the same become one stroke again.
 * @param {readonly Stroke[]} strokes
 */
export function rejoined(strokes) {
  const out = [];
  for (const stroke of strokes) {
    const last = out.at(-1), { points } = stroke;
    const meets = last && (last.tag || "") === (stroke.tag || "") && last.width === stroke.width
      && last.points.at(-4) === points[0] && last.points.at(-3) === points[1];
    if (meets) out[out.length - 1] = { ...last, points: [...last.points, ...points.slice(STRIDE)] };
    else out.push(stroke);
  }
  return out;
}

/* A stroke cut where it enters and leaves a disc: [{ points, inside }], null when it does neither. */
function splitInk(points, x, y, r) {
  if (!isNear(points, x, y, r)) return null;
  let inside = Math.hypot(points[0] - x, points[1] - y) < r, touched = inside;
  let piece = points.slice(0, STRIDE);
  const pieces = [], cutAt = (point, next) => {
    pieces.push({ points: [...piece, ...point], inside });
    piece = point.length ? point.slice() : piece.slice(-STRIDE);
    inside = next;
    touched = true;
  };
  for (let i = 0; i + STRIDE < points.length; i += STRIDE) {
    const within = discInterval(points[i], points[i + 1], points[i + 4], points[i + 5], x, y, r);
    if (within && !inside) cutAt(within[0] > 0 ? along(points, i, within[0]) : [], true);
    if (!within && inside) cutAt([], false);
    if (within && within[1] < 1) cutAt(along(points, i, within[1]), false);
    piece.push(...points.slice(i + STRIDE, i + 2 * STRIDE));
  }
  pieces.push({ points: piece, inside });
  return touched ? pieces.filter((one) => one.inside || inkLength(one.points) > 0) : null;
}
