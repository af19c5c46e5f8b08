"""In what the chimera's pictures are compared: features of pictures, and the animal they show.

Without a file of weights the features are those of a network of fixed random weights (after Naeem
et al. 2020, arXiv 2002.09797, section 4): it needs no download and sees colour and texture at
several scales, though no meaning.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from doodle.models.image_features import ImageFeatures

WIDTHS = (24, 48, 96, 128)  # channels of the random network
RIDGE = 0.3  # where each feature has variance 1; best on the photographs that validate
_AT_ONCE = 16

# (N, H, W, 3) uint8 -> (N, C) float32
Features = Callable[[np.ndarray], np.ndarray]


def random_features(pictures: np.ndarray, seed: int = 0) -> np.ndarray:
    """Mean and spread of each channel at four scales of a network that nobody trained.

    Args:
        pictures: (N, H, W, 3) uint8.

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

    def pooled(x: torch.Tensor) -> torch.Tensor:
        found = []
        for weight in weights:
            x = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight))
            found += [x.mean(dim=(2, 3)), x.std(dim=(2, 3))]
            x = F.avg_pool2d(x, 2)
        return torch.cat(found, 1)

    return _rows(pooled, pictures)


def features_of(network: ImageFeatures) -> Features:
    """Mean and spread of each channel of a classifier's maps, a row a picture."""
    return lambda pictures: _rows(network.pooled, pictures)


def _rows(pooled: Callable[[torch.Tensor], torch.Tensor], pictures: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        parts = torch.from_numpy(np.ascontiguousarray(pictures)).split(_AT_ONCE)
        rows = [pooled(part.permute(0, 3, 1, 2).float() / 127.5 - 1) for part in parts]
    return torch.cat(rows).numpy()


class Namer:
    """Says which class a row of features belongs to: ridge regression to the classes, in one step.

    Hoerl and Kennard 1970 (Technometrics 12), equation 2.1; every class counts alike.

    Args:
        rows: (N, C) features to learn from.
        labels: (N,) whole numbers.
    """

    def __init__(self, rows: np.ndarray, labels: np.ndarray) -> None:
        self.classes, place = np.unique(labels, return_inverse=True)
        weight = 1 / np.bincount(place)[place]
        weight = (weight / weight.sum())[:, None]
        self.mean = (weight * rows).sum(axis=0)
        self.spread = np.sqrt((weight * (rows - self.mean) ** 2).sum(axis=0)) + 1e-6
        x, wanted = self._scaled(rows), np.eye(len(self.classes))[place]
        # no constant: it would be the same for all classes, and x has mean 0
        squares = (weight * x).T @ x + RIDGE * np.eye(x.shape[1])
        self.weights = np.linalg.solve(squares, (weight * x).T @ wanted)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """(N, C) features to (N,) labels."""
        return self.classes[(self._scaled(rows) @ self.weights).argmax(axis=1)]

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        return (rows.astype(np.float64) - self.mean) / self.spread
