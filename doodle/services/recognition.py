"""Guesses, and the reasons for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doodle.registry import Registry
from doodle.requests import Explain, Recognise
from doodle.services.networks import Networks
from doodle.services.readiness import READERS
from doodle.services.results import Explained, Guesses, Recognised
from doodle.services.tasks import Task, relayed
from doodle.strokes.drawing import Drawing


class Recogniser:
    """The recogniser and the stroke classifier, joined."""

    def __init__(self, registry: Registry) -> None:
        self.networks = Networks(registry, READERS)

    def tasks(self) -> dict[type, Callable[[Any], Task]]:
        """The requests that it answers."""
        return {Recognise: self.recognise, Explain: self.explain}

    def recognise(self, request: Recognise) -> Task:
        """Event: Recognised."""
        with self.networks.pipeline(_recognition) as recognition:
            task = recognition.guesses(request.drawings, top=request.top, words=request.words)
            yield from relayed(task, _result_of)

    def explain(self, request: Explain) -> Task:
        """Event: Explained."""
        with self.networks.pipeline(_recognition) as recognition:
            task = recognition.reasons(request.drawing, request.word)
            yield from relayed(task, lambda answer: Explained(*answer))

    def guess(self, drawing: Drawing) -> Task:
        """The guesses for one drawing; a part of a task, which returns them."""
        found: list[Guesses] = []
        with self.networks.pipeline(_recognition) as recognition:
            yield from relayed(
                recognition.guesses([drawing], top=1),
                lambda answers: found.extend(_result_of(answers).answers),
            )
        return found[0]


def _recognition(*networks: Any) -> Any:
    from doodle.pipelines.recognise import Recognition  # with torch: not before it is needed

    return Recognition(*networks)


def _result_of(answers: Any) -> Recognised:
    return Recognised([Guesses(answer.guesses, bool(answer.unknown)) for answer in answers])
