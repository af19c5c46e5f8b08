"""The card "I see": what the drawing is taken for, and which strokes decided it.

Its script (guess.js) sends the drawing and takes the answer in its own value, see `ui.guesses`.
"""

from __future__ import annotations

import gradio as gr

from doodle.requests import AUTO
from doodle.ui.guesses import TOP, explained, recognised
from doodle.ui.parts import DIRECT, QUIET, scripted
from doodle.ui.run import Runs
from doodle.ui.scripts import call

SHOWN = "what you see"  # how the sentence says AUTO: "Finish it as what you see"
_BUTTON = call("draw.named")


def build() -> gr.HTML:
    """The card, empty."""
    return scripted("tools/draw/guess", says=SHOWN, automatic=AUTO, rows=TOP, elem_id="guesses")


def wire(card: gr.HTML, word: gr.Dropdown, draw_me: gr.Button, runs: Runs) -> None:
    """Connect the card with the recogniser, and with the sentence beside it.

    Args:
        word: takes the guess that is clicked.
        draw_me: says what it would draw.
    """

    async def guess(message: str, request: gr.Request) -> str:
        return await recognised(runs, "draw", message, request)

    async def explain(message: str, request: gr.Request) -> str:
        return await explained(runs, "draw", message, request)

    card.guess(guess, card, card, **DIRECT)
    card.explain(explain, card, card, **DIRECT)
    card.choose(None, None, word, js=call("draw.chosen"), **QUIET)
    card.named(None, word, draw_me, js=_BUTTON, **QUIET)
    word.change(None, word, draw_me, js=_BUTTON, **QUIET)
