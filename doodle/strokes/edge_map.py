"""Strokes and pictures to the edge map that the chimera's network reads, white on black.

There are three ways.  Photographs go through auto-canny.  The lines of a drawing become edges along
their centrelines, where canny would give two, and its filled areas become their contours.  An edge
map is taken as it is.  The result also maps points of the input to its pixels and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.strokes.edges import BLUR, DETAIL, SIGMA, canny, hand_drawn, without_specks
from doodle.strokes.lines import (
    BROAD_PEN,
    CONTRAST,
    FINER,
    LineAnalysis,
    line_width,
    lines_once,
    shrunk,
    thickened,
    thinned,
)
from doodle.strokes.raster import rasterize

Kind = Literal["auto", "photograph", "drawing", "edges"]
Way = Literal["auto", "canny", "lines", "hand"]
MIN_SIDE = 8  # pixels of a picture
MAX_THICKNESS, MAX_CLEAN, MAX_BLUR = 16, 64, 31

_SMALL, _FULL = 0.9, 0.92  # of the square: what is shorter than the first grows to the second
_BROAD = 3.5  # pixels: lines of an edge map that are broader than any in training
_TINY = 1e-3  # share of the pixels; fewer edges are none


@dataclass(frozen=True)
class EdgeStyle:
    """How what came in becomes edges.

    Attributes:
        kind: what came in; "auto" finds out whether it is a photograph or a drawing.
        way: canny, each line once, or as a hand draws; "auto" is canny for photographs and lines
            for drawings.
        sigma: canny: around the median, 0 to 1; smaller finds fewer edges.
        blur: canny: side of the Gaussian, odd, 1 to 31; lines: of the one before them.
        detail: hand: above 0, up to 1.
        thickness: pixels, 1 to 16; None leaves edges as wide as they come.
        clean: connected edges of fewer pixels than this are dropped, 0 to 64.
        crop: enlarge a drawing that fills less of its frame than training saw.

    Raises:
        ValueError: a value is out of range.
    """

    kind: Kind = "auto"
    way: Way = "auto"
    sigma: float = SIGMA
    blur: int = BLUR
    detail: float = DETAIL
    thickness: int | None = None
    clean: int = 0
    crop: bool = True

    def __post_init__(self) -> None:
        for name, value, choices in (("kind", self.kind, Kind), ("way", self.way, Way)):
            if value not in get_args(choices):
                raise ValueError(f"{name} is one of {', '.join(get_args(choices))}, not {value!r}")
        if not 0 <= self.sigma <= 1:
            raise ValueError(f"sigma lies in 0 to 1, not {self.sigma}")
        if not 1 <= self.blur <= MAX_BLUR or self.blur % 2 == 0:
            raise ValueError(f"a blur is an odd number from 1 to {MAX_BLUR}, not {self.blur}")
        if not 0 < self.detail <= 1:
            raise ValueError(f"detail lies above 0 and at most at 1, not {self.detail}")
        if self.thickness is not None and not 1 <= self.thickness <= MAX_THICKNESS:
            raise ValueError(f"a thickness is 1 to {MAX_THICKNESS} pixels, not {self.thickness}")
        if not 0 <= self.clean <= MAX_CLEAN:
            raise ValueError(f"clean is 0 to {MAX_CLEAN} pixels, not {self.clean}")


@dataclass(frozen=True, eq=False)
class EdgeMap:
    """The edges that the network reads, and how pixels of the input are found again.

    Attributes:
        edges: (S, S) uint8, 255 on 0.
        kind: "strokes", "drawing", "photograph" or "edges": what it was taken for.
        frame: width and height of what came in, in its own units.
        scale, offset: pixel of the square = unit * scale + offset (x, y).
    """

    edges: np.ndarray
    kind: str
    frame: tuple[float, float]
    scale: float
    offset: tuple[float, float]

    @property
    def size(self) -> int:
        return self.edges.shape[0]

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Points (P, 2) of what came in to pixels of the square."""
        return np.asarray(points, np.float64) * self.scale + self.offset

    def from_pixels(self, points: np.ndarray) -> np.ndarray:
        """Points (P, 2) of the square to units of what came in."""
        return (np.asarray(points, np.float64) - self.offset) / self.scale


# -- from strokes --------------------------------------------------------------------------------


