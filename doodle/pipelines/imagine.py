"""Type a word, get doodles: the generator's pictures, the best of many, as editable strokes.

A request over-generates and keeps the best by the recogniser.  Candidate k comes from the seed and
k alone, so asking for more never changes the first ones, and `(seed, candidate)` draws a doodle
again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from doodle.checks import number, whole
from doodle.device import generators, seed_for_step
from doodle.models.dccgan import Dccgan
from doodle.models.recogniser import Recogniser
from doodle.pipelines.complete import slerp
from doodle.pipelines.doodles import (
    TRACED,
    Doodle,
    Imagined,
    Kept,
    Walked,
    best,
    blurred,
    doodles_of,
    traced,
)
from doodle.pipelines.generator import Candidates, Generator
from doodle.pipelines.ranker import Ranker
from doodle.pipelines.steps import Call, Task, alone, last
from doodle.pipelines.targets import Target, blends
from doodle.pipelines.text import TextEncoder, TextVector
from doodle.strokes.curves import Curve

MOST = 64  # doodles of one request, steps of one walk
MOST_TRUNCATION = 1.5
_LEAST = 1e-6  # a truncation of nothing has one doodle only
OVERSAMPLE = 3  # candidates for each doodle that is kept
FINE = 65  # pictures by which a walk finds where it changes
WALK_FROM = 12  # candidates among which a walk finds one that looks right at both ends


class Imaginer:
    """Doodles from text.

    Args:
        network: the generator with its discriminator, in eval mode.
        encoder: reads the text.
        recogniser: ranks, in eval mode.
    """

    def __init__(self, network: Dccgan, encoder: TextEncoder, recogniser: Recogniser) -> None:
        self.encoder = encoder
        ranker = Ranker(recogniser, encoder.words.categories)
        self.generator = Generator(network, ranker)
        self.network = self.generator.network

    @property
    def device(self) -> torch.device:
        return self.network.text_mean.device

    # -- tasks -----------------------------------------------------------------------------------

    def __call__(
        self,
        text: str,
        *,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        rank: bool = True,
        trace: bool = True,
    ) -> Imagined:
        """Doodles of a text.

        Args:
            n: how many, 1 to 64.
            seed: same seed, same doodles.
            truncation: how daring, above 0 to 1.5: scales the noise.
            rank: keep the best n of OVERSAMPLE times as many, less near-duplicates; else
                candidates 0 to n - 1 as they come.
            trace: also as strokes.

        Raises:
            UnknownWord: nothing can be made of the text.
            ValueError: n, seed or truncation is out of range.
        """
        return self.many([text], n=n, seed=seed, truncation=truncation, rank=rank, trace=trace)[0]

    def many(
        self,
        texts: Sequence[str],
        *,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        rank: bool = True,
        trace: bool = True,
    ) -> list[Imagined]:
        """Doodles of several texts in one batch; each as if asked for alone. As a call."""
        task = self.doodles_of(texts, n=n, seed=seed, truncation=truncation, rank=rank, trace=trace)
        return [event for event in alone(task) if isinstance(event, Imagined)]

    def doodles_of(
        self,
        texts: Sequence[str],
        *,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        rank: bool = True,
        trace: bool = True,
    ) -> Task:
        """The same as a task; its events: what was understood, then an Imagined, of each text."""
        n, seed = whole(n, 1, MOST, "How many"), _seed(seed)
        z = self._noise(seed, n * OVERSAMPLE if rank else n) * _truncation(truncation)
        found = self.encoder.encode_many(list(texts))
        yield from found
        targets = [Target(text.category or text.name, text.vector) for text in found]
        doodles = yield from self._draw(targets, z, n, seed, rank, trace)
        for text, part in zip(found, doodles, strict=True):
            yield Imagined(text, part)

    def mix(
        self,
        first: str,
        second: str,
        share: float,
        *,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        rank: bool = True,
    ) -> Imagined:
        """Doodles of something between two texts; ``share`` 0 is the first, 1 the second.

        Each noise is drawn in several ways (`blends`); the one in which both texts are seen best
        counts, and by that they are ranked (`balance`).  Unranked they are mixed all over.

        Raises:
            UnknownWord, ValueError: as a call; ValueError also for a share outside 0 to 1.
        """
        task = self.mixed(first, second, share, n=n, seed=seed, truncation=truncation, rank=rank)
        return last(alone(task))

    def mixed(
        self,
        first: str,
        second: str,
        share: float,
        *,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        rank: bool = True,
    ) -> Task:
        """The same as a task; its events are what was understood of both, and the Imagined."""
        if not 0 <= share <= 1:
            raise ValueError(f"the second text's share lies between 0 and 1, not {share}")
        n, seed = whole(n, 1, MOST, "How many"), _seed(seed)
        z = self._noise(seed, n * OVERSAMPLE if rank else n) * _truncation(truncation)
        one, other = self.encoder.encode_many([first, second])
        yield from (one, other)
        if share in (0, 1):
            end = [_between(one, other, share)]
            (doodles,) = yield from self._draw(end, z, n, seed, rank, True)
        else:
            first_end, second_end = (
                Target(text.category or text.name, text.vector) for text in (one, other)
            )
            ways = blends(first_end, second_end, float(share))[: None if rank else 1]
            drawn = yield self.generator.steps(ways, z)
            drawn = yield Call(partial(_best_ways, drawn))
            doodles = yield from self._finished(drawn, 0, z, n, seed, rank, True)
        yield Imagined(one, doodles, other, float(share))

    def walk(
        self,
        first: str,
        second: str,
        *,
        steps: int = 12,
        seed: int = 0,
        truncation: float = 1.0,
        candidate: int | None = None,
    ) -> list[Doodle]:
        """Doodles on the way from one text to another, all from one noise.

        Most of the change happens within a small part of the way between two texts; the steps are
        spaced so that each changes the picture about as much as the others.

        Args:
            steps: doodles, both ends among them; 2 to 64.
            candidate: which noise of the seed; None takes the one of the first few whose two ends
                are recognised best.

        Raises:
            UnknownWord, ValueError: as a call.
        """
        task = self.walked(
            first, second, steps=steps, seed=seed, truncation=truncation, candidate=candidate
        )
        return last(alone(task)).doodles

    def walked(
        self,
        first: str,
        second: str,
        *,
        steps: int = 12,
        seed: int = 0,
        truncation: float = 1.0,
        candidate: int | None = None,
    ) -> Task:
        """The same as a task; its one event is the Walked."""
        steps, seed = whole(steps, 2, MOST, "The number of steps"), _seed(seed)
        scale = _truncation(truncation)
        ends = self.encoder.encode_many([first, second])
        if candidate is None:
            z = self._noise(seed, WALK_FROM) * scale
            targets = [Target(text.name, text.vector) for text in ends]
            scores = [drawn.scores for drawn in (yield self.generator.steps(targets, z))]
            candidate = int(torch.cat(scores).amin(dim=0).argmax())
        else:
            candidate = whole(candidate, 0, MOST * OVERSAMPLE, "The candidate")
            z = self._noise(seed, candidate + 1) * scale
        one = z[candidate : candidate + 1]
        shares = yield Call(partial(self._even_shares, ends, one, steps))
        targets = [_between(ends[0], ends[1], share) for share in shares]
        drawn = yield from self._draw(targets, one, 1, seed, False, True)
        yield Walked(
            [
                replace(doodle, candidate=candidate, share=share)
                for (doodle,), share in zip(drawn, shares, strict=True)
            ]
        )

    def like(
        self,
        text: str,
        doodle: Doodle | tuple[int, int],
        *,
        n: int = 16,
        spread: float = 0.4,
        truncation: float = 1.0,
    ) -> Imagined:
        """More like a doodle: from noise near its own.

        Args:
            doodle: it, or its (seed, candidate), drawn with the same truncation, or its (seed,
                candidate, z).
            spread: above 0, very like it, to 1, not at all: the share of the noise's power that is
                new.

        Raises:
            UnknownWord, ValueError: as a call; ValueError also for a spread out of range.
        """
        task = self.alike(text, doodle, n=n, spread=spread, truncation=truncation)
        return last(alone(task))

    def alike(
        self,
        text: str,
        doodle: Doodle | tuple[int, int, np.ndarray] | tuple[int, int],
        *,
        n: int = 16,
        spread: float = 0.4,
        truncation: float = 1.0,
    ) -> Task:
        """The same as a task; its one event is the Imagined."""
        if not 0 < spread <= 1:
            raise ValueError(f"the spread lies above 0 and is at most 1, not {spread}")
        n, scale = whole(n, 1, MOST, "How many"), _truncation(truncation)
        if isinstance(doodle, Doodle):
            doodle = (doodle.seed, doodle.candidate, doodle.z)
        if len(doodle) == 3:
            seed, candidate, noise = doodle
            old = torch.from_numpy(noise).to(self.device)
        else:
            seed = _seed(doodle[0])
            candidate = whole(doodle[1], 0, MOST * OVERSAMPLE, "The candidate")
            old = self._noise(seed, candidate + 1)[candidate] * scale
        seed = seed_for_step(seed, candidate)  # another stream for each doodle
        new = self._noise(seed, n * OVERSAMPLE) * scale
        z = math.sqrt(1 - spread) * old + math.sqrt(spread) * new  # as much power as before
        found = self.encoder(text)
        target = Target(found.name, found.vector)
        (doodles,) = yield from self._draw([target], z, n, seed, True, True)
        yield Imagined(found, doodles)

    def best_of(self, read: TextVector, n: int, seed: int, truncation: float) -> Task:
        """The best n of OVERSAMPLE times as many doodles of a text; a part of a task, which returns
        them.

        Raises:
            ValueError: n, seed or truncation is out of range.
        """
        n, seed = whole(n, 1, MOST, "How many"), _seed(seed)
        z = self._noise(seed, n * OVERSAMPLE) * _truncation(truncation)
        target = Target(read.category or read.name, read.vector)
        (doodles,) = yield from self._draw([target], z, n, seed, True, True)
        return doodles

    # -- within ----------------------------------------------------------------------------------

    @torch.inference_mode()
    def _even_shares(self, ends: Sequence[TextVector], z: Tensor, steps: int) -> list[float]:
        """Shares of the second text, 0 to 1, between which the picture of z changes alike."""
        fine = np.linspace(0, 1, FINE)
        text = self.generator.vectors([_between(ends[0], ends[1], float(share)) for share in fine])
        seen = blurred(self.generator(z.expand(FINE, -1), text))
        changes = (seen[1:] - seen[:-1]).norm(dim=1).double().cpu().numpy()
        way = np.concatenate([[0.0], np.cumsum(changes)])
        way = 0.9 * way / max(float(way[-1]), 1e-9) + 0.1 * fine  # it never stands still
        shares = np.interp(np.linspace(0, way[-1], steps), way, fine)
        return [0.0, *shares[1:-1].tolist(), 1.0]

    def _noise(self, seed: int, count: int) -> Tensor:
        """(count, z_size), a row for each candidate."""
        size = self.network.config.z_size
        rows = [torch.randn(size, generator=g) for g in generators(seed, count)]
        return torch.stack(rows).to(self.device)

    def _draw(
        self, targets: Sequence[Target], z: Tensor, n: int, seed: int, rank: bool, trace: bool
    ) -> Task:
        """n doodles of each target from the noise z (count, z_size); a task's part."""
        done: list[list[Doodle]] = []
        for drawn in (yield self.generator.steps(targets, z)) if targets else []:
            for k in range(len(drawn.targets)):
                done.append((yield from self._finished(drawn, k, z, n, seed, rank, trace)))
        return done

    def _finished(
        self, drawn: Candidates, k: int, z: Tensor, n: int, seed: int, rank: bool, trace: bool
    ) -> Task:
        """n doodles of the k-th target; a task's part."""
        kept = yield Call(partial(self._kept, drawn, k, n, rank))
        curves: list[list[Curve]] = [[] for _ in range(n)]
        if trace:
            parts = [kept.pictures[j : j + TRACED] for j in range(0, n, TRACED)]
            curves = sum((yield [Call(partial(traced, part)) for part in parts]), [])
        return doodles_of(kept, curves, z, seed)

    @torch.inference_mode()
    def _kept(self, drawn: Candidates, k: int, n: int, rank: bool) -> Kept:
        """The doodles of the k-th target that stay, n of them, best first where ranked."""
        count = drawn.scores.shape[1]
        ink, scores = drawn.ink[k * count : (k + 1) * count], drawn.scores[k]
        chosen = best(ink, scores, n) if rank else list(range(n))
        levels = [level[k * count : (k + 1) * count][chosen].float() for level in drawn.levels]
        text = self.generator.vectors(drawn.targets[k : k + 1]).expand(n, -1)
        likeness = self.network.drawn_like(ink[chosen], levels, text)
        pixels = ink[chosen, 0].float().cpu().numpy()  # (n, size, size)
        pictures = np.round(255 * (1 - pixels)).astype(np.uint8)
        chances = [] if drawn.chances is None else drawn.chances[k][chosen].tolist()
        return Kept(pictures, scores[chosen], likeness, chosen, chances)


