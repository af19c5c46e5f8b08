"""What the button of Morph does: draw what is missing, then the steps between two drawings."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import gradio as gr
import numpy as np

from doodle.requests import Draw, Morph, tidy_word
from doodle.strokes.drawing import Drawing
from doodle.ui import limits
from doodle.ui.protocol import Place
from doodle.ui.run import Queued, Run, Runs

TEMPERATURE = 0.15  # low: steps of one morph should differ by their place on the way, not by chance


class MorphTasks:
    """The handler of the button."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    async def morph(
        self,
        first: Drawing,
        second: Drawing,
        word_first: str,
        word_second: str,
        steps: float,
        seed: float,
        request: gr.Request,
    ) -> AsyncIterator[tuple[Any, Any, Any]]:
        """The two drawings, and a message for the film between them."""
        with self._runs.begin(request, "morph") as run:
            yield gr.skip(), gr.skip(), gr.skip()  # at once: registers the stream
            words = (tidy_word(word_first), tidy_word(word_second))
            steps, seed = limits.steps(steps), limits.seed(seed)
            ends = [
                drawing or await _drawn(run, word, (seed + place) % limits.MAX_SEED)
                for place, (drawing, word) in enumerate(
                    zip((first, second), words, strict=True)
                )  # another seed for the second, or cat to cat would not move
            ]
            if not run.live:
                return
            async for event in run.events(Morph(ends[0], ends[1], words, steps, TEMPERATURE, seed)):
                if isinstance(event, Queued):
                    yield gr.skip(), gr.skip(), json.dumps({"waiting": event.sentence})
                else:
                    drawings = [drawing.to_dict() for drawing in event.drawings]
                    yield ends[0], ends[1], json.dumps({"words": words, "drawings": drawings})
        if run.problem:
            yield gr.skip(), gr.skip(), json.dumps({"error": run.problem})


async def _drawn(run: Run, word: str, seed: int) -> Drawing:
    """What stands in for an empty slot; empty too where the run was ended."""
    answer = await run.answer(Draw(word, 1, TEMPERATURE, seed))
    return _on_canvas(answer.endings[0].strokes) if answer else Drawing()


def _on_canvas(strokes: Sequence[np.ndarray]) -> Drawing:
    empty = Drawing()
    place = Place.centred(strokes, empty.width, empty.height)
    lines = [place(stroke) for stroke in strokes]
    return Drawing.from_polylines(lines, empty.width, empty.height)
