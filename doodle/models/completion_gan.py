"""A generator that finishes doodles: what is missing of a drawing of a word, given what is there.

It is the doodle generator (:mod:`doodle.models.dccgan`) with feature maps of the begun drawing
added at every size, and with the missing ink as its picture instead of the whole.  A second network
says how large the whole may be and where in it the begun drawing lies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About
from doodle.models.dccgan import FIRST_SIDE, Dccgan, DccganConfig, Head


@dataclass(frozen=True)
class CompletionGanConfig(DccganConfig):
    """Sizes; the others as :class:`DccganConfig`.

    Attributes:
        begun_widths: channels that the begun drawing is read with at 28, 14 and 7 pixels.
        place_width: size of the layer that places are chosen from.
        places: how many sizes and places of a whole are told apart.
        heads: whether the discriminator's are there; only training needs them.
    """

    begun_widths: tuple[int, ...] = (32, 64, 96)
    place_width: int = 192
    places: int = 648
    heads: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.begun_widths) != len(self.widths):
            raise ValueError("begun_widths has a number for each of widths")

    @classmethod
    def tiny(cls) -> CompletionGanConfig:
        return cls(
            z_size=4,
            style_size=8,
            widths=(8, 6, 4),
            level_widths=(4, 8),
            head_width=6,
            known=3,
            begun_widths=(4, 5, 6),
            place_width=8,
        )


class Reader(nn.Module):
    """Feature maps of the begun drawing, the smallest first."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        before, layers = 2, []
        for k, width in enumerate(widths):
            first = nn.Conv2d(before, width, 4 if k else 3, 2 if k else 1, 1)
            layers.append(
                nn.Sequential(
                    first, nn.LeakyReLU(0.2), nn.Conv2d(width, width, 3, 1, 1), nn.LeakyReLU(0.2)
                )
            )
            before = width
        self.layers = nn.ModuleList(layers)

    def forward(self, begun: Tensor) -> list[Tensor]:
        """(B, 1, S, S) in [0, 1] to maps of sides 7, 14, ..., S."""
        x = torch.cat([begun, F.avg_pool2d(begun, 5, 1, 2)], 1) * 2 - 1
        maps = []
        for layer in self.layers:
            x = layer(x)
            maps.append(x)
        return maps[::-1]


