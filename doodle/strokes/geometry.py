"""Plane geometry of polylines: bounds, fit, resample, RDP, Quick, Draw! simplification, curves.

A polyline is an array (P, 2), x right and y down.  Functions that take one line take any P >= 0;
functions that take a drawing take a sequence of lines and keep their order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Polylines = Sequence[np.ndarray]

QUICKDRAW_SIDE = 255.0  # longer side of a simplified Quick, Draw! drawing
QUICKDRAW_SPACING = 1.0  # of its points before RDP
QUICKDRAW_EPSILON = 2.0  # of the RDP

_MAX_SAMPLES = 200_000  # points that resampling one line may give
_MAX_DEPTH = 256  # RDP splits at the farthest point this deep, then in the middle


def bounds(polylines: Polylines) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of all points; zeros when there are none."""
    points = [np.asarray(line, dtype=np.float64) for line in polylines if len(line)]
    if not points:
        return 0.0, 0.0, 0.0, 0.0
    every = np.concatenate(points)
    left, top = every.min(axis=0).tolist()
    right, bottom = every.max(axis=0).tolist()
    return left, top, right, bottom


def extent(polylines: Polylines) -> float:
    """The longer side of the box around all points; 0 for none."""
    left, top, right, bottom = bounds(polylines)
    return max(right - left, bottom - top)


def fit(polylines: Polylines, width: float, height: float, margin: float = 0.0) -> list[np.ndarray]:
    """Scale and centre a drawing in a box, keeping its proportions.

    A drawing without extent (one point, repeated points) is centred at its own scale.

    Args:
        polylines: each (P, 2).
        width, height: of the box, which starts at (0, 0).
        margin: kept free on every side.

    Returns:
        Lines, each (P, 2) float32.

    Raises:
        ValueError: the margin leaves no room.
    """
    room_x, room_y = width - 2 * margin, height - 2 * margin
    if min(room_x, room_y) <= 0:
        raise ValueError(f"a margin of {margin} leaves no room in {width} x {height}")
    left, top, right, bottom = bounds(polylines)
    extent_x, extent_y = right - left, bottom - top
    scales = [room / e for room, e in ((room_x, extent_x), (room_y, extent_y)) if e > 0]
    scale = min(scales, default=1.0)
    if not np.isfinite(scale):  # an extent so small that dividing by it overflows
        scale = 1.0
    middle = np.array([left + right, top + bottom]) / 2
    target = np.array([width, height]) / 2
    lines = [(np.asarray(line, dtype=np.float64) - middle) * scale + target for line in polylines]
    return [line.astype(np.float32).reshape(-1, 2) for line in lines]


def arc_length(line: np.ndarray) -> np.ndarray:
    """Length of the way from the first point to each point, (P,) float64."""
    line = np.asarray(line, dtype=np.float64).reshape(-1, 2)
    way = np.zeros(len(line))
    if len(line) > 1:
        step = line[1:] - line[:-1]
        np.add.accumulate(np.hypot(step[:, 0], step[:, 1]), out=way[1:])
    return way


def distinct(line: np.ndarray) -> np.ndarray:
    """The line without points that repeat the one before."""
    fresh = np.ones(len(line), dtype=bool)
    fresh[1:] = np.any(np.diff(line, axis=0) != 0, axis=1)
    return line[fresh]


def resample(line: np.ndarray, spacing: float) -> np.ndarray:
    """Points every ``spacing`` units along the line; both ends stay.

    Args:
        line: (P, 2).
        spacing: above 0, in the line's units.

    Returns:
        (Q, 2) float32; a line without length becomes one point.

    Raises:
        ValueError: the spacing is not above 0, or absurdly small for the line.
    """
    if not spacing > 0:
        raise ValueError(f"spacing must be above 0, not {spacing}")
    line = np.asarray(line, dtype=np.float64).reshape(-1, 2)
    if not len(line):
        return line.astype(np.float32)
    way = arc_length(line)
    length = way[-1]
    if not length / spacing <= _MAX_SAMPLES:
        raise ValueError(f"a spacing of {spacing} gives over {_MAX_SAMPLES} points")
    stops = np.arange(0.0, length, spacing)
    # the last step may be shorter, never a sliver of rounding
    if len(stops) > 1 and length - stops[-1] < 1e-6 * spacing:
        stops = stops[:-1]
    stops = np.concatenate([stops, [length]]) if length > 0 else np.zeros(1)
    points = np.empty((len(stops), 2), dtype=np.float32)
    points[:, 0] = np.interp(stops, way, line[:, 0])
    points[:, 1] = np.interp(stops, way, line[:, 1])
    return points


