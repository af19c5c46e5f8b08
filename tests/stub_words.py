"""An imaginer and a text encoder that stand in for the trained ones: quick and seeded."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from doodle.models.words import UnknownWord
from doodle.pipelines.steps import Call
from doodle.strokes.curves import fit_curves
from doodle.strokes.drawing import Drawing


@dataclass(frozen=True)
class Read:
    """As much of `TextVector` as the page uses."""

    text: str
    name: str
    parts: tuple[tuple[str, str], ...]
    kind: str = "exact"
    encoder: str = "words"
    sure: float = 0.9
    notice: str = ""
    seen: bool = True
    near: tuple[str, ...] = ()
    caveat: str = ""


class StubEncoder:
    """Knows every word in letters; "sleepy" is placed by its meaning, "qqq" is the nearest word."""

    def __init__(self, words: Any, clip: Any = None) -> None:
        pass

    def __call__(self, text: str) -> Read:
        if len(text) > 200:
            raise UnknownWord(f"That is {len(text):,} characters; at most 200 do.")
        names = [word for word in text.lower().split() if word.isascii() and word.isalpha()]
        names = [word for word in names if word not in ("a", "an", "the")]
        if not names:
            raise UnknownWord("I know English words only: type one in letters, such as cat.")
        how = {"sleepy": "placed by meaning"}
        parts = tuple((word, how.get(word, "known exactly")) for word in names)
        read = Read(text, names[-1], parts, "exact" if len(names) == 1 else "composed")
        if text == "qqq":
            return replace(read, name="cat", kind="nearest", sure=0.2, notice="I read it as a cat.")
        if text == "robot":
            caveat = "I have never seen “robot” drawn; nearest: fish or cat."
            return replace(read, kind="placed", seen=False, near=("fish", "cat"), caveat=caveat)
        return read


class StubImaginer:
    """The tasks of `Imaginer`: rings that differ by text, seed and candidate.

    `pause` is slept in every call; it is for tests.
    """

    pause = 0.0

    def __init__(self, network: Any, encoder: StubEncoder, recogniser: Any) -> None:
        self.encoder = encoder

    def doodles_of(
        self,
        texts: Sequence[str],
        *,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        rank: bool = True,
        trace: bool = True,
    ) -> Iterator[Any]:
        for text in texts:
            read = self.encoder(text)
            yield read
            yield (yield from self._imagined(read, n, seed, truncation))

    def mixed(
        self,
        first: str,
        second: str,
        share: float,
        *,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
    ) -> Iterator[Any]:
        mixed = yield from self._imagined(self.encoder(first), n, seed, truncation + share)
        mixed.second = self.encoder(second)
        for doodle in mixed.doodles:
            doodle.seen = (0.4 * (1 - share), 0.3 * share)
        yield mixed

    def alike(
        self, text: str, doodle: Any, *, n: int = 16, spread: float = 0.4, truncation: float = 1.0
    ) -> Iterator[Any]:
        seed, candidate, noise = doodle
        seed = seed + 1000 * (candidate + 1)
        yield (yield from self._imagined(self.encoder(text), n, seed, float(noise[0]) * spread))

    def walked(
        self,
        first: str,
        second: str,
        *,
        steps: int = 8,
        seed: int = 0,
        truncation: float = 1.0,
        candidate: int | None = None,
    ) -> Iterator[Any]:
        ends = [self.encoder(text).name for text in (first, second)]
        way = [
            _ring(ends[2 * k >= steps], seed, candidate or k, truncation, 0.5) for k in range(steps)
        ]
        for k, doodle in enumerate(way):
            doodle.share = k / (steps - 1)
        yield SimpleNamespace(doodles=way)

    def _imagined(self, read: Read, n: int, seed: int, truncation: float) -> Iterator[Any]:
        yield Call(partial(time.sleep, self.pause))
        doodles = [_ring(read.name, seed, k, truncation, 0.96 - 0.02 * k) for k in range(n)]
        return SimpleNamespace(text=read, doodles=doodles, second=None)


def _ring(name: str, seed: int, k: int, truncation: float, score: float) -> SimpleNamespace:
    """A ring with as many bumps as the name has letters, and a stroke across it."""
    turn = np.linspace(0, 2 * np.pi, 60)
    rng = np.random.default_rng([seed, k])
    size = 80 + 20 * np.sin(len(name) * turn + rng.uniform(0, 6)) * truncation
    ring = np.column_stack([128 + size * np.cos(turn), 128 + 0.8 * size * np.sin(turn)])
    across = 128 + rng.uniform(-40, 40, (4, 2))
    drawing = Drawing.from_polylines([ring, across], 256, 256)
    curves = fit_curves([ring.astype(np.float64), across], 9.0)
    return SimpleNamespace(
        drawing=drawing,
        curves=curves,
        score=score,
        drawn_like=0.71,
        candidate=k,
        picture=np.full((28, 28), 255, np.uint8),
        share=0.0,
        traced=True,
        seen=(),
        z=rng.normal(size=8),
    )
