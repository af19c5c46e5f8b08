/* Gradio's word fields: Enter takes the list's first match, "bear" for "ear", and Tab opens the list.
 * Here Enter takes what was typed, unless the arrow keys chose from the list. */
let choosing = false;

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (!target.closest?.(".dd-field-word input")) return;
  if (event.key === "Tab") event.stopPropagation();
  if (event.key === "Enter" && !choosing) {
    event.stopPropagation();                         // or Gradio would still choose
    target.blur();
  }
  choosing = event.key === "ArrowDown" || event.key === "ArrowUp";
}

/* The page's heading stands for the page: there is one of it. */
export function mount() {
  document.addEventListener("keydown", onKey, true);
}
