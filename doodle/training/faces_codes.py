"""Where codes of pictures and codes of noise meet: how far apart they are, and a memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def energy_distance(first: Tensor, second: Tensor) -> Tensor:
    """How far apart two sets of vectors are as distributions, 0 on average for one and the same.

    2 E|x - y| - E|x - x'| - E|y - y'| (Székely and Rizzo 2013, doi 10.1016/j.jspi.2013.03.018,
    equation 1), over the root of their length, so that vectors of many numbers count alike.

    Args:
        first, second: (N, C) and (M, C), at least two rows each.
    """

    def within(rows: Tensor) -> Tensor:
        count = len(rows)
        return torch.cdist(rows, rows).sum() / (count * (count - 1))

    across = torch.cdist(first, second).mean()
    return (2 * across - within(first) - within(second)) / first.shape[1] ** 0.5


class CodeMemory(nn.Module):
    """The last codes of real pictures, since those of one batch are too few to be compared."""

    rows: Tensor
    seen: Tensor

    def __init__(self, count: int, size: int) -> None:
        super().__init__()
        self.register_buffer("rows", torch.zeros(count, size))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def add(self, codes: Tensor) -> None:
        """Keep codes (N, size) instead of the oldest ones."""
        places = (int(self.seen) + torch.arange(len(codes))) % len(self.rows)
        self.rows[places.to(self.rows.device)] = codes.detach().float()
        self.seen += len(codes)

    def some(self, count: int) -> Tensor:
        """Some of those kept, (at most count, size)."""
        kept = min(int(self.seen), len(self.rows))
        chosen = torch.randperm(kept)[:count]
        return self.rows[chosen.to(self.rows.device)]
