"""Categories, splits, and `data quickdraw` from a server of this machine."""

import numpy as np
import pytest
from quickdraw_files import line, shifted, sketchrnn_file

from doodle.cli import main
from doodle.data.download import is_whole
from doodle.data.quickdraw import categories, parse_categories
from doodle.data.readers import pack, read_bitmaps, read_packed, write_arrays
from doodle.data.sketches import load_sketches
from doodle.data.splits import SPLITS, split_of_bitmap, split_of_strokes

# -- categories ------------------------------------------------------------------------------------


def test_the_official_categories():
    assert len(categories()) == len(set(categories())) == 345
    assert list(categories()) == sorted(categories())
    assert {"The Eiffel Tower", "aircraft carrier", "t-shirt", "zigzag"} <= set(categories())


def test_categories_are_parsed_or_corrected():
    assert parse_categories("all") == categories()
    assert parse_categories(" Ice  Cream,cat, cat,the eiffel tower") == (
        "ice cream",
        "cat",
        "The Eiffel Tower",
    )
    with pytest.raises(ValueError, match="'elefant' is none of the 345 .*near: elephant"):
        parse_categories("cat,elefant")
    with pytest.raises(ValueError, match="separated by commas"):
        parse_categories(" , ")


# -- splits ----------------------------------------------------------------------------------------


def test_splits_are_the_same_everywhere():
    """Stored numbers: a drawing must not change sides with machine, numpy or Python."""
    rows = [np.array([[k, 0, 0], [1, 2, 1]]) for k in range(200)]
    sides = [split_of_strokes(r) for r in rows]
    assert [k for k, side in enumerate(sides) if side == 2] == [
        6,
        7,
        21,
        36,
        37,
        40,
        44,
        104,
        120,
        123,
        148,
        160,
        194,
        196,
    ]
    assert [k for k, side in enumerate(sides) if side == 1] == [14, 26, 176]
    assert sides == [split_of_strokes(r.astype(np.float32)) for r in rows]
    big_endian = [split_of_strokes(np.asfortranarray(r.astype(">i2"))) for r in rows]
    assert sides == big_endian and len(SPLITS) == 3


