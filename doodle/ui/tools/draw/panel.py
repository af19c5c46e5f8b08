"""Draw: one sentence of wishes, the canvas, and three ways to have it finished."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from doodle.requests import AUTO, Again, Complete, Draw
from doodle.services.executor import Executor
from doodle.services.results import Ending, Endings, Ink, Taken, Waiting
from doodle.strokes.drawing import Drawing
from doodle.ui.canvas import InkChannel, StrokeCanvas
from doodle.ui.limits import sketch
from doodle.ui.parts import (
    QUIET,
    WORK,
    note,
    number_field,
    queued,
    scripted,
    sentence,
    slider_field,
    word_field,
    words,
)
from doodle.ui.protocol import Log, Place
from doodle.ui.runs import Runs
from doodle.ui.scripts import call
from doodle.ui.tools.draw import examples, guess

FIRST_COUNT, FIRST_SEED, FIRST_TEMPERATURE = 9, 7, 0.3
DARING = (0.1, 1.0)  # of all temperatures, those that the slider offers
HINT = "Draw a few lines here."
SECONDS_BETWEEN = 0.06  # ink is sent in batches; the browser animates it at a steady pen speed
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
_KINDS = {"complete": Complete, "draw": Draw, "again": Again}
_FAINT = "I am not sure what this is; here it is taken for: {}."
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
    see: gr.HTML
    examples: gr.HTML

    @property
    def wishes(self) -> list[Any]:
        """The inputs of every task, in the handlers' order."""
        return [self.canvas, self.word, self.count, self.temperature, self.seed]


def build(choices: list[str]) -> DrawPanel:
    """Lay the tool out.

    Args:
        choices: words to suggest.
    """
    with gr.Row(elem_classes="dd-desk"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            with gr.Row(elem_id="say", elem_classes="dd-say"):
                wishes = _sentence(choices)
            canvas = StrokeCanvas(elem_id="pad", autosave="pad", hint=HINT, gif=True)
            channel = InkChannel("pad", visible="hidden", elem_id="ink")
            strip = examples.build()
        with gr.Column(elem_classes="dd-side", min_width=0):
            with gr.Column(elem_id="see_card", elem_classes="dd-card", min_width=0):
                see = guess.build()
            with gr.Column(elem_classes="dd-card", min_width=0):
                scripted("tools/draw/results", sample=json.dumps(_SAMPLE), elem_id="results")
                with gr.Row(elem_classes="dd-ways"):
                    draw_me = gr.Button("Draw me something", size="sm", elem_id="draw_me")
                    again = gr.Button("Again my way", size="sm", elem_id="again")
    return DrawPanel(
        canvas, channel, **wishes, draw_me=draw_me, again=again, see=see, examples=strip
    )


def _sentence(choices: list[str]) -> dict[str, Any]:
    """'Finish it as what you see in 9 ways, careful to daring, seed 7. Complete.' in fields."""
    words("Finish it as")
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


def wire(panel: DrawPanel, executor: Executor, runs: Runs, mailbox: gr.HTML) -> None:
    """Connect the controls with the models.

    Args:
        mailbox: takes the sentences for the visitor.
    """
    tasks = Tasks(executor, runs)
    streamed = {"inputs": panel.wishes, "outputs": [panel.channel, mailbox], **WORK}

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
    panel.stop.click(tasks.stop, None, None, js=_STOPPED, queue=False, **QUIET)
    guess.wire(panel.see, panel.word, panel.draw_me, executor)


class Tasks:
    """What the buttons do: each a generator of (log for the canvas, letter for the mailbox)."""

    def __init__(self, executor: Executor, runs: Runs) -> None:
        self._executor = executor
        self._runs = runs

    def handler(self, task: str) -> Callable[..., AsyncIterator[tuple[str, str]]]:
        """The handler of a task: complete (endings, inked as they are sampled), draw (whole
        drawings of the word) or again (the visitor's drawing, drawn anew in its own manner).
        """

        async def handle(
            drawing: Drawing,
            word: str,
            count: float,
            temperature: float,
            seed: float,
            request: gr.Request,
        ) -> AsyncIterator[tuple[str, str]]:
            asked = (word, count, temperature, seed)
            async for answer in self.answers(task, drawing, asked, request.session_hash or ""):
                yield answer

        return handle

    def stop(self, request: gr.Request) -> None:
        """End this visitor's run; what is inked so far stays."""
        self._runs.stop(request.session_hash or "")

    async def answers(
        self, task: str, drawing: Drawing, asked: tuple[Any, ...], session: str
    ) -> AsyncIterator[tuple[str, str]]:
        """The log of one run as it grows, each time with a letter for the mailbox.

        Args:
            asked: word, count, temperature and seed.
        """
        run = self._runs.start(session)
        log = Log(run, 0, task)
        try:
            request = sketch(_KINDS[task], *asked, drawing=drawing)
            if request.word != AUTO:
                log = Log(run, request.n, task, request.word)
                yield log.text, note("")  # at once: the page knows that the run began
            job = self._executor.submit(request, session)
            self._runs.holds(session, run, job)
            sent, said = 0.0, ""
            async for event in job:
                log, said = self._told(event, log, run, request, said)
                if not self._runs.is_newest(session, run):
                    break
                waits = isinstance(event, Waiting)
                if waits or time.monotonic() - sent >= SECONDS_BETWEEN:
                    sent = 0.0 if waits else time.monotonic()
                    # without its word the log is not begun: what is sent is never changed
                    yield log.text if log.word else gr.skip(), note(said)
            if self._runs.is_superseded(session, run):
                return
            log.done()
            yield log.text, note("")
        except Exception as error:  # whatever it was, the visitor reads one sentence
            log.message(sentence(error))
            log.done()
            yield log.text, note(sentence(error))

    @staticmethod
    def _told(event: Any, log: Log, run: str, request: Draw, said: str) -> tuple[Log, str]:
        """Write an event into the log; the log, and what the page says of the queue."""
        if isinstance(event, Waiting):
            return log, queued(event)
        if isinstance(event, Taken):
            log = Log(run, request.n, log.mode, event.word)
            if not event.sure:
                log.message(_FAINT.format(event.word))
        elif isinstance(event, Ink):
            log.ink(event)
        elif isinstance(event, Endings):
            log.ranked(event.endings, _placing(log.mode, request.drawing))
        return log, ""


def _placing(mode: str, paper: Drawing) -> Callable[[Ending], Place]:
    """Where an ending lies: whole drawings of a word in the middle, others as they are."""
    if mode != "draw":
        return lambda _: Place()
    return lambda ending: Place.centred(ending.strokes, paper.width, paper.height)
