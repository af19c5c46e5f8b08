/* Which animal the pen draws: a row of those in reach, and a list of all. */
import { find, findAll, make } from "../../shared/dom.js";

const FIRST = ["lion", "goat", "snake", "eagle", "horse", "fish", "cat"], ANY = "anything";
const SHOWN = 7;                     // animals in reach; more only where more are drawn

/**
 * @param {object} parts
 * @param {HTMLElement} parts.part
 * @param {Record<string, string>} parts.palette the colour of every animal
 * @param {() => any} parts.pad the canvas
 * @param {() => void} parts.onChange the animal of the next strokes is another
 */
export function createAnimals({ part, palette, pad, onChange }) {
  const [row, more, opener] = [".dd-tags", ".dd-animals", ".dd-more-animals"].map((name) => find(name, part));
  const names = Object.keys(palette);
  let now = "";                      // the animal of the next strokes, "" for any
  let recent = FIRST.filter((name) => name in palette);

  function chip(name) {
    const button = make("button", { type: "button", className: "dd-tag", dataset: { name } },
      make("i"), name || ANY);
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(name === now));
    if (name) button.style.setProperty("--tag", palette[name]);
    else button.title = "Leave it to the network";
    return button;
  }

  function refresh() {
    const drawn = (pad()?.tags() || []).filter((name) => name in palette);
    const used = now ? [...drawn, now] : drawn, least = new Set(used).size;
    const shown = [...new Set([...used, ...recent])].slice(0, Math.max(SHOWN, least));
    const inOrder = [...new Set([...FIRST, ...names])].filter((name) => shown.includes(name));
    const active = /** @type {HTMLElement} */ (document.activeElement);
    const held = row.contains(active) ? active.dataset.name : null;
    row.replaceChildren(...["", ...inOrder].map(chip));
    if (held !== null) find(`[data-name="${held}"]`, row)?.focus({ preventScroll: true });
    more.firstElementChild.replaceChildren(...["", ...names].map(chip));
    find("[data-act=all]", more).disabled = !pad()?.stats().strokes;
    row.parentElement.hidden = !names.length;
  }

  function choose(name) {
    now = name;
    if (name) recent = [name, ...recent.filter((one) => one !== name)];
    pad()?.setTag(name);
    if (pad()?.stats().tool === "eraser") pad().setTool("pen");   // who chooses a colour wants to use it
    refresh();
    onChange();
  }

  function unfold(open) {
    more.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) (find("[aria-checked=true]", more) || find("button", more)).focus();
  }

  part.addEventListener("click", ({ target }) => {
    const button = /** @type {HTMLElement} */ (target).closest("button");
    if (!button) return;
    if (button.dataset.act === "all") {
      pad()?.tagAll(now);
      unfold(false);
    } else if (button === opener) unfold(more.hidden);
    else if (button.classList.contains("dd-tag")) {
      choose(button.dataset.name);
      if (!more.hidden) find("[aria-checked=true]", row).focus();
      unfold(false);
    }
  });
  part.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !more.hidden) {
      unfold(false);
      opener.focus();
    }
    const target = /** @type {HTMLElement} */ (event.target);
    const group = target.closest(".dd-tags, .dd-animals > div"), steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (!group || !(event.key in steps)) return;
    const all = findAll("button:not([hidden])", group);
    all[(all.indexOf(target) + steps[event.key] + all.length) % all.length].focus();
    event.preventDefault();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    const beside = !(/** @type {Element} */ (target).closest?.(".dd-animals, .dd-more-animals"));
    if (!more.hidden && beside) unfold(false);
  }, true);

  return { refresh, names, get now() { return now; } };
}
