"""What training eats: order, splits, weights, batches."""

from __future__ import annotations

import numpy as np
import pytest
from generated import write_set
from hypothesis import given, settings
from hypothesis import strategies as st

from doodle.data.rasters import balanced, first_part, load_bitmaps
from doodle.data.sketches import (
    CORE_CATEGORIES,
    as_a_visitor,
    augment_widely,
    bucketed,
    canonical_order,
    load_sketches,
    make_batch,
    sampling_weights,
    with_order,
)
from doodle.data.splits import split_of_bitmap, split_of_strokes
from doodle.strokes.formats import from_stroke3, from_stroke5, to_stroke3

SIDES_OF_200 = (185, 7, 8)

SQUARE = np.array([[0, 0], [200, 0], [200, 200], [0, 200], [0, 0]], float)
DASH = np.array([[150, 50], [120, 50]], float)
DOT = np.array([[20, 30]], float)

strokes = st.lists(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=6),
    min_size=1,
    max_size=6,
)


def test_large_strokes_come_first_and_run_from_the_top_left():
    ordered = canonical_order([DOT, DASH, SQUARE[::-1]])
    assert [len(line) for line in ordered] == [5, 2, 1]
    assert ordered[1][0].tolist() == [120, 50]


@settings(max_examples=60, deadline=None)
@given(strokes, st.randoms())
def test_canonical_order_keeps_the_ink_and_forgets_the_given_order(lines, random):
    lines = [np.array(line, float) for line in lines]
    ordered = canonical_order(lines)
    assert sorted(map(len, ordered)) == sorted(map(len, lines))
    points = {tuple(p) for line in lines for p in line}
    assert {tuple(p) for line in ordered for p in line} <= points
    again = canonical_order(ordered)
    assert [len(a) for a in again] == [len(o) for o in ordered]


def test_the_order_flag_says_whose_order_it_is():
    rng = np.random.default_rng(0)
    lines = [DASH, SQUARE, DOT]
    kept, flag = with_order(lines, rng, recorded=True)
    assert flag == 1 and all(a is b for a, b in zip(kept, lines, strict=True))
    flags = [with_order(lines, rng, recorded=False)[1] for _ in range(300)]
    assert 0.15 < np.mean(flags) < 0.35


def test_traced_drawings_and_their_bitmaps_are_on_one_side(tmp_path):
    root = write_set(tmp_path)
    sketches = load_sketches(root)
    bitmaps = load_bitmaps(root, sketches.names)
    traced = ~sketches.recorded
    assert len(bitmaps.split) == traced.sum()
    assert sketches.split[traced].tolist() == bitmaps.split.tolist()
    assert sketches.named.tolist() == sketches.recorded.tolist()


def test_splits_are_fixed_for_ever():
    """Figures in the model cards mean nothing once a drawing changes sides."""
    bitmap = np.arange(784, dtype=np.uint8)
    sides = [split_of_bitmap(np.roll(bitmap, k)) for k in range(200)]
    assert split_of_bitmap(bitmap.reshape(28, 28)) == sides[0]
    assert (sides.count(0), sides.count(1), sides.count(2)) == SIDES_OF_200
    rows = np.array([[1, 2, 0], [3, 4, 1]])
    assert split_of_strokes(rows) == split_of_strokes(rows.astype(np.int64))


def test_missing_data_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="real/ or traced/"):
        load_sketches(tmp_path)
    with pytest.raises(FileNotFoundError, match="bitmaps"):
        load_bitmaps(tmp_path, ["cat"])


def test_sampling_favours_the_core_and_never_leaves_the_train_split(tmp_path):
    data = load_sketches(write_set(tmp_path, ("apple", "zebra")))
    assert "apple" in CORE_CATEGORIES and "zebra" not in CORE_CATEGORIES
    weights = sampling_weights(data, core=CORE_CATEGORIES, core_share=0.8)
    assert weights.sum() == pytest.approx(1) and (weights[data.split != 0] == 0).all()
    assert weights[data.category == 0].sum() == pytest.approx(0.8)


