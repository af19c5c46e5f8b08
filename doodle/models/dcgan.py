"""DCGAN: one category of drawings from noise alone.

Generator and discriminator after Radford et al. 2016 (arXiv 1511.06434), section 3: no pooling and
no hidden fully connected layers, batch normalisation, ReLU in G and leaky ReLU in D, tanh at the
end.  Kernels are 4 x 4 instead of 5 x 5: multiples of the stride leave no chequered pattern.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

START = {28: 7, 64: 4}  # size of a picture -> side of the first feature map; doubled up to it


@dataclass(frozen=True)
class DcganConfig:
    """Sizes.

    Attributes:
        z_size: numbers of noise that make a picture.
        width: channels of the largest feature map; each smaller map has twice as many.  The
            paper's network is 128 at a size of 64.
        size: side of a picture, 28 or 64.
    """

    z_size: int = 100
    width: int = 64
    size: int = 28

    def __post_init__(self) -> None:
        if self.size not in START:
            raise ValueError(f"pictures are {' or '.join(map(str, START))} wide, not {self.size}")
        if self.z_size < 1 or self.width < 1:
            raise ValueError("z_size and width are at least 1")

    @classmethod
    def tiny(cls) -> DcganConfig:
        return cls(z_size=6, width=4)

    @property
    def channels(self) -> list[int]:
        """Of the feature maps, the smallest map first."""
        levels = int(math.log2(self.size // START[self.size]))
        return [self.width << level for level in reversed(range(levels))]


class Dcgan(nn.Module):
    """The generator: z (B, z_size) ~ N(0, 1) to (B, 1, size, size) in [-1, 1], ink +1, paper -1."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        self.config = config
        channels, side = config.channels, START[config.size]
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(config.z_size, channels[0], side, 1, 0, bias=False),
            nn.BatchNorm2d(channels[0]), nn.ReLU(inplace=True),
        ]  # fmt: skip
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
                       nn.BatchNorm2d(after), nn.ReLU(inplace=True)]  # fmt: skip
        layers += [nn.ConvTranspose2d(channels[-1], 1, 4, 2, 1), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z[:, :, None, None])

    @torch.no_grad()
    def settle(self, z: Tensor) -> None:
        """Set the statistics of batch normalisation to those of these weights.

        Averaged weights never saw the running statistics of the weights in training (standing
        statistics of Brock et al. 2019, arXiv 1809.11096, section 4.1).

        Args:
            z: (N, z_size), a few hundred or more.
        """
        norms = [layer for layer in self.body if isinstance(layer, nn.BatchNorm2d)]
        momentum = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over the batches
        self.train()
        for part in z.split(128):
            self(part)
        self.eval()
        for norm, value in zip(norms, momentum, strict=True):
            norm.momentum = value

    def probe(self, seed: int = 0) -> Tensor:
        """Means of 7 x 7 patches of two pictures: the golden numbers of a checkpoint. (32,)"""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(2, self.config.z_size, generator=generator)
        with torch.no_grad():
            return F.adaptive_avg_pool2d(self(z), 4).flatten()


class Discriminator(nn.Module):
    """(B, 1, size, size) in [-1, 1] to (B,) logits, high for a real drawing.

    Args:
        config: of the generator that it judges; the feature maps mirror it.
        norm: "batch" as in the paper; "layer" for the gradient penalty of WGAN-GP, which looks at
            each picture alone (Gulrajani et al. 2017, arXiv 1704.00028, section 4).
    """

    def __init__(self, config: DcganConfig, norm: Literal["batch", "layer"] = "batch") -> None:
        super().__init__()
        channels = config.channels[::-1]
        layers: list[nn.Module] = [nn.Conv2d(1, channels[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for before, after in zip(channels, channels[1:], strict=False):
            normalise = nn.BatchNorm2d(after) if norm == "batch" else nn.GroupNorm(1, after)
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), normalise, nn.LeakyReLU(0.2)]
        layers.append(nn.Conv2d(channels[-1], 1, START[config.size]))
        self.body = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.body(pictures).flatten()


def _initialise(layer: nn.Module) -> None:
    """Weights ~ N(0, 0.02), section 4 of the paper; scales of a normalisation around 1."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d | nn.GroupNorm):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)


def bce_losses(real: Tensor, fake: Tensor) -> Tensor:
    """What D minimises: -log D(real) - log(1 - D(fake)), each the mean of (B,) logits."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def bce_generator_loss(fake: Tensor) -> Tensor:
    """What G minimises, not saturating: -log D(fake), Goodfellow et al. 2014, section 3."""
    return F.softplus(-fake).mean()


def gradient_penalty(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """E (|grad D| - 1)^2 at random points between real and fake (Gulrajani 2017, equation 3).

    Args:
        real, fake: (B, 1, H, W) in [-1, 1], without a history.
    """
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = torch.lerp(real, fake, share).requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()
