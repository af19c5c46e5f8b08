"""Words: a sentence in, a grid of doodles out, best first, each with a way onward.

The grid's script (grid.js) takes results in its own value as JSON text, and asks for more
of them there too: like this one, between two words. The walk (walk.js) does the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from doodle.requests import AUTO, Imagine, Like, Mix, Walk
from doodle.requests.checks import tidy_text
from doodle.services.executor import Executor
from doodle.services.readiness import known_words
from doodle.services.results import Doodle, Doodles, Reading, Waiting
from doodle.ui import limits
from doodle.ui.parts import (
    QUIET,
    WORK,
    number_field,
    queued,
    scripted,
    sentence,
    slider_field,
    word_field,
    words,
)
from doodle.ui.runs import Runs
from doodle.ui.scripts import call

FIRST_TEXT, FIRST_COUNT, FIRST_SEED, FIRST_TRUNCATION = "a sleepy teapot", 16, 3, 0.8
FIRST_GOAL = "umbrella"
WALK_STEPS = 13
MAX_LETTER = 8_000  # characters of JSON
_WALK = ("at", "text", "second", "steps", "seed", "candidate", "truncation")
_BAD_LETTER = "That request did not arrive whole; try again."
_NEW_SEED = "() => Math.floor(Math.random() * 10000)"
_STOPPED = call("words.stopped")
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
    walk: gr.HTML

    @property
    def wishes(self) -> list[Any]:
        """The fields of the sentence, in the handlers' order."""
        return [self.text, self.count, self.truncation, self.seed]


