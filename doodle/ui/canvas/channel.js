/* Hands each new state of the log to the canvas, which reads on from where it was. */
import { mounted } from "../shell/mount.js";

/** @param {import("../shell/mount.js").Context} context */
export function mount({ props, watch }) {
  watch("value", () => mounted(`#${props.target}`)?.feed(props.value));
}
