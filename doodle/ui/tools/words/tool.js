/* Words, as the rest of the page meets it. */
import { sketch } from "../../shared/pictures.js";
import { onPaper } from "../../shared/strokes.js";
import { whenMounted } from "../../shell/mount.js";
import { registerTool } from "../../shell/tools.js";
import { keepResult } from "../../shell/visit.js";

/** Keeps the answer to a request. @param {import("../../types").WordsResult} result */
export function keepDoodles(result) {
  const text = JSON.stringify(result.doodles);
  const from = { like: "more like one", mix: `with ${result.second}` }[result.task] || "Words";
  const entry = { ...result, kind: "words", word: result.text, from };
  keepResult(entry, (one) => JSON.stringify(one.doodles) === text);
}

registerTool({
  id: "words",
  kinds: ["words"],
  thumbnail: ({ doodles }) => sketch(doodles[0]),
  restore: async (entry) => (await whenMounted("tools/words/grid")).restore(entry),
  drawing: ({ doodles }) => onPaper(doodles[0].strokes),
});
