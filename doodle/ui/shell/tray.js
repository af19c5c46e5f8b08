/* "This visit": the kept results as a row of small pictures; a click brings one back. */
import { find, make } from "../shared/dom.js";
import { bringBack, toolOf } from "./tools.js";
import { forgetResults, results, visitChanged } from "./visit.js";

/** @param {import("./mount.js").Context} context */
export function mount({ element }) {
  const tray = find(".dd-tray", element), row = find("ol", tray);
  const forget = find("[data-act=forget]", tray);

  function draw() {
    const entries = results();
    row.replaceChildren(...entries.map((entry) => {
      const { id, kind, from } = entry, word = entry.word || "doodle";
      const words = make("span", {}, make("b", { textContent: word }), make("small", { textContent: from }));
      const button = make("button", { type: "button", title: "Bring it back", dataset: { id } });
      button.setAttribute("aria-label", `Bring back ${word}, ${from}`);
      button.append(toolOf(kind).thumbnail(entry), words);
      return make("li", {}, button);
    }));
    tray.dataset.empty = String(!entries.length);
    forget.hidden = !entries.length;
  }

  row.addEventListener("click", ({ target }) => {
    const id = target.closest("button")?.dataset.id, entry = results().find((one) => one.id === id);
    if (entry) bringBack(entry);
  });
  forget.addEventListener("click", forgetResults);
  visitChanged.listen(draw);
  draw();
}
