"""Type a word, get doodles: the generator's pictures, the best of many, as editable strokes.

A request over-generates and keeps the best by the recogniser.  Candidate k comes from the seed and
k alone, so asking for more never changes the first ones, and `(seed, candidate)` draws a doodle
again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import generators, seed_for_step
from ..models.dccgan import Dccgan
from ..models.recogniser import Recogniser
from ..strokes.curves import Curve, curve_points, trace_curves
from ..strokes.drawing import QUICKDRAW_SIDE, Drawing
from .complete import slerp
from .judge import Judge
from .text import TextEncoder, TextVector

MOST = 64  # doodles of one request, steps of one walk
MOST_TRUNCATION = 1.5
OVERSAMPLE = 3  # candidates for each doodle that is kept
FINE = 65  # pictures by which a walk finds where it changes
WALK_FROM = 12  # candidates among which a walk finds one that looks right at both ends
TWINS = 0.93  # cosine of two blurred pictures above which they are the same doodle twice

_AT_ONCE = 192  # pictures that go through the networks together
_SPACING = 4.0  # between points of a stroke, in the 256 space
_LINE = 4.0  # width of a stroke there


@dataclass(frozen=True, eq=False)
class Doodle:
    """One picture of a word.

    Attributes:
        picture: (size, size) uint8, the generator's own: black ink 0 on white 255.
        curves: the traced strokes in the 256 x 256 space of `drawing`; empty when not traced.
        drawing: the same as dense polylines.
        score: the recogniser's chance of the word, 0 to 1: calibrated among its categories; for
            other texts that of the text among the categories that mean something else.
        drawn_like: the discriminator's chance that a person drew the word so, 0 to 1.
        seed, candidate: draw it again with the same call.
        z: (z_size,) float32, the noise it came from; `like` takes it up.
        share: on a walk, of the second text's in it, 0 to 1.
    """

    picture: np.ndarray
    curves: tuple[Curve, ...]
    drawing: Drawing
    score: float
    drawn_like: float
    seed: int
    candidate: int
    z: np.ndarray
    share: float = 0.0


@dataclass(frozen=True)
class Imagined:
    """What came of one text, or of two that were mixed.

    Attributes:
        text: what was understood.
        doodles: best first, or as they came when unranked.
        second: the other text of a mix.
        share: of the other text, 0 to 1.
    """

    text: TextVector
    doodles: list[Doodle]
    second: TextVector | None = None
    share: float = 0.0


@dataclass(frozen=True)
class _Wish:
    """What a run draws: name as the categories have it ("" for a mix), vector (512,)."""

    name: str
    vector: Tensor


class _Candidates(NamedTuple):
    """Pictures of W wishes from each of `count` noises."""

    ink: Tensor  # (W * count, 1, size, size) in [0, 1]
    scores: Tensor  # (W, count)
    levels: list[Tensor]  # the recogniser's maps of them, which the discriminator reads too


class Imaginer:
    """Doodles from text.

    Args:
        network: the generator with its discriminator, in eval mode.
        encoder: reads the text.
        recogniser: ranks, in eval mode.
    """

    def __init__(self, network: Dccgan, encoder: TextEncoder, recogniser: Recogniser) -> None:
        self.network = network
        self.encoder = encoder
        self.recogniser = recogniser
        self.judge = Judge(recogniser, encoder.words.categories)

    @property
    def device(self) -> torch.device:
        return self.network.text_mean.device

    # -- tasks -----------------------------------------------------------------------------------

    def __call__(
        self, text: str, *, n: int = 16, seed: int = 0, truncation: float = 1.0, rank: bool = True,
        trace: bool = True,
    ) -> Imagined:  # fmt: skip
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
        self, texts: Sequence[str], *, n: int = 16, seed: int = 0, truncation: float = 1.0,
        rank: bool = True, trace: bool = True,
    ) -> list[Imagined]:  # fmt: skip
        """Doodles of several texts in one batch; each as if asked for alone. As a call."""
        n, seed = whole(n, 1, MOST, "n"), _seed(seed)
        z = self._noise(seed, n * OVERSAMPLE if rank else n) * _truncation(truncation)
        found = self.encoder.encode_many(list(texts))
        wishes = [_Wish(text.name, text.vector) for text in found]
        doodles = self._draw(wishes, z, n, seed, rank, trace)
        return [Imagined(text, part) for text, part in zip(found, doodles, strict=True)]

    def mix(
        self, first: str, second: str, share: float, *, n: int = 16, seed: int = 0,
        truncation: float = 1.0, rank: bool = True,
    ) -> Imagined:  # fmt: skip
        """Doodles of something between two texts; ``share`` 0 is the first, 1 the second.

        Raises:
            UnknownWord, ValueError: as a call; ValueError also for a share outside 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"the second text's share lies between 0 and 1, not {share}")
        n, seed = whole(n, 1, MOST, "n"), _seed(seed)
        z = self._noise(seed, n * OVERSAMPLE if rank else n) * _truncation(truncation)
        one, other = self.encoder.encode_many([first, second])
        wish = _between(one, other, share)
        (doodles,) = self._draw([wish], z, n, seed, rank, True)
        return Imagined(one, doodles, other, float(share))

    def walk(
        self, first: str, second: str, *, steps: int = 12, seed: int = 0, truncation: float = 1.0,
        candidate: int | None = None,
    ) -> list[Doodle]:  # fmt: skip
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
        steps, seed = whole(steps, 2, MOST, "the number of steps"), _seed(seed)
        scale = _truncation(truncation)
        ends = self.encoder.encode_many([first, second])
        if candidate is None:
            z = self._noise(seed, WALK_FROM) * scale
            wishes = [_Wish(text.name, text.vector) for text in ends]
            candidate = int(self._candidates(wishes, z).scores.amin(dim=0).argmax())
        else:
            candidate = whole(candidate, 0, MOST * OVERSAMPLE, "the candidate")
            z = self._noise(seed, candidate + 1) * scale
        one = z[candidate : candidate + 1]
        shares = self._even_shares(ends, one, steps)
        wishes = [_between(*ends, share) for share in shares]
        drawn = self._draw(wishes, one, 1, seed, False, True)
        return [
            replace(doodle, candidate=candidate, share=share)
            for (doodle,), share in zip(drawn, shares, strict=True)
        ]

    def like(
        self, text: str, doodle: Doodle | tuple[int, int], *, n: int = 16, spread: float = 0.4,
        truncation: float = 1.0,
    ) -> Imagined:  # fmt: skip
        """More like a doodle: from noise near its own.

        Args:
            doodle: it, or its (seed, candidate), drawn with the same truncation.
            spread: above 0, very like it, to 1, not at all: the share of the noise's power that is
                new.

        Raises:
            UnknownWord, ValueError: as a call; ValueError also for a spread out of range.
        """
        if not 0 < spread <= 1:
            raise ValueError(f"the spread lies above 0 and is at most 1, not {spread}")
        n, scale = whole(n, 1, MOST, "n"), _truncation(truncation)
        if isinstance(doodle, Doodle):
            seed, candidate = doodle.seed, doodle.candidate
            old = torch.from_numpy(doodle.z).to(self.device)
        else:
            seed = _seed(doodle[0])
            candidate = whole(doodle[1], 0, MOST * OVERSAMPLE, "the candidate")
            old = self._noise(seed, candidate + 1)[candidate] * scale
        seed = seed_for_step(seed, candidate)  # another stream for each doodle
        new = self._noise(seed, n * OVERSAMPLE) * scale
        z = math.sqrt(1 - spread) * old + math.sqrt(spread) * new  # as much power as before
        found = self.encoder(text)
        (doodles,) = self._draw([_Wish(found.name, found.vector)], z, n, seed, True, True)
        return Imagined(found, doodles)

    # -- within ----------------------------------------------------------------------------------

    @torch.inference_mode()
    def _even_shares(self, ends: Sequence[TextVector], z: Tensor, steps: int) -> list[float]:
        """Shares of the second text, 0 to 1, between which the picture of z changes alike."""
        fine = np.linspace(0, 1, FINE)
        text = self._vectors([_between(*ends, float(share)) for share in fine])
        seen = _blurred(self.network(z.expand(FINE, -1), text))
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
        self, wishes: Sequence[_Wish], z: Tensor, n: int, seed: int, rank: bool, trace: bool
    ) -> list[list[Doodle]]:
        """n doodles of each wish from the noise z (count, z_size)."""
        done: list[list[Doodle]] = []
        at_once = max(1, _AT_ONCE // len(z))
        for start in range(0, len(wishes), at_once):
            part = wishes[start : start + at_once]
            drawn = self._candidates(part, z)
            kept = [
                _best(ink, scores, n) if rank else list(range(n))
                for ink, scores in zip(drawn.ink.split(len(z)), drawn.scores, strict=True)
            ]
            places = [k * len(z) + j for k, chosen in enumerate(kept) for j in chosen]
            likeness = self._drawn_like(drawn, part, places, n)
            numbers = [j for chosen in kept for j in chosen]
            doodles = _doodles(drawn.ink[places], drawn.scores.flatten()[places], likeness,
                               numbers, z, seed, trace)  # fmt: skip
            done += [doodles[k : k + n] for k in range(0, len(doodles), n)]
        return done

    @torch.inference_mode()
    def _candidates(self, wishes: Sequence[_Wish], z: Tensor) -> _Candidates:
        """A picture of each wish from each noise, judged."""
        text = self._vectors(wishes).repeat_interleave(len(z), dim=0)
        ink = (self.network(z.repeat(len(wishes), 1), text) + 1) / 2
        side = self.recogniser.config.side
        seen = ink if ink.shape[-1] == side else F.interpolate(ink, (side, side), mode="area")
        levels = self.recogniser.levels(seen)
        logits, embedding = self.recogniser.answer(levels[-1].mean(dim=(2, 3)))
        parts = zip(wishes, logits.split(len(z)), embedding.split(len(z)), strict=True)
        scores = [self.judge.chance(a, b, wish.name, wish.vector) for wish, a, b in parts]
        return _Candidates(ink, torch.stack(scores), levels)

    @torch.inference_mode()
    def _drawn_like(
        self, drawn: _Candidates, wishes: Sequence[_Wish], places: list[int], n: int
    ) -> Tensor:
        """Of n candidates of each wish, (wishes * n,)."""
        levels = [level[places] for level in drawn.levels]
        text = self._vectors(wishes).repeat_interleave(n, dim=0)
        return self.network.drawn_like(drawn.ink[places], levels, text)

    def _vectors(self, wishes: Sequence[_Wish]) -> Tensor:
        return torch.stack([wish.vector for wish in wishes]).to(self.device)


def _best(ink: Tensor, scores: Tensor, n: int) -> list[int]:
    """The n of highest score, best first; of near-duplicates only the better, while others last."""
    order = torch.argsort(scores, descending=True, stable=True).tolist()
    seen = F.normalize(_blurred(ink) + 1e-6, dim=1)
    twins = (seen @ seen.t() > TWINS).tolist()
    chosen: list[int] = []
    for k in order:
        if len(chosen) < n and not any(twins[k][other] for other in chosen):
            chosen.append(k)
    spare = [k for k in order if k not in set(chosen)]
    return sorted(chosen + spare[: n - len(chosen)], key=order.index)


def _blurred(ink: Tensor) -> Tensor:
    """Pictures (B, 1, S, S) as rows of what is seen from afar."""
    return F.avg_pool2d(ink, 5, stride=2, padding=2).flatten(1)


def _doodles(
    ink: Tensor, scores: Tensor, likeness: Tensor, numbers: Sequence[int], z: Tensor, seed: int,
    trace: bool,
) -> list[Doodle]:  # fmt: skip
    pixels = ink[:, 0].float().cpu().numpy()  # (B, size, size)
    pictures = np.round(255 * (1 - pixels)).astype(np.uint8)
    curves: list[list[Curve]] = [[] for _ in pixels]
    if trace:
        factor = QUICKDRAW_SIDE / pixels.shape[1]
        # from the rounded picture, so that the same strokes come of the file that is saved
        traced = trace_curves((255 - pictures).astype(np.float32) / 255)
        curves = [[curve.scaled(factor) for curve in part] for part in traced]
    lines = iter(curve_points([curve for part in curves for curve in part], _SPACING))
    noise = z.cpu().numpy()
    made = []
    for k, part in enumerate(curves):
        drawing = Drawing.from_polylines([next(lines) for _ in part], stroke_width=_LINE)
        number = numbers[k]
        made.append(Doodle(pictures[k], tuple(part), drawing, float(scores[k]), float(likeness[k]),
                           seed, number, noise[number]))  # fmt: skip
    return made


def _between(one: TextVector, other: TextVector, share: float) -> _Wish:
    """A wish so far on the way; at the ends it is the text itself."""
    if share in (0, 1):
        text = other if share else one
        return _Wish(text.name, text.vector)
    return _Wish("", slerp(one.vector[None], other.vector[None], share)[0])


def whole(value: int, least: int, most: int, what: str) -> int:
    """The value, or a ValueError whose sentence says what it must be."""
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or not least <= number <= most:
        raise ValueError(f"{what} is a whole number from {least} to {most}, not {value!r}")
    return number


def _seed(value: int) -> int:
    return whole(value, 0, 2**63 - 1, "the seed")


def _truncation(value: float) -> float:
    try:
        fits = 0 < value <= MOST_TRUNCATION  # false for nan
    except TypeError:
        fits = False
    if not fits:
        raise ValueError(
            f"the truncation is a number above 0 and at most {MOST_TRUNCATION}, not {value!r}"
        )
    return float(value)
