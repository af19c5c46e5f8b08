"""What makes an ending plausible: symmetry, and the stroke classifier's chance of the word."""

import numpy as np
import pytest

from doodle import checkpoint
from doodle.pipelines.plausibility import SYMMETRY, UNLIKELY, Plausibility, asymmetry
from doodle.pipelines.selection import combined

LEFT = np.array([[0.0, 0], [-50, 100], [0, 200]])
RIGHT = LEFT * (-1, 1)


def test_a_symmetric_drawing_is_its_own_mirror_image():
    assert asymmetry([LEFT, RIGHT]) == pytest.approx(0, abs=1e-6)
    assert asymmetry([line * 3 + (40, 7) for line in (LEFT, RIGHT)]) == pytest.approx(0, abs=1e-6)
    bent = np.array([[0.0, 0], [120, 10], [10, 60]])
    assert asymmetry([LEFT, bent]) > 0.02


def test_dots_and_single_points_have_a_symmetry_too():
    assert asymmetry([np.array([[3.0, 4.0]])]) == 0
    assert np.isfinite(asymmetry([LEFT, np.array([[5.0, 5.0]])]))


@pytest.fixture(scope="module")
def plausibility(tiny_checkpoints) -> Plausibility:
    strokes, words = (
        checkpoint.load(tiny_checkpoints / name / checkpoint.FILE)[0]
        for name in ("stroke_classifier", "words")
    )
    return Plausibility(strokes, words.categories)


def test_the_ending_that_makes_a_drawing_whole_comes_first(plausibility):
    bent = np.array([[0.0, 0], [120, 10], [10, 60]])
    whole, crooked = plausibility.scores([LEFT], [[RIGHT], [bent]], "no category of any")
    assert whole == pytest.approx(0, abs=1e-4)
    assert crooked == pytest.approx(-SYMMETRY * asymmetry([LEFT, bent]))
    assert plausibility.scores([LEFT], [], "cat") == []


def test_the_stroke_classifier_has_its_say_up_to_a_point(plausibility):
    for word in ("cat", "moon"):
        (score,) = plausibility.scores([LEFT], [[RIGHT]], word)
        assert UNLIKELY - 1e-3 <= score < 0


def test_chances_count_less_than_plausibility_and_what_is_not_allowed_comes_last():
    order = np.argsort(combined([0.99, 0.6, 0.999], [-3.0, -1.0, None]))[::-1]
    assert order.tolist() == [1, 0, 2]
