"""What the generator is asked to draw: a text, or something between two."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from doodle.models.dccgan import FIRST_SIDE
from doodle.pipelines.complete import slerp

STEEP = 8.0  # of the logistic step from one text to the other, over the picture's side


@dataclass(frozen=True)
class Target:
    """A text: its name as the categories have it ("" for none of them), its vector (512,)."""

    name: str
    vector: Tensor


@dataclass(frozen=True)
class Blend:
    """Something between two texts.

    Attributes:
        one, other: the texts.
        share: of the other, above 0 and below 1.
        vector: (512,) between theirs.
        places: (FIRST_SIDE, FIRST_SIDE) share of the other at each place of the generator's maps.
    """

    one: Target
    other: Target
    share: float
    vector: Tensor
    places: Tensor


def blends(one: Target, other: Target, share: float) -> list[Blend]:
    """Ways to draw something between two texts: all over at once, then side by side and one above
    the other, in both orders.

    The picture of a vector between two texts is nearly always that of one of them, or of a third
    thing (docs/log.md): the generator has learned words, and nothing between them.
    """
    vector = slerp(one.vector[None], other.vector[None], share)[0]
    edge = torch.sigmoid(STEEP * (torch.linspace(0, 1, FIRST_SIDE) - (1 - share)))
    across = edge.expand(FIRST_SIDE, FIRST_SIDE)
    even = torch.full_like(across, share)
    maps = [even, across, across.flip(1), across.t(), across.t().flip(0)]
    return [Blend(one, other, share, vector, places) for places in maps]


def balance(chances: Tensor, share: float) -> Tensor:
    """How well two texts are seen in pictures: the smaller of their chances, each by its share.

    Args:
        chances: (..., 2) of either text, 0 to 1.
        share: of the second, above 0 and below 1.

    Returns: (...) 0 to 1; 1 where the recogniser is torn between just these two.
    """
    wanted = chances.new_tensor([1 - share, share])
    return (chances / wanted).amin(dim=-1).clamp(max=1.0)
