/* Drawings kept in the browser, also those that an earlier version kept under another name. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createKeep } from "../../doodle/ui/canvas/io.js";

const kept = new Map();
Object.assign(globalThis, {
  window: new EventTarget(),
  document: new EventTarget(),
  localStorage: {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => kept.set(key, text),
    removeItem: (key) => kept.delete(key),
  },
});

function keeper(formerly) {
  const lifetime = new AbortController().signal;
  return createKeep("canvas:new", { lifetime, formerly, onFull: () => assert.fail("there is room") });
}

test("a drawing under the earlier name is found once and moved", () => {
  kept.set("doodle:canvas:old", "a cat");
  assert.equal(keeper("canvas:old").read(), "a cat");
  assert.deepEqual([...kept], [["doodle:canvas:new", "a cat"]]);
  assert.equal(keeper("canvas:old").read(), "a cat");
});

test("a newer drawing goes before an earlier one", () => {
  kept.set("doodle:canvas:old", "a cat").set("doodle:canvas:new", "a dog");
  assert.equal(keeper("canvas:old").read(), "a dog");
});

test("nothing kept, and no earlier name", () => {
  kept.clear();
  assert.equal(keeper("canvas:old").read(), null);
  kept.set("doodle:", "not a drawing");
  assert.equal(keeper("").read(), null);
});

test("what is written is kept when the page goes", () => {
  kept.clear();
  const keep = keeper("");
  keep.write("a fish");
  globalThis.window.dispatchEvent(new Event("pagehide"));
  assert.equal(keep.read(), "a fish");
});
