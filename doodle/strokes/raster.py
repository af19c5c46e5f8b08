"""Anti-aliased ink: polylines to pixels, with round caps and joins.

Every picture here is ink 255 on 0.  Lines are drawn enlarged and averaged down, which comes
within a few grey levels of the analytic coverage that cairo computes.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

_SHIFT = 4  # fractional bits of OpenCV's fixed-point coordinates
_FINE, _COARSE = (13, 14, 15, 16, 17), (4, 3, 5)  # enlargements to choose from, by size


def rasterize(
    polylines: Sequence[np.ndarray],
    size: int | tuple[int, int],
    *,
    line_width: float,
    scale: float = 1.0,
    offset: tuple[float, float] = (0.0, 0.0),
    supersample: int | None = None,
) -> np.ndarray:
    """Draw polylines into a picture.

    Args:
        polylines: each (P, 2), x right and y down; one point is a dot.
        size: side, or (height, width), in pixels.
        line_width: in pixels of the result.
        scale, offset: pixel = point * scale + offset.
        supersample: enlargement before averaging; chosen from the size when None.

    Returns:
        (height, width) uint8, ink 255 on 0.
    """
    height, width = (size, size) if isinstance(size, int) else size
    choices = (supersample,) if supersample else _FINE if max(height, width) <= 96 else _COARSE
    factor, thickness = _thickness(line_width, choices)
    big = np.zeros((height * factor, width * factor), dtype=np.uint8)
    # the pixel grid counts centres: a point at 0.5 lies in the middle of the first pixel
    shift = np.asarray(offset) * factor - 0.5
    points, ends = _joined(polylines)
    points = np.clip(points * (scale * factor) + shift, -30_000, 30_000)
    fixed = np.round(points * (1 << _SHIFT)).astype(np.int32)
    # a dot is a line from a point to itself
    lines = [
        fixed[a:b] if b > a + 1 else fixed[[a, a]]
        for a, b in zip([0, *ends], ends, strict=False)
        if b > a
    ]
    cv2.polylines(big, lines, False, 255, thickness, cv2.LINE_8, _SHIFT)
    return cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA)


def _joined(polylines: Sequence[np.ndarray]) -> tuple[np.ndarray, list[int]]:
    """All points (P, 2) float64 of all lines, and where each line ends in them."""
    ends = np.cumsum([len(line) for line in polylines], dtype=int).tolist()
    lines = [line[:, :2] for line in map(np.asarray, polylines) if len(line)]
    return np.concatenate([np.zeros((0, 2)), *lines]), ends


def _thickness(line_width: float, factors: Sequence[int]) -> tuple[int, int]:
    """The enlargement that meets the line width best, and OpenCV's thickness there.

    OpenCV (measured) draws an even thickness t as t + 1 pixels and an odd one as
    t + 2, so that only odd widths can be had.
    """
    odd = {factor: 2 * round((line_width * factor - 1) / 2) + 1 for factor in factors}
    best = min(factors, key=lambda factor: abs(odd[factor] / factor - line_width))
    return best, int(np.clip(odd[best] - 1, 1, 32_766))


def centred(
    polylines: Sequence[np.ndarray], size: int, *, field: float, padding: float, line_width: float
) -> np.ndarray:
    """Draw with the drawing's box centred in a square field, not scaled to fill it.

    The picture's side stands for ``field + 2 * padding + line_width`` units of the drawing, the
    rule by which the official 28 x 28 bitmaps were made (quickdraw-dataset, issue 19).

    Args:
        polylines: each (P, 2), in a space whose longer side is ``field`` units.
        size: side of the result in pixels.
        field, padding, line_width: in the drawing's units.

    Returns:
        (size, size) uint8, ink 255 on 0.
    """
    points, _ = _joined(polylines)
    if not len(points):
        return np.zeros((size, size), dtype=np.uint8)
    scale = size / (field + 2 * padding + line_width)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    offset = size / 2 - middle * scale
    return rasterize(
        polylines, size, line_width=line_width * scale, scale=scale, offset=tuple(offset)
    )


def quickdraw_bitmap(
    polylines: Sequence[np.ndarray], *, size: int = 28, line_width: float = 16.0
) -> np.ndarray:
    """The official rendering of a drawing (256 field, 16 line, 16 padding).

    Args:
        polylines: each (P, 2), in any units: the longer side is scaled to 255 first, as Quick,
            Draw! does it.
        size: 28 as published; larger for the same picture in finer pixels.
        line_width: in units of the 256 field.

    Returns:
        (size, size) uint8, ink 255 on 0.
    """
    points, ends = _joined(polylines)
    longer = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    if longer > 0:
        points = points * (255 / longer)
    lines = np.split(points, ends[:-1])
    return centred(lines, size, field=256, padding=16, line_width=line_width)
