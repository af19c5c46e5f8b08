/* The log of a run that is over, as text: doodle/ui/protocol.py says what its lines are. */

/**
 * @param {string} run its id
 * @param {{ mode: string, word: string, list: import("../types").Ghost[] }} ended
 */
export function logText(run, { mode, word, list }) {
  const log = [`R ${run}`, `B ${list.length} ${mode} ${word}`];
  for (const { id, strokes } of list) {
    for (const flat of strokes) log.push(`${id} + ${flat.join(" ")}`);
    log.push(`F ${id}`);
  }
  for (const { id, score, traced } of list) log.push(`K ${id} ${score ?? "-"}${traced ? " traced" : ""}`);
  return log.concat("D", "").join("\n");
}
