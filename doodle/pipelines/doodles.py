"""What the pipeline of doodles makes: pictures, the best of them, and their strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.pipelines.text import TextVector
from doodle.strokes.curves import Curve, curve_points, trace_curves
from doodle.strokes.drawing import QUICKDRAW_SIDE, Drawing

TWINS = 0.93  # cosine of two blurred pictures above which they are the same doodle twice

SPACING = 4.0  # between points of a stroke, in the 256 space
TRACED = 16  # pictures that are traced together, about 40 ms
LINE = 4.0  # width of a stroke there


@dataclass(frozen=True, eq=False)
class Doodle:
    """One picture of a word.

    Attributes:
        picture: (size, size) uint8, the generator's own: black ink 0 on white 255.
        curves: the traced strokes in the 256 x 256 space of `drawing`; empty when not traced.
        drawing: the same as dense polylines.
        score: the recogniser's chance of the word, 0 to 1: calibrated among its categories; for
            other texts that of the text among the categories that mean something else; of a mix
            how well both texts are seen (`targets.balance`).
        drawn_like: the discriminator's chance that a person drew the word so, 0 to 1.
        seed, candidate: draw it again with the same call.
        z: (z_size,) float32, the noise it came from; `like` takes it up.
        share: on a walk, of the second text's in it, 0 to 1.
        traced: from the picture; else SketchRNN drew it, in a hand's order: without z and without
            an opinion of the discriminator.
        seen: of a mix, the chances of either text, 0 to 1.
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
    traced: bool = True
    seen: tuple[float, ...] = ()


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


class Kept(NamedTuple):
    """Those n of a target that stay."""

    pictures: np.ndarray  # (n, size, size) uint8, black on white
    scores: Tensor  # (n,)
    likeness: Tensor  # (n,)
    candidates: list[int]
    chances: list[list[float]]  # of a mix: of either text; else empty


class Walked(NamedTuple):
    """Doodles on the way from one text to another."""

    doodles: list[Doodle]


def best(ink: Tensor, scores: Tensor, n: int) -> list[int]:
    """The n of highest score, best first; of near-duplicates only the better, while others last."""
    order = torch.argsort(scores, descending=True, stable=True).tolist()
    seen = F.normalize(blurred(ink) + 1e-6, dim=1)
    twins = (seen @ seen.t() > TWINS).tolist()
    chosen: list[int] = []
    for k in order:
        if len(chosen) < n and not any(twins[k][other] for other in chosen):
            chosen.append(k)
    spare = [k for k in order if k not in set(chosen)]
    return sorted(chosen + spare[: n - len(chosen)], key=order.index)


def blurred(ink: Tensor) -> Tensor:
    """Pictures (B, 1, S, S) as rows of what is seen from afar."""
    return F.avg_pool2d(ink, 5, stride=2, padding=2).flatten(1)


def traced(pictures: np.ndarray) -> list[list[Curve]]:
    """The strokes of pictures (n, size, size) uint8, in the 256 space."""
    # from the rounded picture, so that the same strokes come of the file that is saved
    found = trace_curves((255 - pictures).astype(np.float32) / 255)
    factor = QUICKDRAW_SIDE / pictures.shape[1]
    return [[curve.scaled(factor) for curve in part] for part in found]


def doodles_of(kept: Kept, curves: Sequence[Sequence[Curve]], z: Tensor, seed: int) -> list[Doodle]:
    lines = iter(curve_points([curve for part in curves for curve in part], SPACING))
    noise = z.cpu().numpy()
    made = []
    for k, part in enumerate(curves):
        drawing = Drawing.from_polylines([next(lines) for _ in part], stroke_width=LINE)
        number = kept.candidates[k]
        made.append(
            Doodle(
                kept.pictures[k],
                tuple(part),
                drawing,
                float(kept.scores[k]),
                float(kept.likeness[k]),
                seed,
                number,
                noise[number],
                seen=tuple(kept.chances[k]) if kept.chances else (),
            )
        )
    return made
