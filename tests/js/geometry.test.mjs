/* Geometry of ink. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  along, boundsOf, cutInk, discInterval, inkLength, isNear, lineDistance, pointCount, svgSink, traceInk,
  widthRuns,
} from "../../doodle/ui/canvas/geometry.js";
import { rejoined, tagNear, tagWithin } from "../../doodle/ui/canvas/tags.js";

/* x, y pairs as points of one second apart, at a mouse's pressure */
const ink = (...pairs) => pairs.flatMap(([x, y], i) => [x, y, 1000 * i, 0.5]);
const LINE = ink([0, 0], [100, 0], [200, 0]);

function svg(points) {
  const sink = svgSink();
  traceInk(points, 0, pointCount(points) - 1, sink);
  return sink.text();
}

test("lengths, bounds and distances", () => {
  assert.equal(inkLength(LINE), 200);
  assert.deepEqual(boundsOf(LINE), [0, 0, 200, 0]);
  assert.equal(lineDistance(LINE, 50, 30), 30);
  assert.equal(lineDistance(LINE, -30, 40), 50);     // to the segment, not to the line through it
  assert.ok(isNear(LINE, 210, 5, 10) && !isNear(LINE, 211, 0, 10));
});

test("the part of a segment in a disc", () => {
  assert.deepEqual(discInterval(0, 0, 100, 0, 50, 0, 10), [0.4, 0.6]);
  assert.equal(discInterval(0, 0, 100, 0, 50, 11, 10), null);
  assert.deepEqual(discInterval(3, 0, 3, 0, 0, 0, 5), [0, 1]);
});

test("a curve goes through every point and keeps sharp corners", () => {
  assert.equal(svg(ink([0, 0], [100, 0], [100, 100])), "M0 0L100 0L100 100");
  const round = svg(ink([0, 0], [100, 0], [200, 40]));
  assert.ok(/^M0 0C.* 100 0C.* 200 40$/.test(round), round);
  assert.equal(svg(ink([7, 7])), "M7 7L7.01 7");      // a dot
});

test("the eraser cuts a line in two and leaves no crumbs", () => {
  const pieces = cutInk(LINE, 100, 0, 20);
  assert.deepEqual(pieces.map((piece) => [piece[0], piece.at(-4)]), [[0, 80], [120, 200]]);
  assert.equal(pieces[0].at(-2), 800);               // time is interpolated too
  assert.equal(cutInk(LINE, 100, 50, 20), null);
  assert.deepEqual(cutInk(LINE, 100, 0, 500), []);
  assert.deepEqual(cutInk(ink([5, 5]), 5, 5, 2), []);
  assert.equal(cutInk(LINE, -9.5, 0, 10)[0][0], 0.5);
});

test("points between points are rounded as the wire form is", () => {
  assert.deepEqual(along(ink([0, 0], [1, 1]), 0, 1 / 3), [0.33, 0.33, 333, 0.5]);
});

test("steady pressure is one run of one width, a swelling line several that join", () => {
  assert.deepEqual(widthRuns({ points: LINE, width: 6 }), [{ width: 6, first: 0, last: 2 }]);
  const swelling = Array.from({ length: 20 }, (_, i) => [i * 10, 0, i, i / 20]).flat();
  const runs = widthRuns({ points: swelling, width: 6 });
  assert.ok(runs.length > 3);
  for (let i = 1; i < runs.length; i++) assert.equal(runs[i].first, runs[i - 1].last);
});

test("a tag within a disc cuts the stroke there, and equal neighbours join again", () => {
  const tagged = tagWithin([{ points: LINE, width: 6, tag: "" }], 100, 0, 20, "lion");
  assert.deepEqual(tagged.map(({ tag }) => tag), ["", "lion", ""]);
  assert.deepEqual(rejoined(tagged).map(({ tag }) => tag), ["", "lion", ""]);
  const [one] = rejoined(tagged.map((stroke) => ({ ...stroke, tag: "lion" })));
  assert.deepEqual([one.points[0], one.points.at(-4), inkLength(one.points)], [0, 200, 200]);
  assert.equal(tagWithin(tagged, 100, 0, 10, "lion"), null);
});

test("a tap tags whole strokes within reach", () => {
  const strokes = [{ points: LINE, width: 6 }, { points: ink([0, 90], [9, 90]), width: 6 }];
  assert.deepEqual(tagNear(strokes, 50, 4, 5, "cat").map(({ tag }) => tag), ["cat", undefined]);
  assert.equal(tagNear(strokes, 50, 50, 5, "cat"), null);
});
