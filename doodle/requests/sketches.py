"""What can be asked of SketchRNN."""

from __future__ import annotations

from dataclasses import dataclass, field

from doodle.requests.checks import (
    MOST_SEED,
    keep,
    number,
    some,
    tidy_word,
    whole,
)
from doodle.strokes.drawing import Drawing

MOST_ENDINGS, MOST_STEPS = 256, 64
MAX_TEMPERATURE = 2.0
_LEAST = 1e-6  # a temperature of nothing has no drawings


@dataclass(frozen=True, eq=False)
class Draw:
    """Whole drawings of a word.

    Attributes:
        word: what is drawn, 1 to 60 characters after trimming; AUTO is what `drawing` is taken
            for, or, where that cannot be said, a word that the seed picks.
        n: drawings, 1 to 256.
        temperature: above 0 (careful) to 2 (daring).
        seed: 0 to 2^63 - 1; the same seed gives the same drawings.
        rank: keep the best of more candidates; else they come as they were drawn.
        drawing: what AUTO is read from; may be empty.
        doodles: where they are ranked, also doodles of the generator, with which any text can be
            drawn; for endings those that contain the drawing: better ones for twice the time.

    Raises:
        ValueError: one of them is missing, of the wrong kind or out of range; says which.
    """

    word: str
    n: int = 9
    temperature: float = 0.3
    seed: int = 0
    rank: bool = True
    drawing: Drawing = field(default_factory=Drawing)
    doodles: bool = True

    def __post_init__(self) -> None:
        keep(
            self,
            word=tidy_word(self.word),
            n=whole(self.n, 1, MOST_ENDINGS, "How many"),
            temperature=number(self.temperature, _LEAST, MAX_TEMPERATURE, "The temperature"),
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
            rank=bool(self.rank),
            doodles=bool(self.doodles),
        )

    def sampling(self) -> dict[str, float | int | bool]:
        """How the pipeline samples, as its keyword arguments."""
        return {
            "n": self.n,
            "temperature": self.temperature,
            "seed": self.seed,
            "rank": self.rank,
        }


@dataclass(frozen=True, eq=False)
class Complete(Draw):
    """Endings of a drawing, inked while they are drawn; fields as `Draw`.

    Attributes:
        word: as `Draw`; AUTO is the first guess, however faint.
        drawing: what is there already, not empty.
        selective: keep only endings that do the drawing good; there may be fewer than n, or none.
        improve: of selective ones, go on after the answer while nobody else needs the time, and
            answer again where better endings were found.

    Raises:
        ValueError: as `Draw`; BadDrawing: the drawing is empty.
    """

    selective: bool = False
    improve: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(self, selective=bool(self.selective), improve=bool(self.improve))
        some(self.drawing)


@dataclass(frozen=True, eq=False)
class Again(Complete):
    """The drawing drawn anew from what the encoder understood of it; as `Complete`."""


@dataclass(frozen=True, eq=False)
class Morph:
    """Drawings on the way from one to another.

    Attributes:
        first, second: the ends, not empty.
        words: what the two are.
        steps: drawings, both ends included, 2 to 64.
        temperature, seed: as `Draw`.

    Raises:
        ValueError, BadDrawing: as `Complete`.
    """

    first: Drawing
    second: Drawing
    words: tuple[str, str]
    steps: int = 8
    temperature: float = 0.15
    seed: int = 0

    def __post_init__(self) -> None:
        keep(
            self,
            first=some(self.first),
            second=some(self.second),
            words=tuple(tidy_word(word) for word in self.words),
            steps=whole(self.steps, 2, MOST_STEPS, "The number of steps"),
            temperature=number(self.temperature, _LEAST, MAX_TEMPERATURE, "The temperature"),
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
        )
