/* The tools of the page, as they meet each other and the results of this visit. */
import { find, nextFrame } from "../shared/dom.js";

/**
 * A result kept for this visit, as JSON; a tool adds fields of its own.
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} kind
 * @property {string} word what it is
 * @property {string} from which tool made it, or how
 */

/**
 * @typedef {object} Tool
 * @property {string} id of its tab
 * @property {string[]} kinds of the results that it keeps
 * @property {(entry: any) => Element} [thumbnail] of a result
 * @property {(entry: any) => void | Promise<void>} [restore] brings a result back; its tab is open
 * @property {(entry: any) => string} [drawing] a result as wire text, for another tool to accept
 * @property {(entry: any) => void} [shrink] leaves out of an older result what it can do without
 * @property {(drawing: string, about: { word?: string }) => void | Promise<void>} [accept] takes a
 *   drawing, wire text; its tab is open
 * @property {boolean} [takesResults] while it is open, results of other tools are handed to `accept`
 */

/** @type {Map<string, Tool>} */
const tools = new Map();
/** @type {Map<string, Tool>} */
const owners = new Map();

/**
 * Makes a tool known to "this visit" and to the links that send drawings on.
 * @param {Tool} tool
 */
export function registerTool(tool) {
  if (tools.has(tool.id)) throw new Error(`two tools are called ${tool.id}`);
  for (const kind of tool.kinds) {
    if (owners.has(kind)) throw new Error(`two tools keep results of kind ${kind}`);
    owners.set(kind, tool);
  }
  tools.set(tool.id, tool);
}

/** The tool that keeps results of a kind; undefined for kinds of another version of the page.
 * @param {string} kind */
export function toolOf(kind) {
  return owners.get(kind);
}

const tab = (id) => find(`#tools [role=tab][data-tab-id=${id}]`);

/** The tool whose tab is open. */
export function openTool() {
  return [...tools.values()].find(({ id }) => tab(id)?.getAttribute("aria-selected") === "true");
}

/** Opens a tab; its parts mount when it is opened for the first time. @param {string} id */
export async function openTab(id) {
  if (tab(id)?.getAttribute("aria-selected") !== "true") tab(id)?.click();
  await nextFrame();
}

/**
 * Hands a drawing to a tool and opens its tab.
 * @param {string} id of the tool
 * @param {string} drawing wire text
 * @param {{ word?: string }} about
 */
export async function sendTo(id, drawing, about = {}) {
  await openTab(id);
  await tools.get(id).accept(drawing, about);
}

/**
 * Brings a result back: into the open tool where that takes it, else into its own.
 * @param {Entry} entry
 */
export async function bringBack(entry) {
  const open = openTool(), own = toolOf(entry.kind);
  if (open !== own && open?.takesResults && own.drawing) {
    await open.accept(own.drawing(entry), { word: entry.word });
    return;
  }
  await openTab(own.id);
  await own.restore(entry);
}
