"""From pen-up to changed guesses on the page: `python benchmarks/guess_latency.py`.

Serves the page with its real recogniser, draws on it with a real mouse in a headless Chromium, and
takes the times inside the page: from the event of the lifted pen to the frame that shows the new
guesses. Needs playwright and a Chromium (CHROMIUM names its path). Appends to runs/.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from typing import Any

import numpy as np
from in_browser import chromium, page_on
from record import append, percentile

TARGET = 100  # ms
STROKES_A_DRAWING = 5
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

# Times of the newest stroke in ms: pen up, asked, answered, shown on the frame after the answer.
_WATCH = """() => {
    const list = document.querySelector('.dd-guesses');
    document.querySelector('#pad .sc-stage').addEventListener('pointerup', () => {
        window.times = { up: performance.now() };
    }, true);
    new MutationObserver(() => {
        const times = window.times, busy = list.getAttribute('aria-busy') === 'true';
        if (!times) return;
        if (busy) times.asked ??= performance.now();
        else if (times.asked && !times.answered) {
            times.answered = performance.now();
            requestAnimationFrame(() => setTimeout(() => { times.shown = performance.now(); }));
        }
    }).observe(list, { attributes: true, attributeFilter: ['aria-busy'] });
}"""
_CLEAR = "document.querySelector('#pad .sc-root').strokeCanvas.clear()"


def measure(url: str, path: str, strokes: int, seed: int) -> list[dict[str, float]]:
    """Draw random strokes; for each, the times of `_WATCH`, ms since the pen was lifted."""
    from playwright.sync_api import sync_playwright

    rng, times = np.random.default_rng(seed), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        page.wait_for_selector("#pad .sc-stage canvas")
        page.wait_for_selector("#status [data-state=wait]", state="detached", timeout=120_000)
        page.evaluate(_WATCH)
        _stroke(page, rng)  # the first loads the recogniser
        page.wait_for_function("window.times?.shown", timeout=120_000)
        for k in range(strokes):
            if k % STROKES_A_DRAWING == 0:
                page.evaluate(_CLEAR)
                page.wait_for_timeout(300)
            page.evaluate("window.times = null")
            _stroke(page, rng)
            page.wait_for_function("window.times?.shown", timeout=60_000)
            if not page.locator(".dd-guesses button:not([hidden])").count():
                sys.exit(f"No guesses: {page.locator('.dd-see-say').inner_text()}")
            found = page.evaluate("window.times")
            times.append({name: found[name] - found["up"] for name in found if name != "up"})
            page.wait_for_timeout(150)
        browser.close()
    return times


def _stroke(page: Any, rng: np.random.Generator) -> None:
    """One smooth stroke of the mouse, somewhere on the paper."""
    box = page.locator("#pad .sc-host").bounding_box()
    turn = rng.uniform(0, 6.28) + np.linspace(0, rng.uniform(1.5, 6.28), 24)
    middle, radius = rng.uniform(0.35, 0.65, 2), rng.uniform(0.1, 0.3)
    shares = middle + radius * np.column_stack([np.cos(turn), np.sin(turn)])
    points = (box["x"], box["y"]) + shares * (box["width"], box["height"])
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def main() -> None:
    """Measure and print the percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=30, help="to draw (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the strokes (%(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    args = parser.parse_args()
    path = chromium()
    with page_on(args.device) as (url, _):
        times = measure(url, path, args.strokes, args.seed)
    shown = [time["shown"] for time in times]
    figures: dict[str, Any] = {"strokes": len(times)}
    for name in ("asked", "answered", "shown"):
        figures[f"pen up to {name}, p50 (ms)"] = statistics.median(time[name] for time in times)
    figures["pen up to shown, p95 (ms)"] = percentile(shown, 0.95)
    figures["pen up to shown, worst (ms)"] = max(shown)
    figures[f"strokes above {TARGET} ms"] = sum(time > TARGET for time in shown)
    append("guess_latency", figures)


if __name__ == "__main__":
    main()
