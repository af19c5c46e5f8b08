"""Tracing against pictures whose lines are known, and against the official bitmaps."""

import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doodle.strokes.geometry import arc_length
from doodle.strokes.raster import rasterize
from doodle.strokes.skeleton import strokes_of, thin
from doodle.strokes.trace import trace

ANGLE = np.linspace(0, 2 * np.pi, 60)


def drawn(lines, size=128, width=4.0):
    """Ink 255 on 0."""
    return rasterize([np.asarray(line, dtype=float) for line in lines], size, line_width=width)


def distance(points, line):
    """Of each point to the nearest of many points along a line."""
    dense = [
        a + (b - a) * t for a, b in zip(line, line[1:], strict=False) for t in np.linspace(0, 1, 50)
    ]
    dense = np.array(dense or line)
    return np.hypot(*(points[:, None] - dense[None]).transpose(2, 0, 1)).min(axis=1)


def apart(one, other):
    """Largest distance of either line to the other."""
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return max(distance(one, other).max(), distance(other, one).max())


def test_a_line_comes_back():
    truth = np.array([[20.0, 20], [70, 100], [110, 30]])
    (line,) = trace(drawn([truth]))
    assert apart(line, truth) < 2.5  # the corner is rounded a little
    assert len(line) <= 8


@pytest.mark.parametrize("size", [28, 64, 128, 512])
def test_sizes_and_the_middle_of_pixels(size):
    truth = np.array([[0.2, 0.3], [0.8, 0.3]]) * size
    (line,) = trace(drawn([truth], size, max(1.5, size / 40)))
    assert np.abs(line[:, 1] - 0.3 * size).max() < 0.012 * size + 0.05
    assert sorted(line[[0, -1], 0]) == pytest.approx([0.2 * size, 0.8 * size], abs=0.03 * size)


def test_a_ring_is_one_closed_stroke():
    circle = 64 + 40 * np.column_stack([np.cos(ANGLE), np.sin(ANGLE)])
    (line,) = trace(drawn([circle]))
    np.testing.assert_array_equal(line[0], line[-1])
    assert np.abs(np.hypot(*(line - 64).T) - 40).max() < 1
    assert 10 <= len(line) <= 60


def test_crossings_go_straight_on():
    cross = [np.array([[20.0, 30], [110, 90]]), np.array([[25.0, 100], [105, 20]])]
    lines = trace(drawn(cross))
    assert len(lines) == 2
    for truth in cross:
        assert min(apart(line, truth) for line in lines) < 1.5


def test_a_loop_is_one_stroke():
    t = np.linspace(-1.35, 1.35, 80)[:, None]
    alpha = np.hstack([64 + 36 * (t**3 - t), 80 - 40 * (t**2 - 0.5)])
    (line,) = trace(drawn([alpha], width=3))
    assert apart(line, alpha) < 2


def test_a_branch_ends_on_the_line_it_leaves():
    bar, leg = np.array([[20.0, 30], [110, 30]]), np.array([[60.0, 30], [60, 110]])
    first, second = trace(drawn([bar, leg]))
    assert apart(first, bar) < 1.5
    assert apart(second, leg) < 2.5


def test_a_ring_is_closed_through_crossings():
    circle = 64 + 40 * np.column_stack([np.cos(ANGLE), np.sin(ANGLE)])
    lines = trace(drawn([circle, [[10.0, 64], [118, 64]]]))
    assert len(lines) == 2
    ring = max(lines, key=len)
    assert np.hypot(*(ring[0] - ring[-1])) == 0
    assert apart(ring, circle) < 1.5


@pytest.mark.parametrize("radius", [20, 27, 33, 41])
def test_a_ring_is_smooth_where_it_closes(radius):
    circle = 128 + radius * np.column_stack([np.cos(ANGLE), np.sin(ANGLE)])
    (line,) = trace(drawn([circle], 256, 9))
    before, after = line[0] - line[-2], line[1] - line[0]
    turn = np.arctan2(before[0] * after[1] - before[1] * after[0], before @ after)
    assert abs(np.rad2deg(turn)) < 45 and abs(np.hypot(*(line[0] - 128)) - radius) < 0.35


def test_pixels_are_counted_from_their_corner():
    flat, upright = [[40.0, 100.5], [260, 100.5]], [[200.5, 140.0], [200.5, 280]]
    one, other = trace(drawn([flat, upright], 300, 5))
    assert one[:, 1].mean() == pytest.approx(100.5, abs=0.2)
    assert other[:, 0].mean() == pytest.approx(200.5, abs=0.2)


def test_rough_edges_are_no_twigs():
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (512, 512)), (0, 0), 2)  # of a dry brush
    cover = cv2.GaussianBlur(drawn([[[60.0, 150], [440, 300]]], 512, 24) / 255.0, (0, 0), 3)
    (line,) = trace(np.uint8(cover + 1.2 * grain / np.ptp(grain) > 0.5) * 255)
    assert len(line) < 12


def test_a_staircase_of_pixels_is_one_line():
    skeleton = np.zeros((40, 40), np.uint8)
    steps = np.arange(5, 30)
    skeleton[steps, steps] = skeleton[steps, steps + 1] = 1
    (line,) = strokes_of(skeleton, skeleton.astype(np.float32), 1.0)
    assert len(line) == 50


def test_dots_and_specks():
    ink = drawn([[[60.0, 60], [400, 60]], [[200.0, 300]]], 512, 12)
    ink[400:404, 400:404] = 255  # far smaller than the pen
    line, dot = trace(ink)
    assert len(dot) == 1
    assert np.abs(dot[0] - (200, 300)).max() < 1
    assert len(line) == 2


