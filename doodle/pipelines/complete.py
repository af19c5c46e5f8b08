"""Finish a drawing, draw a word, draw again, morph: SketchRNN at work on drawings.

A request over-generates and keeps the best by the recogniser's probability of the word; without a
recogniser, or with ``rank=False``, the candidates come as they were drawn.  Candidate k depends on
the seed and k alone, so asking for more never changes the first ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from doodle.device import generators
from doodle.models.recogniser import Recogniser
from doodle.models.sketch_rnn import SketchRNN
from doodle.models.sketch_sampling import Prefix, Primed, row_noise
from doodle.models.sketch_sampling import start as begin
from doodle.models.words import WordTable
from doodle.pipelines.collector import Frame, StrokeCollector
from doodle.pipelines.ranker import Ranker
from doodle.pipelines.sampler import Drawn, Read, Reader, Sampler
from doodle.pipelines.steps import Call, Task, alone, last
from doodle.strokes.drawing import Drawing
from doodle.strokes.formats import to_stroke3, to_stroke5
from doodle.strokes.geometry import bounds, extent, fit, simplify

LONGEST = 100  # rows a candidate may add: the longest training drawing has 96
LONGEST_PREFIX = 300  # points of a drawing that are read: its end decides what comes next
SPAN = 215.0  # what a drawing's longer side is taken for, in the 256 space of training
EPSILON = 2.0  # of RDP there, as Quick, Draw! uses it
OVERSAMPLE, OVERSAMPLE_WHOLE = 4, 8  # candidates for each ending, for each whole drawing
MOST = 256  # endings of one request
ENOUGH = 128  # candidates beyond which over-generating stops
READ_AT_ONCE = 96  # rows of a drawing that are read in one go


@dataclass(frozen=True)
class Ending:
    """What one candidate added.

    Attributes:
        strokes: each (P, 2) float32 in the input's coordinates, only what is new.
        score: the recogniser's probability of the word for the finished drawing, None unranked.
        candidate: its number; the same number with the same seed is the same drawing.
        traced: from a picture, its strokes in no hand's order.
    """

    strokes: tuple[np.ndarray, ...]
    score: float | None
    candidate: int
    traced: bool = False


class Ink(NamedTuple):
    """New points: (candidate, whether a stroke starts, x, y), in the input's coordinates."""

    points: list[tuple[int, bool, float, float]]


class Ranked(NamedTuple):
    """The end of a run: what stays, best first.

    Attributes:
        before: of a run of `Finisher`, the chance of the word for the drawing as it was.
        finished: of such a run, whether that looked finished.
    """

    endings: list[Ending]
    before: float | None = None
    finished: bool = False


class Begun(NamedTuple):
    """A drawing that was read, in a hand's order and in the canonical one."""

    static: Tensor  # (2, static_size)
    primed: Primed  # of 2 candidates
    frame: Frame
    read: int  # rows


class Morphed(NamedTuple):
    """Drawings on the way, 256 x 256 each."""

    drawings: list[Drawing]


def each_on(
    before: Sequence[np.ndarray], drawings: Sequence[Sequence[np.ndarray]]
) -> list[list[np.ndarray]]:
    """Each of several continuations on top of what was there."""
    return [[*before, *drawn] for drawn in drawings]


