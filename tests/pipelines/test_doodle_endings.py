"""Endings traced from pictures: where wholes may lie, what is cut, how ends join, batches."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from doodle.models.completion_gan import CompletionGan, CompletionGanConfig
from doodle.pipelines import doodle_endings
from doodle.pipelines.doodle_endings import (
    PICTURES,
    EndingGenerator,
    Placement,
    additions,
    strokes_of,
)
from doodle.pipelines.steps import returned
from doodle.pipelines.targets import Target
from doodle.strokes.raster import rasterize
from doodle.strokes.wholes import CELLS, SHARES

SIDE = 28
WALLS = np.array([(6, 14), (6, 25), (20, 25), (20, 14), (6, 14)], float)
ROOF = np.array([(6, 14), (13, 4), (20, 14)], float)
AS_IT_IS = Placement(1.0, 0.0, 0.0, 1.0)


def picture(*lines: np.ndarray) -> torch.Tensor:
    """(1, 1, SIDE, SIDE) in [0, 1], lines as wide as doodles have them."""
    ink = rasterize(lines, SIDE, line_width=1.5)
    return torch.from_numpy(ink)[None, None].float() / 255


def added(ink: torch.Tensor, lines: list[np.ndarray], place: Placement = AS_IT_IS):
    (strokes,) = additions(strokes_of(ink), [place], lines, SIDE)
    return strokes


@pytest.fixture
def generator() -> EndingGenerator:
    torch.manual_seed(3)
    network = CompletionGan(CompletionGanConfig.tiny()).eval()
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    vectors = torch.randn(3, 512, generator=torch.Generator().manual_seed(0))
    network.set_words(F.normalize(vectors, dim=1))
    return EndingGenerator(network)


@pytest.fixture
def target() -> Target:
    vector = torch.randn(512, generator=torch.Generator().manual_seed(1))
    return Target("house", F.normalize(vector, dim=0))


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (30.0, 100.0), (0.01, -5.0)])
def test_what_is_drawn_comes_back_at_the_drawings_own_place(scale, shift):
    place = Placement(1 / scale, -shift / scale, -shift / scale, 1.0)
    strokes = added(picture(ROOF), [WALLS * scale + shift], place)
    points = (np.concatenate(strokes) - shift) / scale
    assert abs(points[:, 1].min() - 4) < 1.5 and points[:, 1].max() < 16
    assert abs(points[:, 0].mean() - 13) < 2


def test_ends_in_reach_lie_on_the_drawing():
    short = np.array([(7.5, 12.2), (13, 4), (18.5, 12.2)])  # stops before the walls
    strokes = added(picture(short), [WALLS])
    ends = np.concatenate([stroke[[0, -1]] for stroke in strokes])
    low = ends[ends[:, 1] > 10]
    assert len(low) == 2
    sideways, down = np.abs(low[:, :1] - (6, 20)).min(axis=1), np.abs(low[:, 1] - 14)
    assert np.minimum(sideways, down).max() < 0.6


def test_ends_out_of_reach_and_rings_stay_where_they_are():
    turn = np.linspace(0, 2 * np.pi, 40)
    ring = np.stack([13 + 3 * np.cos(turn), 19.5 + 3 * np.sin(turn)], axis=1)
    strokes = added(picture(ring), [WALLS])
    points = np.concatenate(strokes)
    apart = np.hypot(*(points - (13, 19.5)).T)
    assert 2 < apart.min() and apart.max() < 4


def test_what_is_drawn_again_on_the_drawing_is_left_out():
    assert added(picture(WALLS), [WALLS]) == []


def test_places_are_tried_as_often_as_they_are_likely(generator, target, monkeypatch):
    likely = torch.full((1, len(SHARES) * CELLS**2), -20.0)
    middle = CELLS // 2
    centre, above = (
        (share * CELLS + row) * CELLS + middle for share, row in ((0, middle), (5, middle - 2))
    )
    likely[0, centre], likely[0, above] = np.log(3.0), 0.0
    monkeypatch.setattr(generator.network, "places", lambda *_: likely)
    monkeypatch.setattr(doodle_endings, "LIKELY", 0.99)
    placed = generator.placements([WALLS], target, seed=5, first=0)
    counts = {share: sum(one.share == share for one in placed) for share in (1.0, 0.5)}
    assert len(placed) == PICTURES and counts == {1.0: 36, 0.5: 12}
    left_top, right_bottom = np.array([6.0, 14]), np.array([20.0, 25])
    for one in placed:
        pixels = (left_top + right_bottom) / 2 * one.scale + (one.x, one.y)
        # two cells above the middle of a whole whose longer side is 255 of 304 units
        height = 14 - 0.2 * SIDE * 255 / 304 if one.share == 0.5 else 14
        np.testing.assert_allclose(pixels, (14, height), atol=1e-6)
        assert 14 * one.scale == pytest.approx(one.share * SIDE * 255 / 304)
    assert placed == generator.placements([WALLS], target, seed=5, first=0)


def test_endings_are_the_same_alone_and_in_company(generator, target):
    alone = returned(generator.endings([WALLS], target, 7, 0))
    assert len(alone) == PICTURES
    others = torch.rand(6, 1, SIDE, SIDE)
    begun = torch.zeros(PICTURES, 1, SIDE, SIDE)
    steps = [
        doodle_endings.Missing(generator, target, torch.randn(len(b), 4), b)
        for b in (begun, others)
    ]
    generator.run(steps)
    together = [step.result for step in steps]
    for step in steps:
        step.ready = False
    generator.run(steps[1:])
    torch.testing.assert_close(steps[1].result, together[1], rtol=1e-2, atol=1e-2)
    assert [len(one) for one in together] == [PICTURES, 6]
    again = returned(generator.endings([WALLS], target, 7, 0))
    for one, other in zip(alone, again, strict=True):
        assert len(one) == len(other)
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    later = returned(generator.endings([WALLS], target, 7, PICTURES))
    assert any(
        len(a) != len(b) or any(not np.array_equal(p, q) for p, q in zip(a, b, strict=True))
        for a, b in zip(alone, later, strict=True)
    )


@pytest.mark.parametrize("lines", [[np.array([(5.0, 5.0)])], [np.array([(5.0, 5.0), (5.0, 5.0)])]])
def test_a_dot_says_nothing_of_the_size_of_the_whole(generator, target, lines):
    assert returned(generator.endings(lines, target, 0, 0)) == []


def test_a_huge_line_is_a_drawing(generator, target):
    made = returned(generator.endings([np.array([(0.0, 0), (1e6, 0)])], target, 0, 0))
    assert len(made) == PICTURES
    assert all(np.isfinite(stroke).all() for strokes in made for stroke in strokes)


def test_only_the_pictures_in_which_the_word_is_seen_best_are_traced(generator, target):
    """A ranker that likes ink: the pictures with the most of it are kept, at their numbers."""

    class LikesInk:
        recogniser = SimpleNamespace(config=SimpleNamespace(side=SIDE))

        def chances(self, ink, word, vector):
            assert ink.shape == (PICTURES, 1, SIDE, SIDE) and ink.dtype == torch.uint8
            seen.append(ink.float().mean(dim=(1, 2, 3)))
            return seen[0].tolist()
            yield

    seen: list[torch.Tensor] = []
    every = returned(generator.endings([WALLS], target, 5, 0))
    generator.ranker = LikesInk()
    some = returned(generator.endings([WALLS], target, 5, 0))
    best = set(seen[0].argsort(descending=True)[: doodle_endings.TRACED].tolist())
    assert len(some) == PICTURES
    for k, (one, other) in enumerate(zip(some, every, strict=True)):
        wanted = other if k in best else []
        assert len(one) == len(wanted)
        assert all(np.array_equal(a, b) for a, b in zip(one, wanted, strict=True))
