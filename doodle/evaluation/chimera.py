"""Figures of the chimera on held-out photographs: near them, true to the edges, local in species.

The kernel distance is taken in the features of a network of fixed random weights (after Naeem et
al. 2020, arXiv 2002.09797, section 4): it had no part in training, needs no download, and sees
colour and texture at several scales, though no meaning.  What real photographs and blurred ones
score stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from .. import checkpoint
from ..data.animals import Animals, load_animals
from ..data.pairs import Mixing, Pair, Pairs
from ..device import choose
from ..pipelines.chimera import Chimera
from ..strokes.edges import agreement, canny
from .distances import kernel_distance

REACH = 2  # pixels that an edge may be off
WIDTHS = (24, 48, 96, 128)  # channels of the random network
BLURRED = 3.0  # pixels of 256, sigma: the yardstick of what is not sharp
NEAR = 1 / 16  # of the side: how far from the border a change may reach unnoticed

# (N, S, S, 3) uint8 -> (N, C) float32
Features = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "file written by `python -m doodle data pack-animals`"})
    checkpoint: str = field(default="checkpoints/chimera", metadata={"help": "its folder"})
    photos: int = field(default=0, metadata={"help": "held-out photographs; 0: all"})
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})

    def __post_init__(self) -> None:
        if self.photos and self.photos < 4:
            raise ValueError("at least 4 photographs are needed, or 0 for all")


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    path = Path(config.checkpoint) / checkpoint.FILE
    network, header = checkpoint.load(path, device=choose(config.device).device)
    pipeline = Chimera(network, header["data"]["categories"])
    animals = load_animals(config.data, pipeline.size)
    if pipeline.species and animals.classes != pipeline.species:
        raise ValueError(f"{config.data} has other animals than {config.checkpoint}")
    figures = Evaluation(pipeline, animals, config.photos).measure()
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


def held_out(animals: Animals, count: int, split: int = 2) -> dict[str, list[Pair]]:
    """The test photographs' pairs, with canny's edges and with strokes as a hand draws them.

    On white where that can be had, else in their surroundings; centred, never augmented.
    """
    pairs = Pairs(animals, split, Mixing())
    white = set(pairs.white.tolist())
    chosen = sorted(white | set(pairs.scenes.tolist()))
    if count and count < len(chosen):
        keep = np.linspace(0, len(chosen) - 1, count).round().astype(int)
        chosen = [chosen[k] for k in keep]
    return {name: [pairs.single(i, i not in white, None, hand=name == "hand") for i in chosen]
            for name in ("canny", "hand")}  # fmt: skip


def random_features(pictures: np.ndarray, seed: int = 0) -> np.ndarray:
    """Mean and spread of each channel at four scales of a network that nobody trained.

    Args:
        pictures: (N, S, S, 3) uint8.

    Returns:
        (N, 2 * sum(WIDTHS)) float32.
    """
    generator = torch.Generator().manual_seed(seed)
    weights, before = [], 3
    for width in WIDTHS:
        weight = torch.randn(width, before, 3, 3, generator=generator)
        # no bias towards grey: half of the filters see differences only
        weight[::2] -= weight[::2].mean(dim=(2, 3), keepdim=True)
        weights.append(weight * (2 / (9 * before)) ** 0.5)
        before = width
    rows = []
    with torch.inference_mode():
        for part in torch.from_numpy(pictures).split(16):
            x = part.permute(0, 3, 1, 2).float() / 127.5 - 1
            found = []
            for weight in weights:
                x = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight))
                found += [x.mean(dim=(2, 3)), x.std(dim=(2, 3))]
                x = F.avg_pool2d(x, 2)
            rows.append(torch.cat(found, 1))
    return torch.cat(rows).numpy()


class Evaluation:
    """Everything that is measured.

    Args:
        pipeline: as the app uses it.
        animals: packed photographs of its species.
        photos: how many of the held-out ones; 0 for all.
        features: in which the kernel distance is taken.
    """

    def __init__(
        self, pipeline: Chimera, animals: Animals, photos: int = 0,
        features: Features = random_features,
    ) -> None:  # fmt: skip
        self.pipeline, self.animals, self.features = pipeline, animals, features
        self.pairs = held_out(animals, photos)
        self.photos = np.stack([pair.photo for pair in self.pairs["canny"]])
        self.labels = np.array([pair.classes[0, 0] for pair in self.pairs["canny"]])
        self.figures: list[dict[str, Any]] = []

    def measure(self) -> list[dict[str, Any]]:
        """All figures: dicts of name, value, n, split."""
        made = {name: self._made(pairs) for name, pairs in self.pairs.items()}
        titles = {"canny": "canny edges", "hand": "hand-like strokes"}
        ways = {titles[name]: (name, pictures) for name, pictures in made.items()}
        if self.pipeline.species:
            untold = [replace(p, classes=np.zeros_like(p.classes)) for p in self.pairs["canny"]]
            ways["canny edges, species unknown"] = ("canny", self._made(untold))
        self._near(ways)
        self._true_to_edges(ways)
        scale = self._scale()
        self._like_photographs(ways, scale)
        if len(self.pipeline.species) > 1:
            self._local(made["canny"])
        self._by_species(made["canny"], scale)
        return self.figures

    def _add(self, name: str, value: Any, n: int) -> None:
        value = value if isinstance(value, list) else round(float(value), 4)
        self.figures.append({"name": name, "value": value, "n": n, "split": "test"})

    def _made(self, pairs: Sequence[Pair]) -> np.ndarray:
        """What the pipeline makes of pairs, told their class maps: (N, S, S, 3) uint8."""
        return np.concatenate([
            self.pipeline(pair.edges, pair.classes, background="scene" if pair.scene else "white")
            for pair in tqdm(pairs, unit="picture", disable=None)
        ])  # fmt: skip

    # -- figures ---------------------------------------------------------------------------------

    def _near(self, ways: dict[str, tuple[str, np.ndarray]]) -> None:
        for title, (_, made) in ways.items():
            self._add(f"L1 to the photograph (0 to 1), {title}", _l1(made, self.photos).mean(),
                      len(made))  # fmt: skip

    def _true_to_edges(self, ways: dict[str, tuple[str, np.ndarray]]) -> None:
        """Canny's edges of what was made against the edges that were given."""
        itself = {"the photographs' own, hand-like strokes": ("hand", self.photos)}
        for title, (name, made) in {**ways, **itself}.items():
            found = _agreements(made, self.pairs[name])
            for side, value in zip(("precision", "recall"), found.mean(axis=0), strict=True):
                self._add(f"edge {side} at {REACH} px, {title}", value, len(made))

    def _scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and spread of each feature over as many training photographs, for equal weight."""
        pairs = held_out(self.animals, len(self.photos), split=0)["canny"]
        self.trained = self.features(np.stack([pair.photo for pair in pairs]))
        return self.trained.mean(axis=0), self.trained.std(axis=0) + 1e-6

    def _like_photographs(
        self, ways: dict[str, tuple[str, np.ndarray]], scale: tuple[np.ndarray, np.ndarray]
    ) -> None:
        mean, spread = scale
        real = (self.features(self.photos) - mean) / spread
        sigma = BLURRED * self.photos.shape[1] / 256
        blurred = np.stack([cv2.GaussianBlur(photo, (0, 0), sigma) for photo in self.photos])
        rows = {title: self.features(made) for title, (_, made) in ways.items()}
        rows |= {"training photographs": self.trained,
                 "the photographs themselves, blurred": self.features(blurred)}  # fmt: skip
        for title, found in rows.items():
            paired = title != "training photographs"
            value = kernel_distance((found - mean) / spread, real, paired=paired)
            self._add(f"kernel distance to held-out photographs, {title}", value, len(found))

    def _local(self, base: np.ndarray) -> None:
        """One half of the class map says another animal: where does the picture change?"""
        inside, outside, far, everywhere = [], [], [], []
        pairs, size = self.pairs["canny"], self.pipeline.size
        animals = len(self.pipeline.species)
        for k, (pair, before) in enumerate(zip(tqdm(pairs, disable=None), base, strict=True)):
            half, distance = _half(size, k % 4)
            step = 1 + 5 * k % (animals - 1)  # never back to its own
            other = 1 + (int(self.labels[k]) - 1 + step) % animals
            told = np.where(half, np.uint8(other), pair.classes)
            (after,) = self._made_of(pair, told)
            change = np.abs(after.astype(np.float64) - before).mean(axis=2)
            inside.append(change[half].mean())
            outside.append(change[~half].mean())
            far.append(change[~half & (distance > NEAR * size)].mean())
            (whole,) = self._made_of(pair, np.full_like(told, other))
            everywhere.append(np.abs(whole.astype(np.float64) - before).mean())
        count = len(pairs)
        where = "of the change when one half's species changes"
        total = np.sum(inside) + np.sum(outside)
        self._add(f"share {where} that lies in that half (half of it: by chance)",
                  np.sum(inside) / total if total else 0.5, count)  # fmt: skip
        self._add(f"grey levels {where}, in it", np.mean(inside), count)
        self._add(f"grey levels {where}, in the other half", np.mean(outside), count)
        self._add(f"grey levels {where}, in the other half {NEAR * size:g} px and more away",
                  np.mean(far), count)  # fmt: skip
        self._add("grey levels of the change when the whole species changes", np.mean(everywhere),
                  count)  # fmt: skip

    def _made_of(self, pair: Pair, told: np.ndarray) -> np.ndarray:
        return self.pipeline(pair.edges, told, background="scene" if pair.scene else "white")

    def _by_species(self, made: np.ndarray, scale: tuple[np.ndarray, np.ndarray]) -> None:
        mean, spread = scale
        ours, real = ((self.features(p) - mean) / spread for p in (made, self.photos))
        l1, found = _l1(made, self.photos), _agreements(made, self.pairs["canny"])
        rows = []
        for number, name in enumerate(self.animals.classes, 1):
            own = np.flatnonzero(self.labels == number)
            if not len(own):
                continue
            kernel = "-"
            if len(own) > 1:
                kernel = f"{kernel_distance(ours[own], real[own], paired=True):.3f}"
            precision, recall = found[own].mean(axis=0)
            rows.append([name, len(own), f"{l1[own].mean():.3f}", f"{precision:.0%}",
                         f"{recall:.0%}", kernel])  # fmt: skip
        self._add("By animal, canny edges (photographs, L1, edge precision, recall, kernel "
                  "distance)", rows, len(made))  # fmt: skip


def _l1(made: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """(N,) in [0, 1]."""
    pairs = zip(made, photos, strict=True)
    return np.array([np.abs(a.astype(np.float32) - b).mean() / 255 for a, b in pairs])


def _agreements(made: np.ndarray, pairs: Sequence[Pair]) -> np.ndarray:
    """(N, 2): precision and recall."""
    return np.array([agreement(canny(picture), pair.edges, REACH)
                     for picture, pair in zip(made, pairs, strict=True)])  # fmt: skip


def _half(size: int, which: int) -> tuple[np.ndarray, np.ndarray]:
    """Left, right, upper or lower half of a square, bool; distance of each pixel to its border."""
    place = np.arange(size) + 0.5 - size / 2
    across = np.broadcast_to(place if which < 2 else place[:, None], (size, size))
    return (across < 0) == (which % 2 == 0), np.abs(across)
