"""Divided drawings as pictures: what is there and what is missing make the whole, at its place."""

from __future__ import annotations

import numpy as np
import pytest
from generated import write_set

from doodle.data.completions import divided, load_completions, pair, share_index
from doodle.strokes.wholes import CELL, CELLS, LONGER_SIDE, SHARES

NAMES = ("apple", "cat", "moon")
HOUSE = [
    np.array([(0, 100), (0, 200), (160, 200), (160, 100), (0, 100)], float),
    np.array([(0, 100), (80, 0), (160, 100)], float),
    np.array([(60, 200), (60, 150), (100, 150), (100, 200)], float),
]


def length(lines) -> float:
    return sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines)


def test_dividing_loses_no_ink():
    for seed in range(60):
        begun, missing = divided(HOUSE, np.random.default_rng(seed))
        if begun:
            assert missing
            assert length(begun) + length(missing) == pytest.approx(length(HOUSE), rel=1e-4)
            every = np.concatenate([*begun, *missing])
            for line in HOUSE:
                for point in line:
                    assert np.abs(every - point).max(axis=1).min() < 1e-3


@pytest.mark.parametrize("seed", range(12))
def test_a_pair_is_drawn_at_the_place_that_it_states(seed):
    found = pair(HOUSE, 64, np.random.default_rng(seed))
    if found is None:
        pytest.skip("this seed leaves nothing to divide")
    share, row, column = found.place
    whole = np.maximum(found.begun, found.added)
    rows, columns = (np.flatnonzero((whole > 100).any(axis=axis)) for axis in (1, 0))
    longer = max(np.ptp(rows), np.ptp(columns))
    assert longer == pytest.approx(64 * LONGER_SIDE, rel=0.2)
    begun_rows, begun_columns = (
        np.flatnonzero((found.begun > 100).any(axis=axis)) for axis in (1, 0)
    )
    own = max(np.ptp(begun_rows), np.ptp(begun_columns))
    nearer = [abs(np.log(own / longer / one)) for one in SHARES]
    assert nearer[share] - min(nearer) < 0.2  # lines are wide, so neighbours may change places
    away = [
        (part.min() + part.max() - every.min() - every.max()) / 2 / longer
        for part, every in ((begun_rows, rows), (begun_columns, columns))
    ]
    for value, cell in zip(away, (row, column), strict=True):
        assert abs(value / CELL + CELLS // 2 - cell) < 1.2
    assert found.alone.any() and found.alone.shape == (64, 64)


def test_sizes_are_told_in_octaves():
    assert [share_index(share) for share in SHARES] == list(range(len(SHARES)))
    assert share_index(0.0) == share_index(0.01) == len(SHARES) - 1 and share_index(2.0) == 0


def test_a_folder_of_drawings_becomes_pairs(tmp_path):
    data = write_set(tmp_path, NAMES, count=60)
    found = load_completions(data, NAMES, size=28, without=("moon",), recorded=2, most=500)
    assert len(found) and found.begun.shape == (len(found), 28, 28)
    assert not (found.category == NAMES.index("moon")).any()
    again = load_completions(data, NAMES, size=28, without=("moon",), recorded=2, most=500)
    np.testing.assert_array_equal(found.begun, again.begun)
    fewer = load_completions(data, NAMES, size=28, most=30)
    assert 0 < len(fewer) <= 30


def test_mirrored_pictures_have_mirrored_places(tmp_path):
    found = load_completions(write_set(tmp_path, NAMES, count=60), NAMES, size=28)
    plain = found.some(np.arange(4))
    mirrored = found.some(np.arange(4), np.array([True, False, True, False]))
    np.testing.assert_array_equal(mirrored.begun[0], plain.begun[0, :, :, ::-1])
    np.testing.assert_array_equal(mirrored.added[1], plain.added[1])
    columns = plain.place % CELLS
    np.testing.assert_array_equal(mirrored.place[0] % CELLS, CELLS - 1 - columns[0])
    assert mirrored.place[1] == plain.place[1]
    assert (found.place[0] >= 0).all()  # what is stored stays as it is
    np.testing.assert_array_equal(found.some(np.arange(4)).place, plain.place)
