"""What the buttons of Draw do: requests to SketchRNN, their ink streamed to the canvas as a log."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from doodle.requests import AUTO, Again, Complete, Draw
from doodle.services.results import Ending, Endings, Ink, Reading, Taken
from doodle.strokes.drawing import Drawing
from doodle.ui.limits import sketch
from doodle.ui.messages import note
from doodle.ui.protocol import Log, Place
from doodle.ui.run import Queued, Runs

SECONDS_BETWEEN = 0.06  # ink is sent in batches; the browser animates it at a steady pen speed
_REQUESTS = {"complete": Complete, "draw": Draw, "again": Again}
SURE = 0.7  # chance of the word from which a drawing that nothing improves looks finished
_FAINT = "I am not sure what this is; here it is taken for: {}."
_FINISHED = "This looks finished to me: {} %, {}."
_STUCK = "I cannot go on from here. Another word, or a few more lines?"


class DrawTasks:
    """The handlers of the buttons.

    Each gives (log for the canvas, message for the mailbox), again and again while the log grows.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def handler(self, task: str) -> Callable[..., AsyncIterator[tuple[Any, Any]]]:
        """The handler of a task: complete (endings, inked as they are sampled; of an empty paper
        with a word whole drawings), draw (whole drawings of the word) or again (the visitor's
        drawing, drawn anew in its own manner).
        """

        async def handle(
            drawing: Drawing,
            word: str,
            count: float,
            temperature: float,
            seed: float,
            request: gr.Request,
        ) -> AsyncIterator[tuple[Any, Any]]:
            fields = (word, count, temperature, seed)
            # on an empty paper there is nothing to go on from, but a word to draw
            whole = task == "complete" and word != AUTO and not drawing.polylines()
            async for answer in self._answers("draw" if whole else task, drawing, fields, request):
                yield answer

        return handle

    async def _answers(
        self, task: str, drawing: Drawing, fields: tuple[Any, ...], caller: gr.Request
    ) -> AsyncIterator[tuple[Any, Any]]:
        """The log of one run as it grows; however the run ends, its log is closed.

        Args:
            fields: word, count, temperature and seed.
        """
        with self._runs.begin(caller, "draw") as run:
            log = Log(run.id, 0, task)
            chosen = {"selective": True, "improve": True} if task == "complete" else {}
            request = sketch(_REQUESTS[task], *fields, drawing=drawing, **chosen)
            if request.word != AUTO:
                log = Log(run.id, request.n, task, request.word)
                yield log.text, note("")  # at once: the page knows that the run began
            sent, said = 0.0, ""
            async for event in run.events(request):
                if isinstance(event, Taken):
                    log = _begun(run.id, request, task, event)
                waits, answers = isinstance(event, Queued), isinstance(event, Endings)
                said = _write(event, log, request) or said
                if waits or answers or time.monotonic() - sent >= SECONDS_BETWEEN:
                    sent = 0.0 if waits else time.monotonic()
                    # without its word the log is not begun: what is sent is never changed
                    shown = log.text if log.word else gr.skip()
                    yield shown, note(event.sentence if waits else said if answers else "")
        if run.superseded and not log.word:
            return  # nothing of it is on the page
        problem = "" if log.is_done else run.problem  # what would only have been better still
        if problem:
            log.message(problem)
        log.done()
        # the mailbox belongs to the newer run, if there is one
        yield log.text, gr.skip() if run.superseded else note(problem or said)


def _begun(run_id: str, request: Draw, task: str, taken: Taken) -> Log:
    """The log of a run whose word was left to a guess, once the guess is there."""
    log = Log(run_id, request.n, task, taken.word)
    if not taken.sure:
        log.message(_FAINT.format(taken.word))
    return log


def _write(event: Any, log: Log, request: Draw) -> str:
    """Write an event into the log; what is to be said of it, or nothing."""
    if isinstance(event, Ink):
        log.ink(event)
    elif isinstance(event, Reading) and event.said:
        log.message(event.said)  # before anything of it is drawn
        return event.said
    elif isinstance(event, Endings):
        log.ranked(event.endings, _placing(log.mode, request.drawing))
        log.done()  # what may follow is better still
        before = event.before or 0.0
        if event.finished or (not event.endings and before >= SURE):
            return _FINISHED.format(round(100 * before), log.word)
        if not event.endings:
            return _STUCK
    return ""


def _placing(mode: str, paper: Drawing) -> Callable[[Ending], Place]:
    """Where an ending lies: whole drawings of a word in the middle, others as they are."""
    if mode != "draw":
        return lambda _: Place()
    return lambda ending: Place.centred(ending.strokes, paper.width, paper.height)
