/* Small SVG pictures of drawings. */
import { frame, path } from "./strokes.js";

/** @typedef {import("./strokes.js").Flat} Flat */

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new SVG element.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @returns {any}
 */
export function svgNode(tag, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/**
 * What the visitor drew in ink, what was added in the accent colour.
 * @param {Flat[]} drawn
 * @param {Flat[]} added
 * @param {string} box the viewBox; around all of it if not given
 * @returns {SVGElement}
 */
export function picture(drawn, added = [], box = frame([...drawn, ...added])) {
  const svg = svgNode("svg", { "viewBox": box, "aria-hidden": "true", "class": "dd-picture" });
  for (const [flats, kind] of /** @type {[Flat[], string][]} */ ([[drawn, "drawn"], [added, "added"]])) {
    svg.append(svgNode("path", { d: path(flats), class: kind }));
  }
  return svg;
}

/* One curve: x, y, then two control points and an end for every piece. */
function curve(/** @type {number[]} */ flat) {
  const [x, y, ...rest] = flat;
  return `M${x} ${y}${rest.length ? `C${rest.join(" ")}` : "h0"}`;
}

/**
 * A doodle of Words by its own curves.
 * @param {import("../types").Doodle} doodle
 * @param {string} [box] the viewBox
 */
export function sketch({ strokes, curves }, box) {
  const svg = picture(strokes, [], box);
  if (curves) svg.firstElementChild.setAttribute("d", curves.map(curve).join(""));
  return svg;
}
