/* How the text was understood: who answered, each word how, and how sure it is. */
const card = element.querySelector(".dd-read");
const parts = card.querySelector(".dd-read-parts"), notice = card.querySelector(".dd-read-notice");
const READERS = { words: "the offline word table", open_clip: "CLIP itself" };
const HOW = {
  "known exactly": "CLIP's own place for it is stored here",
  "known by another name": "It means the same as a word whose place is stored here",
  "placed by meaning": "Not learned from CLIP: its place among the known words is estimated",
  "nearest in letters": "An unknown word: this one is spelled most like it",
  "read by CLIP": "The full text encoder read it",
};
const clip = card.querySelector(".dd-read-clip");
const sureness = (sure) => (sure >= 0.85 ? "sure" : sure >= 0.5 ? "fairly sure" : "not sure");

document.addEventListener("doodle:ideas", ({ detail }) => {
  const { encoder, kind, sure, notice: sentence, parts: words } = detail.read;
  parts.replaceChildren();
  for (const [word, how] of words) {
    const bold = Object.assign(document.createElement("b"), { textContent: word });
    const part = document.createElement("span");
    part.append(bold, ` ${how}`);
    part.title = HOW[how] || "";
    parts.append(part, " ");
  }
  const who = document.createElement("span");
  who.textContent = `Read by ${READERS[encoder]}, ${sureness(sure)} (${doodle.percent(sure)}).`;
  who.title = "How often a text like this is taken to mean what CLIP takes it to mean";
  who.className = "dd-read-who";
  parts.append(who);
  clip.hidden = encoder !== "words" || kind === "exact" || kind === "alias";
  notice.textContent = sentence;
  notice.hidden = !sentence;
});
