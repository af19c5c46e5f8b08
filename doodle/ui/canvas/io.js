/* In and out of the browser: SVG, PNG, project files, files dropped or pasted, and autosave. */
import { PAGE } from "./document.js";
import { boundsOf, inkPaths, svgSink, traceInk, widthRuns } from "./geometry.js";
import { strokeInk } from "./paint.js";

const EXPORT = { ink: "#1c1b22", paper: "#ffffff", pixels: 2000, margin: 12 };
const IMPORT = {
  most: 6 * 1024 * 1024,                             // bytes; of a larger picture, less is sent
  side: 1600,                                        // pixels that it then has at most
  text: /\.(json|ndjson|svg|txt)$/i,
  picture: /^image\//i,
  accept: ".json,.ndjson,.svg,image/*",
};
const STORE = "doodle:";

/* What a picture of the drawing must hold: the page, and any ink that left it. */
function frameOf(strokes) {
  const frame = [0, 0, PAGE.width, PAGE.height], m = EXPORT.margin;
  for (const { points } of strokes) {
    const [x0, y0, x1, y1] = boundsOf(points);
    if (x0 < frame[0]) frame[0] = x0 - m;
    if (y0 < frame[1]) frame[1] = y0 - m;
    if (x1 > frame[2]) frame[2] = x1 + m;
    if (y1 > frame[3]) frame[3] = y1 + m;
  }
  return frame.map(Math.round);
}

export function toSvg(strokes, tags) {
  const [x0, y0, x1, y1] = frameOf(strokes);
  const groups = strokes.map((stroke) => widthRuns(stroke).map(({ width, first, last }) => {
    const sink = svgSink();
    traceInk(stroke.points, first, last, sink);
    const colour = tags.colourOf(stroke.tag, EXPORT.ink);
    const own = colour === EXPORT.ink ? "" : ` stroke="${colour}"`;
    return `<path stroke-width="${Math.round(width * 100) / 100}"${own} d="${sink.text()}"/>`;
  }).join(""));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x0} ${y0} ${x1 - x0} ${y1 - y0}"`
    + ` fill="none" stroke="${EXPORT.ink}" stroke-linecap="round" stroke-linejoin="round">`
    + `${groups.join("\n")}</svg>\n`;
}

export function toPng(strokes, tags) {
  const [x0, y0, x1, y1] = frameOf(strokes), scale = EXPORT.pixels / Math.max(x1 - x0, y1 - y0);
  const canvas = document.createElement("canvas"), ctx = canvas.getContext("2d");
  canvas.width = Math.round((x1 - x0) * scale);
  canvas.height = Math.round((y1 - y0) * scale);
  ctx.fillStyle = EXPORT.paper;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.setTransform(scale, 0, 0, scale, -x0 * scale, -y0 * scale);
  ctx.lineCap = ctx.lineJoin = "round";
  for (const stroke of strokes) {
    ctx.strokeStyle = tags.colourOf(stroke.tag, EXPORT.ink);
    strokeInk(ctx, inkPaths(stroke));
  }
  return canvas.toDataURL("image/png");
}

export function saveFile(name, url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);                        // Firefox wants it in the page
  link.click();
  link.remove();
}

export function saveText(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  saveFile(name, url);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/* A large picture as a smaller one, null where the browser cannot read it. */
async function reduced(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null;
  }
  const canvas = document.createElement("canvas"), { width, height } = picture;
  const share = Math.min(1, IMPORT.side / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * share));
  canvas.height = Math.max(1, Math.round(height * share));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const kind = file.type === "image/png" ? file.type : "image/jpeg";   // a PNG may be transparent
  return new Promise((done) => canvas.toBlob(done, kind, 0.92));
}

