/* The game's parts that need no page. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createChance, deal } from "../../doodle/ui/tools/play/deal.js";
import { summary, verdict } from "../../doodle/ui/tools/play/end.js";
import { createRemarks } from "../../doodle/ui/tools/play/remarks.js";

test("a seed deals the same words, none twice, and none of the last game", () => {
  const words = [..."abcdefgh"];
  const first = deal(words, 4, new Set(), createChance("7"));
  assert.deepEqual(deal(words, 4, new Set(), createChance("7")), first);
  assert.equal(new Set(first).size, 4);
  const second = deal(words, 4, new Set(first), createChance("7"));
  assert.equal(new Set([...first, ...second]).size, 8);
  const before = new Set(words.slice(0, 6));
  assert.equal(deal(words, 4, before, createChance("7")).length, 4);
  assert.equal(before.size, 0);                      // too few others: all are new again
});

test("no guess is said twice in a round, and only the first doubt is read aloud", () => {
  const said = [], recalled = [];
  const remarks = createRemarks({
    say: (text, isNew) => said.push([text, isNew]), recall: (text) => recalled.push(text),
  });
  remarks.doubt();
  remarks.guess([["cat", 0.6], ["apple", 0.2], ["dog", 0.04]]);
  remarks.guess([["cat", 0.7], ["dog", 0.1]]);
  remarks.guess([["cat", 0.9]]);
  remarks.doubt();
  remarks.reset();
  remarks.doubt();
  assert.deepEqual(said, [
    ["I see nothing I know yet…", true], ["I see a cat… or an apple…", true], ["Now I see a dog…", true],
    ["Now I am not so sure any more…", false], ["I see nothing I know yet…", true],
  ]);
  assert.deepEqual(recalled, ["", "", "before: a cat, an apple", "before: a cat, an apple, a dog", ""]);
});

const LINE = '{"strokes": [[0, 0, 0, 0.5, 9, 9, 9, 0.5]]}';
const round = (more) => ({
  word: "cat", drawing: LINE, guesses: [], unknown: false, won: false, seconds: 4, end: "time", ...more,
});

test("how a round ended", () => {
  assert.equal(verdict(round({ won: true })), "I knew it in 4 seconds");
  assert.equal(verdict(round({ won: true, seconds: 0.2 })), "I knew it in 1 second");
  assert.equal(verdict(round({ drawing: "{}" })), "Nothing drawn");
  assert.equal(verdict(round({ guesses: [["dog", 0.5]], end: "skipped" })), "Skipped; I saw a dog");
  const faint = round({ guesses: [["dog", 0.1]], unknown: true });
  assert.equal(verdict(faint), "I could not tell; perhaps a dog");
});

test("how a game ended", () => {
  const won = round({ won: true }), lost = round({});
  assert.equal(summary([won, lost, won]).title, "I knew two of three");
  assert.equal(summary([won, won]).title, "I knew all two!");
  assert.deepEqual(summary([lost]).title, "I did not know it");
  assert.equal(summary([won, round({ won: true, seconds: 8 })]).tale, "On average after 6 seconds.");
});
