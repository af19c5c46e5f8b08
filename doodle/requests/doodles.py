"""What can be asked of the generator of doodles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from doodle.requests.checks import MOST_SEED, keep, number, tidy_text, whole

MOST_DOODLES = 64
MAX_TRUNCATION = 1.5
_LEAST = 1e-6  # a truncation of nothing has one doodle only


@dataclass(frozen=True, eq=False)
class Imagine:
    """Doodles of a text.  What the text may be, the text encoder knows.

    Attributes:
        text: what is drawn; white space is tidied.
        n: doodles, 1 to 64.
        seed: 0 to 2^63 - 1; the same seed gives the same doodles.
        truncation: how far a doodle may stray, above 0 (usual) to 1.5 (odd).
        rank: keep the best of more candidates; else they come as they were drawn.
        trace: also as strokes.
        sketches: of ranked ones, also drawings of SketchRNN, where the text is a word that it
            learned.

    Raises:
        ValueError: one of them is missing, of the wrong kind or out of range; says which.
    """

    text: str
    n: int = 16
    seed: int = 0
    truncation: float = 1.0
    rank: bool = True
    trace: bool = True
    sketches: bool = False

    def __post_init__(self) -> None:
        keep(
            self,
            text=tidy_text(self.text),
            n=whole(self.n, 1, MOST_DOODLES, "How many"),
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
            truncation=number(self.truncation, _LEAST, MAX_TRUNCATION, "The truncation"),
        )


@dataclass(frozen=True, eq=False)
class Mix(Imagine):
    """Doodles of what lies between two texts; fields as `Imagine`.

    Attributes:
        second: the other text.
        share: of the second, 0 to 1.
    """

    second: str = ""
    share: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        share = number(self.share, 0, 1, "The share of the second word")
        keep(self, second=tidy_text(self.second), share=share)


@dataclass(frozen=True, eq=False)
class Like(Imagine):
    """Doodles near one of the text; fields as `Imagine`, the seed being that doodle's.

    Attributes:
        candidate: which one of the seed; with it, it decides what is new.
        noise: (z_size,) float32 that the doodle came from.
    """

    candidate: int = 0
    noise: np.ndarray | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(self, candidate=whole(self.candidate, 0, 2**31 - 1, "The candidate"))
        noise = self.noise
        if not isinstance(noise, np.ndarray) or noise.ndim != 1 or not np.isfinite(noise).all():
            raise ValueError("The noise of a doodle is one row of numbers.")


@dataclass(frozen=True, eq=False)
class Walk:
    """The way from one text to another, for one and the same doodle.

    Attributes:
        text, second: the two ends.
        steps: doodles, both ends included, 2 to 64.
        seed, truncation: as `Imagine`.
        candidate: which one of the seed; one that suits both texts when None.

    Raises:
        ValueError: as `Imagine`.
    """

    text: str
    second: str
    steps: int = 12
    seed: int = 0
    truncation: float = 1.0
    candidate: int | None = None

    def __post_init__(self) -> None:
        keep(
            self,
            text=tidy_text(self.text),
            second=tidy_text(self.second),
            steps=whole(self.steps, 2, MOST_DOODLES, "The number of steps"),
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
            truncation=number(self.truncation, _LEAST, MAX_TRUNCATION, "The truncation"),
        )
        if self.candidate is not None:
            keep(self, candidate=whole(self.candidate, 0, 2**31 - 1, "The candidate"))
