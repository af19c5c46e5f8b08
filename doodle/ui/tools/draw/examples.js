/* Half-drawn sketches: a click lays one on the paper, names it and asks for its endings. */
const strip = element.querySelector(".dd-examples");
const sketches = JSON.parse(props.sketches);
for (const [at, { name, drawing }] of sketches.entries()) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", title: `Start from ${name}` });
  button.setAttribute("aria-label", `Start from ${name}`);
  button.append(doodle.picture(doodle.lines(drawing)));
  button.addEventListener("click", () => {
    doodle.say("asked", "complete");
    props.value = String(at);
    trigger("pick");
    doodle.reveal();
  });
  strip.append(button);
}