def points_along(strokes: Polylines, count: int) -> np.ndarray:
    """(count, 2) float64 evenly along all strokes, the way between two of them left out."""
    lines = [np.asarray(stroke, np.float64) for stroke in strokes]
    steps = [np.hypot(*np.diff(line, axis=0).T) for line in lines]
    way = np.concatenate([np.append(0.0, step) for step in steps]).cumsum()
    at = np.linspace(0, way[-1], count)
    points = np.concatenate(lines)
    return np.stack([np.interp(at, way, points[:, axis]) for axis in range(2)], axis=1)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of the points (P, 2) of each to the nearest of the other; the larger of two."""
    apart = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return float(max(apart.min(axis=0).mean(), apart.min(axis=1).mean()))


def distances(points: np.ndarray) -> np.ndarray:
    """`distance` between every two of N sets of points (N, P, 2), (N, N)."""
    count, each, _ = points.shape
    every = points.reshape(-1, 2) - points.reshape(-1, 2).mean(axis=0)  # small numbers round less
    squares = (every**2).sum(axis=1)
    found = np.zeros((count, count))
    for k in range(count):
        own = slice(k * each, (k + 1) * each)
        # squared distances as |a|^2 + |b|^2 - 2 ab: one product instead of a difference a pair
        apart = squares[own, None] + squares - 2 * every[own] @ every.T
        apart = np.sqrt(np.maximum(apart, 0)).reshape(each, count, each)
        found[k] = np.maximum(apart.min(axis=0).mean(axis=1), apart.min(axis=2).mean(axis=0))
    return found


def simplify(line: np.ndarray, epsilon: float) -> np.ndarray:
    """Ramer-Douglas-Peucker with the distance to the SEGMENT between the kept neighbours.

    (The distance to the infinite line, which is often used, leaves points outside epsilon.)
    All segments of one depth are split at once, so the cost is a few array operations a depth.
    Lines made to be slow (a zigzag that grows, one point split off a depth) are cut in the middle
    below a depth no drawing reaches: still within epsilon, though not with the fewest points.

    Args:
        line: (P, 2).
        epsilon: points at most this far from the result are dropped; 0 drops only straight ones.

    Returns:
        (Q, 2) of the line's dtype: some of its points, the ends always among them.
    """
    line = np.asarray(line)
    return line[_rdp_mask(line.astype(np.float64), epsilon)] if len(line) > 2 else line


def _rdp_mask(points: np.ndarray, epsilon: float) -> np.ndarray:
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, -1]] = True
    first, last = np.array([0]), np.array([len(points) - 1])
    depth = 0
    while len(first):
        inner = last - first - 1  # points strictly between the ends of each open segment
        first, last, inner = (part[inner > 0] for part in (first, last, inner))
        if not len(first):
            break
        begin = np.cumsum(inner) - inner  # where each segment's points begin in the flat arrays
        owner = np.repeat(np.arange(len(first)), inner)
        index = np.arange(inner.sum()) - begin[owner] + first[owner] + 1
        distance = _segment_distance2(points[index], points[first[owner]], points[last[owner]])
        worst = np.maximum.reduceat(distance, begin)
        hits = np.flatnonzero(distance == worst[owner])
        hits = hits[np.diff(owner[hits], prepend=-1) > 0]  # the first farthest point of each
        split = worst > epsilon * epsilon
        middle = index[hits][split]
        if depth > _MAX_DEPTH:
            middle = (first[split] + last[split]) // 2
        keep[middle] = True
        depth += 1
        first = np.concatenate([first[split], middle])
        last = np.concatenate([middle, last[split]])
    return keep


def _segment_distance2(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Squared distance of points (N, 2) to the segments from start (N, 2) to end (N, 2)."""
    (dx, dy), (px, py) = (end - start).T, (points - start).T
    along, length2 = dx * px + dy * py, dx * dx + dy * dy
    beside = (along > 0) & (along < length2)
    cross = dx * py - dy * px
    ends = np.minimum(px * px + py * py, (px - dx) ** 2 + (py - dy) ** 2)
    return np.where(beside, cross * cross / np.where(beside, length2, 1.0), ends)


