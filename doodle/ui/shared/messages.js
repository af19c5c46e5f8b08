/* Messages between a part and Python: JSON text in the part's value. */

/**
 * Calls with each message that arrives; a part's own on their way out are messages too.
 * @param {import("../shell/mount.js").Context} context
 * @param {(message: any) => void} heard
 */
export function onMessage({ props, watch }, heard) {
  const read = () => {
    const { value } = props;
    if (typeof value === "string" && value.startsWith("{")) heard(JSON.parse(value));
  };
  watch("value", read);
  return read;
}
