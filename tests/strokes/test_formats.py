"""stroke-3 and stroke-5: lossless both ways, and Magenta's pen bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from doodle.strokes import formats

lines = st.integers(0, 8).flatmap(
    lambda count: npst.arrays(np.float32, (count, 2), elements=st.integers(-2000, 2000))
)
drawings = st.lists(lines, max_size=6)


def assert_same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@given(drawings)
def test_round_trip_drops_only_empty_strokes(drawing):
    stroke3 = formats.to_stroke3(drawing)
    kept = [line for line in drawing if len(line)]
    assert_same(formats.from_stroke3(stroke3), kept)
    stroke5 = formats.to_stroke5(stroke3, length=len(stroke3) + 7)
    np.testing.assert_array_equal(stroke5[:, 2:].sum(axis=1), 1)
    np.testing.assert_array_equal(formats.from_stroke5(stroke5), stroke3)
    assert_same(formats.from_stroke3(formats.from_stroke5(stroke5)), kept)


@given(npst.arrays(np.float32, (12, 2), elements=st.floats(-1e3, 1e3, width=32)))
def test_round_trip_within_float_tolerance(line):
    (again,) = formats.from_stroke3(formats.to_stroke3([line]))
    np.testing.assert_allclose(again, line, atol=1e-2)


def test_rows_as_magenta_writes_them():
    drawing = [np.array([[3.0, 4.0], [5.0, 4.0]]), np.array([[1.0, 1.0]])]
    stroke3 = formats.to_stroke3(drawing)
    assert stroke3.tolist() == [[3, 4, 0], [2, 0, 1], [-4, -3, 1]]  # 1: lifted AFTER this point
    assert formats.to_stroke5(stroke3).tolist() == [
        [3, 4, 1, 0, 0],
        [2, 0, 0, 1, 0],
        [-4, -3, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]
    assert len(formats.to_stroke5(stroke3, end=False)) == 3
    assert formats.from_stroke3(stroke3, origin=(10, 0))[0].tolist() == [[13, 4], [15, 4]]


def test_an_end_in_the_first_row_is_an_empty_drawing():
    assert formats.from_stroke5(np.array([formats.END_TOKEN])).shape == (0, 3)
    assert formats.from_stroke3(np.zeros((0, 3))) == []
    assert formats.to_stroke3([]).shape == (0, 3)


def test_what_follows_the_end_is_ignored():
    rows = np.array([[1, 1, 1, 0, 0], [0, 0, 0, 0, 1], [9, 9, 1, 0, 0]])
    assert formats.from_stroke5(rows).tolist() == [[1, 1, 0]]


def test_a_last_stroke_without_a_lift_is_kept():
    assert_same(formats.from_stroke3(np.array([[1.0, 1, 0], [1, 0, 0]])), [[[1, 1], [2, 1]]])


def test_a_long_drawing_does_not_drift():
    rng = np.random.default_rng(0)
    line = rng.uniform(0, 255, (5000, 2)).astype(np.float32)
    (again,) = formats.from_stroke3(formats.to_stroke3([line]))
    np.testing.assert_allclose(again, line, atol=1e-2)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="stroke-3"):
        formats.from_stroke3(np.zeros((2, 5)))
    with pytest.raises(ValueError, match="stroke-5"):
        formats.from_stroke5(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="do not fit"):
        formats.to_stroke5(np.zeros((3, 3)), length=3)
