/* Which tab of the browser this is: tabs share what the browser keeps, and each has a part of its own. */
const NAME = "doodle.tab", OPEN = "doodle.open";

let known = null;

/**
 * The tab's id, the same after a reload; `from` is the tab that this one was made a copy of, else "".
 * @returns {{ id: string, from: string }}
 */
export function thisTab() {
  known ??= identified();
  return known;
}

function identified() {
  const fresh = Math.random().toString(36).slice(2, 10);
  try {
    const id = sessionStorage.getItem(NAME), copied = sessionStorage.getItem(OPEN) !== null;
    const tab = id && !copied ? { id, from: "" } : { id: fresh, from: id || "" };
    sessionStorage.setItem(NAME, tab.id);
    open();
    window.addEventListener("pageshow", open);
    window.addEventListener("pagehide", () => sessionStorage.removeItem(OPEN));
    return tab;
  } catch {
    return { id: fresh, from: "" };                  // storage may be forbidden altogether
  }
}

/* A copied tab begins with what says that its original is open; a reloaded one does not. */
function open() {
  sessionStorage.setItem(OPEN, "yes");
}
