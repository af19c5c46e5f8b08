"""Guesses for a drawing, made at every stroke, and the strokes that decided them.

The scripts of the page send a drawing with the number of its version and get the number back with
the answer, so that they can drop a late one.
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from doodle.errors import BadDrawing, ModelUnavailable
from doodle.requests import Explain, Recognise
from doodle.services.results import Guesses
from doodle.strokes.drawing import MAX_TEXT, Drawing
from doodle.ui.messages import parse
from doodle.ui.run import Run, Runs

TOP = 5
_BROKEN = "That is not a drawing to look at."


async def recognised(runs: Runs, tool: str, message: Any, caller: gr.Request | None) -> str:
    """Guesses for a visitor's drawing.

    Args:
        tool: that asks, by its id.
        message: ``{"version": version, "drawing": wire form}`` as JSON text.

    Returns:
        ``{"version", "guesses": [[word, probability], ...], "unknown"}`` as JSON text, or
        ``{"version", "problem", "missing"}`` where there is none.
    """
    version = 0
    with runs.begin(caller, f"{tool} guess", beside=True) as run:
        fields = _parsed(message)
        version = fields["version"]
        found = await run.answer(Recognise((Drawing.parse(fields["drawing"]),), TOP))
        if found is not None:
            return json.dumps({"version": version, **listed(found.answers[0])})
    return _problem(version, run)


async def explained(runs: Runs, tool: str, message: Any, caller: gr.Request | None) -> str:
    """How much each stroke of a drawing speaks for a word.

    Args:
        tool: that asks, by its id.
        message: as for `recognised`, with ``"word"``: what to explain.

    Returns:
        ``{"version", "word", "weights": [number a stroke]}`` as JSON text, or a problem as
        `recognised`.
    """
    version = 0
    with runs.begin(caller, f"{tool} explanation", beside=True) as run:
        fields = _parsed(message)
        version = fields["version"]
        asked = Explain(Drawing.parse(fields["drawing"]), fields.get("word"))
        found = await run.answer(asked)
        if found is not None:
            rounded = [round(float(weight), 3) for weight in found.weights]
            return json.dumps({"version": version, "word": found.word, "weights": rounded})
    return _problem(version, run)


def listed(answer: Guesses) -> dict[str, Any]:
    """An answer in the shape that the command line prints."""
    guesses = [[word, round(float(chance), 4)] for word, chance in answer.guesses]
    return {"guesses": guesses, "unknown": bool(answer.unknown)}


def _parsed(message: Any) -> dict[str, Any]:
    """The fields of a message, its version as an int."""
    given = {"limit": 2 * MAX_TEXT, "broken": _BROKEN, "error": BadDrawing}
    fields = parse(message, "version", "drawing", **given)
    try:
        return {**fields, "version": int(fields["version"])}
    except (ValueError, TypeError, OverflowError):
        raise BadDrawing(_BROKEN) from None


def _problem(version: int, run: Run) -> str:
    missing = isinstance(run.error, ModelUnavailable)
    return json.dumps({"version": version, "problem": run.problem, "missing": missing})
