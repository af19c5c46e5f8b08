/* Two stacked bitmaps (committed ink below, live ink and ghosts above), the camera over them, and
 * the only requestAnimationFrame loop. Painters draw in canvas units; resizing never touches data. */
import { PAGE } from "./document.js";

export const ZOOM = { least: 0.4, most: 8, step: 1.25 };
const GRID = { step: 30, closest: 17 };              // canvas units; CSS pixels between two dots

export function createView(stage, host, { paintBase, paintTop, onMove, lifetime }) {
  const base = document.createElement("canvas"), top = document.createElement("canvas");
  for (const c of [base, top]) {
    c.setAttribute("aria-hidden", "true");
    host.appendChild(c);
  }
  const contexts = { base: base.getContext("2d"), top: top.getContext("2d") };
  const stats = { frames: 0, basePaints: 0, resizes: 0, lastPaint: 0 };
  const camera = { zoom: 1, x: 0, y: 0 };            // x, y: the page's place at the stage's corner
  let span = PAGE;                                   // what the stage shows at zoom 1, canvas units
  let unit = 0, ratio = 1, frame = 0, dirty = { base: true, top: true }, palette = null;

  const clamp = (v, low, high) => Math.min(high, Math.max(low, v));

  function resize() {
    const box = host.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return;     // a hidden tab: keep what is there
    ratio = window.devicePixelRatio || 1;
    const wasHome = isHome();
    unit = Math.min(box.width / PAGE.width, box.height / PAGE.height);
    span = { width: box.width / unit, height: box.height / unit };
    if (wasHome) Object.assign(camera, home());
    const w = Math.round(box.width * ratio), h = Math.round(box.height * ratio);
    if (base.width !== w || base.height !== h) {
      for (const c of [base, top]) {
        c.width = w;
        c.height = h;
      }
      stats.resizes++;
    }
    moved();
  }

  /* The page in the middle of the stage, all of it. */
  function home() {
    return { zoom: 1, x: (PAGE.width - span.width) / 2, y: (PAGE.height - span.height) / 2 };
  }
  function isHome() {
    const { zoom, x, y } = home();
    return camera.zoom === zoom && Math.abs(camera.x - x) < 1e-6 && Math.abs(camera.y - y) < 1e-6;
  }

  function moved() {
    // the middle of what is seen stays on the page, so the drawing cannot be lost
    const w = span.width / camera.zoom, h = span.height / camera.zoom;
    camera.x = clamp(camera.x + w / 2, 0, PAGE.width) - w / 2;
    camera.y = clamp(camera.y + h / 2, 0, PAGE.height) - h / 2;
    const step = GRID.step * camera.zoom * unit;
    const dots = step * 2 ** Math.ceil(Math.log2(GRID.closest / step));
    stage.style.setProperty("--sc-grid", dots + "px");
    stage.style.setProperty("--sc-grid-x", -camera.x * camera.zoom * unit + "px");
    stage.style.setProperty("--sc-grid-y", -camera.y * camera.zoom * unit + "px");
    invalidate();
    onMove(camera.zoom);
  }

  function prepare(name) {
    const ctx = contexts[name], scale = unit * camera.zoom * ratio;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
    ctx.lineCap = ctx.lineJoin = "round";
    return ctx;
  }

  function paint(now) {
    frame = 0;
    if (lifetime.aborted || !unit) return;
    const started = performance.now(), todo = dirty;
    dirty = { base: false, top: false };
    stats.frames++;
    if (todo.base) {
      stats.basePaints++;
      paintBase(prepare("base"), colours());
    }
    if (todo.top && paintTop(prepare("top"), colours(), now)) invalidate("top");
    stats.lastPaint = performance.now() - started;
  }

  function invalidate(...names) {
    for (const name of names.length ? names : ["base", "top"]) dirty[name] = true;
    if (!frame) frame = requestAnimationFrame(paint);
  }

  function colours() {
    if (!palette) {
      const style = getComputedStyle(stage), get = (name) => style.getPropertyValue(name).trim();
      palette = { ink: get("--sc-ink"), accent: get("--sc-accent"), ghost: get("--sc-ghost"),
        faint: Number(get("--sc-ghost-alpha")), soft: get("--sc-soft"),
        neutral: get("--sc-neutral"), rim: get("--sc-stage") };
    }
    return palette;
  }

  function zoomAt(factor, clientX, clientY) {
    const [x, y] = api.toPage(clientX, clientY), before = camera.zoom;
    camera.zoom = clamp(before * factor, ZOOM.least, ZOOM.most);
    if (Math.abs(camera.zoom - 1) < 0.02) camera.zoom = 1;
    camera.x = x - (x - camera.x) * before / camera.zoom;
    camera.y = y - (y - camera.y) * before / camera.zoom;
    moved();
  }

  const sizes = new ResizeObserver(resize), themes = new MutationObserver(() => {
    palette = null;
    invalidate();
  });
  sizes.observe(host);
  for (const el of [document.documentElement, document.body]) {
    themes.observe(el, { attributes: true, attributeFilter: ["class", "style"] });
  }
  lifetime.addEventListener("abort", () => {
    sizes.disconnect();
    themes.disconnect();
    cancelAnimationFrame(frame);
  });

  const api = {
    stats, invalidate, zoomAt,
    get zoom() { return camera.zoom; },
    get isHome() { return isHome(); },
    get pixel() { return 1 / (unit * camera.zoom || 1); },      // a CSS pixel in canvas units
    toPage(clientX, clientY) {
      const box = host.getBoundingClientRect();
      return [(clientX - box.left) / (unit * camera.zoom) + camera.x,
        (clientY - box.top) / (unit * camera.zoom) + camera.y];
    },
    zoomMiddle(factor) {
      const box = host.getBoundingClientRect();
      zoomAt(factor, box.left + box.width / 2, box.top + box.height / 2);
    },
    panBy(dx, dy) {                                             // CSS pixels, as the hand moves
      camera.x -= dx * api.pixel;
      camera.y -= dy * api.pixel;
      moved();
    },
    home() { Object.assign(camera, home()); moved(); },
    /* Scroll to a place of the page (keyboard drawing while zoomed in). */
    reveal(x, y) {
      const w = span.width / camera.zoom, h = span.height / camera.zoom, edge = 20 * api.pixel;
      const cx = clamp(camera.x, x - w + edge, x - edge), cy = clamp(camera.y, y - h + edge, y - edge);
      if (cx !== camera.x || cy !== camera.y) {
        camera.x = cx;
        camera.y = cy;
        moved();
      }
    },
  };
  return api;
}
