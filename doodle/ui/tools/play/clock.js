/* The clock of a round. It runs only while the drawing can be seen, and tells the time ten times a
 * second. on: tick(left, total), out(). Times in seconds. */
function createClock(isSeen, on) {
  const BEAT = 100;                                  // ms
  let total = 0, spent = 0, last = 0, timer = 0;

  function beat() {
    const now = performance.now();
    if (isSeen()) spent += (now - last) / 1000;      // a hidden page stops the clock
    last = now;
    on.tick(Math.max(0, total - spent), total);
    if (spent < total) return;
    stop();
    on.out();
  }
  function run() {
    stop();
    last = performance.now();
    timer = setInterval(beat, BEAT);
  }
  function stop() { clearInterval(timer); timer = 0; }

  return {
    start(seconds) { total = seconds; spent = 0; on.tick(total, total); run(); },
    resume() { if (spent < total) run(); },
    stop,
    get spent() { return Math.min(spent, total); },
    get total() { return total; },
    get running() { return timer !== 0; },
  };
}

/* Numbers from 0 to 1: from the seed when one is given, else by chance. */
function createChance(seed) {
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
function deal(words, n, before, chance) {
  const fresh = words.filter((word) => !before.has(word));
  if (fresh.length < n) before.clear();
  const pool = fresh.length < n ? [...words] : fresh;
  return Array.from({ length: n }, () => pool.splice(Math.floor(chance() * pool.length), 1)[0]);
}
