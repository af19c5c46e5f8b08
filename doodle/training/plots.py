"""Pictures of a run: contact sheets of samples and loss curves, with Pillow alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

_COLOURS = ("#e8532f", "#2f6fe8", "#2f9e5b", "#8a4fd0")


def contact_sheet(
    rows: Sequence[Sequence[np.ndarray] | np.ndarray], labels: Sequence[str], *, margin: int = 4
) -> Image.Image:
    """Rows of pictures, each row with its label at the left.

    Args:
        rows: pictures (S, S) uint8, ink 255 on 0, or (S, S, 3) RGB, all of one size.
    """
    size = rows[0][0].shape[0]
    across = max(len(row) for row in rows)
    cell, gutter = size + margin, 96
    sheet = Image.new("RGB", (gutter + across * cell, len(rows) * cell + margin), "white")
    pen = ImageDraw.Draw(sheet)
    for y, (row, label) in enumerate(zip(rows, labels, strict=True)):
        pen.text((6, y * cell + size // 2 - 5), label, fill="black")
        for x, picture in enumerate(row):
            pixels = 255 - picture if picture.ndim == 2 else picture
            place = (gutter + x * cell, y * cell + margin)
            sheet.paste(Image.fromarray(pixels), place)
    return sheet


def plot_losses(log: Sequence[dict[str, Any]], names: Sequence[str]) -> Image.Image:
    """One panel a figure: training as a line, held-out values as dots."""
    width, height = 640, 200
    plot = Image.new("RGB", (width, height * len(names)), "white")
    pen = ImageDraw.Draw(plot)
    last = max((line["step"] for line in log), default=1)
    for k, name in enumerate(names):
        train = [(line["step"], line[name]) for line in log if name in line]
        held = [
            (line["step"], line["valid"][name]) for line in log if name in line.get("valid", {})
        ]
        if not train + held:
            continue
        values = [value for _, value in train + held]
        low, high = np.percentile(values, [0, 97])
        high = high if high > low else low + 1
        box = (60, k * height + 16, width - 12, (k + 1) * height - 24)

        def place(point: tuple[float, float], box=box, low=low, high=high):
            x = box[0] + point[0] / last * (box[2] - box[0])
            y = box[3] - (min(point[1], high) - low) / (high - low) * (box[3] - box[1])
            return x, y

        pen.rectangle(box, outline="#cccccc")
        pen.text((6, box[1]), f"{high:.3g}", fill="black")
        pen.text((6, box[3] - 10), f"{low:.3g}", fill="black")
        pen.text((box[0] + 6, box[1] + 4), name, fill=_COLOURS[k % len(_COLOURS)])
        pen.text((box[2] - 60, box[3] + 4), f"step {last}", fill="black")
        if len(train) > 1:
            pen.line([place(p) for p in train], fill=_COLOURS[k % len(_COLOURS)], width=1)
        for x, y in map(place, held):
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill="black")
    return plot
