"""An instrument: what a face looks like, read by a network that had no part in making the edits.

Ridge regressions on maps of a frozen classifier of photographs (EfficientNet-Lite2 where the losses
of the training used Lite0), fitted to the labels of the training faces each time it is needed:
nothing of it is shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from doodle.data import face_labels
from doodle.device import product_dtype
from doodle.models.image_features import ImageFeatures

NUMBERS = ("age", "yaw", "pitch", "smile")  # columns of the index that are numbers
PENALTY = 0.3  # of the regression; features have unit variance
_CELLS = (0, 0, 4, 2)  # into how many cells a side each map is averaged; 0: left out
_AT_ONCE = 32


@torch.no_grad()
def features(classifier: ImageFeatures, pictures: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) uint8 to (N, C) float32: means of the deeper maps in cells of the picture."""
    rows = []
    device = next(classifier.parameters()).device
    short = product_dtype(device) == torch.bfloat16
    for start in range(0, len(pictures), _AT_ONCE):
        given = torch.from_numpy(np.ascontiguousarray(pictures[start : start + _AT_ONCE]))
        given = given.to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.autocast(device.type, torch.bfloat16, enabled=short):
            maps = classifier(given)
        parts = [
            F.adaptive_avg_pool2d(found.float(), cells).flatten(1)
            for found, cells in zip(maps, _CELLS, strict=True)
            if cells
        ]
        rows.append(torch.cat(parts, dim=1).cpu().numpy())
    return np.concatenate(rows)


def kept_features(
    classifier: ImageFeatures, pictures: np.ndarray, file: str | Path = ""
) -> np.ndarray:
    """`features`, read from a file where it has as many rows; else written there."""
    path = Path(file) if file else None
    if path is not None and path.is_file():
        found = np.load(path, allow_pickle=False)
        if len(found) == len(pictures):
            return found.astype(np.float32)
    found = features(classifier, pictures)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, found.astype(np.float16))
    return found


class FaceAttributes:
    """Reads attributes and numbers of faces from features.

    Args:
        rows: (N, C) features of training faces.
        index: what the index says of them.
    """

    def __init__(self, rows: np.ndarray, index: Sequence[face_labels.Row]) -> None:
        self.names = [*face_labels.ATTRIBUTES, *NUMBERS]
        labels = truth_of(index)
        self.mean, self.spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        given = (rows - self.mean) / self.spread
        power = given.T @ given
        power[np.diag_indices(len(power))] += PENALTY * len(given)
        known = np.isfinite(labels)
        usual = np.where(known, labels, 0).sum(0) / np.maximum(known.sum(0), 1)
        filled = np.where(known, labels, usual)  # what is not known says nothing
        self.offset = filled.mean(axis=0)
        self.weights = np.linalg.solve(power, given.T @ (filled - self.offset))
        found = self(rows)
        self.no, self.yes = (
            np.array([_mean(found[:, k], labels[:, k] == value) for k in range(found.shape[1])])
            for value in (0, 1)
        )

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """(M, len(names)) of features (M, C)."""
        return ((rows - self.mean) / self.spread) @ self.weights + self.offset

    def of(self, rows: np.ndarray, name: str) -> np.ndarray:
        """An attribute on a scale where faces without it have mean 0, those with it 1. (M,)"""
        k = self.names.index(name)
        return (self(rows)[:, k] - self.no[k]) / (self.yes[k] - self.no[k])

    def figures(
        self, rows: np.ndarray, index: Sequence[face_labels.Row]
    ) -> list[tuple[str, float, int]]:
        """How true it is on held-out faces: (figure, value, faces)."""
        found, truth = self(rows), truth_of(index)
        told = []
        for k, name in enumerate(self.names):
            known = np.isfinite(truth[:, k])
            if name in NUMBERS:
                if known.sum() > 2 and truth[known, k].std() > 0:
                    value = np.corrcoef(found[known, k], truth[known, k])[0, 1]
                    told.append((f"correlation, {name}", float(value), int(known.sum())))
                continue
            area = face_labels.auc(found[:, k], truth[:, k])
            if np.isfinite(area):
                right = (self.of(rows, name) > 0.5)[known] == (truth[known, k] == 1)
                told.append((f"area under the curve, {name}", area, int(known.sum())))
                told.append((f"accuracy, {name}", float(right.mean()), int(known.sum())))
        return told


def truth_of(index: Sequence[face_labels.Row]) -> np.ndarray:
    """(N, attributes and numbers), NaN where the index is silent."""
    numbers = [[face_labels.measure(row, column) for column in NUMBERS] for row in index]
    return np.concatenate(
        [face_labels.labels(index), np.array(numbers, np.float32).reshape(len(index), -1)], axis=1
    )


def _mean(values: np.ndarray, chosen: np.ndarray) -> float:
    return float(values[chosen].mean()) if chosen.any() else float("nan")
