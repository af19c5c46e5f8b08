"""From a slider's move to the changed face on the page: `python benchmarks/face_slider.py`.

Serves the page with its real networks, opens a face of nobody and then a photograph with one in it,
in a headless Chromium, and takes the times inside the page: from the slider's event to the picture
that shows it. Needs playwright and a Chromium (CHROMIUM names its path). Appends to runs/.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from in_browser import chromium, page_on
from record import append, percentile

TARGET = 100  # ms
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
WIDTH, HEIGHT, FACE = 1600, 1200, 500  # pixels of the photograph, and of the face's square in it

# ms of each of some moves, one after the other
_MOVE = """async ([moves, rest]) => {
    const slider = document.getElementById('faces_strength'), times = [];
    let painted = () => {};
    new MutationObserver(() => painted()).observe(document.querySelector('.dd-face-stage'),
        { attributes: true, attributeFilter: ['data-changed'] });
    for (let k = 0; k < moves; k++) {
        const shown = new Promise((done) => { painted = done; }), start = performance.now();
        slider.value = 0.5 + (k % 20) * 0.1;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await shown;
        times.push(performance.now() - start);
        await new Promise((done) => { setTimeout(done, rest); });
    }
    return times;
}"""
_READY = "document.querySelector('.dd-face-stage')?.dataset.empty === 'false'"
_CHANGED = "document.querySelector('.dd-face-stage').dataset.changed === 'true'"


def photograph(executor: Any, folder: str) -> Path:
    """A face of nobody in a picture of WIDTH x HEIGHT pixels."""
    from doodle.requests import Faces

    face = executor.submit(Faces(1, seed=6, psi=0.5)).result().pictures[0]
    picture = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    top, left = (HEIGHT - FACE) // 2, (WIDTH - FACE) // 2
    picture[top : top + FACE, left : left + FACE] = cv2.resize(face, (FACE, FACE))
    path = Path(folder) / "photograph.png"
    cv2.imwrite(str(path), picture[..., ::-1])
    return path


def measure(url: str, path: str, moves: int, file: Path) -> dict[str, list[float]]:
    """Times in ms, of a face of nobody and of a photograph."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}#faces")
        page.wait_for_function(_READY, timeout=120_000)
        page.locator("#faces_text").fill("gray hair")
        page.locator("#faces_add").click()
        page.wait_for_function(_CHANGED, timeout=120_000)
        page.wait_for_timeout(2000)
        nobody = page.evaluate(_MOVE, [moves, 150])
        page.locator(".dd-faces input[type=file]").set_input_files(file)
        page.wait_for_selector(".dd-face-pair:not([hidden])", timeout=120_000)
        page.wait_for_function(_CHANGED, timeout=120_000)
        page.wait_for_timeout(2000)
        photo = page.evaluate(_MOVE, [moves, 150])
        browser.close()
    return {"face of nobody": nobody, "photograph": photo}


def main() -> None:
    """Measure and print the percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=40, help="of the slider (%(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    args = parser.parse_args()
    path = chromium()
    with page_on(args.device) as (url, executor), tempfile.TemporaryDirectory() as folder:
        times = measure(url, path, args.moves, photograph(executor, folder))
    figures: dict[str, Any] = {"moves": args.moves}
    for name, took in times.items():
        figures[f"{name}: slider to picture, p50 (ms)"] = statistics.median(took)
        figures[f"{name}: slider to picture, p95 (ms)"] = percentile(took, 0.95)
        figures[f"{name}: moves above {TARGET} ms"] = sum(time > TARGET for time in took)
    append("face_slider", figures)


if __name__ == "__main__":
    main()
