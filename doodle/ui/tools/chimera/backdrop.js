/* A picture below the ink of Chimera's paper, and what of it outlives a reload. */
import { find, make } from "../../shared/dom.js";
import { sourceChanged } from "./news.js";

const KEPT = "doodle.chimera";                       // where the tab keeps the picture

/**
 * @param {object} parts
 * @param {Element} parts.part
 * @param {() => any} parts.pad the canvas
 * @param {() => void} parts.onChange another picture lies there, or none
 * @param {() => void} parts.onRemove the visitor took it away
 */
export function createBackdrop({ part, pad, onChange, onRemove }) {
  const removal = make("button", { type: "button", hidden: true, className: "dd-remove" });
  removal.textContent = "remove the picture";
  removal.addEventListener("click", () => {
    show(null);
    onRemove();
  });

  async function show(url, w = 1, h = 1) {
    keep(url);
    await pad().showPicture(url, w, h);
    removal.hidden = !url;
    find("#chimera_pad").classList.toggle("dd-over-picture", Boolean(url));
    find(".dd-tags-say", part).textContent = url ? "Mark" : "Draw";
    sourceChanged.send(url ? "picture" : "drawing");
    onChange();
  }

  function keep(url) {
    try {
      if (url) sessionStorage.setItem(KEPT, url); else sessionStorage.removeItem(KEPT);
    } catch { /* too large, or storage is forbidden: then it is lost with the page */ }
  }

  return {
    removal, show,
    /* After a reload the server has lost the picture: it is sent once more. Whether there was one. */
    bringBack() {
      let url = null;
      try { url = sessionStorage.getItem(KEPT); } catch { /* as above */ }
      if (!url) return false;
      const [head, data] = url.split(",");
      const mime = head.slice(5, head.indexOf(";"));
      pad().bring({ name: "picture.jpg", kind: "base64", mime, data });
      return true;
    },
  };
}
