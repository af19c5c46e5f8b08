/* What is said of doodles between two words. */
import { numeral, percent, phrase } from "../../shared/wording.js";

const BOTH = 0.05;          // chance of the less likely word, below which it can hardly be seen

/**
 * What the recogniser makes of one: the chance of either word.
 * @param {number[]} seen
 * @param {string[]} words
 */
export function bothSeen(seen, words) {
  const chances = words.map((word, i) => `${percent(seen[i])} that it is ${phrase(word)}`);
  return `The recogniser's chances: ${chances.join(", ")}. The number in the corner is the smaller one,`
    + " by its share of the mix: 1 where both are seen as much as was asked for";
}

/**
 * Says so where one of the words can hardly be seen in any of them, or all look more like the same one.
 * @param {{ seen?: number[] }[]} doodles
 * @param {string[]} words
 * @returns {string} "" where both can be seen
 */
export function oneSided(doodles, words) {
  const seen = doodles.flatMap((one) => (one.seen ? [one.seen] : []));
  if (!seen.length) return "";
  const first = seen.filter(([one, other]) => one > other).length, second = seen.length - first;
  const [most, least] = first >= second ? words : [words[1], words[0]];
  if (!first || !second) return ` All look more like ${phrase(most)} than ${phrase(least)}.`;
  if (seen.some((both) => Math.min(...both) >= BOTH)) return "";
  const counts = [first, second].map((n) => numeral(n).toLowerCase());
  return ` I cannot make out both in any of them: ${counts[0]} look more like ${phrase(words[0])},`
    + ` ${counts[1]} more like ${phrase(words[1])}.`;
}
