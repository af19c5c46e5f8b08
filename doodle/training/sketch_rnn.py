"""Recipe of SketchRNN: losses, schedule, sample sheets, export."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.sketches import (
    CORE_CATEGORIES,
    Batch,
    bucketed,
    load_sketches,
    make_batch,
    sampling_weights,
)
from doodle.device import choose, generators, seed_for_step
from doodle.models.sketch_rnn import (
    SketchRNN,
    SketchRNNConfig,
    kl_divergence,
    kl_weight,
    reconstruction_loss,
)
from doodle.models.sketch_sampling import row_noise, sample
from doodle.models.words import WordTable
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import centred
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.settings import VOCABULARY, Run, shared
from doodle.training.shipping import SPLIT, newest, ship, train


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/sketch_rnn",
        steps=40_000,
        batch=256,
        help={"data": "folder with real/ and traced/ drawings", "batch": "drawings an update"},
    )
    vocabulary: str = field(
        default=VOCABULARY,
        metadata={
            "help": "checkpoint of the word vectors, its folder or file",
            "path": "checkpoint",
            "formerly": "words",
        },
    )
    hidden: int = field(default=768, metadata={"help": "decoder LSTM size"})
    learning_rate: float = field(default=1e-3, metadata={"help": "at its peak"})
    z_share: float = field(default=0.25, metadata={"help": "share of a batch that is given z"})
    kl: float = field(default=0.25, metadata={"help": "weight of the KL term, w_KL"})
    kl_min: float = field(
        default=0.2,
        metadata={"help": "free nats a latent dimension: KL below this is not penalised"},
    )
    recurrent_dropout: float = field(default=0.0, metadata={"help": "on hidden weights"})
    core_share: float = field(default=0.65, metadata={"help": "share of the well-drawn core words"})
    recorded: float = field(
        default=2.0, metadata={"help": "weight of a recorded drawing beside a traced one"}
    )
    varied: float = field(
        default=0.0, metadata={"help": "share begun as a visitor might: turned, cut, resized"}
    )
    start: str = field(
        default="",
        metadata={"help": "checkpoint to go on from, its folder or file", "path": "checkpoint"},
    )
    ema: float = field(default=0.999, metadata={"help": "decay of the averaged weights"})

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (self.z_share, self.core_share, self.varied)):
            raise ValueError("z_share, core_share and varied lie in [0, 1]")
        if not self.recorded > 0:
            raise ValueError("recorded, a weight, lies above 0")


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"steps": 24_000, "minutes": 106.0, "batch": 256, "hidden": 768},
    "gpu": {
        "steps": 60_000,
        "minutes": 25.0,
        "batch": 1024,
        "hidden": 1024,
        "recurrent_dropout": 0.1,
        "core_share": 0.35,
        "evaluate_every": 2000,
    },
    # from a trained network: --start checkpoints/sketch_rnn
    "cpu-on": {
        "steps": 24_000,
        "minutes": 128.0,
        "batch": 256,
        "hidden": 768,
        "core_share": 0.25,
        "learning_rate": 8e-4,
        "kl": 1.0,
        "recorded": 4.0,
        "varied": 0.5,
    },
}


class SketchRecipe:
    """SketchRNN on packed strokes; half of the rows with z read a drawing cut off at random."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.placement = choose(config.run.device)
        self.device = self.placement.device
        torch.manual_seed(config.run.seed)
        self.data = load_sketches(Path(config.run.data))
        words, _ = checkpoint.load_as(WordTable, config.vocabulary)
        self.text = torch.stack([words.lookup(name).vector for name in self.data.names])
        self.text = self.text.to(self.device)
        lengths = np.diff(self.data.offsets)
        self.lengths = lengths
        self.weights = sampling_weights(
            self.data,
            core=CORE_CATEGORIES,
            core_share=config.core_share,
            recorded=config.recorded,
        )
        model_config = SketchRNNConfig(
            hidden=config.hidden,
            recurrent_dropout=config.recurrent_dropout,
            scale_factor=offset_scale(self.data.rows, self.data.offsets),
        )
        trained: SketchRNN | None = None
        if config.start:
            trained, _ = checkpoint.load_as(SketchRNN, config.start)
            # the units of its offsets stay; dropout is a matter of this run
            model_config = replace(trained.config, recurrent_dropout=config.recurrent_dropout)
            if trained.config.hidden != config.hidden:
                raise ValueError(
                    f"{config.start} has {trained.config.hidden} hidden units; give "
                    f"--hidden {trained.config.hidden}"
                )
        self.network = SketchRNN(model_config)
        self.network.text_mean.copy_(self.text.mean(dim=0).cpu())
        if trained is not None:
            self.network.load_state_dict(trained.float().state_dict())
            self.network.requires_grad_(True)
        self.network.to(self.device)
        shadow = SketchRNN(model_config).to(self.device)
        self.ema = Ema(self.network, shadow, config.ema)
        self.modules: dict[str, nn.Module] = {"network": self.network, "ema": shadow}
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adam": self.optimiser}
        self._queue: list[np.ndarray] = []
        self._queue_round = -1
        valid = np.flatnonzero(self.data.split == 1)
        rng = np.random.default_rng(config.run.seed)
        self.valid = np.sort(rng.permutation(valid)[:2048])
        if not len(self.valid):
            raise ValueError(
                f"{config.run.data} holds too few drawings to keep some for validation"
            )

    # -- one step --------------------------------------------------------------------------------

    def indices(self, step: int) -> np.ndarray:
        """The drawings of a step: a round of 64 batches is drawn and bucketed by length."""
        round_, within = divmod(step, 64)
        if round_ != self._queue_round:
            rng = np.random.default_rng(seed_for_step(self.config.run.seed, round_))
            chosen = rng.choice(len(self.data), 64 * self.config.run.batch, p=self.weights)
            self._queue = bucketed(self.lengths, chosen, self.config.run.batch, rng)
            self._queue_round = round_
        return self._queue[within]

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        torch.manual_seed(seed)
        batch = make_batch(self.data, self.indices(step), np.random.default_rng(seed), c.varied)
        rate = c.learning_rate * min(1.0, (step + 1) / 200) * (0.02 + 0.98 * decay(progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            figures = self.losses(self.network, batch, seed)
        eta = 1.0 if c.start else kl_weight(step)  # a trained encoder needs no warming up
        loss = figures["offset"] + figures["pen"]
        loss = loss + c.kl * eta * figures["kl"].clamp(min=c.kl_min) * c.z_share
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.ema.update(step)
        return {name: float(value.detach()) for name, value in figures.items()} | {"rate": rate}

    def losses(self, network: SketchRNN, batch: Batch, seed: int) -> dict[str, Tensor]:
        """offset, pen (nats a point) and kl (nats a latent dimension) of a batch."""
        rows = torch.from_numpy(batch.rows).to(self.device)
        rows[..., :2] /= network.config.scale_factor
        lengths = torch.from_numpy(batch.lengths).to(self.device)
        count = len(rows)
        with_z = max(1, round(count * self.config.z_share))
        rng = np.random.default_rng(seed)
        # the rows with z are spread over the batch, which is sorted by length
        chosen = torch.from_numpy(rng.permutation(count)[:with_z]).to(self.device)
        read = torch.from_numpy(read_lengths(batch, rng)).to(self.device)
        mu, logvar = network.encode(rows[chosen], read[chosen])
        mu, logvar = mu.float(), logvar.float()
        z = torch.zeros(count, network.config.z_size, device=self.device)
        z = z.index_copy(0, chosen, mu + torch.randn_like(mu) * torch.exp(0.5 * logvar))
        has_z = torch.zeros(count, device=self.device).index_fill(0, chosen, 1.0)
        start = rows.new_tensor([0, 0, 1, 0, 0]).expand(count, 1, 5)
        inputs = torch.cat([start, rows[:, :-1]], dim=1)
        text = self.text[torch.from_numpy(batch.category).to(self.device)]
        order = torch.from_numpy(batch.order).to(self.device)
        mix = network(inputs, text, z, has_z, order)
        offset, pen = reconstruction_loss(mix, rows, lengths)
        return {"offset": offset, "pen": pen, "kl": kl_divergence(mu, logvar)}

    # -- held-out figures ------------------------------------------------------------------------

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        network = self.ema.shadow
        totals: dict[str, float] = {}
        by_length = self.valid[np.argsort(self.lengths[self.valid])]
        parts = np.array_split(by_length, min(8, len(by_length)))
        for k, part in enumerate(parts):
            batch = make_batch(self.data, part, None)
            for name, value in self.losses(network, batch, k).items():
                totals[name] = totals.get(name, 0.0) + float(value) / len(parts)
        return totals

    def sheet(self, path: Path) -> None:
        words = [w for w in SHEET_WORDS if w in self.data.names]
        rows = []
        for k, word in enumerate(words):
            text = self.text[self.data.names.index(word)]
            drawings = sample_drawings(self.ema.shadow, text, 12, tau=0.3, seed=k)
            rows.append([centred(d, 72, field=256, padding=8, line_width=5) for d in drawings])
        contact_sheet(rows, words).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        ship(
            folder,
            self.ema.shadow,
            model="sketch_rnn",
            recipe="sketch_rnn",
            presets=PRESETS,
            config=self.config,
            log=log,
            start=self.config.start,
            data={
                "categories": list(self.data.names),
                "core": list(CORE_CATEGORIES),
                "points": [4, 96],
                "drawings": int((self.data.split == 0).sum()),
                "split": SPLIT,
            },
            metrics=[
                {"name": f"held-out {k} (nats)", "value": v, "n": len(self.valid), "split": "valid"}
                for k, v in newest(log, "valid", {}).items()
            ],
        )


SHEET_WORDS = ("cat", "bicycle", "clock", "hand", "spider", "sun", "rabbit", "apple", "eyeglasses",
               "castle", "fish", "umbrella", "dog", "house", "tree", "face")  # fmt: skip


def decay(progress: float) -> float:
    """Learning rate: flat for the first fifth, then half a cosine to zero."""
    return 0.5 * (1 + float(np.cos(np.pi * max(0.0, (progress - 0.2) / 0.8))))


def offset_scale(rows: np.ndarray, offsets: np.ndarray) -> float:
    """Standard deviation of the offsets, first points left out: Magenta's scale factor."""
    keep = np.ones(len(rows), bool)
    keep[offsets[:-1]] = False
    return round(float(rows[keep, :2].astype(np.float64).std()), 3)


def read_lengths(batch: Batch, rng: np.random.Generator) -> np.ndarray:
    """How many rows the encoder reads: all, or for half of the drawings a random prefix.

    A prefix whose z must stand for the whole teaches z what a half-drawn sketch will become.
    """
    share = np.where(
        rng.random(len(batch.lengths)) < 0.5, 1.0, rng.uniform(0.3, 1.0, len(batch.lengths))
    )
    return np.maximum(1, (batch.lengths * share).astype(np.int64))


@torch.no_grad()
def sample_drawings(
    network: SketchRNN, text: Tensor, count: int, *, tau: float, seed: int, order: float = 0.0
) -> list[list[np.ndarray]]:
    """Draw a word from nothing, without z: ``count`` drawings as polylines in the 256 space."""
    device = text.device
    zeros = torch.zeros(count, device=device)
    static = network.static(text.expand(count, -1), None, zeros, zeros + order)
    noise = torch.stack([row_noise(g, 160) for g in generators(seed, count)]).to(device)
    steps = list(sample(network, static, noise, tau))
    rows = torch.stack([row for row, _ in steps], 1).cpu().numpy()
    ended = torch.stack([end for _, end in steps], 1).cpu().numpy()
    drawings = []
    for k in range(count):
        drawn = rows[k][~ended[k]]
        stroke3 = np.column_stack([drawn[:, :2] * network.config.scale_factor, drawn[:, 3]])
        drawings.append(from_stroke3(stroke3))
    return drawings


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    train(SketchRecipe(config), config, ("offset", "pen", "kl"))
