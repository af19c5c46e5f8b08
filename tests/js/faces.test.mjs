/* The edits of a face in their order, and what a face of nobody is made of. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createStack, MOST, originOf, signed, within } from "../../doodle/ui/tools/faces/model.js";

function stackOf(...texts) {
  const heard = [], stack = createStack((structure) => heard.push(structure));
  for (const text of texts) stack.add(text);
  heard.length = 0;
  return { stack, heard };
}

test("edits are added once, tidied, and the newest is the chosen one", () => {
  const { stack, heard } = stackOf("smiling", "  gray   hair ");
  assert.deepEqual(stack.asked(), [["smiling", 1], ["gray hair", 1]]);
  assert.equal(stack.chosen.text, "gray hair");
  assert.ok(stack.add("Smiling", 2));
  assert.deepEqual([stack.edits.length, stack.at, stack.chosen.strength], [2, 0, 1]);
  assert.equal(stack.add("   "), false);
  assert.deepEqual(heard, [true]);
});

test("there is room for so many and no more", () => {
  const { stack } = stackOf(...Array.from({ length: MOST }, (_, i) => `word ${i}`));
  assert.equal(stack.edits.length, MOST);
  assert.equal(stack.add("another"), false);
  assert.ok(stack.add("word 3"));
});

test("strengths keep to their bounds and steps, and say only what is new", () => {
  const { stack, heard } = stackOf("old");
  stack.set(0, 9);
  stack.set(0, 3);
  stack.set(5, 1);
  assert.deepEqual([stack.chosen.strength, heard], [3, [false]]);
  assert.deepEqual([within(0.333), within(-7), within("x")], [0.35, -3, 0]);
  assert.deepEqual([signed(1), signed(-0.5), signed(0), signed(0.15)], ["+1", "-0.5", "0", "+0.15"]);
});

test("who is moved or taken away leaves the choice where it was meant", () => {
  const { stack } = stackOf("a", "b", "c");
  stack.raise(2);
  assert.deepEqual([stack.edits.map(({ text }) => text).join(""), stack.at], ["acb", 1]);
  stack.raise(2);
  assert.deepEqual([stack.edits.map(({ text }) => text).join(""), stack.chosen.text], ["abc", "c"]);
  stack.raise(0);
  stack.remove(0);
  assert.equal(stack.chosen.text, "c");
  stack.remove(1);
  assert.equal(stack.chosen.text, "b");
  stack.remove(0);
  assert.deepEqual([stack.chosen, stack.at], [null, -1]);
});

test("kept edits come back, at most as many as there is room for", () => {
  const { stack } = stackOf("a");
  stack.replace([["old", 1.5], ["bald", 7]]);
  assert.deepEqual(stack.asked(), [["old", 1.5], ["bald", 3]]);
  assert.equal(stack.at, 1);
  stack.replace([]);
  assert.equal(stack.at, -1);
});

test("the id of a face of nobody says what it is made of, a photograph's nothing", () => {
  assert.deepEqual(originOf("12/3"), { seed: 12, number: 3 });
  const mixed = { seed: 0, number: 1, second: { seed: 7, number: 2, share: 0.25 } };
  assert.deepEqual(originOf("0/1*7/2*0.25"), mixed);
  for (const id of ["face-3", "face-3*7/2*0.25", "", undefined]) assert.equal(originOf(id), null);
});
