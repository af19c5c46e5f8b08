"""Saving: a drawing or a morph as SVG, PNG, GIF or project file, made here and kept nowhere."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from doodle.errors import BadDrawing
from doodle.requests import AUTO
from doodle.strokes import export
from doodle.strokes.curves import Curve
from doodle.strokes.drawing import QUICKDRAW_SIDE, Drawing
from doodle.strokes.edge_map import edges_of_drawing
from doodle.strokes.raster import rasterize
from doodle.ui import scripts
from doodle.ui.limits import MAX_STEPS, usable
from doodle.ui.messages import data_url, file, note, parse, sentence
from doodle.ui.parts import QUIET

MAX_REQUEST = 8_000_000  # characters of JSON
GIF_SIDE, EDGES_SIDE = 400, 256  # pixels
DOODLE_LINE = 4.0  # width of a doodle's lines, in its square of QUICKDRAW_SIDE
STEP_MS, REST_MS = 120, 700  # a step of a morph's GIF; a rest at either end

_FORMATS: dict[str, tuple[str, str, Callable[..., str | bytes]]] = {
    "svg": ("svg", "image/svg+xml", export.to_svg),
    "moving-svg": ("svg", "image/svg+xml", export.to_animated_svg),
    "png": ("png", "image/png", export.to_png),
    "gif": ("gif", "image/gif", export.to_gif),
    "json": ("json", "application/json", export.to_project),
    "edges": ("edges.png", "image/png", lambda drawing: edges_png(drawing)),
}


def build() -> gr.HTML:
    """The page's invisible mailbox: requests to save go out, files and sentences come in.

    It is made before the tools, which write to it, and laid out by its own `render`.
    """
    return gr.HTML(
        html_template="<span hidden></span>",
        **scripts.part("shell/mailbox"),
        visible="hidden",
        elem_id="mailbox",
        render=False,
    )


def wire(mailbox: gr.HTML) -> None:
    """Answer the page's requests to save."""
    mailbox.save(answer, mailbox, mailbox, trigger_mode="multiple", **QUIET)


def moving_picture(drawing: Drawing, word: str) -> str:
    """The GIF of a drawing that a canvas asks for, under its word, as a message for the mailbox."""
    name = "" if word == AUTO else word
    request = {"format": "gif", "name": name, "drawing": drawing.to_dict()}
    return answer(json.dumps({"save": request}))


def answer(message: Any) -> str:
    """A request to save, answered by the file as a data URL, or by a sentence.

    Args:
        message: ``{"save": {"format", "name", "drawing" | "drawings", "curves", "settings"}}`` as
            JSON text; drawings in wire form; of a doodle its curves too, flat lists as the tool
            Words sends them; settings of the sentence for a project file only.
    """
    try:
        name, kind, content = saved(_request(message))
    except Exception as error:  # whatever it was, the visitor reads one sentence
        return note(sentence(error))
    return file(name, data_url(kind, content))


def saved(request: dict[str, Any]) -> tuple[str, str, bytes]:
    """Make the file that was asked for.

    Returns:
        Its name, media type and content.

    Raises:
        BadDrawing: there is nothing to save, or it is no drawing.
        ValueError: the format is unknown.
    """
    stem = re.sub(r"[^\w-]+", "-", str(request.get("name") or "doodle").lower()).strip("-")[:40]
    if "drawings" in request:
        steps = _drawings(request["drawings"])
        return f"{stem}.gif", "image/gif", morph_gif(steps)
    wanted = request.get("format")
    if not isinstance(wanted, str) or wanted not in _FORMATS:
        raise ValueError(f"A drawing can be saved as {', '.join(_FORMATS)}.")
    drawing = Drawing.parse(request.get("drawing"))
    if not drawing:
        raise BadDrawing("There is nothing to save yet: draw a line or two first.")
    suffix, kind, make = _FORMATS[wanted]
    if wanted == "svg" and request.get("curves"):
        made: str | bytes = doodle_svg(_curves(request["curves"]))
    else:
        made = make(drawing, **_options(wanted, request))
    content = made.encode() if isinstance(made, str) else made
    return f"{stem or 'doodle'}.{suffix}", kind, content


def _options(wanted: str, request: dict[str, Any]) -> dict[str, Any]:
    return {"settings": usable(request.get("settings"))} if wanted == "json" else {}


def doodle_svg(curves: Sequence[Curve]) -> str:
    """A doodle as an SVG document of its own curves, in the square of 256 that it was traced in."""
    return export.curves_to_svg(curves, QUICKDRAW_SIDE, width=DOODLE_LINE)


def edges_png(drawing: Drawing) -> bytes:
    """A drawing as the edge map that the chimera network reads: white lines on black, 256 px."""
    out = io.BytesIO()
    Image.fromarray(edges_of_drawing(drawing, EDGES_SIDE).edges).save(out, "PNG")
    return out.getvalue()


def morph_gif(steps: list[Drawing], side: int = GIF_SIDE) -> bytes:
    """A looping GIF, there and back, of drawings that share one frame.

    Args:
        steps: at least one drawing, all in the same units.
        side: of the square picture, pixels.

    Returns:
        The GIF's bytes.
    """
    points = np.concatenate([line for step in steps for line in step.polylines()])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 0.86 * side / max(float((high - low).max()), 1.0)
    offset = tuple(side / 2 - scale * (low + high) / 2)
    frames = [
        Image.fromarray(
            255 - rasterize(step.polylines(), side, line_width=4.0, scale=scale, offset=offset)
        )
        for step in steps
    ]
    there_and_back = frames + frames[-2:0:-1]
    times = [REST_MS if frame in (frames[0], frames[-1]) else STEP_MS for frame in there_and_back]
    out = io.BytesIO()
    there_and_back[0].save(
        out, "GIF", save_all=True, append_images=there_and_back[1:], duration=times, loop=0
    )
    return out.getvalue()


def _request(message: Any) -> dict[str, Any]:
    broken = "That is no request to save a drawing."
    request = parse(
        message,
        "save",
        limit=MAX_REQUEST,
        broken=broken,
        too_long="That is too large to save.",
        error=BadDrawing,
    )["save"]
    if not isinstance(request, dict):
        raise BadDrawing(broken)
    return request


def _curves(rows: Any) -> list[Curve]:
    """Curves from flat lists: a start, then six numbers a piece."""
    curves = []
    try:
        for row in rows:
            flat = np.array(row, np.float64)
            if not np.isfinite(flat).all() or np.abs(flat).max() > 1e6:
                raise ValueError
            curves.append(Curve(flat[:2].reshape(2), flat[2:].reshape(-1, 3, 2)))
    except (ValueError, TypeError, OverflowError, IndexError):
        raise BadDrawing("Those are no curves of a doodle.") from None
    return curves


def _drawings(rows: Any) -> list[Drawing]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_STEPS:
        raise BadDrawing(f"A morph has 1 to {MAX_STEPS} drawings.")
    drawings = [drawing for row in rows if (drawing := Drawing.parse(row))]
    if not drawings:
        raise BadDrawing("There is nothing to save yet: make a morph first.")
    return drawings
