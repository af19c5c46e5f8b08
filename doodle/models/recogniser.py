"""The recogniser: a small residual network from a 28 x 28 rendering to categories and text space.

Residual blocks after He et al. 2016 (arXiv 1512.03385).  Two heads share the features: a linear one
over the categories, and an embedding trained to point where the CLIP text vector of the category
points, so that words outside the categories can be scored too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from doodle.models.about import About


@dataclass(frozen=True)
class RecogniserConfig:
    """Sizes.  Pictures are (side, side), ink 1 on 0."""

    side: int = 28
    widths: tuple[int, ...] = (32, 64, 128, 256)
    blocks: tuple[int, ...] = (0, 1, 2, 1)
    categories: int = 345
    text_size: int = 512

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.blocks) or self.side < 8:
            raise ValueError("one number of blocks a width, and a side of at least 8")

    @classmethod
    def tiny(cls) -> RecogniserConfig:
        return cls(widths=(4, 8), blocks=(0, 1), categories=5)


class Block(nn.Module):
    """Two 3 x 3 convolutions with a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class Recogniser(nn.Module):
    """(B, 1, side, side) ink in [0, 1] to category logits and text-space embedding."""

    text: Tensor
    text_mean: Tensor
    temperature: Tensor
    unknown_below: Tensor

    def __init__(self, config: RecogniserConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        ends: list[bool] = []
        before = 1
        for level, (width, blocks) in enumerate(zip(config.widths, config.blocks, strict=True)):
            stride = 1 if level == 0 else 2
            layers += [
                nn.Conv2d(before, width, 3, stride, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            layers += [Block(width) for _ in range(blocks)]
            ends += [False] * (2 + blocks) + [True]
            before = width
        self.body = nn.Sequential(*layers)
        self._ends = ends  # which layers are the last of their width
        self.classify = nn.Linear(before, config.categories)
        self.project = nn.Linear(before, config.text_size)
        # unit length text vectors of the categories, less their mean, unit length again
        self.register_buffer("text", torch.zeros(config.categories, config.text_size))
        self.register_buffer("text_mean", torch.zeros(config.text_size))
        self.log_scale = nn.Parameter(torch.tensor(2.3))  # of the cosine, learned as CLIP does
        # set on held-out drawings after training: calibration, and the least chance worth saying
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("unknown_below", torch.zeros(()))

    def fuse(self, dtype: torch.dtype = torch.float32) -> Recogniser:
        """Fold batch normalisation into the convolutions, for inference alone; returns itself.

        Args:
            dtype: of the convolutions from then on; what `forward` returns stays float32.
        """
        if self.training:
            raise ValueError("only a network in eval mode can be fused")
        for one in [self.body, *(block.body for block in self.body if isinstance(block, Block))]:
            for k in range(len(one) - 1):
                conv, norm = one[k], one[k + 1]
                if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    one[k], one[k + 1] = fuse_conv_bn_eval(conv, norm), nn.Identity()
        self.body.to(dtype)
        return self.requires_grad_(False)

    def features(self, ink: Tensor) -> Tensor:
        """(B, 1, side, side) in [0, 1] to (B, widths[-1])."""
        return self.levels(ink)[-1].float().mean(dim=(2, 3))

    def levels(self, ink: Tensor) -> list[Tensor]:
        """The feature maps at the end of each width: (B, widths[i], about 32 / 2^i, the same).

        They are in the dtype of the convolutions.
        """
        maps: list[Tensor] = []
        # two empty pixels around, so that ink at the border is seen whole
        x = F.pad(ink * 2 - 0.3, (2, 2, 2, 2), value=-0.3).to(next(self.body.parameters()).dtype)
        for layer, ends in zip(self.body, self._ends, strict=True):
            x = layer(x)
            if ends:
                maps.append(x)
        return maps

    def forward(self, ink: Tensor) -> tuple[Tensor, Tensor]:
        """Returns logits (B, categories) and embedding (B, text_size) of unit length."""
        return self.answer(self.features(ink))

    def answer(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """What `forward` returns, from `features` or from the means of the last of `levels`."""
        return self.classify(features), F.normalize(self.project(features).float(), dim=1)

    def text_logits(self, embedding: Tensor) -> Tensor:
        """(B, text_size) to cosine logits over the categories, (B, categories)."""
        return embedding @ self.text.t() * self.log_scale.exp()

    @torch.no_grad()
    def probabilities(self, ink: Tensor) -> Tensor:
        """Calibrated probabilities over the categories, (B, categories)."""
        return torch.softmax(self(ink)[0].float() / self.temperature, dim=1)

    @torch.no_grad()
    def similarity(self, embedding: Tensor, words: Tensor) -> Tensor:
        """Cosine of embeddings (B, text_size) with any words (W, text_size), both unit; (B, W)."""
        return embedding @ F.normalize(words - self.text_mean, dim=1).t()

    def set_text(self, vectors: Tensor) -> None:
        """Keep the categories' text vectors (categories, text_size) of unit length."""
        self.text_mean.copy_(vectors.mean(dim=0))
        self.text.copy_(F.normalize(vectors - self.text_mean, dim=1))

    def probe(self, seed: int = 0) -> Tensor:
        """A few outputs for seeded ink: the golden numbers of a checkpoint. (10,)"""
        generator = torch.Generator().manual_seed(seed)
        ink = torch.rand(2, 1, self.config.side, self.config.side, generator=generator)
        with torch.no_grad():
            logits, embedding = self((ink > 0.8).float())
            cosine = self.text_logits(embedding)
        return torch.cat([logits[:, :3].flatten(), cosine[:, :2].flatten()])


ABOUT = {
    "recogniser": About(
        title="Recogniser",
        does=(
            "Says what a drawing shows and how sure it is; ranks the endings that SketchRNN "
            "proposes."
        ),
        run="python -m doodle complete drawing.json --word cat --json",
        fails=(
            "Drawings that miss their main part, and categories that people draw alike (cup and "
            "mug, truck and van), are confused."
        ),
        cite="Quick, Draw! bitmaps: https://github.com/googlecreativelab/quickdraw-dataset",
    ),
}
