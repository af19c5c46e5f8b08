/* Sentences from the server for the whole page, and files it makes for the visitor to save. */
import { download } from "../shared/dom.js";
import { onMessage } from "../shared/messages.js";
import { whenMounted } from "./mount.js";
import { notes } from "./news.js";

/**
 * Has a file made and saved.
 * @param {{ format: string, name: string, drawing?: object, drawings?: object[], curves?: number[][],
 *   settings?: object }} request
 */
export async function save(request) {
  (await whenMounted("shell/mailbox")).save(request);
}

/** @param {import("./mount.js").Context} context */
export function mount(context) {
  onMessage(context, ({ note, name, data }) => {
    if (note !== undefined) notes.send(note);
    if (data) download(name, data);
  });
  return {
    save(request) {
      context.props.value = JSON.stringify({ save: request });
      context.trigger("save");
    },
  };
}