class Placer(nn.Module):
    """How large the whole is and where in it a begun drawing lies, as logits."""

    def __init__(self, width: int, text_size: int, size: int, places: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 24, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(24, 48, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(48, 32, 3, 1, 1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        )
        self.ink = nn.Linear(32 * (size // 4) ** 2, width)
        self.text = nn.Linear(text_size, width)
        self.mix = nn.Linear(width, width)
        self.out = nn.Linear(width, places)

    def forward(self, ink: Tensor, text: Tensor) -> Tensor:
        h = F.leaky_relu(self.ink(self.body(ink * 2 - 1)) + self.text(text), 0.2)
        return self.out(F.leaky_relu(self.mix(h), 0.2)).float()


class CompletionGan(Dccgan):
    """The generator of what is missing, the placer and, for training, the discriminator."""

    config: CompletionGanConfig

    def __init__(self, config: CompletionGanConfig) -> None:
        super().__init__(config)
        widths, begun = config.widths, config.begun_widths[::-1]
        self.reader = Reader(config.begun_widths)
        self.style_of = nn.Linear(begun[0] * FIRST_SIDE**2, config.style_size)
        # as what is drawn from noise alone is not to change at first, these begin at nothing
        self.merge_first = nn.Conv2d(begun[0], widths[0] // 2, 3, padding=1)
        self.merge = nn.ModuleList(
            nn.Conv2d(theirs, own, 3, padding=1) for theirs, own in zip(begun, widths, strict=True)
        )
        self.merge_last = nn.Conv2d(begun[-1], 1, 3, padding=1)
        for layer in (self.style_of, self.merge_first, *self.merge, self.merge_last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        if config.heads:
            # beside those that see the finished picture, one that sees what was added to what
            halvings = len(config.widths) - 1
            self.pair_head = Head(2, config.head_width, halvings, config.style_size)
        else:
            del self.heads, self.text_projection
        self.placer = Placer(config.place_width, config.text_size, config.size, config.places)

    def forward(self, z: Tensor, text: Tensor, begun: Tensor | None = None) -> Tensor:
        """What is missing.

        Args:
            z: (B, z_size) of a standard normal distribution.
            text: (B, text_size) of unit length.
            begun: (B, 1, size, size) in [0, 1], what is drawn, at its place in the whole.

        Returns: (B, 1, size, size) in [0, 1], ink 1, what is to be added.
        """
        text = self.centred(text)
        if begun is None:
            begun = z.new_zeros(len(z), 1, self.config.size, self.config.size)
        return self.added(z, text, begun)

    def added(self, z: Tensor, text: Tensor, begun: Tensor) -> Tensor:
        """As forward, from text that is centred already (and may carry noise)."""
        maps = self.reader(begun)
        seed = torch.cat([F.leaky_relu(self.read(text), 0.2), z], dim=1)
        style = self.mix(seed) + self.style_of(maps[0].flatten(1))
        x = self.start(seed).unflatten(1, (-1, FIRST_SIDE, FIRST_SIDE)) + self.merge_first(maps[0])
        for level, (theirs, merge) in enumerate(zip(maps, self.merge, strict=True)):
            widen, refine = self.convs[2 * level], self.convs[2 * level + 1]
            x = widen(x, style)
            if level:
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = x + merge(theirs)
            x = (x + refine(x, style)) * 0.5**0.5
        return (torch.tanh((self.ink(x) + self.merge_last(maps[-1])).float()) + 1) / 2

    def places(self, ink: Tensor, text: Tensor) -> Tensor:
        """Logits of where the whole lies.

        Args:
            ink: (B, 1, size, size) in [0, 1], the begun drawing alone, as large as fits.
            text: (B, text_size), centred.

        Returns: (B, config.places) float32.
        """
        return self.placer(ink, text)

    def discriminate_ending(
        self, begun: Tensor, added: Tensor, levels: list[Tensor], texts: list[Tensor]
    ) -> list[Tensor]:
        """The discriminator.

        Args:
            begun, added: (B, 1, size, size) in [0, 1].
            levels: the recogniser's feature maps of both together.
            texts: k lots of centred text (B, text_size) to compare it with.

        Returns: for each text the logits of all heads and places, (B, places).
        """
        whole = self.discriminate(united(begun, added), levels, texts)
        read = [self.text_projection(text) for text in texts]
        pair = self.pair_head(torch.cat([begun, added], 1) * 2 - 1, read)
        return [torch.cat([a, b], dim=1) for a, b in zip(whole, pair, strict=True)]

    def without_heads(self) -> CompletionGan:
        """A copy in eval mode that only draws."""
        network = CompletionGan(replace(self.config, heads=False))
        own, state = network.state_dict(), self.state_dict()
        network.load_state_dict({name: state[name] for name in own})
        return network.eval()

    def probe(self, seed: int = 0) -> Tensor:
        """A few pixels for seeded noise, text and ink: the golden numbers of a checkpoint. (8,)"""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(2, self.config.z_size, generator=generator)
        text = F.normalize(torch.randn(2, self.config.text_size, generator=generator), dim=1)
        size = self.config.size
        begun = (torch.rand(2, 1, size, size, generator=generator) > 0.9).float()
        with torch.no_grad():
            return self(z, text, begun)[:, 0, ::9, ::9].flatten()[:8]


def united(begun: Tensor, added: Tensor) -> Tensor:
    """The finished picture of two layers of ink in [0, 1]."""
    return 1 - (1 - begun) * (1 - added)


ABOUT = {
    "completion_gan": About(
        title="Endings of doodles",
        does="Draws what is missing of a begun drawing of a word, and says where the whole lies.",
        run="python -m doodle complete cat.svg --word cat --out finished.svg",
        fails=(
            "Words far from its training words are finished as their neighbours. Small parts run "
            "together at 28 pixels. Drawings of several things are read as one."
        ),
        cite=(
            "Axel Sauer et al.: Projected GANs Converge Faster, 2021, arXiv 2111.01007; Jun-Yan "
            "Zhu et al.: Toward Multimodal Image-to-Image Translation, 2017, arXiv 1711.11586."
        ),
    ),
}
