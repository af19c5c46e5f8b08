/* This visit's results: kept in the tab's own storage, never sent anywhere, one click from return. */
const KEY = "doodle.tray", MOST = 24, SHOWN_ENDINGS = 16;
const tray = element.querySelector(".dd-tray"), row = tray.querySelector("ol");
const forget = tray.querySelector("[data-act=forget]");
let entries = read();      // newest first: { id, kind: run | kept | morph | words | creature, word, from, ... }

function read() {
  try { return JSON.parse(sessionStorage.getItem(KEY)) || []; } catch { return []; }
}
function write() {
  while (entries.length) {           // a full storage drops the oldest results, not the newest
    try { sessionStorage.setItem(KEY, JSON.stringify(entries)); return; } catch { entries.pop(); }
  }
  try { sessionStorage.removeItem(KEY); } catch { /* storage may be forbidden altogether */ }
}
function add(entry) {
  const same = entries.findIndex((one) => one.id === entry.id);
  if (same >= 0) entries.splice(same, 1);
  entries.unshift(entry);
  entries.length = Math.min(entries.length, MOST);
  write();
  draw();
}

/* ---- pictures ------------------------------------------------------------------------------------ */
function picture({ kind, base, mode, list, drawing, drawings, doodles, picture: url }) {
  if (kind === "creature") {
    const shown = Object.assign(new Image(), { src: url, alt: "" });
    shown.className = "dd-picture";
    return shown;
  }
  if (kind === "words") return doodle.sketch(doodles[0]);
  if (kind === "run") {
    const drawn = mode === "complete" ? doodle.thinned(doodle.lines(base)) : [];
    return doodle.picture(drawn, list[0].strokes);
  }
  const whole = kind === "kept" ? drawing : drawings[drawings.length >> 1];
  return doodle.picture(doodle.thinned(doodle.lines(whole)));
}
function draw() {
  row.replaceChildren(...entries.map((entry) => {
    const item = document.createElement("li"), button = document.createElement("button");
    const words = document.createElement("span"), name = document.createElement("b");
    name.textContent = entry.word || "doodle";
    words.append(name, Object.assign(document.createElement("small"), { textContent: entry.from }));
    Object.assign(button, { type: "button", title: "Bring it back" });
    button.dataset.id = entry.id;
    button.setAttribute("aria-label", `Bring back ${entry.word || "doodle"}, ${entry.from}`);
    button.append(picture(entry), words);
    item.append(button);
    return item;
  }));
  tray.dataset.empty = String(!entries.length);
  forget.hidden = !entries.length;
}

/* ---- what fills it ------------------------------------------------------------------------------- */
const FROM = { complete: "Draw", draw: "drawn for you", again: "your way" };
const stamp = () => `${Date.now()}-${Math.random().toString(36).slice(2, 7)}`;
let lastKept = null;       // stroke by stroke, one run gives one kept drawing

document.addEventListener("doodle:run", ({ detail }) => {
  lastKept = null;
  const list = detail.list.slice(0, SHOWN_ENDINGS);
  const text = JSON.stringify(list);
  const again = entries.find((one) => one.kind === "run" && JSON.stringify(one.list) === text);
  const count = doodle.counted(list.length, "way").toLowerCase();
  const from = detail.mode === "complete" ? count : FROM[detail.mode];
  add({ ...detail, list, id: again?.id || stamp(), kind: "run", from });
});
document.addEventListener("adopted", (event) => {
  const canvas = doodle.pad();
  if (!canvas || !event.target.closest("#pad")) return;
  lastKept ||= { id: stamp(), word: doodle.word() };
  add({ ...lastKept, kind: "kept", from: "kept", drawing: canvas.serialize() });
});
document.addEventListener("doodle:morphed", ({ detail }) => {
  add({ from: "Morph", ...detail, id: stamp(), kind: "morph" });
});
document.addEventListener("doodle:imagined", ({ detail: { run, ...result } }) => {
  const text = JSON.stringify(result.doodles);
  const again = entries.find((one) => one.kind === "words" && JSON.stringify(one.doodles) === text);
  const from = { like: "more like one", mix: `with ${result.second}` }[result.task] || "Words";
  add({ ...result, id: again?.id || stamp(), kind: "words", word: result.text, from });
});
document.addEventListener("doodle:creature", ({ detail }) => {
  const { live, drawing, picture } = doodle.creature || {};
  if (live) return;                  // one of many on the way to a drawing
  const again = entries.find((one) => one.kind === "creature" && one.picture === detail.picture);
  const word = detail.title || "a creature";
  // pictures fill the storage: of older ones the first variant is enough
  for (const one of entries) if (one.kind === "creature") one.pictures = [one.picture];
  add({ ...detail, id: again?.id || stamp(), kind: "creature", word, from: "Chimera", drawing: picture ? "" : drawing });
});

/* ---- one click brings it back ---------------------------------------------------------------------- */
row.addEventListener("click", (event) => {
  const id = event.target.closest("button")?.dataset.id;
  const entry = entries.find((one) => one.id === id);
  if (!entry) return;
  const isOpen = (tab) => document.querySelector(`#tools [role=tab][data-tab-id=${tab}]`)
    ?.getAttribute("aria-selected") === "true";
  const morphing = isOpen("morph"), creating = isOpen("chimera");
  if (entry.kind === "morph") { open("morph", () => doodle.say("film", entry)); return; }
  if (entry.kind === "creature") { open("chimera", () => when("showCreature", () => creature(entry))); return; }
  if (entry.kind === "words" && !morphing && !creating) {
    open("words", () => when("showIdeas", () => doodle.showIdeas(entry)));
    return;
  }
  const { mode, base, list, drawing, doodles } = entry;
  const whole = drawing || (doodles ? doodle.onPaper(doodles[0].strokes)
    : doodle.composed(base, list[0].strokes, mode));
  if (creating) { doodle.layCreature(whole, { word: entry.word }); return; }
  if (morphing) {
    const bids = [];                 // an empty slot first, else the one that was filled earlier
    doodle.say("slot", { drawing: whole, word: entry.word, bids });
    bids.sort((a, b) => a.rank - b.rank)[0]?.put();
    return;
  }
  if (entry.kind === "run") doodle.restore(entry);
  else doodle.pad()?.load(drawing, { undoable: true });
  doodle.reveal();
});
function open(tab, then) {
  document.querySelector(`#tools [role=tab][data-tab-id=${tab}]`)?.click();
  requestAnimationFrame(() => setTimeout(then, 30));       // a tab's parts mount when it opens
}
function when(ready, then) {
  if (doodle[ready]) then(); else setTimeout(() => when(ready, then), 30);
}
function creature(entry) {
  if (entry.drawing) doodle.layCreature(entry.drawing, { seed: entry.seed });
  doodle.showCreature(entry);
}
doodle.open = open;
/* A drawing, as wire text, and what it is, onto the paper of Chimera. */
doodle.toChimera = (text, word) => open("chimera", () => when("layCreature", () => doodle.layCreature(text, { word })));
forget.addEventListener("click", () => { entries = []; write(); draw(); });
draw();
