"""Scenes of faces: landmarks where they are pasted, splits, masks that give nothing away."""

from __future__ import annotations

import numpy as np
import pytest
from generated import write_animals, write_faces, write_set

from doodle.data.face_matching import eye_distance, match
from doodle.data.face_scenes import (
    MASKS,
    Scene,
    SceneMaker,
    Sources,
    landmarks,
    load_sources,
    oval_mask,
    placing,
    square_mask,
    texture,
    warp,
)
from doodle.data.faces import load_faces
from doodle.data.scene_lighting import photographed

POINTS = np.array([[0.375, 0.475], [0.625, 0.475], [0.5, 0.63], [0.39, 0.735], [0.61, 0.735]])


def spotted(side=64):
    """A grey square with a white spot at each landmark."""
    square = np.full((side, side, 3), 60, np.uint8)
    for x, y in POINTS * side:
        square[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 255
    return square


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("scenes")
    return (
        write_faces(root / "faces"),
        write_animals(root / "photos", count=60) / "animals",
        write_set(root / "drawings"),
    )


@pytest.fixture(scope="module")
def maker(folders):
    faces, animals, drawings = folders
    return SceneMaker(load_sources(load_faces(faces, 32), animals, drawings)[0])


def test_sides_of_the_split_share_nothing(folders):
    faces, animals, drawings = folders
    train, held_out = load_sources(load_faces(faces, 32), animals, drawings)
    assert len(train.faces) == 16 and len(held_out.faces) == 8
    assert len(train.backgrounds) + len(held_out.backgrounds) == 120
    assert 0 < len(held_out.backgrounds) < 30
    assert train.drawings and held_out.drawings
    for one in held_out.faces:
        assert not any(np.array_equal(one, other) for other in train.faces)
    without, _ = load_sources(load_faces(faces, 32), animals, None, longest=16)
    assert not without.drawings and max(without.backgrounds[0].shape) == 16


def test_mistakes_are_said(folders, tmp_path):
    faces = load_faces(folders[0], 32)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError):
        load_sources(faces, tmp_path / "empty", None)
    for row in ({"p5": "1 2 3"}, {}, {"p5": "a b"}):
        with pytest.raises(ValueError, match="p5"):
            landmarks(type(faces)(faces.pictures, faces.split, [row]))


@pytest.mark.parametrize("angle", [-45, 0, 30])
@pytest.mark.parametrize("side", [20.0, 64.0, 150.0])
def test_landmarks_lie_where_the_face_was_pasted(side, angle):
    sources = Sources(spotted()[None], POINTS[None], [np.full((50, 50, 3), 60, np.uint8)], [])
    maker = SceneMaker(sources)
    maker.masks = [np.ones((8, 8), np.float32)] * MASKS
    maker._cover = lambda *rest: None
    for seed in range(4):  # mirrored or not
        scene = Scene(np.full((200, 200, 3), 60, np.uint8))
        middle = np.array([90.0, 110.0])
        maker.add_face(scene, np.random.default_rng(seed), middle, side, angle)
        points = scene.points[0]
        assert eye_distance(points) == pytest.approx(0.25 * side, rel=0.12)
        turn = np.rad2deg(np.arctan2(*(points[1] - points[0])[::-1]))
        assert turn == pytest.approx(angle, abs=6)
        bright = scene.picture.max(axis=2).astype(float)
        # between the spots of a landmark and its mean place lies less than a pixel of the square
        for x, y in points:
            reach = max(2, side / 16)
            rows, columns = np.mgrid[:200, :200] + 0.5
            near = (np.hypot(columns - x, rows - y) < reach) * (bright - np.median(bright)).clip(0)
            found = (near * columns).sum() / near.sum(), (near * rows).sum() / near.sum()
            assert np.hypot(found[0] - x, found[1] - y) < 0.6 + side / 64


def test_masks_keep_the_landmarks_and_end_before_the_corners():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        mask = oval_mask(rng)
        assert mask.min() >= 0 and mask.max() <= 1
        x, y = (POINTS * len(mask)).astype(int).T
        assert mask[y, x].mean() > 0.5
        assert mask[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0
        square = square_mask(rng)
        assert square[len(mask) // 2, len(mask) // 2] == 1 and (
            square[0, 0] < 0.6 or square.min() == 1
        )


def test_a_mask_of_nothing_pastes_nothing_and_outside_is_passed_over():
    picture = np.arange(300, dtype=np.uint8).repeat(3)[:300].reshape(10, 10, 3).copy()
    before = picture.copy()
    white = np.full((8, 8, 3), 255, np.uint8)
    warp(picture, white, placing(np.array([5, 5]), 8, 20, 1.0), np.zeros((4, 4), np.float32))
    assert np.array_equal(picture, before)
    warp(picture, white, placing(np.array([-50, 5]), 8, 20, 1.0), np.ones((4, 4), np.float32))
    assert np.array_equal(picture, before)
    warp(picture, white, placing(np.array([5, 5]), 40, 0, 1.0), None)
    assert picture.min() == 255


def test_pieces_and_drawings_are_no_faces(maker):
    rng = np.random.default_rng(0)
    scene = Scene(texture(rng, 64, 48))
    before = scene.picture.copy()
    maker.add_piece(scene, rng, 40)
    maker.add_drawing(scene, rng)
    assert scene.picture.shape == (48, 64, 3) and not np.array_equal(scene.picture, before)
    assert not scene.points


def test_a_face_is_not_covered_by_another():
    scene = Scene(np.zeros((100, 100, 3), np.uint8))
    scene.points.append((POINTS * 40 + 30).astype(np.float32))
    scene.sides.append(40.0)
    assert not scene.room(np.array([55.0, 55.0]), 20)
    assert scene.room(np.array([85.0, 85.0]), 20)


def test_photographing_depends_on_its_seed_alone():
    picture = texture(np.random.default_rng(0), 40, 30)
    made = [photographed(picture, np.random.default_rng(seed)) for seed in range(40)]
    assert all(one.shape == picture.shape and one.dtype == np.uint8 for one in made)
    assert np.array_equal(made[3], photographed(picture, np.random.default_rng(3)))
    assert any((one[..., 0] == one[..., 1]).all() for one in made)  # grey at times
    assert not np.array_equal(made[0], made[1])


def test_matching_gives_each_face_one_detection():
    true = np.stack([POINTS * 100, POINTS * 100 + 200])
    found = np.stack([true[1] + 2, true[1] + 1, true[0] + 90, true[0] * 3])
    result = match(found, true)
    assert result.error[1] == pytest.approx(2 * 2**0.5 / 25) and np.isinf(result.error[0])
    assert result.false.tolist() == [False, True, True, True] and result.by.tolist() == [-1, 0]
    empty = np.zeros((0, 5, 2))
    assert match(empty, true).error.tolist() == [np.inf, np.inf]
    assert match(found, empty).false.all()
