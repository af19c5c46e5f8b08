"""The word "auto": what a drawing is taken for, or a surprise where there is nothing to guess."""

from __future__ import annotations

import random
from typing import NamedTuple

from doodle.errors import BadDrawing, ModelUnavailable
from doodle.strokes.drawing import Drawing
from doodle.ui.studio import Studio, core_words
from doodle.ui.wish import AUTO

_EMPTY = "There is nothing drawn yet: draw a line or two first, or say what it is."
_NO_GUESS = "I cannot guess here, so say what it is: type a word, such as cat. ({})"


class Meant(NamedTuple):
    """A word, and whether it is more than a faint guess."""

    word: str
    sure: bool = True


def meant(studio: Studio, word: str, drawing: Drawing, *, surprise: int | None = None) -> Meant:
    """The word that is meant: itself, or the first guess for AUTO.

    Args:
        word: as the visitor gave it, tidied.
        surprise: a seed that picks one of the words drawn well where AUTO is asked for and there
            is no guess worth saying; without it that is an error or a faint guess.

    Raises:
        BadDrawing: AUTO, and nothing is drawn.
        ModelUnavailable: AUTO, and the recogniser is missing; asks for a word.
    """
    if word != AUTO:
        return Meant(word)
    guessed = None
    try:
        if drawing:
            guessed = studio.recognise([drawing], top=1)[0]
    except ModelUnavailable as error:
        if surprise is None:
            raise ModelUnavailable(_NO_GUESS.format(error)) from error
    if surprise is not None and (guessed is None or guessed.unknown):
        return Meant(_surprise(studio, surprise))
    if guessed is None:
        raise BadDrawing(_EMPTY)
    return Meant(guessed.guesses[0][0], not guessed.unknown)


def _surprise(studio: Studio, seed: int) -> str:
    words = core_words(studio.registry)
    if not words:
        raise ValueError("Say what to draw: type a word, such as cat.")
    return random.Random(seed).choice(words)
