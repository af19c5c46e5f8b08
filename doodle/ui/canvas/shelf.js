/* The drawings of one canvas that the browser keeps: every tab's own, which a reload brings back and new
 * tabs are offered. */
import { thisTab } from "../shared/tab.js";
import { createKeep, STORE } from "./io.js";

/** @typedef {{ tab: string, at: number, drawing: string, [more: string]: any }} Kept */

const MOST = 12;                                     // drawings of earlier tabs

/**
 * @param {string} name of the canvas
 * @param {{ formerly?: string, onFull: () => void, lifetime: AbortSignal }} how `formerly`: a name under
 *   which an earlier version kept the drawing
 */
export function createShelf(name, { formerly = "", onFull, lifetime }) {
  const { id, from } = thisTab(), prefix = `shelf:${name}:`;
  const own = createKeep(prefix + id, { onFull, lifetime });
  /* One drawing for all tabs, as earlier versions kept it. */
  const single = createKeep("canvas:" + name, {
    formerly: formerly && "canvas:" + formerly, onFull: () => {}, lifetime,
  });

  /** @returns {Kept | null} */
  function parsed(text, tab) {
    try {
      const kept = JSON.parse(text);
      return typeof kept.drawing === "string" ? { ...kept, tab } : null;
    } catch {
      return null;
    }
  }

  function all() {
    const start = STORE + prefix, found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(start)) continue;
        const kept = parsed(localStorage.getItem(key), key.slice(start.length));
        if (kept) found.push(kept); else localStorage.removeItem(key);
      }
    } catch { /* forbidden: nothing is kept */ }
    return found.sort((a, b) => b.at - a.at);
  }

  /** What earlier tabs left, newest first. */
  function others() {
    const empty = ({ drawing }) => !/"strokes":\[\[/.test(drawing);
    return all().filter((kept) => kept.tab !== id && !empty(kept));
  }

  for (const { tab } of others().slice(MOST)) {
    try { localStorage.removeItem(STORE + prefix + tab); } catch { /* as above */ }
  }

  return {
    others,
    /** This tab's own, or that of the tab it is a copy of. @returns {Kept | null} */
    read() {
      const here = parsed(own.read(), id);
      if (here) return here;
      const copied = from && all().find(({ tab }) => tab === from);
      if (copied) return copied;
      const old = single.read();
      if (old) single.remove();
      return old ? { tab: id, at: 0, drawing: old } : null;
    },
    /** @param {() => Record<string, any>} make what to keep, with `drawing`; called when it is written */
    write(make) { own.write(() => JSON.stringify({ at: Date.now(), ...make() })); },
  };
}
