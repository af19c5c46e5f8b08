/* The log that the canvas reads, for a run that is kept. */
import { logText } from "../../canvas/log.js";

/**
 * @param {import("../../types").DrawRun} run
 * @param {number} newest the newest run that the canvas knows of
 */
export function logOf(run, newest) {
  // a little later than the newest run, never the browser's clock: the server's may be behind it
  return logText((newest + 1e-5).toFixed(6), run);
}
