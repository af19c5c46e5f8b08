"""Morph: two drawings, the way from one to the other through the network's latent space."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from doodle.services.readiness import known_words
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.guesses import recognised
from doodle.ui.parts import DIRECT, QUIET, WORK, number_field, scripted, word_field, words
from doodle.ui.scripts import call
from doodle.ui.tool import Context
from doodle.ui.tools.morph.tasks import MorphTasks

FIELDS = ("morph_first", "morph_second")
# of the pairs that were tried the one whose every step is taken for one of the two
FIRST_WORDS = ("mushroom", "umbrella")
FIRST_STEPS, FIRST_SEED = 9, 7
HINT = "Draw here, or leave it empty: then it is drawn for you."
_STOPPED = call("morph.stopped")


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


def build(context: Context) -> MorphPanel:
    """Lay the tool out."""
    choices = known_words(context.registry)
    with gr.Row(elem_classes="dd-desk dd-desk-morph"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            with gr.Row(elem_id="say_morph", elem_classes="dd-say"):
                words("Turn the")
                first = word_field(choices, FIRST_WORDS[0], "What the first is", FIELDS[0])
                words("into the")
                second = word_field(choices, FIRST_WORDS[1], "What the second is", FIELDS[1])
                words("in")
                steps = number_field(FIRST_STEPS, "How many steps", "morph_steps")
                words("steps, seed")
                seed = number_field(FIRST_SEED, "Seed of the morph", "morph_seed")
                go = gr.Button("Morph", variant="primary", elem_id="morph_go")
                stop = gr.Button("Stop", variant="stop", elem_id="morph_stop")
            film = scripted("tools/morph/film", elem_id="morph_film")
        with gr.Column(elem_classes="dd-side", min_width=0):
            heads, slots = [], []
            for place, title in enumerate(("From", "To")):
                with gr.Column(elem_classes="dd-card", min_width=0):
                    target = f"slot_{place}"
                    heads.append(
                        scripted(
                            "tools/morph/slot",
                            title=title,
                            target=target,
                            field=FIELDS[place],
                            word=FIRST_WORDS[place],
                        )
                    )
                    slots.append(
                        StrokeCanvas(elem_id=target, autosave=target, rail=False, hint=HINT)
                    )
    return MorphPanel((first, second), tuple(heads), tuple(slots), steps, seed, go, stop, film)


def wire(panel: MorphPanel, context: Context) -> None:
    """Connect the controls with the models."""

    async def guess(message: str, request: gr.Request) -> str:
        return await recognised(context.runs, "morph", message, request)

    for head, word in zip(panel.heads, panel.words, strict=True):
        head.guess(guess, head, head, **DIRECT)
        head.filled(_word_of, None, word, queue=False, **QUIET)
    panel.go.click(
        MorphTasks(context.runs).morph,
        [*panel.slots, *panel.words, panel.steps, panel.seed],
        [*panel.slots, panel.film],
        **WORK,
    )
    stop = context.runs.stopper("morph")
    panel.stop.click(stop, None, None, js=_STOPPED, queue=False, **QUIET)


def _word_of(event: gr.EventData) -> str:
    """The word that came with a drawing into a slot; it stays as it is when none came."""
    word = event._data.get("word") if isinstance(event._data, dict) else None
    return word if isinstance(word, str) and word else gr.skip()
