"""Recipe of endings: what is missing of a begun drawing, by a conditional projected GAN.

Half of every batch is drawn from an encoder's code of a whole drawing, whose missing part the
generator must then give back; the other half from noise (BicycleGAN, Zhu et al. 2017, arXiv
1711.11586, section 3).  The discriminator sees finished pictures through a frozen recogniser's
features (Sauer et al. 2021, arXiv 2111.01007), and what was added beside what was there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.completions import CompletionSet, load_completions
from doodle.data.doodles import unseen_words
from doodle.device import choose, seed_for_step
from doodle.models.completion_gan import CompletionGan, CompletionGanConfig, united
from doodle.models.dccgan import FIRST_SIDE, Dccgan
from doodle.models.recogniser import Recogniser
from doodle.models.words import WordTable
from doodle.training.completion_gan_config import PRESETS, Config
from doodle.training.dccgan import Encoder
from doodle.training.gan_losses import LOSSES
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.shipping import SPLIT, ship, train

__all__ = ["PRESETS", "CompletionGanRecipe", "Config", "main"]

MEASURED = 1000  # held-out begun drawings
SHEET_ROWS, SHEET_SAMPLES = 16, 10
HINGE = LOSSES["hinge"]


class CompletionGanRecipe:
    """Adam on both sides in turn; the average of the generator is what is shipped."""

    def __init__(self, config: Config) -> None:
        self.config = c = config
        self.device = choose(c.run.device).device
        torch.manual_seed(c.run.seed)
        words, _ = checkpoint.load_as(WordTable, c.vocabulary)
        recogniser, header = checkpoint.load_as(Recogniser, c.recogniser)
        self.names: list[str] = header["data"]["categories"]
        self.recogniser = recogniser.to(self.device).to(memory_format=torch.channels_last)
        self.unseen = unseen_words(self.names, c.unseen, c.run.seed)
        size = FIRST_SIDE * 2 ** (len(c.widths) - 1)
        self.train_set, self.valid_set = (self._examples(split, size) for split in (0, 1))
        vectors = torch.stack([words.lookup(name).vector for name in self.names]).to(self.device)
        seen = np.unique(self.train_set.category).tolist()
        model = CompletionGanConfig(
            z_size=c.z_size,
            widths=c.widths,
            known=len(seen),
            level_widths=recogniser.config.widths[-3:],
            begun_widths=c.begun_widths,
        )
        network, shadow = (CompletionGan(model).to(self.device) for _ in range(2))
        network.set_words(vectors[seen])
        if c.start:
            _take_over(network, c.start)
        self.network = network.to(memory_format=torch.channels_last)
        self.ema = Ema(network, shadow.to(memory_format=torch.channels_last), c.ema)
        self.text = network.centred(vectors)  # (categories, text_size)
        width, side = recogniser.config.widths[-2], 32 // 2 ** (len(recogniser.config.widths) - 2)
        self.encoder = Encoder(width, side, c.z_size).to(self.device)
        self.modules: dict[str, nn.Module] = {
            "network": network,
            "ema": shadow,
            "encoder": self.encoder,
        }
        heads = (network.heads, network.pair_head, network.text_projection)
        self.discriminating = [p for part in heads for p in part.parameters()]
        mine = {id(p) for p in self.discriminating}
        generating = [p for p in network.parameters() if id(p) not in mine]
        generating += self.encoder.parameters()
        rates = (
            ("generator", generating, c.learning_rate),
            ("discriminator", self.discriminating, c.discriminator_rate),
        )
        self.rates = {name: rate for name, _, rate in rates}
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(parameters, lr=rate, betas=(0.0, 0.99))
            for name, parameters, rate in rates
        }

    def _examples(self, split: int, size: int) -> CompletionSet:
        c = self.config
        return load_completions(
            Path(c.run.data),
            self.names,
            size=size,
            split=split,
            without=self.unseen,
            recorded=1 if split else 4,
            most=4 * MEASURED if split else c.examples,
            balance=c.balance,
            seed=c.run.seed,
        )

    def levels(self, ink: Tensor) -> list[Tensor]:
        """The recogniser's feature maps of pictures, (B, 1, size, size) in [0, 1]."""
        if ink.shape[-1] != self.recogniser.config.side:
            ink = F.adaptive_avg_pool2d(ink, self.recogniser.config.side)
        return self.recogniser.levels(ink.contiguous(memory_format=torch.channels_last))

    # -- one update ------------------------------------------------------------------------------

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        batch = self.train_set.batch(c.run.batch, np.random.default_rng(seed))
        begun, added, alone, place, labels = (
            torch.from_numpy(part).to(self.device) for part in batch
        )
        rate = min(1.0, (step + 1) / 200) * min(1.0, max(0.02, (1 - progress) / 0.5))
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = self.rates[name] * rate
        self.network.train()
        half = c.run.batch // 2
        # what is drawn from noise comes in pairs of one begun drawing
        pairs = half + torch.arange(0, half, 2, device=self.device).repeat_interleave(2)
        asked = torch.cat([torch.arange(half, device=self.device), pairs])
        text = self.text[labels]
        text = text + c.text_noise * torch.randn_like(text)
        whole = united(begun, added)
        with torch.autocast(self.device.type, torch.bfloat16):
            with torch.no_grad():
                real_levels = self.levels(whole)
            mu, logvar = self.encoder(real_levels[-2][:half])
            z = torch.cat(
                [
                    mu + torch.randn_like(mu) * (logvar / 2).exp(),
                    torch.randn(half, c.z_size, device=self.device),
                ]
            )
            fake = self.network.added(z, text[asked], begun[asked])
            finished = united(begun[asked], fake)
            levels = self.levels(finished)
            figures = self._train_discriminator(
                (begun, added, real_levels, text), (begun[asked], fake, levels, text[asked])
            )
            for p in self.discriminating:
                p.requires_grad_(False)
            judged = self.network.discriminate_ending(begun[asked], fake, levels, [text[asked]])
            adversarial = HINGE.generator(judged[0])
            for p in self.discriminating:
                p.requires_grad_(True)
            logits = self.recogniser.classify(levels[-1].mean(dim=(2, 3))).float()
            named = F.cross_entropy(logits, labels[asked], label_smoothing=0.1)
            placed = F.cross_entropy(self.network.places(alone, text), place)
        given_back = _distance(fake[:half], added[:half], levels, real_levels)
        over = (fake * begun[asked]).sum(dim=(1, 2, 3)) / (begun[asked].sum(dim=(1, 2, 3)) + 1)
        missing = added[asked].sum(dim=(1, 2, 3))[half::2]
        wanted = missing / (missing + begun[asked].sum(dim=(1, 2, 3))[half::2] + 1)
        alike = _alike(fake[half:], wanted)
        kl = 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(dim=1).mean()
        losses = {
            "adversarial": adversarial,
            "placed": placed,
            "named": named,
            "overlap": over.mean(),
            "alike": alike,
            "reconstruction": given_back + 0.02 * F.relu(kl - c.free_nats),
        }
        weights = {
            "named": c.guidance,
            "overlap": c.overlap,
            "alike": c.variety,
            "reconstruction": c.reconstruction,
        }
        total = sum(weights.get(name, 1.0) * loss for name, loss in losses.items())
        assert isinstance(total, Tensor)
        self._update("generator", total)
        self.ema.update(step)
        right = (logits[half:].argmax(1) == labels[asked][half:]).float().mean()
        figures |= {name: float(loss.detach()) for name, loss in losses.items()}
        return figures | {"kl": float(kl.detach()), "right": float(right)}

    def _train_discriminator(
        self,
        real: tuple[Tensor, Tensor, list[Tensor], Tensor],
        fake: tuple[Tensor, Tensor, list[Tensor], Tensor],
    ) -> dict[str, float]:
        """One update of it; each is begun, added, feature maps of both, and centred text."""
        begun, added, levels, text = real
        right, wrong = self.network.discriminate_ending(
            begun, added, levels, [text, text.roll(1, dims=0)]
        )
        begun, added, levels, text = fake
        fakes = self.network.discriminate_ending(
            begun, added.detach(), [level.detach() for level in levels], [text]
        )[0]
        w = self.config.wrong
        loss = HINGE.real(right) + (HINGE.fake(fakes) + w * HINGE.fake(wrong)) / (1 + w)
        self._update("discriminator", loss)
        return {"discriminator": float(loss.detach())}

    def _update(self, name: str, loss: Tensor) -> None:
        optimiser = self.optimisers[name]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    # -- figures ---------------------------------------------------------------------------------

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """How often the recogniser names held-out drawings begun, finished by us and by people;
        how much ink lies on ink; how often the place is right, and how many places it is spread
        over (perplexity)."""
        data = self.valid_set.some(_evenly(len(self.valid_set), MEASURED))
        begun, added, alone, place, labels = (torch.from_numpy(part) for part in data)
        network, sums = (
            self.ema.shadow,
            dict.fromkeys(
                ("begun top-1", "ours top-1", "people's top-1", "overlap", "place top-1", "nats"),
                0.0,
            ),
        )
        generator = torch.Generator().manual_seed(self.config.run.seed)
        z = torch.randn(len(labels), self.config.z_size, generator=generator)
        for part in torch.arange(len(labels)).split(250):
            text = self.text[labels[part].to(self.device)]
            here = begun[part].to(self.device)
            ours = network.added(z[part].to(self.device), text, here)
            truth = labels[part].to(self.device)
            for title, picture in (
                ("begun top-1", here),
                ("ours top-1", united(here, ours)),
                ("people's top-1", united(here, added[part].to(self.device))),
            ):
                logits = self.recogniser.classify(self.levels(picture)[-1].mean(dim=(2, 3)))
                sums[title] += float((logits.argmax(1) == truth).sum())
            share = (ours * here).sum(dim=(1, 2, 3)) / (here.sum(dim=(1, 2, 3)) + 1)
            sums["overlap"] += float(share.sum())
            places = network.places(alone[part].to(self.device), text)
            where = place[part].to(self.device)
            sums["place top-1"] += float((places.argmax(1) == where).sum())
            sums["nats"] += float(F.cross_entropy(places, where, reduction="sum"))
        figures = {name: value / len(labels) for name, value in sums.items()}
        return figures | {"place perplexity": float(np.exp(figures.pop("nats")))}

    @torch.no_grad()
    def sheet(self, path: Path) -> None:
        """Held-out begun drawings, what people made of them, and samples."""
        data = self.valid_set.some(_evenly(len(self.valid_set), SHEET_ROWS))
        begun, added, _, _, labels = (torch.from_numpy(part).to(self.device) for part in data)
        generator = torch.Generator().manual_seed(self.config.run.seed)
        z = torch.randn(SHEET_ROWS * SHEET_SAMPLES, self.config.z_size, generator=generator)
        many = begun.repeat_interleave(SHEET_SAMPLES, 0)
        text = self.text[labels].repeat_interleave(SHEET_SAMPLES, 0)
        drawn = united(many, self.ema.shadow.added(z.to(self.device), text, many))
        rows = []
        for k in range(SHEET_ROWS):
            own = drawn[k * SHEET_SAMPLES : (k + 1) * SHEET_SAMPLES]
            row = torch.cat([begun[k : k + 1], united(begun, added)[k : k + 1], own])
            rows.append((row[:, 0] * 255).round().byte().cpu().numpy())
        contact_sheet(rows, [self.names[k] for k in labels.tolist()]).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        network = self.ema.shadow.without_heads()
        ship(
            folder,
            network,
            model="completion_gan",
            config=self.config,
            log=log,
            recipe="completion_gan",
            presets=PRESETS,
            data={
                "categories": [self.names[k] for k in np.unique(self.train_set.category).tolist()],
                "unseen": list(self.unseen),
                "split": SPLIT,
            },
            pixels={"size": network.config.size, "range": [0, 1], "ink": 1},
            metrics=[
                {"name": k, "value": v, "split": "valid", "n": MEASURED}
                for k, v in self.evaluate().items()
            ],
            start=self.config.start,
            packed=("start.weight", "style_of.weight"),  # half of all weights
        )


