/* What the whole page hears. News of one tool are signals of that tool's own modules. */
import { createSignal } from "../shared/signal.js";

/** A sentence of the server for the visitor, or "" for none; the tool that is open shows it. */
export const notes = createSignal();
