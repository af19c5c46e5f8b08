"""Checks of single values; each error is one sentence for whoever asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_BEYOND = 1e300  # no number that anybody can mean


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
