"""Soft little pictures to curves: against lines that are known, and the official bitmaps."""

import re
import time
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest

from doodle.strokes.curves import Curve, curve_points, fit_curves, trace_curves
from doodle.strokes.export import curves_to_svg
from doodle.strokes.raster import rasterize

TURN = np.linspace(0, 2 * np.pi, 90)
CIRCLE = 14 + 9 * np.column_stack([np.cos(TURN), np.sin(TURN)])
SQUARE = np.array([[6.0, 7], [22, 7], [22, 21], [6, 21], [6, 7]])
CROSS = [np.array([[4.0, 6], [24, 20]]), np.array([[5.0, 22], [23, 5]])]
TEE = [np.array([[4.0, 6], [24, 6]]), np.array([[13.0, 6], [13, 24]])]


def drawn(lines, size=28, soft=0.0):
    """Ink 1 on 0 as Quick, Draw! renders it, blurred as a generator blurs."""
    ink = rasterize([np.asarray(x) * size / 28 for x in lines], size, line_width=16 / 304 * size)
    ink = ink.astype(np.float32) / 255
    return cv2.GaussianBlur(ink, (0, 0), soft) if soft else ink


def traced(lines, size=28, soft=0.0):
    (curves,) = trace_curves(drawn(lines, size, soft)[None])
    return curves, curve_points(curves, 0.3)


def apart(one, other):
    """Largest distance of either line to the other, both made dense."""

    def dense(line):
        line = np.asarray(line, dtype=float)
        t = np.linspace(0, 1, 40)[:, None, None]
        return (line[:-1] * (1 - t) + line[1:] * t).reshape(-1, 2)

    one, other = dense(one), dense(other)
    far = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return max(far.min(axis=0).max(), far.min(axis=1).max())


@pytest.mark.parametrize(("size", "soft"), [(28, 0), (28, 0.6), (56, 0)])
def test_a_circle_is_one_closed_curve_of_few_pieces(size, soft):
    (curve,), (line,) = traced([CIRCLE], size, soft)
    assert curve.is_closed and len(curve.pieces) <= 8
    radius = np.hypot(*(line * 28 / size - 14).T)
    assert np.abs(radius - 9).max() < 0.3  # pixels of 28: no stair step is that small
    np.testing.assert_allclose(line[:-1].mean(axis=0) * 28 / size, 14, atol=0.07)
    # it closes smoothly, too
    into, out_of = curve.pieces[-1, 2] - curve.pieces[-1, 1], curve.pieces[0, 0] - curve.start
    assert into @ out_of > 0.998 * np.linalg.norm(into) * np.linalg.norm(out_of)


def test_a_square_keeps_its_corners():
    (curve,), (line,) = traced([SQUARE])
    assert curve.is_closed
    for corner in SQUARE[:4]:
        assert np.hypot(*(line - corner).T).min() < 0.45
    assert apart(line, SQUARE) < 0.45
    assert len(curve.pieces) <= 8


