/* Chimeras that are drawn already: a click lays one on the paper and renders it. */
import { canvas } from "../../shared/canvases.js";
import { find, make } from "../../shared/dom.js";
import { picture } from "../../shared/pictures.js";
import { frame, lines, path } from "../../shared/strokes.js";
import { mounted } from "../../shell/mount.js";
import { showDemo } from "./demo.js";

const MARGIN = 0.02;                 // around a drawing in the row, a share of its side
const IN_PICTURE = (1 / 0.92 - 1) / 2;   // around it in the network's square, see strokes/edge_map.py

/* Every stroke in the colour of its animal; `square`, as the network's picture of it shows it. */
function coloured(drawing, palette, square = false) {
  const flats = lines(drawing);
  const svg = picture([], [], frame(flats, square ? IN_PICTURE : MARGIN, square));
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
  const examples = JSON.parse(props.examples);
  for (const { name, drawing } of examples) {
    const svg = coloured(drawing, palette);
    const button = make("button", { type: "button", title: `Start from ${name}` }, svg);
    button.setAttribute("aria-label", `Start from ${name}`);
    button.addEventListener("click", () => {
      mounted("tools/chimera/sentence")?.lay(JSON.stringify(drawing), { renders: true });
    });
    strip.append(button);
  }
  const demo = JSON.parse(props.demo);
  if (demo.url) {
    const { drawing } = examples.find(({ name }) => name === demo.name);
    const animals = [...new Set(drawing.tags)].join(" and ");
    showDemo({
      drawing: coloured(drawing, palette, true), url: demo.url,
      says: `Example: ${demo.name}, drawn as ${animals} in two colours, and the network's picture of it.`,
    });
  }
  find("[data-act=open]", element).addEventListener("click", () => canvas("chimera_pad")?.open());
}
