/* Faces, as the rest of the page meets it. */
import { make } from "../../shared/dom.js";
import { whenMounted } from "../../shell/mount.js";
import { registerTool } from "../../shell/tools.js";
import { keepResult } from "../../shell/visit.js";
import { originOf } from "./model.js";
import { stack } from "./news.js";

/**
 * Keeps a face of nobody; photographs are kept nowhere.
 * @param {string} face its id
 * @param {string} picture data URL
 * @param {[string, number][]} edits
 */
export function keepFace(face, picture, edits) {
  const word = edits.map(([text]) => text).join(", ") || "a face of nobody";
  const made = JSON.stringify([face, edits]);
  keepResult({ kind: "face", word, from: "Faces", face, picture, edits }, (one) => (
    JSON.stringify([one.face, one.edits]) === made
  ));
}

registerTool({
  id: "faces",
  kinds: ["face"],
  thumbnail: ({ picture }) => make("img", { src: picture, alt: "", className: "dd-picture" }),
  async restore({ face, edits }) {
    const origin = originOf(face), people = await whenMounted("tools/faces/people");
    if (!origin) return;
    (await whenMounted("tools/faces/desk")).expect();
    stack.replace(edits);
    people.take(origin);
  },
});