def _take_over(network: CompletionGan, start: str) -> None:
    """Weights of a doodle generator or of an earlier network of endings, where they fit."""
    given, _ = checkpoint.load_as(Dccgan, start)
    own = network.state_dict()
    for name, value in given.state_dict().items():
        if name in own and own[name].shape == value.shape:
            own[name].copy_(value)


def _distance(
    fake: Tensor, real: Tensor, levels: list[Tensor], real_levels: list[Tensor]
) -> Tensor:
    """How far what was added is from what a person added: in softened pixels, and in features of
    the finished pictures; the first ones of a batch are compared."""
    total = 8 * F.mse_loss(F.avg_pool2d(fake, 2), F.avg_pool2d(real, 2))
    for mine, theirs in zip(levels[1:], real_levels[1:], strict=True):
        theirs = theirs[: len(fake)].float()
        total = total + F.mse_loss(mine[: len(fake)].float(), theirs) / theirs.square().mean()
    return total


def _alike(added: Tensor, wanted: Tensor) -> Tensor:
    """How much the two endings of each pair share beyond what may be the same.

    Args:
        added: (2 P, 1, S, S), the two of a pair side by side.
        wanted: (P,) share of the drawing that is missing: where little is, endings may be alike.
    """
    one, other = (F.avg_pool2d(part, 3, 2, 1).flatten(1) for part in (added[0::2], added[1::2]))
    cosine = F.cosine_similarity(one + 1e-4, other + 1e-4)
    return F.relu(cosine - (1 - wanted)).mean()


def _evenly(count: int, most: int) -> np.ndarray:
    return np.linspace(0, count - 1, min(most, count)).round().astype(int)


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    plotted = ("reconstruction", "adversarial", "discriminator", "placed", "right")
    train(CompletionGanRecipe(config), config, plotted)
