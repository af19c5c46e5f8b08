"""A drawing as pixels: PNG, and a GIF that draws itself."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageColor

from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import arc_length
from doodle.strokes.raster import rasterize
from doodle.strokes.sheet import (
    ACCENT,
    INK,
    MOMENT,
    PAPER,
    REST,
    Line,
    View,
    curved,
    scene,
    schedule,
)

MAX_PNG_SIDE = 4096  # pixels
MAX_GIF_SIDE = 1024

_SHADES = 16  # of each ink in a GIF; 16 x 16 fill its palette


def to_png(
    drawing: Drawing,
    size: int = 1024,
    *,
    added: Sequence[np.ndarray] = (),
    ink: str = INK,
    accent: str = ACCENT,
    paper: str | None = PAPER,
) -> bytes:
    """A picture of the canvas.

    Args:
        drawing: what to show.
        size: longer side in pixels, at most `MAX_PNG_SIDE`.
        added, ink, accent: as for `to_svg`.
        paper: colour of the background; transparent when None.

    Returns:
        A PNG file, RGB on paper and RGBA without.

    Raises:
        ValueError: the size is out of range, or a colour is not one.
    """
    lines, _, (height, width, scale) = _laid_out(drawing, added, size, MAX_PNG_SIDE)
    ground = (0, 0, 0, 0) if paper is None else ImageColor.getrgb(paper)
    image = Image.new("RGBA", (width, height), ground)
    for is_added, colour in ((False, ink), (True, accent)):
        cover = _cover([line for line in lines if line.added == is_added], height, width, scale)
        layer = Image.new("RGBA", (width, height), ImageColor.getrgb(colour))
        layer.putalpha(Image.fromarray(cover))
        image.alpha_composite(layer)
    return _saved(image if paper is None else image.convert("RGB"), "PNG", optimize=size <= 1024)


def to_gif(
    drawing: Drawing,
    size: int = 400,
    *,
    added: Sequence[np.ndarray] = (),
    ink: str = INK,
    accent: str = ACCENT,
    paper: str = PAPER,
) -> bytes:
    """A looping GIF that draws itself stroke by stroke, at most some ten seconds long.

    Args:
        drawing: what to show.
        size: longer side in pixels, at most `MAX_GIF_SIDE`.
        added, ink, accent, paper: as for `to_png`.

    Raises:
        ValueError: the size is out of range, or a colour is not one.
    """
    lines, view, (height, width, scale) = _laid_out(drawing, added, size, MAX_GIF_SIDE)
    palette = _palette(paper, ink, accent)
    covers = np.zeros((2, height, width), dtype=np.uint8)  # of the drawing, of what was added
    frames = []
    for pieces in _frames(lines, schedule(lines, view)):
        for piece in pieces:
            _ink(covers[int(piece.added)], piece, scale)
        shades = (covers.astype(np.uint16) * (_SHADES - 1) + 127) // 255
        frame = Image.fromarray((shades[0] * _SHADES + shades[1]).astype(np.uint8), mode="P")
        frame.putpalette(palette)
        frames.append(frame)
    durations = [int(MOMENT * 1000)] * (len(frames) - 1) + [int(REST * 1000)]
    return _saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0
    )


def _laid_out(
    drawing: Drawing, added: Sequence[np.ndarray], size: int, largest: int
) -> tuple[list[Line], View, tuple[int, int, float]]:
    """The lines curved and counted from the corner of the view, the view, and the picture.

    A picture is its height and width in pixels, and the scale from the drawing's units to them.
    """
    if not 1 <= size <= largest:
        raise ValueError(f"the size of a picture must be 1 to {largest} pixels, not {size}")
    lines, view = scene(drawing, added)
    scale = size / view.side
    height, width = (max(1, round(side * scale)) for side in (view.height, view.width))
    return [curved(line, view) for line in lines], view, (height, width, scale)


def _cover(lines: list[Line], height: int, width: int, scale: float) -> np.ndarray:
    """How much of each pixel the lines cover, (H, W) uint8; one pass for each line width."""
    cover = np.zeros((height, width), dtype=np.uint8)
    fine = 4 if max(height, width) <= 1024 else 2
    # a tenth of a pixel is not seen, and keeps a thousand different widths from a thousand passes
    widths = np.array([np.clip(round(line.width * scale, 1), 0.1, 2 * width) for line in lines])
    for line_width in np.unique(widths):
        points = [line.points for line, w in zip(lines, widths, strict=True) if w == line_width]
        layer = rasterize(
            points, (height, width), line_width=line_width, scale=scale, supersample=fine
        )
        np.maximum(cover, layer, out=cover)
    return cover


def _ink(cover: np.ndarray, line: Line, scale: float) -> None:
    """Draw one line into `cover` (H, W) in place, working only on the pixels around it."""
    height, width = cover.shape
    line_width = float(np.clip(line.width * scale, 0.1, 2 * width))
    points = line.points * scale
    reach = line_width / 2 + 2
    left, top = np.clip(np.floor(points.min(axis=0) - reach), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(points.max(axis=0) + reach), 0, (width, height)).astype(int)
    if left >= right or top >= bottom:  # off the canvas
        return
    tile = rasterize(
        [points - (left, top)], (bottom - top, right - left), line_width=line_width, supersample=4
    )
    window = cover[top:bottom, left:right]
    np.maximum(window, tile, out=window)


def _frames(lines: list[Line], times: np.ndarray) -> Iterator[list[Line]]:
    """What is newly inked in each frame of an animation; at least one frame."""
    count = int(np.ceil(times[-1, 1] / MOMENT)) if len(lines) else 1
    clocks = np.linspace(0, times[-1, 1] if len(lines) else 0, count + 1)
    for before, now in zip(clocks[:-1], clocks[1:], strict=True):
        live = np.flatnonzero((times[:, 0] < now) & (times[:, 1] > before))
        pieces = []
        for index in live:
            start, end = times[index]
            part = (np.array([before, now]) - start) / (end - start)
            pieces.append(_piece(lines[index], *np.clip(part, 0, 1)))
        yield pieces


def _piece(line: Line, begin: float, end: float) -> Line:
    """The part of a line between two fractions of its length."""
    way = arc_length(line.points)
    low, high = begin * way[-1], end * way[-1]
    stops = np.concatenate([[low], way[(way > low) & (way < high)], [high]])
    points = np.column_stack([np.interp(stops, way, axis) for axis in line.points.T])
    return Line(points, line.width, line.added)


def _palette(paper: str, ink: str, accent: str) -> list[int]:
    """Colours of index `drawing shade * _SHADES + added shade`, flat r, g, b."""
    ground, first, second = (
        np.array(ImageColor.getrgb(c)[:3], dtype=float) for c in (paper, ink, accent)
    )
    shade = np.linspace(0, 1, _SHADES)[:, None]
    under = ground + (first - ground) * shade  # (_SHADES, 3)
    both = under[:, None] + (second - under[:, None]) * shade[None]  # (_SHADES, _SHADES, 3)
    return np.round(both).astype(int).ravel().tolist()


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
