"""Edges to picture: the U-Net generator and the PatchGAN discriminator of pix2pix.

Isola et al. 2017 (arXiv 1611.07004), section 3.2 and appendix 6.1.  Beyond the paper the generator
may take, each as planes beside the edges: a class of animal for every pixel, whether the animal
stands on white or in a scene, what the edges enclose, and noise.  ``up="resize"`` enlarges before
it convolves instead of the paper's transposed convolutions, which leave a checkerboard (Odena et
al. 2016), and adds a convolution at full size for fine texture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About

Norm = Literal["batch", "instance", "none"]


@dataclass(frozen=True)
class Pix2PixConfig:
    """Sizes of the generator.  Level k has min(2 ** k, most) * width channels."""

    width: int = 64
    most: int = 8
    size: int = 256  # of the pictures, a power of two; as many levels as halvings to one pixel
    edges: int = 1  # channels of the edge map
    classes: int = 17  # of the class map, unknown not counted; 0: there is no class map
    scene: bool = True
    inside: bool = False  # a plane of what the edges enclose
    noise: int = 0  # its size; 0: the same picture each time
    norm: Norm = "batch"
    dropout: float = 0.5  # in the inner levels, while training
    up: Literal["transposed", "resize"] = "transposed"

    def __post_init__(self) -> None:
        if self.size < 16 or self.size & (self.size - 1):
            raise ValueError(f"a size is a power of two from 16 on, not {self.size}")
        if min(self.width, self.most, self.edges) < 1 or min(self.classes, self.noise) < 0:
            raise ValueError("widths and channels are at least 1, classes and noise at least 0")

    @property
    def channels(self) -> tuple[int, ...]:
        """Of each level, the outermost first."""
        return tuple(min(2**k, self.most) * self.width for k in range(self.size.bit_length() - 1))

    @property
    def inputs(self) -> int:
        """Channels that the first convolution reads."""
        classes = self.classes + 1 if self.classes else 0
        return self.edges + classes + int(self.scene) + int(self.inside) + self.noise

    @classmethod
    def tiny(cls) -> Pix2PixConfig:
        return cls(width=4, most=2, size=16, classes=3, noise=2, up="resize")


def norm_layer(kind: Norm, width: int) -> nn.Module:
    if kind == "batch":
        return nn.BatchNorm2d(width)
    return nn.InstanceNorm2d(width) if kind == "instance" else nn.Identity()


class Down(nn.Module):
    """Halve the picture; the outermost level starts without, it and the innermost have no norm."""

    def __init__(self, before: int, width: int, norm: Norm, *, activate: bool) -> None:
        super().__init__()
        self.activate = activate
        # a norm that subtracts means and shifts has no use for a bias, as batch norm does
        self.conv = nn.Conv2d(before, width, 4, 2, 1, bias=norm == "instance")
        self.norm: nn.Module = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(F.leaky_relu(x, 0.2) if self.activate else x))


class Up(nn.Module):
    """Double the picture."""

    def __init__(self, before: int, width: int, config: Pix2PixConfig, *, dropout: bool) -> None:
        super().__init__()
        bias = config.norm == "instance"
        if config.up == "resize":
            self.conv: nn.Module = nn.Conv2d(before, width, 3, 1, 1, bias=bias)
        else:
            self.conv = nn.ConvTranspose2d(before, width, 4, 2, 1, bias=bias)
        self.resize = config.up == "resize"
        self.norm = norm_layer(config.norm, width)
        self.dropout = nn.Dropout(config.dropout if dropout else 0.0)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        if self.resize:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.dropout(self.norm(self.conv(x)))


class Head(nn.Module):
    """The outermost way up: to RGB at full size."""

    def __init__(self, before: int, config: Pix2PixConfig) -> None:
        super().__init__()
        self.resize = config.up == "resize"
        self.conv: nn.Conv2d | nn.ConvTranspose2d
        if self.resize:
            self.conv = nn.Conv2d(before, config.width // 2 or 1, 3, 1, 1)
            # the edges once more, at their own size
            self.last = nn.Conv2d((config.width // 2 or 1) + config.edges, 3, 3, 1, 1)
        else:
            self.conv = nn.ConvTranspose2d(before, 3, 4, 2, 1)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        x = F.relu(x)
        if self.resize:
            x = self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))
            x = self.last(torch.cat([F.leaky_relu(x, 0.2), edges], 1))
        else:
            x = self.conv(x)
        return torch.tanh(x)


class Pix2Pix(nn.Module):
    """The U-Net generator."""

    def __init__(self, config: Pix2PixConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        last = len(channels) - 1
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for k, width in enumerate(channels):
            before = channels[k - 1] if k else config.inputs
            down = Down(before, width, config.norm, activate=k > 0)
            if 0 < k < last:
                down.norm = norm_layer(config.norm, width)
            self.down.append(down)
        for k in range(1, last + 1):  # up[k - 1] goes from level k to level k - 1
            read = channels[k] if k == last else 2 * channels[k]
            # the paper's inner levels: those between two of the widest, the innermost left out
            dropout = 4 <= k < last
            self.up.append(Up(read, channels[k - 1], config, dropout=dropout))
        self.head = Head(2 * channels[0], config)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, 0.0, 0.02)  # section 6.2

    def forward(
        self,
        edges: Tensor,
        classes: Tensor | None = None,
        scene: Tensor | None = None,
        noise: Tensor | None = None,
        inside: Tensor | None = None,
    ) -> Tensor:
        """Edges to picture.

        Args:
            edges: (B, edges, size, size) in [0, 1], lines 1 on 0.
            classes: (B, size, size) whole numbers, 0 unknown, k the k-th class; unknown when None.
            scene: (B,) in [0, 1], 1 in a scene and 0 on white; white when None.
            noise: (B, noise) ~ N(0, 1); zeros when None.
            inside: (B, size, size) in [0, 1], how surely each pixel is enclosed; zeros when None.

        Returns:
            (B, 3, size, size) in [-1, 1].
        """
        c = self.config
        planes = edges * 2 - 1
        x = torch.cat([planes, *condition(c, edges, classes, scene, noise, inside)], 1)
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        x = self.up[-1](x)
        for up, skip in zip(reversed(self.up[:-1]), reversed(skips[1:-1]), strict=True):
            x = up(torch.cat([skip, x], 1))
        return self.head(torch.cat([skips[0], x], 1), planes)

    def probe(self, seed: int = 0) -> Tensor:
        """A few pixels for seeded edges: the golden numbers of a checkpoint. (12,)"""
        c = self.config
        generator = torch.Generator().manual_seed(seed)
        edges = (torch.rand(1, c.edges, c.size, c.size, generator=generator) > 0.9).float()
        classes = torch.randint(0, c.classes + 1, (1, c.size, c.size), generator=generator)
        scene = torch.rand(1, generator=generator)
        noise = torch.randn(1, c.noise, generator=generator)
        inside = torch.rand(1, c.size, c.size, generator=generator)
        with torch.no_grad():
            picture = self(edges, classes, scene, noise, inside)
        return picture[0, :, :: c.size // 2, 3 :: c.size // 2].flatten()


def condition(
    config: Pix2PixConfig,
    like: Tensor,
    classes: Tensor | None,
    scene: Tensor | None,
    noise: Tensor | None,
    inside: Tensor | None,
) -> list[Tensor]:
    """What the config asks for beside the edges, each (B, channels, H, W)."""
    count, (height, width) = len(like), like.shape[-2:]
    planes = []
    if config.classes:
        if classes is None:
            classes = torch.zeros(count, height, width, device=like.device)
        one_hot = like.new_zeros(count, config.classes + 1, height, width)
        planes.append(one_hot.scatter_(1, classes.long().unsqueeze(1), 1.0))
    if config.scene:
        flag = torch.zeros(count, device=like.device) if scene is None else scene
        planes.append(flag.to(like.dtype).view(-1, 1, 1, 1).expand(-1, 1, height, width))
    if config.inside:
        within = torch.zeros(count, height, width) if inside is None else inside
        planes.append(within.to(like).unsqueeze(1))
    if config.noise:
        z = torch.zeros(count, config.noise, device=like.device) if noise is None else noise
        planes.append(z.to(like.dtype)[:, :, None, None].expand(-1, -1, height, width))
    return planes


def grow(network: Pix2Pix, smaller: Pix2Pix) -> int:
    """Take levels over from a network that may make smaller pictures, the innermost first.

    Training the small sizes first saves most of the work (Karras et al. 2018, arXiv 1710.10196).
    A network that differs by its noise alone is taken over whole, and what reads the noise stays.

    Returns:
        how many tensors fitted; the others stay as they are.
    """
    own, more = network.state_dict(), len(network.down) - len(smaller.down)
    same_but_noise = replace(network.config, noise=0) == smaller.config
    taken = 0
    for key, value in smaller.state_dict().items():
        part, *rest = key.split(".")
        if rest[0].isdigit():
            key = ".".join([part, str(int(rest[0]) + more), *rest[1:]])
        if key in own and own[key].shape == value.shape:
            own[key].copy_(value)  # its storage is the network's
            taken += 1
        elif same_but_noise and key == "down.0.conv.weight":  # noise comes last of its inputs
            own[key][:, : value.shape[1]].copy_(value)
            taken += 1
    return taken


class PatchDiscriminator(nn.Module):
    """70 px PatchGAN: is each patch of a picture real, given its condition?

    Section 3.3 and appendix 6.1.2 (C64-C128-C256-C512).  With ``classes`` a second head names the
    class of each patch (after AC-GAN, Odena et al. 2017, arXiv 1610.09585).
    """

    def __init__(
        self,
        inputs: int,
        width: int = 64,
        layers: int = 3,
        norm: Norm = "instance",
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        before = inputs
        for k in range(layers + 1):
            after = min(2**k, 8) * width
            bias = k == 0 or norm == "instance"
            stride = 2 if k < layers else 1
            self.convs.append(nn.Conv2d(before, after, 4, stride, 1, bias=bias))
            self.norms.append(norm_layer(norm, after) if k else nn.Identity())
            before = after
        self.real = nn.Conv2d(before, 1, 4, 1, 1)
        self.name = nn.Conv2d(before, classes, 4, 1, 1) if classes else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0.0, 0.02)

    def features(self, x: Tensor) -> list[Tensor]:
        """(B, inputs, H, W) to the feature maps of each layer."""
        maps = []
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(norm(conv(x)), 0.2)
            maps.append(x)
        return maps

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, list[Tensor]]:
        """Returns:
        how real each patch is (B, 1, h, w), unbounded; its classes' logits (B, classes, h, w) or
        None; and the feature maps behind them.
        """
        maps = self.features(x)
        return self.real(maps[-1]), self.name(maps[-1]) if self.name else None, maps


ABOUT = {
    "pix2pix": About(
        title="Edges to animal",
        does=(
            "Turns edges into a picture like a photograph. A map says for every pixel which "
            "animal it belongs to, or that the network may choose; a flag says whether it stands "
            "on white."
        ),
        run="python -m doodle chimera drawing.png --out animal.png --species lion",
        fails=(
            "Edges denser or sparser than those of photographs, closed shapes without detail, "
            "and poses that no photograph shows come out as texture. Faces are the weakest part."
        ),
        cite=(
            "Phillip Isola et al.: Image-to-Image Translation with Conditional Adversarial "
            "Networks, 2017, arXiv 1611.07004."
        ),
    ),
}
