/* The handle of the sheet that holds the results on a phone: a tap or a pull moves it. */
import { find, nextFrame, scrollTo } from "../../shared/dom.js";
import { createSignal } from "../../shared/signal.js";

const PULL = 16;                     // px, from which a touch is a pull

/** What the results are called now. @type {ReturnType<typeof createSignal<string>>} */
export const sheetTitle = createSignal();

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element }) {
  const handle = find(".dd-sheet button", element), title = find("b", handle);
  const sheet = element.closest(".dd-side"), canvas = find("#pad"), sentence = find("#say");
  let from = null, pulled = false;

  const isOpen = () => handle.getAttribute("aria-expanded") === "true";
  function open(yes) {
    handle.setAttribute("aria-expanded", String(yes));
    if (yes) nextFrame().then(() => scrollTo(canvas));
    else sheet.scrollTop = 0;
  }
  handle.addEventListener("pointerdown", (event) => {
    from = event.clientY;
    pulled = false;
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", ({ clientY }) => {
    if (from === null || Math.abs(clientY - from) < PULL) return;
    pulled = true;
    open(clientY < from);
    from = clientY;
  });
  for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, () => { from = null; });
  handle.addEventListener("click", () => {
    if (!pulled) open(!isOpen());
    pulled = false;
  });
  // whoever comes by keyboard to what lies below the screen wants to see it
  sheet.addEventListener("focusin", ({ target }) => {
    if (target !== handle && find("#results", sheet)?.contains(target)) open(true);
  });
  // the paper and the sentence are in reach beside it
  document.addEventListener("pointerdown", ({ target }) => {
    if (isOpen() && ![sheet, canvas, sentence].some((part) => part?.contains(target))) open(false);
  }, true);
  sheetTitle.listen((text) => { title.textContent = text; });
}
