/* The canvases of the page and what happens on them. */
import { mounted } from "../shell/mount.js";

/** @typedef {"drawing" | "ghosts" | "adopted" | "painted" | "status" | "saving"} CanvasEvent */

/**
 * The handle of the canvas with an elem_id, once it is mounted.
 * @param {string} id
 * @returns {ReturnType<typeof import("../canvas/core.js").createStrokeCanvas> | undefined}
 */
export function canvas(id) {
  return mounted(`#${id}`);
}

/**
 * Listens to an event of one canvas: DOM events, which bubble from its root.
 * @param {string} id
 * @param {CanvasEvent} name
 * @param {(detail: any) => void} heard
 */
export function onCanvas(id, name, heard) {
  document.addEventListener(name, (event) => {
    const { target, detail } = /** @type {CustomEvent & { target: Element }} */ (event);
    if (target.closest(`#${id}`)) heard(detail);
  });
}
