"""The vector of a phrase, composed from those of its words."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

SPREAD = 0.47  # how far CLIP's words lie from their mean, in a space of unit vectors


def compose(vectors: Tensor, weights: Sequence[float], mean: Tensor) -> Tensor:
    """One vector for a phrase from those of its words.

    Directions from the mean are added, since the words' common part would drown what tells them
    apart; the sum is put as far from the mean as CLIP's words are.

    Args:
        vectors: (K, text_size) of unit length.
        weights: K of them, 1 for the main word.
        mean: (text_size,) of the space.

    Returns:
        (text_size,) of unit length.
    """
    away = F.normalize(vectors - mean, dim=1)
    total = torch.tensor(weights, device=away.device) @ away
    return F.normalize(mean + SPREAD * F.normalize(total, dim=0), dim=0)
