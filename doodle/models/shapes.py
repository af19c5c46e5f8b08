"""Few shapes for the networks: batches are filled up, since each shape costs memory for good.

On a CPU oneDNN compiles a kernel for every shape that it meets and keeps 1,024 of them: 0.65 MB for
a product, 0.16 MB for an LSTM, 0.07 MB for a convolution, and 1 to 2 ms of compiling.  Visitors who
are computed together come in any number, so without this the memory of a server grows for days.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

_SIZES = 4  # different numbers of rows between one power of two and the next


def roomy(rows: int) -> int:
    """The number of rows that is computed for so many: at most a quarter more, 9 % on average.

    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, ...
    """
    step = max(1, 2 ** (max(rows - 1, 1).bit_length() - 1) // _SIZES)
    return multiple(rows, step)


def multiple(rows: int, step: int) -> int:
    """The next multiple of `step`, at least one of it."""
    return max(step, -(-rows // step) * step)


def filled(x: Tensor, rows: int) -> Tensor:
    """(B, ...) to (rows, ...), zeros after what is there; `x` itself where it has as many."""
    missing = rows - len(x)
    return F.pad(x, (0, 0) * (x.dim() - 1) + (0, missing)) if missing > 0 else x
