"""What can be asked of the recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doodle.requests.checks import keep, some, whole
from doodle.strokes.drawing import Drawing

MAX_GUESSES = 345  # the categories there are
_LISTED = "Name the words to choose among: one at least."


@dataclass(frozen=True, eq=False)
class Recognise:
    """Name drawings.

    Attributes:
        drawings: any number; an empty one is answered with no guess.
        top: guesses a drawing, 1 to 345.
        words: choose among these only, 1 to 345; None: among all categories.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    drawings: tuple[Drawing, ...]
    top: int = 5
    words: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not all(isinstance(drawing, Drawing) for drawing in self.drawings):
            raise ValueError("The drawings must be a list of Drawings.")
        keep(
            self,
            drawings=tuple(self.drawings),
            top=whole(self.top, 1, MAX_GUESSES, "How many guesses"),
            words=None if self.words is None else _words(self.words),
        )


@dataclass(frozen=True, eq=False)
class Explain:
    """How much each stroke of a drawing speaks for a word.

    Attributes:
        drawing: not empty.
        word: a category; the first guess when None.

    Raises:
        ValueError: the word is no text; BadDrawing: the drawing is empty.
    """

    drawing: Drawing
    word: str | None = None

    def __post_init__(self) -> None:
        some(self.drawing)
        if self.word is not None and not isinstance(self.word, str):
            raise ValueError("The word to explain must be a text, such as cat.")


def _words(words: Sequence[str]) -> tuple[str, ...]:
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise ValueError("The words to choose among are a list of texts.")
    if not words:
        raise ValueError(_LISTED)
    if len(words) > MAX_GUESSES:
        raise ValueError(f"At most {MAX_GUESSES} words can be chosen among.")
    return tuple(words)
