/* Morph, as the rest of the page meets it. */
import { picture } from "../../shared/pictures.js";
import { lines, thinned } from "../../shared/strokes.js";
import { whenMounted } from "../../shell/mount.js";
import { registerTool } from "../../shell/tools.js";
import { keepResult } from "../../shell/visit.js";
import { offers } from "./slot.js";

/**
 * Keeps a film.
 * @param {import("../../types").Film & { from?: string }} film
 */
export function keepFilm(film) {
  keepResult({ from: "Morph", ...film, kind: "morph" });
}

registerTool({
  id: "morph",
  kinds: ["morph"],
  takesResults: true,
  thumbnail: ({ drawings }) => picture(thinned(lines(drawings[drawings.length >> 1]))),
  restore: async (entry) => (await whenMounted("tools/morph/film")).restore(entry),
  /* An empty slot first, else the one that was filled earlier. */
  async accept(drawing, { word }) {
    await Promise.all(["#slot_0", "#slot_1"].map(whenMounted));
    offers().sort((a, b) => a.rank - b.rank)[0]?.put(drawing, word);
  },
});
