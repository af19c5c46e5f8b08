"""SVG into a drawing: paths and basic shapes, transforms applied, curves made straight lines.

The document is read as a stream and nothing in it is fetched, expanded or run: declared entities
are refused, references (use, image, style sheets) are left out.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from xml.parsers import expat

import numpy as np
from svg.path import Arc, Close, CubicBezier, Line, Move, QuadraticBezier, parse_path

from doodle.errors import BadDrawing
from doodle.strokes.drawing import MAX_COORDINATE, MAX_POINTS, Drawing, Stroke
from doodle.strokes.geometry import bezier_points, bounds, distinct, simplify

MAX_TEXT = 4_000_000  # bytes
MAX_ELEMENTS = 50_000
MAX_DEPTH = 200

_FLAT = 0.0005  # sides of the canvas that straight pieces may miss a curve by
_UNITS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# of text whose spaces are single ones: with runs of them its time would grow with their cube
_TRANSFORM = re.compile(r" ?,? ?([a-zA-Z]{1,9}) ?\(([^()]*)\)")
_SHAPES = ("path", "line", "polyline", "polygon", "rect", "circle", "ellipse")
# what these hold is not shown where it stands, or is not a drawing
_HIDDEN = ("defs", "symbol", "clipPath", "mask", "marker", "pattern", "foreignObject", "text")


@dataclass(frozen=True)
class _Style:
    """What an element hands down to its children."""

    matrix: np.ndarray  # (2, 3), to the units of the canvas
    width: float | None = None  # stroke-width in the element's own units
    stroked: bool = False
    shown: bool = True


def read_svg(text: bytes) -> Drawing:
    """Read the lines of an SVG document.

    Args:
        text: the file's bytes.

    Returns:
        A drawing in the units of the viewBox (or of the page), one stroke a subpath.

    Raises:
        BadDrawing: it is no SVG, is unsafe or too large, or holds no line.
    """
    if len(text) > MAX_TEXT:
        raise BadDrawing(f"The SVG is larger than {MAX_TEXT // 1_000_000} MB.")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = _refuse_entity
    try:
        # inf and nan from absurd numbers are caught when the strokes are made
        with np.errstate(all="ignore"):
            parser.Parse(text, True)
            return reader.drawing()
    except (expat.ExpatError, LookupError):  # LookupError: an encoding nobody knows
        raise BadDrawing("This is not an SVG: the file is not well-formed XML.") from None


def _refuse_entity(*_: object) -> None:
    raise BadDrawing("The SVG declares entities; save it without them and try again.")


class _Reader:
    """Collects lines while the parser walks through the document."""

    def __init__(self) -> None:
        self.styles = [_Style(np.eye(2, 3))]
        self.elements = 0
        self.canvas: tuple[float, float] | None = None
        self.side = 256.0  # until the canvas is known
        self.lines: list[tuple[np.ndarray, float | None]] = []
        self.points = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS or len(self.styles) > MAX_DEPTH:
            raise BadDrawing("The SVG is too complicated to be a sketch.")
        name = name.rpartition(" ")[2]
        if self.elements == 1:
            self._open(name, attributes)
        style = _inherit(self.styles[-1], name, attributes)
        self.styles.append(style)
        if name in _SHAPES and style.shown:
            self._add(name, attributes, style)

    def end(self, name: str) -> None:
        self.styles.pop()

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if name != "svg":
            raise BadDrawing(f"This is not an SVG: it starts with <{name[:40]}>.")
        box = _numbers(attributes.get("viewBox", ""))
        if len(box) == 4 and box[2] > 0 and box[3] > 0:
            left, top, width, height = box
            self.canvas = (width, height)
            self.styles = [_Style(np.array([[1, 0, -left], [0, 1, -top]], dtype=float))]
        elif "width" in attributes and "height" in attributes:
            size = [_length(attributes[key], 0) for key in ("width", "height")]
            self.canvas = (size[0], size[1]) if min(size) > 0 else None
        self.side = max(self.canvas or (self.side,))

    def _add(self, name: str, attributes: dict[str, str], style: _Style) -> None:
        scale = math.sqrt(abs(np.linalg.det(style.matrix[:, :2])))
        data = _shape_data(name, attributes, self.canvas or (self.side, self.side))
        lines = [_mapped(line, style.matrix) for line in _flatten(data, scale / self.side)]
        if name == "rect" and not style.stroked and self._is_background(lines):
            return
        width = None if style.width is None else style.width * scale
        for line in lines:
            if not np.all(np.abs(line) <= MAX_COORDINATE):  # not finite, too
                raise BadDrawing(f"The SVG holds a coordinate beyond {MAX_COORDINATE:.0f}.")
            line = distinct(simplify(line, _FLAT * self.side))
            self.lines.append((line, width))
            self.points += len(line)
        if self.points > MAX_POINTS:
            raise BadDrawing(f"The SVG has more than {MAX_POINTS} points.")

    def _is_background(self, lines: list[np.ndarray]) -> bool:
        left, top, right, bottom = bounds(lines)
        slack = 0.01 * self.side
        width, height = self.canvas or (math.inf, math.inf)
        return max(left, top) <= slack and right >= width - slack and bottom >= height - slack

    def drawing(self) -> Drawing:
        if not self.lines:
            raise BadDrawing("The SVG holds no lines that could be drawn.")
        if self.canvas is None:
            _, _, right, bottom = bounds([line for line, _ in self.lines])
            self.canvas = (max(right, 1.0), max(bottom, 1.0))
        plain = Drawing.from_polylines([line for line, _ in self.lines], *self.canvas)
        strokes = [
            stroke if width is None else Stroke(stroke.points, stroke.time, stroke.pressure, width)
            for stroke, (_, width) in zip(plain.strokes, self.lines, strict=True)
        ]
        return Drawing(tuple(strokes), *self.canvas)


def _inherit(parent: _Style, name: str, attributes: dict[str, str]) -> _Style:
    style = parent
    own = dict(attributes)
    for rule in attributes.get("style", "").split(";"):
        key, _, value = rule.partition(":")
        own[key.strip()] = value.strip()
    if own.get("display") == "none" or own.get("visibility") == "hidden" or name in _HIDDEN:
        style = replace(style, shown=False)
    if "stroke" in own:
        style = replace(style, stroked=own["stroke"] != "none")
    if "stroke-width" in own:
        width = _length(own["stroke-width"], 0)
        style = replace(style, width=width if width > 0 else None)
    if "transform" in attributes:
        style = replace(style, matrix=_chained(style.matrix, _transform(attributes["transform"])))
    return style


def _chained(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The map (2, 3) that applies `inner` first."""
    return outer @ np.vstack([inner, [0, 0, 1]])


