/* Mouse, pen and fingers on the editor of an edge map: one draws, two move and zoom. */
/**
 * @param {any} stage
 * @param {object} editor
 * @param {() => boolean} editor.isReady
 * @param {() => string} editor.drawsBy the kind of pointer that draws, "key", or "" for none
 * @param {(event: PointerEvent) => void} editor.begin
 * @param {(event: PointerEvent) => void} editor.move
 * @param {(event: PointerEvent) => void} editor.hover
 * @param {() => void} editor.leave
 * @param {() => void} editor.end
 * @param {() => void} editor.cancel
 * @param {(event: { clientX: number, clientY: number }) =>
 *   { at: number[], x: number, y: number }} editor.place
 * @param {(zoom: number, x: number, y: number, at?: number[]) => void} editor.look
 * @param {() => number} editor.zoom
 */
export function followPointers(stage, editor) {
  const fingers = new Map();
  let pinch = null;          // at its beginning: { far, zoom, x, y }, x, y of the map between the fingers

  function middle() {
    const [a, b] = fingers.values();
    const mid = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    const far = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
    return { ...editor.place(mid), far };
  }

  stage.addEventListener("pointerdown", (event) => {
    if (!editor.isReady() || (event.pointerType === "mouse" && event.button)) return;
    if (editor.drawsBy() === "pen" && event.pointerType === "touch") return;   // the palm
    event.preventDefault();
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      editor.cancel();
      pinch = { ...middle(), zoom: editor.zoom() };
      editor.leave();
    } else if (fingers.size === 1) editor.begin(event);
  });

  stage.addEventListener("pointermove", (event) => {
    if (!editor.isReady()) return;
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, event);
    if (pinch) {
      if (fingers.size < 2) return;
      const { at, far } = middle();
      editor.look((pinch.zoom * far) / pinch.far, pinch.x, pinch.y, at);
      return;
    }
    editor.hover(event);
    if (!editor.drawsBy() || editor.drawsBy() === "key" || !fingers.has(event.pointerId)) return;
    const seen = event.getCoalescedEvents?.() || [];
    for (const one of seen.length ? seen : [event]) editor.move(one);
  });

  function lift(event) {
    if (!fingers.delete(event.pointerId)) return;
    if (editor.drawsBy() && !pinch) {
      if (event.type === "pointercancel") editor.cancel(); else editor.end();
    }
    if (!fingers.size) pinch = null;
    if (event.pointerType === "touch") editor.leave();
  }
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("pointerleave", () => { if (!editor.drawsBy()) editor.leave(); });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { at, x, y } = editor.place(event);
    editor.look(editor.zoom() * Math.exp(-event.deltaY / 400), x, y, at);
  }, { passive: false });

  return {
    forget() {
      fingers.clear();
      pinch = null;
    },
  };
}
