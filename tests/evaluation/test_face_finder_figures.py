"""Figures of the finder of faces: what a perfect, a blind and a fanciful finder score."""

from __future__ import annotations

import numpy as np
import pytest

from doodle.data.face_scenes import SceneMaker, Sources
from doodle.evaluation.face_finder import Config, Evaluation, apart, boxed
from doodle.pipelines.face_finder import Face
from doodle.pipelines.face_frame import Frame

POINTS = np.array([[0.375, 0.475], [0.625, 0.475], [0.5, 0.63], [0.39, 0.735], [0.61, 0.735]])


@pytest.fixture
def evaluation():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (3, 48, 64, 3)).astype(np.uint8)
    lines = [[np.array([[0.0, 0.0], [255.0, 200.0]])]] * 2
    sources = Sources(pictures[:, :48, :48], np.stack([POINTS] * 3), list(pictures), lines)
    return Evaluation(Config(data="", backgrounds="", photographs=4, most=2), SceneMaker(sources))


def figures(evaluation, finder):
    return {figure["name"]: figure for figure in evaluation.measure(finder)}


def test_photographs_are_the_same_of_a_number(evaluation):
    one, other = evaluation.photograph(1), evaluation.photograph(1)
    assert np.array_equal(one.picture, other.picture) and 1 <= len(one.points) <= 5
    assert one.picture.shape == (853, 1280, 3)
    assert all(24 <= side <= 853 for side in one.sides)
    assert not np.array_equal(one.points[0], evaluation.photograph(5).points[0])


def test_a_perfect_finder(evaluation):
    known = {evaluation.photograph(k).picture.tobytes(): evaluation.photograph(k) for k in range(4)}

    def find(picture):
        scene = known.get(picture.tobytes())
        return [Face(points, 0.9) for points in scene.points] if scene else []

    found = figures(evaluation, find)
    total = sum(len(scene.points) for scene in known.values())
    assert found["found, all"] == {"name": "found, all", "value": 1, "n": total, "split": "valid"}
    assert found["landmark error, all"]["value"] == 0
    assert found["aligned square: degrees off"]["value"] == 0
    by_size = [f["n"] for name, f in found.items() if name.startswith("found") and "px" in name]
    by_angle = [f["n"] for name, f in found.items() if name.startswith("found") and "deg" in name]
    assert sum(by_size) == sum(by_angle) == total
    assert found["false alarms a photograph with faces"]["value"] == 0
    assert found["drawings with a false alarm"]["value"] == 0
    assert found["pictures with a false alarm"]["n"] == 2


def test_a_blind_and_a_fanciful_finder(evaluation):
    none = figures(evaluation, lambda picture: [])
    assert none["found, all"]["value"] == 0 and "landmark error, all" not in none
    face = Face((POINTS * 7).astype(np.float32), 0.9)
    always = figures(evaluation, lambda picture: [face, face])
    assert always["false alarms a photograph with faces"]["value"] == 2
    assert always["pictures with a false alarm"]["value"] == 1
    assert always["drawings with a false alarm"]["value"] == 1


def test_squares_apart():
    off = apart(Frame((103.0, 104.0), 110.0, 179.0), Frame((100.0, 100.0), 100.0, -178.0))
    assert off == pytest.approx((0.05, 0.1, 3.0))


def test_what_is_found_is_drawn():
    picture = np.full((100, 200, 3), 200, np.uint8)
    face = Face((POINTS * 60 + 20).astype(np.float32), 0.9)
    plain, right, wrong = (
        boxed(picture, faces, np.array(false))
        for faces, false in (([], []), ([face], [False]), ([face], [True]))
    )
    assert plain.shape == (320, 320, 3)
    assert not np.array_equal(plain, right) and not np.array_equal(right, wrong)
    with pytest.raises(ValueError):
        Config(data="", backgrounds="", photographs=0)
