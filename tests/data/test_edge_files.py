"""`data edges`: a folder in, a folder out, resumed, with bad files named."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from generated import write_animals
from PIL import Image

from doodle.cli import main
from doodle.images import letterbox, read_picture
from doodle.strokes.edges import canny


@pytest.fixture
def folder(tmp_path):
    """Photographs in two folders, one of them a TIFF, with two bad files and a table."""
    root = write_animals(tmp_path / "in", count=3)
    Image.fromarray(np.full((30, 50, 3), 90, np.uint8)).save(root / "animals" / "cat" / "x.TIFF")
    (root / "animals" / "cat" / "bad.jpg").write_bytes(b"\xff\xd8\xff broken")
    (root / "animals" / "empty.png").write_bytes(b"")
    (root / "animals" / "index.csv").write_text("a,b\n")
    return root


def edges(*arguments):
    return main(["data", "edges", *map(str, arguments)])


def test_edges_of_a_folder_and_bad_files_are_named(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert edges("--input", folder / "animals", "--output", out, "--size", 64) == 0
    said = capsys.readouterr()
    assert "7 written, 0 there already, 2 skipped" in said.out
    assert said.err.count("skipped") == 2 and "bad.jpg" in said.err and "empty.png" in said.err
    written = cv2.imread(str(out / "fish" / "001.png"), cv2.IMREAD_UNCHANGED)
    photo = read_picture(folder / "animals" / "fish" / "001.jpg", longest=1000)
    assert np.array_equal(written, canny(letterbox(photo, 64))) and written.any()
    assert not list(out.rglob("*.part"))


def test_a_rerun_goes_on_and_other_settings_are_refused(folder, tmp_path, capsys):
    out = tmp_path / "out"
    edges("--input", folder / "animals", "--output", out, "--size", 64)
    gone, kept = out / "cat" / "000.png", out / "cat" / "001.png"
    gone.unlink()
    kept.write_bytes(b"mine")
    capsys.readouterr()
    assert edges("--input", folder / "animals", "--output", out, "--size", 64) == 0
    assert "1 written, 6 there already" in capsys.readouterr().out
    assert gone.exists() and kept.read_bytes() == b"mine"
    assert edges("--input", folder / "animals", "--output", out, "--size", 32) == 2
    assert "other settings" in capsys.readouterr().err


def test_masks_paste_on_white_and_pairs_stand_side_by_side(folder, tmp_path):
    out = tmp_path / "out"
    assert (
        edges(
            "--input",
            folder / "animals",
            "--masks",
            folder / "masks",
            "--output",
            out,
            "--size",
            64,
            "--pairs",
            "--style",
            "hand",
            "--thickness",
            2,
        )
        == 0
    )
    pair = cv2.imread(str(out / "cat" / "000.png"))
    assert pair.shape == (64, 128, 3)
    photo, lines = pair[:, :64], pair[:, 64:]
    assert (photo[:3] > 250).all(), "the ground is white"
    assert not lines[:3].any() and lines.any()
    unmasked = cv2.imread(str(out / "cat" / "001.png"))[:, :64]
    assert (unmasked[:3] < 250).any()


def test_two_files_of_one_name_both_get_edges(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a.png", "a.bmp"):
        Image.fromarray(np.full((20, 20, 3), 90, np.uint8)).save(source / name)
    assert edges("--input", source, "--output", tmp_path / "out") == 0
    assert {p.name for p in (tmp_path / "out").glob("*.png")} == {"a.png.png", "a.bmp.png"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--low", 5), "both low and high"),
        (("--blur", 4), "odd"),
        (("--size", 4), "16 to 4096"),
        (("--sigma", 3), "sigma"),
        (("--style", "hand", "--detail", 0), "detail"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(folder, tmp_path, capsys, arguments, says):
    code = edges("--input", folder / "animals", "--output", tmp_path / "out", *arguments)
    assert code == 2 and says in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_nothing_to_read_is_said(tmp_path, capsys):
    assert edges("--input", tmp_path / "none", "--output", tmp_path / "out") == 2
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"no")
    assert edges("--input", tmp_path / "in", "--output", tmp_path / "out") == 2
    assert "can be read" in capsys.readouterr().err