def test_a_straight_line_ends_where_it_ends():
    truth = np.array([[5.3, 8.1], [22.7, 19.4]])
    (curve,), (line,) = traced([truth])
    assert len(curve.pieces) == 1 and not curve.is_closed
    assert apart(line, truth) < 0.6
    middle = line[len(line) // 4 : -len(line) // 4]
    way = truth[1] - truth[0]
    off = (middle - truth[0]) @ np.array([-way[1], way[0]]) / np.hypot(*way)
    assert np.abs(off).max() < 0.12  # sub-pixel
    assert line[0].sum() < line[-1].sum()  # from the top left


def test_lines_go_straight_on_over_a_crossing_and_meet_at_a_fork():
    _, lines = traced(CROSS)
    assert len(lines) == 2
    for truth in CROSS:
        assert min(apart(line, truth) for line in lines) < 0.7
    _, (bar, leg) = traced(TEE)
    assert apart(bar, TEE[0]) < 0.6 and apart(leg, TEE[1]) < 0.6
    assert np.hypot(*(bar - leg[0]).T).min() < 0.25  # the leg hangs on the bar


def test_a_small_gap_is_closed_and_a_large_one_is_not():
    ring = CIRCLE[2:-1]  # the ends' middles are 1.9 pixels apart
    (curve,), _ = traced([ring])
    assert curve.is_closed
    (curve,), _ = traced([CIRCLE[12:-10]])
    assert not curve.is_closed
    left, right = np.array([[3.0, 14], [12.5, 14]]), np.array([[14.2, 14.0], [24, 14]])
    assert len(traced([left, right])[0]) == 1
    assert len(traced([left, right + (2.5, 0)])[0]) == 2


def test_dots_stay_specks_go_and_the_largest_comes_first():
    picture = drawn([CIRCLE * 0.5 + 4, SQUARE, np.array([[25.5, 25.5]])])
    picture[1, 25] = 0.4  # a speck
    picture[23:26, 2:5] = 0.36  # a smudge, which is large but pale
    (curves,) = trace_curves(picture[None])
    lengths = [np.hypot(*np.diff(p, axis=0).T).sum() for p in curve_points(curves, 0.3)]
    assert lengths == sorted(lengths, reverse=True)
    assert [len(curve.pieces) == 0 for curve in curves] == [False, False, True]
    np.testing.assert_allclose(curves[-1].start, 25.5, atol=0.3)


@pytest.mark.parametrize("size", [28, 56])
def test_pictures_without_lines_give_nothing(size):
    full, blank = np.ones((size, size), np.float32), np.zeros((size, size), np.float32)
    faint = 0.1 * drawn([CIRCLE], size)
    assert trace_curves(np.stack([full, blank, faint])) == [[], [], []]
    assert trace_curves(np.zeros((0, size, size))) == []
    assert curve_points([], 1.0) == []


def test_a_filled_area_becomes_its_outline():
    picture = np.zeros((28, 28), np.float32)
    picture[6:22, 8:20] = 1
    (curves,) = trace_curves(picture[None])
    assert curves and curves[0].is_closed
    (line, *_) = curve_points(curves, 0.3)
    assert np.ptp(line, axis=0) == pytest.approx([11, 15], abs=1.5)


def test_what_is_no_picture_is_refused():
    for wrong in (np.zeros((28, 28)), np.zeros((1, 28, 20)), np.zeros((1, 4, 4))):
        with pytest.raises(ValueError, match="picture"):
            trace_curves(wrong)
    with pytest.raises(ValueError, match="not finite"):
        trace_curves(np.full((1, 28, 28), np.nan))


def test_each_picture_alone_gives_what_it_gives_among_others():
    pictures = np.stack([drawn(lines) for lines in ([CIRCLE], [SQUARE], CROSS, TEE) * 10])
    together = trace_curves(pictures)  # more than are traced at once
    for k in (0, 3, 33, 39):
        (alone,) = trace_curves(pictures[k : k + 1])
        assert len(alone) == len(together[k])
        for one, other in zip(alone, together[k], strict=True):
            np.testing.assert_allclose(one.start, other.start, atol=1e-6)
            np.testing.assert_allclose(one.pieces, other.pieces, atol=1e-6)


def test_the_fit_stays_near_any_line():
    rng = np.random.default_rng(0)
    for _ in range(5):
        knots = np.cumsum(rng.normal(0, 1, (6, 2)), axis=0) * 4
        t = np.linspace(0, 5, 120)
        line = np.column_stack([np.interp(t, np.arange(6), axis) for axis in knots.T])
        smooth = np.stack([np.convolve(a, np.ones(9) / 9, "valid") for a in line.T], axis=1)
        (curve,) = fit_curves([smooth])
        (points,) = curve_points([curve], 0.1)
        assert apart(points, smooth) < 1.0
        np.testing.assert_allclose(points[[0, -1]], smooth[[0, -1]], atol=1e-5)


def test_points_are_spaced_as_asked_and_scale():
    handle = np.array([[[3.0, 0], [6, 0], [9, 0]]])
    line, dot = Curve(np.zeros(2), handle), Curve(np.array([4.0, 5]), np.zeros((0, 3, 2)))
    fine, one = curve_points([line.scaled(2), dot], 2.0)
    np.testing.assert_allclose(np.diff(fine[:, 0]), 2, atol=0.05)
    np.testing.assert_array_equal(one, [[4, 5]])


def test_the_svg_has_curves_and_no_more():
    curves, _ = traced([CIRCLE, np.array([[25.0, 25.0]])])
    document = ElementTree.fromstring(curves_to_svg(curves, 28, width=1.2, paper="#fff"))
    paths = [node.get("d") for node in document.iter() if node.tag.endswith("path")]
    assert len(paths) == 2 and document.get("viewBox") == "0 0 28 28"
    assert re.fullmatch(r"M[\d. ]+C[-\d. ]+Z", paths[0])
    assert paths[0].count(".") <= 2 * (1 + 3 * len(curves[0].pieces))
    assert re.fullmatch(r"M([\d.]+ [\d.]+)L\1", paths[1])  # a dot


def test_official_bitmaps_come_back_quickly(outside_data):
    pictures = []
    for name in ("cat", "bicycle", "teapot", "umbrella"):
        with np.load(outside_data / "quickdraw" / "bitmaps" / f"{name}.npz") as file:
            pictures.append(file["bitmaps"][:16].reshape(-1, 28, 28))
    pictures = np.concatenate(pictures)
    ink = pictures.astype(np.float32) / 255
    trace_curves(ink[:16])
    begun = time.process_time()
    found = trace_curves(ink)
    assert (time.process_time() - begun) / 4 < 0.3  # 0.07 for sixteen on the machine of writing
    again = [rasterize(curve_points(c, 0.3), 28, line_width=16 / 304 * 28) for c in found]
    error = np.abs(np.stack(again) - pictures.astype(float)).mean()
    assert error < 12  # grey levels; blank paper would be at 50
