/* What the tools share: strokes, wording, run state, and how parts find each other. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createSignal } from "../../doodle/ui/shared/signal.js";
import { composed, frame, lines, onPaper, onSquare, path, thinned } from "../../doodle/ui/shared/strokes.js";
import { counted, percent, phrase, score } from "../../doodle/ui/shared/wording.js";
import { expose, mounted, serve, whenMounted } from "../../doodle/ui/shell/mount.js";

const WIRE = { v: 1, w: 1000, h: 750, strokes: [[0, 0, 0, 0.5, 10, 0, 50, 0.5]], widths: [6] };

test("strokes as flat lists, of text or objects", () => {
  assert.deepEqual(lines(WIRE), [[0, 0, 10, 0]]);
  assert.deepEqual(lines(JSON.stringify(WIRE)), [[0, 0, 10, 0]]);
  assert.deepEqual([lines(""), lines(null)], [[], []]);
});

test("an ending follows the drawing in time, a whole drawing takes its place", () => {
  const ended = JSON.parse(composed(JSON.stringify(WIRE), [[10, 0, 10, 30]], "complete"));
  assert.deepEqual(ended.strokes[1], [10, 0, 200, 0.5, 10, 30, 230, 0.5]);
  assert.equal("widths" in ended, false);
  assert.equal(JSON.parse(composed(JSON.stringify(WIRE), [[1, 1, 2, 2]], "draw")).strokes.length, 1);
});

test("a drawing of any size lies in the middle of the paper, a doodle in its square", () => {
  const [flat] = lines(onPaper([[0, 0, 10, 0, 10, 20]]));
  assert.deepEqual(flat, [357.5, 90, 642.5, 90, 642.5, 660]);
  assert.deepEqual(onSquare([[1, 1, 2, 2]]).widths, [4]);
});

test("pictures: boxes, paths and fewer points", () => {
  assert.equal(frame([]), "0 0 100 100");
  assert.equal(frame([[0, 0, 100, 50]], 0), "0 -25 100 100");
  assert.equal(frame([[0, 0, 100, 50]], 0, false), "0 0 100 50");
  assert.equal(path([[1, 2], [0, 0, 3, 4]]), "M1 2h0M0 0L3 4");
  assert.deepEqual(thinned([[0, 0, 1, 0, 2, 0, 9, 0, 10, 0]]), [[0, 0, 9, 0, 10, 0]]);
});

test("words and numbers", () => {
  const said = [
    "cat", "apple", "eyeglasses", "bus", "hourglass", "The Eiffel Tower", "a sad owl", "",
  ].map(phrase);
  assert.deepEqual(said, [
    "a cat", "an apple", "eyeglasses", "a bus", "an hourglass", "The Eiffel Tower", "a sad owl", "something",
  ]);
  assert.deepEqual([0.001, 0, 0.374].map(percent), ["<1 %", "0 %", "37 %"]);
  assert.deepEqual([null, 0.001, 0.374, 0.999].map(score), ["", "<.01", ".37", "1.0"]);
  assert.deepEqual([counted(1, "ending"), counted(9, "way"), counted(36, "doodle")],
    ["One ending", "Nine ways", "36 doodles"]);
});

test("a signal reaches all that listen, even after one of them fails", (t) => {
  t.mock.method(console, "error", () => {});
  const signal = createSignal(), heard = [];
  signal.listen(() => { throw new Error("broken"); });
  signal.listen((news) => heard.push(news));
  signal.send(7);
  assert.deepEqual(heard, [7]);
});

test("parts mount in whatever order script and components arrive", async () => {
  const element = { parentElement: { closest: () => ({ id: "walls" }) } };
  const page = [["late", { element, n: 1 }], ["missing", { element, n: 2 }]];
  const early = whenMounted("late");
  page.modules = { "late.js": { mount: ({ n }) => `late ${n}` } };
  serve(page);
  assert.equal(await early, "late 1");
  assert.equal(mounted("#walls"), "late 1");
  assert.equal(page.length, 1);                      // its module comes with another script
  page.modules["missing.js"] = { mount: ({ n }) => `found ${n}` };
  serve(page);
  assert.equal(await whenMounted("missing"), "found 2");
  page.push(["late", { element, n: 3 }]);
  assert.equal(mounted("late"), "late 3");
});

test("functions for Python's js= strings have one owner each", () => {
  const page = Object.assign([], { modules: {} });
  serve(page);
  expose("test.twice", (n) => 2 * n);
  assert.equal(page.call("test.twice", 21), 42);
  assert.throws(() => expose("test.twice", () => 0), /two functions/);
  assert.throws(() => page.call("test.none"), /no function/);
});
