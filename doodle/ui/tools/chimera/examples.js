/* Chimeras that are drawn already: a click lays one on the paper and renders it. */
import { canvas } from "../../shared/canvases.js";
import { find, make } from "../../shared/dom.js";
import { picture } from "../../shared/pictures.js";
import { frame, lines, path } from "../../shared/strokes.js";
import { mounted } from "../../shell/mount.js";

/* Every stroke in the colour of its animal. */
function coloured(drawing, palette) {
  const flats = lines(drawing), svg = picture([], [], frame(flats, 0.02, false));
  const shape = svg.firstElementChild;
  svg.replaceChildren(...flats.map((flat, i) => {
    const line = /** @type {SVGElement} */ (shape.cloneNode());
    line.setAttribute("d", path([flat]));
    const colour = palette[drawing.tags[i]];
    if (colour) line.style.stroke = `color-mix(in srgb, ${colour} 78%, var(--ink))`;
    return line;
  }));
  return svg;
}

/** @param {import("../../shell/mount.js").Context} context */
export function mount({ element, props }) {
  const strip = find(".dd-starts", element), palette = JSON.parse(props.palette);
  for (const { name, drawing } of JSON.parse(props.examples)) {
    const svg = coloured(drawing, palette);
    const button = make("button", { type: "button", title: `Start from ${name}` }, svg);
    button.setAttribute("aria-label", `Start from ${name}`);
    button.addEventListener("click", () => {
      mounted("tools/chimera/sentence")?.lay(JSON.stringify(drawing), { renders: true });
    });
    strip.append(button);
  }
  find("[data-act=open]", element).addEventListener("click", () => canvas("chimera_pad")?.open());
}