def test_filled_areas_become_outlines():
    ink = drawn([[[10.0, 10], [118, 10]]], width=4)
    cv2.circle(ink, (64, 70), 30, 255, -1)
    lines = trace(ink)
    ring = max(lines, key=lambda line: arc_length(line)[-1])
    radius = np.hypot(*(ring - 64.5 - (0, 6)).T)
    assert 25 < radius.min() and radius.max() < 31


@pytest.mark.parametrize("channels", [1, 3])
def test_ink_may_be_dark_or_light(channels):
    truth = np.array([[20.0, 20], [70, 100], [110, 30]])
    ink = drawn([truth])
    for picture in (ink, 255 - ink):
        picture = np.repeat(picture[..., None], 3, axis=2) if channels == 3 else picture
        (line,) = trace(picture)
        assert apart(line, truth) < 2.5


def test_pale_colours_count_in_full():
    ink = drawn([[[20.0, 64], [110, 64]]])[..., None] / 255.0
    # grey this yellow is paper, in blue it is not
    yellow = np.uint8(255 - ink * (255 - np.array([255, 255, 120])))
    (line,) = trace(yellow)
    assert np.abs(line[:, 1] - 64).max() < 1


def photograph(lines, seed, *, paper=(235, 228, 210), ink=(45, 45, 60), width=4.0):
    """Uneven light with a shadow, grain, blur and JPEG, 400 px."""
    rng = np.random.default_rng(seed)
    cover = drawn(lines, 400, width)[..., None] / 255.0
    y, x = np.mgrid[:400, :400] / 400
    angle = rng.uniform(0, 2 * np.pi)
    light = 0.62 + 0.38 * np.clip(0.5 + (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle), 0, 1)
    light *= 1 - 0.35 * np.exp(-((x - rng.random()) ** 2 + (y - rng.random()) ** 2) / 0.05)
    picture = (np.array(paper) * (1 - cover) + np.array(ink) * cover) * light[..., None]
    picture += rng.normal(0, 5, picture.shape)
    picture += cv2.GaussianBlur(rng.normal(0, 12, (400, 400)), (0, 0), 2)[..., None]
    picture = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.9), 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], 1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "paper",
    [
        {},
        {"ink": (125, 122, 120), "width": 2.5},  # pencil
        {"paper": (50, 70, 60), "ink": (230, 230, 220)},  # chalk
    ],
    ids=["pen", "pencil", "chalk"],
)
def test_photographed_paper(seed, paper):
    circle = 200 + 120 * np.column_stack([np.cos(ANGLE), np.sin(ANGLE)])
    truth = [circle, np.array([[140.0, 160], [170, 165]]), np.array([[150.0, 260], [250, 250]])]
    lines = trace(photograph(truth, seed, **paper))
    assert len(lines) == 3
    for line in truth:
        assert min(apart(found, line) for found in lines) < 6


def test_empty_paper_has_no_lines():
    for level in (0, 128, 255):
        assert trace(np.full((64, 64), level, np.uint8)) == []
    assert trace(photograph([], 0)) == []
    faint = 255 - drawn([[[20.0, 64], [110, 64]]]) // 20
    assert trace(faint) == []


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(8, 90), st.integers(8, 90), st.floats(0, 1))
def test_any_picture_can_be_traced(seed, height, width, density):
    rng = np.random.default_rng(seed)
    ink = (rng.random((height, width)) < density).astype(np.uint8) * 255
    ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.1, 3))
    for line in trace(ink):
        assert len(line) and np.isfinite(line).all()
        assert line.min() > -2 and (line.max(axis=0) < (width + 2, height + 2)).all()


def test_wrong_arrays_are_named():
    for bad in (np.zeros((64, 64)), np.zeros((64, 64, 4), np.uint8), np.zeros((4, 64), np.uint8)):
        with pytest.raises(ValueError, match="uint8|pixels"):
            trace(bad)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_skeletons_are_thin_and_as_connected_as_the_ink(seed):
    rng = np.random.default_rng(seed)
    ink = cv2.GaussianBlur(rng.random((60, 60)).astype(np.float32), (0, 0), 2) > 0.5
    ink = np.pad(ink.astype(np.uint8), 1)
    skeleton = thin(ink)
    assert not (skeleton & (1 - ink)).any()
    assert cv2.connectedComponents(ink)[0] == cv2.connectedComponents(skeleton)[0]
    squares = cv2.filter2D(
        skeleton, -1, np.ones((3, 3), np.float32), borderType=cv2.BORDER_CONSTANT
    )
    assert squares.max() <= 7  # nothing solid is left


def test_a_large_picture_is_quick():
    rng = np.random.default_rng(0)
    ink = drawn([rng.uniform(20, 490, (12, 2)) for _ in range(4)], 512, 5)
    started = time.process_time()
    assert trace(ink)
    assert time.process_time() - started < 2  # some 0.1 s


def test_retraced_official_bitmaps(outside_data):
    """Re-rendering where it was traced gives the bitmap back, to a few grey levels."""
    error, overlap = [], []
    for category in ("cat", "bicycle", "clock", "castle", "fish", "hand"):
        with np.load(outside_data / "quickdraw" / "bitmaps" / f"{category}.npz") as file:
            bitmaps = file["bitmaps"][:6].reshape(-1, 28, 28)
        for bitmap in bitmaps:
            again = rasterize(trace(bitmap), 28, line_width=16 * 28 / 304)
            error.append(np.abs(again.astype(float) - bitmap).mean())
            overlap.append(((again > 127) & (bitmap > 127)).sum() / ((again | bitmap) > 127).sum())
    assert np.mean(error) < 9.5
    assert np.mean(overlap) > 0.78