class Completer:
    """SketchRNN's tasks.

    Args:
        network: in eval mode.
        words: gives the word's text vector.
        recogniser: ranks; None leaves candidates in the order drawn.
    """

    def __init__(
        self, network: SketchRNN, words: WordTable, recogniser: Recogniser | None = None
    ) -> None:
        self.network = network
        self.words = words
        self.sampler = Sampler(network)
        self.reader = Reader(self.sampler.cell)
        self.ranker = Ranker(recogniser, words.categories) if recogniser is not None else None

    @property
    def device(self) -> torch.device:
        return self.network.text_mean.device

    # -- tasks -----------------------------------------------------------------------------------

    def endings(
        self,
        drawing: Drawing,
        word: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        rank: bool = True,
    ) -> Task:
        """Endings of a drawing, as they are drawn.

        The ink of candidates 0 to n - 1 comes while they are drawn; ``Ranked`` closes the run and
        may hold candidates beyond those.

        Raises:
            UnknownWord: the word has no vector.
            ValueError: n or the temperature is out of range.
        """
        vector = self.vector(word)
        count = self.count(n, rank)
        begun = yield from self.begun(drawing, vector)
        drawn = yield from self.continued(begun, count, temperature, seed, visible=n)
        lines = drawing.polylines()
        yield Ranked((yield from self._ranked(drawn, lines, vector, self._name(word), n, rank)))

    def begun(self, drawing: Drawing, vector: Tensor) -> Task:
        """Read a drawing, in both orders; a part of a task, which returns the `Begun`."""
        prefix, frame = self._prefix(drawing)
        flags = self._orders(2)
        static = self._static(vector.expand(2, -1), None, flags * 0, flags)
        # once for each order, not for each candidate
        primed = begin(self.network, static)
        for rows in prefix.split(READ_AT_ONCE):
            primed = yield Read(self.reader, Prefix(static, primed, rows))
        return Begun(static, primed, frame, len(prefix))

    def continued(
        self,
        begun: Begun,
        count: int,
        temperature: float,
        seed: int,
        *,
        first: int = 0,
        visible: int = 0,
    ) -> Task:
        """What candidates first to first + count - 1 add; a part of a task, which returns it.

        Args:
            visible: the ink of that many comes while they are drawn.
        """
        which = torch.arange(first, first + count, device=self.device) % 2
        run = StrokeCollector(count, begun.frame)
        noise, static = self._noise(seed, count, first), begun.static[which]
        primed = begun.primed.pick(which) if begun.read else None
        yield from self._sampled(run, static, noise, temperature, primed, visible=visible)
        return run.strokes()

    @torch.inference_mode()
    def end_chance(self, begun: Begun) -> float:
        """The network's chance that what it read is a whole drawing, in the likelier order."""
        gates = self.network.static_gates(begun.static)
        mixture, _ = self.sampler.cell(begun.primed.row, begun.primed.state, gates)
        return float(torch.softmax(mixture.pen_logits, dim=1)[:, 2].max())

    def stream(self, drawing: Drawing, word: str, **asked: Any) -> Iterator[Ink | Ranked]:
        """The same by itself; arguments as :meth:`endings`."""
        return alone(self.endings(drawing, word, **asked))

    def complete(self, drawing: Drawing, word: str, **asked: Any) -> list[Ending]:
        """Endings of a drawing, best first; arguments as :meth:`endings`."""
        return last(self.stream(drawing, word, **asked)).endings

    def best_drawings(
        self,
        name: str,
        vector: Tensor,
        n: int,
        count: int,
        temperature: float,
        seed: int,
        rank: bool = True,
    ) -> Task:
        """The n best of `count` drawings of a text; a part of a task, which returns them.

        Args:
            name: as the ranker's categories have it; vector: (512,).
        """
        vector = vector.to(self.device).unsqueeze(0)
        none, hand = torch.zeros(count, device=self.device), self._orders(count)
        static = self._static(vector.expand(count, -1), None, none, hand)
        run = yield from self._run(static, self._noise(seed, count), temperature)
        drawn = [fit(strokes, 256, 256, margin=8) for strokes in run.strokes()]
        return (yield from self._ranked(drawn, [], vector, name, n, rank))

    def redrawn(
        self,
        drawing: Drawing,
        word: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        rank: bool = True,
    ) -> Task:
        """The drawing drawn anew from its code z, in its own place and size; best first.

        Raises:
            UnknownWord, ValueError: as :meth:`endings`; ValueError also for an empty drawing.
        """
        vector = self.vector(word)
        count = self.count(n, rank)
        mu, logvar = yield Call(partial(self._encode, drawing))
        # the temperature scales the posterior as it scales the mixture: sigma times sqrt(tau)
        # another stream than the row noise, or z and the first rows would move together
        normal = [torch.randn(mu.shape[1], generator=g) for g in generators(~seed, count)]
        z = mu + torch.stack(normal).to(self.device) * torch.exp(0.5 * logvar) * temperature**0.5
        static = self._with_code(vector, z)
        run = yield from self._run(static, self._noise(seed, count), temperature)
        box = bounds(drawing.polylines())
        drawn = [_into_box(strokes, box) for strokes in run.strokes()]
        yield Ranked((yield from self._ranked(drawn, [], vector, self._name(word), n, rank)))

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
    ) -> Task:
        """Drawings on the way from one to the other, both ends redrawn, 256 x 256 each.

        z goes along the great circle, the words' vectors along a line; the noise is the same at
        every step, so what changes is the code alone.
        """
        if steps < 2:
            raise ValueError("a morph has at least 2 steps")
        (a, _), (b, _) = yield [Call(partial(self._encode, one)) for one in (first, second)]
        share = torch.linspace(0, 1, steps, device=self.device)
        z = torch.cat([slerp(a, b, float(t)) for t in share])
        ends = self.vector(word_first), self.vector(word_second)
        vector = torch.nn.functional.normalize(torch.lerp(*ends, share.unsqueeze(1)), dim=1)
        static = self._with_code(vector, z)
        noise = self._noise(seed, 1).expand(steps, -1, -1)
        run = yield from self._run(static, noise, temperature)
        yield Morphed([Drawing.from_polylines(fit(s, 256, 256, margin=8)) for s in run.strokes()])

    # -- within ----------------------------------------------------------------------------------

    def vector(self, word: str) -> Tensor:
        return self.words.lookup(word).vector.to(self.device).unsqueeze(0)

    def _name(self, word: str) -> str:
        return self.words.lookup(word).name

    def count(self, n: int, rank: bool, oversample: int = OVERSAMPLE) -> int:
        if not 1 <= n <= MOST:
            raise ValueError(f"n lies between 1 and {MOST}, not {n}")
        return max(n, min(ENOUGH, n * oversample)) if rank and self.ranker else n

    def _orders(self, count: int) -> Tensor:
        """(count,) hand's and canonical order in turn: two readings of what a drawing is."""
        return (torch.arange(count, device=self.device) % 2 == 0).float()

    def _noise(self, seed: int, count: int, first: int = 0) -> Tensor:
        """(count, LONGEST, 4), of the candidates from number `first` on."""
        noise = [row_noise(g, LONGEST) for g in generators(seed, first + count)[first:]]
        return torch.stack(noise).to(self.device)

    @torch.inference_mode()
    def _static(self, *given: Any) -> Tensor:
        return self.network.static(*given)

    def _run(self, static: Tensor, noise: Tensor, temperature: float) -> Task:
        """New drawings, in the 256 space, the first point at (0, 0); a task's part."""
        run = StrokeCollector(len(static), Frame(self.network.config.scale_factor, (0.0, 0.0)))
        yield from self._sampled(run, static, noise, temperature, None, visible=0)
        return run

    def _sampled(
        self,
        run: StrokeCollector,
        static: Tensor,
        noise: Tensor,
        temperature: float,
        begun: Primed | None,
        *,
        visible: int,
    ) -> Task:
        """Draw every candidate to its end; yields the ink of the first ``visible`` ones."""
        drawn = Drawn(self.sampler, static, noise, temperature, begun)
        try:
            while not drawn.done:
                yield drawn
                ink = [point for row in drawn.heard() for point in run.add(row, visible)]
                if ink:
                    yield Ink(ink)
        finally:
            self.sampler.drop(drawn)

    def _prefix(self, drawing: Drawing) -> tuple[Tensor, Frame]:
        """What is drawn, as rows of network units (T, 5), and the way back."""
        unit = self.network.config.scale_factor
        lines = drawing.polylines()
        longer = extent(lines)
        if not lines:
            return torch.zeros(0, 5, device=self.device), Frame(unit, (0.0, 0.0))
        scale = SPAN / longer if longer > 0 else 1.0
        rows = to_stroke3([simplify(np.asarray(line) * scale, EPSILON) for line in lines])
        rows[0, :2] = 0
        rows = to_stroke5(rows, end=False)
        if len(rows) > LONGEST_PREFIX:
            gap = rows[1 : len(rows) - LONGEST_PREFIX + 1, :2].sum(axis=0)
            rows = np.concatenate([rows[:1], rows[len(rows) - LONGEST_PREFIX + 1 :]])
            rows[0, 2:] = (0, 1, 0)
            rows[1, :2] += gap
        rows[:, :2] /= unit
        pen = tuple(lines[-1][-1].tolist())
        return torch.from_numpy(rows).to(self.device), Frame(unit / scale, pen)

    @torch.inference_mode()
    def _encode(self, drawing: Drawing) -> tuple[Tensor, Tensor]:
        rows, _ = self._prefix(drawing)
        if not len(rows):
            raise ValueError("there is nothing drawn to read")
        return self.network.encode(rows.unsqueeze(0), torch.tensor([len(rows)]))

    def _with_code(self, vector: Tensor, z: Tensor) -> Tensor:
        flags = torch.ones(len(z), device=self.device)
        return self._static(vector.expand(len(z), -1), z, flags, flags)

    def _ranked(
        self,
        drawings: Sequence[Sequence[np.ndarray]],
        before: Sequence[np.ndarray],
        vector: Tensor,
        name: str,
        n: int,
        rank: bool,
    ) -> Task:
        """Score candidates (each drawn on top of ``before``) and return the best n."""
        scores: Sequence[float | None] = [None] * len(drawings)
        order = list(range(len(drawings)))
        if rank and self.ranker is not None:
            chances: list[float] = yield from self.ranker.scores(
                each_on(before, drawings), name, vector[0]
            )
            order.sort(key=lambda k: -chances[k])
            scores = chances
        return [Ending(tuple(drawings[k]), scores[k], k) for k in order[:n]]


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Spherical interpolation (Shoemake 1985) of codes (1, Z); nearly parallel ones go straight."""
    cosine = float(torch.nn.functional.cosine_similarity(a, b))
    if not abs(cosine) < 0.9995:
        return torch.lerp(a, b, share)
    angle = math.acos(cosine)
    return (math.sin((1 - share) * angle) * a + math.sin(share * angle) * b) / math.sin(angle)


def _into_box(
    strokes: Sequence[np.ndarray], box: tuple[float, float, float, float]
) -> list[np.ndarray]:
    """Strokes scaled and moved so that they fill the same place as a drawing did."""
    left, top, right, bottom = box
    fitted = fit(strokes, max(right - left, 1.0), max(bottom - top, 1.0))
    return [line + np.array([left, top], dtype=np.float32) for line in fitted]
