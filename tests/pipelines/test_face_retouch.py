"""A face of a photograph changed by words: where it changes, which face, what is said."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_faces import UPRIGHT, Finds, tiny_editor

from doodle.errors import BadDrawing
from doodle.models.words import UnknownWord
from doodle.pipelines.face_retouch import Retoucher
from doodle.pipelines.steps import alone, last


@pytest.fixture(scope="module")
def editor():
    return tiny_editor()


@pytest.fixture
def photograph() -> np.ndarray:
    return np.random.default_rng(0).integers(60, 190, (240, 400, 3)).astype(np.uint8)


def edited(editor, photograph, *found, edits=(("glasses", 3.0),), **asked):
    return last(alone(Retoucher(editor, Finds(*found)).edited(photograph, edits, **asked)))


def test_only_the_chosen_face_changes(editor, photograph):
    both = ((90.0, 120.0), (300.0, 120.0))
    first = edited(editor, photograph, *both)
    second = edited(editor, photograph, *both, face=1)
    for made, changed, left in ((first, np.s_[:, :190], 300), (second, np.s_[:, 210:], 90)):
        apart = np.abs(made.picture.astype(int) - photograph).max(axis=2)
        assert apart[changed].max() > 2 and apart[120, left] == 0
        assert made.picture.shape == photograph.shape and made.faces == 2
        assert made.aligned.shape == made.inverted.shape == made.changed.shape == (32, 32, 3)
    np.testing.assert_array_equal(second.points, UPRIGHT + (300.0, 120.0))
    np.testing.assert_array_equal(photograph[0, 0], first.picture[0, 0])


def test_a_strength_of_nothing_leaves_every_pixel(editor, photograph):
    made = edited(editor, photograph, (200.0, 120.0), edits=(("glasses", 0.0),))
    np.testing.assert_array_equal(made.picture, photograph)


def test_an_aligned_square_is_not_searched(editor):
    square = np.random.default_rng(1).integers(60, 190, (64, 64, 3)).astype(np.uint8)
    made = edited(editor, square, aligned=True)
    assert made.points is None and made.picture.shape == (64, 64, 3)
    assert (made.picture != square).any()
    with pytest.raises(BadDrawing, match="64 x 32"):
        edited(editor, square[:32], aligned=True)


def test_without_a_face_or_that_face_a_sentence_says_so(editor, photograph):
    with pytest.raises(BadDrawing, match="I see no face"):
        edited(editor, photograph)
    with pytest.raises(BadDrawing, match="one face .* no number 1"):
        edited(editor, photograph, (200.0, 120.0), face=1)


def test_refinement_brings_the_drawn_face_nearer(editor, photograph):
    plain = edited(editor, photograph, (200.0, 120.0))
    refined = edited(editor, photograph, (200.0, 120.0), refine=20)

    def error(made):
        return np.abs(made.inverted.astype(int) - made.aligned).mean()

    assert error(refined) < error(plain)


def test_what_texts_were_read_as_is_told_once(editor, photograph):
    made = edited(editor, photograph, (200.0, 120.0), edits=(("moon", 1.0), ("moon", 1.0)))
    assert len(made.notices) == 1 and "moon" in made.notices[0]
    with pytest.raises(UnknownWord):
        edited(editor, photograph, (200.0, 120.0), edits=(("no", 1.0),))