def edges_of_drawing(drawing: Drawing, size: int, style: EdgeStyle | None = None) -> EdgeMap:
    """Edges of strokes: each line once, however broad the pen was, or as ``style`` says.

    Raises:
        BadDrawing: there are no strokes on the canvas.
    """
    style = style or EdgeStyle()
    frame = (drawing.width, drawing.height)
    lines = drawing.polylines()
    if not lines:
        raise BadDrawing("There is nothing drawn yet.")
    scale, offset = _placing(frame, _box_of(lines) if style.crop else None, size)
    if style.way in ("auto", "lines"):
        moved = [np.asarray(line, np.float64) * scale + offset for line in lines]
        edges = _line_edges(moved, [s.width * scale for s in drawing.strokes], size)
        edges = _cleaned(thickened(edges, style.thickness), style.clean)
    else:
        usual = float(np.median([stroke.width for stroke in drawing.strokes])) * scale
        ink = rasterize(lines, size, line_width=max(usual, 1.0), scale=scale, offset=offset)
        edges = _finished(_edges_by(style.way, cv2.merge([255 - ink] * 3), style), style)
    return EdgeMap(_not_empty(edges), "strokes", frame, scale, offset)


def _box_of(lines: Sequence[np.ndarray]) -> tuple[float, float, float, float]:
    points = np.concatenate(lines)
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right, bottom


def _placing(
    frame: tuple[float, float], box: tuple[float, float, float, float] | None, size: int
) -> tuple[float, tuple[float, float]]:
    """Scale and offset that fit a frame into the square, or a small box within it."""
    scale = size / max(frame)
    middle = frame[0] / 2, frame[1] / 2
    if box is not None:
        longer = max(box[2] - box[0], box[3] - box[1])
        outside = min(box[0], box[1], frame[0] - box[2], frame[1] - box[3]) < 0
        if longer > 0 and (longer < _SMALL * max(frame) or outside):
            scale = min(_FULL * size / longer, 8 * scale)  # a dot stays one
            middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return scale, (size / 2 - middle[0] * scale, size / 2 - middle[1] * scale)


def _line_edges(lines: Sequence[np.ndarray], widths: Sequence[float], size: int) -> np.ndarray:
    """Lines in pixels, one pixel wide; a point is a dot as broad as its pen, as eyes are."""
    edges = np.zeros((size, size), np.uint8)
    for line, width in zip(lines, widths, strict=True):
        fixed = np.round(np.clip(line - 0.5, -size, 2 * size) * 16).astype(np.int32)
        if float(np.ptp(line, axis=0).max()) < max(width, 1.0) / 2:
            middle = fixed.mean(axis=0).round().astype(int).tolist()
            cv2.circle(edges, middle, round(8 * max(width, 2.0)), 255, -1, cv2.LINE_8, 4)
        else:
            cv2.polylines(edges, [fixed], False, 255, 1, cv2.LINE_8, 4)
    return edges


# -- from pictures -------------------------------------------------------------------------------


def edges_of_picture(picture: np.ndarray, size: int, style: EdgeStyle | None = None) -> EdgeMap:
    """Edges of a photograph, of a drawing on paper, or of an edge map.

    Dark lines on light or light on dark is found out.

    Args:
        picture: (H, W) or (H, W, 3) uint8 RGB, at least 8 pixels a side.
        size: side of the result.

    Raises:
        BadDrawing: the picture is too small, or has no edges.
    """
    style, picture = style or EdgeStyle(), np.asarray(picture)
    fits = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)
    if picture.dtype != np.uint8 or not fits:
        raise BadDrawing(f"Expected a grey or RGB picture, not {picture.shape} {picture.dtype}.")
    if min(picture.shape[:2]) < MIN_SIDE:
        raise BadDrawing(f"The picture is too small: {MIN_SIDE} pixels a side are the least.")
    frame = (float(picture.shape[1]), float(picture.shape[0]))
    if style.kind == "edges":
        scale, offset = _placing(frame, None, size)
        edges = _finished(_edge_map(picture, size), style)
        return EdgeMap(_not_empty(edges), "edges", frame, scale, offset)
    rgb = picture if picture.ndim == 3 else cv2.merge([picture] * 3)
    found = LineAnalysis(shrunk(rgb, size))
    kind = found.kind if style.kind == "auto" else style.kind
    box = None
    if kind == "drawing" and style.crop:
        unit = frame[0] / found.ink.shape[1]
        box = None if found.box is None else tuple(unit * side for side in found.box)
    scale, offset = _placing(frame, box, size)
    way = style.way
    if way == "auto":
        way = "lines" if kind == "drawing" else "canny"
    finer = FINER if way == "lines" else 1
    placed, inside = _placed(rgb, scale * finer, tuple(finer * o for o in offset), size * finer)
    if way == "lines":
        dark_on_light = 255 - placed if found.inverted else placed
        broadest = found.broadest * scale * max(frame) / size  # larger where it was cropped
        edges = lines_once(dark_on_light, style.blur, min(broadest, 2 * BROAD_PEN))
    else:
        edges = _edges_by(way, placed, style)
    if kind == "photograph":  # the frame's own border is no edge
        edges = edges & cv2.erode(_shrunk_mask(inside, size), np.ones((3, 3), np.uint8))
    return EdgeMap(_not_empty(_finished(edges, style)), kind, frame, scale, offset)


