"""Endings from the doodle generator: doodles that contain what is drawn, less what is there.

SketchRNN goes on where the pen stopped, in an order that people draw in.  Who draws in another
order, a sun's face before its rays, leaves it at a loss.  The generator knows what the whole looks
like: of many pictures of the word those are taken that have ink where the visitor's is, at some
size and place; their strokes are traced, and what is not there yet is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.pipelines.doodles import traced
from doodle.strokes.curves import Curve, curve_points
from doodle.strokes.drawing import QUICKDRAW_SIDE
from doodle.strokes.geometry import bounds, distinct, extent, resample
from doodle.strokes.raster import rasterize

# of a doodle's longer side, how much the drawing may take up: it may be most of it or a part
SHARES = (1.1, 1.0, 0.9, 0.8, 0.7, 0.6, 0.52, 0.45)
COVERED = 0.75  # of the drawing's ink that must lie on the doodle's
MISFIT, PART = 0.5, 0.15  # off the chance of a word: for all that is not covered, for a share of 0
SMALL = 0.25  # a small share covers easily: what it is worth less than a share of 1, at none
MARGIN = 2  # pixels that the drawing may stick out of the picture
DRAWN = 0.4  # ink of a pixel from which it counts for the size of a doodle
# in pixels of the doodle:
NEAR = 1.9  # a line so near to the drawing's is that line
REACH = 2.6  # a cut line's end is drawn to the drawing's line within that
SHORT_BETWEEN, SHORT_CUT, SHORT = 4.5, 3.0, 1.5  # dropped: cut at both ends, at one, at none

_SPACING = 4.0  # between points of a traced stroke, in the 256 space
_DENSE = 64  # points along the drawing's longer side, for distances


class Placement(NamedTuple):
    """Where a drawing lies in a doodle: pixel = point * scale + (x, y)."""

    picture: int
    flipped: bool
    scale: float  # pixels a unit of the drawing
    x: float
    y: float
    covered: float  # share of the drawing's ink that lies on the doodle's
    share: float  # of the doodle's longer side

    @property
    def penalty(self) -> float:
        """What an ending from here is worth less than one that fits wholly."""
        return MISFIT * (1 - self.covered) + PART * (1 - self.share)


@torch.inference_mode()
def placements(ink: Tensor, lines: Sequence[np.ndarray], most: int) -> list[Placement]:
    """The pictures that contain a drawing, best first, each at its best place, either way round.

    Args:
        ink: (N, 1, S, S) in [0, 1], ink 1.
        lines: the drawing's strokes, (P, 2).
        most: placements at most.
    """
    count, size = len(ink), ink.shape[-1]
    both = torch.cat([ink, ink.flip(3)])
    occupied = (both > DRAWN).squeeze(1)
    spans = [_span(occupied.any(dim=axis)) for axis in (1, 2)]
    longer = float(torch.maximum(*spans).median().clamp(min=size / 2))
    wide = F.max_pool2d(F.pad(both, (MARGIN,) * 4), 3, 1, 1)
    near = (wide + F.avg_pool2d(wide, 3, 1, 1)) / 2  # a pixel beside the line counts nearly as much
    field = near.shape[-1]
    spectrum = torch.fft.rfft2(near[:, 0])
    left, top, right, bottom = bounds(lines)
    found: list[tuple[float, Placement]] = []
    for share in SHARES:
        scale = longer * share / max(extent(lines), 1e-6)
        width, height = (int(np.ceil(side * scale)) + 2 for side in (right - left, bottom - top))
        if max(width, height) > field:
            continue
        shift = (1 - left * scale, 1 - top * scale)
        drawn = rasterize(lines, (height, width), line_width=1.0, scale=scale, offset=shift)
        kernel = torch.from_numpy(drawn.astype(np.float32) / max(1.0, drawn.sum())).to(ink.device)
        # correlation by the transform; places where the drawing would wrap around are cut off
        product = spectrum * torch.fft.rfft2(kernel, s=(field, field)).conj()
        cover = torch.fft.irfft2(product, s=(field, field))
        cover = cover[:, : field - height + 1, : field - width + 1]
        values, places = cover.flatten(1).max(dim=1)
        for k, (value, place) in enumerate(zip(values.tolist(), places.tolist(), strict=True)):
            row, column = divmod(place, cover.shape[2])
            x, y = shift[0] + column - MARGIN, shift[1] + row - MARGIN
            placed = Placement(k % count, k >= count, scale, x, y, value, share)
            found.append((value - SMALL * (1 - share), placed))
    found.sort(key=lambda pair: -pair[0])
    chosen: dict[int, Placement] = {}
    for _, placed in found:
        if placed.covered >= COVERED and len(chosen) < most:
            chosen.setdefault(placed.picture, placed)
    return list(chosen.values())


def _span(occupied: Tensor) -> Tensor:
    """(B, S) bool to (B,) the distance from the first to the last that is true."""
    size = occupied.shape[1]
    first = occupied.float().argmax(dim=1)
    last = size - 1 - occupied.flip(1).float().argmax(dim=1)
    return (last - first).clamp(min=0)


def strokes_of(ink: Tensor, placed: Sequence[Placement]) -> list[list[Curve]]:
    """The traced strokes of the placed pictures, in the 256 space; slow, about 3 ms each."""
    chosen = torch.stack([ink[one.picture, 0] for one in placed])
    flipped = torch.tensor([one.flipped for one in placed], device=ink.device)
    chosen = torch.where(flipped[:, None, None], chosen.flip(2), chosen)
    return traced(np.round(255 * (1 - chosen.float().cpu().numpy())).astype(np.uint8))


def additions(
    curves: Sequence[Sequence[Curve]],
    placed: Sequence[Placement],
    lines: Sequence[np.ndarray],
    size: int,
) -> list[list[np.ndarray]]:
    """What each doodle adds to a drawing.

    Args:
        curves: of `strokes_of`; placed: the same placements.
        lines: the drawing's strokes.
        size: side of the pictures in pixels.

    Returns:
        For each doodle strokes (P, 2) float32 in the drawing's units, the longest first.
    """
    points = iter(curve_points([curve for part in curves for curve in part], _SPACING))
    spacing = extent(lines) / _DENSE
    dense = np.concatenate([_dense(np.asarray(line, np.float64), spacing) for line in lines])
    found = []
    for part, place in zip(curves, placed, strict=True):
        pixels = dense * place.scale + (place.x, place.y)
        pieces = []
        for _ in part:
            stroke = np.asarray(next(points), np.float64) * (size / QUICKDRAW_SIDE)
            pieces += _pieces(stroke, pixels)
        pieces.sort(key=lambda piece: -_length(piece))
        moved = [(piece - (place.x, place.y)) / place.scale for piece in pieces]
        found.append([piece.astype(np.float32) for piece in moved])
    return found


def _pieces(stroke: np.ndarray, drawn: np.ndarray) -> list[np.ndarray]:
    """The pieces of a stroke (P, 2) that are away from points (Q, 2), cut ends drawn to them."""
    # squared distances as |a|^2 + |b|^2 - 2 ab: one product instead of a difference a pair
    nearest = ((drawn**2).sum(axis=1) - 2 * stroke @ drawn.T).min(axis=1)
    apart = (stroke**2).sum(axis=1) + nearest
    away = np.concatenate([[False], apart > NEAR**2, [False]])
    starts, ends = (np.flatnonzero(np.diff(away.astype(int)) == way) for way in (1, -1))
    pieces = []
    for start, end in zip(starts, ends, strict=True):
        cut = (bool(start > 0), bool(end < len(stroke)))
        piece = stroke[max(0, start - 1) : end + 1]
        least = (SHORT, SHORT_CUT, SHORT_BETWEEN)[sum(cut)]
        if len(piece) > 1 and _length(piece) >= least:
            pieces.append(_joined(piece, drawn, cut))
    return pieces


def _joined(piece: np.ndarray, drawn: np.ndarray, cut: tuple[bool, bool]) -> np.ndarray:
    """The piece bent so that its cut ends lie on the drawing's nearest points, where in reach."""
    moves = np.zeros((2, 2))
    for end, was_cut in enumerate(cut):
        apart = drawn - piece[-end]
        nearest = np.hypot(*apart.T).argmin()
        if was_cut and np.hypot(*apart[nearest]) <= REACH:
            moves[end] = apart[nearest]
    steps = np.hypot(*np.diff(piece, axis=0).T)
    way = np.append(0.0, steps.cumsum()) / max(steps.sum(), 1e-9)
    return piece + (1 - way)[:, None] * moves[0] + way[:, None] * moves[1]


def _dense(line: np.ndarray, spacing: float) -> np.ndarray:
    line = distinct(line)
    return resample(line, spacing) if len(line) > 1 and spacing > 0 else line


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())
