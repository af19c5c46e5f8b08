/* The clock of a round. It runs only while the drawing can be seen, and tells the time ten times a
 * second. on: tick(left, total), out(). Times in seconds. */
export function createClock(isSeen, on) {
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
  function stop() {
    clearInterval(timer);
    timer = 0;
  }

  return {
    start(seconds) {
      total = seconds;
      spent = 0;
      on.tick(total, total);
      run();
    },
    resume() { if (spent < total) run(); },
    stop,
    get spent() { return Math.min(spent, total); },
    get total() { return total; },
    get running() { return timer !== 0; },
  };
}
