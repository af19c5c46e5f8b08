/* Half-drawn sketches: a click lays one on the paper, names it and asks for its endings. */
import { find, make } from "../../shared/dom.js";
import { picture } from "../../shared/pictures.js";
import { lines } from "../../shared/strokes.js";
import { mounted } from "../../shell/mount.js";
import { reveal } from "./tool.js";

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element, props, trigger }) {
  const strip = find(".dd-examples", element);
  for (const [at, { name, drawing }] of JSON.parse(props.sketches).entries()) {
    const button = make("button", { type: "button", title: `Start from ${name}` }, picture(lines(drawing)));
    button.setAttribute("aria-label", `Start from ${name}`);
    button.addEventListener("click", () => {
      mounted("tools/draw/results")?.ask("complete");
      props.value = String(at);
      trigger("pick");
      reveal();
    });
    strip.append(button);
  }
}
