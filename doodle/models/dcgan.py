"""DCGAN: one category of drawings from noise alone; or any word, from noise and its text vector.

Generator and discriminator after Radford et al. 2016 (arXiv 1511.06434), section 3: no pooling and
no hidden fully connected layers, batch normalisation, ReLU in G and leaky ReLU in D, tanh at the
end.  Kernels are 4 x 4 instead of 5 x 5: multiples of the stride leave no chequered pattern.
With text it is the matching-aware GAN of Reed et al. 2016 (arXiv 1605.05396), section 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About

START = {28: 7, 64: 4}  # size of a picture -> side of the first feature map; doubled up to it


@dataclass(frozen=True)
class DcganConfig:
    """Sizes.

    Attributes:
        z_size: size of the noise vector.
        width: channels of the largest feature map; each smaller map has twice as many.  The
            paper's network is 128 at a size of 64.
        size: side of a picture, 28 or 64.
    """

    z_size: int = 100
    width: int = 64
    size: int = 28

    def __post_init__(self) -> None:
        if self.size not in START:
            raise ValueError(f"pictures are {' or '.join(map(str, START))} wide, not {self.size}")
        if self.z_size < 1 or self.width < 1:
            raise ValueError("z_size and width are at least 1")

    @classmethod
    def tiny(cls) -> DcganConfig:
        return cls(z_size=6, width=4)

    @property
    def channels(self) -> list[int]:
        """Of the feature maps, the smallest map first."""
        levels = int(math.log2(self.size // START[self.size]))
        return [self.width << level for level in reversed(range(levels))]


class Dcgan(nn.Module):
    """The generator: z (B, z_size) ~ N(0, 1) to (B, 1, size, size) in [-1, 1], ink +1, paper -1."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        self.config = config
        channels, side = config.channels, START[config.size]
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(config.z_size, channels[0], side, 1, 0, bias=False),
            nn.BatchNorm2d(channels[0]),
            nn.ReLU(inplace=True),
        ]
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [
                nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ConvTranspose2d(channels[-1], 1, 4, 2, 1), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z[:, :, None, None])

    @torch.no_grad()
    def set_standing_statistics(self, z: Tensor) -> None:
        """Set the statistics of batch normalisation to those of these weights.

        Averaged weights never saw the running statistics of the weights in training (standing
        statistics of Brock et al. 2019, arXiv 1809.11096, section 4.1).

        Args:
            z: (N, z_size), a few hundred or more.
        """
        norms = [layer for layer in self.body if isinstance(layer, nn.BatchNorm2d)]
        momentum = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over the batches
        self.train()
        for part in z.split(128):
            self(part)
        self.eval()
        for norm, value in zip(norms, momentum, strict=True):
            norm.momentum = value

    def probe(self, seed: int = 0) -> Tensor:
        """Means of 7 x 7 patches of two pictures: the golden numbers of a checkpoint. (32,)"""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(2, self.config.z_size, generator=generator)
        with torch.no_grad():
            return F.adaptive_avg_pool2d(self(z), 4).flatten()


