/* What the parts of Faces tell each other, and what they share: the face on show and its edits. */
import { createSignal } from "../../shared/signal.js";
import { createStack } from "./model.js";

/** @typedef {import("../../types").FaceShown} FaceShown */

/** Another face is on show.
 * @type {ReturnType<typeof createSignal<FaceShown>>} */
export const faceShown = createSignal();

/** The face was changed as asked.
 * @type {ReturnType<typeof createSignal<import("../../types").FaceChanged>>} */
export const faceChanged = createSignal();

/** The edits have changed; true where some came, went or moved.
 * @type {ReturnType<typeof createSignal<boolean>>} */
export const editsChanged = createSignal();

/** The generator draws the face more truly now: its id.
 * @type {ReturnType<typeof createSignal<string>>} */
export const faceRefined = createSignal();

/** The face on show is not kept by the server any more.
 * @type {ReturnType<typeof createSignal<FaceShown>>} */
export const faceGone = createSignal();

/** A sentence about the edits, or "". @type {ReturnType<typeof createSignal<string>>} */
export const complained = createSignal();

export const stack = createStack((structure) => editsChanged.send(structure));

/** @type {FaceShown | null} */
let shown = null;
faceShown.listen((face) => { shown = face; });

/** The face on show; null before there is one. */
export function faceNow() {
  return shown;
}

/** The newest changed picture of it, as a data URL; its own where nothing was changed. */
let picture = "";
faceShown.listen((face) => { picture = face.square; });
faceChanged.listen(({ patch }) => { if (!shown?.photo) picture = patch; });

export function pictureNow() {
  return picture;
}
