/* Getting at the page. */

/**
 * The first element of a selector. Not typed further: templates stand beside the scripts.
 * @param {string} selector
 * @param {ParentNode} root
 * @returns {any}
 */
export function find(selector, root = document) {
  return root.querySelector(selector);
}

/**
 * Every element of a selector.
 * @param {string} selector
 * @param {ParentNode} root
 * @returns {any[]}
 */
export function findAll(selector, root = document) {
  return [...root.querySelectorAll(selector)];
}

/**
 * A new element with properties, and children in it.
 * @param {string} tag
 * @param {Record<string, any>} properties `dataset` and `style` are objects of their own
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const { dataset, style, ...plain } = properties;
  const element = Object.assign(document.createElement(tag), plain);
  Object.assign(element.dataset, dataset);
  Object.assign(element.style, style);
  element.append(...children);
  return element;
}

/** The text field inside a Gradio component. @param {string} id */
export function field(id) {
  return find(`#${id} input`);
}

/** Whether the visitor asked for less motion. */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * Scrolls an element into view.
 * @param {Element | null} element
 * @param {ScrollLogicalPosition} block
 */
export function scrollTo(element, block = "nearest") {
  element?.scrollIntoView({ block, behavior: calm() ? "auto" : "smooth" });
}

/** Resolves when what was just changed has been laid out. */
export function nextFrame() {
  return new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
}

/**
 * Saves a URL's content as a file.
 * @param {string} name
 * @param {string} url
 */
export function download(name, url) {
  const link = make("a", { href: url, download: name });
  document.body.append(link);                        // Firefox wants it in the page
  link.click();
  link.remove();
}

/**
 * Saves text or a Blob as a file.
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type its media type
 */
export function downloadBlob(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  download(name, url);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Closes a <details> at a click beside it and at Escape. @param {HTMLDetailsElement} details */
export function closesItself(details) {
  document.addEventListener("click", ({ target }) => {
    if (details.open && !details.contains(/** @type {Node} */ (target))) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    find("summary", details).focus();
  });
}

/**
 * Enter in one of Gradio's word fields acts as the sentence's button does.
 * @param {string} id of the field
 * @param {() => void} act
 */
export function onEnter(id, act) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== field(id)) return;
    setTimeout(act, 60);                             // after Gradio has taken the word
  }, true);
}

/**
 * A click on one of Gradio's buttons, before the server has heard of it.
 * @param {string} selector
 * @param {(button: Element, event: MouseEvent) => void} act
 */
export function onPress(selector, act) {
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest?.(selector);
    if (button) act(button, event);
  }, true);
}
