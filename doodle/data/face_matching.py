"""Which found faces are which of the true ones, and how far off their landmarks are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NEAR = 0.5  # of the distance of the eyes: a face is found where its points are as near on average


class Matched(NamedTuple):
    """One picture's faces.

    Attributes:
        error: (F,) mean distance of the five points of each true face over the distance of its
            eyes; infinite where it is not found.
        by: (F,) the number of the detection, -1 where there is none.
        false: (D,) True where a detection is of no true face, or of one that a surer one has.
    """

    error: np.ndarray
    by: np.ndarray
    false: np.ndarray


def eye_distance(points: np.ndarray) -> np.ndarray:
    """(..., 5, 2) to (...)."""
    return np.linalg.norm(points[..., 1, :] - points[..., 0, :], axis=-1)


def match(found: np.ndarray, true: np.ndarray) -> Matched:
    """Give each detection, the surest first, the nearest true face that is left.

    Args:
        found: (D, 5, 2), the surest first.
        true: (F, 5, 2).
    """
    error = np.full(len(true), np.inf)
    by, false = np.full(len(true), -1), np.ones(len(found), bool)
    if len(found) and len(true):
        apart = np.linalg.norm(found[:, None] - true[None], axis=-1).mean(axis=2)
        apart = apart / np.maximum(eye_distance(true), 1e-6)
        for k, row in enumerate(apart):
            free = np.where(np.isinf(error), row, np.inf)
            nearest = int(free.argmin())
            if free[nearest] < NEAR:
                error[nearest], by[nearest], false[k] = free[nearest], k, False
    return Matched(error, by, false)
