/* The chosen doodle, large, and the ways onward from it. */
import { find, findAll } from "../../shared/dom.js";
import { sketch } from "../../shared/pictures.js";
import { frame, onPaper, onSquare } from "../../shared/strokes.js";
import { percent, score, scored } from "../../shared/wording.js";
import { save } from "../../shell/mailbox.js";
import { expose } from "../../shell/mount.js";
import { sendTo } from "../../shell/tools.js";
import { doodleChosen, moreAsked } from "./news.js";

/** @type {import("../../types").ChosenDoodle | null} */
let shown = null;

expose("words.finish", () => shown.finish_as);

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element, trigger }) {
  const card = find(".dd-chosen", element), title = find("h2", card);
  const [chance, sheet, like, near] = [
    ".dd-chosen-score", ".dd-chosen-sheet", ".dd-chosen-like", "[data-act=near]",
  ].map((name) => find(name, card));

  doodleChosen.listen((chosen) => {
    shown = chosen;
    const { one } = shown;
    card.dataset.empty = "false";
    title.textContent = title.title = shown.title;
    chance.textContent = one.seen ? one.seen.map(percent).join(" and ") : `${score(one.score)} recognised`;
    chance.title = shown.chances || scored(one.score, shown.what);
    chance.setAttribute("aria-label", chance.title);
    sheet.replaceChildren(sketch(one, shown.box || frame(one.strokes, 0.07, false)));
    sheet.setAttribute("role", "img");
    sheet.setAttribute("aria-label", `A doodle: ${shown.title}`);
    like.textContent = one.traced === false ? "In ink order: drawn point by point, not traced"
      : `Drawn as people draw: ${score(one.drawn_like)}`;
    for (const button of findAll("button", card)) button.disabled = false;
    near.disabled = !shown.near;
    near.title = shown.near ? "Draw others from noise close to its own"
      : one.traced === false ? "It was drawn in ink order: doodles alone come from noise"
        : "A mix has no noise of one word";
  });

  const acts = {
    open: () => sendTo("draw", onPaper(shown.one.strokes)),
    chimera: () => sendTo("chimera", onPaper(shown.one.strokes), { word: shown.title }),
    async finish() {
      await acts.open();
      trigger("finish");
    },
    near() {
      const { candidate, noise } = shown.one;
      moreAsked.send({ task: "like", text: shown.text, candidate, noise });
    },
  };
  card.addEventListener("click", ({ target }) => {
    const { act, save: format } = target.closest("button")?.dataset || {};
    if (!shown) return;
    if (act) acts[act]();
    else if (format) {
      const { strokes, curves } = shown.one;
      save({ format, name: shown.title, drawing: onSquare(strokes), curves });
    }
  });
}
