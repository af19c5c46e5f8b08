"""Edge styles: auto-canny by its formula, and strokes as a hand draws them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from doodle.strokes.edges import (
    agreement,
    auto_thresholds,
    canny,
    contours,
    draw_lines,
    enclosed,
    grey_of,
    hand_drawn,
    stable,
)


def scene(size=256, fur=0, seed=0):
    """A dark disc on a light ground, with grain of so many grey levels."""
    rng = np.random.default_rng(seed)
    picture = np.full((size, size, 3), 200, np.uint8)
    cv2.circle(picture, (size // 2, size // 2), size // 3, (60, 90, 120), -1)
    noise = rng.normal(0, fur, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("median", "sigma", "wanted"),
    [(100, 0.33, (67, 133)), (200, 0.33, (134, 255)), (0, 0.33, (0, 0)), (90, 0.5, (45, 135))],
)
def test_thresholds_lie_around_the_median(median, sigma, wanted):
    grey = np.uint8([[median] * 3, [0, median, 255]])
    assert auto_thresholds(grey, sigma) == wanted


def test_canny_is_opencvs_behind_the_blur():
    picture = scene(fur=15)
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (3, 3), 0)
    median = np.median(grey)
    wanted = cv2.Canny(grey, int(0.67 * median), int(min(255, 1.33 * median)))
    assert np.array_equal(canny(picture), wanted) and wanted.any()
    assert np.array_equal(
        canny(picture, thresholds=(10, 30), blur=1),
        cv2.Canny(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 10, 30),
    )
    assert np.array_equal(grey_of(picture, 3), grey)


@pytest.mark.parametrize(
    "wrong",
    [
        {"blur": 2},
        {"blur": 0},
        {"sigma": 1.5},
        {"sigma": -0.1},
        {"thresholds": (0, 300)},
        {"thresholds": (-1, 3)},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="not"):
        canny(scene(64), **wrong)


def test_the_hand_style_keeps_the_shape_and_drops_the_fur():
    """Grain over the disc: canny drowns in it, the strokes are the disc's outline still."""
    clean, furry = scene(), scene(fur=30)
    outline = canny(clean)
    hand, dense = hand_drawn(furry, detail=0.3), canny(furry, thresholds=(60, 120))
    assert agreement(dense, outline)[0] < 0.5
    precision, recall = agreement(hand, outline, reach=4)
    assert precision > 0.9 and recall > 0.9
    assert set(np.unique(hand)) == {0, 255}


def test_strokes_are_long_smooth_and_the_weightiest_come_first():
    picture = scene()
    cv2.circle(picture, (40, 40), 12, (170, 170, 170), -1)  # fainter and smaller
    found = contours(picture)
    assert len(found) >= 2
    length = np.hypot(*np.diff(found[0], axis=0).T)
    assert abs(length.sum() - 2 * np.pi * 256 / 3) < 40 and np.median(length) > 4
    radius = np.hypot(*(found[0] - 128.5).T)
    assert abs(radius - 256 / 3).max() < 3


def test_an_outline_is_drawn_whatever_the_contrast():
    picture = np.full((128, 128, 3), 255, np.uint8)  # white on white
    mask = np.zeros((128, 128), np.uint8)
    cv2.ellipse(mask, (64, 64), (40, 25), 0, 0, 360, 255, -1)
    assert not contours(picture)
    drawn = draw_lines(contours(picture, outline=mask), 128)
    rim = mask - cv2.erode(mask, np.ones((3, 3), np.uint8))
    assert min(agreement(drawn, rim)) > 0.95


@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_pictures_have_no_contours(value):
    flat = np.full((64, 64, 3), value, np.uint8)
    assert not contours(flat) and not hand_drawn(flat).any()
    for detail in (0, 1.1):
        with pytest.raises(ValueError, match="detail"):
            contours(flat, detail=detail)


