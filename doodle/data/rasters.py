"""Pictures for the recogniser: official bitmaps and renderings of whole and unfinished strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from doodle.data.sketches import SketchSet, canonical_order
from doodle.data.splits import split_of_bitmap
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap


@dataclass(frozen=True)
class BitmapSet:
    """Official 28 x 28 bitmaps, ink 255 on 0."""

    pixels: np.ndarray  # (N, 784) uint8
    category: np.ndarray  # (N,)
    split: np.ndarray  # (N,) 0 train, 1 valid, 2 test


def load_bitmaps(root: Path, names: Sequence[str]) -> BitmapSet:
    """Read bitmaps/<category>.npz of a Quick, Draw! data folder; categories may be missing."""
    parts: list[np.ndarray] = []
    category: list[np.ndarray] = []
    for index, name in enumerate(names):
        path = root / "bitmaps" / f"{name}.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as z:
                parts.append(z["bitmaps"].reshape(-1, 784))
            category.append(np.full(len(parts[-1]), index, np.int16))
    if not parts:
        raise FileNotFoundError(f"no bitmaps under {root / 'bitmaps'}")
    pixels = np.concatenate(parts)
    split = np.array([split_of_bitmap(row) for row in pixels], np.int8)
    return BitmapSet(pixels, np.concatenate(category), split)


def first_part(polylines: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    """The first ``share`` of a drawing's points: what stood on the paper before it was finished."""
    keep = max(2, round(share * sum(len(line) for line in polylines)))
    part = []
    for line in polylines:
        if keep <= 0:
            break
        part.append(line[:keep])
        keep -= len(line)
    return part


def render_training(
    data: SketchSet, index: int, rng: np.random.Generator, line_widths: Sequence[float]
) -> np.ndarray:
    """A recorded drawing, or a traced one in canonical order, often cut off before its end.

    Args:
        line_widths: the thinnest and the thickest line, in units of the 256 space.
    """
    lines = from_stroke3(data.drawing(index))
    if not data.recorded[index]:
        lines = canonical_order(lines)
    if not data.recorded[index] or rng.random() < 0.4:
        lines = first_part(lines, rng.uniform(0.3, 1.0))
    return quickdraw_bitmap(lines, line_width=rng.uniform(line_widths[0], line_widths[-1]))


def balanced(category: np.ndarray, worth: np.ndarray, power: float) -> np.ndarray:
    """(N,) probabilities that weigh categories by their total worth ** power.

    Args:
        category: (N,) whole numbers.
        worth: (N,) of each drawing beside the others of its category; 0 leaves it out.
        power: 1 leaves the categories as they are, 0 makes them equal.
    """
    total = np.bincount(category, weights=worth, minlength=int(category.max()) + 1)
    weight = worth * np.where(total > 0, total, 1.0)[category] ** (power - 1)
    return weight / weight.sum()
