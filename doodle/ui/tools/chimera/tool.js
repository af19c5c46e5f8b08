/* Chimera, as the rest of the page meets it. */
import { make } from "../../shared/dom.js";
import { whenMounted } from "../../shell/mount.js";
import { registerTool } from "../../shell/tools.js";
import { keepResult } from "../../shell/visit.js";
import { newestRequest, rendered } from "./news.js";

/* The paper and the sentence above it. */
async function sentence() {
  const part = await whenMounted("tools/chimera/sentence");
  await whenMounted("#chimera_pad");
  return part;
}

registerTool({
  id: "chimera",
  kinds: ["chimera"],
  takesResults: true,
  thumbnail: ({ pictures }) => make("img", { src: pictures[0], alt: "", className: "dd-picture" }),
  async restore(entry) {
    if (entry.drawing) (await sentence()).lay(entry.drawing, { seed: entry.seed });
    (await whenMounted("tools/chimera/result")).restore(entry);
  },
  accept: async (drawing, { word }) => (await sentence()).lay(drawing, { word }),
  /* Pictures fill the storage: of older results the first variant is enough. */
  shrink: (entry) => { entry.pictures = entry.pictures.slice(0, 1); },
});

rendered.listen((result) => {
  const { live, drawing, picture } = newestRequest() || {};
  if (live) return;                  // one of many on the way to a drawing
  keepResult({
    ...result, kind: "chimera", word: result.title || "a chimera", from: "Chimera",
    drawing: picture ? "" : drawing,
  }, (one) => one.pictures[0] === result.pictures[0]);
});
