/* What the cards of Words tell each other. */
import { createSignal } from "../../shared/signal.js";

/** @typedef {import("../../types").WordsResult} WordsResult */
/** @typedef {import("../../types").ChosenDoodle} ChosenDoodle */

/** The grid shows another result. @type {ReturnType<typeof createSignal<WordsResult>>} */
export const resultShown = createSignal();

/** Another doodle is chosen, in the grid or on the way to a word.
 * @type {ReturnType<typeof createSignal<ChosenDoodle>>} */
export const doodleChosen = createSignal();

/** Another text is to be drawn. @type {ReturnType<typeof createSignal<string>>} */
export const wordPicked = createSignal();

/** More doodles are asked for: like one, or between two words.
 * @type {ReturnType<typeof createSignal<object>>} */
export const moreAsked = createSignal();
