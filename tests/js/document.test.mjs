/* The drawing on the canvas: its history and the wire form. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createDocument, LIMITS, parseDrawing } from "../../doodle/ui/canvas/document.js";

const stroke = (x, more = {}) => ({ points: [x, 0, 0, 0.5, x, 10, 5, 0.5], width: 6, ...more });
const xs = (doc) => doc.strokes.map(({ points }) => points[0]);

function paper() {
  const news = [];
  const doc = createDocument({ onChange: (why) => news.push(why), onFull: () => news.push("full") });
  return { doc, news };
}

test("undo and redo walk through every step, and a new step ends what was undone", () => {
  const { doc, news } = paper();
  for (const x of [1, 2, 3]) doc.commit([...doc.strokes, stroke(x)], "stroke");
  doc.undo();
  doc.undo();
  assert.deepEqual(xs(doc), [1]);
  doc.redo();
  assert.deepEqual(xs(doc), [1, 2]);
  doc.commit([...doc.strokes, stroke(9)], "stroke", { run: "7" });
  assert.equal(doc.canRedo, false);
  assert.deepEqual(xs(doc), [1, 2, 9]);
  assert.deepEqual(doc.undo().note, { run: "7" });   // travels with its step
  assert.deepEqual(news, ["stroke", "stroke", "stroke", "undo", "undo", "redo", "stroke", "undo"]);
});

test("nothing to undo gives null", () => {
  const { doc } = paper();
  assert.equal(doc.undo(), null);
  assert.equal(doc.redo(), null);
});

test("a change shown bit by bit is one step once it is closed", () => {
  const { doc } = paper();
  doc.commit([stroke(1), stroke(2)], "stroke");
  const before = doc.strokes;
  doc.show([stroke(1)]);
  doc.show([]);
  doc.close(before, "erase");
  assert.deepEqual(xs(doc), []);
  doc.undo();
  assert.deepEqual(xs(doc), [1, 2]);
  doc.close(doc.strokes, "erase");                  // nothing was rubbed out: no step
  assert.equal(doc.last.why, "stroke");
});

test("loading is a step when it can be undone, else the history starts anew", () => {
  const { doc } = paper();
  doc.commit([stroke(1)], "stroke");
  doc.load([stroke(2)], true);
  doc.undo();
  assert.deepEqual(xs(doc), [1]);
  doc.load([stroke(3)], false);
  assert.equal(doc.canUndo, false);
});

test("a full drawing takes no more", () => {
  const { doc, news } = paper();
  const many = Array.from({ length: LIMITS.strokes }, (_, i) => stroke(i));
  assert.ok(doc.commit(many, "stroke"));
  assert.equal(doc.commit([...many, stroke(0)], "stroke"), false);
  assert.equal(news.at(-1), "full");
  assert.ok(doc.commit(many.slice(1), "erase"));
});

test("history is bounded", () => {
  const { doc } = paper();
  for (let i = 0; i < LIMITS.history + 20; i++) doc.commit([stroke(i)], "stroke");
  let steps = 0;
  while (doc.undo()) steps += 1;
  assert.equal(steps, LIMITS.history);
});

test("the wire form is read as it was written, tags and widths included", () => {
  const { doc } = paper();
  doc.commit([stroke(1), stroke(2, { width: 9, tag: "lion" })], "stroke");
  const text = doc.serialize(), wire = JSON.parse(text);
  assert.deepEqual(wire.tags, ["", "lion"]);
  assert.deepEqual([wire.w, wire.h, wire.widths], [1000, 750, [6, 9]]);
  const again = paper().doc;
  again.load(parseDrawing(text), false);
  assert.equal(again.serialize(), text);
});

test("a drawing of another size is fitted to the page", () => {
  const [only] = parseDrawing({ w: 250, h: 250, strokes: [[0, 0, 0, 0.5, 250, 250, 9, 0.5]], widths: [2] });
  assert.deepEqual(only, { points: [125, 0, 0, 0.5, 875, 750, 9, 0.5], width: 6, tag: "" });
});

test("what is no drawing is refused, and nothing is an empty one", () => {
  const rows = [[1, 2], [1, 2, 3, NaN], [1e10, 0, 0, 0]];
  const none = ["{", "[]", {}, ...rows.map((one) => ({ strokes: [one] }))];
  for (const source of none) assert.equal(parseDrawing(source), null);
  for (const source of ["", null, undefined]) assert.deepEqual(parseDrawing(source), []);
});
