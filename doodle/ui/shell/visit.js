/* This visit's results: kept in the tab's own storage, never sent anywhere. */
import { createSignal } from "../shared/signal.js";
import { toolOf } from "./tools.js";

/** @typedef {import("./tools.js").Entry} Entry */

const KEY = "doodle.visit", MOST = 24;

/** @type {any[]} newest first */
let entries = read();

/** The list has changed. */
export const visitChanged = createSignal();

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY)) || [];
    return kept.filter(({ kind }) => typeof kind === "string");
  } catch { return []; }
}

function write() {
  while (entries.length) {           // a full storage drops the oldest results, not the newest
    try {
      sessionStorage.setItem(KEY, JSON.stringify(entries));
      return;
    } catch { entries.pop(); }
  }
  try { sessionStorage.removeItem(KEY); } catch { /* storage may be forbidden altogether */ }
}

/** @returns {Entry[]} newest first; those of kinds that no tool keeps any more are left out */
export function results() {
  return entries.filter(({ kind }) => toolOf(kind));
}

export function newId() {
  return `${Date.now()}-${Math.random().toString(36).slice(2, 7)}`;
}

/**
 * Keeps a result. One with the same id takes the place of the earlier one.
 * @param {Partial<Entry> & Record<string, any>} entry with `kind`; `id` if it may replace another
 * @param {(one: any) => boolean} isSame whether an earlier result of this kind is the same one
 * @returns {string} its id
 */
export function keepResult(entry, isSame = () => false) {
  const earlier = entries.filter(({ kind }) => kind === entry.kind);
  const id = entry.id || earlier.find(isSame)?.id || newId();
  for (const one of earlier) toolOf(entry.kind)?.shrink?.(one);
  entries = [{ ...entry, id }, ...entries.filter((one) => one.id !== id)].slice(0, MOST);
  write();
  visitChanged.send(undefined);
  return id;
}

export function forgetResults() {
  entries = [];
  write();
  visitChanged.send(undefined);
}
