"""`edit-face` with the shipped networks on a made-up face, and what is wrong in a sentence."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from doodle.cli import main
from doodle.errors import ModelUnavailable
from doodle.registry import Registry
from doodle.requests import EditFace, Faces
from doodle.services.asking import asking
from doodle.services.readiness import editing_faces

ROOT = Path(__file__).resolve().parents[1] / "checkpoints"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A photograph of a made-up face, 200 px wide and turned, and one of nobody."""
    registry = Registry(ROOT, "cpu")
    if missing := editing_faces(registry):
        pytest.skip(missing)
    try:
        with asking(registry) as executor:
            face = executor.submit(Faces(1, seed=6, psi=0.5)).result().pictures[0]
    except ModelUnavailable as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("photographs")
    nobody = np.full((480, 640, 3), 120, np.uint8)
    nobody[::40] = 90
    Image.fromarray(nobody).save(folder / "nobody.png")
    turn = cv2.getRotationMatrix2D((64, 64), 12, 200 / 128)
    turn[:, 2] += (320 - 64, 240 - 64)
    picture = cv2.warpAffine(
        face, turn, (640, 480), nobody.copy(), cv2.INTER_CUBIC, cv2.BORDER_TRANSPARENT
    )
    Image.fromarray(picture).save(folder / "somebody.png")
    return folder


def read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_a_face_is_found_changed_and_put_back(folder, tmp_path):
    before, out = folder / "somebody.png", tmp_path / "gray.png"
    assert main(["edit-face", str(before), "gray hair", "--strength", "2", "--out", str(out)]) == 0
    apart = np.abs(read(out).astype(int) - read(before)).max(axis=2)
    assert apart.shape == (480, 640) and apart[140:340, 220:420].mean() > 2
    assert apart[:, :150].max() == 0 and apart[:, 490:].max() == 0
    with Image.open(out) as picture:
        assert "Edited by a program" in picture.info["Description"]
    square, inverted = (read(tmp_path / f"gray.{kind}.png") for kind in ("aligned", "inverted"))
    assert square.shape == inverted.shape == (128, 128, 3)
    assert np.abs(square.astype(int) - inverted).mean() < 40  # it is the same face, upright


def test_a_folder_is_a_batch_and_pictures_of_nobody_are_named(folder, tmp_path, capsys):
    out = tmp_path / "changed"
    assert main(["edit-face", str(folder), "smiling", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "1 written, 1 skipped" in said.out
    assert "nobody.png" in said.err and "I see no face" in said.err
    assert (out / "somebody.png").exists() and not (out / "nobody.png").exists()


def test_texts_without_meaning_are_said(folder, tmp_path, capsys):
    picture, out = str(folder / "somebody.png"), str(tmp_path / "a.png")
    assert main(["edit-face", picture, "telescope", "--out", out]) == 0
    assert "I learned nothing of faces called" in capsys.readouterr().err
    assert main(["edit-face", picture, "smiling", "old", "--strength", "1", "2", "3", "--out", out])
    assert "2 texts need as many strengths" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"picture": np.zeros((4, 4), np.uint8)}, "uint8 RGB"),
        ({"edits": ()}, "1 to 8 edits"),
        ({"edits": "smiling"}, "list of texts"),
        ({"edits": (("smiling", 9.0),)}, "strength"),
        ({"edits": ((" ", 1.0),)}, "Say what the face"),
        ({"edits": (("x" * 10_000, 1.0),)}, "10,000 characters"),
        ({"edits": (("smiling", float("nan")),)}, "strength"),
        ({"refine": 1000}, "steps"),
    ],
)
def test_a_request_out_of_range_is_said_in_a_sentence(asked, says):
    fields = {"picture": np.zeros((8, 8, 3), np.uint8), "edits": (("smiling", 1.0),)} | asked
    with pytest.raises(ValueError, match=says):
        EditFace(**fields)
