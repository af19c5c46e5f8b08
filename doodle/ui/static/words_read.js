/* How the text was understood: who answered, each word how, and how sure it is. */
const card = element.querySelector(".dd-read");
const parts = card.querySelector(".dd-read-parts"), notice = card.querySelector(".dd-read-notice");
const ENCODERS = { words: "Word table, offline", open_clip: "CLIP itself" };
const clip = card.querySelector(".dd-read-clip");
const sureness = (sure) => (sure >= 0.85 ? "sure" : sure >= 0.5 ? "fairly sure" : "not sure");

document.addEventListener("doodle:ideas", ({ detail }) => {
  const { encoder, kind, sure, notice: sentence, parts: words } = detail.read;
  parts.replaceChildren();
  for (const [word, how] of words) {
    const bold = Object.assign(document.createElement("b"), { textContent: word });
    const part = document.createElement("span");
    part.append(bold, ` ${how}`);
    parts.append(part, " ");
  }
  const who = document.createElement("span");
  who.textContent = `${ENCODERS[encoder] || encoder}, ${sureness(sure)} (${doodle.score(sure)}).`;
  parts.append(who);
  clip.hidden = encoder !== "words" || kind === "exact" || kind === "alias";
  notice.textContent = sentence;
  notice.hidden = !sentence;
});
