"""What the button of Morph does: draw what is missing, then the steps between two drawings."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import gradio as gr
import numpy as np

from doodle.requests import Draw, Morph, tidy_word
from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import fit
from doodle.ui import limits
from doodle.ui.protocol import Place
from doodle.ui.run import Queued, Run, Runs

TEMPERATURE = 0.15  # low: steps of one morph should differ by their place on the way, not by chance
_BOX = (256, 256, 8)  # width, height and margin of a step, as the network's steps have it


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
            # what the visitor drew stays as it is
            slots = [
                gr.skip() if own else end for own, end in zip((first, second), ends, strict=True)
            ]
            between = steps - 2 if steps > 3 else steps
            async for event in run.events(
                Morph(ends[0], ends[1], words, between, TEMPERATURE, seed)
            ):
                if isinstance(event, Queued):
                    yield gr.skip(), gr.skip(), json.dumps({"waiting": event.sentence})
                else:
                    drawings = [one.to_dict() for one in _between(ends, event.drawings, steps)]
                    yield slots[0], slots[1], json.dumps({"words": words, "drawings": drawings})
        if run.problem:
            yield gr.skip(), gr.skip(), json.dumps({"error": run.problem})


def _between(ends: Sequence[Drawing], way: Sequence[Drawing], steps: int) -> list[Drawing]:
    """The way from one drawing to the other with themselves at its ends, which the network only
    reconstructs: of `way`, as many steps as fit."""
    first, last = (Drawing.from_polylines(fit(end.polylines(), *_BOX)) for end in ends)
    inner = way if len(way) == steps - 2 else way[1 : steps - 1]
    return [first, *inner, last]


async def _drawn(run: Run, word: str, seed: int) -> Drawing:
    """What stands in for an empty slot; empty too where the run was ended."""
    answer = await run.answer(Draw(word, 1, TEMPERATURE, seed))
    return _on_canvas(answer.endings[0].strokes) if answer else Drawing()


def _on_canvas(strokes: Sequence[np.ndarray]) -> Drawing:
    empty = Drawing()
    place = Place.centred(strokes, empty.width, empty.height)
    lines = [place(stroke) for stroke in strokes]
    return Drawing.from_polylines(lines, empty.width, empty.height)
