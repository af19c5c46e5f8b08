"""The preset `original` of the doodle generator's recipe: a plain DCGAN that is given the text.

Binary cross-entropy over three kinds of pairs: a drawing with its word, a doodle with its word, a
drawing with another word (Reed et al. 2016, arXiv 1605.05396, algorithm 1).  Nothing else: it is
what the modulated design is compared with.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from doodle.device import seed_for_step
from doodle.models.dcgan import START, TextDcgan, TextDcganConfig
from doodle.training.doodle_recipe import DoodleRecipe
from doodle.training.gan_losses import LOSSES
from doodle.training.loop import Ema


class TextDcganRecipe(DoodleRecipe):
    """Adam at one rate throughout (Radford et al. 2016, section 4); averaged weights draw."""

    network: TextDcgan
    ema: Ema[TextDcgan]
    model = "text_dcgan"
    plotted = ("discriminator", "adversarial", "right", "wrong", "fake")

    @property
    def size(self) -> int:
        return min(START)

    def _build(self, vectors: Tensor) -> None:
        c = self.config
        self.model_config = TextDcganConfig(c.z_size, c.widths[-1], self.size)
        if list(c.widths) != self.model_config.channels:
            raise ValueError(
                "the original design has two maps, the first with twice the channels of the "
                f"second, such as 128 64; not {' '.join(map(str, c.widths))}"
            )
        if len(self.seen) < 2:
            raise ValueError("drawings of one word only: wrong words need at least two")
        networks = (TextDcgan(self.model_config).to(self.device) for _ in range(2))
        self.network, shadow = (x.to(memory_format=torch.channels_last) for x in networks)
        self.network.text_mean.copy_(vectors[self.seen].mean(dim=0))
        self.ema = Ema(self.network, shadow, c.ema)
        self.text = self.network.centred(vectors)  # (categories, text_size)
        self.modules = {"network": self.network, "ema": shadow}
        sides = {
            "generator": (self.network.generator, self.network.read, c.learning_rate),
            "discriminator": (
                self.network.discriminator,
                self.network.text_projection,
                c.discriminator_rate,
            ),
        }
        self.optimisers = {
            name: torch.optim.Adam([*body.parameters(), *read.parameters()], rate, (0.5, 0.999))
            for name, (body, read, rate) in sides.items()
        }

    def step(self, step: int, progress: float) -> dict[str, float]:
        """One update of the discriminator, then one of the generator, on the same doodles."""
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        ink, labels = self.doodles.batch(c.run.batch, rng)
        other = self._others(labels, rng)
        real = torch.from_numpy(ink).to(self.device) * 2 - 1  # the range of tanh
        text, wrong = self.text[labels], self.text[other]
        self.network.train()
        z = torch.randn(c.run.batch, c.z_size).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            fake = self.network.generate(z, text)
            pairs = {"right": (real, text), "wrong": (real, wrong), "fake": (fake.detach(), text)}
            # each kind through batch normalisation apart, as in the paper
            scores = {name: self.network.discriminate(*pair) for name, pair in pairs.items()}
        loss = self._discriminator_loss(scores)
        self._update("discriminator", loss)
        with torch.autocast(self.device.type, torch.bfloat16):  # anew: it keeps casts of weights
            adversarial = LOSSES[c.loss].generator(self.network.discriminate(fake, text))
        self._update("generator", adversarial)
        self.ema.update(step)
        chances = {name: float(x.detach().sigmoid().mean()) for name, x in scores.items()}
        losses = {"discriminator": float(loss.detach()), "adversarial": float(adversarial.detach())}
        return losses | chances

    def _others(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each label (B,) another trained word, never the same."""
        seen = np.array(self.seen)
        places = np.searchsorted(seen, labels)
        return seen[(places + rng.integers(1, len(seen), size=len(labels))) % len(seen)]

    def _discriminator_loss(self, scores: dict[str, Tensor]) -> Tensor:
        """Of logits (B,) of each kind of pair; the false kinds together count as the true one."""
        kind = LOSSES[self.config.loss]
        w = self.config.wrong
        negative = (kind.fake(scores["fake"]) + w * kind.fake(scores["wrong"])) / (1 + w)
        return kind.real(scores["right"]) + negative

    def _update(self, name: str, loss: Tensor) -> None:
        for optimiser in self.optimisers.values():
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[name].step()

    @torch.no_grad()
    def samples(self, categories: list[int], each: int) -> Tensor:
        """As the other design's; the averaged weights get statistics of their own first."""
        generator = torch.Generator().manual_seed(self.config.run.seed)
        z = torch.randn(1024, self.config.z_size, generator=generator).to(self.device)
        text = self.text[np.resize(self.seen, len(z))]
        self.ema.shadow.set_standing_statistics(z, text)
        return super().samples(categories, each)
