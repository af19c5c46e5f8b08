"""Opening: a file dropped, pasted or chosen on the canvas becomes the drawing on it.

A project file also brings back the sentence: the word, how many ways, how daring, which seed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import gradio as gr

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.strokes.imports import read_drawings, read_settings
from doodle.ui.limits import usable
from doodle.ui.parts import QUIET, note, sentence
from doodle.ui.tools.draw.panel import DARING, DrawPanel

MAX_FILE = 9_000_000  # characters as sent; base64 takes four for three bytes


def wire(panel: DrawPanel, mailbox: gr.HTML) -> None:
    """Lay files on the canvas; what it showed before comes back with Undo."""
    fields = {
        "word": panel.word,
        "n": panel.count,
        "temperature": panel.temperature,
        "seed": panel.seed,
    }

    def receive(event: gr.EventData) -> list[Any]:
        drawing, settings, said = gr.skip(), {}, ""
        try:
            drawing, settings = opened(event._data)
        except Exception as error:  # whatever it was, the visitor reads one sentence
            said = sentence(error)
        if not DARING[0] <= settings.get("temperature", DARING[0]) <= DARING[1]:
            del settings["temperature"]  # possible, but not on the slider
        return [drawing, note(said), *(settings.get(name, gr.skip()) for name in fields)]

    outputs = [panel.canvas, mailbox, *fields.values()]
    panel.canvas.on_import(receive, None, outputs, trigger_mode="multiple", **QUIET)


def opened(file: Any) -> tuple[Drawing, dict[str, Any]]:
    """Read a file as the browser sends it.

    Args:
        file: {"name", "kind": "text" or "base64", "data"}.

    Returns:
        The drawing, and those settings of a project file that can be used (see `usable`).

    Raises:
        BadDrawing: it holds no drawing that can be read.
    """
    if not isinstance(file, Mapping) or not isinstance(file.get("data"), str):
        raise BadDrawing("That is no file which can be opened here.")
    if len(file["data"]) > MAX_FILE:
        raise BadDrawing("That file is too large to open.")
    content = _bytes(file["data"], file.get("kind"))
    drawing = read_drawings(content, str(file.get("name", ""))[:80])[0]
    if not drawing:
        raise BadDrawing("There are no lines in that file.")
    return drawing, usable(read_settings(content))


def _bytes(data: str, kind: Any) -> bytes:
    if kind == "text":
        return data.encode()
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise BadDrawing("That file did not arrive whole; try again.") from None
