"""The drawing canvas as Gradio components; what the browser runs lies in this folder.

`StrokeCanvas` holds the visitor's drawing, `InkChannel` streams the ink of endings to it.  The
classes stand alone in this module because Gradio writes a stub (.pyi) next to the module of every
component class.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.ui import scripts

_HERE = Path(__file__).parent
_EVENTS = frozenset({"stroke_end", "import", "export", "adopted"})
_THUMBNAIL = 96  # px, of an example's picture


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


class StrokeCanvas(gr.HTML):
    """A vector canvas whose value is a `Drawing`.

    Events besides ``input`` and ``change``, each with its fields in ``gr.EventData``:
    ``stroke_end`` (why, strokes, points), ``adopted`` (run, candidate, stroke or None),
    ``import`` (name, kind "text" or "base64", mime, data; see `on_import`) and ``export`` (kind).

    Args:
        value: a Drawing, its JSON or its dict.
        autosave: name under which the browser keeps the drawing across reloads; "" keeps nothing.
        formerly: another such name, under which an earlier version kept it; "" for none.
        hint: shown while the canvas is empty.
        gif: offer "GIF" among the files to save; the page answers the event ``export``.
        rail: show the tools.
        palette: names that strokes can be tagged with, and their colours (#rrggbb); none when None.
        debounce: ms after which Python hears of a change.
    """

    def __init__(
        self,
        value: Drawing | dict[str, Any] | str | None = None,
        *,
        autosave: str = "",
        formerly: str = "",
        hint: str = "",
        gif: bool = False,
        rail: bool = True,
        palette: dict[str, str] | None = None,
        debounce: int = 80,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            value=value,
            html_template=_read("canvas.html"),
            **scripts.part("canvas/canvas", alone=True),
            apply_default_css=False,
            autosave=autosave,
            formerly=formerly,
            hint=hint,
            gif=gif,
            rail=rail,
            palette=json.dumps(palette or {}),
            debounce=debounce,
            **kwargs,
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every name that stands in quotes in the script for an event
        if name not in _EVENTS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return super().__getattr__(name)

    def on_import(self, *args: Any, **kwargs: Any) -> Any:
        """Listen to ``import``, a name that Python's grammar keeps to itself."""
        return getattr(self, "import")(*args, **kwargs)

    def preprocess(self, payload: Any) -> Drawing:
        """What a browser or client sent, as a checked Drawing.

        Raises:
            gr.Error: it is none; the message is for the visitor.
        """
        try:
            return Drawing.parse(payload)
        except BadDrawing as error:
            raise gr.Error(str(error), print_exception=False) from None

    def postprocess(self, value: Drawing | dict[str, Any] | str | None) -> str | None:
        """JSON text: Gradio would wrap nested lists in proxies and compare them at every update."""
        return None if value is None else Drawing.parse(value).to_json()

    def api_info(self) -> dict[str, Any]:
        """JSON schema of the wire form."""
        numbers = {"type": "array", "items": {"type": "number"}}
        return {
            "type": "object",
            "description": "each stroke is x, y, ms, pressure of one point after the other",
            "properties": {
                "w": {"type": "number"},
                "h": {"type": "number"},
                "strokes": {"type": "array", "items": numbers},
                "widths": numbers,
            },
            "required": ["strokes"],
        }

    def example_payload(self) -> dict[str, Any]:
        """A drawing of one short line, in the wire form."""
        return {"v": 1, "w": 1000, "h": 750, "strokes": [[100, 100, 0, 0.5, 300, 200, 120, 0.5]]}

    def example_value(self) -> dict[str, Any]:
        """As `example_payload`."""
        return self.example_payload()

    def process_example(self, value: Any) -> str:
        """Inline SVG of an example, for its button."""
        drawing = Drawing.parse(value)
        lines = "".join(
            "<polyline points='" + " ".join(f"{x:g},{y:g}" for x, y in line.tolist()) + "'/>"
            for line in drawing.polylines()
        )
        return (
            f"<svg viewBox='0 0 {drawing.width:g} {drawing.height:g}' width='{_THUMBNAIL}'"
            f" fill='none' stroke='currentColor' stroke-width='{drawing.width / 60:g}'"
            f" stroke-linecap='round' stroke-linejoin='round'>{lines}</svg>"
        )


class InkChannel(gr.HTML):
    """An invisible one-way stream: its value is the append-only log of one run.

    Ink does not travel in the canvas's own value, which would throw away the stroke that is being
    drawn.  ``doodle/ui/protocol.py`` writes the log, ``ghosts.js`` reads it.

    Args:
        target: elem_id of the StrokeCanvas that shows the ink.
    """

    def __init__(self, target: str, **kwargs: Any) -> None:
        super().__init__(
            html_template="<span hidden></span>",
            **scripts.part("canvas/channel", alone=True),
            apply_default_css=False,
            target=target,
            **kwargs,
        )
