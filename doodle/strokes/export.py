"""A drawing as SVG, animated SVG, PNG, GIF or project file.

Every picture shows the whole canvas, and more where ink reaches beyond it.  ``added`` are lines in
the drawing's units that come after its strokes and are inked in the accent colour: what the app
drew, beside what the visitor drew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import svgwrite

from doodle.strokes.curves import Curve
from doodle.strokes.drawing import Drawing
from doodle.strokes.pixels import to_gif, to_png
from doodle.strokes.sheet import (
    ACCENT,
    INK,
    REST,
    View,
    curve_pieces,
    scene,
    schedule,
)

__all__ = ["curves_to_svg", "to_animated_svg", "to_gif", "to_png", "to_project", "to_svg"]


def to_svg(
    drawing: Drawing,
    *,
    added: Sequence[np.ndarray] = (),
    ink: str = INK,
    accent: str = ACCENT,
    paper: str | None = None,
    smooth: bool = True,
) -> str:
    """One path a stroke, in the drawing's own units.

    Args:
        drawing: what to show.
        added: further lines, each (P, 2), for the accent colour.
        ink, accent: CSS colours.
        paper: CSS colour of the background; transparent when None.
        smooth: curves, sharp at corners; straight lines through every point when False.

    Returns:
        An SVG document.
    """
    return _svg(drawing, added, ink, accent, paper, smooth).tostring()


def to_animated_svg(
    drawing: Drawing,
    *,
    added: Sequence[np.ndarray] = (),
    ink: str = INK,
    accent: str = ACCENT,
    paper: str | None = None,
    smooth: bool = True,
) -> str:
    """An SVG that draws itself stroke by stroke, for ever, without JavaScript (SMIL).

    Where animations are not supported it shows the finished drawing. Arguments as for `to_svg`.
    """
    return _svg(drawing, added, ink, accent, paper, smooth, moving=True).tostring()


def curves_to_svg(
    curves: Sequence[Curve], side: float, *, width: float, ink: str = INK, paper: str | None = None
) -> str:
    """One path a curve, with its own pieces: what was fitted, not an interpolation of it.

    Args:
        curves: in the units of the picture.
        side: of the square picture.
        width: of the lines.
        ink, paper: CSS colours; the background is transparent when None.

    Returns:
        An SVG document.
    """
    view = View(0.0, 0.0, side, side)
    size = f"{side:.10g}"
    sheet = svgwrite.Drawing(size=(size, size), viewBox=f"0 0 {size} {size}", debug=False)
    if paper is not None:
        sheet.add(sheet.rect(insert=(0, 0), size=("100%", "100%"), fill=paper))
    style = {"stroke_linecap": "round", "stroke_linejoin": "round", "stroke_width": f"{width:.6g}"}
    group = sheet.add(sheet.g(id="drawing", fill="none", stroke=ink, **style))
    for curve in curves:
        points = np.concatenate([curve.start[None], curve.pieces[:, 2]])
        data = _path_data(points, curve.pieces, view) + ("Z" if curve.is_closed else "")
        group.add(sheet.path(d=data))
    return sheet.tostring()


def to_project(drawing: Drawing, settings: Mapping[str, Any]) -> str:
    """A project file: the drawing in its wire form, and what else the page needs to reopen it.

    `Drawing.parse` reads the drawing, `imports.read_settings` the rest.

    Args:
        drawing: as it is on the canvas.
        settings: any JSON values (word, seed, temperature, ...).

    Raises:
        ValueError: a setting is not JSON.
    """
    project = {**drawing.to_dict(), "settings": dict(settings)}
    try:
        return json.dumps(project, separators=(",", ":"), allow_nan=False)
    except TypeError as error:
        raise ValueError(f"a project's settings must be JSON values: {error}") from error


def _svg(
    drawing: Drawing,
    added: Sequence[np.ndarray],
    ink: str,
    accent: str,
    paper: str | None,
    smooth: bool,
    moving: bool = False,
) -> svgwrite.Drawing:
    lines, view = scene(drawing, added)
    times = schedule(lines, view) if moving else None
    left, top, width, height = (
        f"{value:.10g}" for value in (view.left, view.top, view.width, view.height)
    )
    # svgwrite's own checks take seconds on long paths, and the attributes here are our own
    sheet = svgwrite.Drawing(
        size=(width, height), viewBox=f"{left} {top} {width} {height}", debug=False
    )
    if paper is not None:
        sheet.add(sheet.rect(insert=(left, top), size=("100%", "100%"), fill=paper))
    for is_added, name, colour in ((False, "drawing", ink), (True, "added", accent)):
        members = [index for index, line in enumerate(lines) if line.added == is_added]
        if not members:
            continue
        style = {"stroke_linecap": "round", "stroke_linejoin": "round"}
        group = sheet.add(sheet.g(id=name, fill="none", stroke=colour, **style))
        for index in members:
            line = lines[index]
            points, pieces = line.points, None
            if smooth:
                points, pieces = curve_pieces(points, view)
            data = _path_data(points, pieces, view)
            path = sheet.path(d=data, stroke_width=f"{line.width:.6g}")
            if times is not None:
                start, end = times[index].tolist()
                _animate(sheet, path, len(points) > 1, start, end, times[-1, 1] + REST)
            group.add(path)
    return sheet


def _path_data(points: np.ndarray, pieces: np.ndarray | None, view: View) -> str:
    digits = max(0, int(np.ceil(4.7 - np.log10(view.side))))  # 2 on a canvas 1000 wide

    def text(array: np.ndarray) -> str:
        return " ".join(f"{value:.10g}" for value in np.round(array, digits).ravel().tolist())

    if len(points) == 1:  # a line without length and with round caps is a dot
        return f"M{text(points)}L{text(points)}"
    rest = f"L{text(points[1:])}" if pieces is None else f"C{text(pieces)}"
    return f"M{text(points[:1])}{rest}"


def _animate(
    sheet: svgwrite.Drawing, path: Any, long: bool, start: float, end: float, total: float
) -> None:
    """Hide the path until `start`, draw it until `end`, and again after `total` seconds."""
    start, end = start / total, end / total
    loop = {"dur": f"{total:.2f}s", "repeatCount": "indefinite"}
    hidden = {"values": "0;1", "keyTimes": f"0;{start:.4f}", "calcMode": "discrete"}
    if start > 0:
        path.add(sheet.animate(attributeName="opacity", **hidden, **loop))
    if long:
        # the path counts as one unit long, whatever its length; the gap hides rounding at the end
        path.attribs.update({"pathLength": "1", "stroke-dasharray": "1 1.1"})
        drawn = {"values": "1;1;0;0", "keyTimes": f"0;{start:.4f};{end:.4f};1"}
        path.add(sheet.animate(attributeName="stroke-dashoffset", **drawn, **loop))
