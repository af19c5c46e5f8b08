/* Creatures that are drawn already: a click lays one on the paper and renders it. */
const strip = element.querySelector(".dd-creatures"), palette = JSON.parse(props.palette);
for (const { name, drawing } of JSON.parse(props.creatures)) {
  const button = document.createElement("button"), flats = doodle.lines(drawing);
  const picture = doodle.picture([], [], doodle.frame(flats, 0.02, false));
  const [shape] = picture.children;
  picture.replaceChildren(...flats.map((flat, i) => {
    const line = shape.cloneNode();
    line.setAttribute("d", doodle.path([flat]));
    const colour = palette[drawing.tags[i]];
    if (colour) line.style.stroke = `color-mix(in srgb, ${colour} 78%, var(--ink))`;
    return line;
  }));
  Object.assign(button, { type: "button", title: `Start from ${name}` });
  button.setAttribute("aria-label", `Start from ${name}`);
  button.append(picture);
  button.addEventListener("click", () => doodle.layCreature(JSON.stringify(drawing), { renders: true }));
  strip.append(button);
}
element.querySelector("[data-act=open]").addEventListener("click", () => {
  document.querySelector("#creature_pad .sc-root")?.strokeCanvas?.open();
});
