"""The public endpoint of Morph."""

from __future__ import annotations

import gradio as gr

from doodle.requests import Morph, tidy_word
from doodle.strokes.drawing import Drawing
from doodle.ui import limits, wire
from doodle.ui.messages import point_lists
from doodle.ui.tool import Ask, Endpoint


def endpoints(ask: Ask) -> list[Endpoint]:
    """The endpoint, which asks by `ask`."""
    return [_morph(ask)]


def _morph(ask: Ask) -> Endpoint:
    async def morph(
        first: wire.Sketch,
        second: wire.Sketch,
        word_first: str,
        word_second: str,
        steps: int = 8,
        temperature: float = 0.15,
        seed: int = 0,
        request: gr.Request = None,
    ) -> wire.Morph:
        """Turn one drawing into another, step by step.

        Args:
            first: the drawing to start from, in the shape that complete takes.
            second: the drawing to end at.
            word_first: what the first is.
            word_second: what the second is.
            steps: how many drawings, both ends included, 2 to 24.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same morph.

        Returns:
            {"drawings": [{"strokes": [[[x, ...], [y, ...]], ...]}, ...]}, from first to second.
        """
        words = (tidy_word(word_first), tidy_word(word_second))
        settings = limits.temperature(temperature), limits.seed(seed)
        ends = (Drawing.parse(first), Drawing.parse(second))
        *_, made = await ask(Morph(*ends, words, limits.steps(steps), *settings), request)
        return {"drawings": [{"strokes": point_lists(one.polylines())} for one in made.drawings]}

    return morph
