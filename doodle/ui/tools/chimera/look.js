/* How edges are found: sliders whose values travel with every request. */
const form = element.querySelector(".dd-look");
const SHOWN = {
  detail: (v) => v.toFixed(2).replace(/^0/, ""),
  thickness: (v) => (v ? `${v} px` : "as is"),
  clean: (v) => (v ? `${v} px` : "none"),
  blur: (v) => (v > 1 ? `${v} px` : "none"),
};
const EVERY = 60, LEAST_DETAIL = 0.05;               // ms between two requests while a slider moves
const first = values();
let told = 0, timer = 0, drawn = true;

function values() {
  const of = ({ name, value, type }) => [name, type === "range" ? Number(value) : value];
  return Object.fromEntries([...form.querySelectorAll("[name]")].map(of));
}
function show() {
  const now = values(), once = now.way === "lines" || (now.way === "auto" && drawn);
  for (const input of form.querySelectorAll("input")) {
    const { min, max, name } = input;
    input.style.setProperty("--fill", `${(100 * (now[name] - min)) / (max - min)}%`);
    input.parentElement.querySelector("output").textContent = SHOWN[name](now[name]);
    // a drawing's lines are edges already
    input.disabled = (name === "detail" && once) || (name === "blur" && drawn && once);
  }
  form.querySelector("[name=kind]").disabled = drawn;
}
/* One slider for the two ways to edges that have such a number. */
function asked() {
  const { detail, way, ...more } = values();
  return { ...more, way, ...(way === "hand" ? { detail: Math.max(LEAST_DETAIL, detail) } : { sigma: detail }) };
}
function tell() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    told = performance.now();
    doodle.say("look", asked());
  }, Math.max(0, EVERY - (performance.now() - told)));
}
form.addEventListener("input", () => { show(); tell(); });
form.addEventListener("dblclick", ({ target }) => {  // a slider back where it was
  if (!(target.name in first)) return;
  target.value = first[target.name];
  show();
  tell();
});
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("doodle:source", ({ detail }) => { drawn = detail === "drawing"; show(); });
show();
