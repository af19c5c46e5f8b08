"""Begun drawings and what is missing of them, as pairs of pictures in the frame of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from doodle.data.endings import Lines, without_some
from doodle.data.rasters import balanced
from doodle.data.sketches import SketchSet, as_a_visitor, canonical_order, load_sketches
from doodle.strokes.formats import from_stroke3
from doodle.strokes.geometry import bounds, extent
from doodle.strokes.raster import quickdraw_bitmap, rasterize
from doodle.strokes.wholes import CELL, CELLS, LINE_WIDTH, LONGER_SIDE, SHARES

SIZES, SHIFT = (0.88, 1.04), 0.045  # of wholes around LONGER_SIDE and the picture's middle
CUT = 0.2  # share of drawings that are cut along a line, wherever the strokes are


class Pair(NamedTuple):
    """One begun drawing.

    Attributes:
        begun, added: (S, S) uint8, ink 255, at their places in the whole.
        alone: (S, S) uint8, what is begun as large as fits.
        place: index into SHARES, row and column of its place in the whole.
    """

    begun: np.ndarray
    added: np.ndarray
    alone: np.ndarray
    place: tuple[int, int, int]


@dataclass(frozen=True)
class CompletionSet:
    """Pairs of one split; N examples, pictures (N, S, S) uint8, ink 255 on 0.

    Attributes:
        begun, added, alone: see `Pair`.
        place: (N, 3) int64.
        category: (N,) index into the categories.
        cdf: (N,) running sum of the probabilities that batches are drawn by.
    """

    begun: np.ndarray
    added: np.ndarray
    alone: np.ndarray
    place: np.ndarray
    category: np.ndarray
    cdf: np.ndarray

    def __len__(self) -> int:
        return len(self.category)

    def batch(self, count: int, rng: np.random.Generator) -> Batch:
        """Random examples, half of them mirrored."""
        chosen = np.searchsorted(self.cdf, rng.random(count))
        return self.some(np.minimum(chosen, len(self) - 1), rng.random(count) < 0.5)

    def some(self, chosen: np.ndarray, mirrored: np.ndarray | None = None) -> Batch:
        """Examples by number, those mirrored where that is true."""
        begun, added, alone = (
            part[chosen].astype(np.float32)[:, None] / 255
            for part in (self.begun, self.added, self.alone)
        )
        place = self.place[chosen]
        if mirrored is not None:
            for part in (begun, added, alone):
                part[mirrored] = part[mirrored, :, :, ::-1]
            place[mirrored, 2] = CELLS - 1 - place[mirrored, 2]
        label = (place[:, 0] * CELLS + place[:, 1]) * CELLS + place[:, 2]
        return Batch(begun, added, alone, label, self.category[chosen].astype(np.int64))


class Batch(NamedTuple):
    """Pictures (B, 1, S, S) float32 in [0, 1]; place (B,) as `CompletionGan.places`; labels."""

    begun: np.ndarray
    added: np.ndarray
    alone: np.ndarray
    place: np.ndarray
    category: np.ndarray


def load_completions(
    root: Path,
    names: Sequence[str],
    *,
    size: int,
    split: int = 0,
    without: Sequence[str] = (),
    recorded: int = 4,
    most: int = 200_000,
    balance: float = 0.5,
    seed: int = 0,
) -> CompletionSet:
    """Recorded and traced drawings of a Quick, Draw! data folder, each divided at random.

    Args:
        size: side of the pictures in pixels.
        split: 0 train, 1 valid, 2 test.
        without: categories that are left out.
        recorded: how often each recorded drawing is divided; a traced one once.
        most: examples; traced drawings are left out by chance beyond that.
        balance: a category is drawn as often as its size ** balance.

    Raises:
        FileNotFoundError, ValueError: there are no drawings.
    """
    sketches = load_sketches(root, names=names)
    left_out = np.isin(sketches.category, [names.index(name) for name in without])
    wanted = (sketches.split == split) & ~left_out
    rng = np.random.default_rng(seed)
    real = rng.permutation(np.repeat(np.flatnonzero(wanted & sketches.recorded), recorded))[:most]
    traced = rng.permutation(np.flatnonzero(wanted & ~sketches.recorded))
    rows = np.sort(np.concatenate([real, traced[: max(0, most - len(real))]]))
    with ThreadPoolExecutor() as pool:
        jobs = [(sketches, row, size, seed, k) for k, row in enumerate(rows.tolist())]
        found = list(pool.map(_example, jobs, chunksize=256))
    kept = [k for k, pair in enumerate(found) if pair is not None]
    pairs = [pair for pair in found if pair is not None]
    if not pairs:
        raise ValueError(f"{root} holds no drawings to train with")
    category = sketches.category[rows[kept]]
    chances = balanced(category, np.ones(len(category)), balance)
    return CompletionSet(
        np.stack([pair.begun for pair in pairs]),
        np.stack([pair.added for pair in pairs]),
        np.stack([pair.alone for pair in pairs]),
        np.array([pair.place for pair in pairs], np.int64),
        category,
        np.cumsum(chances),
    )


def _example(job: tuple[SketchSet, int, int, int, int]) -> Pair | None:
    sketches, row, size, seed, number = job
    rng = np.random.default_rng((seed, number))
    lines = from_stroke3(sketches.drawing(row))
    if not sketches.recorded[row]:
        lines = canonical_order(lines)
    return pair(as_a_visitor(lines, rng), size, rng)


def pair(lines: Sequence[np.ndarray], side: int, rng: np.random.Generator) -> Pair | None:
    """A drawing divided, in pictures of one side; None where it cannot be."""
    factor = rng.uniform(0.9, 1.1, size=2)
    stretched = [np.asarray(line) * factor for line in lines]
    begun, missing = divided(stretched, rng)
    if not begun or not missing or extent(begun) <= 0:
        return None
    left, top, right, bottom = bounds(stretched)
    longer = max(right - left, bottom - top)
    middle = np.array([left + right, top + bottom]) / 2
    size = rng.uniform(*SIZES)
    scale = side * LONGER_SIDE * size / longer
    offset = side * (0.5 + rng.uniform(-SHIFT, SHIFT, size=2)) - middle * scale
    box = np.array(bounds(begun))
    away = ((box[:2] + box[2:]) / 2 - middle) / longer
    column, row = np.clip(np.round(away / CELL) + CELLS // 2, 0, CELLS - 1).astype(int).tolist()
    drawn = [
        rasterize(
            part, side, line_width=side * LINE_WIDTH, scale=scale, offset=(offset[0], offset[1])
        )
        for part in (begun, missing)
    ]
    place = (share_index(extent(begun) / longer), row, column)
    return Pair(drawn[0], drawn[1], quickdraw_bitmap(begun, size=side), place)


def share_index(share: float) -> int:
    """The nearest of SHARES."""
    return int(np.abs(np.log(np.array(SHARES) / max(share, 1e-3))).argmin())


def divided(lines: Sequence[np.ndarray], rng: np.random.Generator) -> tuple[Lines, Lines]:
    """What is there and what is missing: by strokes and points, or cut along a straight line."""
    if rng.random() >= CUT:
        return without_some(lines, rng)
    angle = rng.uniform(0, 2 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)])
    heights = np.concatenate([line @ way for line in lines])
    level = np.quantile(heights, rng.uniform(0.3, 0.75))
    begun: Lines = []
    missing: Lines = []
    for line in lines:
        here = line @ way <= level
        ends = np.flatnonzero(np.diff(here.astype(int))) + 1
        for start, end in zip([0, *ends], [*ends, len(line)], strict=True):
            if here[start]:
                piece, part = line[start:end], begun
            else:  # it reaches the points that are there, so that no ink is lost where it is cut
                piece, part = line[max(0, start - 1) : end + 1], missing
            if len(piece) > 1 or len(line) == 1:
                part.append(np.asarray(piece, np.float32))
    return begun, missing
