"""The doodle generator's evaluation compares these: pictures, and the recogniser's features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from doodle.data.rasters import load_bitmaps
from doodle.data.sketches import load_sketches
from doodle.models.recogniser import Recogniser
from doodle.models.words import WordTable
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap

KIN = 5  # trained words whose pictures an unseen word's samples are compared with
SIDE = 28  # of the pictures that are compared


@dataclass(frozen=True)
class Pictures:
    """Real drawings at 28 pixels, or doodles; ink 255 on 0."""

    pixels: np.ndarray  # (N, 28, 28) uint8
    category: np.ndarray  # (N,)
    split: np.ndarray  # (N,) 0 train, 1 valid, 2 test

    def pick(self, rows: np.ndarray) -> Pictures:
        return Pictures(self.pixels[rows], self.category[rows], self.split[rows])


@dataclass(frozen=True)
class Described:
    """The recogniser's features and probabilities of pictures."""

    pictures: Pictures
    features: np.ndarray  # (N, C) float32
    chances: np.ndarray  # (N, categories)

    def of(self, category: int) -> np.ndarray:
        """Rows of one category."""
        return np.flatnonzero(self.pictures.category == category)


def load_pictures(root: Path, names: Sequence[str]) -> Pictures:
    """What the generator learns from, and what was held out: bitmaps and recorded drawings."""
    sketches = load_sketches(root, names=names)
    rows = np.flatnonzero(sketches.recorded)
    drawn = [quickdraw_bitmap(from_stroke3(sketches.drawing(i)))[None] for i in rows]
    bitmaps = load_bitmaps(root, names)
    return Pictures(
        np.concatenate([bitmaps.pixels.reshape(-1, SIDE, SIDE), *drawn]),
        np.concatenate([bitmaps.category, sketches.category[rows]]),
        np.concatenate([bitmaps.split, sketches.split[rows]]),
    )


def kin(words: WordTable, names: Sequence[str], unseen: Sequence[str]) -> dict[int, list[int]]:
    """For each unseen word the trained ones nearest in meaning, the nearest first.

    Near is the cosine of the text vectors after the table's mean is taken away.

    Returns:
        row in ``names`` -> KIN rows in ``names``.
    """
    vectors = torch.stack([words.lookup(name).vector for name in names]).float()
    away = F.normalize(vectors - words.mean.float(), dim=1)
    cosine = away @ away.t()
    hidden = [names.index(word) for word in unseen]
    cosine[:, hidden] = -2.0
    count = min(KIN, len(names) - len(hidden))
    return {row: cosine[row].topk(count).indices.tolist() for row in hidden}


@torch.no_grad()
def describe(recogniser: Recogniser, pictures: Pictures) -> Described:
    """Features and calibrated probabilities in one pass."""
    recogniser = recogniser.to(memory_format=torch.channels_last)
    features, chances = [], []
    for part in torch.from_numpy(pictures.pixels).unsqueeze(1).split(256):
        ink = (part.float() / 255).contiguous(memory_format=torch.channels_last)
        found = recogniser.features(ink)
        features.append(found)
        logits = recogniser.classify(found).float() / recogniser.temperature
        chances.append(torch.softmax(logits, dim=1))
    return Described(pictures, torch.cat(features).numpy(), torch.cat(chances).numpy())
