/* What the controls of Draw do, said where the pointer rests on them. */
import { find, nextFrame } from "../../shared/dom.js";

const LOOKS = 2000;                  // frames
const TITLES = {
  "#go": "Finish the drawing: the endings come as faint ink on the paper, the best one in colour",
  "#stop": "Stop drawing endings; those that are there stay",
  "#word": "What the drawing is to become. \"What you see\" leaves it to the guess at the right",
  "#count": "How many different endings to draw",
  "#daring": "Careful endings are what most people draw; daring ones are odder",
  "#seed": "The number that chance begins from: the same seed gives the same endings",
  "#reroll": "Another seed: other endings of the same drawing, or other drawings of the word",
  "#again": "Draw all that is on the paper anew, in your own way of drawing; the ending shown is kept",
};

/* Gradio fetches its buttons and sliders one by one: each is named when it is there. */
export async function nameControls() {
  const waiting = new Map(Object.entries(TITLES));
  for (let look = 0; waiting.size && look < LOOKS; look++) {
    for (const [selector, title] of waiting) {
      const control = find(selector);
      if (!control) continue;
      control.title = title;
      waiting.delete(selector);
    }
    await nextFrame();
  }
}
