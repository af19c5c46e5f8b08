"""Recipe of the doodle generator: text vectors in, pictures out, judged in the recogniser's eyes.

Hinge loss on the picture and on a frozen recogniser's features (Sauer et al. 2021, arXiv
2111.01007), drawings beside wrong words as further negatives (Reed et al. 2016, arXiv 1605.05396).
Half of every batch is drawn from noise; the other half from what an encoder saw in a real drawing,
which the generator must then draw again (VAE/GAN, Larsen et al. 2016, arXiv 1512.09300): that
gives every kind of drawing in the data a place in the noise.  Two samples of one word must differ
as much as two real drawings of it do (Yang et al. 2019, arXiv 1901.09024, eq. 2, where the bound is
a constant).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.doodles import DoodleSet, load_doodles, unseen_words
from doodle.device import choose, seed_for_step
from doodle.models.dccgan import FIRST_SIDE, Dccgan, DccganConfig
from doodle.models.recogniser import Recogniser
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.shipping import SPLIT, run, ship

SHEET_WORDS = (
    "cat",
    "bicycle",
    "umbrella",
    "fish",
    "clock",
    "house",
    "rabbit",
    "sailboat",
    "spider",
    "teapot",
    "tree",
    "helicopter",
)


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with bitmaps/, real/ and traced/"})
    words: str = field(
        default="checkpoints/words/model.safetensors",
        metadata={"help": "checkpoint of the word vectors"},
    )
    recogniser: str = field(
        default="checkpoints/recogniser/model.safetensors",
        metadata={"help": "checkpoint whose features judge"},
    )
    out: str = field(default="runs/dccgan", metadata={"help": "run folder; rerun to resume"})
    export: str = field(default="", metadata={"help": "also write the checkpoint to this folder"})
    seed: int = field(default=0, metadata={"help": "of weights, batches and noise"})
    design: Literal["modulated", "original"] = field(
        default="modulated",
        metadata={"help": "original: a plain DCGAN given the text, as earlier work had it"},
    )
    steps: int = field(default=200_000, metadata={"help": "updates of the generator"})
    minutes: float = field(default=0.0, metadata={"help": "end after this much training; 0: never"})
    batch: int = field(default=128, metadata={"help": "real drawings an update, fakes as well"})
    widths: tuple[int, ...] = field(default=(192, 96, 48), metadata={"help": "channels, 7 px up"})
    z_size: int = field(default=64, metadata={"help": "numbers of noise"})
    loss: str = field(default="hinge", metadata={"help": "of the adversaries: hinge, bce or wgan"})
    learning_rate: float = field(default=5e-4, metadata={"help": "of the generator's Adam"})
    judge_rate: float = field(default=4e-4, metadata={"help": "of the discriminator's Adam"})
    reconstruction: float = field(default=2.0, metadata={"help": "weight of drawing it again"})
    nats: float = field(default=32.0, metadata={"help": "what the encoder may tell, for nothing"})
    variety: float = field(default=1.0, metadata={"help": "weight of samples that are too alike"})
    guidance: float = field(default=0.1, metadata={"help": "weight of the recogniser's naming"})
    wrong: float = field(default=0.5, metadata={"help": "weight of drawings beside wrong words"})
    text_noise: float = field(default=0.45, metadata={"help": "added to text, beside its length"})
    shift: int = field(
        default=0, metadata={"help": "pixels that half of the judged pictures are moved by"}
    )
    balance: float = field(default=0.5, metadata={"help": "a category counts size ** balance"})
    unseen: int = field(default=32, metadata={"help": "categories kept out of training"})
    ema: float = field(default=0.999, metadata={"help": "decay of the averaged weights"})
    evaluate_every: int = field(default=500, metadata={"help": "steps between evaluations"})
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda"})

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"loss is one of {', '.join(LOSSES)}")
        if self.batch % 4:
            raise ValueError("batch is a multiple of 4: half of it is pairs of one word")
        extras = (self.reconstruction, self.variety, self.guidance, self.text_noise)
        if self.design == "original" and (any(extras) or self.loss != "bce"):
            raise ValueError(
                "the original design has the loss bce, and no reconstruction, variety, guidance or "
                "text noise: use --preset original"
            )


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"minutes": 110.0},
    "gpu": {
        "steps": 60_000,
        "minutes": 25.0,
        "batch": 256,
        "widths": (512, 256, 128, 64),
        "shift": 3,
    },
    "original": {
        "design": "original",
        "minutes": 30.0,
        "widths": (128, 64),
        "z_size": 100,
        "loss": "bce",
        "learning_rate": 2e-4,
        "judge_rate": 2e-4,
        "wrong": 1.0,
        "reconstruction": 0.0,
        "variety": 0.0,
        "guidance": 0.0,
        "text_noise": 0.0,
    },
}

# name -> (loss of logits that should say real, of logits that should say fake, the generator's)
LOSSES = {
    "hinge": (lambda x: F.relu(1 - x).mean(), lambda x: F.relu(1 + x).mean(), lambda x: -x.mean()),
    "bce": (
        lambda x: F.softplus(-x).mean(),
        lambda x: F.softplus(x).mean(),
        lambda x: F.softplus(-x).mean(),
    ),
    "wgan": (lambda x: -x.mean(), lambda x: x.mean(), lambda x: -x.mean()),
}


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


class DccganRecipe:
    """One generator pass a step serves both adversaries."""

    model = "dccgan"  # as in doodle.models.MODELS
    preset = "cpu"
    plotted = ("judge", "adversarial", "again", "right")

    def __init__(self, config: Config) -> None:
        self.config = config
        self.placement = choose(config.device)
        self.device = self.placement.device
        torch.manual_seed(config.seed)
        words, _ = checkpoint.load(config.words)
        recogniser, header = checkpoint.load(config.recogniser)
        self.names: list[str] = header["data"]["categories"]
        self.recogniser: Recogniser = recogniser.to(self.device, memory_format=torch.channels_last)
        self.unseen = unseen_words(self.names, config.unseen, config.seed)
        self.doodles: DoodleSet = load_doodles(
            Path(config.data),
            self.names,
            self.size,
            without=self.unseen,
            balance=config.balance,
        )
        self.seen = np.unique(self.doodles.category).tolist()  # categories that are trained on
        vectors = torch.stack([words.lookup(name).vector for name in self.names])
        self._build(vectors.to(self.device))

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
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
        self.modules = {"network": network, "ema": shadow, "encoder": self.encoder}
        judge = [*network.heads.parameters(), *network.judge_text.parameters()]
        self.judging = judge
        mine = {id(p) for p in judge}
        drawing = [p for p in network.parameters() if id(p) not in mine]
        drawing += list(self.encoder.parameters())
        self.optimisers = {
            "generator": torch.optim.Adam(drawing, lr=config.learning_rate, betas=(0.0, 0.99)),
            "judge": torch.optim.Adam(judge, lr=config.judge_rate, betas=(0.0, 0.99)),
        }

    def levels(self, ink: Tensor) -> list[Tensor]:
        """The recogniser's feature maps of pictures of any size, (B, 1, size, size) in [0, 1]."""
        if ink.shape[-1] != self.recogniser.config.side:
            ink = F.adaptive_avg_pool2d(ink, self.recogniser.config.side)
        return self.recogniser.levels(ink.contiguous(memory_format=torch.channels_last))

    def noisy(self, text: Tensor) -> Tensor:
        """Centred text with noise beside it: words near a word mean nearly the same."""
        return text + self.config.text_noise * torch.randn_like(text)

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.seed, step)
        torch.manual_seed(seed)
        batch = self.doodles.batch(c.batch, np.random.default_rng(seed))
        real, labels = (torch.from_numpy(part).to(self.device) for part in batch)
        rate = min(1.0, (step + 1) / 200) * min(1.0, max(0.02, (1 - progress) / 0.5))
        for name, peak in (("generator", c.learning_rate), ("judge", c.judge_rate)):
            for group in self.optimisers[name].param_groups:
                group["lr"] = peak * rate
        self.network.train()
        half = c.batch // 2
        # the samples from noise come in pairs of one word
        asked = torch.cat([labels[:half], labels[half:].view(-1, 2)[:, :1].repeat(1, 2).flatten()])
        text, wish = self.noisy(self.text[labels]), self.noisy(self.text[asked])
        wish[:half] = text[:half]
        if c.shift:  # what is not drawn again may stand anywhere (Zhao et al. 2020, DiffAugment)
            real = torch.cat([real[:half], shifted(real[half:], c.shift)])
        with torch.autocast(self.device.type, torch.bfloat16):
            with torch.no_grad():
                real_levels = self.levels(real)
            mu, logvar = self.encoder(real_levels[-2][:half])
            z = torch.cat(
                [
                    mu + torch.randn_like(mu) * (logvar / 2).exp(),
                    torch.randn(c.batch - half, c.z_size, device=self.device),
                ]
            )
            fake = (self.network.generate(z, wish) + 1) / 2
            if c.shift:
                fake = torch.cat([fake[:half], shifted(fake[half:], c.shift)])
            levels = self.levels(fake)
            figures = self._train_judge((real, real_levels, text), (fake, levels, wish))
            for p in self.judging:
                p.requires_grad_(False)
            adversarial = LOSSES[c.loss][2](self.network.judge(fake, levels, [wish])[0])
            for p in self.judging:
                p.requires_grad_(True)
            logits = self.recogniser.classify(levels[-1].mean(dim=(2, 3))).float()
            named = F.cross_entropy(logits, asked, label_smoothing=0.1)
            apart = self._distances(fake[half:], [x[half:] for x in levels])
            alike = F.relu(1 - apart / self.apart[:, asked[half::2]]).mean()
            again = self._distance(fake[:half], real[:half], levels, real_levels, half)
        kl = 0.5 * (mu.square() + logvar.exp() - logvar - 1).sum(dim=1).mean()
        loss = adversarial + c.guidance * named + c.variety * alike
        loss = loss + c.reconstruction * (again + 0.02 * F.relu(kl - c.nats))
        optimiser = self.optimisers["generator"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        self.ema.update(step)
        right = (logits[half:].argmax(1) == asked[half:]).float().mean()
        figures |= {
            "adversarial": float(adversarial.detach()),
            "again": float(again.detach()),
            "alike": float(alike.detach()),
        }
        return figures | {"kl": float(kl.detach()), "right": float(right)}

    def _train_judge(
        self, real: tuple[Tensor, list[Tensor], Tensor], fake: tuple[Tensor, list[Tensor], Tensor]
    ) -> dict[str, float]:
        """One update of the discriminator; each is pictures, feature maps and centred text."""
        says_real, says_fake, _ = LOSSES[self.config.loss]
        ink, levels, text = real
        right, wrong = self.network.judge(ink, levels, [text, text.roll(1, dims=0)])
        ink, levels, text = fake
        fakes = self.network.judge(ink.detach(), [x.detach() for x in levels], [text])[0]
        w = self.config.wrong
        loss = says_real(right) + (says_fake(fakes) + w * says_fake(wrong)) / (1 + w)
        optimiser = self.optimisers["judge"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return {
            "judge": float(loss.detach()),
            "real": float(right.detach().mean()),
            "fake": float(fakes.detach().mean()),
        }

    def _distance(
        self, fake: Tensor, real: Tensor, levels: list[Tensor], real_levels: list[Tensor], n: int
    ) -> Tensor:
        """How far redrawn pictures are from the drawings: in features, and in softened pixels."""
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

    @torch.no_grad()
    def samples(self, categories: list[int], each: int) -> Tensor:
        """Pictures of the averaged network, (len(categories) * each, 1, size, size) in [0, 1]."""
        generator = torch.Generator().manual_seed(self.config.seed)
        z = torch.randn(len(categories) * each, self.config.z_size, generator=generator)
        text = self.text[categories].repeat_interleave(each, dim=0)
        network = self.modules["ema"]
        parts = zip(z.to(self.device).split(512), text.split(512), strict=True)
        return torch.cat([(network.generate(a, b) + 1) / 2 for a, b in parts])

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """How often the recogniser names the samples, and their variety beside real drawings'."""
        figures: dict[str, float] = {}
        each = 8
        kept_out = [self.names.index(name) for name in self.unseen]
        for title, categories in (("trained", self.seen), ("unseen", kept_out)):
            if not categories:
                continue
            pictures = self.samples(categories, each)
            features, logits = self._read(pictures)
            truth = torch.tensor(categories).repeat_interleave(each).unsqueeze(1)
            rank = (logits > logits.gather(1, truth)).sum(dim=1)
            figures |= {
                f"{title} top-1": float((rank < 1).float().mean()),
                f"{title} top-5": float((rank < 5).float().mean()),
            }
            if title == "trained":
                mine = variety(features.unflatten(0, (-1, each)))
                real = np.stack([self.doodles.some(k, each) for k in categories])
                theirs, _ = self._read(torch.from_numpy(real).flatten(0, 1))
                theirs = variety(theirs.unflatten(0, (-1, each)))
                figures["variety beside real"] = mine / theirs
        return figures

    def _read(self, ink: Tensor) -> tuple[Tensor, Tensor]:
        """The recogniser's features (N, C) and logits (N, categories) on the CPU."""
        features = torch.cat(
            [self.levels(part.to(self.device))[-1].mean(dim=(2, 3)) for part in ink.split(512)]
        )
        return features.cpu(), self.recogniser.classify(features).cpu()

    def sheet(self, path: Path) -> None:
        """Sixteen samples of each of some words, then of some the network never saw."""
        words = [w for w in SHEET_WORDS if w in self.names and w not in self.unseen]
        words += list(self.unseen[:6])
        ink = self.samples([self.names.index(w) for w in words], 16)
        pixels = (ink[:, 0] * 255).round().byte().cpu().numpy()
        rows = list(pixels.reshape(len(words), 16, *pixels.shape[1:]))
        contact_sheet(rows, words).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        network = self.modules["ema"]
        ship(
            folder,
            network,
            model=self.model,
            config=self.config,
            log=log,
            command=f"dccgan --preset {self.preset} --data DATA",
            data={
                "categories": [self.names[k] for k in self.seen],
                "unseen": list(self.unseen),
                "split": SPLIT,
            },
            pixels={"size": network.config.size, "range": [-1, 1], "ink": 1},
            metrics=[
                {"name": k, "value": v, "split": "samples", "n": 8 * len(self.seen)}
                for k, v in self.evaluate().items()
            ],
        )


def shifted(ink: Tensor, most: int) -> Tensor:
    """Pictures (B, 1, S, S) moved by up to ``most`` pixels each way, the two of a pair alike."""
    size, device = ink.shape[-1], ink.device
    corner = torch.randint(2 * most + 1, (len(ink) // 2, 2, 1), device=device)
    places = corner.repeat_interleave(2, dim=0) + torch.arange(size, device=device)
    rows, columns = places.unbind(1)
    padded = F.pad(ink[:, 0], (most,) * 4)
    lot = torch.arange(len(ink), device=device)[:, None, None]
    return padded[lot, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def variety(features: Tensor) -> float:
    """Mean distance between two drawings of a word; features (words, each, C)."""
    each = features.shape[1]
    apart = torch.cdist(features, features)  # (words, each, each)
    return float(apart.sum(dim=(1, 2)).mean() / (each * (each - 1)))


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    from doodle.training.text_dcgan import TextDcganRecipe  # it builds upon the recipe above

    recipe = (TextDcganRecipe if config.design == "original" else DccganRecipe)(config)
    run(recipe, config, recipe.plotted)
