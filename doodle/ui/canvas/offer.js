/* On an empty paper: what earlier tabs left, to go on with. */
import { make } from "../shared/dom.js";
import { picture } from "../shared/pictures.js";
import { lines, thinned } from "../shared/strokes.js";

const MOST = 3;

/**
 * @param {HTMLElement} place where the offer stands, hidden while there is none
 * @param {import("./shelf.js").Kept[]} kept newest first
 * @param {(drawing: string) => void} take
 */
export function showOffer(place, kept, take) {
  const buttons = kept.slice(0, MOST).map(({ drawing }, at) => {
    const label = at ? "An earlier drawing" : "Go on with the last drawing";
    const button = make("button", { type: "button", title: label }, picture(thinned(lines(drawing))));
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => take(drawing));
    return button;
  });
  place.replaceChildren(...(buttons.length ? ["From before:", ...buttons] : []));
  place.hidden = !buttons.length;
}
