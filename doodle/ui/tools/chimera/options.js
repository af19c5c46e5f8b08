/* How edges are found: sliders whose values travel with every request. */
import { find, findAll } from "../../shared/dom.js";
import { optionsChanged, sourceChanged } from "./news.js";

const SHOWN = {
  detail: (v) => v.toFixed(2).replace(/^0/, ""),
  thickness: (v) => (v ? `${v} px` : "as is"),
  clean: (v) => (v ? `${v} px` : "none"),
  blur: (v) => (v > 1 ? `${v} px` : "none"),
};
const EVERY = 60, LEAST_DETAIL = 0.05;               // ms between two requests while a slider moves

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element }) {
  const form = find(".dd-options", element);
  const first = values();
  let sent = 0, timer = 0, drawn = true;

  function values() {
    const of = ({ name, value, type }) => [name, type === "range" ? Number(value) : value];
    return Object.fromEntries(findAll("[name]", form).map(of));
  }
  function show() {
    const now = values(), once = now.way === "lines" || (now.way === "auto" && drawn);
    for (const input of findAll("input", form)) {
      const { min, max, name } = input;
      input.style.setProperty("--fill", `${(100 * (now[name] - min)) / (max - min)}%`);
      find("output", input.parentElement).textContent = SHOWN[name](now[name]);
      // a drawing's lines are edges already
      input.disabled = (name === "detail" && once) || (name === "blur" && drawn && once);
    }
    find("[name=kind]", form).disabled = drawn;
  }
  /* One slider for the two ways to edges that have such a number. */
  function asked() {
    const { detail, way, ...more } = values();
    const number = way === "hand" ? { detail: Math.max(LEAST_DETAIL, detail) } : { sigma: detail };
    return { ...more, way, ...number };
  }
  function tell() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      sent = performance.now();
      optionsChanged.send(asked());
    }, Math.max(0, EVERY - (performance.now() - sent)));
  }
  form.addEventListener("input", () => {
    show();
    tell();
  });
  form.addEventListener("dblclick", ({ target }) => {  // a slider back where it was
    if (!(target.name in first)) return;
    target.value = first[target.name];
    show();
    tell();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  sourceChanged.listen((source) => {
    drawn = source === "drawing";
    show();
  });
  show();
}
