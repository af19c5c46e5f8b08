"""`Drawing`: the one document every tool reads and writes, and its strict reader.

On the wire a drawing is JSON: ``{"v": 1, "w": 1000, "h": 750, "strokes": [[x, y, t, p, x, y, t, p,
...], ...], "widths": [6, ...]}``, where x runs right and y down in canvas units, t is milliseconds
since the drawing began, p is pen pressure from 0 to 1, and ``widths`` may be left out.
The shape of Quick, Draw! is read too: ``[[[x, ...], [y, ...]], ...]``, with a third list of t.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from doodle.errors import BadDrawing

VERSION = 1
MAX_TEXT = 4_000_000  # characters of JSON
MAX_STROKES = 2_000
MAX_POINTS = 50_000
MAX_COORDINATE = 1e5  # canvas units, either side of zero
MAX_TIME = 1e9  # ms, about eleven days
QUICKDRAW_SIDE = 256.0

_WIDTH_RATIO = 0.006  # usual line width, as part of the canvas's longer side
_STEADY_SPEED = 0.001  # sides of the canvas a millisecond, for strokes that carry no times
_PEN_LIFT = 150.0  # ms between two such strokes
_DEFAULT_PRESSURE = 0.5  # what browsers report for a mouse


@dataclass(frozen=True, eq=False)
class Stroke:
    """One line of the pen, from touch to lift.

    Attributes:
        points: (P, 2) float32, P >= 1; x right, y down, canvas units.
        time: (P,) float32, ms since the drawing began.
        pressure: (P,) float32 in [0, 1].
        width: of the line, canvas units.

    Raises:
        BadDrawing: a shape, a value or the width is out of bounds.
    """

    points: np.ndarray
    time: np.ndarray
    pressure: np.ndarray
    width: float = 6.0

    def __post_init__(self) -> None:
        points = _points(self.points)
        time = _array(self.time, MAX_TIME, "a time")
        pressure = _array(self.pressure, 1.0, "a pressure")
        if time.shape != points.shape[:1] or pressure.shape != points.shape[:1]:
            raise BadDrawing("Every point of a stroke needs one time and one pressure.")
        if pressure.min() < 0:
            raise BadDrawing("Pen pressure must lie between 0 and 1.")
        for name, value in (("points", points), ("time", time), ("pressure", pressure)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "width", _positive(self.width, "The width of a stroke"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stroke):
            return NotImplemented
        return (
            self.width == other.width
            and np.array_equal(self.points, other.points)
            and np.array_equal(self.time, other.time)
            and np.array_equal(self.pressure, other.pressure)
        )


@dataclass(frozen=True)
class Drawing:
    """Ordered strokes on a canvas; an existing Drawing has passed every check.

    Attributes:
        strokes: in the order they were drawn.
        width, height: of the canvas, in the units of the points.

    Raises:
        BadDrawing: too many strokes or points, or an absurd canvas.
    """

    strokes: tuple[Stroke, ...] = ()
    width: float = 1000.0
    height: float = 750.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(self.strokes))
        object.__setattr__(self, "width", _positive(self.width, "The width of the canvas"))
        object.__setattr__(self, "height", _positive(self.height, "The height of the canvas"))
        _check_counts(len(self.strokes), self.n_points)

    def __bool__(self) -> bool:
        return bool(self.strokes)

    @property
    def n_points(self) -> int:
        """Points of all strokes together."""
        return sum(len(stroke.points) for stroke in self.strokes)

    def polylines(self) -> list[np.ndarray]:
        """Each stroke's points, (P, 2) float32."""
        return [stroke.points for stroke in self.strokes]

    def to_dict(self) -> dict[str, Any]:
        """The wire form; `parse` gives back an equal drawing."""
        wire: dict[str, Any] = {"v": VERSION, "w": _plain(self.width), "h": _plain(self.height)}
        wire["strokes"] = [_flat(stroke) for stroke in self.strokes]
        if any(stroke.width != _usual_width(self.width, self.height) for stroke in self.strokes):
            wire["widths"] = [_plain(stroke.width) for stroke in self.strokes]
        return wire

    def to_json(self) -> str:
        """The wire form as compact JSON."""
        return json.dumps(self.to_dict(), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_polylines(
        cls,
        polylines: Sequence[np.ndarray],
        width: float = QUICKDRAW_SIDE,
        height: float = QUICKDRAW_SIDE,
        stroke_width: float | None = None,
    ) -> Drawing:
        """A drawing from bare lines, timed as if drawn at a steady speed.

        Args:
            polylines: each (P, 2); empty ones are left out.
            width, height: of the canvas.
            stroke_width: of every line; in proportion to the canvas when None.

        Raises:
            BadDrawing: as for `Drawing` and `Stroke`.
        """
        kept = [_points(line) for line in polylines if len(line)]
        line_width = _usual_width(width, height) if stroke_width is None else stroke_width
        times = _steady_times(kept, max(width, height))
        strokes = [
            Stroke(line, time, np.full(len(line), _DEFAULT_PRESSURE), line_width)
            for line, time in zip(kept, times, strict=True)
        ]
        return cls(tuple(strokes), width, height)

    @classmethod
    def parse(cls, payload: Any) -> Drawing:
        """Read a drawing that anybody may have sent.

        Args:
            payload: JSON text or bytes, the decoded value, a Drawing, or nothing (which is empty).

        Raises:
            BadDrawing: for everything that is not a drawing, and nothing else is ever raised.
        """
        if isinstance(payload, Drawing):
            return payload
        if payload is None or (isinstance(payload, str | bytes) and not payload):
            return cls()
        if isinstance(payload, str | bytes):
            payload = _decode(payload)
        if isinstance(payload, dict) and "drawing" in payload and "strokes" not in payload:
            payload = payload["drawing"]  # a line of Quick, Draw! ndjson, or a project file
        if isinstance(payload, list):
            return _read_quickdraw(payload)
        if isinstance(payload, dict):
            return _read_wire(payload)
        raise BadDrawing("This is not a drawing: expected a list of strokes.")


def _decode(text: str | bytes) -> Any:
    if len(text) > MAX_TEXT:
        raise BadDrawing(f"The drawing's text is longer than {MAX_TEXT // 1_000_000} MB.")
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except BadDrawing:
        raise
    except (ValueError, RecursionError):
        raise BadDrawing("This is not a drawing: the text is not valid JSON.") from None


def _refuse_constant(name: str) -> None:
    raise BadDrawing(f"The drawing holds {name} where a number belongs.")


def _read_wire(wire: dict[str, Any]) -> Drawing:
    version = wire.get("v", VERSION)
    if type(version) is not int or version != VERSION:
        raise BadDrawing(f"The drawing is of an unknown version; this one reads version {VERSION}.")
    rows = wire.get("strokes")
    if not isinstance(rows, list):
        raise BadDrawing("This is not a drawing: it has no list of strokes.")
    if rows and all(isinstance(row, list) and row and isinstance(row[0], list) for row in rows):
        return _on_canvas(_read_quickdraw(rows), wire)
    if not all(isinstance(row, list) and row and len(row) % 4 == 0 for row in rows):
        raise BadDrawing("A stroke is a list x, y, time, pressure of one point after the other.")
    _check_counts(len(rows), sum(len(row) for row in rows) // 4)
    width = _positive(wire.get("w", Drawing.width), "The width of the canvas")
    height = _positive(wire.get("h", Drawing.height), "The height of the canvas")
    widths = wire.get("widths")
    if widths is None:
        widths = [_usual_width(width, height)] * len(rows)
    if not isinstance(widths, list) or len(widths) != len(rows):
        raise BadDrawing("The list of widths must hold one number a stroke.")
    strokes = []
    for row, line_width in zip(rows, widths, strict=True):
        table = _numbers(row).reshape(-1, 4)  # (P, 4): x, y, t, p
        strokes.append(Stroke(table[:, :2], table[:, 2], table[:, 3], line_width))
    return Drawing(tuple(strokes), width, height)


def _on_canvas(drawing: Drawing, wire: dict[str, Any]) -> Drawing:
    """The drawing on the canvas that the wire form names, its own where it names none."""
    width = _positive(wire.get("w", drawing.width), "The width of the canvas")
    height = _positive(wire.get("h", drawing.height), "The height of the canvas")
    return replace(drawing, width=width, height=height)


def _read_quickdraw(rows: list[Any]) -> Drawing:
    for row in rows:
        if not isinstance(row, list) or len(row) not in (2, 3):
            raise BadDrawing("A Quick, Draw! stroke is a list of x, one of y and maybe one of t.")
        if not all(isinstance(part, list) and len(part) == len(row[0]) > 0 for part in row):
            raise BadDrawing("The lists of a Quick, Draw! stroke must be equally long, not empty.")
    _check_counts(len(rows), sum(len(row[0]) for row in rows))
    lines = [_points(np.column_stack([_numbers(row[0]), _numbers(row[1])])) for row in rows]
    # raw drawings are in screen pixels: their canvas grows with them
    reach = np.concatenate(lines).max(axis=0) + 1 if lines else np.zeros(2)
    width, height = np.clip(np.ceil(reach), QUICKDRAW_SIDE, MAX_COORDINATE).tolist()
    drawing = Drawing.from_polylines(lines, width, height)
    if not rows or not all(len(row) == 3 for row in rows):
        return drawing
    timed = [
        Stroke(stroke.points, _numbers(row[2]), stroke.pressure, stroke.width)
        for stroke, row in zip(drawing.strokes, rows, strict=True)
    ]
    return Drawing(tuple(timed), width, height)


def _check_counts(strokes: int, points: int) -> None:
    if strokes > MAX_STROKES:
        raise BadDrawing(f"The drawing has {strokes} strokes; at most {MAX_STROKES} can be read.")
    if points > MAX_POINTS:
        raise BadDrawing(f"The drawing has {points} points; at most {MAX_POINTS} can be read.")


def _numbers(values: list[Any]) -> np.ndarray:
    """A list of JSON numbers as float64; numpy alone would also take booleans, text and None."""
    if not set(map(type, values)) <= {int, float}:
        raise BadDrawing("The drawing holds something that is not a number.")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise BadDrawing("The drawing holds a number too large to read.") from None


def _positive(value: Any, what: str) -> float:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not 0 < value <= MAX_COORDINATE:
        raise BadDrawing(f"{what} must be a number above 0 and at most {MAX_COORDINATE:.0f}.")
    return float(value)


def _points(values: Any) -> np.ndarray:
    points = _array(values, MAX_COORDINATE, "a coordinate")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise BadDrawing("A stroke needs at least one point, each with an x and a y.")
    return points


def _array(values: Any, limit: float, what: str) -> np.ndarray:
    """A read-only float32 copy, every value finite and within [-limit, limit]."""
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise BadDrawing(f"The drawing holds {what} that is not a finite number.")
    if array.size and np.abs(array).max() > limit:
        raise BadDrawing(f"The drawing holds {what} beyond {limit:.0f}.")
    array = array.astype(np.float32)
    array.setflags(write=False)
    return array


def _steady_times(lines: Sequence[np.ndarray], side: float) -> list[np.ndarray]:
    times, now = [], 0.0
    for line in lines:
        steps = np.hypot(*np.diff(line, axis=0).T) / (side * _STEADY_SPEED)
        times.append(np.minimum(now + np.concatenate([[0.0], np.cumsum(steps)]), MAX_TIME))
        now = times[-1][-1] + _PEN_LIFT
    return times


def _usual_width(width: float, height: float) -> float:
    return round(max(width, height) * _WIDTH_RATIO, 3)


def _plain(value: float) -> int | float:
    """Whole numbers without their ``.0``, as JavaScript writes them."""
    return int(value) if value == int(value) else value


def _flat(stroke: Stroke) -> list[float]:
    """x, y, t, p of one point after the other, in few digits that still give back each float32."""
    table = np.column_stack([stroke.points, stroke.time, stroke.pressure]).ravel()  # float32
    short = np.round(table.astype(np.float64), 3)
    values = [_plain(value) for value in short.tolist()]
    for index in np.flatnonzero(short.astype(np.float32) != table):
        values[index] = float(str(table[index]))
    return values
