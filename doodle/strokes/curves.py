"""A small soft picture to clean curves: its centrelines, cut at corners and fitted with Beziers.

The fit is Schneider's (1990, "An algorithm for automatically fitting digitized curves", Graphics
Gems I), with all pieces of all lines of all pictures fitted at once, one depth of splitting after
the other.  What differs: corners are found first and moved out to where their two sides meet,
since thinning and smoothing cut them short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from doodle.strokes.centreline import centrelines

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
        found = centrelines(pictures[start : start + _AT_ONCE])
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
    if not len(lines):
        return []
    every = [np.asarray(line, dtype=np.float64) for line in lines]
    points, begins, first, last = _prepared(_Lines(every), _SHARPER * unit)
    order, pieces = _fitted(points, first, last, _TOLERANCE * unit)
    cuts = np.searchsorted(order, begins).tolist()
    return [
        Curve(points[begin], pieces[a:b])
        for begin, a, b in zip(begins.tolist(), cuts[:-1], cuts[1:], strict=False)
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


class _Lines:
    """Many lines in one array of points, so that what is done to each is done to all at once.

    Args:
        lines: each (P, 2) float64, P >= 1.
    """

    def __init__(self, lines: Sequence[np.ndarray]) -> None:
        self.points = np.concatenate(lines)
        sizes = np.array([len(line) for line in lines])
        self.begin = np.cumsum(sizes) - sizes  # of each line: its first point,
        self.last = sizes - 1  # the number of its last, counted from there,
        self.end = self.begin + self.last
        same = self.points[self.begin] == self.points[self.end]
        self.has_turns = self.last >= 2 * _ARM
        self.ring = same[:, 0] & same[:, 1] & self.has_turns  # and whether it closes
        self.owner = np.repeat(np.arange(len(lines)), sizes)  # of each point: its line,
        self.number = np.arange(len(self.points)) - self.begin[self.owner]  # and place in it

    def further(self, index: np.ndarray | slice, by: int | np.ndarray) -> np.ndarray:
        """Points so many places on: round a ring, but not beyond the ends of an open line."""
        owner = self.owner[index]
        number, last = self.number[index] + by, self.last[owner]
        around = np.where(self.ring[owner], number % np.maximum(last, 1), number)
        return self.points[self.begin[owner] + np.minimum(np.maximum(around, 0), last)]

    def turns(self, arm: int) -> np.ndarray:
        """How much they turn at each point, between so many points before and after; radians."""
        every = slice(None)
        into = self.points - self.further(every, -arm)
        out_of = self.further(every, arm) - self.points
        cross = into[:, 0] * out_of[:, 1] - into[:, 1] * out_of[:, 0]
        return np.abs(np.arctan2(cross, _dot(into.T, out_of.T)))


def _prepared(lines: _Lines, most: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make the corners of lines sharp, by moving them at most so far.

    Returns:
        points (P, 2); where each line begins in them, and the last one ends (N + 1,); first and
        last point of each run between breaks, which are corners and ends.
    """
    corners = _corners(lines)
    sharp = _sharpened(lines, corners, most)
    owner = lines.owner[corners]
    start = np.zeros(len(lines.last), dtype=int)  # a ring begins at a corner, to be sharp there
    start[owner[::-1]] = lines.number[corners[::-1]]  # the first of each line stays
    start[~lines.ring] = 0
    points = lines.further(slice(None), start[lines.owner])
    corners = corners - start[owner]
    points[corners] = sharp
    points[lines.end[lines.ring]] = points[lines.begin[lines.ring]]
    keep = np.ones(len(points), dtype=bool)  # the rounded way past a corner goes
    for by in (-2, -1, 1, 2):
        number = lines.number[corners] + by
        keep[corners[(number > 0) & (number < lines.last[owner])] + by] = False
    closed = lines.end[owner[lines.ring[owner]]]
    keep[closed - 2] = keep[closed - 1] = False
    is_break = np.zeros(len(points), dtype=bool)
    is_break[lines.begin] = is_break[lines.end] = is_break[corners] = True
    keep |= is_break
    breaks = np.flatnonzero(is_break[keep])
    owner = lines.owner[keep][breaks]
    inside = owner[1:] == owner[:-1]
    begins = np.concatenate([[0], np.cumsum(keep)[lines.end]])
    return points[keep], begins, breaks[:-1][inside], breaks[1:][inside]


def _corners(lines: _Lines) -> np.ndarray:
    """Points where lines turn most, sharply and at once; not the ends of an open line."""
    turn, wide = lines.turns(_ARM), lines.turns(2 * _ARM)
    ring, last = lines.ring[lines.owner], lines.last[lines.owner]
    at_rim = (lines.number < _ARM - 1) | (lines.number > last - _ARM + 1)
    turn[np.where(ring, lines.number == last, at_rim)] = 0.0  # a ring's last is its first again
    # a small circle turns on beyond the arms, a corner does not
    at_once = (wide < _ROUND * turn) | (turn > _HAIRPIN)
    found = np.flatnonzero((turn > _CORNER) & at_once & lines.has_turns[lines.owner])
    ring, last, number = ring[found, None], last[found, None], lines.number[found, None]
    near = number + np.arange(-_ARM, _ARM + 1)  # (F, 2 * _ARM + 1)
    round_again = np.where(near < 0, near + last, np.where(near > last, near - last - 1, near))
    near = np.where(ring, round_again, np.minimum(np.maximum(near, 0), last))
    found = found[turn[found] >= turn[found[:, None] - number + near].max(axis=1)]
    owner = lines.owner[found]
    return found[(np.diff(found, prepend=-_ARM) > 1) | (np.diff(owner, prepend=-1) > 0)]


