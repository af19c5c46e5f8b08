"""A generator of doodles conditioned on CLIP text vectors, and its discriminator.

The generator grows a 7 x 7 map, made from noise and text together, by convolutions whose weights
the same style vector modulates (Karras et al. 2020, arXiv 1912.04958, section 2.2).  The
discriminator reads the picture itself and the feature maps of a frozen recogniser (Sauer et al.
2021, "Projected GANs converge faster", arXiv 2111.01007) and compares them with the text by
projection (Miyato & Koyama 2018, arXiv 1802.05637).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from doodle.models.about import About

FIRST_SIDE = 7


@dataclass(frozen=True)
class DccganConfig:
    """Sizes.

    Attributes:
        z_size: size of the noise vector.
        text_size: size of a text vector.
        style_size: size of the style vector that noise and text are mixed into.
        widths: channels at 7, 14, 28, ... pixels; the last ones are the picture's.
        level_widths: channels of the recogniser's feature maps that the discriminator reads,
            the largest map first.
        head_width: channels of the discriminator's heads.
        known: words that were trained on; 0 leaves every text as it is.
        grounding: share of a text's direction that the known words near it make up, 0 to 1.
        sharpness: cosine within which a known word counts as near.
    """

    z_size: int = 64
    text_size: int = 512
    style_size: int = 256
    widths: tuple[int, ...] = (192, 96, 48)
    level_widths: tuple[int, ...] = (64, 128, 256)
    head_width: int = 96
    known: int = 0
    grounding: float = 0.8
    sharpness: float = 0.05

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise ValueError("widths are two or more positive numbers of channels")
        if not 0 <= self.grounding <= 1 or self.sharpness <= 0:
            raise ValueError("grounding lies in 0 to 1, sharpness above 0")

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return FIRST_SIDE * 2 ** (len(self.widths) - 1)

    @classmethod
    def tiny(cls) -> DccganConfig:
        return cls(
            z_size=4, style_size=8, widths=(8, 6, 4), level_widths=(4, 8), head_width=6, known=3
        )


class ModulatedConv(nn.Module):
    """3 x 3 convolution whose weights a style scales and normalises again (eq. 1 and 3)."""

    def __init__(self, before: int, after: int, style_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before, 3, 3) / math.sqrt(before * 9))
        self.bias = nn.Parameter(torch.zeros(after))
        self.scale = nn.Linear(style_size, before)
        nn.init.normal_(self.scale.weight, std=1 / math.sqrt(style_size))
        nn.init.ones_(self.scale.bias)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, before, H, W) and (B, style_size) to (B, after, H, W)."""
        s = self.scale(style).float()
        power = self.weight.float().square().sum(dim=(2, 3))  # (after, before)
        norm = torch.rsqrt(s.square() @ power.t() + 1e-8)
        # scaling the input and the output instead of the weights: one convolution for the batch
        y = F.conv2d(x * s[:, :, None, None].to(x.dtype), self.weight, padding=1)
        norm, bias = norm[:, :, None, None].to(y.dtype), self.bias[None, :, None, None].to(y.dtype)
        if torch.is_grad_enabled():
            return F.leaky_relu(y * norm + bias, 0.2) * math.sqrt(2)
        # the same in place: fresh memory for every step would take longer than the arithmetic
        return F.leaky_relu_(y.mul_(norm).add_(bias), 0.2).mul_(math.sqrt(2))


