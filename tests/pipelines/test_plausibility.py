"""What makes an ending plausible: symmetry, and the stroke classifier's chance of the word."""

import numpy as np
import pytest

from doodle import checkpoint
from doodle.pipelines.plausibility import (
    READ,
    SYMMETRY,
    UNLIKELY,
    Plausibility,
    asymmetries,
    crossings,
)
from doodle.pipelines.selection import combined, disagreements
from doodle.pipelines.steps import returned


def asymmetry(lines):
    return asymmetries(lines[:1], [lines[1:]])[0]


LEFT = np.array([[0.0, 0], [-50, 100], [0, 200]])
RIGHT = LEFT * (-1, 1)


def test_a_symmetric_drawing_is_its_own_mirror_image():
    assert asymmetry([LEFT, RIGHT]) == pytest.approx(0, abs=1e-6)
    assert asymmetry([line * 3 + (40, 7) for line in (LEFT, RIGHT)]) == pytest.approx(0, abs=1e-6)
    bent = np.array([[0.0, 0], [120, 10], [10, 60]])
    assert asymmetry([LEFT, bent]) > 0.02


def test_dots_and_single_points_have_a_symmetry_too():
    assert asymmetry([np.array([[3.0, 4.0]])] * 2) == 0
    assert np.isfinite(asymmetry([LEFT, np.array([[5.0, 5.0]])]))
    dot = [np.array([[5.0, 5.0]])]
    assert np.isfinite(asymmetries(dot, [[LEFT], [RIGHT * 1000], []])).all()
    assert np.isfinite(crossings(dot, [[LEFT], [RIGHT * 1000], []])).all()


@pytest.fixture(scope="module")
def plausibility(tiny_checkpoints) -> Plausibility:
    strokes, words = (
        checkpoint.load(tiny_checkpoints / name / checkpoint.FILE)[0]
        for name in ("stroke_classifier", "words")
    )
    return Plausibility(strokes, words.categories)


def test_the_ending_that_makes_a_drawing_whole_comes_first(plausibility):
    bent = np.array([[0.0, 0], [120, 10], [10, 60]])
    task = plausibility.scores([LEFT], [[RIGHT], [bent]], "no category of any")
    whole, crooked = returned(task)
    assert whole == pytest.approx(0, abs=1e-4)
    assert crooked == pytest.approx(-SYMMETRY * asymmetry([LEFT, bent]))
    assert returned(plausibility.scores([LEFT], [], "cat")) == []


def test_the_stroke_classifier_has_its_say_up_to_a_point(plausibility):
    for word in ("cat", "moon"):
        (score,) = returned(plausibility.scores([LEFT], [[RIGHT]], word))
        assert UNLIKELY - 1e-3 <= score < 0


def test_among_sure_ones_plausibility_decides_and_what_is_not_allowed_comes_last():
    like = [-3.0, -1.0, 0.0, None]
    order = np.argsort(combined([0.99, 0.85, 0.3, 0.999], like, [0.1, 0.1, 0.1]))[::-1]
    assert order.tolist() == [1, 0, 2, 3]
    order = np.argsort(combined([0.99, 0.85, 0.3, 0.999], like, [0.1, 0.3, 0.1]))[::-1]
    assert order.tolist() == [0, 1, 2, 3]  # the second is far from the others


def test_the_ending_that_the_others_surround_disagrees_least():
    lines = [np.array([[x, 0.0], [x, 100.0]]) for x in (0, 10, 20, 90)]
    apart = disagreements([[line] for line in lines], 200.0)
    # to the right of 20 lie 70, to its left 10 and 20 units
    assert apart == pytest.approx([0.2, 0.5 / 3, 0.5 / 3, 0.4])
    assert disagreements([[lines[0]]], 200.0) == [0.0] and disagreements([], 200.0) == []


def test_only_the_most_symmetric_ones_are_read(plausibility):
    rng = np.random.default_rng(0)
    endings = [[rng.uniform(-90, 90, (4, 2)) + (0, 400)] for _ in range(READ + 5)]
    apart = asymmetries([LEFT], endings)
    scores = np.array(returned(plausibility.scores([LEFT], endings, "cat")))
    unread = np.argsort(apart)[READ:]
    assert scores[unread] == pytest.approx(UNLIKELY - SYMMETRY * apart[unread])


def test_many_specks_are_less_plausible_than_few(plausibility):
    def specks(count):
        rows = [np.array([[x, y], [x + 1, y]]) for y in (20, 60) for x in range(-60, 61, 24)]
        return [RIGHT, *rows[:count]]

    task = plausibility.scores([LEFT], [specks(2), specks(12)], "no category of any")
    few, many = returned(task)
    assert many < few - 1


def test_lines_across_what_is_drawn_are_counted_and_lines_that_join_it_are_not():
    square = [np.array([[0.0, 0], [100, 0], [100, 100], [0, 100], [0, 0]])]
    across = np.array([[-50.0, 50], [150, 50]])
    joining = np.array([[100.0, 50], [180, 50]])
    apart = np.array([[120.0, 0], [120, 100]])
    found = crossings(square, [[across], [joining], [apart], [across, across + (0, 20)]])
    assert found.tolist() == [2, 0, 0, 4]


def test_many_crossings_and_wound_up_strokes_are_less_plausible(plausibility):
    def score(*ending):
        return returned(plausibility.scores([LEFT], [list(ending)], "no category of any"))[0]

    turn = np.linspace(0, 12 * np.pi, 200)
    scribble = np.stack([30 * np.cos(turn), 80 + 30 * np.sin(turn)], axis=1)
    ring = scribble[:35]
    assert score(RIGHT, scribble) < score(RIGHT, ring) - 2