def test_thickness_and_smoothing_of_lines():
    line = [np.float32([[10, 20.5], [50, 20.5]])]
    thin, thick = draw_lines(line, 64), draw_lines(line, 64, thickness=3)
    assert thin[20, 10:50].all() and thin.sum() < 42 * 255
    assert thick[19:22, 12:48].all() and not thick[16].any()
    slanted = [np.float32([[5, 5], [60, 33]])]
    assert set(np.unique(draw_lines(slanted, 64))) == {0, 255}
    assert len(np.unique(draw_lines(slanted, 64, smooth=True))) > 4


def test_agreement_counts_what_lies_near():
    one, other = np.zeros((40, 40), np.uint8), np.zeros((40, 40), np.uint8)
    one[10, :20] = 255
    other[12, :] = 255
    assert agreement(one, other) == (1.0, 0.5)
    assert agreement(one, other, reach=1) == (0.0, 0.0)
    assert agreement(one * 0, other) == (1.0, 0.0)


def ring(gap: int) -> np.ndarray:
    """A square line of 100 px, open at the top by some pixels."""
    edges = np.zeros((256, 256), np.uint8)
    cv2.rectangle(edges, (60, 60), (160, 160), 255, 1)
    edges[60, 110 : 110 + gap] = 0
    return edges


@pytest.mark.parametrize("gap, wanted", [(0, 255), (3, 191), (8, 127), (18, 63), (40, 0)])
def test_the_wider_the_gap_the_less_is_enclosed(gap, wanted):
    within = enclosed(ring(gap))
    assert within[130, 90] == wanted
    assert within[130, 30] == within[20, 110] == within[255, 0] == 0
    if gap == 0:  # up to the line, no further, whatever the gaps that are closed
        assert within[60:161, 60:161].min() == 255 and np.count_nonzero(within) == 101**2


def test_a_line_at_the_rim_encloses_nothing_by_the_rim():
    edges = np.zeros((128, 128), np.uint8)
    edges[:, 64] = 255
    assert enclosed(edges)[:, :50].max() == 0 and enclosed(edges)[:, 80:].max() == 0
    cv2.circle(edges, (20, 20), 10, 255, 1)
    assert enclosed(edges)[20, 20] == 255 and enclosed(edges)[20, 40] == 0


def test_bays_that_only_a_wide_gap_would_close_are_outside_where_the_body_is_closed():
    edges = ring(0)
    cv2.line(edges, (160, 80), (220, 80), 255, 1)  # two lines out of the body, 16 px apart
    cv2.line(edges, (160, 96), (220, 96), 255, 1)
    within = enclosed(edges)
    assert within[88, 190] == 63 and stable(edges)[88, 190] == 0
    assert stable(edges)[130, 90] == 255
    alone = enclosed(ring(18))  # nothing is surer than that gap
    assert np.array_equal(stable(alone) > 0, alone > 0) and alone[130, 90] == 63
    nothing = np.zeros((64, 64), np.uint8)
    assert not stable(nothing).any()


def test_a_tail_that_stops_short_of_the_body_is_kept():
    edges = ring(0)
    for y in (80, 90):
        cv2.line(edges, (164, y), (230, y), 255, 1)  # four pixels off the body
    cv2.line(edges, (230, 80), (230, 90), 255, 1)
    within = enclosed(edges)
    assert 0 < within[85, 200] < 255 and stable(edges)[85, 200] == within[85, 200]
    edges[:, 190:] = 0  # now it is short and open at its far end
    assert enclosed(edges)[85, 178] and stable(edges)[85, 178] == 0


def test_a_circle_that_was_not_quite_closed_is_a_body_and_a_touching_bay_is_none():
    edges = ring(0)
    cv2.ellipse(edges, (200, 60), (22, 22), 0, 12, 348, 255, 1)  # a head open by about 9 px
    assert 0 < enclosed(edges)[60, 200] < 255 and stable(edges)[60, 200]
    bay = ring(0)
    cv2.line(bay, (160, 70), (210, 70), 255, 1)  # a tail that turns back to within 3 px of the body
    cv2.line(bay, (210, 70), (210, 150), 255, 1)
    cv2.line(bay, (210, 150), (164, 150), 255, 1)
    cv2.circle(bay, (166, 150), 2, 255, 1)  # and ends in a knob
    assert enclosed(bay)[110, 190] and not stable(bay)[110, 190]
