"""Finish a drawing in two ways and show what does it good: SketchRNN's endings and doodles'."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from doodle.device import generators
from doodle.pipelines import doodle_endings, selection
from doodle.pipelines.complete import Begun, Completer, Ending, Ranked, each_on
from doodle.pipelines.generator import Generator
from doodle.pipelines.plausibility import Plausibility
from doodle.pipelines.steps import Call, Task, in_spare_time
from doodle.pipelines.targets import Target
from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import extent

SKETCHED, LEAST = 3, 12  # SketchRNN's candidates for each ending, and at least
PICTURES, TRUNCATION = 32, 0.9  # doodles among which some may contain the drawing
TRACED = 12  # of them, those that fit best
DOODLES_FROM = 1000  # number of the first of their candidates
FEW = 3  # endings worth showing, below which as many candidates again are drawn
HOPE = 0.03  # but not where the best of the first ones is worth less
ROUNDS = 2  # as many candidates again that are drawn in spare time after the answer,
PATIENCE = 8.0  # seconds after it, at most


class _Asked(NamedTuple):
    """What is completed, and how."""

    lines: Sequence[np.ndarray]
    target: Target
    begun: Begun
    n: int
    temperature: float
    seed: int


class _Candidates(NamedTuple):
    """What may be added to a drawing, from both networks."""

    strokes: list[list[np.ndarray]]
    numbers: list[int]
    penalties: list[float]  # off the score, of doodles that fit badly
    scores: list[float]
    like: list[float | None]  # how plausible, where that was asked

    @property
    def worth(self) -> list[float]:
        """Scores less penalties."""
        return [score - less for score, less in zip(self.scores, self.penalties, strict=True)]


class Finisher:
    """Endings of both networks, ranked together.

    Args:
        completer: with a ranker; draws on.
        generator: draws wholes; None does without.
        plausibility: of selected endings, puts those that a person would draw before others in
            which the word is seen as well; None leaves the order to the ranker.
    """

    def __init__(
        self,
        completer: Completer,
        generator: Generator | None = None,
        plausibility: Plausibility | None = None,
    ) -> None:
        self.completer = completer
        self.generator = generator
        self.plausibility = plausibility

    def endings(
        self,
        drawing: Drawing,
        word: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        selective: bool = False,
        improve: bool = False,
    ) -> Task:
        """The n best endings of a drawing.

        SketchRNN's first n are inked while they are drawn.  Candidates from DOODLES_FROM on come
        from doodles.  Where the completer cannot rank, or nothing is drawn, its own endings are
        given.

        Args:
            selective: only those that are worth showing, see `selection`; where they are few, more
                are drawn.
            improve: of selective ones: then draw on in spare time, and give a `Ranked` again each
                time that others are among the best.

        Raises:
            UnknownWord, ValueError: as `Completer.endings`.
        """
        completer, lines = self.completer, drawing.polylines()
        if completer.ranker is None or not lines:
            yield from completer.endings(drawing, word, n=n, temperature=temperature, seed=seed)
            return
        name, vector = completer.words.lookup(word).name, completer.vector(word)
        begun = yield from completer.begun(drawing, vector)
        asked = _Asked(lines, Target(name, vector[0]), begun, n, temperature, seed)
        found = _Candidates([], [], [], [], [])
        for part in range(2 if selective else 1):
            more, before = yield from self._round(asked, part)
            found = _joined(found, more)
            chosen = yield from self._chosen(found, before, asked, selective)
            if len(chosen) >= FEW or max(found.worth) < HOPE:
                break
        end = yield Call(partial(completer.end_chance, begun))
        finished = selection.is_finished(before, end)
        yield Ranked(_endings(found, chosen), before, finished)
        if not (selective and improve and chosen) or finished:
            return
        deadline = time.monotonic() + PATIENCE
        for again in range(part + 1, part + 1 + ROUNDS):
            answer = yield from in_spare_time(self._round(asked, again), deadline)
            if answer is None:
                return
            found = _joined(found, answer[0])
            better = yield from in_spare_time(
                self._chosen(found, before, asked, selective), deadline
            )
            if better is None:
                return
            if set(better) != set(chosen):
                chosen = better
                yield Ranked(_endings(found, chosen), before, finished)

    def _round(self, asked: _Asked, part: int) -> Task:
        """As many candidates as make a first answer; a part of a task.

        Args:
            part: 0 for the first candidates, whose ink comes while they are drawn, 1 for others ...

        Returns:
            the candidates with their scores, and the chance of the word for the drawing alone.
        """
        completer, count = self.completer, self._count(asked.n)
        first, visible = part * count, 0 if part else asked.n
        drawn = yield from completer.continued(
            asked.begun, count, asked.temperature, asked.seed, first=first, visible=visible
        )
        more = _Candidates(drawn, list(range(first, first + count)), [0.0] * count, [], [])
        if self.generator is not None:
            made = yield from _doodles(
                self.generator, asked.target, asked.lines, asked.seed, part * PICTURES
            )
            more = _joined(more, made)
        assert completer.ranker is not None, "endings are ranked"
        # the drawing as it is goes with them
        every = each_on(asked.lines, [[], *more.strokes])
        before, *scores = yield from completer.ranker.scores(
            every, asked.target.name, asked.target.vector
        )
        return more._replace(scores=scores, like=[None] * len(scores)), before

    def _chosen(self, found: _Candidates, before: float, asked: _Asked, selective: bool) -> Task:
        """Indices of the best candidates; where selective, of those worth showing; a task's part.

        Fills in what `found` lacks of `like`.
        """
        worth, side = found.worth, extent(asked.lines)
        if not selective:
            return selection.best(found.strokes, worth, asked.n, side)
        least = selection.least_worth(worth, before)
        allowed = [
            value >= least and not selection.is_stray(ending, value, before, side)
            for ending, value in zip(found.strokes, worth, strict=True)
        ]
        if self.plausibility is None:
            return selection.best(found.strokes, worth, asked.n, side, allowed)
        unknown = [int(k) for k in np.flatnonzero(allowed) if found.like[k] is None]
        endings = [found.strokes[k] for k in unknown]
        scores = yield from self.plausibility.scores(asked.lines, endings, asked.target.name)
        for k, score in zip(unknown, scores, strict=True):
            found.like[k] = score
        order = selection.combined(worth, found.like)
        return selection.best(found.strokes, order, asked.n, side, allowed)

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
        return _Candidates([], [], [], [], [])
    curves = yield Call(partial(doodle_endings.strokes_of, ink, placed))
    size = ink.shape[-1]
    added = yield Call(partial(doodle_endings.additions, curves, placed, lines, size))
    numbers = [DOODLES_FROM + first + place.picture for place in placed]
    return _Candidates(added, numbers, [place.penalty for place in placed], [], [])


def _joined(one: _Candidates, other: _Candidates) -> _Candidates:
    return _Candidates(
        one.strokes + other.strokes,
        one.numbers + other.numbers,
        one.penalties + other.penalties,
        one.scores + other.scores,
        one.like + other.like,
    )


def _endings(found: _Candidates, chosen: Sequence[int]) -> list[Ending]:
    return [
        Ending(
            tuple(found.strokes[k]),
            found.scores[k],
            found.numbers[k],
            traced=found.numbers[k] >= DOODLES_FROM,
        )
        for k in chosen
    ]
