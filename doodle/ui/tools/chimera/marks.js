/* Marks that the visitor draws on a picture: they say which part is which animal. */
const MOST = 200, STEP = 24;         // points on a picture in all; canvas units between two of them

/**
 * Strokes as points in the picture's own pixels.
 * @param {import("../../types").Wire} drawing
 * @param {{ x: number, y: number, scale: number }} box where the picture lies on the paper
 * @returns {[number, number, string][]} x, y and the animal
 */
export function marksOf({ strokes, tags = [] }, box) {
  const walked = (flat) => {
    const out = [flat.slice(0, 2)];
    for (let i = 4; i < flat.length; i += 4) {
      const [x, y] = out.at(-1);
      if (Math.hypot(flat[i] - x, flat[i + 1] - y) >= STEP) out.push(flat.slice(i, i + 2));
    }
    return out;
  };
  const all = strokes.flatMap((flat, i) => walked(flat).map(([x, y]) => (
    /** @type {[number, number, string]} */
    ([(x - box.x) / box.scale, (y - box.y) / box.scale, tags[i] || "unknown"])
  )));
  const every = Math.ceil(all.length / MOST);
  return all.filter((_, i) => i % every === 0);
}
