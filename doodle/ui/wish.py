"""What a visitor asks for, checked: the word, how many, how daring, which seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

MAX_WORD = 60  # characters
AUTO = "auto"  # the word that stands for what the drawing is taken for
MAX_ENDINGS = 16
MAX_STEPS = 24
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 1.5
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Wish:
    """One request to a sampler.

    Attributes:
        word: what is drawn, 1 to MAX_WORD characters after trimming; AUTO leaves it to a guess.
        n: endings asked for, 1 to MAX_ENDINGS.
        temperature: MIN_TEMPERATURE (careful) to MAX_TEMPERATURE (daring).
        seed: 0 to MAX_SEED; the same seed gives the same drawings.

    Raises:
        ValueError: one of them is missing, of the wrong kind or out of range; says which.
    """

    word: str
    n: int = 9
    temperature: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "word", tidy_word(self.word))
        object.__setattr__(self, "n", whole(self.n, 1, MAX_ENDINGS, "How many"))
        temperature = number(self.temperature, MIN_TEMPERATURE, MAX_TEMPERATURE, "The temperature")
        object.__setattr__(self, "temperature", temperature)
        object.__setattr__(self, "seed", whole(self.seed, 0, MAX_SEED, "The seed"))


def tidy_word(word: Any) -> str:
    """Trim a word and join its parts by single spaces.

    Raises:
        ValueError: it is no text, empty or too long.
    """
    if not isinstance(word, str) or not word.strip():
        raise ValueError("Say what it is: type a word, such as cat.")
    word = " ".join(word.split())
    if len(word) > MAX_WORD:
        raise ValueError(f"That is {len(word)} characters; a word or two of at most {MAX_WORD} do.")
    return word


def number(value: Any, least: float, most: float, what: str) -> float:
    """A finite number within bounds; `what` begins the sentence of the error.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{what} must be a number from {least:g} to {most:g}.")
    if not least <= value <= most:
        raise ValueError(f"{what} must be from {least:g} to {most:g}, not {value:g}.")
    return float(value)


def whole(value: Any, least: int, most: int, what: str) -> int:
    """A whole number within bounds, as `number`.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, float) or value.is_integer():
        return int(number(value, least, most, what))
    raise ValueError(f"{what} must be a whole number from {least} to {most}.")
