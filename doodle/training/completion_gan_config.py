"""Settings and presets of the recipe of endings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from doodle.training.settings import RECOGNISER, VOCABULARY, Run, shared


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/completion_gan",
        steps=200_000,
        batch=64,
        evaluate_every=1000,
        help={
            "data": "folder with real/ and traced/",
            "seed": "of weights, batches, noise and how drawings are divided",
            "batch": "begun drawings an update",
        },
    )
    start: str = field(
        default="checkpoints/dccgan",
        metadata={
            "help": "doodle generator or earlier network of endings to begin with; empty: none",
            "path": "checkpoint",
        },
    )
    vocabulary: str = field(
        default=VOCABULARY,
        metadata={"help": "checkpoint of the word vectors", "path": "checkpoint"},
    )
    recogniser: str = field(
        default=RECOGNISER,
        metadata={
            "help": "checkpoint whose features the discriminator reads",
            "path": "checkpoint",
        },
    )
    widths: tuple[int, ...] = field(default=(192, 96, 48), metadata={"help": "channels, 7 px up"})
    begun_widths: tuple[int, ...] = field(
        default=(32, 64, 96), metadata={"help": "channels the begun drawing is read with"}
    )
    z_size: int = field(default=64, metadata={"help": "size of the noise"})
    examples: int = field(default=150_000, metadata={"help": "divided drawings kept in memory"})
    unseen: int = field(default=32, metadata={"help": "categories kept out of training"})
    balance: float = field(default=0.5, metadata={"help": "a category counts size ** balance"})
    learning_rate: float = field(default=4e-4, metadata={"help": "of the generator's Adam"})
    discriminator_rate: float = field(default=4e-4, metadata={"help": "of the discriminator's"})
    reconstruction: float = field(default=2.0, metadata={"help": "weight of what was added"})
    free_nats: float = field(default=24.0, metadata={"help": "KL that is not penalised"})
    overlap: float = field(default=1.0, metadata={"help": "weight of ink added on ink"})
    variety: float = field(default=0.5, metadata={"help": "weight of endings too alike"})
    guidance: float = field(default=0.1, metadata={"help": "weight of the recogniser's opinion"})
    wrong: float = field(default=0.5, metadata={"help": "weight of endings beside wrong words"})
    text_noise: float = field(default=0.3, metadata={"help": "added to text, beside its length"})
    ema: float = field(default=0.999, metadata={"help": "decay of the averaged weights"})

    def __post_init__(self) -> None:
        if self.run.batch % 4:
            raise ValueError("batch is a multiple of 4: half of it is pairs of one begun drawing")


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"minutes": 60.0},
    "gpu": {"minutes": 25.0, "batch": 256, "learning_rate": 6e-4},
}
