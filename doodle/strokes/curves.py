"""A small soft picture to clean curves: its centre lines, cut at corners and fitted with Beziers.

The fit is Schneider's (1990, "An algorithm for automatically fitting digitized curves", Graphics
Gems I), with all pieces of all lines of all pictures fitted at once, one depth of splitting after
the other.  What differs: corners are found first and moved out to where their two sides meet,
since thinning and smoothing cut them short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from doodle.strokes.centre import centre_lines

_USUAL = 28.0  # side of a picture that the lengths below are meant for, in its pixels
_TOLERANCE = 0.22  # by how much a curve may miss a point
_ARM = 3  # points each way over which a turn is measured, about 1.5 pixels
_CORNER = 0.9  # radians that a corner turns at least
_ROUND = 1.35  # a turn that grows by more than this over twice the way is no corner
_HAIRPIN = 1.7  # unless it is as sharp as this
_SHARPER = 0.6  # how far a corner may be moved out
_DEPTH = 8  # of splitting; by then pieces are a few points long
_REFITS = 3  # rounds of fitting, with the parameters corrected between them
_AT_ONCE = 32  # pictures that are traced together; OpenCV reads arrays of at most 32,767 rows
_MOST_STEPS = 16  # points that a piece is drawn with


@dataclass(frozen=True, eq=False)
class Curve:
    """One stroke as a chain of cubic Beziers.

    Attributes:
        start: (2,) float64, x right and y down.
        pieces: (N, 3, 2) float64, of each piece the two inner control points and the end; N = 0
            is a dot.
    """

    start: np.ndarray
    pieces: np.ndarray

    @property
    def is_closed(self) -> bool:
        """Does it end where it starts?"""
        return bool(len(self.pieces) and np.array_equal(self.pieces[-1, 2], self.start))

    def scaled(self, factor: float) -> Curve:
        """The same curve in other units."""
        return Curve(self.start * factor, self.pieces * factor)


def trace_curves(pictures: np.ndarray) -> list[list[Curve]]:
    """Trace pictures; what one gives does not depend on the others.

    Args:
        pictures: (N, S, S) float32 in [0, 1], ink 1 on 0, S from 8 to 256; anti-aliased, with lines
            about as wide as in Quick, Draw!'s bitmaps (S / 19).

    Returns:
        The curves of each picture in its pixels (the first pixel's middle is (0.5, 0.5)), large
        ones first; none where there is no ink or nothing but ink.

    Raises:
        ValueError: the array is no such stack of pictures.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 3 or pictures.shape[1] != pictures.shape[2]:
        raise ValueError(f"expected pictures (N, S, S), not {pictures.shape}")
    if not 8 <= pictures.shape[1] <= 256:
        raise ValueError(f"a picture to trace has 8 to 256 pixels a side, not {pictures.shape[1]}")
    if not np.isfinite(pictures).all():
        raise ValueError("a picture to trace holds a value that is not finite")
    curves: list[list[Curve]] = []
    for start in range(0, len(pictures), _AT_ONCE):
        found = centre_lines(pictures[start : start + _AT_ONCE])
        every = [line for lines in found for line in lines]
        fitted = iter(fit_curves(every, pictures.shape[1] / _USUAL))
        curves += [[next(fitted) for _ in lines] for lines in found]
    return curves


def fit_curves(lines: Sequence[np.ndarray], unit: float = 1.0) -> list[Curve]:
    """Fit each line with as few cubic pieces as stay near it.

    Args:
        lines: each (P, 2), P >= 1, its points about half a pixel apart; a closed one ends in its
            first point.
        unit: pixels of a picture 28 wide to those of the lines; scales all tolerances.
    """
    prepared = [_prepared(np.asarray(line, dtype=np.float64), unit) for line in lines]
    points = np.concatenate([p for p, _ in prepared]) if prepared else np.zeros((0, 2))
    begins = np.cumsum([0] + [len(p) for p, _ in prepared])
    first, last = [], []
    for begin, (_, breaks) in zip(begins, prepared, strict=False):
        first += (begin + breaks[:-1]).tolist()
        last += (begin + breaks[1:]).tolist()
    order, pieces = _fitted(points, np.array(first, int), np.array(last, int), _TOLERANCE * unit)
    cuts = np.searchsorted(order, begins)
    return [
        Curve(points[begin], pieces[a:b])
        for begin, a, b in zip(begins, cuts[:-1], cuts[1:], strict=False)
    ]


def curve_points(curves: Sequence[Curve], spacing: float) -> list[np.ndarray]:
    """Points along each curve, (P, 2) float32, about `spacing` apart; a dot is one point."""
    if not curves:
        return []
    counts = [len(curve.pieces) for curve in curves]
    pieces = np.concatenate([curve.pieces for curve in curves])
    starts = [np.concatenate([c.start[None], c.pieces[:-1, 2]])[: len(c.pieces)] for c in curves]
    control = np.concatenate([np.concatenate(starts)[:, None], pieces], axis=1)  # (N, 4, 2)
    reach = np.hypot(*np.diff(control, axis=1).transpose(2, 0, 1)).sum(axis=1)
    steps = np.clip(np.ceil(reach / spacing), 1, _MOST_STEPS).astype(int)
    owner = np.repeat(np.arange(len(pieces)), steps)
    t = (np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps) + 1) / steps[owner]
    along = _bezier(control[owner], t)
    ends = np.concatenate([[0], np.cumsum(steps)])[np.cumsum([0, *counts])]
    return [
        np.concatenate([curve.start[None], along[a:b]]).astype(np.float32)
        for curve, a, b in zip(curves, ends[:-1], ends[1:], strict=True)
    ]


