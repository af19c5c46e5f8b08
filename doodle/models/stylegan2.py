"""StyleGAN2's generator (Karras et al. 2020, arXiv 1912.04958): noise z, styles w, pictures.

z is mapped to w; w, one for all layers or one a layer (W+), becomes the factors of each layer's
input channels (style space S, Wu et al. 2021, arXiv 2011.12799); what every size adds to the
picture is summed up (skip connections, section 4.1). The state dict is that of rosinality's port,
and `w_avg` beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from doodle.models.about import About
from doodle.models.stylegan2_layers import EqualLinear, PixelNorm, StyledConv, ToRGB

FIRST_SIDE = 4


@dataclass(frozen=True)
class Stylegan2Config:
    """Sizes.

    Attributes:
        style_size: of w.
        z_size: of the noise; few dimensions suffice (Sauer et al. 2022, arXiv 2202.00273, 3.1).
        channels: at 4, 8, 16, ... pixels; the last ones are the picture's side's.
        mapping_layers: from z to w.
        mapping_rate: by which the mapping's weights learn more slowly than the others.
        fitted: whether z is drawn where the encoder finds the faces of the training set, see
            `points`.
    """

    style_size: int = 256
    z_size: int = 64
    channels: tuple[int, ...] = (256, 256, 256, 128, 64, 32)
    mapping_layers: int = 4
    mapping_rate: float = 0.1
    fitted: bool = False

    def __post_init__(self) -> None:
        if len(self.channels) < 2 or min(self.channels) < 1:
            raise ValueError("channels are two or more positive numbers")
        if self.mapping_layers < 1 or self.mapping_rate <= 0:
            raise ValueError("mapping_layers are at least 1, mapping_rate lies above 0")

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return FIRST_SIDE * 2 ** (len(self.channels) - 1)

    @property
    def layers(self) -> int:
        """Codes w in W+: two a size."""
        return 2 * len(self.channels)

    @classmethod
    def tiny(cls) -> Stylegan2Config:
        return cls(style_size=8, z_size=5, channels=(6, 6, 4), mapping_layers=2)


class Constant(nn.Module):
    """The map that every picture begins with."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.input = nn.Parameter(torch.randn(1, channels, FIRST_SIDE, FIRST_SIDE))


