"""Half-drawn sketches, drawn by us, that work at one click."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from doodle.ui.examples import read_examples
from doodle.ui.parts import scripted

FOLDER = Path(__file__).resolve().parent / "sketches"


def sketches() -> list[dict[str, Any]]:
    """Every sketch: its name, its word and its drawing in wire form."""
    return read_examples(FOLDER)


def build() -> gr.HTML:
    """A strip of small pictures; its `pick` event says which one was clicked."""
    shown = json.dumps([{key: one[key] for key in ("name", "drawing")} for one in sketches()])
    return scripted("tools/draw/examples", sketches=shown, elem_id="examples")


def pick(which: str) -> tuple[str, str]:
    """The drawing, as wire text, and the word of the sketch at an index.

    Raises:
        gr.Error: there is no such sketch.
    """
    every = sketches()
    if not (isinstance(which, str) and which.isdecimal() and int(which) < len(every)):
        raise gr.Error("There is no such sketch.", print_exception=False)
    chosen = every[int(which)]
    return json.dumps(chosen["drawing"]), chosen["word"]
