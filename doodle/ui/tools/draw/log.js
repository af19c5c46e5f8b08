/* The log that the canvas reads, for a run that is kept: doodle/ui/protocol.py says what its lines are. */

/**
 * @param {import("../../types").DrawRun} run
 * @param {number} newest the newest run that the canvas knows of
 */
export function logOf({ mode, word, list }, newest) {
  // a little later than the newest run, never the browser's clock: the server's may be behind it
  const stamp = (newest + 1e-5).toFixed(6);
  const log = [`R ${stamp}`, `B ${list.length} ${mode} ${word}`];
  for (const { id, strokes } of list) {
    for (const flat of strokes) log.push(`${id} + ${flat.join(" ")}`);
    log.push(`F ${id}`);
  }
  for (const { id, score } of list) log.push(`K ${id} ${score ?? "-"}`);
  return log.concat("D", "").join("\n");
}