# -- corners -------------------------------------------------------------------------------------


def _prepared(line: np.ndarray, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """The line with its corners made sharp, and the points (from 0 to the last) to cut it at."""
    last = len(line) - 1
    if last < 2 * _ARM:
        return line, np.array([0, last] if last else [0])
    ring = np.array_equal(line[0], line[-1])
    corners = _corners(line, ring)
    if ring and len(corners):  # begin at a corner, so that the fit may be sharp there
        line = np.concatenate([line[corners[0] : -1], line[: corners[0] + 1]])
        corners = corners - corners[0]
    sharp = _sharpened(line, corners, ring, _SHARPER * unit)
    line = line.copy()
    line[corners] = sharp
    if ring:
        line[-1] = line[0]
    keep = np.ones(len(line), dtype=bool)  # the rounded way past a corner goes
    around = np.concatenate([corners - 2, corners - 1, corners + 1, corners + 2])
    if ring and len(corners):
        around = np.concatenate([around, [last - 2, last - 1]])
    keep[around[(around > 0) & (around < last)]] = False
    is_break = np.zeros(len(line), dtype=bool)
    is_break[[0, last]] = True
    is_break[corners] = True
    keep |= is_break
    return line[keep], np.flatnonzero(is_break[keep])


def _corners(line: np.ndarray, ring: bool) -> np.ndarray:
    """Points where the line turns most, sharply and at once; not the ends of an open line."""
    turn, wide = _turns(line, ring, _ARM), _turns(line, ring, 2 * _ARM)
    if ring:
        turn[-1] = 0.0  # the first point once more
        around = np.concatenate([turn[-_ARM - 1 : -1], turn[:-1], [0.0], turn[:_ARM]])
    else:
        turn[: _ARM - 1] = turn[len(turn) - _ARM + 1 :] = 0.0
        around = np.pad(turn, _ARM)
    most = np.lib.stride_tricks.sliding_window_view(around, 2 * _ARM + 1).max(axis=1)
    # a small circle turns on beyond the arms, a corner does not
    at_once = (wide < _ROUND * turn) | (turn > _HAIRPIN)
    found = np.flatnonzero((turn >= most) & (turn > _CORNER) & at_once)
    return found[np.diff(found, prepend=-_ARM) > 1]


def _turns(line: np.ndarray, ring: bool, arm: int) -> np.ndarray:
    """How much the line turns at each point, between so many points before and after; radians."""
    index, last = np.arange(len(line)), len(line) - 1
    if ring:
        before, after = line[(index - arm) % last], line[(index + arm) % last]
    else:
        before, after = line[np.maximum(index - arm, 0)], line[np.minimum(index + arm, last)]
    into, out_of = line - before, after - line
    cross = into[:, 0] * out_of[:, 1] - into[:, 1] * out_of[:, 0]
    return np.abs(np.arctan2(cross, (into * out_of).sum(axis=1)))


def _sharpened(line: np.ndarray, corners: np.ndarray, ring: bool, most: float) -> np.ndarray:
    """Where the lines beside each corner would meet, at most so far from it; (C, 2)."""
    last = len(line) - 1

    def at(index: np.ndarray) -> np.ndarray:
        return line[index % last] if ring else line[np.clip(index, 0, last)]

    here = line[corners]
    a, b = at(corners - 2), at(corners + 2)
    into, out_of = a - at(corners - 5), b - at(corners + 5)
    cross = into[:, 0] * out_of[:, 1] - into[:, 1] * out_of[:, 0]
    usable = np.abs(cross) > 0.2 * np.hypot(*into.T) * np.hypot(*out_of.T)
    way = b - a
    share = (way[:, 0] * out_of[:, 1] - way[:, 1] * out_of[:, 0]) / np.where(usable, cross, 1.0)
    meet = a + into * share[:, None]
    move = meet - here
    far = np.hypot(*move.T)
    usable &= (share > 0) & (far < 2 * most)
    return here + np.where(usable, np.minimum(1, most / np.maximum(far, 1e-9)), 0.0)[:, None] * move


# -- the fit -------------------------------------------------------------------------------------


def _fitted(
    points: np.ndarray, first: np.ndarray, last: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pieces for the runs of points from first to last, (N, 3, 2), and where each starts, (N,)."""
    into, out_of = _end_tangents(points, first, last)
    starts, pieces = [np.zeros(0, int)], [np.zeros((0, 3, 2))]
    for depth in range(_DEPTH + 1):
        if not len(first):
            break
        control, error, worst = _fit(points, first, last, into, out_of)
        split = (error > tolerance) & (last - first >= 4) & (depth < _DEPTH)
        starts.append(first[~split])
        pieces.append(control[~split, 1:])
        first, last, into, out_of, worst = (
            part[split] for part in (first, last, into, out_of, worst)
        )
        middle = np.clip(worst, first + 2, last - 2)
        before, after = np.maximum(middle - 2, first), np.minimum(middle + 2, last)
        tangent = _unit(points[after] - points[before])
        first, last = np.concatenate([first, middle]), np.concatenate([middle, last])
        into, out_of = np.concatenate([into, tangent]), np.concatenate([-tangent, out_of])
    order = np.concatenate(starts)
    sort = np.argsort(order)
    return order[sort], np.concatenate(pieces)[sort]


def _end_tangents(
    points: np.ndarray, first: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors from the ends of each run into it; opposite ones where a ring closes."""

    def towards(end: np.ndarray, other: np.ndarray) -> np.ndarray:
        step = np.sign(other - end)
        span = np.abs(other - end)
        one, two = np.minimum(2, span), np.minimum(4, span)
        near, far = points[end + step * one] - points[end], points[end + step * two] - points[end]
        bent = 2 * near - 0.5 * far  # of the parabola through the three points
        return _unit(np.where((span >= 6)[:, None], bent, near))

    into, out_of = towards(first, last), towards(last, first)
    ring = (points[first] == points[last]).all(axis=1) & (last - first > 4)
    if ring.any():
        begin, end = first[ring], last[ring]
        tangent = _unit(points[begin + 2] - points[end - 2])
        smooth = (tangent * into[ring]).sum(axis=1) > 0.8
        into[np.flatnonzero(ring)[smooth]] = tangent[smooth]
        out_of[np.flatnonzero(ring)[smooth]] = -tangent[smooth]
    return into, out_of


def _fit(
    points: np.ndarray, first: np.ndarray, last: np.ndarray, into: np.ndarray, out_of: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best cubic for each run with given end tangents.

    Returns:
        control points (N, 4, 2); each one's largest distance to its points (N,), and where.
    """
    count = last - first + 1
    begin = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(first)), count)
    index = np.arange(count.sum()) - begin[owner] + first[owner]
    inside = points[index]
    p0, p3 = points[first], points[last]
    chord = np.hypot(*(p3 - p0).T)
    step = np.hypot(*np.diff(inside, axis=0, prepend=inside[:1]).T)
    step[begin] = 0
    way = np.cumsum(step)
    way -= way[begin][owner]
    length = way[begin + count - 1]
    u = way / np.maximum(length, 1e-9)[owner]
    for turn in range(_REFITS):
        control = _least_squares(inside, u, owner, begin, p0, p3, into, out_of, chord, length)
        if turn < _REFITS - 1:
            u = _reparametrised(control[owner], inside, u)
    error = np.hypot(*(_bezier(control[owner], u) - inside).T)
    most = np.maximum.reduceat(error, begin)
    hits = np.flatnonzero(error == most[owner])
    hits = hits[np.diff(owner[hits], prepend=-1) > 0]  # the first of each
    return control, most, index[hits]


def _least_squares(
    inside: np.ndarray, u: np.ndarray, owner: np.ndarray, begin: np.ndarray, p0: np.ndarray,
    p3: np.ndarray, into: np.ndarray, out_of: np.ndarray, chord: np.ndarray, length: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Schneider's normal equations for the two lengths along the tangents; (N, 4, 2)."""
    v = 1 - u
    b1, b2 = 3 * u * v * v, 3 * u * u * v
    b0, b3 = v**3 + b1, u**3 + b2  # each end counts with the control point beside it
    rest = inside - p0[owner] * b0[:, None] - p3[owner] * b3[:, None]
    one, two = (rest * into[owner]).sum(axis=1), (rest * out_of[owner]).sum(axis=1)
    sums = np.add.reduceat(np.stack([b1 * b1, b1 * b2, b2 * b2, b1 * one, b2 * two]), begin, axis=1)
    cosine = (into * out_of).sum(axis=1)
    c00, c01, c11, x0, x1 = sums[0], sums[1] * cosine, sums[2], sums[3], sums[4]
    det = c00 * c11 - c01 * c01
    sound = det > 1e-6 * np.maximum(c00 * c11, 1e-12)
    det = np.where(sound, det, 1.0)
    alpha = np.stack([(x0 * c11 - x1 * c01) / det, (c00 * x1 - c01 * x0) / det])
    # too short or long a handle gives a cusp or a loop: the usual third instead
    sound &= (alpha > 0.05 * length).all(axis=0) & (alpha < 1.2 * length).all(axis=0)
    alpha = np.where(sound, alpha, np.where(chord > 0, chord, length) / 3)[..., None]
    return np.stack([p0, p0 + alpha[0] * into, p3 + alpha[1] * out_of, p3], axis=1)


def _reparametrised(control: np.ndarray, inside: np.ndarray, u: np.ndarray) -> np.ndarray:
    """One Newton step towards the parameter of the nearest point, of each point."""
    first = 3 * np.diff(control, axis=1)  # (M, 3, 2), and (M, 2, 2): Beziers of the derivatives
    second = 2 * np.diff(first, axis=1)
    s, v = u[:, None], 1 - u[:, None]
    away = _bezier(control, u) - inside
    speed = first[:, 0] * v * v + 2 * first[:, 1] * s * v + first[:, 2] * s * s
    bend = second[:, 0] * v + second[:, 1] * s
    slope = (speed * speed).sum(axis=1) + (away * bend).sum(axis=1)
    move = (away * speed).sum(axis=1) / np.where(slope > 1e-9, slope, np.inf)
    return np.clip(u - move, 0, 1)


def _bezier(control: np.ndarray, t: np.ndarray) -> np.ndarray:
    """One point of each cubic: control (M, 4, 2) at t (M,), to (M, 2)."""
    t = t[:, None]
    s = 1 - t
    return (
        s**3 * control[:, 0]
        + 3 * s * s * t * control[:, 1]
        + 3 * s * t * t * control[:, 2]
        + t**3 * control[:, 3]
    )


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.hypot(*vectors.T)[:, None]
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-9), (1.0, 0.0))
