"""Contact sheets of every kind of set, and `data sheet`."""

import numpy as np
import pytest
from PIL import Image
from quickdraw_files import line, polylines, sketchrnn_file, stretched

from doodle.cli import main
from doodle.data.quickdraw import KINDS
from doodle.data.readers import pack, read_packed, write_arrays
from doodle.data.sheets import (
    CELL,
    FIRST_INK,
    LAST_INK,
    PAPER,
    choose_pictures,
    draw,
    enlarge,
    write_sheet,
)


@pytest.fixture
def run(capsys):
    """`data sheet` in this process: (exit code, standard output, standard error)."""

    def call(*arguments):
        code = main(["data", "sheet", *map(str, arguments)])
        return (code, *capsys.readouterr())

    return call


def test_cells_show_ink_in_order_and_grains():
    cell = draw(polylines([[[0, 255], [0, 0]], [[0, 255], [255, 255]]]))
    assert cell.shape == (CELL, CELL, 3)
    assert np.abs(cell[6, CELL // 2] - FIRST_INK).max() < 80
    assert np.abs(cell[-7, CELL // 2] - LAST_INK).max() < 80
    assert (cell[CELL // 2, CELL // 2] == PAPER).all()
    assert (draw([]) == PAPER).all()
    bitmap = np.zeros((28, 28), np.uint8)
    bitmap[3, 5] = 255
    grains = (enlarge(bitmap) == FIRST_INK).all(axis=2)
    assert grains[9:12, 15:18].all() and grains.sum() == 9


@pytest.fixture
def sets(tmp_path, ndjson):
    """A folder a kind of file, two categories each."""
    rows, offsets = pack([polylines(stretched(-3 * k)) for k in range(30)])
    bitmaps = np.random.default_rng(0).integers(0, 256, (30, 784), np.uint8)
    for name in ("cat", "dog"):
        write_arrays(tmp_path / "real" / f"{name}.npz", strokes=rows, offsets=offsets)
        write_arrays(tmp_path / "bitmaps" / f"{name}.npz", bitmaps=bitmaps)
        for folder in ("numpy_bitmap", "sketchrnn", "simplified"):
            (tmp_path / folder).mkdir(exist_ok=True)
        np.save(tmp_path / "numpy_bitmap" / f"{name}.npy", bitmaps)
        train = [[[0, 0, 0], [k, 9, 1]] for k in range(30)]
        sketchrnn_file(tmp_path / "sketchrnn" / f"{name}.npz", train=train, valid=[], test=[])
        text = "".join(line(stretched(-3 * k)) + "\n" for k in range(30))
        (tmp_path / "simplified" / f"{name}.ndjson").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "folder", sorted({kind.official for kind in KINDS.values()} | {"real", "bitmaps"})
)
def test_a_sheet_of_every_kind_of_set(run, sets, folder):
    output = sets / "out" / "sheet.png"
    code, out, err = run(sets / folder, "--n", 14, "--output", output)
    assert (code, err) == (0, "") and out.startswith("28 drawings")
    with Image.open(output) as picture:
        assert picture.height == 4 * (CELL + 6) + 6  # two categories, two rows each
        first = picture.tobytes()
    write_sheet(sets / folder, output, n=14)
    with Image.open(output) as picture:
        assert picture.tobytes() == first, "the same seed, the same sheet"
    write_sheet(sets / folder, output, n=14, seed=1)
    with Image.open(output) as picture:
        assert picture.tobytes() != first
    assert write_sheet(sets / folder, output, n=99, names=["dog"]) == 30


def test_no_drawing_is_chosen_twice(sets):
    pictures = choose_pictures(sets / "real" / "cat.npz", 30, np.random.default_rng(0))
    assert len({picture.tobytes() for picture in pictures}) == 30


def test_a_sheet_of_one_file(sets):
    assert write_sheet(sets / "cat.ndjson", sets / "sheet.png") == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("real", "--n", "0"), "at least 1"),
        ((".",), "in one of"),
        (("nowhere",), "no file or"),
        (("real", "--categories", "fish"), "no fish"),
        (("real", "--n", "9999999"), "too many"),
        (("note.txt",), "is no .ndjson"),
        (("empty",), "no drawings"),
    ],
)
def test_what_cannot_be_shown_is_one_line(run, sets, monkeypatch, arguments, says):
    monkeypatch.chdir(sets)
    (sets / "cat.ndjson").unlink()
    (sets / "note.txt").write_text("hello")
    (sets / "empty").mkdir()
    code, out, err = run(*arguments, "--output", "sheet.png")
    assert (code, out, err.count("\n")) == (2, "", 1) and says in err


def test_outside_sets_can_be_read_and_shown(outside_data, tmp_path):
    root = outside_data / "quickdraw"
    for folder in ("real", "traced", "bitmaps"):
        assert write_sheet(root / folder, tmp_path / "x.png", n=3, names=["cat", "sun"]) == 6
    packed = read_packed(root / "real" / "cat.npz")
    lines = packed.polylines(0)
    points = np.concatenate(lines)
    assert points.min() >= 0 and points.max() <= 255
    again = pack([lines])
    start, end = packed.offsets[:2]
    assert np.array_equal(again.rows, packed.rows[start:end])
