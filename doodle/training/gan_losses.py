"""Losses of adversarial training, in one table, and augmentation of the discriminator's input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Term = Callable[[Tensor], Tensor]  # unbounded scores of any shape to a scalar


@dataclass(frozen=True)
class AdversarialLoss:
    """What the two sides minimise.

    Attributes:
        real, fake: the discriminator's terms, of the scores of real and of fake examples.
        generator: the generator's term, of the scores of fake examples.
        penalised: the discriminator's loss also has the gradient penalty.
    """

    real: Term
    fake: Term
    generator: Term
    penalised: bool = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Both of the discriminator's terms."""
        return self.real(real) + self.fake(fake)


LOSSES: dict[str, AdversarialLoss] = {
    # cross entropy, the generator's not saturating: Goodfellow et al. 2014 (arXiv 1406.2661),
    # section 3
    "bce": AdversarialLoss(
        real=lambda x: F.softplus(-x).mean(),
        fake=lambda x: F.softplus(x).mean(),
        generator=lambda x: F.softplus(-x).mean(),
    ),
    # Mao et al. 2017 (arXiv 1611.04076), equation 2 with a = 0, b = c = 1; the generator's without
    # its factor of one half, as pix2pix's authors have it
    "lsgan": AdversarialLoss(
        real=lambda x: 0.5 * (x - 1).square().mean(),
        fake=lambda x: 0.5 * x.square().mean(),
        generator=lambda x: (x - 1).square().mean(),
    ),
    # Lim & Ye 2017 (arXiv 1705.02894), section 3.1; Miyato et al. 2018 (arXiv 1802.05957), eq. 16
    "hinge": AdversarialLoss(
        real=lambda x: F.relu(1 - x).mean(),
        fake=lambda x: F.relu(1 + x).mean(),
        generator=lambda x: -x.mean(),
    ),
    # Arjovsky et al. 2017 (arXiv 1701.07875), algorithm 1, without its clipping of weights
    "wgan": AdversarialLoss(
        real=lambda x: -x.mean(), fake=lambda x: x.mean(), generator=lambda x: -x.mean()
    ),
    # the same with the penalty of Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1
    "wgan-gp": AdversarialLoss(
        real=lambda x: -x.mean(),
        fake=lambda x: x.mean(),
        generator=lambda x: -x.mean(),
        penalised=True,
    ),
}


def gradient_penalty(
    score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share: Tensor
) -> Tensor:
    """(|grad of the score| - 1)^2 between real and fake (arXiv 1704.00028, equation 3).

    Args:
        score: (B, C, H, W) to scores of any shape.
        share: (B, 1, 1, 1) in [0, 1], where between the two.
    """
    between = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def mode_seeking(one: Tensor, other: Tensor, z: Tensor, other_z: Tensor) -> Tensor:
    """How little pictures differ for how much their noise does.

    Mao et al. 2019 (arXiv 1903.05628), equation 4: the inverse of
    mean |G(z1) - G(z2)| / mean |z1 - z2|, averaged over the batch.
    """
    pictures = (one - other).abs().flatten(1).mean(dim=1)
    noises = (z - other_z).abs().flatten(1).mean(dim=1)
    return (noises / (pictures + 1e-5)).mean()


def feature_matching(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Mean difference of the critic's feature maps (Wang et al. 2018, 1711.11585, equation 4)."""
    return torch.stack([F.l1_loss(f, r.detach()) for r, f in zip(real, fake, strict=True)]).mean()


def diff_augment(x: Tensor, colours: slice, copies: int = 1) -> Tensor:
    """Random brightness, saturation, contrast, shift and cut-out (DiffAugment, arXiv 2006.10738).

    Args:
        x: (B, C, H, W); moved and cut as a whole.
        colours: the channels that hold the picture, in [-1, 1]; only these change colour.
        copies: the batch is so many equal parts, whose k-th examples all change alike.
    """
    count, _, height, width = x.shape
    drawn = torch.rand(count // copies, 7, 1, 1, 1, device=x.device)
    chance = drawn.repeat(copies, 1, 1, 1, 1).unbind(1)  # seven of (B, 1, 1, 1)
    picture = x[:, colours] + (chance[0] - 0.5)
    mean = picture.mean(dim=1, keepdim=True)
    picture = (picture - mean) * (2 * chance[1]) + mean
    mean = picture.mean(dim=(1, 2, 3), keepdim=True)
    picture = (picture - mean) * (chance[2] + 0.5) + mean
    x = torch.cat([x[:, : colours.start], picture, x[:, colours.stop :]], 1)
    rows = torch.arange(height, device=x.device).view(1, 1, -1, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, 1, -1)
    down = ((chance[3] - 0.5) * height / 4).round().long()
    right = ((chance[4] - 0.5) * width / 4).round().long()
    inside = (rows + down).clamp(-1, height), (columns + right).clamp(-1, width)
    padded = F.pad(x, (1, 1, 1, 1))
    which = torch.arange(count, device=x.device).view(-1, 1, 1, 1)
    channel = torch.arange(x.shape[1], device=x.device).view(1, -1, 1, 1)
    x = padded[which, channel, inside[0] + 1, inside[1] + 1]
    cut_y = (rows - chance[5] * height).abs() < height / 8
    cut_x = (columns - chance[6] * width).abs() < width / 8
    return x * ~(cut_y & cut_x)
