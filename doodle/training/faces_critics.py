"""The faces' discriminators: heads on mixed features of a frozen classifier, and one on pixels.

Projected GAN (Sauer et al. 2021, arXiv 2111.01007): features of four sizes are mixed across
channels and sizes by frozen random weights (section 3.2), so that no head settles on a few of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from doodle.models.image_features import ImageFeatures
from doodle.training.gan_losses import LOSSES, diff_augment

SLOPE = 0.2
_LEAST = 4  # side of the map whose places are scored


@dataclass(frozen=True)
class View:
    """What the critics are given of B pictures.

    Attributes:
        pictures: (B, 3, S, S) in about [-1, 1].
        maps: features as they are, for the perceptual loss.
        mixed: the same, mixed, for the critics.
    """

    pictures: Tensor
    maps: list[Tensor]
    mixed: list[Tensor]

    def fixed(self) -> View:
        """The same without a way back to the generator."""
        return View(self.pictures.detach(), [], [m.detach() for m in self.mixed])


class Mixing(nn.Module):
    """Frozen random projections across channels, then across sizes, from coarse to fine."""

    def __init__(self, widths: tuple[int, ...], after: int) -> None:
        super().__init__()
        self.across = nn.ModuleList(nn.Conv2d(w, after, 1, bias=False) for w in widths)
        self.down = nn.ModuleList(nn.Conv2d(after, after, 3, 1, 1, bias=False) for _ in widths)
        for layer in [*self.across, *self.down]:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
        self.requires_grad_(False)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Feature maps, the largest first, to as many of ``after`` channels."""
        mixed: list[Tensor] = []
        coarser = None
        for k in reversed(range(len(maps))):
            # unit vectors of many channels have small entries
            x = self.across[k](maps[k] * maps[k].shape[1] ** 0.5)
            if coarser is not None:
                x = (x + F.interpolate(coarser, x.shape[-2:], mode="bilinear")) * 0.5**0.5
            coarser = self.down[k](x)
            mixed.insert(0, coarser)
        return mixed


class Head(nn.Module):
    """Halves a map down to about 4 x 4 and scores its places.

    Args:
        widths: channels before the first halving, after it, after the next ...
        compares: whether it sees how much pictures of a batch differ (Karras et al. 2018, arXiv
            1710.10196, section 3).
    """

    def __init__(self, widths: tuple[int, ...], compares: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(SLOPE)]
        self.body, self.compares = nn.Sequential(*layers), compares
        last = widths[-1]
        self.last = spectral_norm(nn.Conv2d(last + compares, last, 3, 1, 1))
        self.real = spectral_norm(nn.Conv2d(last, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, widths[0], H, W) to scores (B, places)."""
        x = self.body(x)
        if self.compares:
            spread = x.float().std(dim=0, correction=0).mean()
            x = torch.cat([x, spread.to(x.dtype).expand_as(x[:, :1])], 1)
        return self.real(F.leaky_relu(self.last(x), SLOPE)).flatten(1).float()


class FaceCritics(nn.Module):
    """All discriminators.

    Args:
        features: a frozen classifier.
        width: of the heads on its features.
        pixel_width: of the first layer of the critic of pixels; 0: none.
        loss: an entry of LOSSES.
        sight: side at which the features see pictures.
        augment: DiffAugment (Zhao et al. 2020, arXiv 2006.10738).
    """

    def __init__(
        self,
        features: ImageFeatures,
        width: int,
        pixel_width: int,
        loss: str,
        sight: int,
        augment: bool,
    ) -> None:
        super().__init__()
        self.loss, self.sight, self.augment = LOSSES[loss], sight, augment
        self._features = (features,)  # in a tuple: its weights are neither trained nor saved
        self.mixing = Mixing(features.widths, width)
        halvings = [max(0, (sight // 4 >> k) // _LEAST).bit_length() - 1 for k in range(4)]
        self.on_features = nn.ModuleList(
            Head((width,) * (1 + max(0, n)), compares=k == 3) for k, n in enumerate(halvings)
        )
        growing = tuple(pixel_width * k for k in (1, 2, 4, 4))
        self.on_pixels = Head((3, *growing), compares=True) if pixel_width else None

    def views(self, real: Tensor, fake: Tensor) -> tuple[View, View]:
        """What the critics see of as many real and fake pictures, augmented in pairs.

        Args:
            real, fake: (B, 3, S, S) in [-1, 1].
        """
        both = torch.cat([real, fake])
        if self.augment:
            both = diff_augment(both, slice(0, 3), copies=2)
        both = both.contiguous(memory_format=torch.channels_last)
        count = len(real)
        with torch.no_grad():
            first = self._view(both[:count])
        return first, self._view(both[count:])

    def _view(self, pictures: Tensor) -> View:
        seen = pictures
        if pictures.shape[-1] != self.sight:
            side = (self.sight, self.sight)
            seen = F.interpolate(pictures, side, mode="bilinear", antialias=False)
        # in full precision: depth-wise convolutions in bfloat16 are slow to differentiate
        with torch.autocast(pictures.device.type, enabled=False):
            maps = self._features[0](seen.float())
        return View(pictures, maps, self.mixing(maps))

    def scores(self, view: View) -> list[Tensor]:
        """Of each critic, (B, places)."""
        found = [head(x) for head, x in zip(self.on_features, view.mixed, strict=True)]
        return found + ([self.on_pixels(view.pictures)] if self.on_pixels is not None else [])

    def discriminator_loss(self, real: View, fake: View) -> Tensor:
        """The mean over the critics."""
        pairs = zip(self.scores(real), self.scores(fake), strict=True)
        return torch.stack([self.loss.discriminator(r, f) for r, f in pairs]).mean()

    def generator_loss(self, fake: View) -> Tensor:
        """The mean over the critics."""
        return torch.stack([self.loss.generator(score) for score in self.scores(fake)]).mean()
