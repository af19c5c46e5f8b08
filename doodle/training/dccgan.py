"""Recipe of the doodle generator: text vectors in, pictures out, a projected GAN.

Hinge loss on the picture and on a frozen recogniser's features (Sauer et al. 2021, arXiv
2111.01007), drawings beside wrong words as further negatives (Reed et al. 2016, arXiv 1605.05396).
Half of every batch is drawn from noise; the other half from an encoder's code of a real drawing,
which the generator must then reconstruct (VAE/GAN, Larsen et al. 2016, arXiv 1512.09300): that
gives every kind of drawing in the data a place in the noise.  Two samples of one word must differ
as much as two real drawings of it do (Yang et al. 2019, arXiv 1901.09024, eq. 2, where the bound is
a constant).
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.device import seed_for_step
from doodle.models.dccgan import FIRST_SIDE, Dccgan, DccganConfig
from doodle.training.dccgan_config import PRESETS, Config
from doodle.training.doodle_recipe import DoodleRecipe
from doodle.training.gan_losses import LOSSES
from doodle.training.loop import Ema
from doodle.training.shipping import train
from doodle.training.text_dcgan import TextDcganRecipe

__all__ = ["PRESETS", "Config", "DccganRecipe", "main"]


class Encoder(nn.Module):
    """The recogniser's second-last feature map to the mean and log variance of the noise."""

    def __init__(self, before: int, side: int, z_size: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(before, 64, 3, stride=2, padding=1)
        self.out = nn.Linear(64 * ((side + 1) // 2) ** 2, 2 * z_size)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, before, side, side) to two of (B, z_size)."""
        both = self.out(F.leaky_relu(self.narrow(x), 0.2).flatten(1)).float()
        mu, logvar = both.chunk(2, dim=1)
        return mu, logvar.clamp(-8, 4)


class DccganRecipe(DoodleRecipe):
    """One generator pass a step serves both adversaries."""

    network: Dccgan
    model = "dccgan"
    plotted = ("discriminator", "adversarial", "reconstruction", "right")

    @property
    def size(self) -> int:
        return FIRST_SIDE * 2 ** (len(self.config.widths) - 1)

    def _build(self, vectors: Tensor) -> None:
        """Networks and optimisers; vectors (categories, text_size) of the words."""
        config, recogniser = self.config, self.recogniser
        self.model_config = DccganConfig(
            z_size=config.z_size,
            widths=config.widths,
            known=len(self.seen),
            level_widths=recogniser.config.widths[-3:],
        )
        network, shadow = (Dccgan(self.model_config).to(self.device) for _ in range(2))
        network.set_words(vectors[self.seen])
        self.network = network.to(memory_format=torch.channels_last)
        self.ema = Ema(network, shadow.to(memory_format=torch.channels_last), config.ema)
        self.text = network.centred(vectors)  # (categories, text_size)
        self.apart = self._real_distances()  # (measures, categories)
        width, side = recogniser.config.widths[-2], 32 // 2 ** (len(recogniser.config.widths) - 2)
        self.encoder = Encoder(width, side, config.z_size).to(self.device)
        self.modules: dict[str, nn.Module] = {
            "network": network,
            "ema": shadow,
            "encoder": self.encoder,
        }
        discriminating = [*network.heads.parameters(), *network.text_projection.parameters()]
        self.discriminator_parameters = discriminating
        mine = {id(p) for p in discriminating}
        generating = [p for p in network.parameters() if id(p) not in mine]
        generating += list(self.encoder.parameters())
        self.optimisers = {
            "generator": torch.optim.Adam(generating, lr=config.learning_rate, betas=(0.0, 0.99)),
            "discriminator": torch.optim.Adam(
                discriminating, lr=config.discriminator_rate, betas=(0.0, 0.99)
            ),
        }

    def noisy(self, text: Tensor) -> Tensor:
        """Centred text with noise beside it: words near a word mean nearly the same."""
        return text + self.config.text_noise * torch.randn_like(text)

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        batch = self.doodles.batch(c.run.batch, np.random.default_rng(seed))
        real, labels = (torch.from_numpy(part).to(self.device) for part in batch)
        rate = min(1.0, (step + 1) / 200) * min(1.0, max(0.02, (1 - progress) / 0.5))
        for name, peak in (("generator", c.learning_rate), ("discriminator", c.discriminator_rate)):
            for group in self.optimisers[name].param_groups:
                group["lr"] = peak * rate
        self.network.train()
        half = c.run.batch // 2
        # the samples from noise come in pairs of one word
        asked = torch.cat([labels[:half], labels[half:].view(-1, 2)[:, :1].repeat(1, 2).flatten()])
        text, asked_text = self.noisy(self.text[labels]), self.noisy(self.text[asked])
        asked_text[:half] = text[:half]
        if c.shift:  # what is not reconstructed may stand anywhere (Zhao et al. 2020, DiffAugment)
            real = torch.cat([real[:half], shifted(real[half:], c.shift)])
        with torch.autocast(self.device.type, torch.bfloat16):
            with torch.no_grad():
                real_levels = self.levels(real)
            mu, logvar = self.encoder(real_levels[-2][:half])
            z = torch.cat(
                [
                    mu + torch.randn_like(mu) * (logvar / 2).exp(),
                    torch.randn(c.run.batch - half, c.z_size, device=self.device),
                ]
            )
            fake = (self.network.generate(z, asked_text) + 1) / 2
            if c.shift:
                fake = torch.cat([fake[:half], shifted(fake[half:], c.shift)])
            levels = self.levels(fake)
            figures = self._train_discriminator(
                (real, real_levels, text), (fake, levels, asked_text)
            )
            for p in self.discriminator_parameters:
                p.requires_grad_(False)
            adversarial = LOSSES[c.loss].generator(
                self.network.discriminate(fake, levels, [asked_text])[0]
            )
            for p in self.discriminator_parameters:
                p.requires_grad_(True)
            logits = self.recogniser.classify(levels[-1].mean(dim=(2, 3))).float()
            named = F.cross_entropy(logits, asked, label_smoothing=0.1)
            apart = self._distances(fake[half:], [x[half:] for x in levels])
            alike = F.relu(1 - apart / self.apart[:, asked[half::2]]).mean()
            reconstruction = self._distance(fake[:half], real[:half], levels, real_levels, half)
        kl = 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(dim=1).mean()
        loss = adversarial + c.guidance * named + c.variety * alike
        loss = loss + c.reconstruction * (reconstruction + 0.02 * F.relu(kl - c.free_nats))
        optimiser = self.optimisers["generator"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        self.ema.update(step)
        right = (logits[half:].argmax(1) == asked[half:]).float().mean()
        figures |= {
            "adversarial": float(adversarial.detach()),
            "reconstruction": float(reconstruction.detach()),
            "alike": float(alike.detach()),
        }
        return figures | {"kl": float(kl.detach()), "right": float(right)}

    def _train_discriminator(
        self, real: tuple[Tensor, list[Tensor], Tensor], fake: tuple[Tensor, list[Tensor], Tensor]
    ) -> dict[str, float]:
        """One update of the discriminator; each is pictures, feature maps and centred text."""
        kind = LOSSES[self.config.loss]
        ink, levels, text = real
        right, wrong = self.network.discriminate(ink, levels, [text, text.roll(1, dims=0)])
        ink, levels, text = fake
        fakes = self.network.discriminate(ink.detach(), [x.detach() for x in levels], [text])[0]
        w = self.config.wrong
        loss = kind.real(right) + (kind.fake(fakes) + w * kind.fake(wrong)) / (1 + w)
        optimiser = self.optimisers["discriminator"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return {
            "discriminator": float(loss.detach()),
            "real": float(right.detach().mean()),
            "fake": float(fakes.detach().mean()),
        }

    def _distance(
        self, fake: Tensor, real: Tensor, levels: list[Tensor], real_levels: list[Tensor], n: int
    ) -> Tensor:
        """How far reconstructions are from the drawings: in features, and in softened pixels."""
        total = 4 * F.mse_loss(F.avg_pool2d(fake, 2), F.avg_pool2d(real, 2))
        for mine, theirs in zip(levels[1:], real_levels[1:], strict=True):
            theirs = theirs[:n].float()
            total = total + F.mse_loss(mine[:n].float(), theirs) / theirs.square().mean()
        return total

    @staticmethod
    def _distances(ink: Tensor, levels: list[Tensor]) -> Tensor:
        """How far the two pictures of each pair are apart: in softened pixels, in the last two
        feature maps and in what is left of the last without regard to place; (4, pairs)."""
        seen = [F.avg_pool2d(ink, 2), *levels[-2:], levels[-1].mean(dim=(2, 3))]
        return torch.stack(
            [(x[0::2].float() - x[1::2].float()).flatten(1).norm(dim=1) + 1e-6 for x in seen]
        )

    @torch.no_grad()
    def _real_distances(self) -> Tensor:
        """The mean of the same for pairs of real drawings of each category, (4, categories)."""
        apart = torch.ones(4, len(self.names), device=self.device)
        for k in self.seen:
            ink = torch.from_numpy(self.doodles.some(k, 16)).to(self.device)
            ink = ink[torch.randperm(16, generator=torch.Generator().manual_seed(k))]
            apart[:, k] = self._distances(ink, self.levels(ink)).mean(dim=1)
        return apart


def shifted(ink: Tensor, most: int) -> Tensor:
    """Pictures (B, 1, S, S) moved by up to ``most`` pixels each way, the two of a pair alike."""
    size, device = ink.shape[-1], ink.device
    corner = torch.randint(2 * most + 1, (len(ink) // 2, 2, 1), device=device)
    places = corner.repeat_interleave(2, dim=0) + torch.arange(size, device=device)
    rows, columns = places.unbind(1)
    padded = F.pad(ink[:, 0], (most,) * 4)
    lot = torch.arange(len(ink), device=device)[:, None, None]
    return padded[lot, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    recipe = (TextDcganRecipe if config.design == "original" else DccganRecipe)(config)
    train(recipe, config, recipe.plotted)
