"""What an exported picture shows, where and when: lines, the view, curves, a pen's timetable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import (
    arc_length,
    bezier_controls,
    bezier_points,
    bounds,
    distinct,
    simplify,
)

INK = "#1c1b22"
ACCENT = "#e8542f"
PAPER = "#ffffff"
MOMENT = 0.05  # seconds that a dot takes, and a frame of a GIF
REST = 1.5  # seconds the finished drawing stays before an animation repeats

_PEN_SPEED = 1.2  # canvas sides a second
_LIFT = 0.12  # seconds between two strokes
_LONGEST = 8.0  # seconds that an animation draws at most; long drawings are drawn faster
_CURVE_EPSILON = 0.0003  # canvas sides; by how much curves may miss a point
_CURVE_STEPS = 6  # straight pieces of a pixel picture for each curved one


@dataclass(frozen=True)
class Line:
    """One stroke as it is shown: points (P, 2) float64 without repeats, P >= 1."""

    points: np.ndarray
    width: float
    added: bool


@dataclass(frozen=True)
class View:
    """What a picture shows, in the drawing's units."""

    left: float
    top: float
    width: float
    height: float

    @property
    def side(self) -> float:
        return max(self.width, self.height)


def scene(drawing: Drawing, added: Sequence[np.ndarray]) -> tuple[list[Line], View]:
    """All lines of a picture, and what it shows of the plane.

    Raises:
        BadDrawing: an added line is none.
    """
    lines = _lines_of(drawing, added)
    return lines, _view_of(drawing, lines)


def _lines_of(drawing: Drawing, added: Sequence[np.ndarray]) -> list[Line]:
    """The drawing's strokes, then the added lines, as wide as the last of the strokes."""
    last = drawing.strokes[-1].width if drawing else None
    extra = Drawing.from_polylines(added, drawing.width, drawing.height, last)
    lines = []
    for strokes, is_added in ((drawing.strokes, False), (extra.strokes, True)):
        for stroke in strokes:
            points = distinct(stroke.points.astype(np.float64))
            lines.append(Line(points, stroke.width, is_added))
    return lines


def _view_of(drawing: Drawing, lines: list[Line]) -> View:
    """The canvas, grown in whole units to hold ink that reaches over its edge."""
    left, top, right, bottom = 0.0, 0.0, drawing.width, drawing.height
    for line in lines:
        x0, y0, x1, y1 = bounds([line.points])
        reach = line.width / 2
        left, top = min(left, np.floor(x0 - reach)), min(top, np.floor(y0 - reach))
        right, bottom = max(right, np.ceil(x1 + reach)), max(bottom, np.ceil(y1 + reach))
    return View(left, top, right - left, bottom - top)


def curve_pieces(points: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
    """The points that curves pass through, and each curve's other points, (P - 1, 3, 2)."""
    points = distinct(simplify(points, view.side * _CURVE_EPSILON))
    return points, np.concatenate([bezier_controls(points), points[1:, None]], axis=1)


def curved(line: Line, view: View) -> Line:
    """The line with its curves as many short pieces, counted from the corner of the view."""
    points, pieces = curve_pieces(line.points, view)
    if len(pieces):
        points = bezier_points(points[:-1], pieces, _CURVE_STEPS)
    return Line(points - (view.left, view.top), line.width, line.added)


def schedule(lines: list[Line], view: View) -> np.ndarray:
    """When each line starts and ends, seconds, (lines, 2); a steady pen, hurried when long."""
    lengths = np.array([arc_length(line.points)[-1] for line in lines])
    # a dot takes a moment too
    durations = np.maximum(lengths / view.side / _PEN_SPEED, MOMENT)
    ends = np.cumsum(durations + _LIFT) - _LIFT
    times = np.column_stack([ends - durations, ends])
    return times * min(1.0, _LONGEST / ends[-1]) if len(lines) else times
