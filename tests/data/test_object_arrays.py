"""Object arrays are read from every protocol that numpy wrote, and nothing in them is ever run."""

import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from doodle.data.object_arrays import read_object_array, read_object_npz

ROWS = npst.arrays(np.int16, st.tuples(st.integers(0, 6), st.just(3)))


def objects(items) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def stream(content: bytes, shape: tuple[int, ...]) -> io.BytesIO:
    """A .npy stream of an object array with this pickle in it."""
    file = io.BytesIO()
    head = {"descr": "|O", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, head)
    file.write(content)
    file.seek(0)
    return file


def python2_pickle(items) -> bytes:
    """What Python 2's numpy writes: protocol 2 with byte strings, the dtype memoised."""

    def text(value: bytes) -> bytes:
        if len(value) < 256:
            return b"U" + bytes([len(value)]) + value
        return b"T" + struct.pack("<i", len(value)) + value

    def number(value: int) -> bytes:
        return b"K" + bytes([value]) if 0 <= value < 256 else b"J" + struct.pack("<i", value)

    def array(shape, dtype, content):
        made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
        size = b"(" + b"".join(number(n) for n in shape) + b"t"
        return made + b"(K\x01" + size + dtype + b"\x89" + content + b"tb"

    tail = b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK"
    plain = b"cnumpy\ndtype\n(U\x02i2K\x00K\x01tR(K\x03U\x01<" + tail + b"\x00tbq\x07"
    boxed = b"cnumpy\ndtype\n(U\x02O8K\x00K\x01tR(K\x03U\x01|" + tail + b"\x3ftb"
    inner = [
        array(item.shape, b"h\x07" if i else plain, text(item.astype("<i2").tobytes()))
        for i, item in enumerate(items)
    ]
    return b"\x80\x02" + array((len(items),), boxed, b"](" + b"".join(inner) + b"e") + b"."


def same(got, wanted):
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape and (a == b).all()


@settings(deadline=None)
@given(st.lists(ROWS, max_size=4), st.sampled_from([2, 3, 4]))
def test_every_protocol_of_numpy(items, protocol):
    content = pickle.dumps(objects(items), protocol=protocol)
    same(read_object_array(stream(content, (len(items),))), items)


def test_files_of_python_2():
    items = [np.arange(3 * n, dtype=np.int16).reshape(n, 3) - 5 for n in (1, 2, 60, 300)]
    content = python2_pickle(items)
    same(pickle.loads(content, encoding="latin1"), items)  # that it is what Python 2 wrote
    same(read_object_array(stream(content, (4,))), items)


def test_fortran_order_and_other_byte_orders():
    items = [np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(4, dtype=">i2")]
    got = read_object_array(stream(pickle.dumps(objects(items), protocol=4), (2,)))
    assert (got[0] == items[0]).all() and (got[1] == items[1]).all()


def test_plain_and_object_arrays_of_a_npz(tmp_path):
    items = [np.zeros((2, 3), np.int16), np.ones((5, 3), np.int16)]
    grid = np.asfortranarray(np.arange(6).reshape(2, 3))
    np.savez_compressed(tmp_path / "x.npz", train=objects(items), grid=grid)
    arrays = read_object_npz(tmp_path / "x.npz")
    same(arrays["train"], items)
    assert (arrays["grid"] == grid).all()


class Evil:
    """Unpickled, it makes a folder."""

    def __init__(self, folder) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("protocol", [2, 4])
def test_nothing_is_ever_run(tmp_path, protocol):
    content = pickle.dumps(objects([Evil(tmp_path / "made")]), protocol=protocol)
    with pytest.raises(ValueError, match="a call of posix.mkdir|a call of nt.mkdir"):
        read_object_array(stream(content, (1,)))
    assert not (tmp_path / "made").exists()
    pickle.loads(content)
    assert (tmp_path / "made").exists(), "the test has no teeth"


@pytest.mark.parametrize(
    "item",
    [
        "text",
        7,
        [np.zeros(3)],
        {"a": 1},
        None,
        np.array(["a"]),
        np.zeros(2, "M8[s]"),
        np.zeros(2, [("x", "i2")]),
    ],
)
def test_anything_but_numbers_is_refused(item):
    with pytest.raises(ValueError):
        read_object_array(stream(pickle.dumps(objects([item]), protocol=4), (1,)))


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_broken_streams_give_valueerror(noise, cut):
    content = pickle.dumps(objects([np.zeros((2, 3), np.int16)] * 2), protocol=4)
    for broken in (noise, content[:cut], content[:cut] + noise):
        try:
            read_object_array(stream(broken, (2,)))
        except ValueError:
            pass


def test_a_broken_npz_is_named(tmp_path):
    path = tmp_path / "cat.npz"
    np.savez_compressed(path, train=objects([np.zeros((400, 3), np.int16)]))
    whole = path.read_bytes()
    half = len(whole) // 2
    for broken in (whole[:half], whole[:60] + b"\xff" * (half - 60) + whole[half:]):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="cat.npz is no .npz"):
            read_object_npz(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.npy", b"not npy")
    with pytest.raises(ValueError, match="cat.npz is no .npz"):
        read_object_npz(path)
