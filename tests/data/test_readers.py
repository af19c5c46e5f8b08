"""Readers of Quick, Draw! files, and the packed form."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quickdraw_files import CAT, equal, line, polylines, shifted, sketchrnn_file

from doodle.data.download import is_whole
from doodle.data.readers import (
    pack,
    read_bitmaps,
    read_ndjson,
    read_packed,
    read_record_at,
    read_sketchrnn,
    write_arrays,
)

POINT = st.tuples(st.integers(0, 255), st.integers(0, 255))
LINES = st.lists(st.lists(POINT, min_size=1, max_size=6), max_size=4)


# -- official files --------------------------------------------------------------------------------


def test_simplified_ndjson(ndjson):
    records = list(read_ndjson(ndjson))
    assert [r.key_id for r in records] == [2**63, 2**63 + 1, 2**63 + 2]
    assert [r.recognized for r in records] == [True, False, True]
    assert records[0].word == "cat" and records[0].times is None
    assert equal(records[0].strokes, polylines(CAT))
    assert equal(records[2].simplified(), polylines(shifted(-2)))
    assert len(list(read_ndjson(ndjson, limit=2))) == 2


def test_raw_ndjson_is_simplified_as_google_does(tmp_path):
    xs, ys = [100.5, 150.25, 200.5, 510.5], [50.0, 50.0, 50.0, 50.0]
    path = tmp_path / "cat.ndjson"
    path.write_text(line([[xs, ys, [0, 10, 20, 31]], [[300.5], [255.0], [40]]]))
    (record,) = read_ndjson(path)
    assert [t.tolist() for t in record.times] == [[0, 10, 20, 31], [40]]
    first, second = record.simplified()
    # top left, longer side 255, the points between the ends of a straight line left out
    assert np.allclose(first, [[0, 0], [255, 0]], atol=0.5)
    assert np.allclose(second, [[200 * 255 / 410, 205 * 255 / 410]], atol=1)


def test_fields_that_are_missing_are_not_made_up(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_text(json.dumps({"drawing": CAT}))
    (record,) = read_ndjson(path)
    assert (record.word, record.key_id, record.recognized) == ("", 0, None)


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "[]",
        "7",
        "{}",
        line([[[1, 2], [3]]]),
        line([[[1, 2]]]),
        line(None),
        line([["a", "b"]]),
        line([[[1], [2], [3, 4]]]),
        line(key_id="x"),
        line([[[None], [1]]]),
        '{"drawing": [[[NaN], [1]]]}',
        line([[[[1]], [[2]]]]),
        line([[[1e400], [1]]]),
        line(key_id=[]),
    ],
)
def test_a_broken_line_is_named(tmp_path, wrong):
    path = tmp_path / "cat.ndjson"
    path.write_text(line() + "\n" + wrong + "\n")
    records = read_ndjson(path)
    next(records)
    with pytest.raises(ValueError, match=r"cat\.ndjson, line 2, is no drawing"):
        next(records)
    with pytest.raises(ValueError, match="is no drawing"):
        read_record_at(path, len(line()) + 1)


def test_sketchrnn_files(tmp_path):
    path = tmp_path / "cat.npz"
    rows = [[[5, 5, 0], [10, -3, 1]], [[0, 0, 1]], [[1, 2, 1]]]
    sketchrnn_file(path, train=rows[:1], valid=rows[1:2], test=rows[2:])
    splits = read_sketchrnn(path)
    assert [list(splits)] + [d[0].tolist() for d in splits.values()] == [
        ["train", "valid", "test"],
        *rows,
    ]
    sketchrnn_file(path, train=rows[:1], valid=[])
    with pytest.raises(ValueError, match="has no test drawings"):
        read_sketchrnn(path)
    sketchrnn_file(path, train=[[1, 2, 3]], valid=[], test=[])
    with pytest.raises(ValueError, match="no stroke-3"):
        read_sketchrnn(path)


def test_official_bitmaps_whole_and_cut_off(tmp_path):
    bitmaps = np.random.default_rng(0).integers(0, 256, (5, 784), np.uint8)
    path = tmp_path / "cat.npy"
    np.save(path, bitmaps)
    assert np.array_equal(read_bitmaps(path), bitmaps)
    assert np.array_equal(read_bitmaps(path, 2), bitmaps[:2])
    path.write_bytes(path.read_bytes()[: -784 - 100])
    assert np.array_equal(read_bitmaps(path), bitmaps[:3])
    write_arrays(tmp_path / "cat.npz", bitmaps=bitmaps)
    assert np.array_equal(read_bitmaps(tmp_path / "cat.npz", 4), bitmaps[:4])


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 783), np.uint8), np.zeros((2, 784), np.int16), np.zeros(784, np.uint8)]
)
def test_other_arrays_are_no_bitmaps(tmp_path, wrong):
    np.save(tmp_path / "cat.npy", wrong)
    with pytest.raises(ValueError, match="no bitmaps"):
        read_bitmaps(tmp_path / "cat.npy")
    write_arrays(tmp_path / "cat.npz", bitmaps=wrong)
    with pytest.raises(ValueError, match="no bitmaps"):
        read_bitmaps(tmp_path / "cat.npz")


def test_columns_first_is_not_mistaken_for_rows_first(tmp_path):
    np.save(tmp_path / "cat.npy", np.zeros((2, 784), np.uint8, order="F"))
    with pytest.raises(ValueError, match="no bitmaps"):
        read_bitmaps(tmp_path / "cat.npy")


# -- packed ----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(LINES, max_size=4))
def test_packing_loses_nothing(drawings):
    packed = pack([[np.array(points, np.float32) for points in lines] for lines in drawings])
    assert packed.rows.dtype == np.int16 and packed.n == len(drawings)
    for i, lines in enumerate(drawings):
        assert equal(packed.polylines(i), [np.array(points) for points in lines])


def test_rounding_does_not_add_up():
    points = np.column_stack([np.arange(200) * 0.4, np.zeros(200)]).astype(np.float32)
    (packed,) = pack([[points]]).polylines(0)
    assert np.abs(packed - points).max() <= 0.5


def test_what_would_overflow_is_refused():
    with pytest.raises(ValueError, match="far outside"):
        pack([[np.array([[0, 0], [40_000, 0]], np.float32)]])


def test_packed_files_are_checked(tmp_path):
    path = tmp_path / "cat.npz"
    rows = np.zeros((3, 3), np.int16)
    write_arrays(path, strokes=rows, offsets=np.array([0, 1, 3]))
    assert read_packed(path).n == 2 and is_whole(path)
    for offsets in ([0, 1, 2], [1, 3], [0, 2, 1, 3], []):
        write_arrays(path, strokes=rows, offsets=np.array(offsets, np.int64))
        with pytest.raises(ValueError, match="offsets|packed"):
            read_packed(path)
    write_arrays(path, bitmaps=rows)
    with pytest.raises(ValueError, match="no .npz file with strokes, offsets"):
        read_packed(path)
    path.write_bytes(b"PK nonsense")
    with pytest.raises(ValueError, match="no .npz file"):
        read_packed(path)
