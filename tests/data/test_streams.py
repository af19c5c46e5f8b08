"""Files of drawings read in chunks and written again with fewer rows."""

import io
import json
import zipfile

import numpy as np
import pytest
from quickdraw_files import CAT, line, polylines, shifted

from doodle.data import streams
from doodle.data.download import is_whole
from doodle.data.readers import pack, read_bitmaps, read_packed, write_arrays
from doodle.strokes.raster import quickdraw_bitmap

COUNT = 11


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(streams, "CHUNK", 4)


@pytest.fixture
def bitmaps():
    return np.random.default_rng(0).integers(0, 256, (COUNT, 784), np.uint8)


@pytest.fixture
def drawings():
    return [polylines(shifted(-3 * k)) for k in range(COUNT)]


def everything(file):
    chunks = list(file.pictures())
    assert max(map(len, chunks)) == 4
    return np.concatenate(chunks)


@pytest.mark.parametrize("name", ["cat.npy", "cat.npz"])
def test_bitmaps_survive_in_both_forms(tmp_path, bitmaps, name):
    path = tmp_path / name
    if name.endswith("y"):
        np.save(path, bitmaps)
    else:
        write_arrays(path, bitmaps=bitmaps)
    file = streams.open_drawings(path)
    assert file.count == COUNT
    assert np.array_equal(everything(file).reshape(-1, 784), bitmaps)
    for kept in ([0, 3, 4, 10], [], range(COUNT)):
        kept = np.array(kept, np.int64)
        file.write(tmp_path / "out" / name, kept)
        assert np.array_equal(read_bitmaps(tmp_path / "out" / name), bitmaps[kept])
        assert is_whole(tmp_path / "out" / name)


def test_strokes_take_along_what_belongs_to_each_drawing(tmp_path, drawings):
    rows, offsets = pack(drawings)
    keys = np.arange(COUNT, dtype=np.uint64) + 2**63
    path = tmp_path / "cat.npz"
    write_arrays(
        path,
        strokes=rows,
        offsets=offsets,
        key_id=keys,
        made_of=np.array("strokes"),
        bitmap=np.arange(COUNT, dtype=np.int32) - 1,
    )
    file = streams.open_drawings(path)
    wanted = np.stack([quickdraw_bitmap(lines) for lines in drawings])
    assert np.array_equal(everything(file), wanted)
    assert file.links().tolist() == list(range(-1, COUNT - 1))
    kept = np.array([1, 2, 7, 8, 10])
    file.write(tmp_path / "out.npz", kept, np.array([0, 1, -1, 2, 3]))
    packed = read_packed(tmp_path / "out.npz")
    before = read_packed(path)
    for new, old in enumerate(kept):
        for line_, other in zip(packed.polylines(new), before.polylines(old), strict=True):
            assert np.array_equal(line_, other)
    with np.load(tmp_path / "out.npz", allow_pickle=False) as z:
        assert z["strokes"].dtype == np.int16
        assert z["key_id"].tolist() == keys[kept].tolist()
        assert z["bitmap"].tolist() == [0, 1, -1, 2, 3] and z["bitmap"].dtype == np.int32
        assert str(z["made_of"]) == "strokes"


def test_lines_of_ndjson_stay_as_they_are(tmp_path, drawings):
    lines = [line(shifted(-3 * k), key_id=str(k)) for k in range(COUNT)]
    path = tmp_path / "cat.ndjson"
    path.write_text("\n".join([*lines[:2], "", *lines[2:]]))
    file = streams.open_drawings(path)
    assert file.count == COUNT
    assert np.array_equal(everything(file), np.stack([quickdraw_bitmap(d) for d in drawings]))
    file.write(tmp_path / "out.ndjson", np.array([0, 2, 10]))
    assert (tmp_path / "out.ndjson").read_text().splitlines() == [lines[k] for k in (0, 2, 10)]


def test_a_stop_in_mid_write_leaves_nothing(tmp_path, bitmaps, monkeypatch):
    path = tmp_path / "cat.npz"
    write_arrays(path, bitmaps=bitmaps)
    file = streams.open_drawings(path)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(streams, "_write_header", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.write(tmp_path / "out" / "cat.npz", np.arange(3))
    assert list((tmp_path / "out").iterdir()) == []


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.npy", b""),
        ("a.npy", b"hello"),
        ("a.npz", b"hello"),
        ("a.npy", npy(np.zeros((5, 784), np.float32))),
        ("a.npy", npy(np.zeros((5, 9), np.uint8))),
        ("a.npy", npy(np.zeros((5, 784), np.uint8))[:-1]),
        ("a.npy", npy(np.asfortranarray(np.zeros((5, 784), np.uint8)))),
        ("a.npy", npy(np.array(3, np.uint8))),
        ("a.ndjson", b'{"drawing": 3}\n'),
    ],
)
def test_what_is_no_drawings_is_a_value_error_with_the_path(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=name):
        streams.open_drawings(path).check()


@pytest.mark.parametrize("offsets", [[1, 3, 4], [0, 9, 4], [0, 3], []])
def test_offsets_that_do_not_fit_are_refused(tmp_path, offsets):
    path = tmp_path / "a.npz"
    write_arrays(path, strokes=np.zeros((4, 3), np.int16), offsets=np.array(offsets, np.int64))
    with pytest.raises(ValueError, match="a.npz"):
        streams.open_drawings(path)


def test_spoiled_zip_content_is_a_value_error(tmp_path, bitmaps):
    path = tmp_path / "a.npz"
    np.savez(path, bitmaps=bitmaps)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    assert zipfile.is_zipfile(path)
    with pytest.raises(ValueError, match="a.npz"):
        streams.open_drawings(path).check()


def test_an_empty_drawing_is_an_empty_picture(tmp_path):
    rows, offsets = pack([polylines(CAT), []])
    write_arrays(tmp_path / "a.npz", strokes=rows, offsets=offsets)
    (pictures,) = streams.open_drawings(tmp_path / "a.npz").pictures()
    assert pictures[0].any() and not pictures[1].any()
    (tmp_path / "a.ndjson").write_text(json.dumps({"drawing": []}))
    (pictures,) = streams.open_drawings(tmp_path / "a.ndjson").pictures()
    assert pictures.shape == (1, 28, 28) and not pictures.any()
