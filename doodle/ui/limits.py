"""Bounds of the fields that the page and the public API take, tighter than the requests' own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def truncation(value: Any) -> float:
    """A truncation, MIN_TRUNCATION (usual) to MAX_TRUNCATION (odd).

    Raises:
        ValueError: it is none.
    """
    return number(value, MIN_TRUNCATION, MAX_TRUNCATION, "The truncation")


_SKETCH_FIELDS: dict[str, Callable[[Any], Any]] = {
    "word": tidy_word,
    "n": lambda value: whole(value, 1, MAX_ENDINGS, "How many"),
    "temperature": temperature,
    "seed": seed,
}
_DOODLE_FIELDS: dict[str, Callable[[Any], Any]] = {
    "text": tidy_text,
    "n": lambda value: whole(value, 1, MAX_DOODLES, "How many"),
    "seed": seed,
    "truncation": truncation,
}


def sketch(kind: type[_Sketch], *values: Any, **more: Any) -> _Sketch:
    """A request to SketchRNN.

    Args:
        kind: Draw, Complete or Again.
        *values: word, n, temperature and seed.
        **more: other fields.

    Raises:
        ValueError: one of them is missing, of the wrong kind or out of range; says which.
    """
    return kind(**_checked(_SKETCH_FIELDS, values), **more)


def doodles(kind: type[_Doodles], *values: Any, **more: Any) -> _Doodles:
    """A request to the generator of doodles.

    Args:
        kind: Imagine, Mix or Like.
        *values: text, n, seed and truncation.
        **more: other fields.

    Raises:
        ValueError: as `sketch`.
    """
    return kind(**_checked(_DOODLE_FIELDS, values), **more)


def _checked(checks: Mapping[str, Callable[[Any], Any]], values: tuple[Any, ...]) -> dict[str, Any]:
    named = zip(checks.items(), values, strict=True)
    return {name: check(value) for (name, check), value in named}


def usable(settings: Any) -> dict[str, Any]:
    """Those of a saved project's settings that are within bounds, by the names of Draw's fields.

    What is missing, unknown or out of bounds is left out: a file from elsewhere still opens.
    """
    kept = {}
    for name, check in _SKETCH_FIELDS.items():
        if isinstance(settings, Mapping) and name in settings:
            with suppress(ValueError):
                kept[name] = check(settings[name])
    return kept
