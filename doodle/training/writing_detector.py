"""Recipe of the detector of written words: words written by us against Quick, Draw! bitmaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.data.quickdraw import categories
from doodle.data.rasters import balanced, load_bitmaps
from doodle.data.written_words import written_words
from doodle.device import choose, seed_for_step
from doodle.models.writing_detector import WritingDetector, WritingDetectorConfig
from doodle.training.plots import contact_sheet
from doodle.training.settings import Run, shared
from doodle.training.shipping import SPLIT, ship, train

HELD_OUT_WORDS = 1000
ALARMS = (0.5, 0.9)  # chances at which the held-out figures are taken


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/writing_detector",
        steps=1000,
        help={
            "data": "folder with bitmaps/",
            "batch": "pictures an update, half of them words",
            "seed": "of weights, words and batches",
        },
    )
    word_count: int = field(
        default=6000, metadata={"help": "different written words", "formerly": "words"}
    )
    doubt: float = field(
        default=0.04, metadata={"help": "share of a batch's drawings, the most word-like, left out"}
    )
    learning_rate: float = field(default=2e-3, metadata={"help": "of AdamW at its peak"})


class WritingDetectorRecipe:
    """AdamW, cosine, logistic loss.

    Some of the drawings are the written words that we look for, and nobody marked them. The few of
    each batch that look most like words are therefore left out of the loss (``doubt``): the loss
    trimmed as in least trimmed squares (Rousseeuw 1984), so the network is not taught that they
    are drawings.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.placement = choose(config.run.device)
        self.device = self.placement.device
        torch.manual_seed(config.run.seed)
        bitmaps = load_bitmaps(Path(config.run.data), categories())
        train, valid = bitmaps.split == 0, bitmaps.split == 1
        self.drawings = bitmaps.pixels[train].reshape(-1, 28, 28)
        self.held_out = bitmaps.pixels[valid].reshape(-1, 28, 28)
        if not len(self.drawings) or not len(self.held_out):
            raise ValueError(f"{config.run.data} holds too few bitmaps to keep some for validation")
        side = bitmaps.category[train]
        self.cdf = np.cumsum(balanced(side, np.ones(len(side)), 0.5))
        rng = np.random.default_rng(config.run.seed)
        self.words = written_words(categories(), config.word_count, rng)
        self.held_out_words = written_words(categories(), HELD_OUT_WORDS, rng)
        self.network = WritingDetector(WritingDetectorConfig()).to(self.device)
        self.modules: dict[str, nn.Module] = {"network": self.network}
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=0.02
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adamw": self.optimiser}

    def batch(self, seed: int) -> tuple[Tensor, Tensor]:
        """Pictures (B, 1, 28, 28) in [0, 1], the first half written words, and 1 for each word."""
        rng = np.random.default_rng(seed)
        half = self.config.run.batch // 2
        chosen = np.searchsorted(self.cdf, rng.random(self.config.run.batch - half))
        chosen = np.minimum(chosen, len(self.cdf) - 1)  # the sum may round below 1
        words = self.words[rng.integers(len(self.words), size=half)]
        pixels = np.concatenate([words, self.drawings[chosen]])
        shift = rng.integers(-2, 3, (len(pixels), 2))
        pixels = np.stack([np.roll(p, s, (0, 1)) for p, s in zip(pixels, shift, strict=True)])
        ink = torch.from_numpy(pixels).to(self.device).float().unsqueeze(1) / 255
        return ink, (torch.arange(len(ink), device=self.device) < half).float()

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        ink, labels = self.batch(seed_for_step(c.run.seed, step))
        rate = c.learning_rate * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = max(float(rate), 1e-6)
        self.network.train()
        logits = self.network(ink)
        losses = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        words = int(labels.sum())
        drawings = losses[words:].sort().values
        counted = max(1, round(len(drawings) * (1 - c.doubt)))
        loss = (losses[:words].mean() + drawings[:counted].mean()) / 2
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        found = (logits[:words] > 0).float().mean()
        return {"loss": float(loss.detach()), "found": float(found)}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Share of held-out written words found, and of held-out drawings called words."""
        words, drawings = self._chances(self.held_out_words), self._chances(self.held_out)
        figures = {}
        for alarm in ALARMS:
            figures[f"written words found at {alarm}"] = float((words > alarm).float().mean())
            figures[f"bitmaps called words at {alarm}"] = float((drawings > alarm).float().mean())
        return figures

    def _chances(self, pixels: np.ndarray) -> Tensor:
        self.network.eval()
        parts = torch.from_numpy(pixels).unsqueeze(1).split(512)
        chances = [self.network.probabilities(p.to(self.device).float() / 255) for p in parts]
        return torch.cat(chances).cpu()

    def sheet(self, path: Path) -> None:
        """The held-out bitmaps most like words, and the written words least like words."""
        rows, labels = [], []
        for pixels, label, down in (
            (self.held_out, "bitmaps", True),
            (self.held_out_words, "words", False),
        ):
            order = self._chances(pixels).argsort(descending=down).numpy()[:128]
            rows += [pixels[order[k : k + 16]] for k in range(0, len(order), 16)]
            labels += [label] * -(-len(order) // 16)
        contact_sheet(rows, labels).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        ship(
            folder,
            self.network.eval(),
            model="writing_detector",
            recipe="writing_detector",
            presets={},
            config=self.config,
            log=log,
            data={"categories": list(categories()), "split": SPLIT},
            pixels={"size": 28, "range": [0, 1], "ink": 1},
            metrics=[
                {
                    "name": f"{k}, valid",
                    "value": round(v, 4),
                    "split": "valid",
                    "n": len(self.held_out_words if "found" in k else self.held_out),
                }
                for k, v in self.evaluate().items()
            ],
        )


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    train(WritingDetectorRecipe(config), config, ("loss", "found"))
