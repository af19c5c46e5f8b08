/* The edits of a face, one after the other, each with its strength. */

/** @typedef {{ text: string, strength: number }} Edit */

export const MOST = 8;
export const LEAST_STRENGTH = -3;
export const MOST_STRENGTH = 3;

const same = (one, other) => one.toLowerCase() === other.toLowerCase();

/** A strength within bounds, in steps of the sliders. @param {number} value */
export function within(value) {
  const kept = Math.min(Math.max(Number(value) || 0, LEAST_STRENGTH), MOST_STRENGTH);
  return Math.round(kept * 20) / 20;
}

/** A strength in words: "+1", "-0.5", "0" @param {number} value */
export function signed(value) {
  return (value > 0 ? "+" : "") + String(Number(value.toFixed(2)));
}

/** @param {(structure: boolean) => void} changed whether edits came, went or moved */
export function createStack(changed) {
  /** @type {Edit[]} */
  let list = [];
  let at = -1;

  const stack = {
    get edits() { return list; },
    get at() { return at; },
    /** @returns {Edit | null} */
    get chosen() { return list[at] ?? null; },
    /** As Python takes them. @returns {[string, number][]} */
    asked: () => list.map(({ text, strength }) => [text, strength]),
    /** @param {string} text */
    find: (text) => list.findIndex((one) => same(one.text, text)),

    /**
     * Adds an edit and chooses it; one of the same text is chosen instead.
     * @returns {boolean} whether there was room
     */
    add(/** @type {string} */ text, strength = 1) {
      const tidy = text.trim().replace(/\s+/g, " "), there = stack.find(tidy);
      if (!tidy) return false;
      if (there >= 0) {
        stack.choose(there);
        return true;
      }
      if (list.length >= MOST) return false;
      list = [...list, { text: tidy, strength: within(strength) }];
      at = list.length - 1;
      changed(true);
      return true;
    },
    /** @param {number} i */
    choose(i) {
      at = Math.min(Math.max(i, -1), list.length - 1);
      changed(true);
    },
    /** @param {number} i @param {number} strength */
    set(i, strength) {
      if (!list[i] || list[i].strength === within(strength)) return;
      list = list.map((one, k) => (k === i ? { ...one, strength: within(strength) } : one));
      changed(false);
    },
    /** @param {number} i */
    remove(i) {
      list = list.filter((_, k) => k !== i);
      if (at >= i) at = Math.max(at - 1, list.length ? 0 : -1);
      changed(true);
    },
    /** One place earlier. @param {number} i */
    raise(i) {
      if (i < 1 || !list[i]) return;
      list = list.toSpliced(i - 1, 2, list[i], list[i - 1]);
      if (at === i) at = i - 1;
      else if (at === i - 1) at = i;
      changed(true);
    },
    /** @param {[string, number][]} edits */
    replace(edits) {
      list = edits.slice(0, MOST).map(([text, strength]) => ({ text, strength: within(strength) }));
      at = list.length - 1;
      changed(true);
    },
  };
  return stack;
}

/**
 * One face of nobody, and the second one with its share where two are mixed.
 * @typedef {{ seed: number, number: number }} One
 * @typedef {One & { second?: One & { share: number } }} Origin
 */

/**
 * The seeds and numbers that a face of nobody is made of, from its id; null for a photograph's.
 * @param {string} id "seed/number", or those of two and the share of the first, with stars between
 * @returns {Origin | null}
 */
export function originOf(id) {
  const found = /^(\d+)\/(\d+)(?:\*(\d+)\/(\d+)\*([\d.]+))?$/.exec(id || "");
  if (!found) return null;
  const [seed, number, otherSeed, otherNumber, share] = found.slice(1).map(Number);
  if (found[3] === undefined) return { seed, number };
  return { seed, number, second: { seed: otherSeed, number: otherNumber, share } };
}
