"""Runs and limits: who is newest, what ends, and what a visitor may ask for."""

from __future__ import annotations

import threading

import pytest

from doodle.requests import Draw
from doodle.requests.checks import MAX_WORD
from doodle.ui import limits
from doodle.ui.runs import Runs


def test_the_newest_run_of_a_session_wins_and_no_other_session_notices():
    runs = Runs(clock=lambda: 100.0)
    first, other = runs.start("a"), runs.start("b")
    second = runs.start("a")
    assert not runs.is_newest("a", first) and runs.is_superseded("a", first)
    assert runs.is_newest("a", second) and runs.is_newest("b", other)


def test_ids_grow_even_when_the_clock_stands_still_or_runs_back():
    times = iter([50.0, 50.0, 3.0])
    runs = Runs(clock=lambda: next(times))
    ids = [float(runs.start("a")) for _ in range(3)]
    assert ids == sorted(set(ids))


def test_a_stopped_run_is_over_but_not_superseded():
    runs = Runs()
    run = runs.start("a")
    runs.stop("a")
    assert not runs.is_newest("a", run) and not runs.is_superseded("a", run)
    assert len(runs) == 0  # nothing is kept of a visitor who left


def test_many_threads_get_different_ids():
    runs, ids = Runs(clock=lambda: 1.0), []
    threads = [
        threading.Thread(target=lambda: ids.extend(runs.start("a") for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 400


class Work:
    """Notes when it was given up."""

    def __init__(self) -> None:
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


def test_what_a_run_works_on_ends_with_it():
    runs, first, second, other = Runs(), Work(), Work(), Work()
    older = runs.start("a")
    runs.holds("a", older, first)
    runs.holds("b", runs.start("b"), other)
    newer = runs.start("a")
    assert first.cancelled == 1
    runs.holds("a", older, second)  # too late: its run is over
    assert second.cancelled == 1
    third = Work()
    runs.holds("a", newer, third)
    runs.stop("a")
    assert (third.cancelled, other.cancelled) == (1, 0)


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
