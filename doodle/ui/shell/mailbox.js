/* Sentences from the server for the whole page, and files it made for the visitor to save. */
watch("value", () => {
  const letter = props.value;
  if (typeof letter !== "string" || !letter.startsWith("{")) return;
  const { note, name, data } = JSON.parse(letter);
  if (note !== undefined) doodle.say("note", note);
  if (!data) return;
  const link = Object.assign(document.createElement("a"), { href: data, download: name });
  document.body.append(link);
  link.click();
  link.remove();
});
document.addEventListener("doodle:save", ({ detail }) => {
  props.value = JSON.stringify({ save: detail });
  trigger("save");
});
