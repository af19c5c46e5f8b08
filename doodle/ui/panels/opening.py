"""Opening: a file dropped, pasted or chosen on the canvas becomes the drawing on it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import gradio as gr

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.strokes.imports import read_drawings
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.panels.parts import QUIET, note, sentence

MAX_FILE = 9_000_000  # characters as sent; base64 takes four for three bytes


def wire(canvas: StrokeCanvas, mailbox: gr.HTML) -> None:
    """Lay files on the canvas; what it showed before comes back with Undo."""

    def receive(event: gr.EventData) -> tuple[Any, str]:
        try:
            return opened(event._data), note("")
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return gr.skip(), note(sentence(error))

    canvas.on_import(receive, None, [canvas, mailbox], **QUIET)


def opened(file: Any) -> Drawing:
    """Read a file as the browser sends it.

    Args:
        file: {"name", "kind": "text" or "base64", "data"}.

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
    return drawing


def _bytes(data: str, kind: Any) -> bytes:
    if kind == "text":
        return data.encode()
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise BadDrawing("That file did not arrive whole; try again.") from None