def test_a_traced_drawing_is_where_its_bitmap_is(tmp_path):
    rng = np.random.default_rng(3)
    bitmaps = rng.integers(0, 256, (120, 784), np.uint8)
    rows, offsets = pack([[rng.integers(0, 256, (5, 2))] for _ in range(120)])
    link = rng.permutation(120)
    write_arrays(tmp_path / "bitmaps" / "cat.npz", bitmaps=bitmaps)
    write_arrays(tmp_path / "traced" / "cat.npz", strokes=rows, offsets=offsets, bitmap=link)
    wanted = [split_of_bitmap(bitmaps[i]) for i in link]
    assert load_sketches(tmp_path).split.tolist() == wanted and set(wanted) == {0, 1, 2}


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = main(["data", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def get(run, server, tmp_path):
    """`data quickdraw` from the server of this machine."""

    def call(*arguments):
        options = ("--output", tmp_path / "qd", "--source", server.url("/bucket/"))
        return run("quickdraw", *arguments, *options)

    return call


def test_downloads_strokes_that_training_reads(get, server, tmp_path, ndjson):
    name = "The Eiffel Tower"
    server.files["/bucket/full/simplified/The%20Eiffel%20Tower.ndjson"] = ndjson.read_bytes()
    code, out, err = get("--categories", name)
    root = tmp_path / "qd"
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"{name}: 3 drawings in {root / 'real' / name}.npz"
    assert "CC BY 4.0" in out
    assert (root / "simplified" / f"{name}.ndjson").read_bytes() == ndjson.read_bytes()
    assert is_whole(root / "simplified" / f"{name}.ndjson") and is_whole(root / f"real/{name}.npz")
    data = load_sketches(root, points=(1, 99))
    assert data.names == (name,) and len(data) == 3 and data.recorded.all()
    assert data.drawing(0).tolist() == [
        [0, 20, 0],
        [60, 70, 0],
        [195, -90, 1],
        [-225, 40, 0],
        [20, 1, 1],
    ]
    with np.load(root / "real" / f"{name}.npz") as z:
        assert z["key_id"].tolist() == [2**63, 2**63 + 1, 2**63 + 2]
        assert z["recognized"].tolist() == [1, 0, 1]
    (root / "simplified" / f"{name}.ndjson").unlink()
    get("--categories", name)
    assert len(server.paths) == 1, "what is packed is not fetched again"


def test_a_limit_fetches_the_beginning_and_more_later(get, server, tmp_path):
    lines = [line(shifted(-k % 200), key_id=str(k)) for k in range(9000)]
    body = ("\n".join(lines) + "\n").encode()
    server.files["/bucket/full/simplified/cat.ndjson"] = body
    packed = tmp_path / "qd" / "real" / "cat.npz"
    part = tmp_path / "qd" / "simplified" / "cat.ndjson.part"
    assert get("--categories", "cat", "--limit", 10)[1].startswith("cat: 10 drawings")
    first = part.stat().st_size
    assert first < len(body) / 2 and read_packed(packed).n == 10
    assert get("--categories", "cat", "--limit", 12)[1].startswith("cat: 12 drawings")
    assert len(server.paths) == 1
    assert get("--categories", "cat", "--limit", 4000)[1].startswith("cat: 4,000 drawings")
    assert server.ranges[1] == f"bytes={first}-" and part.stat().st_size < len(body)
    assert get("--categories", "cat")[1].startswith("cat: 9,000 drawings")
    with np.load(packed) as z:
        assert z["key_id"].tolist() == list(range(9000))
    assert not part.exists()
    assert get("--categories", "cat", "--limit", 5)[1].startswith("cat: 5 drawings")


def test_downloads_bitmaps_with_and_without_a_limit(get, server, tmp_path):
    bitmaps = np.random.default_rng(0).integers(0, 256, (2000, 784), np.uint8)
    np.save(tmp_path / "cat.npy", bitmaps)
    server.files["/bucket/full/numpy_bitmap/cat.npy"] = (tmp_path / "cat.npy").read_bytes()
    packed = tmp_path / "qd" / "bitmaps" / "cat.npz"
    get("--categories", "cat", "--kind", "bitmaps", "--limit", 7)
    assert np.array_equal(read_bitmaps(packed), bitmaps[:7])
    assert (tmp_path / "qd/numpy_bitmap/cat.npy.part").stat().st_size < bitmaps.size / 2
    for limit in (334, 335):  # about what one chunk holds
        get("--categories", "cat", "--kind", "bitmaps", "--limit", limit)
        assert np.array_equal(read_bitmaps(packed), bitmaps[:limit])
    get("--categories", "cat", "--kind", "bitmaps")
    assert np.array_equal(read_bitmaps(packed), bitmaps)


def test_downloads_sketchrnn_files_aligned_with_their_split(get, server, tmp_path):
    rows = [[[5, 5, 0], [-10, 3, 1]], [[0, 0, 1]], [[1, 2, 1]]]
    sketchrnn_file(tmp_path / "x.npz", train=rows[:1], valid=rows[1:2], test=rows[2:])
    server.files["/bucket/sketchrnn/cat.npz"] = (tmp_path / "x.npz").read_bytes()
    get("--categories", "cat", "--kind", "sketchrnn")
    packed = read_packed(tmp_path / "qd" / "real" / "cat.npz")
    assert packed.polylines(0)[0].tolist() == [[10, 0], [0, 3]]  # left and top at 0
    with np.load(tmp_path / "qd" / "real" / "cat.npz") as z:
        assert z["split"].tolist() == [0, 1, 2]
    # another kind in the same place is not taken for this one
    server.files["/bucket/full/simplified/cat.ndjson"] = line().encode()
    assert get("--categories", "cat")[1].startswith("cat: 1 drawings")


def test_what_cannot_be_read_is_not_kept(get, server, tmp_path):
    server.files["/bucket/full/simplified/cat.ndjson"] = b"<html>log in to the hotel</html>\n"
    code, out, err = get("--categories", "cat")
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert "line 1, is no drawing" in err and "run the command again" in err
    assert not list((tmp_path / "qd").rglob("cat*"))
    server.files["/bucket/full/simplified/cat.ndjson"] = line().encode()
    assert get("--categories", "cat")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--categories", "unicorn"), "none of the 345"),
        (("--categories", "cat"), "has no http"),
        (("--categories", "cat", "--limit", 0), "at least 1"),
    ],
)
def test_errors_are_one_line(get, arguments, says):
    code, out, err = get(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1) and says in err
