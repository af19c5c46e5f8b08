/* The word of Draw's sentence, and what the card "I see" makes of the drawing. */
import { field, find } from "../../shared/dom.js";
import { createSignal } from "../../shared/signal.js";
import { phrase } from "../../shared/wording.js";
import { expose } from "../../shell/mount.js";

/* `automatic` is the value that leaves the word to the recogniser, `says` how the field shows it; `seen` is
 * the recognised word, "" while there is none; `chosen` the word that a click chose. */
export const sentence = { automatic: "", says: "", seen: "", chosen: "" };

/** The word's value has changed. @type {ReturnType<typeof createSignal<string>>} */
export const wordChanged = createSignal();

const typed = () => field("word")?.value.trim() || "";

/** What the sentence says the drawing is; "" while nothing is recognised yet. */
export function word() {
  return typed() === sentence.says ? sentence.seen : typed();
}

/** What the sentence asks for, as a project file keeps it. */
export function settings() {
  const number = (selector) => Number(find(selector)?.value);
  return {
    word: typed() === sentence.says ? sentence.automatic : typed(),
    n: number("#count input"),
    temperature: number("#daring input[type=range]"),
    seed: number("#seed input"),
  };
}

expose("draw.chosen", () => sentence.chosen);
/* The word's field has changed, or what is recognised: the label of the button that draws it. */
expose("draw.named", (value) => {
  wordChanged.send(value);
  const label = `Draw me ${phrase(value === sentence.automatic ? sentence.seen : value)}`;
  const button = document.getElementById("draw_me");
  // the label too, for a long one is cut
  if (button) button.title = `${label}: from nothing, on a new paper`;
  return label;
});