def _between(one: TextVector, other: TextVector, share: float) -> Target:
    """The target between two texts; at the ends the text itself."""
    if share in (0, 1):
        text = other if share else one
        return Target(text.name, text.vector)
    return Target("", slerp(one.vector[None], other.vector[None], share)[0])


@torch.inference_mode()
def _best_ways(drawn: Sequence[Candidates]) -> Candidates:
    """Of each noise the picture of the highest score among those of all targets."""
    scores = torch.cat([part.scores for part in drawn])  # (W, count)
    ways, each = scores.argmax(dim=0), torch.arange(scores.shape[1], device=scores.device)

    def best_of(parts: Sequence[Tensor]) -> Tensor:
        return torch.cat([part.unflatten(0, (-1, len(each))) for part in parts])[ways, each]

    levels = [best_of(parts) for parts in zip(*(part.levels for part in drawn), strict=True)]
    chances = torch.cat([part.chances for part in drawn if part.chances is not None])
    ink = best_of([part.ink for part in drawn])
    target = drawn[0].targets[:1]
    return Candidates(target, ink, scores[ways, each][None], levels, chances[ways, each][None])


def _seed(value: int) -> int:
    return whole(value, 0, 2**63 - 1, "The seed")


def _truncation(value: float) -> float:
    return number(value, _LEAST, MOST_TRUNCATION, "The truncation")
