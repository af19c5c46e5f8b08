"""Rows that SketchRNN samples, collected as strokes in the coordinates of the drawing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from doodle.models.sketch_sampling import Row


class Frame(NamedTuple):
    """From network units back to the input's coordinates."""

    scale: float  # the input's units for one of the network's
    pen: tuple[float, float]  # where the drawing stopped


Point = tuple[int, bool, float, float]


class StrokeCollector:
    """Collects sampled rows as absolute points, stroke by stroke, of every candidate."""

    def __init__(self, count: int, frame: Frame) -> None:
        self._scale = frame.scale
        self._pen = np.tile(np.asarray(frame.pen, dtype=np.float64), (count, 1))
        self._strokes: list[list[list[tuple[float, float]]]] = [[] for _ in range(count)]
        self._lifted = np.ones(count, dtype=bool)

    def add(self, drawn: Row, visible: int) -> list[Point]:
        """Take one row of each candidate that still draws; the ink of the first ``visible``."""
        rows = drawn.rows.cpu().numpy()
        ink = []
        for k, row in zip(drawn.candidates.tolist(), rows, strict=True):
            if row[4] > 0.5:  # the end moves nothing
                continue
            self._pen[k] += row[:2] * self._scale
            x, y = self._pen[k].tolist()
            if self._lifted[k]:
                self._strokes[k].append([])
            self._strokes[k][-1].append((x, y))
            if k < visible:
                ink.append((k, bool(self._lifted[k]), x, y))
            self._lifted[k] = row[3] > 0.5
        return ink

    def strokes(self) -> list[list[np.ndarray]]:
        """Each candidate's strokes, (P, 2) float32 each."""
        return [[np.array(s, dtype=np.float32) for s in strokes] for strokes in self._strokes]
