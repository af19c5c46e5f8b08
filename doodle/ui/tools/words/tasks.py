"""What the buttons of Words do: doodles of a text, more like one of them, a walk to another text.

The scripts of the grid (grid.js) and of the walk (walk.js) take answers in their own values, and
ask there for more.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import gradio as gr
import numpy as np

from doodle.requests import AUTO, Imagine, Like, Mix, Walk
from doodle.requests.checks import tidy_text
from doodle.services.readiness import known_words
from doodle.services.results import Doodle, Doodles, Reading
from doodle.ui import limits
from doodle.ui.messages import BROKEN, parse
from doodle.ui.run import Queued, Run, Runs

WALK = "words walk"  # the name of its runs, which go on beside those of the grid
_WALK_FIELDS = ("request", "text", "second", "steps", "seed", "candidate", "truncation")


class DoodleTasks:
    """The handlers of the buttons; answers are messages for the parts that asked."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    async def draw(
        self, text: str, count: float, truncation: float, seed: float, request: gr.Request
    ) -> AsyncIterator[Any]:
        """Doodles of the sentence."""

        def make() -> tuple[Imagine, dict[str, Any]]:
            asked = limits.doodles(Imagine, text, count, seed, truncation, sketches=True)
            return asked, {"task": "draw"}

        async for answer in self._answers(make, request):
            yield answer

    async def more(
        self,
        message: str,
        text: str,
        count: float,
        truncation: float,
        seed: float,
        request: gr.Request,
    ) -> AsyncIterator[Any]:
        """Doodles like one, or between two words.

        Args:
            message: ``{"task": "like", "text", "candidate", "noise"}`` or ``{"task": "mix", "text",
                "second", "share"}`` with the share of the second, as JSON text.
        """

        def make() -> tuple[Imagine, dict[str, Any]]:
            fields = parse(message, "task", "text")
            common = (fields["text"], count, seed, truncation)
            if fields["task"] == "like":
                fields = parse(message, "candidate", "noise")
                near = {"candidate": fields["candidate"], "noise": _noise(fields["noise"])}
                return limits.doodles(Like, *common, **near), {"task": "like"}
            fields = parse(message, "second", "share")
            between = {"second": fields["second"], "share": fields["share"]}
            mix = limits.doodles(Mix, *common, **between)
            return mix, {"task": "mix", "second": mix.second, "share": mix.share}

        async for answer in self._answers(make, request):
            yield answer

    async def walk(self, message: str, request: gr.Request) -> str:
        """The way from a doodle's text to another.

        Args:
            message: ``{"request", "text", "second", "steps", "seed", "candidate", "truncation"}``;
                ``request``, its number, comes back, so that the page can drop what it no longer
                waits for.
        """
        number = None
        with self._runs.begin(request, WALK) as run:
            fields = parse(message, *_WALK_FIELDS)
            number = fields["request"]
            walk = _walk_request(fields)
            walked = await run.answer(walk)
            if walked is None:
                return json.dumps({"request": number, "stopped": True})
            words, doodles = [walk.text, walk.second], [_doodle(one) for one in walked.doodles]
            return json.dumps({"request": number, "words": words, "doodles": doodles})
        return json.dumps({"request": number, "error": run.problem})

    async def _answers(
        self, make: Callable[[], tuple[Imagine, dict[str, Any]]], caller: gr.Request
    ) -> AsyncIterator[Any]:
        """The messages of one run for the grid.

        Args:
            make: the request, and the fields that say which task it was.
        """
        with self._runs.begin(caller, "words") as run:
            yield gr.skip()  # at once: registers the stream, so that it can be ended
            request, task = make()
            async for event in run.events(request):
                if isinstance(event, Queued):
                    yield json.dumps({"run": run.id, "waiting": event.sentence})
                elif isinstance(event, Reading):  # before anything of it is drawn
                    if event.said:
                        yield json.dumps({"run": run.id, "waiting": event.said})
                else:
                    yield json.dumps(self._doodles(run, request, event) | task)
        if run.problem:
            yield json.dumps({"run": run.id, "error": run.problem})

    def _doodles(self, run: Run, request: Imagine, made: Doodles) -> dict[str, Any]:
        known = known_words(self._runs.executor.registry)
        return {
            "run": run.id,
            "text": request.text,
            "seed": request.seed,
            "truncation": request.truncation,
            "name": made.reading.name,
            "finish_as": finishable(made.reading, known),
            "reading": read_as(made.reading, *([made.second] if made.second else [])),
            "doodles": [_doodle(one) for one in made.doodles],
        }


def read_as(*texts: Reading) -> dict[str, Any]:
    """How a text, or the two of a mix, were understood, for the card that says so."""
    least = min(texts, key=lambda text: text.sure)
    return {
        "encoder": least.encoder,
        "kind": least.kind,
        "notice": " ".join(text.notice for text in texts if text.notice),
        "caveat": " ".join(text.caveat for text in texts if text.caveat),
        "seen": all(text.seen for text in texts),
        "near": [name for text in texts if not text.seen for name in text.near],
        "sure": round(float(least.sure), 3),
        "parts": [list(part) for text in texts for part in text.parts],
    }


def finishable(text: Reading, known: Sequence[str]) -> str:
    """The word that a doodle of a text is finished as in Draw: AUTO where none of `known` fits."""
    names = [text.name, *reversed([word for word, _ in text.parts])]  # the thing comes last
    return next((name for name in names if name in set(known)), AUTO)


def _doodle(one: Doodle) -> dict[str, Any]:
    """A doodle for the page: strokes as flat lists x, y, x, y, ... in a square of 256.

    A curve is such a list too: its start, then the two control points and the end of each piece.
    """
    curves = [_flat(np.append(curve.start, curve.pieces), 2) for curve in one.curves]
    return {
        "strokes": [_flat(line, 1) for line in one.drawing.polylines()],
        **({"curves": curves} if curves else {}),
        "score": round(float(one.score), 4),
        "traced": one.traced,
        "drawn_like": round(float(one.drawn_like), 4),
        "candidate": one.candidate,
        "noise": [round(float(v), 3) for v in one.noise],
        **({"seen": [round(float(v), 4) for v in one.seen]} if one.seen else {}),
    }


def _flat(values: np.ndarray, digits: int) -> list[float]:
    return np.round(values.astype(np.float64).ravel(), digits).tolist()


def _walk_request(fields: dict[str, Any]) -> Walk:
    return Walk(
        text=tidy_text(fields["text"]),
        second=tidy_text(fields["second"]),
        steps=limits.steps(fields["steps"]),
        seed=limits.seed(fields["seed"]),
        truncation=limits.truncation(fields["truncation"]),
        candidate=fields["candidate"],
    )


def _noise(values: Any) -> np.ndarray:
    """(z_size,) float32 from a message."""
    try:
        with np.errstate(over="ignore"):
            noise = np.array(values, np.float32)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(BROKEN) from None
    if noise.ndim != 1 or not noise.size or not np.isfinite(noise).all():
        raise ValueError(BROKEN)
    return noise
