"""How quick the chimera answers: the edge preview of strokes and pictures, and one picture.

Each is asked for as the page does, so a picture includes its edges and its species map.

    python benchmarks/chimera.py [--checkpoints FOLDER]

Without a checkpoint a network of the same size and random weights is timed. Appends to
runs/benchmarks.jsonl.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image
from record import ROOT, append, percentile

if TYPE_CHECKING:
    from doodle.registry import Registry
    from doodle.services.executor import Executor
    from doodle.strokes.drawing import Drawing

PREVIEW, PICTURE = 50.0, 600.0  # ms on two cores
NAME = "chimera"  # the checkpoint


def animal(size: int = 1000) -> Drawing:
    """A four-legged shape of thirty strokes."""
    from doodle.strokes.drawing import Drawing

    rng = np.random.default_rng(0)
    turn = np.linspace(0, 2 * np.pi, 120)
    lines = [
        np.stack([0.5 + a * np.cos(turn), 0.45 + b * np.sin(turn)], 1)
        for a, b in ((0.3, 0.15), (0.32, 0.17))
    ]
    for k in range(28):
        start = np.array([0.2 + 0.6 * k / 28, 0.55])
        lines.append(start + np.cumsum(rng.normal([0, 0.008], 0.004, (40, 2)), axis=0))
    return Drawing.from_polylines([line * size for line in lines], size, 0.75 * size)


def pictures() -> dict[str, np.ndarray]:
    """What is uploaded, (H, W, 3) uint8: a drawing, and a photograph of grain and shapes."""
    from doodle.strokes.raster import rasterize

    ink = rasterize(animal(1024).polylines(), (768, 1024), line_width=5)
    rng = np.random.default_rng(0)
    layers = [cv2.resize(rng.normal(0, 40, (n, n, 3)), (2048, 1365)) for n in (5, 20, 90, 400)]
    photo = np.clip(128 + sum(layers), 0, 255).astype(np.uint8)
    return {"drawing of 1024 px": cv2.merge([255 - ink] * 3), "photograph of 2048 px": photo}


def measure(executor: Executor, runs: int) -> dict[str, Any]:
    """Milliseconds of everything that a visitor waits for."""
    from doodle.requests import EdgeOptions, Edges, Outline, Render
    from doodle.requests.uploads import read
    from doodle.services.readiness import chimerical
    from doodle.strokes.species import species_map

    def asked(request: Any) -> Callable[[], Any]:
        return lambda: executor.submit(request).result()

    shown, drawing = pictures(), animal()
    calls = {"preview, strokes": asked(Edges(drawing))}
    for name, picture in shown.items():
        calls[f"preview, {name}"] = asked(Edges(picture))
    hand = EdgeOptions(way="hand")
    calls["preview, hand style"] = asked(Edges(shown["drawing of 1024 px"], hand))
    found = executor.submit(Edges(drawing)).result()
    _, species, _ = chimerical(executor.registry)
    tags = [species[k % len(species)] for k in range(len(drawing.strokes))]
    groups = [([line], tag) for line, tag in zip(drawing.polylines(), tags, strict=True)]
    calls["species map"] = lambda: species_map(found.edge_map, species, groups=groups)
    calls["one picture"] = asked(Render(drawing, tags=tags))
    calls["outline as strokes"] = asked(Outline(drawing))
    buffer = io.BytesIO()
    Image.fromarray(shown["photograph of 2048 px"]).resize((6000, 4000)).save(buffer, "JPEG")
    calls["photograph of 6000 x 4000 px, from file to edges"] = lambda: asked(
        Edges(read(buffer.getvalue()))
    )()
    figures: dict[str, Any] = {}
    for name, call in calls.items():
        seconds, busy = [], []
        for run in range(-2, runs):  # two to warm up
            begun, worked = time.perf_counter(), time.process_time()
            call()
            if run >= 0:
                seconds.append(time.perf_counter() - begun)
                busy.append(time.process_time() - worked)
        figures[f"{name}, p50 (ms)"] = 1e3 * percentile(seconds, 0.5)
        figures[f"{name}, p95 (ms)"] = 1e3 * percentile(seconds, 0.95)
        # what it takes where nothing else runs; only the waiting differs on a busy machine
        figures[f"{name}, CPU time, p50 (ms)"] = 1e3 * percentile(busy, 0.5)
    slowest = max(
        figures[f"{name}, p50 (ms)"]
        for name in calls
        if name.startswith("preview") and "hand" not in name
    )
    figures[f"RATIO target of {PREVIEW:g} ms to the slowest preview"] = PREVIEW / slowest
    whole = figures["one picture, p50 (ms)"]
    figures[f"RATIO target of {PICTURE:g} ms to one picture"] = PICTURE / whole
    return figures


def random_weights(folder: Path, device: str) -> Registry:
    """A network of the shipped one's size that has learned nothing."""
    import torch

    from doodle.checkpoint import FILE, save
    from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig
    from doodle.registry import Registry
    from doodle.strokes.species import COLOURS

    torch.manual_seed(0)
    config = Pix2PixConfig(width=64, most=4, classes=len(COLOURS), up="resize")
    save(
        folder / FILE,
        Pix2Pix(config).eval(),
        model="pix2pix",
        config=config,
        licence="none",
        attribution="nobody",
        data={"categories": list(COLOURS)},
    )
    return Registry.of({NAME: folder}, device)


def main() -> None:
    """Measure and append."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="calls to time (%(default)s)")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    parser.add_argument("--device", default="cpu", help="(%(default)s)")
    args = parser.parse_args()

    import torch

    from doodle.registry import Registry
    from doodle.services.asking import asking
    from doodle.services.readiness import chimerical

    registry = Registry(args.checkpoints, args.device)
    print(registry.placement, file=sys.stderr)
    trained = not chimerical(registry)[0]
    with tempfile.TemporaryDirectory() as folder:
        if not trained:
            registry = random_weights(Path(folder), args.device)
        with asking(registry) as executor:
            figures = measure(executor, args.runs)
        config = registry.fit_card(NAME).header["config"]
    facts = {
        "device": args.device,
        "threads": torch.get_num_threads(),
        "size": config["size"],
        "width": config["width"],
        "trained": trained,
    }
    append("chimera", facts | figures)


if __name__ == "__main__":
    main()
