"""Morph: two drawings, the way from one to the other through the network's latent space."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from doodle.requests import Draw, Morph, tidy_word
from doodle.services.executor import Executor
from doodle.services.results import Waiting
from doodle.strokes.drawing import Drawing
from doodle.ui import limits
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.parts import (
    QUIET,
    WORK,
    number_field,
    queued,
    scripted,
    sentence,
    word_field,
    words,
)
from doodle.ui.protocol import Place
from doodle.ui.runs import Runs
from doodle.ui.scripts import call

FIRST_WORDS = ("cat", "rabbit")
FIRST_STEPS, FIRST_SEED = 9, 7
HINT = "Draw here, or leave it empty: then it is drawn for you."
_STOPPED = call("morph.stopped")
TEMPERATURE = 0.15  # low: steps of one morph should differ by their place on the way, not by chance


@dataclass(frozen=True)
class MorphPanel:
    """The parts of the tool that are wired together."""

    words: tuple[gr.Dropdown, gr.Dropdown]
    heads: tuple[gr.HTML, ...]
    slots: tuple[StrokeCanvas, ...]
    steps: gr.Number
    seed: gr.Number
    go: gr.Button
    stop: gr.Button
    film: gr.HTML


def build(choices: list[str]) -> MorphPanel:
    """Lay the tool out.

    Args:
        choices: words to suggest.
    """
    with gr.Row(elem_classes="dd-desk dd-desk-morph"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            with gr.Row(elem_id="say_morph", elem_classes="dd-say"):
                words("Turn the")
                first = word_field(choices, FIRST_WORDS[0], "What the first is", "morph_first")
                words("into the")
                second = word_field(choices, FIRST_WORDS[1], "What the second is", "morph_second")
                words("in")
                steps = number_field(FIRST_STEPS, "How many steps", "morph_steps")
                words("steps, seed")
                seed = number_field(FIRST_SEED, "Seed of the morph", "morph_seed")
                go = gr.Button("Morph", variant="primary", elem_id="morph_go")
                stop = gr.Button("Stop", variant="stop", elem_id="morph_stop")
            film = scripted("tools/morph/film", elem_id="film")
        with gr.Column(elem_classes="dd-side", min_width=0):
            heads, slots = [], []
            for place, title in enumerate(("From", "To")):
                with gr.Column(elem_classes="dd-card", min_width=0):
                    target = f"slot_{place}"
                    heads.append(scripted("tools/morph/slot", title=title, target=target))
                    slots.append(
                        StrokeCanvas(elem_id=target, autosave=target, rail=False, hint=HINT)
                    )
    return MorphPanel((first, second), tuple(heads), tuple(slots), steps, seed, go, stop, film)


def wire(panel: MorphPanel, executor: Executor, runs: Runs) -> None:
    """Connect the controls with the models.

    Args:
        runs: of this tool alone.
    """
    for head, word in zip(panel.heads, panel.words, strict=True):
        head.filled(_word_of, None, word, queue=False, **QUIET)
    morphs = Morphs(executor, runs)
    panel.go.click(
        morphs.turn,
        [*panel.slots, *panel.words, panel.steps, panel.seed],
        [*panel.slots, panel.film],
        **WORK,
    )
    panel.stop.click(morphs.stop, None, None, js=_STOPPED, queue=False, **QUIET)


class Morphs:
    """What the buttons do."""

    def __init__(self, executor: Executor, runs: Runs) -> None:
        self._executor = executor
        self._runs = runs

    async def turn(
        self,
        first: Drawing,
        second: Drawing,
        word_first: str,
        word_second: str,
        steps: float,
        seed: float,
        request: gr.Request,
    ) -> AsyncIterator[tuple[Any, Any, Any]]:
        """The two drawings, and the film between them."""
        session = request.session_hash or ""
        run = self._runs.start(session)
        yield gr.skip(), gr.skip(), gr.skip()  # at once: registers the stream
        answer: tuple[Any, Any, Any] | None = None
        try:
            words = (tidy_word(word_first), tidy_word(word_second))
            steps, seed = limits.steps(steps), limits.seed(seed)
            ends = [
                drawing or await self._drawn(word, (seed + place) % limits.MAX_SEED, session, run)
                for place, (drawing, word) in enumerate(
                    zip((first, second), words, strict=True)
                )  # another seed for the second, or cat to cat would not move
            ]
            if all(ends):
                job = self._executor.submit(Morph(*ends, words, steps, TEMPERATURE, seed), session)
                self._runs.holds(session, run, job)
                async for event in job:
                    if isinstance(event, Waiting):
                        yield gr.skip(), gr.skip(), json.dumps({"waiting": queued(event)})
                    else:
                        drawings = [drawing.to_dict() for drawing in event.drawings]
                        answer = (*ends, json.dumps({"words": words, "drawings": drawings}))
        except Exception as error:  # whatever it was, the visitor reads one sentence
            answer = (gr.skip(), gr.skip(), json.dumps({"error": sentence(error)}))
        if answer and self._runs.is_newest(session, run):
            yield answer

    def stop(self, request: gr.Request) -> None:
        """End this visitor's morph; what is on the page stays."""
        self._runs.stop(request.session_hash or "")

    async def _drawn(self, word: str, seed: int, session: str, run: str) -> Drawing | None:
        """What stands in for an empty slot; None where the run was ended."""
        job = self._executor.submit(Draw(word, 1, TEMPERATURE, seed), session)
        self._runs.holds(session, run, job)
        answer = await job.answer()
        return _on_canvas(answer.endings[0].strokes) if answer else None


def _on_canvas(strokes: Any) -> Drawing:
    empty = Drawing()
    place = Place.centred(strokes, empty.width, empty.height)
    lines = [place(stroke) for stroke in strokes]
    return Drawing.from_polylines(lines, empty.width, empty.height)


def _word_of(event: gr.EventData) -> str:
    """The word that came with a drawing into a slot; it stays as it is when none came."""
    word = event._data.get("word") if isinstance(event._data, dict) else None
    return word if isinstance(word, str) and word else gr.skip()
