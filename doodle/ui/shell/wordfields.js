/* Gradio's word fields, as fields of a sentence: a click selects what stands there, Enter takes what
 * was typed (Gradio takes the list's first match, "bear" for "ear", unless the arrow keys chose), and
 * Tab goes on to the next control (Gradio opens the list). */
let choosing = false;
let entered = null;        // the field that the press under way gives the focus

/** @param {Event} event @returns {HTMLInputElement | null} */
const fieldOf = ({ target }) => /** @type {Element} */ (target).closest?.(".dd-field-word input");

/** @param {KeyboardEvent} event */
function onKey(event) {
  const field = fieldOf(event);
  if (!field) return;
  if (event.key === "Tab") event.stopPropagation();
  if (event.key === "Enter" && !choosing) {
    event.stopPropagation();                         // or Gradio would still choose
    field.blur();
  }
  choosing = event.key === "ArrowDown" || event.key === "ArrowUp";
}

/** @param {PointerEvent} event */
function onPress(event) {
  const field = fieldOf(event);
  entered = field && document.activeElement !== field ? field : null;
}

/* A second click puts the caret where it is, and what was dragged over stays selected. */
function onClick(event) {
  const field = fieldOf(event);
  if (field && field === entered && field.selectionStart === field.selectionEnd) field.select();
  entered = null;
}

export function tendWordFields() {
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("pointerdown", onPress, true);
  document.addEventListener("click", onClick, true);
}
