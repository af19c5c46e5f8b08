"""Completion, drawing, drawing again and morphing with tiny networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from doodle import checkpoint
from doodle.models.words import UnknownWord
from doodle.pipelines.complete import Completer, Ink, Ranked, slerp
from doodle.pipelines.steps import alone, last
from doodle.strokes.drawing import Drawing

HALF = Drawing.from_polylines(
    [np.array([[300, 200], [500, 180], [700, 400]]), np.array([[400, 500], [420, 520]])],
    width=1000,
    height=750,
)


@pytest.fixture(scope="module")
def networks(tiny_checkpoints):
    return [
        checkpoint.load(tiny_checkpoints / name / checkpoint.FILE)[0]
        for name in ("sketch_rnn", "words", "recogniser")
    ]


@pytest.fixture
def completer(networks):
    return Completer(*networks)


def again(completer, drawing, word, **asked):
    return last(alone(completer.redrawn(drawing, word, **asked))).endings


def morph(completer, *ends, **asked):
    return last(alone(completer.morphed(*ends, **asked))).drawings


def lines(endings):
    return [np.concatenate(e.strokes) for e in endings]


def test_the_same_seed_gives_the_same_endings_and_another_seed_others(completer):
    first = completer.complete(HALF, "cat", n=3, seed=4)
    again = completer.complete(HALF, "cat", n=3, seed=4)
    other = completer.complete(HALF, "cat", n=3, seed=5)
    for a, b in zip(lines(first), lines(again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(
        a.shape != b.shape or not np.allclose(a, b)
        for a, b in zip(lines(first), lines(other), strict=True)
    )


def test_asking_for_more_keeps_the_first_ones(completer):
    few = completer.complete(HALF, "cat", n=2, rank=False)
    many = completer.complete(HALF, "cat", n=7, rank=False)
    for a, b in zip(lines(few), lines(many), strict=False):
        np.testing.assert_allclose(a, b, atol=1e-2)
    assert [e.candidate for e in many] == list(range(7))


def test_ranked_endings_come_best_first_with_scores(completer):
    endings = completer.complete(HALF, "cat", n=4)
    scores = [e.score for e in endings]
    assert scores == sorted(scores, reverse=True) and all(0 <= s <= 1 for s in scores)
    everything = completer.complete(HALF, "cat", n=16, rank=False)
    assert all(e.score is None for e in everything)
    whole = [[*HALF.polylines(), *e.strokes] for e in everything]
    vector = completer.words.lookup("cat").vector
    assert max(completer.ranker.score(whole, "cat", vector)) == pytest.approx(scores[0])


def test_without_a_recogniser_nothing_is_ranked(networks):
    endings = Completer(*networks[:2]).complete(HALF, "cat", n=3)
    assert [e.candidate for e in endings] == [0, 1, 2] and endings[0].score is None


def test_the_ink_is_the_endings(completer):
    *inks, last = completer.stream(HALF, "cat", n=5, rank=False)
    assert all(isinstance(ink, Ink) for ink in inks) and isinstance(last, Ranked)
    strokes = {k: [] for k in range(5)}
    for ink in inks:
        for k, starts, x, y in ink.points:
            if starts:
                strokes[k].append([])
            strokes[k][-1].append((x, y))
    for ending in last.endings:
        drawn = strokes[ending.candidate]
        assert len(drawn) == len(ending.strokes)
        for a, b in zip(drawn, ending.strokes, strict=True):
            np.testing.assert_allclose(np.array(a), b, rtol=1e-5)


def test_an_ending_moves_and_grows_with_the_drawing(completer):
    """The network sees shapes, not where or how large they stand on the canvas."""

    def moved(scale, shift):
        return Drawing.from_polylines([p * scale + shift for p in HALF.polylines()], 4000, 3000)

    plain = completer.complete(HALF, "cat", n=2, rank=False)
    shifted = completer.complete(moved(1, 40), "cat", n=2, rank=False)
    doubled = completer.complete(moved(2, 0), "cat", n=2, rank=False)
    for a, b, c in zip(lines(plain), lines(shifted), lines(doubled), strict=True):
        np.testing.assert_allclose(a + 40, b, atol=0.5)
        np.testing.assert_allclose(a * 2, c, atol=1)


def test_the_word_and_the_prefix_matter(completer):
    cat = lines(completer.complete(HALF, "cat", n=1, rank=False))[0]
    apple = lines(completer.complete(HALF, "apple", n=1, rank=False))[0]
    fewer = Drawing.from_polylines(HALF.polylines()[1:], 1000, 750)
    other = lines(completer.complete(fewer, "cat", n=1, rank=False))[0]
    for found in (apple, other):
        assert found.shape != cat.shape or not np.allclose(found, cat)


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing.from_polylines([np.array([[5.0, 5.0]])]),
        Drawing.from_polylines([np.array([[5.0, 5.0], [5.0, 5.0]])] * 3),
        Drawing.from_polylines([np.random.default_rng(0).uniform(0, 900, (20_000, 2))], 1000, 1000),
        Drawing.from_polylines([]),
    ],
    ids=["dot", "repeats", "scribble", "nothing"],
)
def test_any_drawing_can_be_completed(completer, drawing):
    for ending in completer.complete(drawing, "cat", n=2):
        assert ending.strokes and all(np.isfinite(s).all() for s in ending.strokes)


def test_again_takes_the_place_of_the_drawing(completer):
    low, high = np.array([300, 180]), np.array([700, 520])
    for ending in again(completer, HALF, "cat", n=3):
        points = np.concatenate(ending.strokes)
        assert (points >= low - 1).all() and (points <= high + 1).all()
    with pytest.raises(ValueError, match="nothing drawn"):
        again(completer, Drawing.from_polylines([]), "cat")


def test_a_morph_goes_from_one_to_the_other(completer):
    other = Drawing.from_polylines([np.array([[0, 0], [9, 90], [80, 20]])], 100, 100)
    steps = morph(completer, HALF, other, "cat", "moon", steps=5)
    assert len(steps) == 5 and all(step.n_points for step in steps)
    with pytest.raises(ValueError, match="at least 2"):
        morph(completer, HALF, other, "cat", "moon", steps=1)


def test_slerp_keeps_the_length_and_survives_equal_ends():
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    middle = torch.tensor([[0.7071, 0.7071]])
    torch.testing.assert_close(slerp(a, b, 0.5), middle, atol=1e-4, rtol=0)
    torch.testing.assert_close(slerp(a, a, 0.3), a)
    assert torch.isfinite(slerp(a, -a, 0.5)).all() and torch.isfinite(slerp(a * 0, a, 0.5)).all()


def test_callers_mistakes_are_said(completer):
    with pytest.raises(UnknownWord):
        completer.complete(HALF, "qqqzzzxxx")
    with pytest.raises(ValueError, match="temperature"):
        completer.complete(HALF, "cat", temperature=0)
    with pytest.raises(ValueError, match="n lies"):
        completer.complete(HALF, "cat", n=0)
