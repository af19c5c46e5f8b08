"""Polylines <-> stroke-3 <-> stroke-5, the formats SketchRNN reads and writes.

stroke-3: (P, 3) rows ``dx, dy, pen``; ``pen`` follows Magenta: 1 means the pen is lifted AFTER
this point, 0 that a line leads on to the next one.  The first row is the absolute start.
stroke-5: (T, 5) rows ``dx, dy, p1, p2, p3`` with a one-hot pen state (Ha & Eck 2017, section 3.1):
p1 the pen stays down, p2 it is lifted after this point, p3 the drawing has ended.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

START_TOKEN = np.array([0, 0, 1, 0, 0], dtype=np.float32)
END_TOKEN = np.array([0, 0, 0, 0, 1], dtype=np.float32)


def to_stroke3(polylines: Sequence[np.ndarray]) -> np.ndarray:
    """Polylines, each (P, 2), to stroke-3.

    Returns:
        (sum of P, 3) float32; empty polylines leave no row.
    """
    kept = [np.asarray(line, dtype=np.float32)[:, :2] for line in polylines if len(line)]
    if not kept:
        return np.zeros((0, 3), dtype=np.float32)
    points = np.concatenate(kept)
    rows = np.zeros((len(points), 3), dtype=np.float32)
    rows[0, :2] = points[0]
    rows[1:, :2] = np.diff(points, axis=0)
    rows[np.cumsum([len(line) for line in kept]) - 1, 2] = 1
    return rows


def from_stroke3(rows: np.ndarray, origin: tuple[float, float] = (0.0, 0.0)) -> list[np.ndarray]:
    """stroke-3 to polylines, each (P, 2) float32; the last one may lack its pen lift."""
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise ValueError(f"stroke-3 is an array of shape (points, 3), not {rows.shape}")
    if not len(rows):
        return []
    # float64 keeps the running sum of many small offsets from drifting
    points = np.cumsum(rows[:, :2], axis=0, dtype=np.float64) + origin
    cuts = np.flatnonzero(rows[:, 2] > 0.5) + 1
    return [part.astype(np.float32) for part in np.split(points, cuts) if len(part)]


def to_stroke5(stroke3: np.ndarray, *, end: bool = True, length: int | None = None) -> np.ndarray:
    """stroke-3 to stroke-5.

    Args:
        stroke3: (P, 3).
        end: append the end token; leave it out for a prefix that is to be continued.
        length: pad with end tokens to this many rows.

    Returns:
        (P [+ 1] or length, 5) float32.

    Raises:
        ValueError: the drawing does not fit into ``length``.
    """
    count = len(stroke3)
    total = count + int(end) if length is None else length
    if total < count + int(end):
        raise ValueError(f"{count} points and an end token do not fit into {total} rows")
    rows = np.zeros((total, 5), dtype=np.float32)
    rows[:count, :2] = stroke3[:, :2]
    lifted = stroke3[:, 2] > 0.5
    rows[:count, 2] = ~lifted
    rows[:count, 3] = lifted
    rows[count:, 4] = 1
    return rows


def from_stroke5(rows: np.ndarray) -> np.ndarray:
    """stroke-5 to stroke-3, cut at the first end token (an end in row 0 is an empty drawing)."""
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] != 5:
        raise ValueError(f"stroke-5 is an array of shape (points, 5), not {rows.shape}")
    state = rows[:, 2:].argmax(axis=1) if len(rows) else np.zeros(0, dtype=int)
    ends = np.flatnonzero(state == 2)
    count = int(ends[0]) if len(ends) else len(rows)
    return np.column_stack([rows[:count, :2], state[:count] == 1]).astype(np.float32)