def _sharpened(lines: _Lines, corners: np.ndarray, most: float) -> np.ndarray:
    """Where the lines beside each corner would meet, at most so far from it; (C, 2)."""
    here = lines.points[corners]
    a, b = lines.further(corners, -2), lines.further(corners, 2)
    into, out_of = a - lines.further(corners, -5), b - lines.further(corners, 5)
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
        control, error, worst = _Runs(points, first, last, into, out_of).fit()
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


class _Runs:
    """Runs of points to fit one cubic each to.  Here the axis x, y comes before the points.

    Args:
        points: (P, 2); first, last: points of each run (N,).
        into, out_of: unit vectors from its ends into it (N, 2).
    """

    def __init__(
        self,
        points: np.ndarray,
        first: np.ndarray,
        last: np.ndarray,
        into: np.ndarray,
        out_of: np.ndarray,
    ) -> None:
        count = last - first + 1
        self.begin = np.cumsum(count) - count
        self.owner = np.repeat(np.arange(len(first)), count)
        self.index = np.arange(len(self.owner)) + (first - self.begin)[self.owner]
        points = np.ascontiguousarray(points.T)
        self.inside = points[:, self.index]  # (2, M)
        ends = np.stack([points[:, first], into.T, out_of.T, points[:, last]])  # (4, 2, N)
        self.p0, self.into, self.out_of, self.p3 = ends
        self.at_points = ends.take(self.owner, axis=2)  # (4, 2, M)
        self.chord = np.hypot(*(self.p3 - self.p0))
        self.cosine = _dot(self.into, self.out_of)

    def fit(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Best cubic for each run with the given end tangents.

        Returns:
            control points (N, 4, 2); each one's largest distance to its points (N,), and where.
        """
        step = np.zeros(len(self.owner))
        step[1:] = np.hypot(*(self.inside[:, 1:] - self.inside[:, :-1]))
        step[self.begin] = 0
        way = np.cumsum(step)
        way -= way[self.begin][self.owner]
        length = np.maximum.reduceat(way, self.begin)
        u = way / np.maximum(length, 1e-9)[self.owner]
        for turn in range(_REFITS):
            v = 1 - u
            u3, v3 = u**3, v**3
            control = self._least_squares(u, v, u3, v3, length)  # (4, 2, N)
            at = control.take(self.owner, axis=2)
            away = v3 * at[0] + 3 * v * v * u * at[1] + 3 * v * u * u * at[2] + u3 * at[3]
            away -= self.inside
            if turn < _REFITS - 1:
                u = _reparametrised(at, away, u, v)
        error = np.hypot(*away)
        most = np.maximum.reduceat(error, self.begin)
        hits = np.flatnonzero(error == most[self.owner])
        hits = hits[np.diff(self.owner[hits], prepend=-1) > 0]  # the first of each
        return control.transpose(2, 0, 1), most, self.index[hits]

    def _least_squares(
        self, u: np.ndarray, v: np.ndarray, u3: np.ndarray, v3: np.ndarray, length: np.ndarray
    ) -> np.ndarray:
        """Schneider's normal equations for the two lengths along the tangents; (4, 2, N)."""
        b1, b2 = 3 * u * v * v, 3 * u * u * v
        b0, b3 = v3 + b1, u3 + b2  # each end counts with the control point beside it
        p0, into, out_of, p3 = self.at_points
        rest = self.inside - p0 * b0 - p3 * b3
        one, two = _dot(rest, into), _dot(rest, out_of)
        sums = np.stack([b1 * b1, b1 * b2, b2 * b2, b1 * one, b2 * two])
        c00, c01, c11, x0, x1 = np.add.reduceat(sums, self.begin, axis=1)
        c01 = c01 * self.cosine
        det = c00 * c11 - c01 * c01
        sound = det > 1e-6 * np.maximum(c00 * c11, 1e-12)
        det = np.where(sound, det, 1.0)
        alpha = np.stack([(x0 * c11 - x1 * c01) / det, (c00 * x1 - c01 * x0) / det])
        # too short or long a handle gives a cusp or a loop: the usual third instead
        sound &= (alpha > 0.05 * length).all(axis=0) & (alpha < 1.2 * length).all(axis=0)
        alpha = np.where(sound, alpha, np.where(self.chord > 0, self.chord, length) / 3)
        p1, p2 = self.p0 + alpha[0] * self.into, self.p3 + alpha[1] * self.out_of
        return np.stack([self.p0, p1, p2, self.p3])


def _reparametrised(
    control: np.ndarray, away: np.ndarray, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """One Newton step towards the parameter of the nearest point, of each point.

    Args:
        control: of its cubic, (4, 2, M).
        away: from the point to where the cubic is at its parameter, (2, M).
        u, v: the parameter, and 1 - u, (M,).
    """
    first = 3 * (control[1:] - control[:-1])  # (3, 2, M), and (2, 2, M): Beziers of the derivatives
    second = 2 * (first[1:] - first[:-1])
    speed = first[0] * v * v + 2 * first[1] * u * v + first[2] * u * u
    bend = second[0] * v + second[1] * u
    slope = _dot(speed, speed) + _dot(away, bend)
    move = _dot(away, speed) / np.where(slope > 1e-9, slope, np.inf)
    return (u - move).clip(0, 1)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products of vectors (2, M); never the negative zero, which atan2 tells apart."""
    return a[0] * b[0] + a[1] * b[1] + 0.0


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
