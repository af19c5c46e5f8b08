"""Geometry against its definitions, and RDP against PyPI's `rdp` as an independent oracle."""

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from rdp import rdp

from doodle.strokes import geometry

whole = st.integers(-30, 30)
whole_lines = st.lists(st.tuples(whole, whole), max_size=14).map(
    lambda points: np.array(points, dtype=np.float64).reshape(-1, 2)
)
lines = st.integers(0, 20).flatmap(
    lambda count: npst.arrays(np.float32, (count, 2), elements=st.floats(-1e4, 1e4, width=32))
)
drawings = st.lists(lines, max_size=5)


def exact_segment_distance2(point, start, end):
    """Squared distance to the segment in exact fractions, for points with whole coordinates."""
    p, a, b = ([Fraction(int(v)) for v in q] for q in (point, start, end))
    d = [b[0] - a[0], b[1] - a[1]]
    length2 = d[0] ** 2 + d[1] ** 2
    t = 0 if length2 == 0 else ((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / length2
    t = min(max(t, 0), 1)
    return (p[0] - a[0] - t * d[0]) ** 2 + (p[1] - a[1] - t * d[1]) ** 2


def distance_to(line, points):
    """Largest distance of the points to a polyline."""
    if len(line) == 1:
        return float(np.hypot(*(points - line[0]).T).max())
    best = np.full(len(points), np.inf)
    for a, b in zip(line[:-1].astype(float), line[1:].astype(float), strict=True):
        d = b - a
        t = np.clip(((points - a) @ d) / max(float(d @ d), 1e-12), 0, 1)
        best = np.minimum(best, np.hypot(*(points - a - t[:, None] * d).T))
    return float(best.max())


@given(whole_lines, st.sampled_from([0, 1, 2, 3, 7]))
def test_simplify_equals_rdp_with_segment_distance(line, epsilon):
    ours = geometry.simplify(line, epsilon)
    if len(line) > 2:
        theirs = line[rdp(line, epsilon**2, dist=exact_segment_distance2, return_mask=True)]
        np.testing.assert_array_equal(ours, theirs)
    else:
        np.testing.assert_array_equal(ours, line)


@given(lines, st.floats(0, 100))
def test_simplify_properties(line, epsilon):
    short = geometry.simplify(line, epsilon)
    assert len(short) <= len(line)
    if len(line):
        np.testing.assert_array_equal(short[[0, -1]], line[[0, -1]])
        assert distance_to(short, line.astype(float)) <= epsilon + 1e-2
    np.testing.assert_array_equal(geometry.simplify(short, epsilon), short)


def test_simplify_measures_to_the_segment():
    hook = np.array([[0.0, 0.0], [20.0, 0.1], [10.0, 0.0]])  # goes beyond its own end
    assert len(geometry.simplify(hook, 2.0)) == 3


@pytest.mark.parametrize("shape", ["walk", "growing zigzag"])
def test_simplify_is_quick_on_the_longest_stroke(shape):
    count = 50_000
    index = np.arange(count)
    line = np.random.default_rng(0).normal(size=(count, 2)).cumsum(axis=0)
    if shape == "growing zigzag":  # splits off one point at a time
        line = np.column_stack([index, index * (-1.0) ** index])
    started = time.process_time()
    geometry.simplify(line, 2.0)
    assert time.process_time() - started < 5  # some 0.05 s and 0.8 s; quadratic code takes 40 s


@given(drawings, st.floats(1, 2000), st.floats(1, 2000), st.floats(0, 0.45))
def test_fit_is_inside_and_keeps_proportions(drawing, width, height, margin):
    margin *= min(width, height)
    fitted = geometry.fit(drawing, width, height, margin)
    assert [line.shape for line in fitted] == [line.shape for line in drawing]
    left, top, right, bottom = geometry.bounds(fitted)
    if any(len(line) for line in drawing):
        slack = 1e-3 * max(width, height)
        assert left >= margin - slack and right <= width - margin + slack
        assert top >= margin - slack and bottom <= height - margin + slack
        x0, y0, x1, y1 = geometry.bounds(drawing)
        scale = (right - left + bottom - top) / ((x1 - x0 + y1 - y0) or 1)
        rounding = 1e-3 * max(width, height)
        assert right - left == pytest.approx(scale * (x1 - x0), abs=rounding)
        assert bottom - top == pytest.approx(scale * (y1 - y0), abs=rounding)
        if max(x1 - x0, y1 - y0) > 1e-2:  # one side is filled
            used = max(
                (right - left) / (width - 2 * margin), (bottom - top) / (height - 2 * margin)
            )
            assert used == pytest.approx(1, abs=1e-2)


def test_fit_of_one_point_is_the_middle():
    (line,) = geometry.fit([np.array([[7.0, 9.0]])], 100, 50)
    assert line.tolist() == [[50, 25]]
    assert geometry.fit([], 10, 10) == []
    with pytest.raises(ValueError, match="no room"):
        geometry.fit([], 10, 10, 5)


@given(lines, st.floats(50, 1000))
def test_resample_is_even_and_stays_on_the_line(line, spacing):
    dense = geometry.resample(line, spacing)
    if not len(line):
        assert len(dense) == 0
        return
    np.testing.assert_array_equal(dense[0], line[0])
    length = geometry.arc_length(line)[-1]
    if length > 0:
        np.testing.assert_array_equal(dense[-1], line[-1])
        assert len(dense) == pytest.approx(length / spacing + 1.5, abs=0.51)
    assert distance_to(line, dense.astype(float)) <= 0.05


def test_resample_walks_by_arc_length():
    corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 3.0]])
    expected = [[0, 0], [2, 0], [3, 1], [3, 3]]
    assert geometry.resample(corner, 2.0).tolist() == expected
    assert geometry.resample(np.array([[5.0, 5.0]] * 3), 1.0).tolist() == [[5, 5]]
    for spacing in (0, -1, float("nan"), 1e-9):
        with pytest.raises(ValueError, match="spacing"):
            geometry.resample(corner, spacing)


