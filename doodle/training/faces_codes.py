"""Where codes of pictures and codes of noise meet: how far apart they are, and a memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def energy_distance(codes: Tensor, others: Tensor, wanted: Tensor) -> Tensor:
    """What codes of a batch add to the energy distance of all codes from a distribution.

    2 E|x - y| - E|x - x'| - E|y - y'| (Székely and Rizzo 2013, doi 10.1016/j.jspi.2013.03.018,
    equation 1) with x a code of the batch and x' one of the others, over the root of their length.
    As a mean over all codes it is the distance, and its gradient is theirs.

    Args:
        codes: (B, C) with a gradient.
        others: (M, C), at least one row.
        wanted: (N, C), at least two rows.
    """
    across, within = torch.cdist(codes, wanted).mean(), torch.cdist(codes, others).mean()
    within = 2 * within - within.detach()  # every pair of codes counts for both of its ends
    fixed = torch.cdist(wanted, wanted).sum() / (len(wanted) * (len(wanted) - 1))
    return (2 * across - within - fixed) / codes.shape[1] ** 0.5


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
