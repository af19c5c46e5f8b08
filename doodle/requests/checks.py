"""Checks of single fields; each error is one sentence for whoever asked."""

from __future__ import annotations

from typing import Any

from doodle.checks import choice, number, whole
from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing

AUTO = "auto"  # the word that stands for what the drawing is taken for
MAX_WORD = 60  # characters
MAX_TEXT = 100_000  # characters of a text for doodles; the text encoder takes far fewer
MOST_SEED = 2**63 - 1
EMPTY = "There is nothing drawn yet: draw a line or two first."


def tidy_word(word: Any) -> str:
    """Trim a word and join its parts by single spaces.

    Raises:
        ValueError: it is no text, empty or too long.
    """
    if not isinstance(word, str) or not word.strip():
        raise ValueError("Say what it is: type a word, such as cat.")
    tidy = " ".join(word.split())
    if len(tidy) > MAX_WORD:
        raise ValueError(f"That is {len(tidy)} characters; a word or two of at most {MAX_WORD} do.")
    return tidy


def tidy_text(text: Any) -> str:
    """Trim a text and join its parts by single spaces; the text encoder checks the rest.

    Raises:
        ValueError: it is no text, empty or endless.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("Say what to draw: type a word or a few, such as a sleepy cat.")
    if len(text) > MAX_TEXT:
        raise ValueError(f"That is {len(text):,} characters; a word or a short phrase is enough.")
    return " ".join(text.split())


def some(drawing: Any) -> Drawing:
    """A drawing with a line in it.

    Raises:
        ValueError: it is no Drawing.
        BadDrawing: it is empty.
    """
    if not isinstance(drawing, Drawing):
        raise ValueError("The drawing must be a Drawing; Drawing.parse makes one of its JSON.")
    if not drawing:
        raise BadDrawing(EMPTY)
    return drawing


def keep(request: Any, **values: Any) -> None:
    """Set checked values of a frozen request, within its own `__post_init__`."""
    for name, value in values.items():
        object.__setattr__(request, name, value)


__all__ = [
    "AUTO",
    "MAX_WORD",
    "MOST_SEED",
    "choice",
    "keep",
    "number",
    "some",
    "tidy_text",
    "tidy_word",
    "whole",
]
