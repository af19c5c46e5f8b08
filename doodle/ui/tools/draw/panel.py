"""Draw: a sentence with the request, the canvas, and three ways to have the drawing finished."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from doodle.requests import AUTO
from doodle.services.readiness import known_words
from doodle.ui import saving
from doodle.ui.canvas import InkChannel, StrokeCanvas
from doodle.ui.messages import note, sentence
from doodle.ui.opening import opened
from doodle.ui.parts import QUIET, WORK, number_field, scripted, slider_field, word_field, words
from doodle.ui.scripts import call
from doodle.ui.tool import Context
from doodle.ui.tools.draw import examples, guess
from doodle.ui.tools.draw.tasks import DrawTasks

FIRST_COUNT, FIRST_SEED, FIRST_TEMPERATURE = 9, 7, 0.3
DARING = (0.1, 1.0)  # of all temperatures, those that the slider offers
HINT = "Draw half of something here; Complete draws the rest."
# the picture of the empty results card, drawn for it; lists of x, y, x, y, ...
_SAMPLE = {
    "drawn": [[30, 96, 24, 66, 30, 22, 52, 44, 82, 42, 98, 16, 104, 52], [56, 66, 55, 74]],
    "added": [
        [104, 52, 108, 78, 98, 104, 70, 114, 44, 108, 30, 96],
        [82, 64, 83, 72],
        [66, 84, 74, 84, 70, 89, 66, 84],
        [86, 84, 120, 76],
        [86, 91, 118, 94],
        [50, 85, 16, 79],
        [50, 92, 18, 98],
    ],
}
_NEW_SEED = "() => Math.floor(Math.random() * 10000)"
_ANSWERED = call("draw.answered")
_STOPPED = call("draw.stopped")


@dataclass(frozen=True)
class DrawPanel:
    """The parts of the tool that are wired together."""

    canvas: StrokeCanvas
    channel: InkChannel
    word: gr.Dropdown
    count: gr.Number
    temperature: gr.Slider
    seed: gr.Number
    reroll: gr.Button
    go: gr.Button
    stop: gr.Button
    draw_me: gr.Button
    again: gr.Button
    guesses: gr.HTML
    examples: gr.HTML

    @property
    def fields(self) -> list[Any]:
        """The inputs of every task, in the handlers' order."""
        return [self.canvas, self.word, self.count, self.temperature, self.seed]


def build(context: Context) -> DrawPanel:
    """Lay the tool out."""
    with gr.Row(elem_classes="dd-desk dd-desk-draw"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            with gr.Row(elem_id="say", elem_classes="dd-say"):
                fields = _sentence(known_words(context.registry))
            canvas = StrokeCanvas(elem_id="pad", autosave="pad", hint=HINT, gif=True)
            channel = InkChannel("pad", visible="hidden", elem_id="ink")
            strip = examples.build()
        with gr.Column(elem_classes="dd-side", min_width=0):
            scripted("tools/draw/sheet", elem_id="sheet")
            with gr.Column(elem_id="guesses_card", elem_classes="dd-card", min_width=0):
                guesses = guess.build()
            with gr.Column(elem_classes="dd-card", min_width=0):
                scripted("tools/draw/results", sample=json.dumps(_SAMPLE), elem_id="results")
                with gr.Row(elem_classes="dd-ways"):
                    draw_me = gr.Button("Draw me something", size="sm", elem_id="draw_me")
                    again = gr.Button("Again my way", size="sm", elem_id="again")
    context.word = fields["word"]
    return DrawPanel(
        canvas, channel, **fields, draw_me=draw_me, again=again, guesses=guesses, examples=strip
    )


def _sentence(choices: list[str]) -> dict[str, Any]:
    """'Finish it as what you see in 9 ways, careful to daring, seed 7. Complete.' in fields."""
    words("<span>Finish it </span>as")  # without the span on a phone
    word = word_field([(guess.SHOWN, AUTO), *choices], AUTO, "What it is", "word")
    words("in")
    count = number_field(FIRST_COUNT, "How many ways", "count")
    words("ways,")
    temperature = slider_field(
        ("careful", "daring"), DARING, FIRST_TEMPERATURE, step=0.05, elem_id="daring"
    )
    with gr.Row(elem_classes="dd-scale"):
        words("seed")
        seed = number_field(FIRST_SEED, "Seed", "seed")
        reroll = gr.Button("New seed, and again", size="sm", elem_id="reroll")
    go = gr.Button("Complete", variant="primary", elem_id="go")
    stop = gr.Button("Stop", variant="stop", elem_id="stop")
    return {
        "word": word,
        "count": count,
        "temperature": temperature,
        "seed": seed,
        "reroll": reroll,
        "go": go,
        "stop": stop,
    }


def wire(panel: DrawPanel, context: Context) -> None:
    """Connect the controls with the models, and the canvas with files."""
    runs, mailbox = context.runs, context.mailbox
    tasks = DrawTasks(runs)
    streamed = {"inputs": panel.fields, "outputs": [panel.channel, mailbox], **WORK}

    def then_complete(event: Any) -> None:
        event.then(tasks.handler("complete"), **streamed).then(None, js=_ANSWERED, **QUIET)

    for button, task in (
        (panel.go, tasks.handler("complete")),
        (panel.draw_me, tasks.handler("draw")),
        (panel.again, tasks.handler("again")),
    ):
        button.click(task, **streamed).then(None, js=_ANSWERED, **QUIET)
    then_complete(panel.reroll.click(None, None, panel.seed, js=_NEW_SEED, **QUIET))
    then_complete(
        panel.examples.pick(
            examples.pick, panel.examples, [panel.canvas, panel.word], queue=False, **QUIET
        )
    )
    panel.stop.click(runs.stopper("draw"), None, None, js=_STOPPED, queue=False, **QUIET)
    guess.wire(panel.guesses, panel.word, panel.draw_me, runs)
    panel.canvas.export(saving.moving_picture, [panel.canvas, panel.word], mailbox, **QUIET)
    _wire_files(panel, mailbox)


def _wire_files(panel: DrawPanel, mailbox: gr.HTML) -> None:
    """Lay files on the canvas; what it showed before comes back with Undo.

    A project file also brings back the sentence: the word, how many ways, how daring, which seed.
    """
    fields = {
        "word": panel.word,
        "n": panel.count,
        "temperature": panel.temperature,
        "seed": panel.seed,
    }

    def receive(event: gr.EventData) -> list[Any]:
        drawing: Any = gr.skip()
        settings: dict[str, Any] = {}
        problem = ""
        try:
            drawing, settings = opened(event._data)
        except Exception as error:  # whatever it was, the visitor reads one sentence
            problem = sentence(error)
        if not DARING[0] <= settings.get("temperature", DARING[0]) <= DARING[1]:
            del settings["temperature"]  # possible, but not on the slider
        return [drawing, note(problem), *(settings.get(name, gr.skip()) for name in fields)]

    outputs = [panel.canvas, mailbox, *fields.values()]
    panel.canvas.on_import(receive, None, outputs, trigger_mode="multiple", **QUIET)
