/* The canvas' reader of ink logs, with the logs that tests/ui/test_protocol.py writes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createGhosts } from "../../doodle/ui/canvas/ghosts.js";
import { logOf } from "../../doodle/ui/tools/draw/log.js";

const LOGS = JSON.parse(readFileSync(new URL("../data/ink_logs.json", import.meta.url), "utf8"));

/* Ghosts without a canvas; `frame(ms)` lets so much time pass. */
function ghostsOnPaper({ isStill = true } = {}) {
  const messages = [];
  const painted = { stroke() {}, set strokeStyle(_) {}, set lineWidth(_) {}, set globalAlpha(_) {} };
  globalThis.Path2D = class { moveTo() {} lineTo() {} bezierCurveTo() {} addPath() {} };
  const ghosts = createGhosts({
    view: { invalidate() {}, pixel: 1 },
    isStill: () => isStill, isEmpty: () => false, onChange() {}, onMessage: (text) => messages.push(text),
  });
  let now = performance.now();
  const frame = (ms = 100) => ghosts.paint(painted, { faint: 1 }, now += ms);
  return { ghosts, messages, frame };
}

const seen = (ghosts) => ghosts.list().map(({ id, strokes, score, done }) => ({ id, strokes, score, done }));

for (const { name, log, read } of LOGS) {
  test(name, () => {
    const { ghosts, messages } = ghostsOnPaper();
    ghosts.feed(log);
    assert.equal(ghosts.mode, read.mode);
    assert.equal(ghosts.word, read.word);
    assert.deepEqual(seen(ghosts), read.ghosts);
    assert.deepEqual(messages, read.messages ?? []);
  });

  test(`${name}, in pieces that end anywhere`, () => {
    const { ghosts, messages } = ghostsOnPaper();
    for (let end = 1; end <= log.length; end++) ghosts.feed(log.slice(0, end));
    assert.deepEqual(seen(ghosts), read.ghosts);
    assert.deepEqual(messages, read.messages ?? []);
  });
}

test("late news of an older run are not read", () => {
  const { ghosts } = ghostsOnPaper();
  ghosts.feed("R 5\nB 1 complete cat\n0 + 1 1 2 2\n");
  ghosts.feed("R 4\nB 1 complete dog\n0 + 9 9\nD\n");
  assert.equal(ghosts.word, "cat");
  assert.equal(ghosts.run, "5");
});

test("a newer run takes the place of the older", () => {
  const { ghosts } = ghostsOnPaper();
  ghosts.feed(LOGS[0].log);
  ghosts.feed("R 9\nB 1 complete dog\n0 + 9 9 8 8\n");
  assert.deepEqual(ghosts.list().map(({ strokes }) => strokes), [[[9, 9, 8, 8]]]);
});

test("numbers that are none are left out", () => {
  const { ghosts } = ghostsOnPaper();
  ghosts.feed("R 1\nB 1 complete cat\n0 + 1 1 NaN 2 x y 3 3\n");
  assert.deepEqual(ghosts.list()[0].strokes, [[1, 1, 3, 3]]);
});

test("ink flows at the pen's speed, and Stop keeps what has flowed", () => {
  const { ghosts, frame } = ghostsOnPaper({ isStill: false });
  ghosts.feed("R 1\nB 1 complete cat\n0 + 0 0 900 0\n");
  frame(0);
  frame(100);                                        // 900 units a second
  assert.ok(Math.abs(ghosts.list()[0].shown - 0.111) < 0.01);
  assert.equal(ghosts.state, "inking");
  assert.ok(ghosts.halt());
  const [[, , end]] = ghosts.list()[0].strokes;
  assert.ok(end > 80 && end < 120);
  ghosts.feed("R 1\nB 1 complete cat\n0 + 0 0 900 0\n0 + 5 5 6 6\nD\n");
  assert.equal(ghosts.list()[0].strokes.length, 1);  // what was on its way is not read
  assert.equal(ghosts.state, "done");
});

test("dismissed endings stay away until they are reopened", () => {
  const { ghosts } = ghostsOnPaper();
  ghosts.feed(LOGS[1].log);
  assert.equal(ghosts.selected, 4);
  assert.ok(ghosts.dismiss());
  assert.equal(ghosts.state, "empty");
  ghosts.reopen("2.000000");
  assert.equal(ghosts.count, 2);
});

test("a kept run is written as the canvas reads it", () => {
  const { ghosts } = ghostsOnPaper();
  const list = [
    { id: 4, strokes: [[8, 8, 9, 9]], score: 0.91 }, { id: 0, strokes: [[1, 2], [3, 4, 5, 6]], score: null },
  ];
  ghosts.feed(logOf({ mode: "again", word: "cat", n: 2, base: "", list }, 17.5));
  assert.equal(ghosts.run, "17.500010");
  assert.equal(ghosts.mode, "again");
  assert.deepEqual(seen(ghosts), list.map((one) => ({ ...one, done: true })));
});

test("better endings leave alone what the visitor has chosen", () => {
  const { ghosts } = ghostsOnPaper();
  ghosts.feed("R 1\nB 2 complete cat\n0 + 1 1 2 2\n1 + 5 5 6 6\nK 0 0.5\nK 1 0.4\nD\n");
  ghosts.select(1);
  ghosts.feed(
    "R 1\nB 2 complete cat\n0 + 1 1 2 2\n1 + 5 5 6 6\nK 0 0.5\nK 1 0.4\nD\n"
    + "U\n7 + 9 9 8 8\nF 7\nK 7 0.9 traced\nD\n",
  );
  assert.deepEqual(ghosts.list().map(({ id, shown, traced }) => [id, shown, traced]),
    [[7, 1, true], [1, 1, false]]);
  assert.equal(ghosts.selected, 1);
  assert.equal(ghosts.state, "done");
});

test("after Stop nothing better comes", () => {
  const { ghosts, frame } = ghostsOnPaper({ isStill: false });
  const log = "R 1\nB 1 complete cat\n0 + 1 1 900 2\nK 0 0.5\nD\n";
  ghosts.feed(log);
  frame(10);
  ghosts.halt();
  ghosts.feed(`${log}U\n7 + 9 9 8 8\nK 7 0.9\nD\n`);
  assert.deepEqual(ghosts.list().map(({ id }) => id), [0]);
});

test("better endings never make more than there were or were found", () => {
  const { ghosts } = ghostsOnPaper();
  const log = "R 1\nB 2 complete cat\n0 + 1 1 2 2\n1 + 5 5 6 6\nK 0 0.5\nK 1 0.4\nD\n";
  ghosts.feed(log);
  ghosts.select(1);
  ghosts.feed(`${log}U\n7 + 9 9 8 8\n8 + 9 9 8 8\nK 7 0.9\nK 8 0.8\nD\n`);
  assert.deepEqual(ghosts.list().map(({ id }) => id), [7, 1]);
});
