/* The tools' register, this visit's results, and the state of a run; over a page of a few objects. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const tabs = {};
const kept = new Map();
Object.assign(globalThis, {
  requestAnimationFrame: (then) => setTimeout(then),
  sessionStorage: {
    getItem: (key) => kept.get(key) ?? null,
    setItem(key, value) {
      if (value.length > 2000) throw new Error("full");
      kept.set(key, value);
    },
    removeItem: (key) => kept.delete(key),
  },
  document: {
    body: { dataset: {} }, activeElement: null,
    getElementById: (id) => (id ? elements[id] : null),
    querySelector: (selector) => tabs[/data-tab-id=(\w+)/.exec(selector)[1]] ?? null,
  },
  window: globalThis,
});
const elements = {};
const button = (id) => ({ id, focus() { document.activeElement = elements[id]; } });
for (const id of ["go", "stop"]) elements[id] = button(id);
let open = "";
for (const id of ["one", "two"]) {
  tabs[id] = { click: () => { open = id; }, getAttribute: () => String(open === id) };
}

const { bringBack, openTool, registerTool, sendTo, toolOf } = await import("../../doodle/ui/shell/tools.js");
const { forgetResults, keepResult, results } = await import("../../doodle/ui/shell/visit.js");
const { createRun } = await import("../../doodle/ui/shared/run.js");

const heard = [];
registerTool({
  id: "one", kinds: ["line"],
  drawing: ({ text }) => `drawn ${text}`,
  restore: ({ text }) => { heard.push(`one restores ${text}`); },
  shrink: (entry) => { delete entry.large; },
});
registerTool({
  id: "two", kinds: ["film"], takesResults: true,
  accept: (drawing, { word }) => { heard.push(`two accepts ${drawing} ${word}`); },
  restore: () => { heard.push("two restores"); },
});

beforeEach(() => {
  heard.length = 0;
  forgetResults();
});

test("a tool and a kind have one owner", () => {
  assert.throws(() => registerTool({ id: "one", kinds: [] }), /two tools/);
  assert.throws(() => registerTool({ id: "three", kinds: ["film"] }), /kind film/);
  assert.equal(toolOf("film").id, "two");
});

test("a result goes into the open tool where that takes it, else back into its own", async () => {
  open = "two";
  await bringBack({ kind: "line", text: "a", word: "cat" });
  open = "one";
  await bringBack({ kind: "line", text: "b" });
  await bringBack({ kind: "film" });
  assert.equal(openTool().id, "two");                // its own tab was opened
  assert.deepEqual(heard, ["two accepts drawn a cat", "one restores b", "two restores"]);
});

test("sending a drawing opens the tool first", async () => {
  open = "one";
  await sendTo("two", "text", { word: "dog" });
  assert.deepEqual([open, heard], ["two", ["two accepts text dog"]]);
});

test("results are kept newest first, the same one once, and older ones give up what is large", () => {
  keepResult({ kind: "line", text: "a", large: 1 });
  keepResult({ kind: "line", text: "b", large: 1 });
  const { id } = results()[1];
  keepResult({ kind: "line", text: "a", large: 2 }, ({ text }) => text === "a");
  assert.deepEqual(results().map(({ text, large }) => [text, large]), [["a", 2], ["b", undefined]]);
  assert.equal(results()[0].id, id);
  keepResult({ kind: "of another version" });
  assert.equal(results().length, 2);
});

test("a full storage drops the oldest results", () => {
  for (const text of ["a", "b", "c"]) keepResult({ kind: "film", text, filler: "x".repeat(700) });
  assert.deepEqual(results().map(({ text }) => text), ["c", "b"]);
  assert.equal(JSON.parse(kept.get("doodle.visit")).length, 2);
});

function run(options) {
  const busy = { setAttribute(_, value) { this.busy = value; } }, note = { hidden: true, textContent: "" };
  return { busy, note, state: createRun({ name: "test", busy, note, go: "go", stop: "stop", ...options }) };
}

test("a quick answer never shows Stop, a slow one does and hands the focus on", async () => {
  const { state, busy } = run({ patience: 20 });
  document.activeElement = elements.go;
  state.ask();
  assert.deepEqual([document.body.dataset.test, busy.busy], ["asked", "true"]);
  await new Promise((done) => { setTimeout(done, 40); });
  assert.deepEqual([state.phase, document.activeElement.id], ["waits", "stop"]);
  state.end();
  assert.deepEqual([document.body.dataset.test, busy.busy], ["idle", "false"]);
  assert.equal(document.activeElement.id, "go");
});

test("sentences: progress only while something runs, an error stays, the next request clears it", () => {
  const { state, note } = run({});
  state.progress("You are next.");
  assert.equal(note.hidden, true);
  const request = state.ask();
  state.progress("You are next.");
  assert.equal(note.textContent, "You are next.");
  assert.ok(state.isNewest(request));
  state.end("It broke.");
  assert.deepEqual([state.busy, note.textContent, note.hidden], [false, "It broke.", false]);
  state.ask();
  assert.deepEqual([note.hidden, state.isNewest(request)], [true, false]);
});

test("a quiet request waits without Stop", () => {
  const { state } = run({});
  document.activeElement = elements.go;
  state.ask({ quiet: true });
  assert.deepEqual([state.phase, document.body.dataset.test], ["waits", "quiet"]);
  assert.equal(document.activeElement.id, "go");
});
