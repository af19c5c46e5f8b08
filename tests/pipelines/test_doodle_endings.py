"""What a doodle adds to a drawing that it contains: where it lies, what is cut, how ends join."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from doodle.pipelines.doodle_endings import additions, placements, strokes_of
from doodle.strokes.raster import rasterize

SIDE = 28
WALLS = np.array([(6, 14), (6, 25), (20, 25), (20, 14), (6, 14)], float)
ROOF = np.array([(6, 14), (13, 4), (20, 14)], float)
FLAG = np.array([(20, 14), (26, 14)], float)  # on one side alone


def pictures(*drawings: list[np.ndarray]) -> torch.Tensor:
    """(N, 1, SIDE, SIDE) in [0, 1], lines 1.8 px wide as doodles have them."""
    ink = [rasterize(lines, SIDE, line_width=1.8) for lines in drawings]
    return torch.from_numpy(np.stack(ink)).unsqueeze(1).float() / 255


HOUSE = [WALLS, ROOF]
TURN = np.linspace(0, 2 * np.pi, 40)
CIRCLE = [13 + 9 * np.stack([np.cos(TURN), np.sin(TURN)], axis=1)]


def added(ink: torch.Tensor, lines: list[np.ndarray], most: int = 4):
    placed = placements(ink, lines, most)
    return placed, additions(strokes_of(ink, placed), placed, lines, SIDE)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (30.0, 100.0), (0.01, -5.0)])
def test_the_roof_is_added_to_the_walls(scale, shift):
    walls = [WALLS * scale + shift]
    placed, (strokes,) = added(pictures(HOUSE), walls)
    assert placed[0].picture == 0 and placed[0].covered > 0.9
    assert placed[0].scale == pytest.approx(1 / scale, rel=0.15)
    points = (np.concatenate(strokes) - shift) / scale
    assert abs(points[:, 1].min() - 4) < 3 and points[:, 1].max() < 16  # the roof, not the walls
    assert abs(points[:, 0].mean() - 13) < 2


def test_cut_ends_lie_on_the_drawing():
    (strokes,) = added(pictures(HOUSE), [WALLS])[1]
    ends = np.concatenate([stroke[[0, -1]] for stroke in strokes])
    low = ends[ends[:, 1] > 10]  # the others are at the tip
    assert len(low) >= 2 and len(ends) - len(low) in (0, 2)
    sideways, down = np.abs(low[:, :1] - (6, 20)).min(axis=1), np.abs(low[:, 1] - 14)
    assert np.minimum(sideways, down).max() < 0.6


def test_pictures_are_tried_either_way_round():
    mirrored = [line * (-1, 1) + (SIDE, 0) for line in (WALLS, ROOF, FLAG)]
    placed, (strokes,) = added(pictures([WALLS, ROOF, FLAG]), mirrored[:1] + mirrored[2:])
    assert placed[0].flipped and placed[0].covered > 0.9
    assert np.concatenate(strokes)[:, 1].min() < 7


def test_pictures_that_do_not_contain_the_drawing_are_left_out():
    cross = [np.array([(2, 2), (26, 26)], float), np.array([(26, 2), (2, 26)], float)]
    placed, _ = added(pictures(CIRCLE, cross), cross)
    assert [one.picture for one in placed] == [1]


def test_a_doodle_that_holds_nothing_more_adds_nothing():
    (strokes,) = added(pictures([WALLS]), [WALLS])[1]
    assert strokes == []


def test_the_best_fit_comes_first_and_no_more_than_asked_for():
    placed = placements(pictures(CIRCLE, HOUSE, HOUSE), [WALLS], 1)
    assert len(placed) == 1 and placed[0].picture in (1, 2)


@pytest.mark.parametrize(
    "lines",
    [
        [np.array([(5.0, 5.0)])],
        [np.array([(5.0, 5.0), (5.0, 5.0)])],
        [np.array([(0.0, 0), (1e6, 0)])],
    ],
)
def test_drawings_of_a_dot_or_a_line(lines):
    placed, strokes = added(pictures(HOUSE), lines)
    assert len(placed) == len(strokes)
    assert all(np.isfinite(stroke).all() for part in strokes for stroke in part)
