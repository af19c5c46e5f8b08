"""What a visitor asks for, checked: the word, how many, how daring, which seed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

MAX_WORD = 60  # characters
AUTO = "auto"  # the word that stands for what the drawing is taken for
MAX_ENDINGS = 16
MAX_STEPS = 24
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 1.5
MAX_SEED = 2**31 - 1
MAX_DOODLES = 36
MIN_TRUNCATION, MAX_TRUNCATION = 0.2, 1.5
_BEYOND = 1e300  # no number that anybody can mean


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


@dataclass(frozen=True)
class Idea:
    """One request for doodles of a text. What the text itself may be, the text encoder knows.

    Attributes:
        text: what is drawn; white space is tidied.
        n: doodles asked for, 1 to MAX_DOODLES.
        seed: 0 to MAX_SEED; the same seed gives the same doodles.
        truncation: how far a doodle may stray, MIN_TRUNCATION (usual) to MAX_TRUNCATION (odd).

    Raises:
        ValueError: one of them is missing, of the wrong kind or out of range; says which.
    """

    text: str
    n: int = 16
    seed: int = 0
    truncation: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip():
            raise ValueError("Say what to draw: type a word or a few, such as a sleepy cat.")
        object.__setattr__(self, "text", " ".join(self.text.split()))
        object.__setattr__(self, "n", whole(self.n, 1, MAX_DOODLES, "How many"))
        object.__setattr__(self, "seed", whole(self.seed, 0, MAX_SEED, "The seed"))
        bounds = (MIN_TRUNCATION, MAX_TRUNCATION)
        object.__setattr__(self, "truncation", number(self.truncation, *bounds, "The truncation"))


def usable(settings: Any) -> dict[str, Any]:
    """Those of a saved project's settings that make a Wish, by the names of its attributes.

    What is missing, unknown or out of bounds is left out: a file from elsewhere still opens.
    """
    kept = {}
    for name in asdict(Wish(AUTO)):
        if isinstance(settings, Mapping) and name in settings:
            with suppress(ValueError):
                kept[name] = getattr(Wish(**{"word": AUTO, name: settings[name]}), name)
    return kept


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
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= _BEYOND:  # NaN is not, nor are numbers without a float
        raise ValueError(f"{what} must be a number from {least:,.10g} to {most:,.10g}.")
    if not least <= value <= most:
        raise ValueError(f"{what} must be from {least:,.10g} to {most:,.10g}, not {value:,.10g}.")
    return float(value)


def whole(value: Any, least: int, most: int, what: str) -> int:
    """A whole number within bounds, as `number`.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, float) or value.is_integer():
        return int(number(value, least, most, what))
    raise ValueError(f"{what} must be a whole number from {least:,} to {most:,}.")
