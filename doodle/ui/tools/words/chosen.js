/* The chosen doodle, large, and the ways onward from it. */
const card = element.querySelector(".dd-chosen"), title = card.querySelector("h2");
const [score, sheet, like, near] = [".dd-chosen-score", ".dd-chosen-sheet", ".dd-chosen-like",
  "[data-act=near]"].map((name) => card.querySelector(name));
let shown = null;           // { one, title, text, finish, near, box, ... }

document.addEventListener("doodle:idea", ({ detail }) => {
  shown = detail;
  const { one } = shown;
  card.dataset.empty = "false";
  title.textContent = title.title = shown.title;
  score.textContent = `${doodle.score(one.score)} recognised`;
  score.title = doodle.scored(one.score, shown.what);
  score.setAttribute("aria-label", score.title);
  sheet.replaceChildren(doodle.sketch(one, shown.box || doodle.frame(one.strokes, 0.07, false)));
  sheet.setAttribute("role", "img");
  sheet.setAttribute("aria-label", `A doodle: ${shown.title}`);
  like.textContent = `Drawn as people draw: ${doodle.score(one.drawn_like)}`;
  card.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  near.disabled = !shown.near;
});

function open() {
  doodle.pad()?.load(doodle.onPaper(shown.one.strokes), { undoable: true });
  doodle.open("draw", doodle.reveal);
}
card.addEventListener("click", ({ target }) => {
  const { act, save } = target.closest("button")?.dataset || {};
  if (!shown || !(act || save)) return;
  if (act === "open") open();
  else if (act === "creature") doodle.toChimera(doodle.onPaper(shown.one.strokes), shown.title);
  else if (act === "finish") {
    open();
    doodle.toFinish = shown.finish;
    trigger("finish");
  } else if (act === "near") {
    const { candidate, noise } = shown.one;
    doodle.say("more", { task: "like", text: shown.text, candidate, noise });
  } else {
    const { strokes, curves } = shown.one;
    doodle.say("save", { format: save, name: shown.title, drawing: doodle.onSquare(strokes), curves });
  }
});