class Stylegan2(nn.Module):
    """The generator; all randomness is given to it."""

    w_avg: Tensor
    z_mean: Tensor
    z_root: Tensor  # of the covariance: lower triangular

    def __init__(self, config: Stylegan2Config) -> None:
        super().__init__()
        self.config = config
        style, channels = config.style_size, config.channels
        mapping = [
            EqualLinear(
                style if k else config.z_size, style, rate=config.mapping_rate, activated=True
            )
            for k in range(config.mapping_layers)
        ]
        self.style = nn.Sequential(PixelNorm(), *mapping)
        self.input = Constant(channels[0])
        self.conv1 = StyledConv(channels[0], channels[0], style)
        self.to_rgb1 = ToRGB(channels[0], style, up=False)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        self.noises = nn.Module()
        self.noises.register_buffer("noise_0", torch.randn(1, 1, FIRST_SIDE, FIRST_SIDE))
        for k, (before, after) in enumerate(zip(channels, channels[1:], strict=False)):
            self.convs.append(StyledConv(before, after, style, up=True))
            self.convs.append(StyledConv(after, after, style))
            self.to_rgbs.append(ToRGB(after, style))
            side = FIRST_SIDE * 2 ** (k + 1)
            for number in (2 * k + 1, 2 * k + 2):
                self.noises.register_buffer(f"noise_{number}", torch.randn(1, 1, side, side))
        self.register_buffer("w_avg", torch.zeros(style))
        if config.fitted:
            self.register_buffer("z_mean", torch.zeros(config.z_size))
            self.register_buffer("z_root", torch.eye(config.z_size))

    # -- z to w to s -----------------------------------------------------------------------------

    def points(self, normal: Tensor) -> Tensor:
        """Points z of the noise, (B, z_size), of a standard normal distribution of that shape.

        A fitted network has them where an encoder finds real faces: normally distributed, with the
        mean and covariance of those (ex-post density estimation, Ghosh et al. 2020, arXiv
        1903.12436, section 4). What lies elsewhere was seldom trained, and is torn.
        """
        return self.z_mean + normal @ self.z_root.T if self.config.fitted else normal

    def mapping(self, z: Tensor) -> Tensor:
        """Points (B, z_size) to w, (B, style_size)."""
        return self.style(z)

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """w or w+ drawn towards the average face: psi 1 leaves it, 0 is the average."""
        return w if psi == 1 else self.w_avg + psi * (w - self.w_avg)

    @property
    def modulations(self) -> list[tuple[int, EqualLinear]]:
        """For each modulated convolution, in order: which code of W+ it reads, and its layer."""
        found = [(0, self.conv1.conv.modulation), (1, self.to_rgb1.conv.modulation)]
        for k, (first, second, to_rgb) in enumerate(self.levels):
            convs = (first.conv, second.conv, to_rgb.conv)
            found += [(2 * k + 1 + i, conv.modulation) for i, conv in enumerate(convs)]
        return found

    @property
    def levels(self) -> list[tuple[StyledConv, StyledConv, ToRGB]]:
        """The layers of each size above the first: upsampling, the one after it, to RGB."""
        convs = cast(list[StyledConv], list(self.convs))
        to_rgbs = cast(list[ToRGB], list(self.to_rgbs))
        return list(zip(convs[::2], convs[1::2], to_rgbs, strict=True))

    @property
    def style_channels(self) -> list[int]:
        """How many entries of s each modulated convolution reads, in order."""
        return [layer.weight.shape[0] for _, layer in self.modulations]

    def styles(self, w: Tensor) -> Tensor:
        """Style space: (B, style_size) or W+ (B, layers, style_size) to s, (B, sum of channels)."""
        if w.ndim == 2:
            w = w.unsqueeze(1).expand(-1, self.config.layers, -1)
        return torch.cat([layer(w[:, k]).float() for k, layer in self.modulations], dim=1)

    # -- s to pictures ---------------------------------------------------------------------------

    def random_noise(self, count: int, generator: torch.Generator | None = None) -> list[Tensor]:
        """Fresh noise for each layer that adds some, (count, 1, H, W) each, drawn on the CPU."""
        fixed = self._fixed_noise()
        return [
            torch.randn(count, *noise.shape[1:], generator=generator).to(noise.device)
            for noise in fixed
        ]

    def _fixed_noise(self) -> list[Tensor]:
        return [self.noises.get_buffer(f"noise_{k}") for k in range(len(self.convs) + 1)]

    def synthesize(
        self, s: Tensor, noise: Sequence[Tensor] | None = None, side: int | None = None
    ) -> Tensor:
        """Pictures of styles.

        Args:
            s: (B, sum of channels), from `styles`.
            noise: one a layer; None: the network's own.
            side: stop when the picture has so many pixels a side; None: at its full size.

        Returns:
            (B, 3, side, side) float32, about [-1, 1], not clamped.
        """
        parts = iter(s.split(self.style_channels, dim=1))
        maps = iter(noise if noise is not None else self._fixed_noise())
        x = self.input.input.expand(len(s), -1, -1, -1)
        x = x.contiguous(memory_format=torch.channels_last)
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
        x = self.conv1(x, next(parts), next(maps))
        picture = self.to_rgb1(x, next(parts), None)
        for *convs, to_rgb in self.levels:
            if picture.shape[-1] == side:
                break
            for conv in convs:
                x = conv(x, next(parts), next(maps))
            picture = to_rgb(x, next(parts), picture)
        return picture

    def forward(
        self,
        z: Tensor | None = None,
        *,
        w: Tensor | None = None,
        s: Tensor | None = None,
        truncation_psi: float = 1.0,
        noise: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Pictures of one of the three.

        Args:
            z: (B, z_size) of a standard normal distribution.
            w: (B, style_size), or W+ (B, layers, style_size).
            s: (B, sum of channels).
            truncation_psi: of what z is mapped to.
            noise: see `synthesize`.

        Returns:
            (B, 3, size, size) in [-1, 1].

        Raises:
            ValueError: not exactly one is given.
        """
        if sum(x is not None for x in (z, w, s)) != 1:
            raise ValueError("give one of z, w and s")
        if z is not None:
            w = self.truncated(self.mapping(self.points(z)), truncation_psi)
        if w is not None:
            s = self.styles(w)
        assert s is not None  # one of the three is given
        return self.synthesize(s, noise).clamp(-1, 1)

    def probe(self, seed: int = 0) -> Tensor:
        """A few pixels for seeded noise: the golden numbers of a checkpoint. (12,)"""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(2, self.config.z_size, generator=generator)
        with torch.no_grad():
            w = self.truncated(self.mapping(self.points(z)), 0.7)
            return self.synthesize(self.styles(w))[:, :, ::7, ::5].flatten()[::3][:12]


def quiet(network: Stylegan2, side: int) -> None:
    """Let the sizes above ``side`` add nothing to the picture yet, so it is merely enlarged."""
    for k, (_, _, to_rgb) in enumerate(network.levels):
        if FIRST_SIDE * 2 ** (k + 1) > side:
            nn.init.zeros_(to_rgb.conv.weight)


def grow(network: Stylegan2, smaller: Stylegan2) -> int:
    """Take over a network that may make smaller pictures; the sizes it lacks add nothing yet.

    Training the small sizes first saves most of the work (Karras et al. 2018, arXiv 1710.10196).

    Returns:
        how many tensors fitted; the others stay as they are.
    """
    quiet(network, smaller.config.size)
    own, taken = network.state_dict(), 0
    for key, value in smaller.state_dict().items():
        if key in own and own[key].shape == value.shape:
            own[key].copy_(value)  # its storage is the network's
            taken += 1
    return taken


ABOUT = {
    "stylegan2": About(
        title="Faces of nobody",
        does="Makes up a face from noise; mixes and moves faces in its style space.",
        run="python -m doodle evaluate faces --data FACES",
        fails=(
            "It knows adult faces as its synthetic training set has them: upright, one at a time, "
            "plain in light. Glasses, hats, hands and the far side of turned heads come out "
            "blurred or torn; teeth and earrings seldom match."
        ),
        cite=(
            "Tero Karras et al.: Analyzing and Improving the Image Quality of StyleGAN, 2020, "
            "arXiv 1912.04958; Axel Sauer et al.: Projected GANs Converge Faster, 2021, arXiv "
            "2111.01007."
        ),
    ),
}
