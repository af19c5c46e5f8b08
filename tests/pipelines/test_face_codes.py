"""A face that is kept by whoever asks: the same as the editor's own; what does not fit is said."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_faces import UPRIGHT, Finds, tiny_editor

from doodle.errors import BadDrawing
from doodle.pipelines.face_blend import as_pictures
from doodle.pipelines.face_codes import FaceKeeping, Ready, Refined, Seen
from doodle.pipelines.face_frame import crop, frame_of
from doodle.pipelines.steps import alone, last


@pytest.fixture(scope="module")
def editor():
    return tiny_editor()


@pytest.fixture
def photograph() -> np.ndarray:
    return np.random.default_rng(0).integers(60, 190, (240, 400, 3)).astype(np.uint8)


def keeping(editor, *found):
    return FaceKeeping(editor, Finds(*found))


def nobody(editor, number=0):
    return last(alone(keeping(editor).made_up(3, number, 0.7))).code


def test_a_face_of_nobody_is_the_one_of_its_seed_and_number(editor):
    pictures = last(alone(editor.faces(3, seed=3, psi=0.7)))
    for number in (0, 2):
        code = nobody(editor, number)
        made = last(alone(keeping(editor).changed(code, ())))
        assert np.abs(made.square.astype(int) - pictures[number]).max() <= 1
        assert code.square is None and made.patch is None and made.readings == ()


def test_a_photograph_is_found_inverted_and_changed_where_its_face_is(editor, photograph):
    keeper = keeping(editor, (90.0, 120.0), (300.0, 120.0))
    seen, ready = alone(keeper.inverted(photograph, face=1))
    assert isinstance(seen, Seen) and seen.points.shape == (2, 5, 2)
    frame = frame_of(UPRIGHT + (300.0, 120.0))
    np.testing.assert_allclose(ready.frame, (*frame.middle, frame.side, frame.angle))
    np.testing.assert_allclose(ready.corners[[0, 2]].mean(axis=0), frame.middle)
    square = crop(photograph, frame, 32)
    np.testing.assert_array_equal(ready.code.square, square)
    latent = editor.invert(square[None])
    np.testing.assert_allclose(ready.code.codes, latent.codes[0], atol=1e-6)
    edits = [("glasses", 3.0), ("cat", -1.0)]
    directions = [(editor.direction(text), strength) for text, strength in edits]
    wanted = editor.stacked(latent, directions)
    patch, (x, y, side, angle) = photograph[20:, 200:], ready.frame
    made = last(
        alone(keeper.changed(ready.code, edits, patch=patch, frame=(x - 200, y - 20, side, angle)))
    )
    assert np.abs(made.square.astype(int) - wanted.pictures[0]).max() <= 2
    apart = np.abs(made.patch.astype(int) - patch).max(axis=2)
    assert apart[60:140, 60:140].max() > 2 and apart[:, 170:].max() == 0


def test_points_take_the_place_of_the_search(editor, photograph):
    points = UPRIGHT + np.float32((200, 100))
    (ready,) = alone(FaceKeeping(editor).inverted(photograph, points=points))
    assert ready.frame[:2] == pytest.approx(frame_of(points).middle)
    np.testing.assert_array_equal(ready.points, points)
    (square,) = alone(FaceKeeping(editor).inverted(photograph[:200, :200], aligned=True))
    assert square.points is None and square.corners.tolist() == [
        [0, 0],
        [200, 0],
        [200, 200],
        [0, 200],
    ]


def test_without_that_face_a_sentence_says_so(editor, photograph):
    with pytest.raises(BadDrawing, match="I see no face"):
        list(alone(keeping(editor).inverted(photograph)))
    with pytest.raises(BadDrawing, match="one face .* no number 1"):
        list(alone(keeping(editor, (90.0, 120.0)).inverted(photograph, face=1)))
    with pytest.raises(BadDrawing, match="400 x 240"):
        list(alone(keeping(editor).inverted(photograph, aligned=True)))


def test_refinement_tells_how_far_it_is_and_brings_the_drawn_face_nearer(editor, photograph):
    keeper = keeping(editor, (200.0, 120.0))
    *_, first = alone(keeper.inverted(photograph))
    events = list(alone(keeper.refined(first.code, 30)))
    assert [(one.step, one.steps) for one in events[:-1]] == [
        (k, 30) for k in (*range(4, 30, 4), 30)
    ]
    assert all(isinstance(one, Refined) for one in events[:-1]) and isinstance(events[-1], Ready)
    far = [
        np.abs((one.drawn.astype(float) + 1) * 127.5 - one.square).mean()
        for one in (first.code, events[-1].code)
    ]
    assert far[1] < far[0]
    *_, again = alone(keeper.inverted(photograph, refine=30))
    np.testing.assert_allclose(again.code.codes, events[-1].code.codes, atol=0.01)
    with pytest.raises(ValueError, match="generator drew this face itself"):
        list(alone(keeper.refined(nobody(editor), 3)))


def test_a_strip_changes_one_strength_and_leaves_the_others(editor):
    keeper, code = keeping(editor), nobody(editor)
    edits = [("glasses", 1.0), ("cat", 2.0)]
    strip = last(alone(keeper.strip(code, edits, "face", 1, [-1.0, 0.5, 2.0])))
    assert strip.shape == (3, 32, 32, 3)
    as_asked = last(alone(keeper.changed(code, edits))).square
    without = last(alone(keeper.changed(code, [edits[0], ("cat", 0.5)]))).square
    np.testing.assert_array_equal(strip[2], as_asked)
    np.testing.assert_array_equal(strip[1], without)


def test_a_mix_has_the_layers_of_both(editor):
    keeper, (one, other) = keeping(editor), (nobody(editor, 0), nobody(editor, 1))
    mixed = last(alone(keeper.mixed(one, other, 0.5))).code
    crossing = round(0.5 * len(one.codes))
    np.testing.assert_array_equal(mixed.codes[:crossing], one.codes[:crossing])
    np.testing.assert_array_equal(mixed.codes[crossing:], other.codes[crossing:])
    all_first = last(alone(keeper.mixed(one, other, 1.0))).code
    np.testing.assert_array_equal(all_first.codes, one.codes)


def test_what_texts_were_read_as_is_told_with_the_nearest(editor):
    made = last(alone(keeping(editor).changed(nobody(editor), [("apple", 1.0), ("glasses", 1.0)])))
    ((text, notice, nearest),) = made.readings
    assert text == "apple" and "apple" in notice and nearest in ("glasses", "cat")


def test_a_code_of_another_network_is_refused(editor):
    code = nobody(editor)
    smaller = code._replace(codes=code.codes[:-1])
    with pytest.raises(ValueError, match="Another network"):
        last(alone(keeping(editor).changed(smaller, ())))


def test_pictures_of_kept_faces_are_those_of_the_editor(editor):
    latent = editor.made_up(1, seed=3)
    shown = last(alone(keeping(editor).changed(nobody(editor), ()))).square
    assert np.abs(shown.astype(int) - as_pictures(latent.drawn)[0]).max() <= 1
