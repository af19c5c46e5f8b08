"""A small convolutional network that detects drawings in which the word was written."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About


@dataclass(frozen=True)
class WritingDetectorConfig:
    """Sizes.  Pictures are (side, side), ink 1 on 0; each convolution halves them."""

    side: int = 28
    widths: tuple[int, ...] = (16, 32, 48, 64)

    @classmethod
    def tiny(cls) -> WritingDetectorConfig:
        return cls(widths=(4, 8))


class WritingDetector(nn.Module):
    """(B, 1, side, side) ink in [0, 1] to the logit of "this is a written word", (B,)."""

    def __init__(self, config: WritingDetectorConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        before = 1
        for width in config.widths:
            layers += [
                nn.Conv2d(before, width, 3, 2, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            before = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(before, 1)

    def forward(self, ink: Tensor) -> Tensor:
        features = self.body(F.pad(ink, (2, 2, 2, 2)))
        return self.head(features.mean(dim=(2, 3))).squeeze(1)

    @torch.no_grad()
    def probabilities(self, ink: Tensor) -> Tensor:
        """Chance of each picture (B, 1, side, side) to be a written word, (B,)."""
        return torch.sigmoid(self(ink).float())

    def probe(self, seed: int = 0) -> Tensor:
        """Outputs for seeded ink: the golden numbers of a checkpoint. (4,)"""
        generator = torch.Generator().manual_seed(seed)
        side = self.config.side
        ink = (torch.rand(4, 1, side, side, generator=generator) > 0.8).float()
        with torch.no_grad():
            return self(ink)


ABOUT = {
    "writing_detector": About(
        title="Written words",
        does=(
            "Tells bitmaps in which somebody wrote the word from those in which it was drawn, "
            "for `data filter`."
        ),
        run="python -m doodle data filter --input data --output data/clean --sheets",
        fails=(
            "Judged by eye on 1,440 bitmaps, of those it calls words (chance above 0.5) about "
            "three in four are; about two in five written words get past it. Herds, stripes, "
            "grids and long thin things raise false alarms."
        ),
        cite="Trained on words written by the recipe itself; no paper.",
    ),
}
