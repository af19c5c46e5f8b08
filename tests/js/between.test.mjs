/* What is said of doodles between two words. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { bothSeen, oneSided } from "../../doodle/ui/tools/words/between.js";

const WORDS = ["bicycle", "umbrella"];
const of = (...pairs) => pairs.map((seen) => ({ seen }));

test("a mix in which all are of one word is said to be so", () => {
  const said = oneSided(of([0.01, 0.9], [0.2, 0.6]), WORDS);
  assert.equal(said, " All look more like an umbrella than a bicycle.");
  assert.equal(oneSided(of([0.9, 0.01]), WORDS), " All look more like a bicycle than an umbrella.");
});

test("a mix in which no picture shows both is said to be so", () => {
  const said = oneSided(of([0.02, 0.9], [0.9, 0.01], [0.8, 0.01]), WORDS);
  assert.equal(said, " I cannot make out both in any of them: two look more like a bicycle,"
    + " one more like an umbrella.");
});

test("nothing is said where both are seen, or of results kept without chances", () => {
  assert.equal(oneSided(of([0.4, 0.3], [0.1, 0.6]), WORDS), "");
  assert.equal(oneSided([{}, {}], WORDS), "");
});

test("both chances are said", () => {
  assert.match(bothSeen([0.41, 0.25], WORDS), /41 % that it is a bicycle, 25 % that it is an umbrella\./);
});
