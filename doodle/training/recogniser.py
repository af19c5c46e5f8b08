"""Recipe of the recogniser: bitmaps, recorded strokes and unfinished drawings, one network."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.rasters import balanced, first_part, load_bitmaps, render_training
from doodle.data.sketches import load_sketches
from doodle.device import choose, seed_for_step
from doodle.models.recogniser import Recogniser, RecogniserConfig
from doodle.models.words import WordTable
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.settings import VOCABULARY, Run, shared
from doodle.training.shipping import SPLIT, newest, ship, train


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/recogniser",
        batch=256,
        help={"data": "folder with bitmaps/, real/ and traced/", "batch": "pictures an update"},
    )
    vocabulary: str = field(
        default=VOCABULARY,
        metadata={
            "help": "checkpoint of the word vectors, its folder or file",
            "path": "checkpoint",
            "formerly": "words",
        },
    )
    widths: tuple[int, ...] = field(default=(32, 64, 128, 256), metadata={"help": "channels"})
    learning_rate: float = field(default=2e-3, metadata={"help": "of AdamW at its peak"})
    weight_decay: float = field(default=0.02, metadata={"help": "of AdamW"})
    recorded: float = field(default=3.0, metadata={"help": "weight of a recorded drawing"})
    traced: float = field(default=0.35, metadata={"help": "weight of a traced one, cut off"})
    line_widths: tuple[float, ...] = field(
        default=(11.0, 21.0),
        metadata={"help": "thinnest and thickest line of rendered strokes, in units of 256"},
    )
    balance: float = field(default=0.4, metadata={"help": "a category counts size ** balance"})
    text_weight: float = field(default=0.3, metadata={"help": "weight of the text-space loss"})
    smoothing: float = field(default=0.1, metadata={"help": "label smoothing"})
    ema: float = field(default=0.998, metadata={"help": "decay of the averaged weights"})


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"steps": 24_000, "minutes": 84.0},
    "gpu": {"steps": 30_000, "minutes": 10.0, "batch": 1024, "widths": (64, 128, 256, 512)},
}


class RecogniserRecipe:
    """AdamW, one cycle, both heads at once."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.placement = choose(config.run.device)
        self.device = self.placement.device
        torch.manual_seed(config.run.seed)
        self.sketches = load_sketches(Path(config.run.data))
        names = self.sketches.names
        self.bitmaps = load_bitmaps(Path(config.run.data), names)
        words, _ = checkpoint.load_as(WordTable, config.vocabulary)
        model_config = RecogniserConfig(widths=config.widths, categories=len(names))
        self.network = Recogniser(model_config).to(memory_format=torch.channels_last)
        self.network.set_text(torch.stack([words.lookup(name).vector for name in names]))
        self.network.to(self.device)
        shadow = Recogniser(model_config).to(self.device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.network, shadow, config.ema)
        self.modules: dict[str, nn.Module] = {"network": self.network, "ema": shadow}
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adamw": self.optimiser}
        # one pool: bitmaps (weight 1), then drawings rendered from strokes
        worth = np.where(self.sketches.recorded, config.recorded, config.traced)
        worth = np.concatenate([self.bitmaps.split == 0, worth * (self.sketches.split == 0)])
        category = np.concatenate([self.bitmaps.category, self.sketches.category])
        self.cdf = np.cumsum(balanced(category, worth, config.balance))
        rng = np.random.default_rng(config.run.seed)
        recorded = np.flatnonzero((self.sketches.split == 1) & self.sketches.recorded)
        self.valid_sketches = np.sort(recorded)
        bitmaps = np.flatnonzero(self.bitmaps.split == 1)
        self.valid_bitmaps = np.sort(rng.permutation(bitmaps)[:3000])
        if not len(self.valid_bitmaps) or not len(self.valid_sketches):
            raise ValueError(
                f"{config.run.data} holds too few drawings to keep some for validation"
            )

    def batch(self, seed: int) -> tuple[Tensor, Tensor]:
        """Pictures (B, 1, 28, 28) in [0, 1] and labels (B,)."""
        rng = np.random.default_rng(seed)
        chosen = np.searchsorted(self.cdf, rng.random(self.config.run.batch))
        chosen = np.minimum(chosen, len(self.cdf) - 1)  # the sum may round below 1
        bitmaps = len(self.bitmaps.category)
        flat, drawn = chosen[chosen < bitmaps], chosen[chosen >= bitmaps] - bitmaps
        pixels = [self.bitmaps.pixels[flat].reshape(-1, 28, 28)]
        lines = self.config.line_widths
        pixels += [render_training(self.sketches, i, rng, lines)[None] for i in drawn]
        labels = np.concatenate([self.bitmaps.category[flat], self.sketches.category[drawn]])
        ink = torch.from_numpy(np.concatenate(pixels)).to(self.device).float().div_(255)
        return ink.unsqueeze(1), torch.from_numpy(labels.astype(np.int64)).to(self.device)

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        ink, labels = self.batch(seed)
        ink = warp(ink).contiguous(memory_format=torch.channels_last)
        rate = c.learning_rate * min(1.0, (step + 1) / 500) * (0.5 + 0.5 * np.cos(np.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = max(float(rate), 1e-6)
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            logits, embedding = self.network(ink)
        logits = logits.float()
        loss = F.cross_entropy(logits, labels, label_smoothing=c.smoothing)
        text = F.cross_entropy(
            self.network.text_logits(embedding), labels, label_smoothing=c.smoothing
        )
        self.optimiser.zero_grad(set_to_none=True)
        (loss + c.text_weight * text).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.ema.update(step)
        right = (logits.argmax(1) == labels).float().mean()
        return {"loss": float(loss.detach()), "text": float(text.detach()), "right": float(right)}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Top-1 and top-3 of whole drawings."""
        pixels = self.bitmaps.pixels[self.valid_bitmaps].reshape(-1, 28, 28)
        figures = self._accuracy(pixels, self.bitmaps.category[self.valid_bitmaps], "bitmaps")
        drawings = [from_stroke3(self.sketches.drawing(i)) for i in self.valid_sketches]
        rendered = np.stack([quickdraw_bitmap(lines) for lines in drawings])
        labels = self.sketches.category[self.valid_sketches]
        return figures | self._accuracy(rendered, labels, "recorded")

    def _accuracy(self, pixels: np.ndarray, labels: np.ndarray, name: str) -> dict[str, float]:
        chance = self._logits(pixels)
        truth = torch.from_numpy(labels.astype(np.int64)).unsqueeze(1)
        rank = (chance > chance.gather(1, truth)).sum(dim=1)
        return {
            f"{name} top-1": float((rank < 1).float().mean()),
            f"{name} top-3": float((rank < 3).float().mean()),
        }

    def sheet(self, path: Path) -> None:
        """What the network is fed."""
        ink, labels = self.batch(0)
        pixels = (warp(ink)[:, 0] * 255).byte().cpu().numpy()
        rows = [pixels[k : k + 16] for k in range(0, min(len(pixels), 256), 16)]
        contact_sheet(rows, [str(k) for k in range(len(rows))]).save(path)

    @torch.no_grad()
    def calibrate(self) -> None:
        """Set the temperature and the least chance worth saying, on the valid split.

        The temperature makes whole recorded drawings' likelihood greatest (Guo et al. 2017,
        arXiv 1706.04599).  The threshold is the highest that loses at most a tenth of the right
        first guesses, over drawings of which 30 to 100 % stand on the paper.
        """
        network = self.ema.shadow
        drawings = [from_stroke3(self.sketches.drawing(i)) for i in self.valid_sketches]
        labels = torch.from_numpy(self.sketches.category[self.valid_sketches].astype(np.int64))
        logits = self._logits(np.stack([quickdraw_bitmap(lines) for lines in drawings]))
        temperatures = torch.linspace(0.3, 2.5, 111)
        losses = torch.stack([F.cross_entropy(logits / t, labels) for t in temperatures])
        network.temperature.fill_(float(temperatures[losses.argmin()]))
        rng = np.random.default_rng(self.config.run.seed)
        parts = [first_part(lines, rng.uniform(0.3, 1.0)) for lines in drawings]
        logits = self._logits(np.stack([quickdraw_bitmap(lines) for lines in parts]))
        chance, guess = torch.softmax(logits / network.temperature.cpu(), dim=1).max(dim=1)
        network.unknown_below.fill_(float(chance[guess == labels].quantile(0.1)))

    def _logits(self, pixels: np.ndarray) -> Tensor:
        """(N, 28, 28) uint8 to (N, categories) on the CPU, uncalibrated."""
        network = self.ema.shadow
        parts = torch.from_numpy(pixels).unsqueeze(1).split(512)
        return torch.cat([network(p.to(self.device).float() / 255)[0].float().cpu() for p in parts])

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        self.calibrate()
        counts = {"bitmaps": len(self.valid_bitmaps), "recorded": len(self.valid_sketches)}
        ship(
            folder,
            self.ema.shadow,
            model="recogniser",
            recipe="recogniser",
            presets=PRESETS,
            config=self.config,
            log=log,
            data={"categories": list(self.sketches.names), "split": SPLIT},
            pixels={"size": 28, "range": [0, 1], "ink": 1},
            metrics=[
                {"name": f"{k}, valid", "value": v, "split": "valid", "n": counts[k.split()[0]]}
                for k, v in newest(log, "valid", {}).items()
            ],
        )


def warp(ink: Tensor) -> Tensor:
    """Random mirror, turn (12 degrees), size (15 %), shear and shift; (B, 1, H, W) to the same."""
    count, device = len(ink), ink.device
    angle = (torch.rand(count, device=device) - 0.5) * 0.42
    size = 1 + (torch.rand(count, 2, device=device) - 0.5) * 0.3
    mirror = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    shear = (torch.rand(count, device=device) - 0.5) * 0.3
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0] = cos * size[:, 0] * mirror
    theta[:, 0, 1] = -sin * size[:, 1] + shear
    theta[:, 1, 0] = sin * size[:, 0] * mirror
    theta[:, 1, 1] = cos * size[:, 1]
    theta[:, :, 2] = (torch.rand(count, 2, device=device) - 0.5) * 0.25
    grid = F.affine_grid(theta, list(ink.shape), align_corners=False)
    return F.grid_sample(ink, grid, align_corners=False)


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    train(RecogniserRecipe(config), config, ("loss", "text", "right"))
