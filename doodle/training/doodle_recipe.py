"""Both designs of the doodle generator: data, samples, figures, sheets and checkpoint."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.doodles import DoodleSet, load_doodles, unseen_words
from doodle.device import choose
from doodle.models.dccgan import Dccgan
from doodle.models.dcgan import TextDcgan
from doodle.models.recogniser import Recogniser
from doodle.models.words import WordTable
from doodle.training.dccgan_config import PRESETS, Config
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.shipping import SPLIT, ship

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


class DoodleRecipe(ABC):
    """A generator that is given text, measured by a frozen recogniser.

    A design adds its networks, `_build`, and its `step`.

    Attributes:
        model: the entry of doodle.models.MODELS.
        plotted: figures of the log that are drawn as curves.
        text: (categories, text_size) of the words, centred; set by `_build`.
    """

    model: str
    plotted: tuple[str, ...]
    text: Tensor
    network: Dccgan | TextDcgan
    ema: Ema[Dccgan] | Ema[TextDcgan]
    modules: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]

    def __init__(self, config: Config) -> None:
        self.config = config
        self.placement = choose(config.run.device)
        self.device = self.placement.device
        torch.manual_seed(config.run.seed)
        words, _ = checkpoint.load_as(WordTable, config.vocabulary)
        recogniser, header = checkpoint.load_as(Recogniser, config.recogniser)
        self.names: list[str] = header["data"]["categories"]
        self.recogniser = recogniser.to(self.device).to(memory_format=torch.channels_last)
        self.unseen = unseen_words(self.names, config.unseen, config.run.seed)
        self.doodles: DoodleSet = load_doodles(
            Path(config.run.data),
            self.names,
            self.size,
            without=self.unseen,
            balance=config.balance,
        )
        self.seen = np.unique(self.doodles.category).tolist()  # categories that are trained on
        vectors = torch.stack([words.lookup(name).vector for name in self.names])
        self._build(vectors.to(self.device))

    @property
    @abstractmethod
    def size(self) -> int:
        """Side of the pictures in pixels."""

    @abstractmethod
    def _build(self, vectors: Tensor) -> None:
        """Networks and optimisers; vectors (categories, text_size) of the words."""

    @abstractmethod
    def step(self, step: int, progress: float) -> dict[str, float]:
        """One update of both sides; figures to log."""

    def levels(self, ink: Tensor) -> list[Tensor]:
        """The recogniser's feature maps of pictures of any size, (B, 1, size, size) in [0, 1]."""
        if ink.shape[-1] != self.recogniser.config.side:
            ink = F.adaptive_avg_pool2d(ink, self.recogniser.config.side)
        return self.recogniser.levels(ink.contiguous(memory_format=torch.channels_last))

    @torch.no_grad()
    def samples(self, categories: list[int], each: int) -> Tensor:
        """Pictures of the averaged network, (len(categories) * each, 1, size, size) in [0, 1]."""
        generator = torch.Generator().manual_seed(self.config.run.seed)
        z = torch.randn(len(categories) * each, self.config.z_size, generator=generator)
        text = self.text[categories].repeat_interleave(each, dim=0)
        network = self.ema.shadow
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
                figures["variety beside real"] = mine / variety(theirs.unflatten(0, (-1, each)))
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
        network = self.ema.shadow
        ship(
            folder,
            network,
            model=self.model,
            config=self.config,
            log=log,
            recipe="dccgan",
            presets=PRESETS,
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


def variety(features: Tensor) -> float:
    """Mean distance between two drawings of a word; features (words, each, C)."""
    each = features.shape[1]
    apart = torch.cdist(features, features)  # (words, each, each)
    return float(apart.sum(dim=(1, 2)).mean() / (each * (each - 1)))
