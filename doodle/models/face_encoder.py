"""Pictures of faces to codes in W+ of a generator (after e4e, Tov et al. 2021, arXiv 2102.02766).

One code for all layers is read where the picture is smallest; each layer's offset from it (section
4.1 there) is read from a map about as fine as what the layer draws: 4 x 4, 8 x 8 or 16 x 16.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About

SLOPE = 0.2
LAST_SIDE = 4


@dataclass(frozen=True)
class FaceEncoderConfig:
    """Sizes.

    Attributes:
        style_size: of a code w.
        layers: codes of W+.
        widths: channels at a half, a quarter, ... of the picture's side; the last map is 4 x 4.
        head: channels of the maps that offsets are read from.
    """

    style_size: int = 256
    layers: int = 12
    widths: tuple[int, ...] = (32, 64, 128, 256, 256)
    head: int = 64

    def __post_init__(self) -> None:
        if len(self.widths) < 3 or min(self.widths) < 1:
            raise ValueError("widths are three or more positive numbers of channels")
        if self.layers < 4:
            raise ValueError("layers are at least 4: a generator of 8 pixels has so many")

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return LAST_SIDE * 2 ** len(self.widths)

    @classmethod
    def tiny(cls) -> FaceEncoderConfig:
        return cls(style_size=8, layers=6, widths=(4, 6, 8), head=4)


class Down(nn.Module):
    """Residual block that halves the side."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, before, 3, padding=1)
        self.second = nn.Conv2d(before, after, 3, stride=2, padding=1)
        self.skip = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, H, W) to (B, after, H / 2, W / 2)."""
        y = self.second(F.leaky_relu(self.first(x), SLOPE))
        return F.leaky_relu((y + self.skip(F.avg_pool2d(x, 2))) * math.sqrt(0.5), SLOPE)


class Offsets(nn.Module):
    """Offsets of a few layers from one map."""

    def __init__(self, before: int, side: int, head: int, layers: int, style: int) -> None:
        super().__init__()
        strides = round(math.log2(side / LAST_SIDE))
        narrow: list[nn.Module] = []
        for k in range(max(1, strides)):
            narrow += [
                nn.Conv2d(before if k == 0 else head, head, 3, 2 if strides else 1, 1),
                nn.LeakyReLU(SLOPE),
            ]
        self.narrow = nn.Sequential(*narrow)
        self.out = nn.Linear(head * LAST_SIDE**2, layers * style)
        nn.init.normal_(self.out.weight, std=0.1 / math.sqrt(head * LAST_SIDE**2))
        nn.init.zeros_(self.out.bias)
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, side, side) to (B, layers, style)."""
        return self.out(self.narrow(x).flatten(1)).unflatten(1, (self.layers, -1))


class FaceEncoder(nn.Module):
    """The encoder; its codes are those of the generator that it was trained with."""

    mean: Tensor  # (style_size,) the code that offsets of a fresh encoder begin at

    def __init__(self, config: FaceEncoderConfig) -> None:
        super().__init__()
        self.config = config
        widths, style = config.widths, config.style_size
        self.stem = nn.Conv2d(3, widths[0], 4, stride=2, padding=1)
        self.blocks = nn.ModuleList(
            Down(before, after) for before, after in zip(widths, widths[1:], strict=False)
        )
        self.code = nn.Linear(widths[-1] * LAST_SIDE**2, style)
        # of e4e's three groups the first layer's offset is zero: it has the code itself
        shares = self.groups(config.layers)
        self.offsets = nn.ModuleList(
            Offsets(widths[-1 - k], LAST_SIDE * 2**k, config.head, count, style)
            for k, count in enumerate(shares)
        )
        self.register_buffer("mean", torch.zeros(style))

    @staticmethod
    def groups(layers: int) -> tuple[int, int, int]:
        """How many layers' offsets are read from 4 x 4, 8 x 8 and 16 x 16: about a third each."""
        third = (layers - 1) // 3
        return third, third, layers - 1 - 2 * third

    def parts(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The code of all layers, and what each layer adds to it.

        Args:
            pictures: (B, 3, size, size) in [-1, 1].

        Returns:
            (B, style_size) and (B, layers, style_size); the first layer adds nothing.
        """
        x = F.leaky_relu(self.stem(pictures), SLOPE)
        maps = [x]
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        code = self.code(x.flatten(1)).float() + self.mean
        found = [head(maps[-1 - k]).float() for k, head in enumerate(self.offsets)]
        return code, torch.cat([torch.zeros_like(code).unsqueeze(1), *found], dim=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Codes in W+: (B, 3, size, size) in [-1, 1] to (B, layers, style_size)."""
        code, offsets = self.parts(pictures)
        return code.unsqueeze(1) + offsets

    def probe(self, seed: int = 0) -> Tensor:
        """A few numbers of the codes of seeded noise. (12,)"""
        generator = torch.Generator().manual_seed(seed)
        side = self.config.size
        pictures = torch.rand(2, 3, side, side, generator=generator) * 2 - 1
        with torch.no_grad():
            codes = self(pictures).flatten(1)
        step = max(1, codes.shape[1] // 6)
        return codes[:, ::step][:, :6].flatten()


ABOUT = {
    "face_encoder": About(
        title="Photographs to codes of faces",
        does="Finds the code with which the generator of faces draws a given face again.",
        run="python -m doodle evaluate faces --data FACES",
        fails=(
            "It reads faces aligned as its training set's. What the generator cannot draw (hats, "
            "hands, writing, patterned backgrounds) is left out, and of a stranger's face the "
            "likeness is rough."
        ),
        cite=(
            "Omer Tov et al.: Designing an Encoder for StyleGAN Image Manipulation, 2021, arXiv "
            "2102.02766."
        ),
    ),
}
