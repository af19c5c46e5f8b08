"""Packed photographs and the pairs made of them: edges, class map and picture belong together."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from generated import write_animals

from doodle.cli import main
from doodle.data.animals import is_plain, load_animals, pack
from doodle.data.pairs import (
    Mixing,
    Pair,
    Pairs,
    _moved,
    _warped,
    curve,
    dropped_out,
    hand_edges,
    joined,
)
from doodle.data.splits import split_of
from doodle.strokes.edges import agreement, canny, draw_lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_animals(tmp_path_factory.mktemp("animals"), count=24)


@pytest.fixture(scope="module")
def animals(folder):
    pack(folder / "animals", folder / "animals.npz", size=64, masks=folder / "masks")
    return load_animals(folder / "animals.npz", 64)


def test_what_is_packed_comes_back(folder, animals):
    assert animals.classes == ("cat", "fish") and len(animals.photos) == 48
    assert animals.label.tolist() == [1] * 24 + [2] * 24
    files = sorted((folder / "animals").rglob("*.jpg"))
    assert animals.split.tolist() == [split_of(f.read_bytes()) for f in files]
    first = cv2.imread(str(files[1]))[..., ::-1]
    assert animals.photos[1].shape == first.shape
    assert np.abs(animals.photos[1].astype(int) - first).mean() < 4
    assert [m is not None for m in animals.masks[:4]] == [True, False, True, False]
    # the strokes of a masked one are its outline
    height, width = animals.photos[0].shape[:2]
    drawn = draw_lines(animals.strokes[0], 90)[:height, :width]
    mask = (animals.masks[0] > 127).astype(np.uint8)
    rim = mask - cv2.erode(mask, np.ones((3, 3), np.uint8))
    assert agreement(drawn, rim)[1] > 0.9


def test_a_pack_serves_smaller_sizes_and_refuses_larger(folder, animals):
    half = load_animals(folder / "animals.npz", 32)
    assert half.photos[0].shape[1] < animals.photos[0].shape[1]
    ratio = half.photos[0].shape[1] / animals.photos[0].shape[1]
    np.testing.assert_allclose(half.strokes[0][0], animals.strokes[0][0] * ratio, rtol=1e-5)
    assert half.masks[0].shape == half.photos[0].shape[:2]
    with pytest.raises(ValueError, match="--size 128"):
        load_animals(folder / "animals.npz", 128)
    with pytest.raises(FileNotFoundError, match="pack-animals"):
        load_animals(folder / "none.npz", 64)
    np.savez(folder / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="was not made by"):
        load_animals(folder / "other.npz", 64)


def test_the_command_packs_and_names_bad_files(folder, tmp_path, capsys):
    (folder / "animals" / "cat" / "zz.jpg").write_bytes(b"no")
    try:
        assert (
            main(
                [
                    "data",
                    "pack-animals",
                    "--input",
                    str(folder / "animals"),
                    "--size",
                    "32",
                    "--output",
                    str(tmp_path / "a.npz"),
                ]
            )
            == 0
        )
    finally:
        (folder / "animals" / "cat" / "zz.jpg").unlink()
    said = capsys.readouterr()
    assert "48 photographs" in said.out and "zz.jpg" in said.err
    assert main(["data", "pack-animals", "--input", str(tmp_path), "--output", "x.npz"]) == 2


def test_a_light_rim_is_no_scene():
    white = np.full((40, 40, 3), 250, np.uint8)
    white[10:30, 10:30] = 20
    assert is_plain(white) and not is_plain(white // 2)
    blue = white.copy()
    blue[..., 2] = 200
    assert not is_plain(blue)


@pytest.mark.parametrize("scale", [0.4, 1.3])
def test_strokes_move_as_pixels_do(scale):
    """Turned, and shrunk beforehand where that is needed."""
    photo = np.zeros((200, 160, 3), np.uint8)
    photo[136:145, 56:65] = 255  # its middle is (60.5, 140.5)
    cos, sin = np.cos(0.6) * scale, np.sin(0.6) * scale
    place = np.array([[cos, -sin, 130.0], [sin, cos, 10.0]])
    warped = _warped(photo, place, 256, cv2.BORDER_CONSTANT)[..., 0].astype(float)
    dark = _warped(photo * 0, place, 256, cv2.BORDER_CONSTANT)[..., 0]  # white beyond the photo
    warped[dark > 0] = 0
    ys, xs = np.mgrid[0:256, 0:256] + 0.5
    middle = [(xs * warped).sum() / warped.sum(), (ys * warped).sum() / warped.sum()]
    np.testing.assert_allclose(_moved(np.array([[60.5, 140.5]]), place)[0], middle, atol=0.15)


@pytest.mark.parametrize("scene", [False, True])
@pytest.mark.parametrize("hand", [False, True])
def test_edges_lie_where_the_picture_has_them(animals, scene, hand):
    """Moved, mirrored and turned together: the ellipse's rim is found under the lines."""
    pairs = Pairs(animals, 0, Mixing(hand=float(hand)))
    scores = []
    for seed in range(12):
        pair = pairs.single(0, scene, np.random.default_rng(seed))
        off = np.abs(pair.photo.astype(int) - animals.photos[0][30, 45]).max(axis=2)
        body = (off < 60).astype(np.uint8)
        body = cv2.morphologyEx(body, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        rim = body - cv2.erode(body, np.ones((3, 3), np.uint8))
        if pair.edges.any():
            scores.append(agreement(rim, pair.edges, reach=3)[0])
    assert np.mean(scores) > 0.75
    assert (pair.photo[0, 0] > 250).all() == (not scene)


def test_the_same_state_draws_the_same_pair_and_another_another(animals):
    pairs = Pairs(animals, 0, Mixing())
    one, same, other = (pairs.draw(np.random.default_rng(s)) for s in (5, 5, 6))
    for name in Pair.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(same, name)), name
    assert not np.array_equal(one.photo, other.photo)


