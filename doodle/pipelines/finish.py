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

PICTURES, TRUNCATION = 64, 0.9  # doodles among which some may contain the drawing
TRACED = 16  # of them, those that fit best
DOODLES_FROM = 1000  # number of the first of their candidates
FEW = 3  # endings worth showing, below which SketchRNN draws as many candidates again


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
    ) -> Task:
        """Endings of a drawing, those that are worth showing (see `selection`), n at most.

        SketchRNN's first n are inked while they are drawn.  Candidates from DOODLES_FROM on come
        from doodles.  Where the completer cannot rank, or nothing is drawn, its own endings are
        given.

        Raises:
            UnknownWord, ValueError: as `Completer.endings`.
        """
        completer, lines = self.completer, drawing.polylines()
        ranker = completer.ranker
        if ranker is None or not lines:
            yield from completer.endings(drawing, word, n=n, temperature=temperature, seed=seed)
            return
        vector, count = completer.vector(word), completer.count(n, True)
        name, side = completer.words.lookup(word).name, extent(lines)
        begun = yield from completer.begun(drawing, vector)
        drawn = yield from completer.continued(begun, count, temperature, seed, visible=n)
        found = _Candidates(drawn, list(range(count)), [0.0] * count)
        if self.generator is not None:
            target = Target(name, vector[0])
            found = _joined(found, (yield from _doodles(self.generator, target, lines, seed)))
        every = each_on(lines, [[], *found.strokes])
        before, *scores = yield from ranker.scores(every, name, vector[0])
        chosen = _chosen(found, scores, before, n, side)
        if len(chosen) < FEW:
            more = yield from completer.continued(begun, count, temperature, seed, first=count)
            found = _joined(found, _Candidates(more, list(range(count, 2 * count)), [0.0] * count))
            scores += yield from ranker.scores(each_on(lines, more), name, vector[0])
            chosen = _chosen(found, scores, before, n, side)
        end = yield Call(partial(completer.end_chance, begun))
        kept = [Ending(tuple(found.strokes[k]), scores[k], found.numbers[k]) for k in chosen]
        yield Ranked(kept, before, selection.is_finished(before, end))


def _doodles(generator: Generator, target: Target, lines: Sequence[np.ndarray], seed: int) -> Task:
    """What doodles of a word add; a part of a task, which returns the `_Candidates`."""
    noise = [torch.randn(generator.z_size, generator=g) for g in generators(seed, PICTURES)]
    z = TRUNCATION * torch.stack(noise).to(target.vector.device)
    (drawn,) = yield generator.steps([target], z, scored=False)
    ink = drawn.ink.float()
    placed = yield Call(partial(doodle_endings.placements, ink, lines, TRACED))
    if not placed:
        return _Candidates([], [], [])
    curves = yield Call(partial(doodle_endings.strokes_of, ink, placed))
    size = ink.shape[-1]
    added = yield Call(partial(doodle_endings.additions, curves, placed, lines, size))
    numbers = [DOODLES_FROM + place.picture for place in placed]
    return _Candidates(added, numbers, [place.penalty for place in placed])


def _joined(one: _Candidates, other: _Candidates) -> _Candidates:
    return _Candidates(
        one.strokes + other.strokes,
        one.numbers + other.numbers,
        one.penalties + other.penalties,
    )


def _chosen(
    found: _Candidates, scores: Sequence[float], before: float, n: int, side: float
) -> list[int]:
    worth = [score - less for score, less in zip(scores, found.penalties, strict=True)]
    return selection.helpful(found.strokes, worth, before, n, side)