def quickdraw_simplify(polylines: Polylines) -> list[np.ndarray]:
    """Simplify a drawing exactly as the Quick, Draw! dataset states it was done.

    Align to the top-left corner, scale uniformly to a longer side of 255, resample every stroke
    at 1 pixel, simplify with RDP at epsilon 2.0; whole pixels, as published.

    Args:
        polylines: each (P, 2) in any units; empty ones are left out.

    Returns:
        Lines, each (Q, 2) float32, whole numbers from 0 to 255.
    """
    left, top, right, bottom = bounds(polylines)
    extent = max(right - left, bottom - top)
    scale = QUICKDRAW_SIDE / extent if extent > 0 else 1.0
    if not np.isfinite(scale):
        scale = 1.0
    lines = []
    for line in polylines:
        if not len(line):
            continue
        scaled = (np.asarray(line, dtype=np.float64) - (left, top)) * scale
        # an endless scribble is sampled more coarsely instead of being refused
        spacing = max(QUICKDRAW_SPACING, arc_length(scaled)[-1] / _MAX_SAMPLES)
        dense = resample(scaled, spacing)
        lines.append(np.round(simplify(dense, QUICKDRAW_EPSILON)))
    return lines


def bezier_controls(line: np.ndarray, corner: float = 65.0) -> np.ndarray:
    """Cubic Beziers through every point, smooth except at corners.

    A centripetal Catmull-Rom spline (Yuksel et al. 2011: no loops, no overshoot between uneven
    points) whose tangents are cut where the line turns sharply, so that a square stays a square.

    Args:
        line: (P, 2) with P >= 2 and no point equal to the one before.
        corner: turns of more degrees than this stay sharp.

    Returns:
        (P - 1, 2, 2) float64: the two inner control points of each piece.
    """
    line = np.asarray(line, dtype=np.float64)
    chord = np.diff(line, axis=0)  # (P - 1, 2)
    knot = np.sqrt(np.hypot(*chord.T))[:, None]  # centripetal: square roots of the lengths
    slope = chord / knot
    out_of, into = slope.copy(), slope.copy()  # derivative where each piece starts and ends
    if len(line) > 2:
        before, after = knot[:-1], knot[1:]
        across = (line[2:] - line[:-2]) / (before + after)
        tangent = slope[:-1] - across + slope[1:]
        cosine = (slope[:-1] * slope[1:]).sum(axis=1) / (before * after)[:, 0]
        smooth = cosine > np.cos(np.deg2rad(corner))
        out_of[1:][smooth] = tangent[smooth]
        into[:-1][smooth] = tangent[smooth]
    return np.stack([line[:-1] + out_of * knot / 3, line[1:] - into * knot / 3], axis=1)


def bezier_points(starts: np.ndarray, pieces: np.ndarray, count: int) -> np.ndarray:
    """Points along a chain of cubic Beziers.

    Args:
        starts: (N, 2), where each piece starts.
        pieces: (N, 3, 2), the two inner control points and the end of each.
        count: points a piece, its end included.

    Returns:
        (1 + N * count, 2) float64.
    """
    t = np.linspace(0, 1, count + 1)[1:, None]  # (count, 1)
    a, b, c, d = starts[:, None], pieces[:, None, 0], pieces[:, None, 1], pieces[:, None, 2]
    s = 1 - t
    curve = s**3 * a + 3 * s**2 * t * b + 3 * s * t**2 * c + t**3 * d  # (N, count, 2)
    return np.concatenate([starts[:1], curve.reshape(-1, 2)])
