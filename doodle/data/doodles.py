"""Pictures for the generator: official bitmaps and rendered strokes, balanced over categories."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from doodle.data.rasters import balanced, load_bitmaps
from doodle.data.sketches import CORE_CATEGORIES, SketchSet, load_sketches
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap

BITMAP = 28  # side of the official bitmaps


@dataclass(frozen=True)
class DoodleSet:
    """Training pictures of one size, ink 255 on 0.

    Attributes:
        pixels: (N, size, size) uint8.
        category: (N,) index into the categories.
        cdf: (N,) running sum of the probabilities that batches are drawn by.
    """

    pixels: np.ndarray
    category: np.ndarray
    cdf: np.ndarray

    def batch(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(count, 1, size, size) float32 in [0, 1], half of them mirrored, and labels (count,)."""
        chosen = np.searchsorted(self.cdf, rng.random(count))
        chosen = np.minimum(chosen, len(self.cdf) - 1)  # the sum may round below 1
        pixels = self.pixels[chosen].astype(np.float32) / 255
        mirror = rng.random(count) < 0.5
        pixels[mirror] = pixels[mirror, :, ::-1]
        return pixels[:, None], self.category[chosen].astype(np.int64)

    def some(self, category: int, count: int) -> np.ndarray:
        """(count, 1, size, size) float32 in [0, 1] of one category, repeated where it has fewer."""
        rows = np.flatnonzero(self.category == category)
        rows = rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]
        return self.pixels[rows][:, None].astype(np.float32) / 255


def load_doodles(
    root: Path, names: Sequence[str], size: int, *, without: Sequence[str] = (), balance: float
) -> DoodleSet:
    """The training split of a Quick, Draw! data folder as pictures.

    At 28 pixels these are the official bitmaps and the recorded drawings, rendered alike; at any
    other size the recorded and the traced strokes are rendered.

    Args:
        without: categories that are left out.
        balance: a category is drawn as often as its size ** balance.
    """
    sketches = load_sketches(root, names=names)
    wanted = sketches.recorded if size == BITMAP else np.ones(len(sketches), bool)
    rows = np.flatnonzero(wanted & (sketches.split == 0))
    pixels = [_render(sketches, rows, size)]
    category = [sketches.category[rows]]
    if size == BITMAP:
        bitmaps = load_bitmaps(root, names)
        train = bitmaps.split == 0
        pixels.append(bitmaps.pixels[train].reshape(-1, BITMAP, BITMAP))
        category.append(bitmaps.category[train])
    labels = np.concatenate(category)
    kept = ~np.isin(labels, [names.index(name) for name in without])
    labels = labels[kept]
    if not len(labels):
        raise ValueError(f"{root} holds no drawings to train with")
    chances = balanced(labels, np.ones(len(labels)), balance)
    return DoodleSet(np.concatenate(pixels)[kept], labels, np.cumsum(chances))


def _render(sketches: SketchSet, rows: np.ndarray, size: int) -> np.ndarray:
    """(len(rows), size, size) uint8; threads help, as drawing a line holds no lock."""

    def one(row: int) -> np.ndarray:
        return quickdraw_bitmap(from_stroke3(sketches.drawing(row)), size=size)

    with ThreadPoolExecutor() as pool:
        drawn = list(pool.map(one, rows.tolist(), chunksize=256))
    return np.stack(drawn) if drawn else np.zeros((0, size, size), np.uint8)


def unseen_words(names: Sequence[str], count: int, seed: int) -> tuple[str, ...]:
    """Categories to keep out of training, chosen by chance among those that are not core words."""
    free = [name for name in names if name not in CORE_CATEGORIES]
    order = np.random.default_rng(seed).permutation(len(free))
    return tuple(sorted(free[k] for k in order[: min(count, len(free))]))
