/* What a finished round looks like: a slot beside the paper, a card at the end. */
const NOTHING = '{"v":1,"w":1000,"h":750,"strokes":[]}';
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function make(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
const inSeconds = (seconds) => {
  const whole = Math.max(1, Math.round(seconds));
  return `${whole} second${whole === 1 ? "" : "s"}`;
};

/* One line on how it ended, in words. */
function verdict({ won, seconds, end, guesses, unknown, drawing }) {
  if (won) return unknown ? "A guess, at the last moment" : `I knew it in ${inSeconds(seconds)}`;
  if (!doodle.lines(drawing).length) return end === "skipped" ? "Skipped" : "Nothing drawn";
  const first = guesses[0]?.[0];
  const took = !first ? "I could not tell"
    : unknown ? `I could not tell; perhaps ${doodle.phrase(first)}` : `I saw ${doodle.phrase(first)}`;
  return end === "skipped" ? `Skipped; ${took}` : took;
}

/* The newest state of the six: done, now or to come. */
function showSlots(list, rounds, now) {
  list.replaceChildren(...rounds.map((round, at) => {
    const slot = make("li", "");
    const state = round.end ? (round.won ? "won" : "lost") : at === now ? "now" : "next";
    slot.dataset.state = state;
    const said = { won: "guessed", lost: "not guessed", now: "now", next: "to come" }[state];
    slot.setAttribute("aria-label", `${at + 1}: ${round.end ? round.word + ", " : ""}${said}`);
    if (round.end) slot.append(doodle.picture(doodle.thinned(doodle.lines(round.drawing), 12)));
    else slot.append(make("span", "", String(at + 1)));
    return slot;
  }));
}

function guessRow([word, chance], asked) {
  const row = make("li", "");
  const bar = make("i", "");
  bar.style.setProperty("--part", chance);
  row.dataset.right = String(word === asked);
  row.append(make("span", "", word), bar, make("small", "", doodle.percent(chance)));
  return row;
}

/* toDraw(round): what the card's button does. */
function endCard(round, toDraw) {
  const card = make("li", "dd-game-card"), picture = make("div", "dd-game-picture");
  const { word, won, drawing, guesses } = round, flats = doodle.lines(drawing);
  card.dataset.won = String(won);
  if (flats.length) picture.append(doodle.picture(doodle.thinned(flats)));
  else picture.append(make("p", "", "nothing drawn"));
  const head = make("header", ""), name = make("h3", "", word);
  head.append(name, make("p", "dd-game-verdict", verdict(round)));
  const taken = make("ol", "dd-game-taken");
  taken.setAttribute("aria-label", "What I took it for");
  taken.append(...guesses.slice(0, 3).map((guess) => guessRow(guess, word)));
  card.append(picture, head, taken);
  if (flats.length) {
    const open = make("button", "dd-quiet", "Open on Draw");
    open.type = "button";
    open.setAttribute("aria-label", `Open ${word} on the Draw page`);
    open.addEventListener("click", () => toDraw(round));
    card.append(open);
  }
  return card;
}

/* "I knew four of your six" and the like. */
function summary(rounds) {
  const won = rounds.filter((round) => round.won), counted = doodle.counted(won.length, "x").split(" ")[0];
  const all = doodle.counted(rounds.length, "x").split(" ")[0].toLowerCase();
  const title = rounds.length === 1 ? (won.length ? "I knew it!" : "I did not know it")
    : won.length === rounds.length ? `I knew all ${all}!`
    : won.length ? `I knew ${counted.toLowerCase()} of ${all}` : "I knew none of them";
  const time = won.reduce((sum, round) => sum + round.seconds, 0);
  const pace = won.length ? `On average after ${inSeconds(time / won.length)}.` : "";
  const tale = won.length ? pace : "Other eyes may be better than mine. Shall we try once more?";
  return { title, tale };
}
