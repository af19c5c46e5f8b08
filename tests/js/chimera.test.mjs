/* Chimera's edge map under edit, and marks on a picture. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createEdgeMap } from "../../doodle/ui/tools/chimera/edgemap.js";
import { marksOf } from "../../doodle/ui/tools/chimera/marks.js";

const SIDE = 8;
function filled() {
  const map = createEdgeMap(), levels = new Uint8Array(SIDE * SIDE);
  levels.fill(255, 3 * SIDE, 4 * SIDE);              // one level line
  map.replace(levels, SIDE);
  return map;
}
function row(map, y) {
  const levels = [...map.levels.slice(y * SIDE, (y + 1) * SIDE)];
  return levels.map((level) => (level ? 1 : 0)).join("");
}

test("a stroke is one step that can be undone, redone and reset", () => {
  const map = filled();
  map.begin({ x: 1, y: 1 }, 1, 255);
  map.move({ x: 4, y: 1 }, 1);
  assert.ok(map.isDrawing);
  assert.ok(map.end());
  assert.equal(row(map, 1), "01111000");
  assert.ok(map.isEdited && map.canUndo);
  assert.ok(map.undo());
  assert.equal(map.isEdited, false);
  assert.ok(map.redo() && !map.redo());
  map.reset();
  assert.equal(map.isEdited, false);
  map.undo();
  assert.equal(row(map, 1), "01111000");
});

test("pens snap to whole pixels, erasers take a disc", () => {
  const map = filled();
  map.begin({ x: 2, y: 6 }, 2, 255);
  map.end();
  assert.deepEqual([row(map, 5), row(map, 6)], ["01100000", "01100000"]);
  map.begin({ x: 4.2, y: 3.5 }, 3, 0);
  map.end();
  assert.equal(row(map, 3), "11100011");
});

test("a stroke that changes nothing is no step, and a cancelled one leaves nothing", () => {
  const map = filled();
  map.begin({ x: 0, y: 3 }, 1, 255);
  assert.equal(map.end(), false);
  map.begin({ x: 0, y: 0 }, 1, 255);
  map.cancel();
  assert.deepEqual([map.isEdited, map.canUndo, map.isDrawing], [false, false, false]);
});

test("the same map again keeps the history, another ends it", () => {
  const map = filled(), same = map.levels.slice();
  map.begin({ x: 0, y: 0 }, 1, 255);
  map.end();
  map.replace(same, SIDE);
  assert.ok(map.canUndo);
  map.replace(new Uint8Array(SIDE * SIDE), SIDE);
  assert.equal(map.canUndo, false);
  assert.deepEqual(map.rows(), [0, SIDE]);
  assert.deepEqual(filled().rows(), [3, 4]);
  map.replace(null, SIDE);
  assert.equal(map.levels, null);
});

test("marks lie in the picture's own pixels, and are never too many", () => {
  const box = { x: 100, y: 50, scale: 2 };
  const flat = [];
  for (let x = 100; x <= 200; x += 10) flat.push(x, 50, 0, 0.5);
  const marks = marksOf({ strokes: [flat, [300, 150, 0, 0.5]], tags: ["lion"] }, box);
  const lion = [0, 15, 30, 45].map((x) => [x, 0, "lion"]);
  assert.deepEqual(marks, [...lion, [100, 50, "unknown"]]);
  const long = Array.from({ length: 900 }, (_, i) => [i * 30, 0, 0, 0.5]).flat();
  assert.ok(marksOf({ strokes: [long] }, box).length <= 200);
});
