/* How the text was understood: who answered, each word how, and how sure it is. */
import { find, make } from "../../shared/dom.js";
import { percent, phrase } from "../../shared/wording.js";
import { resultShown, wordPicked } from "./news.js";

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
  const nearest = find(".dd-reading-near", card);

  resultShown.listen(({ reading }) => {
    const { encoder, kind, sure, parts: words, seen = true, near = [] } = reading;
    const sentence = [reading.notice, reading.caveat].filter(Boolean).join(" ");
    parts.replaceChildren();
    for (const [word, how] of words) {
      const bold = make("b", { textContent: word });
      parts.append(make("span", { title: HOW[how] || "" }, bold, ` ${how}`), " ");
    }
    parts.append(make("span", {
      // how well a word was read says nothing of a thing that was never seen
      textContent: `Read by ${READERS[encoder]}${seen ? `, ${sureness(sure)} (${percent(sure)})` : ""}.`,
      title: "How often a text like this is taken to mean what CLIP takes it to mean",
      className: "dd-reading-who",
    }));
    clip.hidden = encoder !== "words" || kind === "exact" || kind === "alias";
    nearest.hidden = seen || !near.length;
    nearest.replaceChildren("Draw instead ", ...near.map((word) => {
      const button = make("button", { type: "button", textContent: phrase(word) });
      button.addEventListener("click", () => wordPicked.send(word));
      return button;
    }));
    notice.textContent = sentence;
    notice.hidden = !sentence;
  });
}
