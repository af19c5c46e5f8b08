"""Pictures of faces to codes in W+ of a generator (after e4e, Tov et al. 2021, arXiv 2102.02766).

A point z of the generator's noise, which it maps to one code w for all layers, is read where the
picture is smallest, as a normal distribution (VAE, Kingma and Welling 2014, arXiv 1312.6114): what
a face does not tell of z stays noise, so that faces and noise fill the same space. Each layer's
offset from it (section 4.1 there) from a map about as fine as
what the layer draws: 4 x 4, 8 x 8 or 16 x 16. Unlike e4e's, the codes without offsets cannot leave
what the generator's mapping reaches: no critic of codes is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About
from doodle.models.stylegan2 import Stylegan2

SLOPE = 0.2
LAST_SIDE = 4


@dataclass(frozen=True)
class FaceEncoderConfig:
    """Sizes.

    Attributes:
        style_size: of a code w.
        z_size: of the generator's noise.
        layers: codes of W+.
        widths: channels at a half, a quarter, ... of the picture's side; the last map is 4 x 4.
        head: channels of the maps that offsets are read from.
    """

    style_size: int = 256
    z_size: int = 64
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
        return cls(style_size=8, z_size=5, layers=6, widths=(4, 6, 8), head=4)


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

    def __init__(self, config: FaceEncoderConfig) -> None:
        super().__init__()
        self.config = config
        widths, style = config.widths, config.style_size
        self.stem = nn.Conv2d(3, widths[0], 4, stride=2, padding=1)
        self.blocks = nn.ModuleList(
            Down(before, after) for before, after in zip(widths, widths[1:], strict=False)
        )
        # of input of length 1: a step of Adam moves a code by a hundredth, not by its length
        self.code = nn.Linear(widths[-1] * LAST_SIDE**2, 2 * config.z_size)
        nn.init.normal_(self.code.weight[: config.z_size])
        nn.init.zeros_(self.code.weight[config.z_size :])
        nn.init.zeros_(self.code.bias)
        shares = self.groups(config.layers)
        self.offsets = nn.ModuleList(
            Offsets(widths[-1 - k], LAST_SIDE * 2**k, config.head, count, style)
            for k, count in enumerate(shares)
        )

    @staticmethod
    def groups(layers: int) -> tuple[int, int, int]:
        """How many layers' offsets are read from 4 x 4, 8 x 8 and 16 x 16: about a third each."""
        third = layers // 3
        return third, third, layers - 2 * third

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The likeliest point in the noise, and what each layer adds to the code it is mapped to.

        Args:
            pictures: (B, 3, size, size) in [-1, 1].

        Returns:
            z, (B, z_size) of root mean square 1, and offsets (B, layers, style_size).
        """
        mu, _, offsets = self.distribution(pictures)
        return on_sphere(mu), offsets

    def distribution(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where in the noise a face may lie, and its offsets.

        Args:
            pictures: (B, 3, size, size) in [-1, 1].

        Returns:
            mean and logarithm of the variance of z, (B, z_size) each, and offsets
            (B, layers, style_size).
        """
        x = F.leaky_relu(self.stem(pictures), SLOPE)
        maps = [x]
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        read = x.flatten(1).float()
        read = F.layer_norm(read, read.shape[1:]) / read.shape[1] ** 0.5
        with torch.autocast(read.device.type, enabled=False):
            mu, logvar = self.code(read).chunk(2, dim=1)
        found = [head(maps[-1 - k]).float() for k, head in enumerate(self.offsets)]
        return mu, logvar.clamp(-12, 4), torch.cat(found, dim=1)

    def probe(self, seed: int = 0) -> Tensor:
        """A few numbers of the codes of seeded noise. (16,)"""
        generator = torch.Generator().manual_seed(seed)
        side = self.config.size
        pictures = torch.rand(2, 3, side, side, generator=generator) * 2 - 1
        with torch.no_grad():
            z, offsets = self(pictures)
        offsets = offsets.flatten(1)
        step = max(1, offsets.shape[1] // 6)
        return torch.cat([z[:, :2], offsets[:, ::step][:, :6]], dim=1).flatten()


def on_sphere(z: Tensor) -> Tensor:
    """z (B, z_size) at root mean square 1, as the generator's mapping reads it."""
    return F.normalize(z, dim=1) * z.shape[1] ** 0.5


def w_plus(network: Stylegan2, z: Tensor, offsets: Tensor) -> Tensor:
    """Codes in W+ of what the encoder found: (B, layers, style_size)."""
    return network.mapping(z).unsqueeze(1) + offsets


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