class Head(nn.Module):
    """Halves a map to at most 4 x 4, then says real or not, with and without regard to the text."""

    def __init__(self, before: int, width: int, halvings: int, text_size: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(halvings):
            layers += [spectral_norm(nn.Conv2d(before, width, 4, 2, 1)), nn.LeakyReLU(0.2)]
            before = width
        layers += [spectral_norm(nn.Conv2d(before, width, 3, 1, 1)), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.real = spectral_norm(nn.Conv2d(width, 1, 1))
        self.text = spectral_norm(nn.Linear(text_size, width))

    def forward(self, x: Tensor, texts: list[Tensor]) -> list[Tensor]:
        """(B, before, H, W) and k texts (B, text_size) to k lots of logits (B, places)."""
        h = self.body(x).flatten(2).float()  # (B, width, places)
        real = self.real(h.unsqueeze(3)).flatten(1)
        weights = [self.text(text).float() for text in texts]
        return [real + torch.einsum("bcp,bc->bp", h, w) / math.sqrt(h.shape[1]) for w in weights]


class Dccgan(nn.Module):
    """The generator, and the discriminator's heads, which say how drawn-like a picture is."""

    text_mean: Tensor
    known: Tensor  # (known, text_size) the training words' vectors, less the mean, of unit length

    def __init__(self, config: DccganConfig) -> None:
        super().__init__()
        self.config = config
        # text vectors lie in a narrow cone: less the mean of the training words they spread out
        self.register_buffer("text_mean", torch.zeros(config.text_size))
        self.register_buffer("known", torch.zeros(config.known, config.text_size))
        style = config.style_size
        self.read = nn.Linear(config.text_size, style)
        self.mix = nn.Sequential(
            nn.Linear(style + config.z_size, style),
            nn.LeakyReLU(0.2),
            nn.Linear(style, style),
            nn.LeakyReLU(0.2),
        )
        first = config.widths[0]
        self.start = nn.Linear(style + config.z_size, first // 2 * FIRST_SIDE**2)
        pairs: list[nn.Module] = []
        before = first // 2
        for width in config.widths:
            pairs += [ModulatedConv(before, width, style), ModulatedConv(width, width, style)]
            before = width
        self.convs = nn.ModuleList(pairs)
        self.ink = nn.Conv2d(before, 1, 3, padding=1)
        halvings = [round(math.log2(config.size / 4)), *reversed(range(len(config.level_widths)))]
        self.heads = nn.ModuleList(
            Head(channels, config.head_width, n, style)
            for channels, n in zip((1, *config.level_widths), halvings, strict=True)
        )
        self.text_projection = nn.Sequential(nn.Linear(config.text_size, style), nn.LeakyReLU(0.2))

    def set_words(self, vectors: Tensor) -> None:
        """Keep what is known of the training words: vectors (known, text_size) of unit length."""
        self.text_mean.copy_(vectors.mean(dim=0))
        self.known.copy_(F.normalize(vectors - self.text_mean, dim=1))

    def centred(self, text: Tensor) -> Tensor:
        """(B, text_size) unit vectors to what the layers read: centred, root mean square 1.

        A word that was not trained on points where the generator never was.  It is drawn towards
        the known words near it: their mean, weighed by exp(cosine / sharpness), takes the place
        of ``grounding`` of its direction.  A known word has itself as its nearest and stays.
        """
        away = F.normalize(text.float() - self.text_mean, dim=1)
        if len(self.known):
            near = torch.softmax(away @ self.known.t() / self.config.sharpness, dim=1)
            ground = F.normalize(near @ self.known, dim=1)
            share = self.config.grounding
            away = F.normalize((1 - share) * away + share * ground, dim=1)
        return away * math.sqrt(self.config.text_size)

    def forward(self, z: Tensor, text: Tensor) -> Tensor:
        """Pictures.

        Args:
            z: (B, z_size) of a standard normal distribution.
            text: (B, text_size) of unit length.

        Returns: (B, 1, size, size) in [-1, 1], ink +1 on paper -1.
        """
        return self.generate(z, self.centred(text))

    def generate(self, z: Tensor, text: Tensor) -> Tensor:
        """As forward, from text that is centred already (and may carry noise)."""
        start, style = self._begun(z, text)
        return self._grown(start, lambda conv, x: conv(x, style))

    def blend(self, z: Tensor, one: Tensor, other: Tensor, places: Tensor) -> Tensor:
        """Pictures of two texts, each of them where it is said to hold.

        Every convolution is modulated by either text, and what comes of it mixed place by place, as
        spatially adaptive normalisation does (Park et al. 2019, arXiv 1903.07291).

        Args:
            z: (B, z_size) of a standard normal distribution.
            one, other: (B, text_size) of unit length.
            places: (B, FIRST_SIDE, FIRST_SIDE) share of the other text, 0 to 1.

        Returns: as forward.
        """
        starts, styles = zip(
            *(self._begun(z, self.centred(text)) for text in (one, other)), strict=True
        )
        share = places[:, None].to(starts[0].dtype)  # (B, 1, 7, 7)

        def mixed(conv: nn.Module, x: Tensor) -> Tensor:
            here = F.interpolate(share, x.shape[-2:], mode="bilinear", align_corners=False)
            first, second = (conv(x, style) for style in styles)
            return torch.lerp(first, second, here.to(first.dtype))

        return self._grown(torch.lerp(starts[0], starts[1], share), mixed)

    def _begun(self, z: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        """The first map (B, channels, 7, 7) and the style (B, style_size) of centred text."""
        seed = torch.cat([F.leaky_relu(self.read(text), 0.2), z], dim=1)
        return self.start(seed).unflatten(1, (-1, FIRST_SIDE, FIRST_SIDE)), self.mix(seed)

    def _grown(self, x: Tensor, convolved: Callable[[nn.Module, Tensor], Tensor]) -> Tensor:
        """The picture that the first map grows into.

        Args:
            convolved: applies one of the modulated convolutions.
        """
        for level in range(len(self.config.widths)):
            widen, refine = self.convs[2 * level], self.convs[2 * level + 1]
            x = convolved(widen, x)  # before the upsampling: a quarter of the work
            if level:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            y = convolved(refine, x)
            in_place = not torch.is_grad_enabled()
            x = y.add_(x).mul_(math.sqrt(0.5)) if in_place else (x + y) * math.sqrt(0.5)
        return torch.tanh(self.ink(x).float())

    def discriminate(self, ink: Tensor, levels: list[Tensor], texts: list[Tensor]) -> list[Tensor]:
        """The discriminator.

        Args:
            ink: (B, 1, size, size) in [0, 1].
            levels: the recogniser's feature maps of it; the last ``len(level_widths)`` are read.
            texts: k lots of centred text (B, text_size) to compare it with.

        Returns: for each text the logits of all heads and places, (B, places).
        """
        read = [self.text_projection(text) for text in texts]
        maps = [ink * 2 - 1, *levels[-len(self.config.level_widths) :]]
        parts = [head(x, read) for head, x in zip(self.heads, maps, strict=True)]
        return [torch.cat(logits, dim=1) for logits in zip(*parts, strict=True)]

    @torch.no_grad()
    def drawn_like(self, ink: Tensor, levels: list[Tensor], text: Tensor) -> Tensor:
        """The discriminator's chance that a picture is a real drawing of the word, (B,) in [0, 1].

        Args:
            ink: (B, 1, size, size) in [0, 1].
            levels: ``Recogniser.levels`` of it.
            text: (B, text_size) of unit length.
        """
        logits = self.discriminate(ink, levels, [self.centred(text)])[0]
        return torch.sigmoid(2 * logits.mean(dim=1))  # hinge: 1 speaks for real, -1 against

    def probe(self, seed: int = 0) -> Tensor:
        """A few pixels for seeded noise and text: the golden numbers of a checkpoint. (8,)"""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(2, self.config.z_size, generator=generator)
        text = F.normalize(torch.randn(2, self.config.text_size, generator=generator), dim=1)
        with torch.no_grad():
            return self(z, text)[:, 0, ::9, ::9].flatten()[:8]


ABOUT = {
    "dccgan": About(
        title="Doodles for any word",
        does="Draws a word from noise and its CLIP text vector; says how drawn-like a picture is.",
        run="python -m doodle imagine telescope --n 16 --seed 0 --out doodles",
        fails=(
            "Words far from its training words come out as their neighbours, or as shapes that "
            "remind of them. Adjectives seldom change the drawing. Dense drawings run together "
            "at 28 pixels."
        ),
        cite=(
            "Axel Sauer et al.: Projected GANs Converge Faster, 2021, arXiv 2111.01007; Anders "
            "Larsen et al.: Autoencoding beyond pixels using a learned similarity metric, 2016, "
            "arXiv 1512.09300."
        ),
    ),
}
