"""Settings and presets of the doodle generator's recipe, for both of its designs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from doodle.training.settings import RECOGNISER, VOCABULARY, Run, shared


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/dccgan",
        steps=200_000,
        evaluate_every=500,
        help={
            "data": "folder with bitmaps/, real/ and traced/",
            "seed": "of weights, batches and noise",
            "batch": "real drawings an update, fakes as well",
        },
    )
    vocabulary: str = field(
        default=VOCABULARY,
        metadata={
            "help": "checkpoint of the word vectors, its folder or file",
            "path": "checkpoint",
            "formerly": "words",
        },
    )
    recogniser: str = field(
        default=RECOGNISER,
        metadata={
            "help": "checkpoint whose features the discriminator reads, its folder or file",
            "path": "checkpoint",
        },
    )
    design: Literal["modulated", "original"] = field(
        default="modulated",
        metadata={"help": "original: a plain DCGAN given the text, as earlier work had it"},
    )
    widths: tuple[int, ...] = field(default=(192, 96, 48), metadata={"help": "channels, 7 px up"})
    z_size: int = field(default=64, metadata={"help": "size of the noise"})
    loss: Literal["hinge", "bce", "wgan"] = field(
        default="hinge", metadata={"help": "adversarial loss"}
    )
    learning_rate: float = field(default=5e-4, metadata={"help": "of the generator's Adam"})
    discriminator_rate: float = field(
        default=4e-4, metadata={"help": "of the discriminator's Adam", "formerly": "judge_rate"}
    )
    reconstruction: float = field(
        default=2.0, metadata={"help": "weight of the reconstruction loss"}
    )
    free_nats: float = field(
        default=32.0,
        metadata={"help": "KL of the encoder that is not penalised", "formerly": "nats"},
    )
    variety: float = field(
        default=1.0, metadata={"help": "weight of the loss on samples too alike"}
    )
    guidance: float = field(
        default=0.1, metadata={"help": "weight of the recogniser's cross entropy"}
    )
    wrong: float = field(default=0.5, metadata={"help": "weight of drawings beside wrong words"})
    text_noise: float = field(default=0.45, metadata={"help": "added to text, beside its length"})
    shift: int = field(
        default=0,
        metadata={
            "help": "pixels that half of the pictures are moved by before they are discriminated"
        },
    )
    balance: float = field(default=0.5, metadata={"help": "a category counts size ** balance"})
    unseen: int = field(default=32, metadata={"help": "categories kept out of training"})
    ema: float = field(default=0.999, metadata={"help": "decay of the averaged weights"})

    def __post_init__(self) -> None:
        if self.run.batch % 4:
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
        "discriminator_rate": 2e-4,
        "wrong": 1.0,
        "reconstruction": 0.0,
        "variety": 0.0,
        "guidance": 0.0,
        "text_noise": 0.0,
    },
}
