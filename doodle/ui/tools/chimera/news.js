/* What the parts of Chimera tell each other. */
import { createSignal } from "../../shared/signal.js";

/**
 * A request for pictures: what was drawn, whether it follows a stroke, whether over a picture.
 * @typedef {{ drawing: string, live: boolean, picture: boolean }} RenderAsked
 */

/** Pictures are asked for; null where the visitor stopped that.
 * @type {ReturnType<typeof createSignal<RenderAsked | null>>} */
export const renderAsked = createSignal();

/** Pictures have come. @type {ReturnType<typeof createSignal<import("../../types").ChimeraResult>>} */
export const rendered = createSignal();

/** How edges are found: other options. @type {ReturnType<typeof createSignal<object>>} */
export const optionsChanged = createSignal();

/** The edge map was edited by hand: its data URL, "" where it is as it came.
 * @type {ReturnType<typeof createSignal<string>>} */
export const edgesEdited = createSignal();

/** Where the outline is open, x and y on the paper; null where it is not.
 * @type {ReturnType<typeof createSignal<[number, number] | null>>} */
export const gapFound = createSignal();

/** Whether a drawing or a picture is on the paper now.
 * @type {ReturnType<typeof createSignal<"drawing" | "picture">>} */
export const sourceChanged = createSignal();

/** The newest request. @type {RenderAsked | null} */
let newest = null;
renderAsked.listen((request) => { newest = request ?? newest; });

export function newestRequest() {
  return newest;
}
