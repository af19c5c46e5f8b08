/* Words and numbers as the page says them. */
const NUMBERS = [
  "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
  "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen",
];

/** "a cat", "an apple", "eyeglasses", "The Eiffel Tower" @param {string} word */
export function phrase(word) {
  const text = (word || "").trim();
  if (!text) return "something";
  if (/^(a|an|the|some|my|your) /i.test(text)) return text;
  if (/s$/i.test(text) && !/(ss|us|os)$/i.test(text)) return text;
  return (/^([aeiou]|hour)/i.test(text) ? "an " : "a ") + text;
}

/** A probability: "<1 %", "37 %" @param {number} chance */
export function percent(chance) {
  return (chance > 0 && chance < 0.005 ? "<1" : Math.round(100 * chance)) + " %";
}

/** A score from 0 to 1 in two digits: ".37"; nothing where there is none. @param {number | null} value */
export function score(value) {
  if (value == null) return "";
  return value >= 0.995 ? "1.0" : value < 0.005 ? "<.01" : value.toFixed(2).slice(1);
}

/**
 * What a score means.
 * @param {number} value
 * @param {string} what
 */
export function scored(value, what) {
  return `The recogniser's chance that this is ${what}: ${percent(value)}`;
}

/** "Nine", or the digits of a large number @param {number} n */
export function numeral(n) {
  return NUMBERS[n] ?? String(n);
}

/**
 * "Nine endings", "One ending"
 * @param {number} n
 * @param {string} thing
 */
export function counted(n, thing) {
  return `${numeral(n)} ${thing}${n === 1 ? "" : "s"}`;
}
