"""A linear layer for sampling on a CPU: weights packed once, rows independent of the batch.

oneDNN keeps the weights in the layout that its kernels read.  On the processors tried that is 2 to
3 times as fast as the matrix product of a plain `nn.Linear`, and a row's result does not depend on
how many other rows are computed with it, so a drawing is the same alone and among others.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.models.shapes import filled, roomy

ROWS = 64  # the layout is chosen for about this many rows


class PackedLinear:
    """``x @ weight.t() + bias`` without gradients.

    Falls back to the plain product where oneDNN or its packed layout is missing, and on devices
    other than a CPU.

    Args:
        weight: (out, in) float32; a later change of it is not seen.
        bias: (out,) or None.
        dtype: float32 or bfloat16, in which is multiplied; the sums are float32, rounded to it.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> None:
        self.weight = weight.detach().to(dtype)
        self.bias = None if bias is None else bias.detach().to(dtype)
        self._packed = _pack(self.weight)

    def __call__(self, x: Tensor) -> Tensor:
        """(B, in) to (B, out), float32 both."""
        count, x = len(x), x.to(self.weight.dtype)
        if self._packed is None:
            return F.linear(x, self.weight, self.bias).float()
        packed, bias, x = self._packed, self.bias, filled(x, roomy(count))
        y = torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")
        return y[:count].float()


def _pack(weight: Tensor) -> Tensor | None:
    """The weights in oneDNN's layout; None where that cannot be had."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return None
    try:
        return torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)
    except (AttributeError, RuntimeError):  # a build without it
        return None
