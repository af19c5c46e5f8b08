"""Finish a drawing in two ways and show what does it good: SketchRNN's endings and doodles'."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from doodle.device import generators
from doodle.pipelines import doodle_endings, selection
from doodle.pipelines.complete import Completer, Ending, Ranked, each_on
from doodle.pipelines.generator import Generator, Target
from doodle.pipelines.steps import Call, Task
from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import extent

SKETCHED, LEAST = 3, 12  # SketchRNN's candidates for each ending, and at least
PICTURES, TRUNCATION = 32, 0.9  # doodles among which some may contain the drawing
TRACED = 12  # of them, those that fit best
DOODLES_FROM = 1000  # number of the first of their candidates
FEW = 3  # endings worth showing, below which as many candidates again are drawn
HOPE = 0.03  # but not where the best of the first ones is worth less


class _Candidates(NamedTuple):
    """What may be added to a drawing, from both networks."""

    strokes: list[list[np.ndarray]]
    numbers: list[int]
    penalties: list[float]  # off the score, of doodles that fit badly


class Finisher:
    """Endings of both networks, ranked together.

    Args:
        completer: with a ranker; draws on.
        generator: draws wholes; None does without.
    """

    def __init__(self, completer: Completer, generator: Generator | None = None) -> None:
        self.completer = completer
        self.generator = generator

    def endings(
        self,
        drawing: Drawing,
        word: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        selective: bool = False,
    ) -> Task:
        """The n best endings of a drawing.

        SketchRNN's first n are inked while they are drawn.  Candidates from DOODLES_FROM on come
        from doodles.  Where the completer cannot rank, or nothing is drawn, its own endings are
        given.

        Args:
            selective: only those that are worth showing, see `selection`; where they are few, more
                are drawn.

        Raises:
            UnknownWord, ValueError: as `Completer.endings`.
        """
        completer, lines = self.completer, drawing.polylines()
        ranker = completer.ranker
        if ranker is None or not lines:
            yield from completer.endings(drawing, word, n=n, temperature=temperature, seed=seed)
            return
        vector, count = completer.vector(word), self._count(n)
        name, side = completer.words.lookup(word).name, extent(lines)
        begun = yield from completer.begun(drawing, vector)
        found, before = _Candidates([], [], []), 0.0
        scores: list[float] = []
        chosen: list[int] = []
        for part in range(2 if selective else 1):
            first = part * count
            drawn = yield from completer.continued(
                begun, count, temperature, seed, first=first, visible=0 if part else n
            )
            more = _Candidates(drawn, list(range(first, first + count)), [0.0] * count)
            if self.generator is not None:
                target, first = Target(name, vector[0]), part * PICTURES
                added = yield from _doodles(self.generator, target, lines, seed, first)
                more = _joined(more, added)
            # the drawing as it is goes with them
            every = each_on(lines, [[], *more.strokes])
            before, *new = yield from ranker.scores(every, name, vector[0])
            scores, found = scores + new, _joined(found, more)
            worth = [score - less for score, less in zip(scores, found.penalties, strict=True)]
            least = -np.inf
            if selective:
                least = selection.least_worth(worth, before)
                worth = [
                    -1.0 if selection.is_stray(ending, value, before, side) else value
                    for ending, value in zip(found.strokes, worth, strict=True)
                ]
            chosen = selection.best(found.strokes, worth, n, side, least)
            if len(chosen) >= FEW or max(worth) < HOPE:
                break
        end = yield Call(partial(completer.end_chance, begun))
        kept = [
            Ending(tuple(found.strokes[k]), scores[k], number, number >= DOODLES_FROM)
            for k, number in ((k, found.numbers[k]) for k in chosen)
        ]
        yield Ranked(kept, before, selection.is_finished(before, end))

    def _count(self, n: int) -> int:
        """How many candidates SketchRNN draws; more where doodles do not help."""
        count = self.completer.count(n, True)
        if self.generator is None:
            return count
        return max(n, LEAST, min(count, SKETCHED * n))


def _doodles(
    generator: Generator, target: Target, lines: Sequence[np.ndarray], seed: int, first: int
) -> Task:
    """What doodles add, from picture number `first` on; a part of a task: the `_Candidates`."""
    numbered = generators(seed, first + PICTURES)[first:]
    noise = [torch.randn(generator.z_size, generator=g) for g in numbered]
    z = TRUNCATION * torch.stack(noise).to(target.vector.device)
    (drawn,) = yield generator.steps([target], z, scored=False)
    ink = drawn.ink.float()
    placed = yield Call(partial(doodle_endings.placements, ink, lines, TRACED))
    if not placed:
        return _Candidates([], [], [])
    curves = yield Call(partial(doodle_endings.strokes_of, ink, placed))
    size = ink.shape[-1]
    added = yield Call(partial(doodle_endings.additions, curves, placed, lines, size))
    numbers = [DOODLES_FROM + first + place.picture for place in placed]
    return _Candidates(added, numbers, [place.penalty for place in placed])


def _joined(one: _Candidates, other: _Candidates) -> _Candidates:
    return _Candidates(
        one.strokes + other.strokes,
        one.numbers + other.numbers,
        one.penalties + other.penalties,
    )