def test_a_batch_is_the_drawings_with_ends(tmp_path):
    data = load_sketches(write_set(tmp_path))
    batch = make_batch(data, np.array([0, 1, 41]), None)
    assert batch.rows.shape == (3, 13, 5) and (batch.rows[..., 2:].sum(axis=2) == 1).all()
    first = to_stroke3(from_stroke3(data.drawing(0)))
    first[0, :2] = 0
    np.testing.assert_allclose(from_stroke5(batch.rows[0]), first)
    again = make_batch(data, np.array([0, 1, 41]), np.random.default_rng(3))
    same = make_batch(data, np.array([0, 1, 41]), np.random.default_rng(3))
    np.testing.assert_array_equal(again.rows, same.rows)
    assert not np.allclose(again.rows, batch.rows)


def test_buckets_hold_neighbours_in_length():
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 90, 640)
    parts = bucketed(lengths, np.arange(640), 64, rng)
    assert sorted(np.concatenate(parts).tolist()) == list(range(640))
    assert np.mean([np.ptp(lengths[part]) for part in parts]) < 20


def test_the_first_part_cuts_the_end_off():
    part = first_part([SQUARE, DASH], 0.5)
    assert sum(map(len, part)) == 4 and np.array_equal(part[0], SQUARE[:4])
    assert sum(map(len, first_part([SQUARE, DASH], 1.0))) == 7


def test_balancing_lifts_the_rare():
    category = np.array([0] * 90 + [1] * 10)
    weights = balanced(category, np.ones(100), 0.5)
    assert weights[category == 1].sum() == pytest.approx(0.25)
    worth = np.where(np.arange(100) % 2, 3.0, 0.0)
    weights = balanced(category, worth, 0.0)
    assert (weights[worth == 0] == 0).all()
    assert weights[category == 1].sum() == pytest.approx(0.5)


def test_a_visitors_drawing_is_the_same_lines_otherwise(sketch_lines):
    for seed in range(60):
        rng = np.random.default_rng(seed)
        changed = as_a_visitor(sketch_lines, rng)
        # mirrored or not, every segment is still there, in whichever order and direction
        assert segments(changed) in (segments(sketch_lines), segments(sketch_lines, flip=True))
        assert len(changed) in (len(sketch_lines), len(sketch_lines) + 1)
    assert as_a_visitor([np.zeros((1, 2))], np.random.default_rng(0))[0].shape == (1, 2)


def segments(lines, flip=False):
    """Unordered pairs of neighbouring points."""
    sign = np.array([-1 if flip else 1, 1])
    return sorted(
        sorted((tuple((a * sign).tolist()), tuple((b * sign).tolist())))
        for line in lines
        for a, b in zip(line[:-1], line[1:], strict=True)
    )


@pytest.fixture
def sketch_lines():
    return [np.array([[0, 0], [90, 0], [90, 60], [0, 60]]), np.array([[10, 10], [30, 12]])]


def test_wide_augmentation_keeps_counts_and_stays_in_its_range(sketch_lines):
    extents = []
    for seed in range(300):
        changed = augment_widely(sketch_lines, np.random.default_rng(seed))
        assert [len(line) for line in changed] == [4, 2]
        points = np.concatenate(changed)
        extents.append(np.ptp(points, axis=0).max() / 90)
    assert 0.55 < min(extents) < 0.75 and 1.4 < max(extents) < 1.95


def test_a_share_of_a_batch_is_varied_and_the_same_for_a_seed(tmp_path):
    data = load_sketches(write_set(tmp_path, ("cat", "moon"), count=40))
    chosen = np.flatnonzero(data.split == 0)[:16]

    def rows(varied):
        return make_batch(data, chosen, np.random.default_rng(3), varied).rows

    assert rows(1.0).shape[1] >= rows(0.0).shape[1]
    np.testing.assert_array_equal(rows(0.5), rows(0.5))
    assert not np.array_equal(rows(0.0)[:, :4], rows(1.0)[:, :4])
