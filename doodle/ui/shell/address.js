/* The open tool stands in the page's address (#words), so that a reload, a link and the browser's back and
 * forward find it. */
import { find } from "../shared/dom.js";
import { openTab } from "./tools.js";

const LIST = "#tools [role=tablist]";
const PATIENCE = 100, TRIES = 50;                    // ms; Gradio builds the tabs after their parts

const named = () => decodeURIComponent(location.hash.slice(1));
const tabOf = (/** @type {string} */ id) => find(`${LIST} [data-tab-id="${CSS.escape(id)}"]`);
const opened = () => find(`${LIST} [role=tab][aria-selected=true]`)?.dataset.tabId || "";

export async function tendAddress() {
  for (let tries = 0; !opened(); tries++) {
    if (tries === TRIES) return;
    await new Promise((done) => { setTimeout(done, PATIENCE); });
  }
  const home = opened();
  /* An address without a tool is that of the first. */
  const follow = async () => {
    const id = named() || home;
    if (id !== opened() && tabOf(id)) await openTab(id);
  };
  await follow();
  window.addEventListener("popstate", follow);
  new MutationObserver(() => {
    const id = opened();
    if (id && id !== (named() || home)) history.pushState(null, "", `#${id}`);
  }).observe(find(LIST), { subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
}
