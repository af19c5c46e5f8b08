"""Morph: two drawings, the way from one to the other through the network's latent space."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from doodle.strokes.drawing import Drawing
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.panels.parts import (
    QUIET,
    WORK,
    number_field,
    scripted,
    sentence,
    word_field,
    words,
)
from doodle.ui.protocol import Place
from doodle.ui.runs import Runs
from doodle.ui.studio import Studio
from doodle.ui.wish import MAX_SEED, Wish

FIRST_WORDS = ("cat", "rabbit")
FIRST_STEPS, FIRST_SEED = 9, 7
HINT = "Draw here, or leave it empty: then it is drawn for you."
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
            film = scripted("morph", elem_id="film")
        with gr.Column(elem_classes="dd-side", min_width=0):
            heads, slots = [], []
            for place, title in enumerate(("From", "To")):
                with gr.Column(elem_classes="dd-card", min_width=0):
                    target = f"slot_{place}"
                    heads.append(scripted("slot", title=title, target=target))
                    slots.append(
                        StrokeCanvas(elem_id=target, autosave=target, rail=False, hint=HINT)
                    )
    return MorphPanel((first, second), tuple(heads), tuple(slots), steps, seed, go, film)


def wire(panel: MorphPanel, studio: Studio, runs: Runs) -> None:
    """Connect the controls with the models."""
    for head, word in zip(panel.heads, panel.words, strict=True):
        head.filled(_word_of, None, word, queue=False, **QUIET)

    def turn(
        first: Drawing,
        second: Drawing,
        word_first: str,
        word_second: str,
        steps: float,
        seed: float,
        request: gr.Request,
    ) -> Iterator[tuple[Any, Any, Any]]:
        session = request.session_hash or ""
        run = runs.start(session)
        yield gr.skip(), gr.skip(), gr.skip()  # at once: registers the stream
        try:
            ends = _ends(studio, (first, second), (word_first, word_second), seed)
            asked = (Wish(word_first).word, Wish(word_second).word)
            wish = Wish(word_first, 1, TEMPERATURE, seed)
            drawings = studio.morph(*ends, asked, steps, wish)
            film = {"words": asked, "drawings": [drawing.to_dict() for drawing in drawings]}
            answer = (*ends, json.dumps(film))
        except Exception as error:  # whatever it was, the visitor reads one sentence
            answer = (gr.skip(), gr.skip(), json.dumps({"error": sentence(error)}))
        if runs.is_newest(session, run):
            yield answer

    panel.go.click(
        turn,
        [*panel.slots, *panel.words, panel.steps, panel.seed],
        [*panel.slots, panel.film],
        **WORK,
    )


def _ends(
    studio: Studio, drawn: tuple[Drawing, Drawing], named: tuple[str, str], seed: float
) -> list[Drawing]:
    """The two drawings; an empty slot is drawn from its word."""
    ends = []
    for place, (drawing, word) in enumerate(zip(drawn, named, strict=True)):
        if not drawing:
            # another seed for the second, or cat to cat would not move
            wish = Wish(word, 1, TEMPERATURE, (Wish(word, seed=seed).seed + place) % MAX_SEED)
            drawing = _on_canvas(studio.draw(wish)[0].strokes)
        ends.append(drawing)
    return ends


def _on_canvas(strokes: Any) -> Drawing:
    empty = Drawing()
    place = Place.centred(strokes, empty.width, empty.height)
    lines = [place(stroke) for stroke in strokes]
    return Drawing.from_polylines(lines, empty.width, empty.height)


def _word_of(event: gr.EventData) -> str:
    """The word that came with a drawing into a slot; it stays as it is when none came."""
    word = event._data.get("word") if isinstance(event._data, dict) else None
    return word if isinstance(word, str) and word else gr.skip()
