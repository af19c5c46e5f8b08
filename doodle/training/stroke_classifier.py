"""Recipe of the stroke classifier: recorded and traced strokes, whole and unfinished."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.rasters import balanced, first_part
from doodle.data.sketches import bucketed, load_sketches, make_batch
from doodle.device import choose, seed_for_step
from doodle.models.recogniser import Recogniser
from doodle.models.stroke_classifier import StrokeClassifier, StrokeClassifierConfig
from doodle.strokes.formats import from_stroke3, from_stroke5
from doodle.strokes.raster import quickdraw_bitmap
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.settings import RECOGNISER, Run, shared
from doodle.training.shipping import SPLIT, ship, train

POOL = 64  # batches whose drawings are drawn and sorted by length together


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/stroke_classifier",
        batch=256,
        evaluate_every=500,
        help={"data": "folder with real/ and traced/", "batch": "drawings an update"},
    )
    recogniser: str = field(
        default=RECOGNISER,
        metadata={
            "help": "checkpoint that it is joined with, its folder or file",
            "path": "checkpoint",
        },
    )
    hidden: int = field(default=320, metadata={"help": "cells of each direction of each layer"})
    learning_rate: float = field(default=2e-3, metadata={"help": "of AdamW at its peak"})
    weight_decay: float = field(default=0.02, metadata={"help": "of AdamW"})
    recorded: float = field(default=5.0, metadata={"help": "weight of a recorded drawing"})
    balance: float = field(default=0.5, metadata={"help": "a category counts size ** balance"})
    cut: float = field(default=0.35, metadata={"help": "share of drawings cut off before the end"})
    smoothing: float = field(default=0.1, metadata={"help": "label smoothing"})
    ema: float = field(default=0.995, metadata={"help": "decay of the averaged weights"})


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"minutes": 25.0},
    "gpu": {"steps": 30_000, "minutes": 10.0, "batch": 1024, "hidden": 512},
}


class StrokeClassifierRecipe:
    """AdamW, one cycle."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.placement = choose(config.run.device)
        self.device = self.placement.device
        torch.manual_seed(config.run.seed)
        self.data = load_sketches(Path(config.run.data))
        self.model_config = StrokeClassifierConfig(
            hidden=config.hidden, categories=len(self.data.names)
        )
        self.network = StrokeClassifier(self.model_config).to(self.device)
        shadow = StrokeClassifier(self.model_config).to(self.device)
        self.ema = Ema(self.network, shadow, config.ema)
        self.modules: dict[str, nn.Module] = {"network": self.network, "ema": shadow}
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adamw": self.optimiser}
        train = self.data.split == 0
        self.weights = balanced(self.data.category, train * 1.0, config.balance)
        self.weights *= np.where(self.data.recorded, config.recorded, 1.0)
        self.weights /= self.weights.sum()
        self.lengths = np.diff(self.data.offsets)
        self.valid = np.flatnonzero((self.data.split == 1) & self.data.recorded)
        if not len(self.valid):
            raise ValueError(
                f"{config.run.data} holds too few drawings to keep some for validation"
            )
        self._pool: tuple[int, list[np.ndarray]] = (-1, [])

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Rows (B, T, 5), lengths (B,), order flags (B,) and labels (B,) of one step."""
        number = step // POOL
        if self._pool[0] != number:  # the same pool again when a run is resumed
            rng = np.random.default_rng(seed_for_step(self.config.run.seed + 1, number))
            size = POOL * self.config.run.batch
            chosen = rng.choice(len(self.data), size, p=self.weights)
            self._pool = number, bucketed(self.lengths, chosen, self.config.run.batch, rng)
        rng = np.random.default_rng(seed_for_step(self.config.run.seed, step))
        return self._tensors(self._pool[1][step % POOL], rng)

    def _tensors(
        self, indices: np.ndarray, rng: np.random.Generator | None, shares: Any = 1.0
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        batch = make_batch(self.data, indices, rng)
        lengths = batch.lengths.astype(np.int64)
        rows = batch.rows
        if rng is not None:
            cut = rng.random(len(lengths)) < self.config.cut
            shares = np.where(cut, rng.uniform(0.3, 1.0, len(lengths)), 1.0)
            if rng.random() < 0.5:
                rows[:, :, 0] *= -1  # mirrored
        lengths = np.maximum(2, np.round(lengths * shares)).astype(np.int64)
        return (
            torch.from_numpy(rows[:, : lengths.max()]).to(self.device),
            torch.from_numpy(lengths).to(self.device),
            torch.from_numpy(batch.order).to(self.device),
            torch.from_numpy(batch.category).to(self.device),
        )

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        torch.manual_seed(seed_for_step(c.run.seed, step))
        rows, lengths, order, labels = self.batch(step)
        rate = c.learning_rate * min(1.0, (step + 1) / 200) * (0.5 + 0.5 * np.cos(np.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = max(float(rate), 1e-6)
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = self.network(rows, lengths, order)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=c.smoothing)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.ema.update(step)
        right = (logits.argmax(1) == labels).float().mean()
        return {"loss": float(loss.detach()), "right": float(right)}

    @torch.no_grad()
    def valid_logits(self, shares: np.ndarray | None = None) -> Tensor:
        """(N, categories) of the recorded drawings kept for validation, or their first parts."""
        network = self.ema.shadow
        shares = np.ones(len(self.valid)) if shares is None else shares
        logits = []
        for part in np.array_split(np.arange(len(self.valid)), max(1, len(self.valid) // 128)):
            rows, lengths, order, _ = self._tensors(self.valid[part], None, shares[part])
            logits.append(network(rows, lengths, order).float().cpu())
        return torch.cat(logits)

    def valid_labels(self) -> Tensor:
        return torch.from_numpy(self.data.category[self.valid].astype(np.int64))

    def evaluate(self) -> dict[str, float]:
        """Top-1 and top-3 of whole recorded drawings."""
        logits, labels = self.valid_logits(), self.valid_labels()
        rank = (logits > logits.gather(1, labels.unsqueeze(1))).sum(dim=1)
        return {
            "recorded top-1": float((rank < 1).float().mean()),
            "recorded top-3": float((rank < 3).float().mean()),
        }

    def calibrate(self) -> None:
        """Set the temperature, the weights of the pool and the least chance worth saying.

        The first two make whole held-out drawings' likelihood greatest; the threshold is the
        highest that loses at most a tenth of the right first guesses, over drawings of which 30 to
        100 % stand on the paper.
        """
        network, labels = self.ema.shadow, self.valid_labels()
        recogniser, _ = checkpoint.load_as(Recogniser, self.config.recogniser)
        drawings = [from_stroke3(self.data.drawing(i)) for i in self.valid]
        own, raster = self.valid_logits(), _raster(recogniser, drawings)
        weights = torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])
        alone, together = (_likeliest(w, own, raster, labels) for w in weights)
        network.temperature.fill_(1 / float(alone[0]))
        network.pool.copy_(together)
        shares = np.random.default_rng(self.config.run.seed).uniform(0.3, 1.0, len(drawings))
        parts = [first_part(d, s) for d, s in zip(drawings, shares, strict=True)]
        joined = network.cpu().join(self.valid_logits(shares), _raster(recogniser, parts))
        chance, guess = torch.softmax(joined, dim=1).max(dim=1)
        network.unknown_below.fill_(float(chance[guess == labels].quantile(0.1)))

    def sheet(self, path: Path) -> None:
        """What the network is fed."""
        rows, lengths, _, _ = (part.cpu().numpy() for part in self.batch(0))
        drawings = [from_stroke3(from_stroke5(r[:n])) for r, n in zip(rows, lengths, strict=True)]
        pixels = [quickdraw_bitmap(lines) for lines in drawings[:256]]
        lines = [np.stack(pixels[k : k + 16]) for k in range(0, len(pixels), 16)]
        contact_sheet(lines, [str(k) for k in range(len(lines))]).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        self.calibrate()
        ship(
            folder,
            self.ema.shadow,
            model="stroke_classifier",
            recipe="stroke_classifier",
            presets=PRESETS,
            config=self.config,
            log=log,
            data={"categories": list(self.data.names), "split": SPLIT},
            metrics=[
                {"name": f"{k}, valid", "value": v, "split": "valid", "n": len(self.valid)}
                for k, v in self.evaluate().items()
            ],
        )


@torch.no_grad()
def _raster(recogniser: Recogniser, drawings: list[list[np.ndarray]]) -> Tensor:
    """The recogniser's calibrated logits, (N, categories)."""
    pixels = torch.from_numpy(np.stack([quickdraw_bitmap(lines) for lines in drawings]))
    parts = pixels.unsqueeze(1).split(512)
    return torch.cat([recogniser(p.float() / 255)[0] for p in parts]) / recogniser.temperature


def _likeliest(start: Tensor, own: Tensor, raster: Tensor, labels: Tensor) -> Tensor:
    """The weights (2,) of two logits that make the labels likeliest; those that are 0 stay so."""
    used = (start > 0).float()
    weights = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([weights], max_iter=60)

    def closure() -> Tensor:
        optimiser.zero_grad()
        w = weights * used
        loss = F.cross_entropy(w[0] * own + w[1] * raster, labels)
        loss.backward()
        return loss

    optimiser.step(closure)
    return weights.detach() * used


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    train(StrokeClassifierRecipe(config), config, ("loss", "right"))