def test_split_and_background_choose_the_photographs(animals):
    for split in (0, 2):
        chosen = Pairs(animals, split, Mixing())
        every = np.union1d(chosen.white, chosen.scenes)
        assert set(every) == set(np.flatnonzero(animals.split == split))
    white = Pairs(animals, 0, Mixing(background="white"))
    assert not len(white.scenes) and all(animals.masks[i] is not None for i in white.white)
    assert not any(white.draw(np.random.default_rng(s)).scene for s in range(8))
    scene = Pairs(animals, 0, Mixing(background="scene"))
    assert all(scene.draw(np.random.default_rng(s)).scene for s in range(8))
    nowhere = replace(animals, split=np.full(len(animals.split), 2, np.uint8))
    with pytest.raises(ValueError, match="no photographs"):
        Pairs(nowhere, 0, Mixing())


def flat(value, size=64):
    """A pair of one value all over."""
    plane = np.full((size, size), value, np.uint8)
    return Pair(plane, np.repeat(plane[..., None], 3, 2), plane, plane, False)


def test_composites_change_hands_along_one_curve():
    distance = curve(64, np.random.default_rng(3))
    pair = joined(flat(10), flat(200), distance, feather=2.0)
    side = distance >= 0
    assert 0.1 < side.mean() < 0.9
    for plane in (pair.edges, pair.classes, pair.given):
        assert np.array_equal(plane == 200, side) and np.array_equal(plane == 10, ~side)
    far = np.abs(distance) > 6  # the photographs melt at the curve only
    assert np.array_equal(pair.photo[..., 0][far] > 100, side[far])
    assert ((pair.photo > 20) & (pair.photo < 190)).any()


def test_the_curve_is_smooth_and_differs():
    one, other = (curve(128, np.random.default_rng(s)) for s in (1, 2))
    assert not np.array_equal(one >= 0, other >= 0)
    for distance in (one, other):
        steps = np.hypot(*np.gradient(distance))
        assert 0.9 < steps.min() and steps.max() < 2.5
        count, _ = cv2.connectedComponents((distance >= 0).astype(np.uint8))
        assert count == 2


def test_composites_mix_two_classes_and_the_map_is_kept_back_as_often_as_given(animals):
    pairs = Pairs(animals, 0, Mixing(composite=1.0, unknown=0.0, partly=0.0))
    drawn = [pairs.draw(np.random.default_rng(s)) for s in range(20)]
    assert any(len(np.unique(pair.classes)) == 2 for pair in drawn)
    assert all(np.array_equal(pair.given, pair.classes) for pair in drawn)
    never = Pairs(animals, 0, Mixing(unknown=1.0)).draw(np.random.default_rng(0))
    assert not never.given.any() and never.classes.all()
    partly = Pairs(animals, 0, Mixing(unknown=0.0, partly=1.0, composite=0.0))
    given = [partly.draw(np.random.default_rng(s)).given for s in range(8)]
    assert any(0 < (plane == 0).mean() < 1 for plane in given)
    with pytest.raises(ValueError, match="share"):
        Mixing(hand=1.5)


def test_hand_edges_vary_in_number_place_and_thickness():
    one = np.float32([[10, 20], [10, 120], [14, 230]])
    lines = [one + np.float32([20 * k, 0]) for k in range(12)]
    drawn = [hand_edges(lines, 256, np.random.default_rng(s)) for s in range(20)]
    counts = [(plane > 127).sum() for plane in drawn]
    assert max(counts) > 4 * min(counts) > 0
    wide = [np.float32([[20, 128], [230, 128]])]
    across = [hand_edges(wide, 256, np.random.default_rng(s))[:, 120] > 127 for s in range(60)]
    doubled = [np.flatnonzero(np.diff(column.astype(int)) == 1).size == 2 for column in across]
    assert 0.03 < np.mean(doubled) < 0.3, "a broad pen, seen by canny, has two edges"
    assert not hand_edges([], 256, np.random.default_rng(0)).any()


def test_drop_out_takes_round_holes_and_leaves_its_input(animals):
    edges = np.full((64, 64), 255, np.uint8)
    drawn = [dropped_out(edges, np.random.default_rng(s)) for s in range(40)]
    assert edges.all()
    assert 0.15 < np.mean([not plane.all() for plane in drawn]) < 0.6


def test_held_out_pairs_are_centred_the_same_each_time_and_in_both_styles(animals):
    one, same = (Pairs(animals, 0, Mixing()).held_out(6) for _ in range(2))
    assert len(one) == 6
    assert all(np.array_equal(a.edges, b.edges) for a, b in zip(one, same, strict=True))
    assert np.array_equal(one[0].edges, canny(one[0].photo))
    assert not np.array_equal(one[1].edges, canny(one[1].photo)) and one[1].edges.any()
