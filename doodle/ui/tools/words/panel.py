"""Words: a sentence in, a grid of doodles out, best first, each with a way onward."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from doodle.services.readiness import imagining, subjects
from doodle.ui import limits
from doodle.ui.parts import QUIET, WORK, number_field, scripted, slider_field, word_field, words
from doodle.ui.scripts import call
from doodle.ui.tool import Context
from doodle.ui.tools.words.tasks import WALK, DoodleTasks

FIRST_TEXT, FIRST_COUNT, FIRST_SEED, FIRST_TRUNCATION = "a teapot", 16, 3, 0.8
FIRST_GOAL = "umbrella"
WALK_STEPS = 13
_NEW_SEED = "() => Math.floor(Math.random() * 10000)"
_STOPPED = call("words.stopped")
_GOAL = call("words.goal")
_PICKED = call("words.named")
_TO_FINISH = call("words.finish")
_FINISH = "() => document.getElementById('go').click()"


@dataclass(frozen=True)
class WordsPanel:
    """The parts of the tool that are wired together."""

    text: gr.Dropdown
    count: gr.Number
    truncation: gr.Slider
    seed: gr.Number
    reroll: gr.Button
    go: gr.Button
    stop: gr.Button
    surprise: gr.Button
    grid: gr.HTML
    chosen: gr.HTML
    goal: gr.Dropdown
    walk: gr.HTML

    @property
    def fields(self) -> list[Any]:
        """The fields of the sentence, in the handlers' order."""
        return [self.text, self.count, self.truncation, self.seed]


def build(context: Context) -> WordsPanel:
    """Lay the tool out; where nothing can be drawn, the reason stands in place of the doodles."""
    choices, problem = subjects(context.registry), imagining(context.registry)
    with gr.Row(elem_classes="dd-desk dd-desk-words"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            with gr.Row(elem_id="say_words", elem_classes="dd-say"):
                fields = _sentence(choices)
            grid = scripted("tools/words/grid", problem=problem, elem_id="doodles")
        with gr.Column(elem_classes="dd-side", min_width=0):
            with gr.Column(elem_classes="dd-card", min_width=0):
                chosen = scripted("tools/words/chosen", elem_id="chosen")
            with gr.Column(elem_classes="dd-card dd-walk-card", min_width=0):
                with gr.Row(elem_classes="dd-say dd-goal"):
                    words("Walk to")
                    goal = word_field(choices, FIRST_GOAL, "The word to walk to", "words_goal")
                walk = scripted("tools/words/walk", steps=WALK_STEPS, elem_id="walk")
            with gr.Column(elem_classes="dd-card", min_width=0):
                scripted("tools/words/reading", elem_id="reading")
    return WordsPanel(**fields, grid=grid, chosen=chosen, goal=goal, walk=walk)


def _sentence(choices: list[str]) -> dict[str, Any]:
    """'Draw me a teapot in 16 ways, usual to odd, seed 3. Draw.' in fields."""
    words("Draw me")
    text = word_field(choices, FIRST_TEXT, "What to draw", "words_text")
    words("in")
    count = number_field(FIRST_COUNT, "How many doodles", "words_count")
    words("ways,")
    bounds = (limits.MIN_TRUNCATION, limits.MAX_TRUNCATION)
    truncation = slider_field(
        ("usual", "odd"), bounds, FIRST_TRUNCATION, step=0.1, elem_id="words_odd"
    )
    with gr.Row(elem_classes="dd-scale"):
        words("seed")
        seed = number_field(FIRST_SEED, "Seed of the doodles", "words_seed")
        reroll = gr.Button("Another seed, and draw", size="sm", elem_id="words_reroll")
    surprise = gr.Button("Surprise me", size="sm", elem_id="words_surprise")
    go = gr.Button("Draw", variant="primary", elem_id="words_go")
    stop = gr.Button("Stop", variant="stop", elem_id="words_stop")
    return {
        "text": text,
        "count": count,
        "truncation": truncation,
        "seed": seed,
        "reroll": reroll,
        "go": go,
        "stop": stop,
        "surprise": surprise,
    }


def wire(panel: WordsPanel, context: Context) -> None:
    """Connect the controls with the models, and the chosen doodle with the word in Draw."""
    choices, tasks = subjects(context.registry), DoodleTasks(context.runs)
    drawn = {"fn": tasks.draw, "inputs": panel.fields, "outputs": panel.grid, **WORK}
    panel.go.click(**drawn)
    panel.reroll.click(None, None, panel.seed, js=_NEW_SEED, **QUIET).then(**drawn)
    panel.surprise.click(
        lambda text: another(choices, text), panel.text, panel.text, queue=False, **QUIET
    ).then(**drawn)
    panel.grid.pick(None, None, panel.text, js=_PICKED, **QUIET).then(**drawn)
    panel.grid.named(None, None, panel.text, js=_PICKED, **QUIET)
    panel.grid.more(tasks.more, [panel.grid, *panel.fields], panel.grid, **WORK)
    panel.goal.change(None, None, None, js=_GOAL, **QUIET)
    panel.walk.go(tasks.walk, panel.walk, panel.walk, **WORK)
    stop = context.runs.stopper("words", WALK)
    panel.stop.click(stop, None, None, js=_STOPPED, queue=False, **QUIET)
    if context.word is not None:
        panel.chosen.finish(None, None, context.word, js=_TO_FINISH, **QUIET).then(
            None, js=_FINISH, **QUIET
        )


def another(choices: Sequence[str], text: str) -> str:
    """A word by chance, not the one that stands there."""
    return random.choice([word for word in choices if word != text] or [FIRST_GOAL])
