"""The shipped networks of faces belong together, and read what a visitor may type."""

from __future__ import annotations

import numpy as np
import pytest

from doodle import checkpoint
from doodle.pipelines.face_edit import FaceEditor
from doodle.pipelines.text import TextEncoder

NAMES = ("faces", "faces_encoder", "face_scorer", "face_directions", "words")


@pytest.fixture(scope="module")
def editor(repository) -> FaceEditor:
    root = repository / "checkpoints"
    *networks, words = [checkpoint.load(root / name / checkpoint.FILE)[0] for name in NAMES]
    return FaceEditor(*networks, TextEncoder(words))


def test_directions_are_of_the_shipped_networks(repository):
    """Where it fails, a network was replaced: train face_directions anew."""
    root = repository / "checkpoints"
    header = checkpoint.read_header(root / "face_directions" / checkpoint.FILE)
    for name, digest in header["data"]["networks"].items():
        assert checkpoint.weights_sha256(root / name / checkpoint.FILE) == digest, name


@pytest.mark.parametrize("text", ["smiling", "old", "grey hair", "glasses", "beard", "long hair"])
def test_texts_of_faces_are_known_and_change_them(editor, text):
    direction = editor.direction(text)
    assert direction.known and direction.change.any() and not direction.notice
    face = editor.made_up(1, seed=1)
    edited = editor.stacked(face, [(direction, 1.0)])
    assert 0.5 < np.abs(edited.change).mean() < 60
    back = editor.direction(f"without {text}")
    assert (back.change == -direction.change).all()


@pytest.mark.parametrize(("text", "read"), [("grin", "happy"), ("spectacles", "glasses")])
def test_other_words_are_read_as_the_nearest_that_is_known(editor, text, read):
    direction = editor.direction(text)
    assert direction.known and direction.notice == f"I read “{text}” as “{read}”."


@pytest.mark.parametrize("text", ["zombie", "mohawk", "teapot", "earrings"])
def test_what_faces_were_not_labelled_with_is_said_to_be_unknown(editor, text):
    direction = editor.direction(text)
    assert not direction.known and direction.notice and not direction.change.any()
