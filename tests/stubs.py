"""A completer and a registry that stand in for the trained ones: quick, seeded, recognisable."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from stub_words import StubImaginer

from doodle.errors import ModelUnavailable
from doodle.pipelines import complete as completing
from doodle.pipelines import drawer as drawing_words
from doodle.pipelines import imagine as imagining
from doodle.pipelines.complete import Ending, Ink, Morphed, Ranked
from doodle.pipelines.recognise import Guesses
from doodle.pipelines.steps import GUESS, Call, Step
from doodle.pipelines.text import TextVector
from doodle.strokes.drawing import Drawing

EXAMPLES = Path(__file__).resolve().parents[1] / "doodle" / "ui" / "tools" / "draw" / "sketches"

# What the half-drawn sketches lack, in their canvas units.
ENDINGS: dict[str, list[list[tuple[float, float]]]] = {
    "cat": [
        [(552, 350), (574, 372), (556, 396), (540, 374), (552, 350)],
        [(632, 462), (690, 450), (760, 446)],
        [(634, 488), (700, 498), (756, 520)],
        [(500, 470), (480, 500), (452, 496)],
        [(500, 470), (520, 500), (550, 494)],
    ],
    "butterfly": [
        [(514, 350), (570, 170), (750, 120), (760, 270), (600, 400), (516, 392)],
        [(516, 400), (670, 390), (750, 500), (670, 570), (530, 520), (513, 430)],
    ],
    "umbrella": [
        [(500, 394), (500, 560), (490, 610), (460, 622), (436, 600)],
        [(500, 170), (500, 140)],
    ],
    "fish": [
        [(640, 372), (730, 300), (716, 372), (738, 450), (640, 372)],
        [(420, 260), (470, 200), (520, 268)],
        [(470, 400), (520, 430), (470, 440)],
    ],
    "house": [
        [(290, 356), (504, 190), (718, 356)],
        [(620, 262), (620, 200), (660, 200), (660, 300)],
    ],
    "sailboat": [[(503, 150), (680, 480), (510, 490)], [(496, 200), (360, 480), (496, 490)]],
    "rabbit": [
        [(430, 292), (396, 130), (438, 96), (474, 150), (480, 284)],
        [(530, 284), (540, 130), (580, 96), (610, 140), (572, 294)],
    ],
    "sun": [
        [(500 + 170 * c, 374 + 170 * s), (500 + 250 * c, 374 + 250 * s)]
        for c, s in [(np.cos(a), np.sin(a)) for a in np.arange(0, 6.28, 0.785)]
    ],
}


def _beginnings(word: str) -> list[np.ndarray]:
    for path in EXAMPLES.glob(f"*_{word}.json"):
        return Drawing.parse(json.loads(path.read_text())["drawing"]).polylines()
    turn = np.linspace(0, 6.28, 24)
    return [np.column_stack([500 + 160 * np.cos(turn), 375 + 160 * np.sin(turn)])]


class StubCompleter:
    """The tasks of `Completer`; knows the words of the sketches, "blob", and no other.

    Class attributes are for tests: `pause` is slept between two events, `calls` counts the runs.
    """

    pause = 0.0
    ranker = None  # so that its own endings are given as they are
    calls = 0

    def __init__(self, network: Any, words: Any, recogniser: Any = None) -> None:
        self.ranks = recogniser is not None

    def _ending(self, word: str, seed: int, k: int, whole: bool) -> list[np.ndarray]:
        if word not in ENDINGS and word != "blob":
            raise ValueError(f"I have no picture of {word!r}. Did you mean cat?")
        rng = np.random.default_rng([seed, k])
        strokes = [np.array(points) for points in ENDINGS.get(word, [[(420, 380), (560, 400)]])]
        strokes = [_curved(points) for points in strokes]
        if whole:
            strokes = [*_beginnings(word), *strokes]
        shift, scale = rng.normal(0, 7, 2), 1 + rng.normal(0, 0.05)
        return [
            (500, 375) + (points - (500, 375)) * scale + shift + _wobble(rng, len(points))
            for points in strokes
        ]

    def _endings(self, word: str, n: int, seed: int, rank: bool, whole: bool) -> list[Ending]:
        score = (lambda k: round(0.97 - 0.02 * (k * 7 % (2 * n)), 4)) if rank else (lambda k: None)
        endings = [
            Ending(tuple(self._ending(word, seed, k, whole)), score(k), k) for k in range(2 * n)
        ]
        return sorted(endings, key=lambda ending: -(ending.score or 0))[:n]

    def endings(
        self,
        drawing: Drawing,
        word: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        rank: bool = True,
    ) -> Iterator[Any]:
        type(self).calls += 1
        inks = [
            [
                (k, i == 0, float(x), float(y))
                for stroke in self._ending(word, seed, k, False)
                for i, (x, y) in enumerate(stroke)
            ]
            for k in range(n)
        ]
        for step in range(0, max(map(len, inks)), 6):
            if self.pause:
                yield Call(partial(time.sleep, self.pause))
            yield Ink([point for ink in inks for point in ink[step : step + 6]])
        yield Ranked(self._endings(word, n, seed, rank and self.ranks, False))

    def redrawn(
        self,
        drawing: Drawing,
        word: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        rank: bool = True,
    ) -> Iterator[Any]:
        rng = np.random.default_rng(seed)
        yield Ranked(
            [
                Ending(
                    tuple(line + _wobble(rng, len(line), 9) for line in drawing.polylines()),
                    0.9 - 0.05 * k,
                    k,
                )
                for k in range(n)
            ]
        )

    def morphed(
        self,
        first: Drawing,
        second: Drawing,
        word_first: str,
        word_second: str,
        *,
        steps: int = 8,
        temperature: float = 0.1,
        seed: int = 0,
    ) -> Iterator[Any]:
        a, b = (_spread(one.polylines()) for one in (first, second))
        if self.pause:
            yield Call(partial(time.sleep, self.pause))
        yield Morphed(
            [
                Drawing.from_polylines(
                    [(x + (y - x) * t) * 0.256 for x, y in zip(a, b, strict=True)]
                )
                for t in np.linspace(0, 1, steps)
            ]
        )


class StubDrawer:
    """The tasks of `Drawer`: whole drawings of the stub's words, every third one traced; doodles of
    which the last one is in ink order.
    """

    def __init__(
        self, completer: StubCompleter, encoder: Any, imaginer: Any = None, recognition: Any = None
    ) -> None:
        self.completer, self.imaginer = completer, imaginer

    def doodles(self, text: str, *, n: int = 16, **asked: Any) -> Iterator[Any]:
        for event in self.imaginer.doodles_of([text], n=n, **asked):
            if hasattr(event, "doodles") and n > 1:
                event.doodles[-1].traced, event.doodles[-1].curves = False, ()
            yield event

    def drawings(
        self,
        text: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        rank: bool = True,
        doodles: bool = True,
    ) -> Iterator[Any]:
        caveat = "I have never seen “blob” drawn; nearest: fish." if text == "blob" else ""
        yield TextVector(text, torch.zeros(512), "words", text, "exact", 1.0, caveat=caveat)
        endings = self.completer._endings(text, n, seed, rank and self.completer.ranks, True)
        yield Ranked(
            [
                Ending(tuple(s * 0.25 for s in e.strokes), e.score, e.candidate, k % 3 == 2)
                for k, e in enumerate(endings)
            ]
        )


def use_stubs(patch: Any) -> None:
    """Let services draw with the stubs."""
    patch.setattr(completing, "Completer", StubCompleter)
    patch.setattr(drawing_words, "Drawer", StubDrawer)
    patch.setattr(imagining, "Imaginer", StubImaginer)


def _curved(points: np.ndarray) -> np.ndarray:
    at = np.linspace(0, len(points) - 1, 4 * len(points))
    return np.column_stack([np.interp(at, np.arange(len(points)), axis) for axis in points.T])


def _wobble(rng: np.random.Generator, n: int, size: float = 2.5) -> np.ndarray:
    return size * np.sin(np.outer(np.arange(n), (0.7, 0.9)) + rng.uniform(0, 6, 2))


def _spread(lines: Sequence[np.ndarray], strokes: int = 8, points: int = 24) -> list[np.ndarray]:
    out = []
    for k in range(strokes):
        line = lines[k % len(lines)]
        at = np.linspace(0, len(line) - 1, points)
        out.append(np.column_stack([np.interp(at, np.arange(len(line)), axis) for axis in line.T]))
    return out


class StubRecognition:
    """The tasks of `Recognition`, and the engine of their steps.

    Sure of a cat up to two strokes, of a fish beyond.

    A drawing narrower than SMALL is "unknown". Class attributes are for tests: `pause` is slept in
    every batch, `batches` keeps how many drawings came together.
    """

    urgency = GUESS
    parallel = False

    NAMES = ("cat", "fish", "rabbit", "house", "butterfly", "umbrella", "sun", "sailboat", "apple")
    SMALL = 60
    pause = 0.0
    batches: list[int] = []

    def __init__(self, recogniser: Any, words: Any, strokes: Any = None) -> None:
        pass

    def guesses(
        self, drawings: Sequence[Drawing], *, top: int = 5, words: Sequence[str] | None = None
    ) -> Iterator[Any]:
        if words and "zzyzx" in words:
            raise ValueError("I have no picture of 'zzyzx'. Did you mean cat?")
        yield Step(self, len(drawings))
        yield tuple(self._guess(one, top, list(words or self.NAMES)) for one in drawings)

    def take(self, steps: Sequence[Step]) -> list[Step]:
        return list(steps)

    def run(self, steps: Sequence[Step]) -> None:
        type(self).batches.append(sum(step.size for step in steps))
        time.sleep(self.pause)
        for step in steps:
            step.finish(None)

    def _guess(self, drawing: Drawing, top: int, names: list[str]) -> Guesses:
        if not drawing:
            return Guesses([], True, np.zeros(512, np.float32))
        if len(drawing.strokes) > 2 and len(names) > 1:
            names[:2] = names[1::-1]
        xs = np.concatenate(drawing.polylines())[:, 0]
        unknown = bool(np.ptp(xs) < self.SMALL)
        best = 0.2 if unknown else min(0.5 + 0.1 * len(drawing.strokes), 0.9)
        chances = [best] + [min(best, 1 - best) / 2**k for k in range(1, len(names))]
        guesses = list(zip(names, chances, strict=True))[:top]
        return Guesses(guesses, unknown, np.zeros(512, np.float32))

    def reasons(self, drawing: Drawing, word: str | None = None) -> Iterator[Any]:
        word = word or self._guess(drawing, 1, list(self.NAMES)).guesses[0][0]
        yield word, [(3.0, -1.5, 0.02)[k % 3] for k in range(len(drawing.strokes))]


class StubRegistry:
    """As much of `Registry` as the page uses; `missing` lets every use fail.

    `without` are checkpoints that are not there.
    """

    def __init__(self, missing: bool = False, without: Sequence[str] = ()) -> None:
        self.missing = missing
        self.without = set(without)
        self.placement = SimpleNamespace(device=SimpleNamespace(type="cpu"))
        self.lock = threading.Lock()
        self.uses = 0
        self.built: dict[tuple[str, ...], Any] = {}

    def cards(self) -> list[SimpleNamespace]:
        if self.missing:
            return []
        headers = {
            "sketch_rnn": {"data": {"core": ["cat", "rabbit"]}},
            "words": {"config": {"categories": sorted([*ENDINGS, "apple", "blob"])}},
            "recogniser": {},
            "dccgan": {"data": {"categories": sorted(ENDINGS)}},
        }
        there = headers.keys() - self.without
        return [
            SimpleNamespace(name=n, header=h, problem="") for n, h in headers.items() if n in there
        ]

    def status(self) -> str:
        return "cpu in float32 (stub) · ready: sketch_rnn, words, recogniser"

    @contextmanager
    def use(self, *names: str) -> Iterator[tuple[str, ...]]:
        if self.without & set(names):
            raise ModelUnavailable("The checkpoint is missing. Run `git pull`.")
        if self.missing:
            raise ModelUnavailable(
                "The checkpoint sketch_rnn is missing. Run `git checkout -- checkpoints`."
            )
        with self.lock:
            self.uses += 1
        yield names

    def keep(self, names: tuple[str, ...], networks: tuple[Any, ...], build: Any) -> Any:
        if names not in self.built:
            self.built[names] = build(*networks)
        return self.built[names]
