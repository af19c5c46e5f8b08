"""What a visitor of the page or the API may ask for: tighter bounds than the requests' own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar

from doodle.requests import Draw, Imagine, number, tidy_word, whole
from doodle.requests.checks import tidy_text

MAX_ENDINGS = 16
MAX_STEPS = 24
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 1.5
MAX_SEED = 2**31 - 1
MAX_DOODLES = 36
MIN_TRUNCATION, MAX_TRUNCATION = 0.2, 1.5

_Sketch = TypeVar("_Sketch", bound=Draw)
_Doodles = TypeVar("_Doodles", bound=Imagine)


def seed(value: Any) -> int:
    """A seed, 0 to MAX_SEED.

    Raises:
        ValueError: it is none.
    """
    return whole(value, 0, MAX_SEED, "The seed")


def temperature(value: Any) -> float:
    """A temperature, MIN_TEMPERATURE (careful) to MAX_TEMPERATURE (daring).

    Raises:
        ValueError: it is none.
    """
    return number(value, MIN_TEMPERATURE, MAX_TEMPERATURE, "The temperature")


def steps(value: Any) -> int:
    """Steps of a walk or a morph, 2 to MAX_STEPS.

    Raises:
        ValueError: it is no such number.
    """
    return whole(value, 2, MAX_STEPS, "The number of steps")


_FIELDS = {
    "word": tidy_word,
    "n": lambda value: whole(value, 1, MAX_ENDINGS, "How many"),
    "temperature": temperature,
    "seed": seed,
}


def sketch(kind: type[_Sketch], *asked: Any, **more: Any) -> _Sketch:
    """A request to SketchRNN.

    Args:
        kind: Draw, Complete or Again.
        *asked: word, n, temperature and seed, as far as they are given.
        **more: other fields.

    Raises:
        ValueError: one of them is missing, of the wrong kind or out of range; says which.
    """
    given = zip(_FIELDS.items(), asked, strict=False)
    return kind(**{name: check(value) for (name, check), value in given}, **more)


def doodles(
    kind: type[_Doodles], text: Any, n: Any, chance: Any, truncation: Any, **more: Any
) -> _Doodles:
    """A request to the generator of doodles.

    Args:
        kind: Imagine, Mix or Like.
        chance: the seed.
        **more: other fields.

    Raises:
        ValueError: as `sketch`.
    """
    return kind(
        text=tidy_text(text),
        n=whole(n, 1, MAX_DOODLES, "How many"),
        seed=seed(chance),
        truncation=spread(truncation),
        **more,
    )


def spread(truncation: Any) -> float:
    """A truncation, MIN_TRUNCATION (usual) to MAX_TRUNCATION (odd).

    Raises:
        ValueError: it is none.
    """
    return number(truncation, MIN_TRUNCATION, MAX_TRUNCATION, "The truncation")


def usable(settings: Any) -> dict[str, Any]:
    """Those of a saved project's settings that can be asked for, by the names of Draw's fields.

    What is missing, unknown or out of bounds is left out: a file from elsewhere still opens.
    """
    kept = {}
    for name, check in _FIELDS.items():
        if isinstance(settings, Mapping) and name in settings:
            with suppress(ValueError):
                kept[name] = check(settings[name])
    return kept
