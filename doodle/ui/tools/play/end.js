/* What a finished round looks like: a slot beside the paper, a card at the end. */
import { make } from "../../shared/dom.js";
import { picture } from "../../shared/pictures.js";
import { lines, thinned } from "../../shared/strokes.js";
import { numeral, percent, phrase } from "../../shared/wording.js";

const inSeconds = (seconds) => {
  const whole = Math.max(1, Math.round(seconds));
  return `${whole} second${whole === 1 ? "" : "s"}`;
};

/* One line on how it ended, in words. */
export function verdict({ won, seconds, end, guesses, unknown, drawing }) {
  if (won) return unknown ? "A guess, at the last moment" : `I knew it in ${inSeconds(seconds)}`;
  if (!lines(drawing).length) return end === "skipped" ? "Skipped" : "Nothing drawn";
  const first = guesses[0]?.[0];
  const took = !first ? "I could not tell"
    : unknown ? `I could not tell; perhaps ${phrase(first)}` : `I saw ${phrase(first)}`;
  return end === "skipped" ? `Skipped; ${took}` : took;
}

/* The newest state of the six: done, now or to come. */
export function showSlots(list, rounds, now) {
  list.replaceChildren(...rounds.map((round, at) => {
    const slot = make("li");
    const state = round.end ? (round.won ? "won" : "lost") : at === now ? "now" : "next";
    slot.dataset.state = state;
    const said = { won: "guessed", lost: "not guessed", now: "now", next: "to come" }[state];
    slot.setAttribute("aria-label", `${at + 1}: ${round.end ? round.word + ", " : ""}${said}`);
    if (round.end) slot.append(picture(thinned(lines(round.drawing), 12)));
    else slot.append(make("span", { textContent: String(at + 1) }));
    return slot;
  }));
}

function guessRow([word, chance], asked) {
  const row = make("li");
  const bar = make("i");
  bar.style.setProperty("--part", chance);
  row.dataset.right = String(word === asked);
  row.append(make("span", { textContent: word }), bar, make("small", { textContent: percent(chance) }));
  return row;
}

/* toDraw(round): what the card's button does. */
export function endCard(round, toDraw) {
  const card = make("li", { className: "dd-game-card" });
  const view = make("div", { className: "dd-game-picture" });
  const { word, won, drawing, guesses } = round, flats = lines(drawing);
  card.dataset.won = String(won);
  if (flats.length) view.append(picture(thinned(flats)));
  else view.append(make("p", { textContent: "nothing drawn" }));
  const head = make("header"), name = make("h3", { textContent: word });
  head.append(name, make("p", { className: "dd-game-verdict", textContent: verdict(round) }));
  const taken = make("ol", { className: "dd-game-taken" });
  taken.setAttribute("aria-label", "What I took it for");
  taken.append(...guesses.slice(0, 3).map((guess) => guessRow(guess, word)));
  card.append(view, head, taken);
  if (flats.length) {
    const open = make("button", { className: "dd-quiet", textContent: "Open on Draw" });
    open.type = "button";
    open.setAttribute("aria-label", `Open ${word} on the Draw page`);
    open.addEventListener("click", () => toDraw(round));
    card.append(open);
  }
  return card;
}

/* "I knew four of your six" and the like. */
export function summary(rounds) {
  const won = rounds.filter((round) => round.won);
  const [some, all] = [won, rounds].map(({ length }) => numeral(length).toLowerCase());
  const title = rounds.length === 1 ? (won.length ? "I knew it!" : "I did not know it")
    : won.length === rounds.length ? `I knew all ${all}!`
    : won.length ? `I knew ${some} of ${all}` : "I knew none of them";
  const time = won.reduce((sum, round) => sum + round.seconds, 0);
  const pace = won.length ? `On average after ${inSeconds(time / won.length)}.` : "";
  const tale = won.length ? pace : "Other eyes may be better than mine. Shall we try once more?";
  return { title, tale };
}
