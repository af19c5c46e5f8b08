"""Figures of the stroke classifier on the test split, alone and joined with the recogniser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from doodle import checkpoint
from doodle.data.rasters import first_part
from doodle.data.sketches import SketchSet, canonical_order, load_sketches
from doodle.evaluation.recogniser import (
    FIVE,
    among_five,
    by_category,
    calibration_error,
    confusions,
    probabilities,
    top_k,
)
from doodle.models.recogniser import Recogniser
from doodle.models.stroke_classifier import StrokeClassifier
from doodle.pipelines.recognise import stroke_rows
from doodle.strokes.curves import curve_points, trace_curves
from doodle.strokes.formats import from_stroke3

Drawings = list[list[np.ndarray]]
Predict = Callable[[Drawings], np.ndarray]


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with real/, traced/ and bitmaps/"})
    checkpoint: str = field(
        default="checkpoints/stroke_classifier", metadata={"help": "its folder"}
    )
    recogniser: str = field(
        default="checkpoints/recogniser", metadata={"help": "folder of its partner"}
    )
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    path = checkpoint.file_of(config.checkpoint)
    network, header = checkpoint.load_as(StrokeClassifier, path)
    recogniser, _ = checkpoint.load_as(Recogniser, config.recogniser)
    sketches = load_sketches(Path(config.data), names=header["data"]["categories"])
    figures = measure(network, recogniser, sketches)
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


def measure(
    network: StrokeClassifier, recogniser: Recogniser, sketches: SketchSet
) -> list[dict[str, Any]]:
    """All figures: dicts of name, value, n, split."""
    ways: dict[str, Predict] = {
        "joined": lambda drawings: joined(network, recogniser, drawings),
        "strokes alone": lambda drawings: alone(network, drawings),
        "picture alone": lambda drawings: probabilities(recogniser, drawings),
    }
    chosen = np.flatnonzero((sketches.split == 2) & sketches.named)
    drawings = [from_stroke3(sketches.drawing(i)) for i in chosen]
    labels = sketches.category[chosen].astype(np.int64)
    figures: list[dict[str, Any]] = []

    def add(name: str, value: float, n: int) -> None:
        figures.append({"name": name, "value": round(float(value), 4), "n": n, "split": "test"})

    for way, predict in ways.items():
        for share in (1.0, 0.75, 0.5, 0.25):
            chances = predict([first_part(lines, share) for lines in drawings])
            add(
                f"top-1, recorded and recognised in the game, {share:.0%} drawn, {way}",
                top_k(chances, labels, 1).mean(),
                len(labels),
            )
            if share == 1:
                add(f"top-3, the same, {way}", top_k(chances, labels, 3).mean(), len(labels))
                right = top_k(chances, labels, 1)
                per_class = [right[labels == c].mean() for c in np.unique(labels)]
                add(f"mean over categories of top-1, {way}", np.mean(per_class), len(per_class))
                add(
                    f"expected calibration error, {way}",
                    calibration_error(chances, labels),
                    len(labels),
                )
                if way == "joined":
                    whole = chances
                    said = chances.max(axis=1) >= float(network.unknown_below)
                    add('share answered "I don\'t know", joined', 1 - said.mean(), len(labels))
                    add(
                        "top-1 of those answered with a word, joined",
                        right[said].mean(),
                        int(said.sum()),
                    )
    traced, truth = traced_test(sketches)
    for way, predict in ways.items():
        add(
            f"top-1, strokes traced from official bitmaps, {way}",
            top_k(predict(traced), truth, 1).mean(),
            len(truth),
        )
    for way, predict in ways.items():
        value, n = among_five(predict, sketches)
        add(f"right among {', '.join(FIVE)}; 0 to 50 % of the end removed, {way}", value, n)
    figures.append(by_category(sketches.names, {"recorded, joined": (whole, labels)}))
    figures.append(confusions(sketches.names, whole, labels))
    return figures


def traced_test(sketches: SketchSet, most: int = 4000) -> tuple[Drawings, np.ndarray]:
    """Strokes traced from bitmaps of the test split, and their labels."""
    rows = np.flatnonzero((sketches.split == 2) & ~sketches.recorded)
    rows = np.random.default_rng(0).permutation(rows)[:most]
    drawings = [from_stroke3(sketches.drawing(i)) for i in rows]
    return drawings, sketches.category[rows].astype(np.int64)


@torch.no_grad()
def own_logits(network: StrokeClassifier, drawings: Drawings) -> np.ndarray:
    """(N, categories) of the stroke classifier alone, uncalibrated."""
    order = np.argsort([sum(map(len, lines)) for lines in drawings], kind="stable")
    logits = np.zeros((len(drawings), network.config.categories), np.float32)
    for part in np.array_split(order, max(1, len(order) // 256)):
        rows = [torch.from_numpy(x) for x in stroke_rows([drawings[i] for i in part])]
        logits[part] = network(*rows).float().numpy()
    return logits


def alone(network: StrokeClassifier, drawings: Drawings) -> np.ndarray:
    """(N, categories) probabilities of the stroke classifier alone, calibrated."""
    return _softmax(own_logits(network, drawings) / float(network.temperature))


@torch.no_grad()
def joined(network: StrokeClassifier, recogniser: Recogniser, drawings: Drawings) -> np.ndarray:
    """(N, categories) probabilities as the app gives them."""
    own = torch.from_numpy(own_logits(network, drawings))
    raster = torch.from_numpy(probabilities(recogniser, drawings)).log()
    return torch.softmax(network.join(own, raster), dim=1).numpy()


def _softmax(logits: np.ndarray) -> np.ndarray:
    return torch.softmax(torch.from_numpy(logits), dim=1).numpy()


def by_tracing(network: StrokeClassifier) -> Callable[[np.ndarray], np.ndarray]:
    """A classifier of pictures that reads strokes traced from them, not their pixels.

    Returns:
        a function from pictures (N, S, S) uint8, ink 255 on 0, to probabilities (N, categories).
    """

    def classify(pictures: np.ndarray) -> np.ndarray:
        traced = [
            curve_points(curves, spacing=0.5)
            for curves in trace_curves(pictures.astype(np.float32) / 255)
        ]
        rows, lengths, _ = stroke_rows([canonical_order(lines) for lines in traced])
        parts = [torch.from_numpy(x) for x in (rows, lengths, np.zeros(len(rows), np.float32))]
        chunks = zip(*(part.split(256) for part in parts), strict=True)
        return torch.cat([network.probabilities(*chunk) for chunk in chunks]).numpy()

    return classify
