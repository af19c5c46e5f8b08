"""What a visitor may ask for."""

from __future__ import annotations

import pytest

from doodle.requests import Draw
from doodle.requests.checks import MAX_WORD
from doodle.ui import limits


def test_what_a_visitor_asks_for_is_tidied():
    asked = limits.sketch(Draw, "  ice \n cream ", 4.0, 1, 7.0)
    assert vars(asked) == vars(Draw("ice cream", 4, 1.0, 7))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("word", "", "Say what it is"),
        ("word", "   ", "Say what it is"),
        ("word", None, "Say what it is"),
        ("word", ["cat"], "Say what it is"),
        ("word", "x" * 10_000, f"at most {MAX_WORD}"),
        ("n", 0, "from 1 to 16"),
        ("n", 17, "from 1 to 16"),
        ("n", 2.5, "whole number"),
        ("n", True, "must be a number"),
        ("n", "9", "must be a number"),
        ("n", None, "must be a number"),
        ("n", float("inf"), "whole number"),
        ("n", float("nan"), "whole number"),
        ("temperature", float("nan"), "must be a number"),
        ("temperature", 0, "from 0.05 to 1.5"),
        ("seed", -1, "from 0 to"),
        ("seed", 2**31, "from 0 to"),
    ],
)
def test_what_is_out_of_bounds_says_what_is_wrong(field: str, value: object, says: str):
    with pytest.raises(ValueError, match=says):
        given = {"word": "cat", "n": 9, "temperature": 0.3, "seed": 0, field: value}
        limits.sketch(Draw, *given.values())
