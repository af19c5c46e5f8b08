"""The chimera's discriminators: PatchGANs on pixels, and heads on a classifier's features.

Both the critics' step and the generator's look at the same view of a batch: the real pictures, then
the fake ones, each with its condition, whole or one random square of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.image_features import FeatureCritic, ImageFeatures, perceptual
from doodle.models.pix2pix import PatchDiscriminator
from doodle.training.gan_losses import (
    LOSSES,
    diff_augment,
    feature_matching,
    gradient_penalty,
)

PENALTY = 10.0  # weight of WGAN-GP's penalty
_PICTURE = slice(2, 5)  # channels of a view: edges, scene, picture
Losses = dict[str, Any]


@dataclass(frozen=True)
class View:
    """B real pictures and the B made of the same edges, V pixels a side.

    Attributes:
        inputs: (2 B, 5, V, V): edges and scene, then the picture in [-1, 1].
        maps: (B, 2, V, V) long: the species that are there, and those given to the generator.
        real, fake: a classifier's feature maps of the two halves; empty without one.
    """

    inputs: Tensor
    maps: Tensor
    real: list[Tensor]
    fake: list[Tensor]

    @property
    def photos(self) -> Tensor:
        return self.inputs[: len(self.maps), _PICTURE]

    def fixed(self) -> View:
        """The same without a way back to the generator."""
        return View(self.inputs.detach(), self.maps, self.real, [m.detach() for m in self.fake])


class Critics(nn.Module):
    """All discriminators, each with a head that names species where ``classes`` are given.

    Args:
        width: channels of the PatchGANs' first layer.
        scales: PatchGANs, each at half the size of the last.
        loss: an entry of LOSSES.
        classes: species to name; 0: none.
        features: a frozen classifier; None: pixels only.
    """

    def __init__(
        self,
        width: int,
        scales: int,
        loss: str,
        classes: int,
        features: ImageFeatures | None = None,
    ) -> None:
        super().__init__()
        self.loss = LOSSES[loss]
        # "we divide the objective by 2 while optimizing D": Isola et al. 2017, section 3.3; lsgan's
        # terms have that factor of their own
        self.share = 0.5 if loss == "bce" else 1.0
        # they see edges, whether it is a scene, and a picture; the species they have to name
        self.patches = nn.ModuleList(
            PatchDiscriminator(5, width, norm="instance", classes=classes) for _ in range(scales)
        )
        self.on_features = FeatureCritic(features.widths, 2, classes=classes) if features else None
        self._features = (features,)  # in a tuple: its weights are neither trained nor saved

    @property
    def features(self) -> ImageFeatures | None:
        return self._features[0]

    def view(
        self,
        condition: Tensor,
        photo: Tensor,
        fake: Tensor,
        maps: Tensor,
        *,
        side: int = 0,
        augment: bool = False,
    ) -> View:
        """What all discriminators are given in one step.

        Args:
            condition: (B, 2, S, S) edges in [-1, 1], and scene.
            photo, fake: (B, 3, S, S).
            maps: (B, 2, S, S) long.
            side: of the view; 0: all of it.
            augment: DiffAugment, the same for each photograph and its fake.
        """
        both = torch.cat([condition.repeat(2, 1, 1, 1), torch.cat([photo, fake])], 1)
        maps = maps.to(both.dtype)
        if side and side < both.shape[-1]:
            both, maps = _square(both, maps, side)
        if augment:
            moved = diff_augment(torch.cat([both, maps.repeat(2, 1, 1, 1)], 1), _PICTURE, copies=2)
            both, maps = moved[:, :5], moved[: len(maps), 5:]
        inputs = both.contiguous(memory_format=torch.channels_last)
        real: list[Tensor] = []
        made: list[Tensor] = []
        if self.features is not None:
            with torch.no_grad():
                real = self.features(inputs[: len(photo), _PICTURE])
            made = self.features(inputs[len(photo) :, _PICTURE])
        return View(inputs, maps.detach().round().long(), real, made)

    def discriminator_losses(self, view: View) -> Losses:
        """The critics' losses: "critic", and "named" where they name species."""
        count = len(view.maps)
        losses: Losses = {"critic": 0.0}
        named = []
        for level, patch in enumerate(self.patches):
            inputs = view.inputs if level == 0 else F.avg_pool2d(view.inputs, 2**level)
            score, name, _ = patch(inputs)
            losses["critic"] = losses["critic"] + self._discriminator_loss(score)
            if name is not None:
                named.append(species_loss(name[:count].float(), view.maps[:, 0], view.photos))
            if self.loss.penalised:
                share = torch.rand(count, 1, 1, 1).to(inputs.device)
                real, fake = inputs.chunk(2)
                penalty = gradient_penalty(partial(_scores, patch), real, fake, share)
                losses["critic"] = losses["critic"] + PENALTY * penalty
        if self.on_features is not None:
            condition = view.inputs[:, :2]
            both = [torch.cat(pair) for pair in zip(view.real, view.fake, strict=True)]
            scores, names, _ = self.on_features(both, condition)
            parts = [self._discriminator_loss(score) for score in scores]
            losses["critic"] = losses["critic"] + torch.stack(parts).mean()
            named += [species_loss(n[:count].float(), view.maps[:, 0], view.photos) for n in names]
        if named:
            losses["named"] = torch.stack(named).mean()
        return losses

    def _discriminator_loss(self, scores: Tensor) -> Tensor:
        """Of the scores of the real pictures, then of the fake ones."""
        real, fake = scores.float().chunk(2)
        return self.share * self.loss.discriminator(real, fake)

    def generator_losses(self, view: View, *, matching: bool) -> Losses:
        """The generator's losses.

        Returns:
            "gan"; "features" (of the PatchGANs) where ``matching``; "species" where species are
            named; "perceptual" where there is a classifier.
        """
        count = len(view.maps)
        losses: Losses = {"gan": 0.0}
        asked = []
        for level, patch in enumerate(self.patches):
            inputs = view.inputs if level == 0 else F.avg_pool2d(view.inputs, 2**level)
            # the real ones serve as a measure of features only
            score, name, maps = patch(inputs if matching else inputs[count:])
            losses["gan"] = losses["gan"] + self.loss.generator(score[-count:].float())
            if matching:
                real, fake = (
                    [m[half].float() for m in maps] for half in (slice(count), slice(count, None))
                )
                losses["features"] = losses.get("features", 0.0) + feature_matching(real, fake)
            if name is not None:
                asked.append(species_loss(name[-count:].float(), view.maps[:, 1], view.photos))
        if self.on_features is not None:
            scores, names, _ = self.on_features(view.fake, view.inputs[count:, :2])
            parts = [self.loss.generator(score.float()) for score in scores]
            losses["gan"] = losses["gan"] + torch.stack(parts).mean()
            asked += [species_loss(n.float(), view.maps[:, 1], view.photos) for n in names]
            losses["perceptual"] = perceptual(view.real, view.fake)
        if asked:
            losses["species"] = torch.stack(asked).mean()
        return losses


