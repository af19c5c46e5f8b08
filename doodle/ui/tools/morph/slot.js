/* The head of a morph's slot; the slot itself is a small canvas below it. */
const slot = element.querySelector(".dd-slot"), here = `#${props.target} .sc-root`;
slot.querySelector("h2").textContent = props.title;
const canvas = () => document.querySelector(here)?.strokeCanvas;
const filled = () => canvas()?.stats().strokes > 0;
let since = 0;                       // when this slot was filled from outside: the tray takes turns

function put(text, word) {
  canvas()?.load(text, { undoable: true });
  since = Date.now();
  if (word) trigger("filled", { word });
}
document.addEventListener("doodle:slot", ({ detail }) => {
  detail.bids.push({ rank: filled() ? since + 1 : 0, put: () => put(detail.drawing, detail.word) });
});
slot.addEventListener("click", ({ target }) => {
  const act = target.closest("button")?.dataset.act;
  if (act === "empty") canvas()?.clear();
  if (act !== "take") return;
  const text = doodle.pad()?.serialize();
  if (text && doodle.lines(text).length) put(text, doodle.word());
});