class Discriminator(nn.Module):
    """(B, 1, size, size) in [-1, 1] to (B,) logits, high for a real drawing.

    Args:
        config: of the generator beside it; the feature maps mirror it.
        norm: "batch" as in the paper; "layer" for the gradient penalty of WGAN-GP, which looks at
            each picture alone (Gulrajani et al. 2017, arXiv 1704.00028, section 4).
        planes: further channels beside the picture's one.
    """

    def __init__(
        self, config: DcganConfig, norm: Literal["batch", "layer"] = "batch", planes: int = 0
    ) -> None:
        super().__init__()
        channels = config.channels[::-1]
        layers: list[nn.Module] = [nn.Conv2d(1 + planes, channels[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for before, after in zip(channels, channels[1:], strict=False):
            normalise = nn.BatchNorm2d(after) if norm == "batch" else nn.GroupNorm(1, after)
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), normalise, nn.LeakyReLU(0.2)]
        layers.append(nn.Conv2d(channels[-1], 1, START[config.size]))
        self.body = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.body(pictures).flatten()


@dataclass(frozen=True)
class TextDcganConfig(DcganConfig):
    """Sizes; the further ones are of the text.

    Attributes:
        text_size: size of a text vector.
        read_size: size of what the generator makes of it and puts beside the noise.
        planes: channels that the discriminator makes of it, beside the picture.
    """

    text_size: int = 512
    read_size: int = 128
    planes: int = 16

    @classmethod
    def tiny(cls) -> TextDcganConfig:
        return cls(z_size=6, width=4, read_size=5, planes=3)


class TextDcgan(nn.Module):
    """The plain conditional DCGAN: generator and discriminator, both given the text vector.

    What earlier work drew any word with, kept beside `dccgan` for comparison; it answers to the
    same calls.
    """

    text_mean: Tensor

    def __init__(self, config: TextDcganConfig) -> None:
        super().__init__()
        self.config = config
        # text vectors lie in a narrow cone: less the mean of the training words they spread out
        self.register_buffer("text_mean", torch.zeros(config.text_size))
        both = DcganConfig(config.z_size + config.read_size, config.width, config.size)
        self.generator = Dcgan(both)
        self.discriminator = Discriminator(both, planes=config.planes)
        self.read, self.text_projection = (
            nn.Sequential(nn.Linear(config.text_size, size), nn.LeakyReLU(0.2))
            for size in (config.read_size, config.planes)
        )

    def centred(self, text: Tensor) -> Tensor:
        """(B, text_size) unit vectors to what the layers read: centred, root mean square 1."""
        away = F.normalize(text.float() - self.text_mean, dim=1)
        return away * math.sqrt(self.config.text_size)

    def forward(self, z: Tensor, text: Tensor) -> Tensor:
        """z (B, z_size) ~ N(0, 1) and text (B, text_size) of unit length to pictures.

        Returns: (B, 1, size, size) in [-1, 1], ink +1 on paper -1.
        """
        return self.generate(z, self.centred(text))

    def generate(self, z: Tensor, text: Tensor) -> Tensor:
        """As forward, from text that is centred already."""
        return self.generator(torch.cat([z, self.read(text)], dim=1)).float()

    def discriminate(self, pictures: Tensor, text: Tensor) -> Tensor:
        """(B, 1, size, size) in [-1, 1] and centred text to (B,) logits, high for a real pair."""
        planes = self.text_projection(text)[:, :, None, None].expand(-1, -1, *pictures.shape[2:])
        return self.discriminator(torch.cat([pictures, planes], dim=1)).float()

    @torch.no_grad()
    def drawn_like(self, ink: Tensor, levels: list[Tensor], text: Tensor) -> Tensor:
        """The discriminator's chance that a picture is a real drawing of the word, (B,) in [0, 1].

        Args:
            ink: (B, 1, size, size) in [0, 1].
            levels: the recogniser's maps of it, which this discriminator does not look at.
            text: (B, text_size) of unit length.
        """
        return torch.sigmoid(self.discriminate(ink * 2 - 1, self.centred(text)))

    @torch.no_grad()
    def set_standing_statistics(self, z: Tensor, text: Tensor) -> None:
        """As the generator's own, with centred text (N, text_size) beside z (N, z_size)."""
        self.generator.set_standing_statistics(torch.cat([z, self.read(text)], dim=1))

    def probe(self, seed: int = 0) -> Tensor:
        """Means of 7 x 7 patches of two pictures: the golden numbers of a checkpoint. (32,)"""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(2, self.config.z_size, generator=generator)
        text = F.normalize(torch.randn(2, self.config.text_size, generator=generator), dim=1)
        with torch.no_grad():
            return F.adaptive_avg_pool2d(self(z, text), 4).flatten()


def _initialise(layer: nn.Module) -> None:
    """Weights ~ N(0, 0.02), section 4 of the paper; scales of a normalisation around 1."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d | nn.GroupNorm):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)


ABOUT = {
    "dcgan": About(
        title="DCGAN of one category",
        does="Draws its one category from noise alone.",
        run="python -m doodle train dcgan --category rabbit --preset cpu --data data",
        fails=(
            "It knows one category. Lines break off, and trained on few drawings it repeats itself."
        ),
        cite=(
            "Alec Radford, Luke Metz, Soumith Chintala: Unsupervised Representation Learning "
            "with Deep Convolutional Generative Adversarial Networks, 2016, arXiv 1511.06434."
        ),
    ),
    "text_dcgan": About(
        title="Plain conditional DCGAN",
        does=(
            "Draws a word from noise and its CLIP text vector as earlier work did; for comparison."
        ),
        run="python -m doodle imagine cat --checkpoints FOLDER --out doodles",
        fails=(
            "Most words come out as unfinished shapes, and the doodles of a word resemble each "
            "other."
        ),
        cite=(
            "Scott Reed et al.: Generative Adversarial Text to Image Synthesis, 2016, arXiv "
            "1605.05396; the networks as in arXiv 1511.06434."
        ),
    ),
}
