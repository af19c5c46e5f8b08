/* The end of the outline (first.html): the page shows itself when its parts stand in their places. */
import { nextFrame } from "../shared/dom.js";
import { whenMounted } from "./mount.js";

const PARTS = [
  "shell/wordmark", "shell/tray", "#pad", "tools/draw/results", "tools/draw/guess", "tools/draw/examples",
];

export async function show() {
  await Promise.all(PARTS.map(whenMounted));
  await nextFrame();
  document.documentElement.dataset.shown = "true";
  document.getElementById("first")?.remove();
}

show();