def _edges_by(way: str, picture: np.ndarray, style: EdgeStyle) -> np.ndarray:
    if way == "hand":
        return hand_drawn(picture, detail=style.detail)
    return canny(picture, sigma=style.sigma, blur=style.blur)


def _edge_map(picture: np.ndarray, size: int) -> np.ndarray:
    """An edge map fitted into the square, white on black, without grey; lines stay lines."""
    grey = picture if picture.ndim == 2 else picture.max(axis=2)
    if int(np.ptp(grey)) < CONTRAST:
        raise BadDrawing("The edge map is empty: it has one colour only.")
    _, light = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if light.mean() > 127.5:  # lines are the smaller part
        light = 255 - light
    height, width = light.shape
    scale = size / max(height, width)
    if scale != 1:
        fitted = max(1, round(width * scale)), max(1, round(height * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        light = cv2.resize(light, fitted, interpolation=how)
        # a line of one pixel leaves a part of its light only
        light = np.where(light > 255 * min(0.5, 0.4 * scale + 0.05), np.uint8(255), np.uint8(0))
        light = thinned(light)
    if line_width(light) > _BROAD:
        light = thinned(light)
    left, top = (size - light.shape[1]) // 2, (size - light.shape[0]) // 2
    edges = np.zeros((size, size), np.uint8)
    edges[top : top + light.shape[0], left : left + light.shape[1]] = light
    return edges


# -- shared --------------------------------------------------------------------------------------


def _shrunk_mask(mask: np.ndarray, size: int) -> np.ndarray:
    if mask.shape[0] == size:
        return mask
    return cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST)


def _placed(
    picture: np.ndarray, scale: float, offset: tuple[float, ...], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """A picture in the square, its rim's colour around it; and where it lies, 255 on 0."""
    if scale < 1:  # warpAffine skips pixels
        small = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
        picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
        scale = 1.0
    # the middle of the first pixel is 0.5 in our coordinates and 0 in OpenCV's
    place = np.array(
        [[scale, 0, offset[0] + scale / 2 - 0.5], [0, scale, offset[1] + scale / 2 - 0.5]]
    )
    rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    fill = tuple(map(float, np.median(rim, axis=0)))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    inside = cv2.warpAffine(
        np.full(picture.shape[:2], 255, np.uint8), place, (size, size), flags=cv2.INTER_NEAREST
    )
    placed = cv2.warpAffine(
        picture, place, (size, size), flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
    )
    return placed, inside


def _cleaned(edges: np.ndarray, least: int) -> np.ndarray:
    return without_specks(edges, least) if least > 1 else edges


def _finished(edges: np.ndarray, style: EdgeStyle) -> np.ndarray:
    return thickened(_cleaned(edges, style.clean), style.thickness)


def _not_empty(edges: np.ndarray) -> np.ndarray:
    """Refuse edges that show nothing.

    Raises:
        BadDrawing: there are none.
    """
    if np.count_nonzero(edges) < max(4.0, _TINY * edges.size / 4):
        raise BadDrawing("No lines or edges were found: try more contrast, or less clean-up.")
    return edges
