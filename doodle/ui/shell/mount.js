/* Parts of the page: each component's line in Python queues [name, context], and `mount` of the module
 * of that name brings it to life. Others wait for a part with `whenMounted`. */

/**
 * What Gradio hands to a component's script.
 * @typedef {object} Context
 * @property {HTMLElement} element where the part's template stands
 * @property {Record<string, any>} props the component's properties; `value` among them
 * @property {(event: string, data?: object) => void} trigger tells Python
 * @property {(name: string, heard: () => void) => void} watch called when Python changed a property
 */

/** @type {Map<string, { promise: Promise<any>, arrive: (handle: any) => void, handle: any }>} */
const places = new Map();
/** @type {Map<string, (...values: any[]) => any>} */
const exposed = new Map();

/** @param {string} name */
function placeOf(name) {
  if (!places.has(name)) {
    let arrive;
    const promise = new Promise((resolve) => { arrive = resolve; });
    places.set(name, { promise, arrive, handle: undefined });
  }
  return places.get(name);
}

/**
 * Resolves to what `mount` of a part returned, once the part is there: a tab's parts mount when it
 * is first opened.
 * @param {string} name of the module, or "#" and the component's elem_id
 * @returns {Promise<any>}
 */
export function whenMounted(name) {
  return placeOf(name).promise;
}

/** The same at once; undefined before. @param {string} name */
export function mounted(name) {
  return places.get(name)?.handle;
}

/**
 * Lets Python's `js=` strings call a function: there, scripts.call(name).
 * @param {string} name
 * @param {(...values: any[]) => any} callable
 */
export function expose(name, callable) {
  if (exposed.has(name)) throw new Error(`two functions are exposed as ${name}`);
  exposed.set(name, callable);
}

/** @type {(part: { mount: (context: Context) => any }, name: string, context: Context) => void} */
function start({ mount }, name, context) {
  const handle = mount(context);
  // Gradio gives the element itself an id of its own; the component's is further out
  const id = context.element.parentElement?.closest("[id]")?.id;
  for (const key of id ? [name, `#${id}`] : [name]) {
    const place = placeOf(key);
    place.handle = handle;
    place.arrive(handle);
  }
}

/**
 * Takes over the queue: what waits in it is mounted, and what comes later at once.
 * @param {any} page an array of [name, context], with the `modules` that scripts have brought
 */
export function serve(page) {
  const waiting = page.splice(0);
  page.push = (...parts) => {
    for (const [name, context] of parts) {
      const part = page.modules[`${name}.js`];
      if (part) start(part, name, context);
      else Array.prototype.push.call(page, [name, context]);   // its module comes with another script
    }
    return page.length;
  };
  page.call = (name, ...values) => {
    if (!exposed.has(name)) throw new Error(`no function is exposed as ${name}`);
    return exposed.get(name)(...values);
  };
  for (const one of waiting) {
    try {
      page.push(one);
    } catch (error) {
      console.error(`${one[0]}:`, error);
    }
  }
}
