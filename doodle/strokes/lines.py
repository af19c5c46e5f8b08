"""The lines of a drawing on paper, found once: by their middle, not by both of their sides.

A line is darker than what stands on both sides of it.  What is broader is an area, and its rim
counts where no line follows it.
"""

from __future__ import annotations

import cv2
import numpy as np

from doodle.strokes.edges import BLUR, without_specks
from doodle.strokes.skeleton import thin

FINER = 2  # lines are looked for at so many times the size of the edges
_BROADEST, BROAD_PEN = 0.03, 0.07  # of the side: a line; what is broader is an area
CONTRAST = 20.0  # grey levels between a line and what is beside it
_SPECK = 6  # pixels of ink, at the finer size
_AREA_EDGES = 60, 150  # canny's thresholds for the rims of areas
_EVEN = 6  # grey levels by which neighbours of one colour differ
# measured on line drawings, filled ones, both photographed, and photographs of animals: a drawing
# is this even between its lines, or nearly so with lines as dark as pens draw
_FLAT, _NEARLY_FLAT, _BLACK = 0.985, 0.96, 90.0


class LineAnalysis:
    """What a small picture (H, W, 3) shows: its lines, the rims of its areas, its kind."""

    def __init__(self, picture: np.ndarray) -> None:
        self.inverted = _is_light_on_dark(picture)
        dark_on_light = 255 - picture if self.inverted else picture
        self.broadest = _BROADEST
        self.ink, closed = _ink(dark_on_light, self.broadest)
        self.rims = _rims(closed, self.ink, self.broadest)
        if np.count_nonzero(self.rims) > np.count_nonzero(thinned(self.ink)):
            # both sides of a broad pen, perhaps
            ink, without = _ink(dark_on_light, BROAD_PEN)
            rims = _rims(without, ink, BROAD_PEN)
            if np.count_nonzero(rims) < 0.2 * np.count_nonzero(self.rims):
                self.broadest, self.ink, self.rims, closed = BROAD_PEN, ink, rims, without
        ground = cv2.cvtColor(closed, cv2.COLOR_RGB2GRAY)
        steps = cv2.morphologyEx(ground, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        either = (self.ink | (self.rims > 0)).astype(np.uint8)
        lined = cv2.dilate(either, np.ones((7, 7), np.uint8)) > 0
        away = steps[~lined]
        self.flat = float((away <= _EVEN).mean()) if away.size else 0.0
        drop = ground.astype(np.int16) - cv2.cvtColor(dark_on_light, cv2.COLOR_RGB2GRAY)
        self.contrast = float(drop[self.ink > 0].mean()) if self.ink.any() else 0.0

    @property
    def kind(self) -> str:
        """What it is taken for: "drawing" or "photograph"."""
        nearly = self.flat >= _NEARLY_FLAT and self.contrast >= _BLACK
        return "drawing" if nearly or self.flat >= _FLAT else "photograph"

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom of what is drawn, in pixels."""
        drawn = without_specks((self.ink > 0) * np.uint8(255) | self.rims, 4)
        if not drawn.any():
            return None
        left, top, width, height = cv2.boundingRect(drawn)
        return float(left), float(top), float(left + width), float(top + height)


def _is_light_on_dark(picture: np.ndarray) -> bool:
    """Are the lines of a picture (H, W, 3) lighter than what they stand on?"""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    disc = _square(grey, _BROADEST)
    hats = (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
    dark, light = (cv2.norm(cv2.morphologyEx(grey, hat, disc), cv2.NORM_L2) for hat in hats)
    if max(dark, light) > 1.5 * min(dark, light):
        return light > dark
    return float(np.median(grey)) < 128  # narrow gaps between lines look like lines too


def _square(grey: np.ndarray, share: float) -> np.ndarray:
    """A structuring element of a share of the picture's side."""
    reach = round(share * max(grey.shape)) | 1
    return np.ones((reach, reach), np.uint8)


def _ink(picture: np.ndarray, broadest: float) -> tuple[np.ndarray, np.ndarray]:
    """Lines of a picture that is dark on light, (H, W) uint8 1 on 0, and it without its lines.

    A line is darker than what stands on both sides of it, which a closing takes as its ground.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    closed = cv2.morphologyEx(picture, cv2.MORPH_CLOSE, _square(grey, broadest))
    dark = cv2.subtract(cv2.cvtColor(closed, cv2.COLOR_RGB2GRAY), grey)
    level = max(CONTRAST, 0.3 * float(np.percentile(dark, 99.5)))
    usual = float(np.median(dark))
    noise = 1.4826 * float(np.median(cv2.absdiff(dark, np.full_like(dark, round(usual)))))
    ink = (dark > max(level, usual + 5 * noise)).astype(np.uint8)
    ink = (without_specks(255 * ink, _SPECK) > 0).astype(np.uint8)
    return ink, closed


def _rims(closed: np.ndarray, ink: np.ndarray, broadest: float) -> np.ndarray:
    """Edges of areas that no line follows, (H, W) uint8, 255 on 0."""
    edges = cv2.Canny(cv2.GaussianBlur(closed, (3, 3), 0), *_AREA_EDGES)
    reach = 2 * (round(broadest * max(ink.shape)) // 2 + 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return without_specks(np.where(cv2.dilate(ink, disc) > 0, np.uint8(0), edges), 12)


def lines_once(picture: np.ndarray, blur: int, broadest: float) -> np.ndarray:
    """The lines of a picture, dark on light, by their middle, areas by their rim; half its size."""
    if blur > BLUR:  # what is usual for canny would only soften fine lines
        picture = cv2.GaussianBlur(picture, (blur, blur), 0)
    ink, closed = _ink(picture, broadest)
    size = picture.shape[0] // FINER
    lines = thinned(ink).reshape(size, FINER, size, FINER).max(axis=(1, 3))
    small = cv2.resize(closed, (size, size), interpolation=cv2.INTER_AREA)
    return thinned(lines | _rims(small, (lines > 0).astype(np.uint8), broadest))


def shrunk(picture: np.ndarray, size: int) -> np.ndarray:
    scale = size / max(picture.shape[:2])
    if scale >= 1:
        return picture
    fitted = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    return cv2.resize(picture, fitted, interpolation=cv2.INTER_AREA)


def thinned(edges: np.ndarray) -> np.ndarray:
    return thin(np.pad((edges > 0).astype(np.uint8), 1))[1:-1, 1:-1] * np.uint8(255)


def line_width(edges: np.ndarray) -> float:
    """How broad the lines of an edge map are, pixels: their area by their length."""
    return int(np.count_nonzero(edges)) / max(1, int(np.count_nonzero(thinned(edges))))


def thickened(edges: np.ndarray, thickness: int | None) -> np.ndarray:
    """Lines (S, S) of a whole number of pixels' width; None leaves them as they are."""
    if thickness is None:
        return edges
    edges = thinned(edges)
    if thickness == 1:
        return edges
    return cv2.dilate(edges, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thickness, thickness)))