def _mapped(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


def _transform(text: str) -> np.ndarray:
    matrix, position, text = np.eye(2, 3), 0, " ".join(text.split())
    for match in _TRANSFORM.finditer(text):
        if text[position : match.start()].strip():
            break
        position = match.end()
        matrix = _chained(matrix, _one_transform(match[1], _numbers(match[2])))
    if text[position:].strip():
        raise BadDrawing(f"The SVG holds a transform that cannot be read: {text[:60]}.")
    return matrix


def _one_transform(kind: str, numbers: list[float]) -> np.ndarray:
    count = len(numbers)
    if kind == "matrix" and count == 6:
        return np.array(numbers).reshape(3, 2).T
    if kind == "translate" and count in (1, 2):
        x, y = (*numbers, 0.0)[:2]
        return np.array([[1, 0, x], [0, 1, y]])
    if kind == "scale" and count in (1, 2):
        return np.array([[numbers[0], 0, 0], [0, numbers[-1], 0]])
    if kind == "rotate" and count in (1, 3):
        cos, sin = math.cos(math.radians(numbers[0])), math.sin(math.radians(numbers[0]))
        turn = np.array([[cos, -sin, 0], [sin, cos, 0]])
        middle = np.array((*numbers[1:], 0.0, 0.0)[:2])
        turn[:, 2] = middle - turn[:, :2] @ middle
        return turn
    if kind in ("skewX", "skewY") and count == 1:
        lean = math.tan(math.radians(numbers[0]))
        return np.array([[1, lean, 0], [0, 1, 0]] if kind == "skewX" else [[1, 0, 0], [lean, 1, 0]])
    raise BadDrawing(f"The SVG holds a transform that cannot be read: {kind}.")


def _shape_data(name: str, attributes: dict[str, str], canvas: tuple[float, float]) -> str:
    """A shape as path data, the one form that is flattened."""

    def get(key: str, whole: float = 0.0, default: str = "0") -> float:
        return _length(attributes.get(key, default), whole)

    if name == "path":
        return attributes.get("d", "")
    if name == "line":
        return f"M{get('x1')} {get('y1')}L{get('x2')} {get('y2')}"
    if name in ("polyline", "polygon"):
        numbers = _numbers(attributes.get("points", ""))
        pairs = " ".join(map(repr, numbers[: len(numbers) // 2 * 2]))
        return f"M{pairs}{'Z' if name == 'polygon' else ''}" if pairs else ""
    if name == "rect":
        x, y = get("x", canvas[0]), get("y", canvas[1])
        w, h = get("width", canvas[0]), get("height", canvas[1])
        rx = get("rx", w, attributes.get("ry", "0"))
        ry = get("ry", h, attributes.get("rx", "0"))
        rx, ry = min(rx, w / 2), min(ry, h / 2)
        if w <= 0 or h <= 0:
            return ""
        if rx <= 0 or ry <= 0:
            return f"M{x} {y}h{w}v{h}h{-w}Z"
        arc = f"a{rx} {ry} 0 0 1"
        return (
            f"M{x + rx} {y}h{w - 2 * rx}{arc} {rx} {ry}v{h - 2 * ry}{arc} {-rx} {ry}"
            f"h{2 * rx - w}{arc} {-rx} {-ry}v{2 * ry - h}{arc} {rx} {-ry}Z"
        )
    x, y = get("cx", canvas[0]), get("cy", canvas[1])
    rx, ry = (get("r"),) * 2 if name == "circle" else (get("rx"), get("ry"))
    if rx <= 0 or ry <= 0:
        return ""
    return f"M{x - rx} {y}a{rx} {ry} 0 1 1 {2 * rx} 0a{rx} {ry} 0 1 1 {-2 * rx} 0Z"


def _flatten(data: str, scale: float) -> list[np.ndarray]:
    """Path data to polylines, (P, 2) float64; `scale` takes its units to sides of the canvas."""
    if len(_NUMBER.findall(data)) > 6 * MAX_POINTS:
        raise BadDrawing(f"The SVG has more than {MAX_POINTS} points.")
    lines: list[list[np.ndarray]] = []
    try:
        for segment in parse_path(data):
            if isinstance(segment, Move):
                lines.append([_points(segment.end)])
            elif isinstance(segment, Close):
                if segment.start != segment.end or len(lines[-1]) == 1:
                    lines[-1].append(_points(segment.end))
                lines.append([_points(segment.end)])  # what follows without a move starts here
            elif isinstance(segment, Line):
                lines[-1].append(_points(segment.end))
            elif isinstance(segment, CubicBezier | QuadraticBezier | Arc):
                lines[-1].append(_curve(segment, scale))
    # the parser raises all of these for text that is no path, abs() of huge numbers one more
    except (ValueError, AssertionError, IndexError, TypeError, ArithmeticError):
        raise BadDrawing("The SVG holds a path that cannot be read.") from None
    # a move alone draws nothing; a line of no length is a dot
    return [np.concatenate(parts) for parts in lines if len(parts) > 1]


def _curve(segment: CubicBezier | QuadraticBezier | Arc, scale: float) -> np.ndarray:
    """Points of a curve without its start, more of them the larger it is."""
    start, end = segment.start, segment.end
    if isinstance(segment, Arc):
        reach = abs(segment.radius) * 4
    elif isinstance(segment, CubicBezier):
        one, two = segment.control1, segment.control2
        reach = abs(one - start) + abs(two - one) + abs(end - two)
    else:  # the same curve as a cubic
        one, two = start + (segment.control - start) * 2 / 3, end + (segment.control - end) * 2 / 3
        reach = abs(segment.control - start) + abs(end - segment.control)
    count = int(np.clip(np.nan_to_num(60 * math.sqrt(reach * scale)), 4, 96))
    if isinstance(segment, Arc):
        return _points(*(segment.point(t) for t in np.linspace(0, 1, count + 1)[1:]))
    return bezier_points(_points(start), _points(one, two, end)[None], count)[1:]


def _points(*values: complex) -> np.ndarray:
    return np.array([[value.real, value.imag] for value in values], dtype=np.float64)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _length(text: str, whole: float) -> float:
    """A length in pixels; a percentage is of `whole`; 0 when it cannot be read."""
    match = re.fullmatch(rf"({_NUMBER.pattern})\s*([a-z%]*)", text.strip())
    if not match or (match[2] not in _UNITS and match[2] != "%"):
        return 0.0
    return float(match[1]) * (whole / 100 if match[2] == "%" else _UNITS[match[2]])
