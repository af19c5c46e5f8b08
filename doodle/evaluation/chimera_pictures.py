"""The chimera's evaluation compares these: held-out photographs, pictures made as for the app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from doodle.data.animals import Animals
from doodle.data.pairs import Mixing, Pair, Pairs
from doodle.errors import ModelUnavailable
from doodle.requests import EdgeOptions, Render
from doodle.services.executor import Executor
from doodle.services.readiness import chimerical
from doodle.strokes.edges import agreement, canny


class Product:
    """Pictures of edges and class maps, made as for the app.

    Attributes:
        size: side S of the pictures.
        species: that the network knows; none where it is given none.

    Raises:
        ModelUnavailable: there is no network for pictures.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        problem, species, self.size = chimerical(executor.registry)
        if problem:
            raise ModelUnavailable(problem)
        self.species = tuple(species)

    def __call__(self, edges: np.ndarray, classes: np.ndarray, *, background: str) -> np.ndarray:
        """(1, S, S, 3) uint8 of edges (S, S) uint8, 255 on 0, and classes (S, S) uint8."""
        request = Render(
            cv2.merge([edges] * 3),
            EdgeOptions(kind="edges"),
            painted=classes if self.species else None,
            edited=edges,  # as they are, not as they would be read
            background=background,
        )
        return self._executor.submit(request).result().pictures


def held_out(animals: Animals, count: int) -> dict[str, list[Pair]]:
    """The test photographs' pairs, with canny's edges and with strokes as a hand draws them.

    On white where that can be had, else in their surroundings; centred, never augmented.
    """
    pairs, chosen = _chosen(animals, count, 2)
    return {
        name: [pairs.single(i, scene, None, hand=name == "hand") for i, scene in chosen]
        for name in ("canny", "hand")
    }


def training_photos(animals: Animals, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Photographs (B, S, S, 3) uint8 shown as the held-out ones are, and labels (B,), in turn."""
    pairs, chosen = _chosen(animals, count, 0)
    for start in range(0, len(chosen), 16):
        part = [pairs.single(i, scene, None) for i, scene in chosen[start : start + 16]]
        yield np.stack([p.photo for p in part]), np.array([p.classes[0, 0] for p in part])


def _chosen(animals: Animals, count: int, split: int) -> tuple[Pairs, list[tuple[int, bool]]]:
    """Evenly, up to ``count`` (0: all): numbers of photographs, and whether with their scene."""
    pairs = Pairs(animals, split, Mixing())
    white = set(pairs.white.tolist())
    chosen = sorted(white | set(pairs.scenes.tolist()))
    if count and count < len(chosen):
        keep = np.linspace(0, len(chosen) - 1, count).round().astype(int)
        chosen = [chosen[k] for k in keep]
    return pairs, [(i, i not in white) for i in chosen]


def l1_distances(made: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """Mean absolute differences (N,) in [0, 1]."""
    pairs = zip(made, photos, strict=True)
    return np.array([np.abs(a.astype(np.float32) - b).mean() / 255 for a, b in pairs])


def agreements(made: np.ndarray, pairs: Sequence[Pair], reach: int) -> np.ndarray:
    """(N, 2): precision and recall of canny's edges, ``reach`` pixels off at most."""
    return np.array(
        [
            agreement(canny(picture), pair.edges, reach)
            for picture, pair in zip(made, pairs, strict=True)
        ]
    )


def half_of(size: int, which: int) -> tuple[np.ndarray, np.ndarray]:
    """Left, right, upper or lower half of a square, bool; distance of each pixel to its border."""
    place = np.arange(size) + 0.5 - size / 2
    across = np.broadcast_to(place if which < 2 else place[:, None], (size, size))
    return (across < 0) == (which % 2 == 0), np.abs(across)


def cut(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right halves of (N, S, S, 3)."""
    middle = pictures.shape[2] // 2
    return pictures[:, :, :middle], pictures[:, :, middle:]
