"""Checks of single fields; each error is one sentence for whoever asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing

AUTO = "auto"  # the word that stands for what the drawing is taken for
MAX_WORD = 60  # characters
MAX_TEXT = 100_000  # characters of a text for doodles; the text encoder takes far fewer
MOST_SEED = 2**63 - 1
EMPTY = "There is nothing drawn yet: draw a line or two first."
EMPTY_AUTO = "There is nothing drawn yet: draw a line or two first, or say what it is."
_BEYOND = 1e300  # no number that anybody can mean


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


def tidy_text(text: Any) -> str:
    """Trim a text and join its parts by single spaces; the text encoder judges the rest.

    Raises:
        ValueError: it is no text, empty or endless.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("Say what to draw: type a word or a few, such as a sleepy cat.")
    if len(text) > MAX_TEXT:
        raise ValueError(f"That is {len(text):,} characters; a word or a short phrase is enough.")
    return " ".join(text.split())


def some(drawing: Any, empty: str = EMPTY) -> Drawing:
    """A drawing with a line in it.

    Args:
        empty: what is said of one without.

    Raises:
        ValueError: it is no Drawing.
        BadDrawing: it is empty.
    """
    if not isinstance(drawing, Drawing):
        raise ValueError("The drawing must be a Drawing; Drawing.parse makes one of its JSON.")
    if not drawing:
        raise BadDrawing(empty)
    return drawing


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
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value  # as it is: a float cannot hold every seed
    if not isinstance(value, float) or value.is_integer():
        return int(number(value, least, most, what))
    raise ValueError(f"{what} must be a whole number from {least:,} to {most:,}.")


def choice(value: Any, choices: Sequence[str], what: str) -> str:
    """One of a few words.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {value!r:.40}.")
    return value


def keep(request: Any, **values: Any) -> None:
    """Set checked values of a frozen request, within its own `__post_init__`."""
    for name, value in values.items():
        object.__setattr__(request, name, value)
