/* Which words a game asks for. */

/* Numbers from 0 to 1: from the seed when one is given, else by chance. */
export function createChance(seed) {
  if (seed === undefined || seed === "") return Math.random;
  let state = Number(seed) >>> 0;
  return () => {                                     // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/* `n` of the words, none twice, and none from `before` while there are enough others. */
export function deal(words, n, before, chance) {
  const fresh = words.filter((word) => !before.has(word));
  if (fresh.length < n) before.clear();
  const pool = fresh.length < n ? [...words] : fresh;
  return Array.from({ length: n }, () => pool.splice(Math.floor(chance() * pool.length), 1)[0]);
}
