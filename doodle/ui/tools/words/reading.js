/* How the text was understood: who answered, each word how, and how sure it is. */
import { find, make } from "../../shared/dom.js";
import { percent } from "../../shared/wording.js";
import { resultShown } from "./news.js";

const READERS = { words: "the offline word table", open_clip: "CLIP itself" };
const HOW = {
  "known exactly": "CLIP's own place for it is stored here",
  "known by another name": "It means the same as a word whose place is stored here",
  "placed by meaning": "Not learned from CLIP: its place among the known words is estimated",
  "nearest in letters": "An unknown word: this one is spelled most like it",
  "read by CLIP": "The full text encoder read it",
};
const sureness = (sure) => (sure >= 0.85 ? "sure" : sure >= 0.5 ? "fairly sure" : "not sure");

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element }) {
  const card = find(".dd-reading", element), parts = find(".dd-reading-parts", card);
  const notice = find(".dd-reading-notice", card), clip = find(".dd-reading-clip", card);

  resultShown.listen(({ reading }) => {
    const { encoder, kind, sure, notice: sentence, parts: words } = reading;
    parts.replaceChildren();
    for (const [word, how] of words) {
      const bold = make("b", { textContent: word });
      parts.append(make("span", { title: HOW[how] || "" }, bold, ` ${how}`), " ");
    }
    parts.append(make("span", {
      textContent: `Read by ${READERS[encoder]}, ${sureness(sure)} (${percent(sure)}).`,
      title: "How often a text like this is taken to mean what CLIP takes it to mean",
      className: "dd-reading-who",
    }));
    clip.hidden = encoder !== "words" || kind === "exact" || kind === "alias";
    notice.textContent = sentence;
    notice.hidden = !sentence;
  });
}
