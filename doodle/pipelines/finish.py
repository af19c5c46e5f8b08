"""Finish a drawing in two ways and show what does it good: from its strokes, and as a picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from doodle.pipelines import selection
from doodle.pipelines.complete import Begun, Completer, Ending, Ranked, each_on
from doodle.pipelines.doodle_endings import PICTURES, EndingGenerator
from doodle.pipelines.plausibility import Plausibility
from doodle.pipelines.steps import Call, Task, in_spare_time
from doodle.pipelines.targets import Target
from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import extent

SKETCHED, LEAST = 3, 12  # SketchRNN's candidates for each ending, and at least
TRACED_FROM = 1000  # number of the first candidate that is traced from a picture
FEW = 3  # endings worth showing, below which as many candidates again are drawn
HOPE = 0.03  # but not where the best of the first ones is worth less
ROUNDS = 2  # as many candidates again that are drawn in spare time after the answer,
PATIENCE = 8.0  # seconds after it, at most
KEPT = 3  # of the endings shown that stay among them, for they may be what the visitor looks at


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
    scores: list[float]
    like: list[float | None]  # how plausible, where that was asked


class Finisher:
    """Endings of both networks, ranked together.

    Args:
        completer: with a ranker; draws on.
        generator: draws what is missing as a picture; None does without.
        plausibility: of selected endings, puts those that a person would draw before others in
            which the word is seen as well; None leaves the order to the ranker.
    """

    def __init__(
        self,
        completer: Completer,
        generator: EndingGenerator | None = None,
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

        SketchRNN's first n are inked while they are drawn.  Candidates from TRACED_FROM on come
        from pictures.  Where the completer cannot rank, or nothing is drawn, its own endings are
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
        found = _Candidates([], [], [], [])
        for part in range(2 if selective else 1):
            more, before = yield from self._round(asked, part)
            found = _joined(found, more)
            chosen = yield from self._chosen(found, before, asked, selective)
            if len(chosen) >= FEW or max(found.scores) < HOPE:
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
                self._chosen(found, before, asked, selective, chosen[:KEPT]), deadline
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
        more = _Candidates(drawn, list(range(first, first + count)), [], [])
        if self.generator is not None:
            made = yield from self.generator.endings(
                asked.lines, asked.target, asked.seed, part * PICTURES
            )
            some = [k for k, strokes in enumerate(made) if strokes]
            numbers = [TRACED_FROM + part * PICTURES + k for k in some]
            more = _joined(more, _Candidates([made[k] for k in some], numbers, [], []))
        assert completer.ranker is not None, "endings are ranked"
        # the drawing as it is goes with them
        every = each_on(asked.lines, [[], *more.strokes])
        before, *scores = yield from completer.ranker.scores(
            every, asked.target.name, asked.target.vector
        )
        return more._replace(scores=scores, like=[None] * len(scores)), before

    def _chosen(
        self,
        found: _Candidates,
        before: float,
        asked: _Asked,
        selective: bool,
        kept: Sequence[int] = (),
    ) -> Task:
        """Indices of the best candidates; where selective, of those worth showing; a task's part.

        Fills in what `found` lacks of `like`.

        Args:
            kept: those that are among them in any case.
        """
        worth, side = found.scores, extent(asked.lines)
        if not selective:
            return selection.best(found.strokes, worth, asked.n, side)
        least = selection.least_worth(worth, before)
        allowed = [
            bool(ending) and value >= least and not selection.is_stray(ending, value, before, side)
            for ending, value in zip(found.strokes, worth, strict=True)
        ]
        if self.plausibility is None:
            return selection.best(found.strokes, worth, asked.n, side, allowed, kept)
        unknown = [int(k) for k in np.flatnonzero(allowed) if found.like[k] is None]
        endings = [found.strokes[k] for k in unknown]
        scores = yield from self.plausibility.scores(asked.lines, endings, asked.target.name)
        for k, score in zip(unknown, scores, strict=True):
            found.like[k] = score
        shown = [found.strokes[k] for k in np.flatnonzero(allowed)]
        apart = yield Call(partial(selection.disagreements, shown, side))
        # what was worth showing in an earlier round may be so no more
        like = [one if here else None for one, here in zip(found.like, allowed, strict=True)]
        order = selection.combined(worth, like, apart)
        return selection.best(found.strokes, order, asked.n, side, allowed, kept)

    def _count(self, n: int) -> int:
        """How many candidates SketchRNN draws; more where it is alone."""
        count = self.completer.count(n, True)
        if self.generator is None:
            return count
        return max(n, LEAST, min(count, SKETCHED * n))


def _joined(one: _Candidates, other: _Candidates) -> _Candidates:
    return _Candidates(
        one.strokes + other.strokes,
        one.numbers + other.numbers,
        one.scores + other.scores,
        one.like + other.like,
    )


def _endings(found: _Candidates, chosen: Sequence[int]) -> list[Ending]:
    return [
        Ending(
            tuple(found.strokes[k]),
            found.scores[k],
            found.numbers[k],
            traced=found.numbers[k] >= TRACED_FROM,
        )
        for k in chosen
    ]
