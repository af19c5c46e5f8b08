/* What the controls of Draw do, said where the pointer rests on them. */
import { find } from "../../shared/dom.js";

const TITLES = {
  "#go": "Finish the drawing: the endings come as faint ink on the paper, the best one in colour",
  "#stop": "Stop drawing endings; those that are there stay",
  "#word": "What the drawing is to become. \"What you see\" leaves it to the guess at the right",
  "#count": "How many different endings to draw",
  "#daring": "Careful endings are what most people draw; daring ones are odder",
  "#seed": "The number that chance begins from: the same seed gives the same endings",
  "#reroll": "Another seed: other endings of the same drawing",
  "#draw_me": "Draw the word of the sentence from nothing, on a new paper",
  "#again": "Draw all of what you drew anew, in your own way of drawing",
};

export function nameControls() {
  for (const [selector, title] of Object.entries(TITLES)) {
    const control = find(selector);
    if (control) control.title = title;
  }
}
