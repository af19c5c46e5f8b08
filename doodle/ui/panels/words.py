"""Words: a sentence in, a grid of doodles out, best first, each with a way onward.

The grid's script (static/words.js) takes results in its own value as JSON text, and asks for more
of them there too: like this one, between two words. The walk (static/words_walk.js) does the same.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from doodle.ui.panels.parts import (
    QUIET,
    WORK,
    number_field,
    scripted,
    sentence,
    slider_field,
    word_field,
    words,
)
from doodle.ui.runs import Runs
from doodle.ui.studio import Studio, known_words
from doodle.ui.wish import (
    AUTO,
    MAX_TRUNCATION,
    MIN_TRUNCATION,
    Idea,
)

if TYPE_CHECKING:
    from doodle.pipelines.imagine import Doodle, Imagined
    from doodle.pipelines.text import TextVector

FIRST_TEXT, FIRST_COUNT, FIRST_SEED, FIRST_TRUNCATION = "a sleepy teapot", 16, 3, 0.8
FIRST_GOAL = "umbrella"
WALK_STEPS = 13
MAX_LETTER = 8_000  # characters of JSON
_WALK = ("at", "text", "second", "steps", "seed", "candidate", "truncation")
_BAD_LETTER = "That request did not arrive whole; try again."
_NEW_SEED = "() => Math.floor(Math.random() * 10000)"
_STOPPED = "() => document.dispatchEvent(new CustomEvent('doodle:ideas-stopped'))"
_PICKED = "() => window.doodle.ideaText"
_TO_FINISH = "() => window.doodle.toFinish"
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
            grid = scripted("words", problem=problem, elem_id="ideas")
        with gr.Column(elem_classes="dd-side", min_width=0):
            with gr.Column(elem_classes="dd-card", min_width=0):
                chosen = scripted("words_chosen", elem_id="chosen")
            with gr.Column(elem_classes="dd-card dd-walk-card", min_width=0):
                with gr.Row(elem_classes="dd-say dd-goal"):
                    words("Walk to")
                    word_field(choices, FIRST_GOAL, "The word to walk to", "words_goal")
                walk = scripted("words_walk", steps=WALK_STEPS, elem_id="walk")
            with gr.Column(elem_classes="dd-card", min_width=0):
                scripted("words_read", elem_id="read")
    return WordsPanel(**fields, grid=grid, chosen=chosen, walk=walk)


def _sentence(choices: list[str]) -> dict[str, Any]:
    """'Draw me a sleepy teapot in 16 ways, usual to odd, seed 3. Draw.' in fields."""
    words("Draw me")
    text = word_field(choices, FIRST_TEXT, "What to draw", "words_text")
    words("in")
    count = number_field(FIRST_COUNT, "How many doodles", "words_count")
    words("ways,")
    bounds = (MIN_TRUNCATION, MAX_TRUNCATION)
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
    panel: WordsPanel, studio: Studio, runs: Runs, choices: list[str], word: gr.Dropdown
) -> None:
    """Connect the controls with the models.

    Args:
        runs: of this tool alone, so that a completion does not end it.
        choices: a surprise is one of them.
        word: of the sentence in Draw, where a doodle is finished.
    """
    ideas = Ideas(studio, runs)
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

    def __init__(self, studio: Studio, runs: Runs) -> None:
        self._studio = studio
        self._runs = runs
        self._turn = threading.Lock()

    def fresh(
        self, text: str, count: float, truncation: float, seed: float, request: gr.Request
    ) -> Iterator[Any]:
        """Doodles of the sentence."""

        def make() -> dict[str, Any]:
            idea = Idea(text, count, seed, truncation)
            return self._told(idea, self._studio.imagine(idea))

        yield from self._answer(make, request.session_hash or "")

    def more(
        self,
        letter: str,
        text: str,
        count: float,
        truncation: float,
        seed: float,
        request: gr.Request,
    ) -> Iterator[Any]:
        """Doodles like one, or between two words.

        Args:
            letter: ``{"task": "like", "text", "candidate", "noise"}`` or ``{"task": "mix", "text",
                "second", "share"}`` with the share of the second, as JSON text.
        """

        def make() -> dict[str, Any]:
            asked = _opened(letter, "task", "text")
            if asked["task"] == "like":
                asked = _opened(letter, "text", "candidate", "noise")
                idea = Idea(asked["text"], count, seed, truncation)
                near = self._studio.like(idea, asked["candidate"], _noise(asked["noise"]))
                return self._told(idea, near, "like")
            asked = _opened(letter, "text", "second", "share")
            idea, second = Idea(asked["text"], count, seed, truncation), Idea(asked["second"]).text
            mixed = self._studio.mix(idea, second, asked["share"])
            return self._told(idea, mixed, "mix", second=second, share=asked["share"])

        yield from self._answer(make, request.session_hash or "")

    def walk(self, letter: str) -> str:
        """The way from a doodle's text to another.

        Args:
            letter: ``{"at", "text", "second", "steps", "seed", "candidate", "truncation"}``; ``at``
                comes back, so that the page can drop what it no longer waits for.
        """
        at = None
        try:
            asked = _opened(letter, *_WALK)
            at = asked["at"]
            idea = Idea(asked["text"], 1, asked["seed"], asked["truncation"])
            second = Idea(asked["second"]).text
            steps = self._studio.walk(idea, second, asked["steps"], asked["candidate"])
            doodles = [_doodle(one) for one in steps]
            names, shares = [idea.text, second], [round(float(one.share), 4) for one in steps]
            return json.dumps({"at": at, "words": names, "shares": shares, "doodles": doodles})
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return json.dumps({"at": at, "error": sentence(error)})

    def stop(self, request: gr.Request) -> None:
        """Forget this visitor's request; what is on the page stays."""
        self._runs.stop(request.session_hash or "")

    def _answer(self, make: Callable[[], dict[str, Any]], session: str) -> Iterator[Any]:
        run = self._runs.start(session)
        yield gr.skip()  # at once: registers the stream, so that it can be ended
        with self._turn:  # of many presses in a row, those that waited here are not worked on
            if not self._runs.is_newest(session, run):
                return
            try:
                answer = make()
            except Exception as error:  # whatever it was, the visitor reads one sentence
                answer = {"error": sentence(error)}
        if self._runs.is_newest(session, run):
            yield json.dumps({"run": run, **answer})

    def _told(self, idea: Idea, made: Imagined, task: str = "draw", **more: Any) -> dict[str, Any]:
        return {
            "task": task,
            "text": idea.text,
            "seed": idea.seed,
            "truncation": idea.truncation,
            "name": made.text.name,
            "finish": finishable(made.text, known_words(self._studio.registry)),
            "read": read_as(made.text, *([made.second] if made.second else [])),
            "doodles": [_doodle(one) for one in made.doodles],
            **more,
        }


def read_as(*texts: TextVector) -> dict[str, Any]:
    """How a text, or the two of a mix, were understood, for the card that says so."""
    least = min(texts, key=lambda text: text.sure)
    return {
        "encoder": least.encoder,
        "kind": least.kind,
        "notice": " ".join(text.notice for text in texts if text.notice),
        "sure": round(float(least.sure), 3),
        "parts": [list(part) for text in texts for part in text.parts],
    }


def finishable(text: TextVector, known: Sequence[str]) -> str:
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
        "noise": [round(float(v), 3) for v in one.z],
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