def build(choices: list[str], problem: str = "") -> WordsPanel:
    """Lay the tool out.

    Args:
        choices: words to suggest.
        problem: why nothing can be drawn here, if so; it is said in place of the doodles.
    """
    with gr.Row(elem_classes="dd-desk dd-desk-words"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            with gr.Row(elem_id="say_words", elem_classes="dd-say"):
                fields = _sentence(choices)
            grid = scripted("tools/words/grid", problem=problem, elem_id="ideas")
        with gr.Column(elem_classes="dd-side", min_width=0):
            with gr.Column(elem_classes="dd-card", min_width=0):
                chosen = scripted("tools/words/chosen", elem_id="chosen")
            with gr.Column(elem_classes="dd-card dd-walk-card", min_width=0):
                with gr.Row(elem_classes="dd-say dd-goal"):
                    words("Walk to")
                    word_field(choices, FIRST_GOAL, "The word to walk to", "words_goal")
                walk = scripted("tools/words/walk", steps=WALK_STEPS, elem_id="walk")
            with gr.Column(elem_classes="dd-card", min_width=0):
                scripted("tools/words/read", elem_id="read")
    return WordsPanel(**fields, grid=grid, chosen=chosen, walk=walk)


def _sentence(choices: list[str]) -> dict[str, Any]:
    """'Draw me a sleepy teapot in 16 ways, usual to odd, seed 3. Draw.' in fields."""
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


def wire(
    panel: WordsPanel, executor: Executor, runs: Runs, choices: list[str], word: gr.Dropdown
) -> None:
    """Connect the controls with the models.

    Args:
        runs: of this tool alone, so that a completion does not end it.
        choices: a surprise is one of them.
        word: of the sentence in Draw, where a doodle is finished.
    """
    ideas = Ideas(executor, runs)
    drawn = {"fn": ideas.fresh, "inputs": panel.wishes, "outputs": panel.grid, **WORK}
    panel.go.click(**drawn)
    panel.reroll.click(None, None, panel.seed, js=_NEW_SEED, **QUIET).then(**drawn)
    panel.surprise.click(
        lambda text: another(choices, text), panel.text, panel.text, queue=False, **QUIET
    ).then(**drawn)
    panel.grid.pick(None, None, panel.text, js=_PICKED, **QUIET).then(**drawn)
    panel.grid.named(None, None, panel.text, js=_PICKED, **QUIET)
    panel.grid.more(ideas.more, [panel.grid, *panel.wishes], panel.grid, **WORK)
    panel.walk.go(ideas.walk, panel.walk, panel.walk, **WORK)
    panel.stop.click(ideas.stop, None, None, js=_STOPPED, queue=False, **QUIET)
    panel.chosen.finish(None, None, word, js=_TO_FINISH, **QUIET).then(None, js=_FINISH, **QUIET)


def another(choices: Sequence[str], text: str) -> str:
    """A word by chance, not the one that stands there."""
    return random.choice([word for word in choices if word != text] or [FIRST_GOAL])


class Ideas:
    """What the buttons do; answers are letters, JSON text for the parts that asked."""

    def __init__(self, executor: Executor, runs: Runs) -> None:
        self._executor = executor
        self._runs = runs
        self._walks = Runs()

    async def fresh(
        self, text: str, count: float, truncation: float, seed: float, request: gr.Request
    ) -> AsyncIterator[Any]:
        """Doodles of the sentence."""

        def ask() -> tuple[Imagine, dict[str, Any]]:
            return limits.doodles(Imagine, text, count, seed, truncation), {"task": "draw"}

        async for answer in self._answers(ask, request.session_hash or ""):
            yield answer

    async def more(
        self,
        letter: str,
        text: str,
        count: float,
        truncation: float,
        seed: float,
        request: gr.Request,
    ) -> AsyncIterator[Any]:
        """Doodles like one, or between two words.

        Args:
            letter: ``{"task": "like", "text", "candidate", "noise"}`` or ``{"task": "mix", "text",
                "second", "share"}`` with the share of the second, as JSON text.
        """

        def ask() -> tuple[Imagine, dict[str, Any]]:
            asked = _opened(letter, "task", "text")
            fields = (asked["text"], count, seed, truncation)
            if asked["task"] == "like":
                asked = _opened(letter, "text", "candidate", "noise")
                near = {"candidate": asked["candidate"], "noise": _noise(asked["noise"])}
                return limits.doodles(Like, *fields, **near), {"task": "like"}
            asked = _opened(letter, "text", "second", "share")
            between = {"second": asked["second"], "share": asked["share"]}
            mix = limits.doodles(Mix, *fields, **between)
            return mix, {"task": "mix", "second": mix.second, "share": mix.share}

        async for answer in self._answers(ask, request.session_hash or ""):
            yield answer

    async def walk(self, letter: str, request: gr.Request) -> str:
        """The way from a doodle's text to another.

        Args:
            letter: ``{"at", "text", "second", "steps", "seed", "candidate", "truncation"}``; ``at``
                comes back, so that the page can drop what it no longer waits for.
        """
        at, session = None, request.session_hash or ""
        run = self._walks.start(session)
        try:
            asked = _opened(letter, *_WALK)
            at = asked["at"]
            walk = Walk(
                text=tidy_text(asked["text"]),
                second=tidy_text(asked["second"]),
                steps=limits.steps(asked["steps"]),
                seed=limits.seed(asked["seed"]),
                truncation=limits.spread(asked["truncation"]),
                candidate=asked["candidate"],
            )
            job = self._executor.submit(walk, session)
            self._walks.holds(session, run, job)
            walked = await job.answer()
            if walked is None:
                return json.dumps({"at": at, "stopped": True})
            shares = [round(one.share, 4) for one in walked.doodles]
            words, doodles = [walk.text, walk.second], [_doodle(one) for one in walked.doodles]
            return json.dumps({"at": at, "words": words, "shares": shares, "doodles": doodles})
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return json.dumps({"at": at, "error": sentence(error)})

    def stop(self, request: gr.Request) -> None:
        """Forget this visitor's requests; what is on the page stays."""
        for runs in (self._runs, self._walks):
            runs.stop(request.session_hash or "")

    async def _answers(
        self, ask: Callable[[], tuple[Imagine, dict[str, Any]]], session: str
    ) -> AsyncIterator[Any]:
        run = self._runs.start(session)
        yield gr.skip()  # at once: registers the stream, so that it can be ended
        answer: dict[str, Any] | None = None
        try:
            request, task = ask()
            job = self._executor.submit(request, session)
            self._runs.holds(session, run, job)
            async for event in job:
                if isinstance(event, Waiting):
                    yield json.dumps({"run": run, "waiting": queued(event)})
                else:
                    answer = self._told(request, event, task)
        except Exception as error:  # whatever it was, the visitor reads one sentence
            answer = {"error": sentence(error)}
        if answer and self._runs.is_newest(session, run):
            yield json.dumps({"run": run, **answer})

    def _told(self, request: Imagine, made: Doodles, task: dict[str, Any]) -> dict[str, Any]:
        return {
            "text": request.text,
            "seed": request.seed,
            "truncation": request.truncation,
            "name": made.reading.name,
            "finish": finishable(made.reading, known_words(self._executor.registry)),
            "read": read_as(made.reading, *([made.second] if made.second else [])),
            "doodles": [_doodle(one) for one in made.doodles],
            **task,
        }


def read_as(*texts: Reading) -> dict[str, Any]:
    """How a text, or the two of a mix, were understood, for the card that says so."""
    least = min(texts, key=lambda text: text.sure)
    return {
        "encoder": least.encoder,
        "kind": least.kind,
        "notice": " ".join(text.notice for text in texts if text.notice),
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
    return {
        "strokes": [_flat(line, 1) for line in one.drawing.polylines()],
        "curves": [_flat(np.append(curve.start, curve.pieces), 2) for curve in one.curves],
        "score": round(float(one.score), 4),
        "drawn_like": round(float(one.drawn_like), 4),
        "candidate": one.candidate,
        "noise": [round(float(v), 3) for v in one.noise],
    }


def _flat(values: np.ndarray, digits: int) -> list[float]:
    return np.round(values.astype(np.float64).ravel(), digits).tolist()


def _noise(values: Any) -> np.ndarray:
    """(z_size,) float32 from a letter."""
    try:
        with np.errstate(over="ignore"):
            noise = np.array(values, np.float32)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(_BAD_LETTER) from None
    if noise.ndim != 1 or not noise.size or not np.isfinite(noise).all():
        raise ValueError(_BAD_LETTER)
    return noise


def _opened(letter: Any, *keys: str) -> dict[str, Any]:
    """A letter with all of `keys` in it."""
    try:
        if isinstance(letter, str) and len(letter) <= MAX_LETTER:
            asked = json.loads(letter)
            if isinstance(asked, dict) and asked.keys() >= set(keys):
                return asked
    except (ValueError, RecursionError):
        pass  # as any other letter that cannot be read
    raise ValueError(_BAD_LETTER)
