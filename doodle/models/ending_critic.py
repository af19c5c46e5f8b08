"""A small convolutional network that tells which ending of a drawing a person would have drawn.

It sees what was there and what was added as two planes of ink, and knows the word: a projection
discriminator (Miyato and Koyama 2018, arXiv 1802.05637), trained to find a person's ending among
sampled ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About


@dataclass(frozen=True)
class EndingCriticConfig:
    """Sizes.  Planes are (side, side), ink 1 on 0; each level halves them.

    Attributes:
        line: width of the lines, in pixels.
        text_size: of the word's vector.
    """

    side: int = 48
    line: float = 1.6
    widths: tuple[int, ...] = (24, 48, 96, 128)
    text_size: int = 512

    @classmethod
    def tiny(cls) -> EndingCriticConfig:
        return cls(side=16, widths=(4, 6))


class _Level(nn.Module):
    """Halves the side: a convolution, and a residual one."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(before, after, 3, 2, 1, bias=False)
        self.first = nn.BatchNorm2d(after)
        self.conv = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(self.down(x)))
        return F.relu(x + self.second(self.conv(x)))


class EndingCritic(nn.Module):
    """(B, 2, side, side) ink of what was there and what was added, and the word, to a score.

    Buffers:
        text_mean: (text_size,) of the words' vectors.
    """

    text_mean: Tensor

    def __init__(self, config: EndingCriticConfig) -> None:
        super().__init__()
        self.config = config
        widths = (2, *config.widths)
        pairs = zip(widths, config.widths, strict=False)
        self.levels = nn.Sequential(*(_Level(before, after) for before, after in pairs))
        last = config.side >> len(config.widths)
        self.flat = nn.Linear(config.widths[-1] * last * last, config.widths[-1])
        self.head = nn.Linear(config.widths[-1], 1)
        self.text_projection = nn.Linear(config.text_size, config.widths[-1], bias=False)
        self.register_buffer("text_mean", torch.zeros(config.text_size))

    def forward(self, ink: Tensor, text: Tensor) -> Tensor:
        """Scores; only differences between endings of one drawing mean something.

        Args:
            ink: (B, 2, side, side) in [0, 1].
            text: (B, text_size), the word's vector.

        Returns:
            (B,).
        """
        read = F.relu(self.flat(self.levels(ink).flatten(1)))
        word = self.text_projection(F.normalize(text - self.text_mean, dim=1))
        return self.head(read).squeeze(1) + (read * word).mean(dim=1)

    def probe(self, seed: int = 0) -> Tensor:
        """Scores of seeded ink: the golden numbers of a checkpoint. (4,)"""
        generator = torch.Generator().manual_seed(seed)
        side = self.config.side
        ink = (torch.rand(4, 2, side, side, generator=generator) > 0.8).float()
        text = torch.randn(4, self.config.text_size, generator=generator)
        with torch.no_grad():
            return self(ink, text)


ABOUT = {
    "ending_critic": About(
        title="Endings as people draw them",
        does=(
            "Of several endings of a drawing, tells which one a person might have drawn: it ranks "
            "endings beside the recogniser, which only asks whether the word is seen."
        ),
        run="python -m doodle complete half.json --word cat --selective",
        fails=(
            "It compares endings of one drawing; its scores mean nothing between drawings. It "
            "learned from the endings of the networks that are shipped with it: others make other "
            "mistakes."
        ),
        cite=(
            "Takeru Miyato and Masanori Koyama: cGANs with Projection Discriminator, 2018, arXiv "
            "1802.05637."
        ),
    ),
}