/* A file for Python: { name, kind: text or base64, mime, data }, or null after saying why not. */
async function readForImport(file, say) {
  const isText = IMPORT.text.test(file.name) || /json|svg|^text\//.test(file.type);
  if (!isText && !IMPORT.picture.test(file.type)) {
    say("That file cannot be opened here. Pictures, SVG, JSON and ndjson can.");
    return null;
  }
  const sent = isText || file.size <= IMPORT.most ? file : await reduced(file);
  if (!sent || sent.size > IMPORT.most) {
    say(`That file is larger than ${IMPORT.most / 1024 / 1024} MB.`);
    return null;
  }
  if (isText) return { name: file.name, kind: "text", mime: file.type, data: await file.text() };
  const bytes = new Uint8Array(await sent.arrayBuffer()), parts = [];
  for (let i = 0; i < bytes.length; i += 0x8000) {
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 0x8000)));
  }
  return { name: file.name, kind: "base64", mime: file.type, data: btoa(parts.join("")) };
}

/* Files come from the picker, by drop, or by paste while the canvas is looked at. */
export function createImporter({ root, stage, onFile, say, lifetime }) {
  const picker = document.createElement("input");
  Object.assign(picker, { type: "file", accept: IMPORT.accept, hidden: true, tabIndex: -1 });
  picker.setAttribute("aria-label", "Open a drawing");
  root.append(picker);
  const take = async (file) => {
    const data = file && await readForImport(file, say);
    if (data) onFile(data);
  };
  picker.addEventListener("change", () => {
    take(picker.files[0]);
    picker.value = "";
  });
  let depth = 0;                                     // dragenter and dragleave also come from inside
  const drag = (by) => (e) => {
    if (!e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    depth = by ? Math.max(0, depth + by) : depth;
    stage.classList.toggle("sc-drop", depth > 0);
  };
  stage.addEventListener("dragenter", drag(1), { signal: lifetime });
  stage.addEventListener("dragover", drag(0), { signal: lifetime });
  stage.addEventListener("dragleave", drag(-1), { signal: lifetime });
  stage.addEventListener("drop", (e) => {
    e.preventDefault();
    depth = 0;
    stage.classList.remove("sc-drop");
    take(e.dataTransfer.files[0]);
  }, { signal: lifetime });
  document.addEventListener("paste", (e) => {
    const typing = /** @type {Element} */ (e.target).closest?.("input, textarea, [contenteditable=true]");
    if (typing || !(root.contains(document.activeElement) || root.matches(":hover"))) return;
    const file = e.clipboardData.files[0], text = e.clipboardData.getData("text/plain").trim();
    if (file) take(file);
    else if (/^[[{<]/.test(text)) {
      const name = text[0] === "<" ? "pasted.svg" : "pasted.json";
      onFile({ name, kind: "text", mime: "text/plain", data: text });
    } else return;
    e.preventDefault();
  }, { signal: lifetime });
  return { open: () => picker.click() };
}

/* Text kept in the browser under `key`, by earlier versions under `formerly`; written a little later, and at
 * once when the page goes. */
export function createKeep(key, { onFull, lifetime, formerly = "" }) {
  let waiting = null, timer = 0;
  function flush() {
    clearTimeout(timer);
    if (waiting === null) return;
    try {
      localStorage.setItem(STORE + key, waiting);
    } catch {
      onFull();
    }
    waiting = null;
  }
  /* Once: from then on it stands under the key. */
  function moved() {
    const text = localStorage.getItem(STORE + formerly);
    if (text) localStorage.setItem(STORE + key, text);
    localStorage.removeItem(STORE + formerly);
    return text;
  }
  window.addEventListener("pagehide", flush, { signal: lifetime });
  document.addEventListener("visibilitychange", flush, { signal: lifetime });
  return {
    read() {
      try {
        const text = localStorage.getItem(STORE + key) ?? (formerly && moved());
        return text || null;
      } catch { /* forbidden: nothing is kept */ }
      return null;
    },
    write(text) {
      waiting = text;
      clearTimeout(timer);
      timer = setTimeout(flush, 250);
    },
    flush,
  };
}
