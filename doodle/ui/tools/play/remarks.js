/* What the game says of a drawing under way: guesses, each once a round, and doubts. */
import { phrase } from "../../shared/wording.js";

const LIKELY = 0.05;                                 // guesses below are not worth a word
const OPENERS = ["I see", "Or", "Now I see", "Maybe", "It could be", "Or"];
const DOUBTS = [
  "I see nothing I know yet…", "Hmm, I cannot tell yet…", "Still nothing I know. Draw on…",
];
const WAVERS = "Now I am not so sure any more…";
const RECALLED = 6;                                  // guesses that are listed as said before

/**
 * @param {object} on
 * @param {(text: string, isNew: boolean) => void} on.say shows a sentence; new ones are read aloud
 * @param {(text: string) => void} on.recall shows the guesses that were said before
 */
export function createRemarks({ say, recall }) {
  let said = new Set(), doubts = 0;

  const list = () => [...said].slice(-RECALLED).map(phrase).join(", ");
  function tell(text, isNew) {
    recall(list() && `before: ${list()}`);
    say(text, isNew);
  }

  return {
    /** A round begins. */
    reset() {
      said = new Set();
      doubts = 0;
    },
    /** @param {[string, number][]} guesses words and their chances, best first */
    guess(guesses) {
      const likely = guesses.filter(([word, chance]) => chance >= LIKELY && !said.has(word));
      const fresh = likely.slice(0, 2).map(([word]) => word);
      if (!fresh.length) return;
      const opener = OPENERS[Math.min(said.size, OPENERS.length - 1)];
      tell(`${opener} ${fresh.map(phrase).join("… or ")}…`, true);
      for (const word of fresh) said.add(word);
    },
    /** Nothing is likely enough to be named; read aloud only the first time in a round. */
    doubt() {
      const text = said.size ? WAVERS : DOUBTS[Math.min(doubts, DOUBTS.length - 1)];
      doubts += 1;
      tell(text, doubts === 1);
    },
  };
}
