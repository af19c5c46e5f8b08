"""Layers of StyleGAN2 (Karras et al. 2020, arXiv 1912.04958) in plain torch, and upfirdn.

Names of parts and shapes of weights are those of rosinality's port, in which most published
weights lie. Weights are stored with unit variance and scaled when they are used (equalised learning
rate, Karras et al. 2018, arXiv 1710.10196, section 4.1).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2  # of all leaky ReLUs
TAPS = (1.0, 3.0, 3.0, 1.0)  # of the filter before and after every change of size


def lowpass(gain: float = 1.0) -> Tensor:
    """The separable filter as a (4, 4) kernel whose sum is ``gain``."""
    taps = torch.tensor(TAPS)
    kernel = torch.outer(taps, taps)
    return kernel * (gain / kernel.sum())


def upfirdn(
    x: Tensor, kernel: Tensor, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)
) -> Tensor:
    """Enlarge with zeros between, pad, filter, keep each ``down``-th sample, in both directions.

    Karras et al. 2021 (arXiv 2106.12423), appendix; the filter is a convolution, not a correlation.

    Args:
        x: (B, C, H, W).
        kernel: (kh, kw), the same for all channels.
        up, down: whole factors.
        pad: zeros before and after, in samples of the enlarged picture; not below 0.

    Returns:
        (B, C, h, w) with h = (H * up + pad[0] + pad[1] - kh) // down + 1, and w likewise.
    """
    channels = x.shape[1]
    each = kernel.to(x.dtype).flip(0, 1).expand(channels, 1, -1, -1).contiguous()
    if up > 1:
        batch, _, height, width = x.shape
        spread = x.new_zeros(batch, channels, height, up, width, up)
        spread[:, :, :, 0, :, 0] = x
        x = spread.view(batch, channels, height * up, width * up)
    if pad[0] == pad[1]:
        return F.conv2d(x, each, stride=down, padding=pad[0], groups=channels)
    return F.conv2d(F.pad(x, (*pad, *pad)), each, stride=down, groups=channels)


class PixelNorm(nn.Module):
    """A vector to root mean square 1."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class EqualLinear(nn.Module):
    """A linear layer whose stored weights have variance 1.

    Args:
        rate: the layer learns so much more slowly (StyleGAN's mapping network: 0.01).
        activated: whether a leaky ReLU of gain sqrt(2) follows.
    """

    def __init__(
        self, before: int, after: int, *, bias: float = 0.0, rate: float = 1.0, activated=False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before) / rate)
        self.bias = nn.Parameter(torch.full((after,), bias / rate))
        self.scale, self.rate, self.activated = rate / math.sqrt(before), rate, activated

    def forward(self, x: Tensor) -> Tensor:
        """(B, before) to (B, after)."""
        x = F.linear(x, self.weight * self.scale, self.bias * self.rate)
        return F.leaky_relu(x, SLOPE) * math.sqrt(2) if self.activated else x


class Blur(nn.Module):
    """The low-pass filter after a transposed convolution, which takes its extra row away."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", lowpass(4.0))  # three of four samples were zeros

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 2 H + 1, 2 W + 1) to (B, C, 2 H, 2 W)."""
        return upfirdn(x, self.kernel, pad=(1, 1))


class Upsample(nn.Module):
    """A picture twice as large, smooth."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", lowpass(4.0))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, 2 H, 2 W)."""
        return upfirdn(x, self.kernel, up=2, pad=(2, 1))


class ModulatedConv(nn.Module):
    """Convolution whose weights a style scales, and which are normalised again (eq. 1 and 3).

    The input is scaled instead of the weights, and the output normalised: the same numbers with one
    convolution for all of a batch (section 2.2).

    Args:
        side: of the kernel.
        style: size of w.
        up: whether the picture is enlarged to twice its side.
        demodulate: whether weights are normalised (eq. 3).
    """

    def __init__(
        self, before: int, after: int, side: int, style: int, *, up=False, demodulate=True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, after, before, side, side))
        self.modulation = EqualLinear(style, before, bias=1.0)
        self.scale, self.demodulate = 1 / math.sqrt(before * side**2), demodulate
        if up:
            self.blur = Blur()

    def forward(self, x: Tensor, s: Tensor) -> tuple[Tensor, Tensor | None]:
        """The convolution up to the factor of each output channel, which the caller multiplies.

        Args:
            x: (B, before, H, W).
            s: (B, before), the style: `modulation` of w.

        Returns:
            (B, after, H, W) or twice as large, and (B, after) of eq. 3; None if not demodulated.
        """
        weight, s = self.weight[0], s.float()
        factor = None
        if self.demodulate:
            power = weight.float().square().sum(dim=(2, 3)) * self.scale**2  # (after, before)
            factor = torch.rsqrt(s.square() @ power.t() + 1e-8)
        x = x * (s * self.scale)[:, :, None, None].to(x.dtype)
        if hasattr(self, "blur"):
            return self.blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)), factor
        return F.conv2d(x, weight, padding=weight.shape[-1] // 2), factor


class Noise(nn.Module):
    """How strongly noise is added: one number a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


class Bias(nn.Module):
    """The bias before the activation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))


class StyledConv(nn.Module):
    """Modulated 3 x 3 convolution, noise, bias, leaky ReLU of gain sqrt(2) (figure 2 d)."""

    def __init__(self, before: int, after: int, style: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(before, after, 3, style, up=up)
        self.noise = Noise()
        self.activate = Bias(after)

    def forward(self, x: Tensor, s: Tensor, noise: Tensor) -> Tensor:
        """(B, before, H, W), (B, before) and (1 or B, 1, H', W') to (B, after, H', W')."""
        y, factor = self.conv(x, s)
        # a leaky ReLU lets a positive factor through: the gain is applied to what is smaller
        gain = math.sqrt(2)
        added = (noise * self.noise.weight * gain).to(y.dtype)
        bias = (self.activate.bias * gain)[None, :, None, None].to(y.dtype)
        factor = (factor * gain)[:, :, None, None].to(y.dtype)
        if torch.is_grad_enabled():
            return F.leaky_relu(torch.addcmul(bias, y, factor) + added, SLOPE)
        # the same in place: fresh memory for every step would take longer than the arithmetic
        return F.leaky_relu_(y.mul_(factor).add_(bias).add_(added), SLOPE)


class ToRGB(nn.Module):
    """What a level adds to the picture: 1 x 1, modulated, not demodulated (figure 7 b)."""

    def __init__(self, before: int, style: int, *, up: bool = True) -> None:
        super().__init__()
        if up:
            self.upsample = Upsample()
        self.conv = ModulatedConv(before, 3, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))

    def forward(self, x: Tensor, s: Tensor, picture: Tensor | None) -> Tensor:
        """(B, before, H, W), (B, before) and (B, 3, H / 2, W / 2) to (B, 3, H, W)."""
        added = self.conv(x, s)[0].float() + self.bias
        return added if picture is None else self.upsample(picture) + added
