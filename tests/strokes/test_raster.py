"""Ink: moves with the drawing, weighs what its width says, agrees with the official bitmaps."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap, rasterize

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DOODLE_DATA", ROOT.parent / "shared" / "data")) / "quickdraw"

points = st.tuples(st.integers(8, 24), st.integers(8, 24))
drawings = st.lists(
    st.lists(points, min_size=1, max_size=6).map(lambda line: np.array(line, dtype=float)),
    max_size=4,
)


@settings(deadline=None)
@given(drawings, st.integers(-4, 4), st.integers(-4, 4), st.sampled_from([1.0, 2.5, 4.0]))
def test_moving_by_whole_pixels_moves_the_picture(drawing, dx, dy, width):
    still = rasterize(drawing, 32, line_width=width)
    moved = rasterize([line + (dx, dy) for line in drawing], 32, line_width=width)
    np.testing.assert_array_equal(moved, np.roll(still, (dy, dx), axis=(0, 1)))


@settings(deadline=None)
@given(drawings)
def test_ink_is_where_the_lines_are(drawing):
    ink = rasterize(drawing, 32, line_width=2.0)
    assert ink.shape == (32, 32) and ink.dtype == np.uint8
    assert (ink.max() > 0) == bool(drawing)
    for line in drawing:
        for x, y in line.astype(int):
            assert ink[y - 1 : y + 1, x - 1 : x + 1].min() > 100
    away = np.ones_like(ink)
    for line in drawing:
        shifted = np.round(line * 16).astype(np.int32)
        cv2.polylines(away, [np.repeat(shifted, 2, axis=0)], False, 0, 6, cv2.LINE_8, 4)
    assert not ink[away > 0].any()


@pytest.mark.parametrize("size", [28, 64, 128, (256, 100)])
@pytest.mark.parametrize("width", [1.5, 3.0, 5.2])
def test_a_line_weighs_its_width(size, width):
    flat = rasterize([np.array([[2.0, 14.3], [26.0, 14.3]])], size, line_width=width)
    assert flat[:, 14].sum() / 255 == pytest.approx(width, rel=0.03 if size in (28, 64) else 0.08)
    rows = np.arange(flat.shape[0]) + 0.5
    assert (flat[:, 14] * rows).sum() / flat[:, 14].sum() == pytest.approx(14.3, abs=0.15)


def test_an_official_line_weighs_374_grey_levels():
    # across every straight level line of the published bitmaps of square, door, envelope, ...
    square = [np.array([[0.0, 0], [255, 0], [255, 255], [0, 255], [0, 0]])]
    columns = quickdraw_bitmap(square)[:, 10:18].sum(axis=0)
    np.testing.assert_allclose(columns, 2 * 374, rtol=0.03)


def test_the_official_frame():
    ink = quickdraw_bitmap([np.array([[0.0, 0], [255, 0], [255, 255], [0, 255], [0, 0]])])
    filled = np.flatnonzero(ink.max(axis=0) > 20)
    # padding 16 and half of 304 - 255 - 2 * 16 - 16: ink from 1.5 px to 26.5 px
    assert (filled[0], filled[-1]) == (1, 26)
    np.testing.assert_array_equal(ink, ink[::-1])
    np.testing.assert_array_equal(ink, ink.T)
    thin = quickdraw_bitmap([np.array([[0.0, 0], [0, 255]])])
    assert thin[:, 13:15].sum() == thin.sum()  # centred, not stretched
    assert not quickdraw_bitmap([]).any()


def test_one_point_is_a_round_dot():
    ink = rasterize([np.array([[16.0, 16.0]])], 32, line_width=6)
    assert ink.sum() / 255 == pytest.approx(np.pi * 9, rel=0.12)
    assert (ink[0] == 0).all() and ink[16, 16] == 255


def test_agrees_with_official_bitmaps():
    """Traced drawings are only near their bitmaps; the best of them are near enough to judge."""
    apart = []
    for category in ("apple", "circle", "square", "triangle", "line"):
        files = [DATA / folder / f"{category}.npz" for folder in ("traced", "bitmaps")]
        if not all(path.is_file() for path in files):
            pytest.skip(f"no Quick, Draw! data in {DATA}; name its folder in DOODLE_DATA")
        with np.load(files[0]) as traced, np.load(files[1]) as official:
            rows, offsets = traced["strokes"], traced["offsets"]
            bitmaps = official["bitmaps"].reshape(-1, 28, 28).astype(float)
            error = traced["err"].astype(float)
            linked = np.flatnonzero((traced["bitmap"] >= 0) & (error >= 0))
            for index in linked[np.argsort(error[linked])[:10]]:
                ours = quickdraw_bitmap(from_stroke3(rows[offsets[index] : offsets[index + 1]]))
                apart.append(np.abs(ours - bitmaps[traced["bitmap"][index]]).mean())
    assert np.median(apart) < 4.2  # grey levels; 4.0, and 4.4 with lines a tenth too wide
