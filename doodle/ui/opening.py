"""Opening: a file dropped, pasted or chosen on the canvas becomes the drawing on it."""

from __future__ import annotations

from typing import Any

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.strokes.imports import read_drawings, read_settings
from doodle.ui.limits import usable
from doodle.ui.uploads import received


def opened(file: Any) -> tuple[Drawing, dict[str, Any]]:
    """Read a file as the browser sends it, see `uploads.received`.

    Returns:
        The drawing, and those settings of a project file that can be used (see `usable`).

    Raises:
        BadDrawing: it holds no drawing that can be read.
    """
    upload = received(file)
    drawing = read_drawings(upload.content, upload.name[:80])[0]
    if not drawing:
        raise BadDrawing("There are no lines in that file.")
    return drawing, usable(read_settings(upload.content))
