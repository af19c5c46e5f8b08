"""I see: what the drawing is taken for, told at every stroke, and which strokes decided it.

The card's script (guess.js) sends the drawing and takes the answer in its own value, as JSON
text. Every request carries the number of the drawing's version, so that a late answer is dropped.
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from doodle.errors import BadDrawing, ModelUnavailable
from doodle.requests import AUTO, Explain, Recognise
from doodle.services.executor import Executor
from doodle.services.results import Guesses
from doodle.strokes.drawing import MAX_TEXT, Drawing
from doodle.ui.parts import DIRECT, QUIET, scripted, sentence
from doodle.ui.scripts import call

SHOWN = "what you see"  # how the sentence says AUTO: "Finish it as what you see"
TOP = 5
_BUTTON = call("draw.named")


def build() -> gr.HTML:
    """The card, empty."""
    return scripted("tools/draw/guess", says=SHOWN, automatic=AUTO, rows=TOP, elem_id="see")


def wire(card: gr.HTML, word: gr.Dropdown, draw_me: gr.Button, executor: Executor) -> None:
    """Connect the card with the recogniser, and with the sentence beside it.

    Args:
        word: takes the guess that is clicked.
        draw_me: says what it would draw.
    """

    async def look(letter: str, request: gr.Request) -> str:
        return await looked(executor, letter, request.session_hash or "")

    async def why(letter: str, request: gr.Request) -> str:
        return await explained(executor, letter, request.session_hash or "")

    card.look(look, card, card, **DIRECT)
    card.why(why, card, card, **DIRECT)
    card.choose(None, None, word, js=call("draw.chosen"), **QUIET)
    card.named(None, word, draw_me, js=_BUTTON, **QUIET)
    word.change(None, word, draw_me, js=_BUTTON, **QUIET)


async def looked(executor: Executor, letter: str, visitor: str = "") -> str:
    """Guesses for a visitor's drawing.

    Args:
        letter: ``{"at": version, "drawing": wire form}`` as JSON text.

    Returns:
        ``{"at", "guesses": [[word, probability], ...], "unknown"}`` as JSON text, or
        ``{"at", "problem", "missing"}`` where there is none.
    """
    at, drawing, problem = _opened(letter)
    if problem:
        return _problem(at, problem)
    try:
        found = await executor.submit(Recognise((drawing,), TOP), visitor).answer()
    except Exception as error:  # whatever it was, the visitor reads one sentence
        return _problem(at, error)
    return json.dumps({"at": at, **listed(found.answers[0])})


async def explained(executor: Executor, letter: str, visitor: str = "") -> str:
    """How much each stroke of a drawing speaks for a word.

    Args:
        letter: as for `looked`, with ``"word"``: what to explain.

    Returns:
        ``{"at", "word", "weights": [number a stroke]}`` as JSON text, or a problem as `looked`.
    """
    at, drawing, problem = _opened(letter)
    if problem:
        return _problem(at, problem)
    try:
        request = Explain(drawing, json.loads(letter).get("word"))
        found = await executor.submit(request, visitor).answer()
    except Exception as error:  # whatever it was, the visitor reads one sentence
        return _problem(at, error)
    rounded = [round(float(weight), 3) for weight in found.weights]
    return json.dumps({"at": at, "word": found.word, "weights": rounded})


def listed(answer: Guesses) -> dict[str, Any]:
    """An answer in the shape that the command line prints."""
    guesses = [[word, round(float(chance), 4)] for word, chance in answer.guesses]
    return {"guesses": guesses, "unknown": bool(answer.unknown)}


def _opened(letter: Any) -> tuple[int, Drawing, Exception | None]:
    """Version, drawing, and what is wrong with the letter, if anything."""
    at = 0
    try:
        if not isinstance(letter, str) or len(letter) > 2 * MAX_TEXT:
            raise BadDrawing("That is not a drawing to look at.")
        request = json.loads(letter)
        at = int(request["at"])
        return at, Drawing.parse(request["drawing"]), None
    except BadDrawing as error:
        return at, Drawing(), error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return at, Drawing(), BadDrawing("That is not a drawing to look at.")


def _problem(at: int, error: Exception) -> str:
    missing = isinstance(error, ModelUnavailable)
    return json.dumps({"at": at, "problem": sentence(error), "missing": missing})
