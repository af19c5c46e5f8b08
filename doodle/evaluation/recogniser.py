"""Figures of the recogniser on the test split, written into its checkpoint's header and card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from doodle import checkpoint
from doodle.data.rasters import first_part, load_bitmaps
from doodle.data.sketches import SketchSet, load_sketches
from doodle.models.recogniser import Recogniser
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap

FIVE = ("bicycle", "clock", "hand", "spider", "sun")
BINS = 15


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with real/, traced/ and bitmaps/"})
    checkpoint: str = field(default="checkpoints/recogniser", metadata={"help": "its folder"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    path = checkpoint.file_of(config.checkpoint)
    network, header = checkpoint.load_as(Recogniser, path)
    sketches = load_sketches(Path(config.data), names=header["data"]["categories"])
    figures = measure(network, sketches, Path(config.data))
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


def measure(network: Recogniser, sketches: SketchSet, root: Path) -> list[dict[str, Any]]:
    """All figures: dicts of name, value, n, split."""
    chosen = np.flatnonzero((sketches.split == 2) & sketches.named)
    drawings = [from_stroke3(sketches.drawing(i)) for i in chosen]
    labels = sketches.category[chosen].astype(np.int64)
    figures: list[dict[str, Any]] = []

    def add(name: str, value: float, n: int) -> None:
        figures.append({"name": name, "value": round(float(value), 4), "n": n, "split": "test"})

    for share in (1.0, 0.75, 0.5, 0.25):
        chances = probabilities(network, [first_part(lines, share) for lines in drawings])
        drawn = f"recorded and recognised in the game, {share:.0%} drawn"
        for top in (1, 3) if share == 1 else (1,):
            add(f"top-{top}, {drawn}", top_k(chances, labels, top).mean(), len(labels))
        if share == 1:
            right = top_k(chances, labels, 1)
            per_class = [right[labels == c].mean() for c in np.unique(labels)]
            add(f"mean over categories of top-1, {drawn}", np.mean(per_class), len(per_class))
            add(
                f"expected calibration error, {drawn}",
                calibration_error(chances, labels),
                len(labels),
            )
            said = chances.max(axis=1) >= float(network.unknown_below)
            add('share answered "I don\'t know"', 1 - said.mean(), len(labels))
            add("top-1 of those answered with a word", right[said].mean(), int(said.sum()))
            whole = chances
    bitmaps = load_bitmaps(root, sketches.names)
    test = bitmaps.split == 2
    chances = _predict(network, bitmaps.pixels[test].reshape(-1, 28, 28))
    truth = bitmaps.category[test].astype(np.int64)
    for top in (1, 3):
        add(f"top-{top}, official bitmaps", top_k(chances, truth, top).mean(), len(truth))
    add(
        "expected calibration error, official bitmaps",
        calibration_error(chances, truth),
        len(truth),
    )
    value, n = among_five(lambda drawings: probabilities(network, drawings), sketches)
    add("right among bicycle, clock, hand, spider, sun; 0 to 50 % of the end removed", value, n)
    figures.append(
        by_category(sketches.names, {"recorded": (whole, labels), "bitmaps": (chances, truth)})
    )
    figures.append(confusions(sketches.names, whole, labels))
    return figures


def by_category(
    names: Sequence[str], kinds: dict[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, Any]:
    """Top-1 of each category as one figure.

    Args:
        kinds: what the drawings are -> chances (N, categories) and labels (N,).
    """
    rows: list[list[Any]] = [[name] for name in names]
    for chances, labels in kinds.values():
        right = top_k(chances, labels, 1)
        for c, row in enumerate(rows):
            own = right[labels == c]
            row += [f"{own.mean():.0%}" if len(own) else "-", len(own)]
    of = ", ".join(f"{kind} of n" for kind in kinds)
    return {"name": f"Top-1 by category ({of})", "split": "test", "n": len(names), "value": rows}


def confusions(names: Sequence[str], chances: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """The twelve commonest wrong first guesses as one figure."""
    pairs = zip(labels.tolist(), chances.argmax(axis=1).tolist(), strict=True)
    wrong = Counter((names[a], names[b]) for a, b in pairs if a != b)
    return {
        "name": "Most confused (drawn, taken for, times)",
        "split": "test",
        "n": len(labels),
        "value": [[a, b, n] for (a, b), n in wrong.most_common(12)],
    }


def probabilities(network: Recogniser, drawings: list[list[np.ndarray]]) -> np.ndarray:
    """(N, categories) calibrated."""
    return _predict(network, np.stack([quickdraw_bitmap(lines) for lines in drawings]))


def _predict(network: Recogniser, pixels: np.ndarray) -> np.ndarray:
    parts = torch.from_numpy(pixels).unsqueeze(1).split(512)
    return torch.cat([network.probabilities(part.float() / 255) for part in parts]).numpy()


def top_k(chances: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """(N,) True where fewer than k categories are likelier than the right one."""
    own = np.take_along_axis(chances, labels[:, None], axis=1)
    return (chances > own).sum(axis=1) < k


def calibration_error(chances: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error over 15 equal bins of confidence (Guo et al. 2017, eq. 3)."""
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = [
        abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(np.sum(gap))


def among_five(
    predict: Callable[[list[list[np.ndarray]]], np.ndarray], sketches: SketchSet
) -> tuple[float, int]:
    """Accuracy among five categories on held-out strokes with 0 to 50 % of the end removed.

    Recorded drawings of valid and test count, in the hand's order; there are few of them.

    Args:
        predict: N drawings to probabilities (N, categories).
    """
    rows = [sketches.names.index(name) for name in FIVE]
    held = (sketches.split > 0) & sketches.recorded & np.isin(sketches.category, rows)
    rng = np.random.default_rng(0)
    chosen = np.flatnonzero(held)
    drawings = [
        first_part(from_stroke3(sketches.drawing(i)), rng.uniform(0.5, 1.0))
        for i in chosen
        for _ in range(5)
    ]
    labels = np.repeat(sketches.category[chosen], 5)
    guess = np.array(rows)[predict(drawings)[:, rows].argmax(axis=1)]
    return float((guess == labels).mean()), len(chosen)
