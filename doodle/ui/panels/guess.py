"""I see: what the drawing is taken for, told at every stroke, and which strokes decided it.

The card's script (static/guess.js) sends the drawing and takes the answer in its own value, as JSON
text. Every request carries the number of the drawing's version, so that a late answer is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from doodle.errors import BadDrawing, ModelUnavailable
from doodle.strokes.drawing import MAX_TEXT, Drawing
from doodle.ui.panels.parts import QUIET, scripted, sentence
from doodle.ui.studio import Studio
from doodle.ui.wish import AUTO

if TYPE_CHECKING:
    from doodle.pipelines.recognise import Guesses

SHOWN = "what you see"  # how the sentence says AUTO: "Finish it as what you see"
TOP = 5
BATCH = 16  # visitors whose drawings are looked at together
_BUTTON = (
    "(word) => { document.dispatchEvent(new CustomEvent('doodle:word', { detail: word }));"
    f" return 'Draw me ' + window.doodle.phrase(word === '{AUTO}' ? window.doodle.seen : word); }}"
)


def build() -> gr.HTML:
    """The card, empty."""
    return scripted("guess", says=SHOWN, automatic=AUTO, rows=TOP, elem_id="see")


def wire(card: gr.HTML, word: gr.Dropdown, draw_me: gr.Button, studio: Studio) -> None:
    """Connect the card with the recogniser, and with the sentence beside it.

    Args:
        word: takes the guess that is clicked.
        draw_me: says what it would draw.
    """

    def look(letters: list[str]) -> list[list[str]]:
        return [looked(studio, letters)]

    def why(letter: str) -> str:
        return explained(studio, letter)

    # the drawing comes as the card's own text: in a batch, Gradio lets one visitor's unreadable
    # canvas fail everybody's, here each letter is answered for itself
    shared = {"trigger_mode": "multiple", "concurrency_id": "sight", "concurrency_limit": 1}
    card.look(look, card, card, batch=True, max_batch_size=BATCH, **shared, **QUIET)
    card.why(why, card, card, **{**shared, "concurrency_id": "reasons"}, **QUIET)
    card.choose(None, None, word, js="() => window.doodle.chosen", **QUIET)
    card.named(None, word, draw_me, js=_BUTTON, **QUIET)
    word.change(None, word, draw_me, js=_BUTTON, **QUIET)


def looked(studio: Studio, letters: Sequence[str]) -> list[str]:
    """Guesses for the drawings of several visitors, one answer each.

    Args:
        letters: ``{"at": version, "drawing": wire form}`` as JSON text.

    Returns:
        ``{"at", "guesses": [[word, probability], ...], "unknown"}`` as JSON text, or
        ``{"at", "problem", "missing"}`` where there is none.
    """
    opened = [_opened(letter) for letter in letters]
    drawings = [drawing for _, drawing, problem in opened if problem is None]
    failed: Exception | None = None
    found: list[Guesses] = []
    try:
        found = studio.recognise(drawings, top=TOP)
    except Exception as error:  # whatever it was, every visitor reads one sentence
        failed = error
    rest = iter(found)
    return [
        _problem(at, problem or failed)
        if problem or failed
        else json.dumps({"at": at, **listed(next(rest))})
        for at, _, problem in opened
    ]


def explained(studio: Studio, letter: str) -> str:
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
        word, weights = studio.explain(drawing, json.loads(letter).get("word"))
    except Exception as error:  # whatever it was, the visitor reads one sentence
        return _problem(at, error)
    rounded = [round(float(weight), 3) for weight in weights]
    return json.dumps({"at": at, "word": word, "weights": rounded})


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
