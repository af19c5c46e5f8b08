"""The aligned square: FFHQ's own numbers, round trips at any place and angle, nothing changed."""

from __future__ import annotations

import csv

import cv2
import numpy as np
import pytest

from doodle.data.face_scenes import placing, warp
from doodle.pipelines.face_frame import Frame, add, crop, frame_of, put_back

# of an aligned face in its own square of side 1: the eyes' distance decides the side
ALIGNED = np.array([[0.375, 0.474], [0.625, 0.474], [0.5, 0.63], [0.39, 0.733], [0.61, 0.733]])


def scenery(height=300, width=400, seed=0):
    """A smooth picture in which every place differs."""
    rng = np.random.default_rng(seed)
    small = rng.integers(30, 225, (height // 20, width // 20, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def test_an_aligned_face_has_its_own_square():
    frame = frame_of(ALIGNED * 512)
    assert frame.angle == pytest.approx(0, abs=1e-6) and frame.side == pytest.approx(512)
    assert frame.middle == pytest.approx((256, 256), abs=0.01 * 512)


def test_ffhqs_recipe_by_its_own_steps():
    """The published steps, vector by vector, against the frame, for any five points."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        points = ALIGNED * 200 + rng.normal(0, 12, (5, 2)) + 300
        eye_left, eye_right = points[0], points[1]
        eye_avg, mouth_avg = (eye_left + eye_right) / 2, (points[3] + points[4]) / 2
        eye_to_eye, eye_to_mouth = eye_right - eye_left, mouth_avg - eye_avg
        x = eye_to_eye - np.array([-eye_to_mouth[1], eye_to_mouth[0]])
        x /= np.hypot(*x)
        x *= max(np.hypot(*eye_to_eye) * 2.0, np.hypot(*eye_to_mouth) * 1.8)
        y = np.array([-x[1], x[0]])
        c = eye_avg + eye_to_mouth * 0.1
        quad = np.stack([c - x - y, c - x + y, c + x + y, c + x - y])
        corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
        assert np.allclose(frame_of(points).outside(corners), quad)


@pytest.mark.parametrize("angle", [-170, -45, 0, 12.5, 90])
@pytest.mark.parametrize("side", [30.0, 333.0])
def test_points_come_back_from_any_place_and_angle(angle, side):
    placed = Frame((123.4, 77.7), side, angle)
    points = placed.outside(ALIGNED)
    found = frame_of(points)
    assert found.angle == pytest.approx(angle) and found.side == pytest.approx(side)
    assert np.allclose(found.inside(points), ALIGNED, atol=0.01)
    assert np.allclose(found.outside(found.inside(points)), points)


def test_a_crop_without_turn_or_scale_is_the_pixels():
    picture = scenery()
    assert np.array_equal(crop(picture, Frame((120, 90), 64, 0), 64), picture[58:122, 88:152])


def test_a_crop_is_the_mean_of_what_it_covers():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (256, 256, 3)).astype(np.uint8)
    means = picture.reshape(32, 8, 32, 8, 3).mean(axis=(1, 3))
    assert np.abs(crop(picture, Frame((128, 128), 256, 0), 32) - means).max() <= 1
    flat = crop(picture, Frame((128, 128), 150, 30), 8)  # turned: noise averages out all the same
    assert flat.std() < 12 < picture.std() / 4


@pytest.mark.parametrize("angle", [0, 33, -120])
def test_a_turned_crop_shows_the_place_that_it_names(angle):
    frame = Frame((200, 150), 120, angle)
    picture = np.zeros((300, 400, 3), np.uint8)
    spots = np.array([[0.3, 0.25], [0.7, 0.6]])
    for x, y in frame.outside(spots):
        cv2.circle(picture, (round(x * 16 - 8), round(y * 16 - 8)), 4 * 16, (255,) * 3, -1, 8, 4)
    seen = crop(picture, frame, 60)[..., 0]
    count, _, _, middles = cv2.connectedComponentsWithStats((seen > 127).astype(np.uint8))
    assert count == 3
    found = (middles[1:] + 0.5) / 60
    for spot in spots:
        assert np.abs(found - spot).max(axis=1).min() < 0.01


@pytest.mark.parametrize(("side", "angle"), [(64.0, 0), (90.0, -33), (300.0, 45)])
def test_what_was_pasted_is_cut_out_again(side, angle):
    """Pasted as for training, found by its landmarks alone, the aligned face comes back."""
    square, picture = scenery(64, 64, seed=3)[:64, :64], scenery(500, 500)
    square = cv2.GaussianBlur(square, (0, 0), 2)
    matrix = placing(np.array([240.0, 260.0]), side, angle, 1.0)
    warp(picture, square, matrix, np.ones((8, 8), np.float32))
    points = ALIGNED @ matrix[:, :2].T + matrix[:, 2]
    frame = frame_of(points)
    assert frame.angle == pytest.approx(angle) and frame.side == pytest.approx(side)
    assert np.abs(frame.inside(points) - ALIGNED).max() < 0.005
    again = crop(picture, frame, 64)[6:-6, 6:-6].astype(int)
    assert np.abs(again - square[6:-6, 6:-6]).mean() < 4
    aside = crop(picture, Frame((240 + 0.15 * side, 260.0), side, angle), 64)[6:-6, 6:-6].astype(
        int
    )
    assert np.abs(aside - square[6:-6, 6:-6]).mean() > 6


def test_outside_of_the_photograph_it_fades_without_an_edge():
    picture = scenery()
    square = crop(picture, Frame((0, 150), 200, 0), 100)
    assert np.array_equal(square[:, 52:], crop(picture, Frame((100, 150), 200, 0), 100)[:, 2:50])
    steps = np.abs(np.diff(square.astype(int), axis=1)).mean(axis=(0, 2))
    assert steps[45:55].max() < 2 * steps[55:].max()
    assert square[:, :5].astype(int).std(axis=(0, 1)).max() < picture.std()
    far = crop(picture, Frame((-900, -900), 100, 20), 32)  # nothing of it is inside
    assert far.shape == (32, 32, 3)


def test_a_huge_square_is_cut_out_too():
    picture = scenery(600, 800)
    large = cv2.resize(picture, (6400, 4800), interpolation=cv2.INTER_LINEAR)
    one = crop(picture, Frame((400, 300), 560, 20), 64).astype(int)
    other = crop(large, Frame((3200, 2400), 4480, 20), 64).astype(int)
    assert np.abs(one - other).mean() < 1.5


@pytest.mark.parametrize("side", [40.0, 128.0, 700.0])
def test_nothing_changed_leaves_every_pixel(side):
    picture = scenery(500, 700)
    frame = Frame((333.3, 222.2), side, 17)
    assert np.array_equal(put_back(picture, frame, crop(picture, frame, 128)), picture)
    assert np.array_equal(add(picture, frame, np.zeros((64, 64, 3))), picture)
    changed = np.full((64, 64, 3), 99.0)
    assert np.array_equal(add(picture, frame, changed, mask=np.zeros((64, 64))), picture)


@pytest.mark.parametrize("side", [40.0, 128.0, 700.0])
def test_a_change_arrives_where_it_was_made_and_nowhere_else(side):
    picture = np.full((900, 900, 3), 100, np.uint8)
    frame = Frame((450.0, 460.0), side, 30)
    difference = np.zeros((64, 64, 3), np.float32)
    difference[20:40, 24:44] = 50
    changed = add(picture, frame, difference)
    assert np.array_equal(picture, np.full((900, 900, 3), 100, np.uint8))  # left as it was
    rows, columns = np.nonzero(changed[..., 0] > 125)
    inside = frame.inside(np.column_stack([columns + 0.5, rows + 0.5]))
    assert np.allclose(inside.min(axis=0), (24 / 64, 20 / 64), atol=1.5 / 64 + 1.5 / side)
    assert np.allclose(inside.max(axis=0), (44 / 64, 40 / 64), atol=1.5 / 64 + 1.5 / side)
    assert len(rows) == pytest.approx((20 / 64 * side) ** 2, rel=0.12)
    everywhere = frame.inside(np.argwhere(changed[..., 0] != 100)[:, ::-1] + 0.5)
    assert everywhere.min() > 0.25 and everywhere.max() < 0.8


def test_no_seam_at_the_rim_and_the_middle_gets_all():
    picture = np.full((400, 400, 3), 100, np.uint8)
    frame = Frame((200, 200), 300, 10)
    changed = put_back(picture, frame, np.full((128, 128, 3), 160, np.uint8)).astype(int)
    assert changed[200, 200, 0] == 160
    assert np.abs(np.diff(changed[..., 0], axis=0)).max() <= 8
    assert np.abs(np.diff(changed[..., 0], axis=1)).max() <= 8
    assert changed[0, 0, 0] == 100


def test_a_changed_square_is_found_again_in_the_photograph():
    picture = scenery()
    frame = Frame((210, 140), 150, -25)
    before = crop(picture, frame, 64)
    middle = np.zeros((64, 64), np.float32)
    cv2.circle(middle, (32, 32), 14, 1.0, -1)
    middle = cv2.GaussianBlur(middle, (0, 0), 3)
    changed = np.clip(before + middle[..., None] * (20, -20, 10), 0, 255).astype(np.uint8)
    again = crop(put_back(picture, frame, changed, before=before), frame, 64)
    assert np.abs(again.astype(int) - changed).mean() < 1
    half = put_back(picture, frame, changed, before=before, mask=np.full((64, 64), 0.5))
    moved = crop(half, frame, 64).astype(int) - before
    assert moved[32, 32].tolist() == pytest.approx([10, -10, 5], abs=2)


def test_beyond_the_rim_and_mistakes():
    picture = scenery()
    difference = np.full((32, 32, 3), 40.0)
    partly = add(picture, Frame((0, 0), 100, 0), difference)
    assert not np.array_equal(partly, picture) and np.array_equal(partly[60:], picture[60:])
    assert np.array_equal(add(picture, Frame((-500, 0), 100, 0), difference), picture)
    with pytest.raises(ValueError):
        add(picture, Frame((0, 0), 10, 0), np.zeros((4, 5, 3)))
    with pytest.raises(ValueError):
        add(picture, Frame((0, 0), 10, 0), np.zeros((4, 4, 3)), mask=np.zeros((5, 5)))
    for wrong in (np.zeros((5, 2)), np.full((5, 2), np.nan), np.zeros((4, 2))):
        with pytest.raises(ValueError):
            frame_of(wrong)


def test_the_collections_landmarks_give_its_own_squares(outside_data):
    """The index's landmarks are those of aligned squares: their frames are these squares."""
    path = outside_data / "faces" / "index.csv"
    if not path.is_file():
        pytest.skip(f"no faces in {outside_data}")
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    points = np.array([[float(v) for v in row["p5"].split()] for row in rows]).reshape(-1, 5, 2)
    frames = [frame_of(p * 128) for p in points]
    sides = np.array([frame.side for frame in frames])
    assert np.abs(sides / 128 - 1).mean() < 0.01
    middles = np.array([frame.middle for frame in frames])
    assert np.abs(middles - 64).mean() < 1 and np.abs(middles - 64).max() < 4
    assert np.abs([frame.angle for frame in frames]).mean() < 1