def _scores(patch: nn.Module, pictures: Tensor) -> Tensor:
    return patch(pictures)[0]


def _square(both: Tensor, maps: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """One random square of all pictures, at least ``side`` pixels, reduced to that."""
    size = both.shape[-1]
    chance = torch.rand(3)  # on the CPU: the same for every device
    cut = side + int((size - side + 1) * float(chance[0]))
    top, left = (int((size - cut + 1) * float(c)) for c in chance[1:])
    rows, columns = slice(top, top + cut), slice(left, left + cut)
    both, maps = both[..., rows, columns], maps[..., rows, columns]
    if cut == side:
        return both, maps
    maps = F.interpolate(maps, (side, side), mode="nearest-exact")
    return F.adaptive_avg_pool2d(both, side), maps


def species_loss(logits: Tensor, classes: Tensor, photo: Tensor) -> Tensor:
    """Cross entropy of each patch's species, over patches of a known one that show something.

    Args:
        logits: (B, classes, h, w).
        classes: (B, S, S) long, 0 unknown.
        photo: (B, 3, S, S) in [-1, 1]; white patches have no species.
    """
    height, width = logits.shape[-2:]
    here = F.interpolate(classes.unsqueeze(1).float(), (height, width), mode="nearest-exact")
    here = here[:, 0].long()  # at the middle of each patch
    shown = F.adaptive_avg_pool2d((photo.amin(1, keepdim=True) < 0.88).float(), (height, width))
    counts = (here > 0) & (shown[:, 0] > 0.05)
    loss = F.cross_entropy(logits, (here - 1).clamp(min=0), reduction="none")
    return (loss * counts).sum() / counts.sum().clamp(min=1)
