"""Which endings are shown."""

from __future__ import annotations

import numpy as np
import pytest

from doodle.pipelines.selection import best, is_finished, is_stray, least_worth


def ending(x: float, y: float = 0.0) -> list[np.ndarray]:
    """A line of length 30 that starts at a point."""
    return [np.array([[x, y], [x + 20, y], [x + 20, y + 10]], np.float32)]


APART = [ending(0), ending(40), ending(80), ending(120)]


@pytest.mark.parametrize(
    ("scores", "before", "kept"),
    [
        ([0.5, 0.9, 0.7, 0.6], 0.2, [1, 2, 3, 0]),
        ([0.5, 0.9, 0.1, 0.95], 0.8, [3, 1]),  # what takes away from the drawing is left out
        ([0.04, 0.0, 0.09, 0.02], 0.0, []),  # nobody would see the word in any
        ([0.9, 0.25, 0.32, 0.1], 0.0, [0, 2]),  # far worse than the best
        ([0.78, 0.3, 0.74, 0.2], 0.86, [0]),
        ([0.19, 0.22, 0.18, 0.15], 0.15, [1]),  # a dot that changes nothing
    ],
)
def test_only_endings_that_do_the_drawing_good_are_shown(scores, before, kept):
    allowed = [score >= least_worth(scores, before) for score in scores]
    assert best(APART, scores, 4, 100, allowed) == kept


def test_the_better_of_two_alike_is_shown_and_the_other_only_to_fill_up():
    endings = [ending(0), ending(1), ending(40), ending(80)]
    scores = [0.8, 0.9, 0.7, 0.6]
    assert best(endings, scores, 3, side=100) == [1, 2, 3]
    assert best(endings, scores, 4, side=100) == [1, 0, 2, 3]
    assert best(endings, scores, 1, side=100) == [1]


def test_those_that_stay_are_shown_in_order_and_their_likes_are_left_out():
    endings = [ending(0), ending(1), ending(40), ending(80)]
    scores = [0.8, 0.9, 0.7, 0.6]
    assert best(endings, scores, 3, side=100, kept=[3, 0]) == [0, 2, 3]
    assert best(endings, scores, 4, side=100, kept=[3, 0]) == [1, 0, 2, 3]
    assert best(endings, scores, 2, side=100, kept=[3, 0]) == [0, 3]
    assert best(endings, scores, 2, 100, [True, True, True, False], kept=[3]) == [1, 3]


def test_endings_of_nothing_and_of_a_single_dot():
    dot = [np.array([[5.0, 5.0]], np.float32)]
    assert best([[], dot], [0.9, 0.8], 2, side=100) == [1]
    assert best([], [], 2, side=100) == []


@pytest.mark.parametrize(
    ("length", "worth", "stray"), [(3, 0.93, True), (3, 0.97, False), (30, 0.9, False)]
)
def test_dots_that_change_nothing_are_strays(length, worth, stray):
    dot = [np.array([[0, 0], [length, 0]], np.float32)]
    assert is_stray(dot, worth, before=0.91, side=100) is stray


@pytest.mark.parametrize(
    ("before", "end", "finished"), [(0.9, 0.5, True), (0.9, 0.1, False), (0.3, 0.9, False)]
)
def test_a_drawing_is_finished_where_both_networks_say_so(before, end, finished):
    assert is_finished(before, end) is finished