@given(drawings)
def test_quickdraw_simplify_fills_its_box(drawing):
    simple = geometry.quickdraw_simplify(drawing)
    assert len(simple) == sum(len(line) > 0 for line in drawing)
    if not simple:
        return
    left, top, right, bottom = geometry.bounds(simple)
    assert left >= 0 and top >= 0 and max(right, bottom) <= 255
    x0, y0, x1, y1 = geometry.bounds(drawing)
    if max(x1 - x0, y1 - y0) > 0:
        # an extreme in the middle of a stroke may be cut by RDP, by epsilon at most
        assert max(right, bottom) >= 252 and min(left, top) <= 3
    assert all((line == np.round(line)).all() for line in simple)


def test_quickdraw_simplify_steps():
    tall = [np.array([[10.0, 20.0], [10.0, 1040.0]]), np.array([[520.0, 20.0], [520.5, 20.2]])]
    first, second = geometry.quickdraw_simplify(tall)
    assert first.tolist() == [[0, 0], [0, 255]]
    assert second[0].tolist() == [128, 0] or second[0].tolist() == [127, 0]
    wave = np.column_stack([np.arange(0, 1020, 2), 4.0 * np.sin(np.arange(510))])
    (flat,) = geometry.quickdraw_simplify([wave])  # 1 unit high at 255: under epsilon
    assert len(flat) == 2


def evaluate(line, controls, count=20):
    t = np.linspace(0, 1, count)[None, :, None]
    a, b, c, d = (p[:, None] for p in (line[:-1], controls[:, 0], controls[:, 1], line[1:]))
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d


def test_beziers_round_a_circle_and_keep_a_square():
    angle = np.linspace(0, 2 * np.pi, 17)
    circle = 100 * np.column_stack([np.cos(angle), np.sin(angle)])
    curve = evaluate(circle, geometry.bezier_controls(circle))[1:-1]
    radius = np.hypot(*curve.reshape(-1, 2).T)
    assert np.abs(radius - 100).max() < 0.5  # the chords come within 1.9
    square = np.array([[0.0, 0], [9, 0], [9, 9], [0, 9], [0, 0]])
    curve = evaluate(square, geometry.bezier_controls(square)).reshape(-1, 2)
    assert distance_to(square, curve) < 1e-9
    pair = np.array([[0.0, 0], [3, 3]])
    np.testing.assert_allclose(geometry.bezier_controls(pair), [[[1, 1], [2, 2]]])


def test_distances_of_many_are_those_of_each_two():
    points = np.random.default_rng(0).normal(size=(5, 7, 2)) * 100 + 5000
    found = geometry.distances(points)
    expected = [[geometry.distance(one, other) for other in points] for one in points]
    np.testing.assert_allclose(found, expected, atol=1e-5)
