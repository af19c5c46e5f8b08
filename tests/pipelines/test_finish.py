"""Both networks' endings of one drawing: which are drawn, when more are drawn, what is shown."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from doodle import checkpoint
from doodle.models.completion_gan import CompletionGan, CompletionGanConfig
from doodle.pipelines import finish, selection
from doodle.pipelines.complete import Completer, Ink, Ranked
from doodle.pipelines.doodle_endings import PICTURES, EndingGenerator
from doodle.pipelines.finish import TRACED_FROM, Finisher
from doodle.pipelines.steps import alone
from doodle.strokes.drawing import Drawing

HALF = Drawing.from_polylines([[(50, 60), (120, 40), (200, 70)], [(60, 150), (90, 170)]])


@pytest.fixture(scope="module")
def finisher(tiny_checkpoints) -> Finisher:
    networks = [
        checkpoint.load(tiny_checkpoints / name / checkpoint.FILE)[0]
        for name in ("sketch_rnn", "words", "recogniser")
    ]
    completer = Completer(*networks)
    torch.manual_seed(4)
    network = CompletionGan(CompletionGanConfig.tiny()).eval()
    return Finisher(completer, EndingGenerator(network))


def run(finisher: Finisher, **asked) -> tuple[list[Ink], Ranked]:
    *inks, ranked = alone(finisher.endings(HALF, "cat", **asked))
    return inks, ranked


def all_of(endings, worth, *_):
    return list(range(len(endings)))


def test_a_run_says_how_the_drawing_stood(finisher, monkeypatch):
    monkeypatch.setattr(selection, "best", all_of)
    inks, ranked = run(finisher, n=2, seed=3)
    completer = finisher.completer
    vector = completer.words.lookup("cat").vector
    (before,) = completer.ranker.score([HALF.polylines()], "cat", vector)
    assert ranked.before == pytest.approx(before, abs=1e-6) and isinstance(ranked.finished, bool)
    assert {point[0] for ink in inks for point in ink.points} <= {0, 1}


def test_endings_of_pictures_stand_beside_those_of_sketch_rnn(finisher, monkeypatch):
    monkeypatch.setattr(selection, "best", all_of)
    _, ranked = run(finisher, n=2, seed=3)
    own = [ending for ending in ranked.endings if ending.candidate < TRACED_FROM]
    others = [ending for ending in ranked.endings if ending.candidate >= TRACED_FROM]
    assert [ending.candidate for ending in own] == list(range(12))
    assert 0 < len(others) <= PICTURES
    plain = finisher.completer.complete(HALF, "cat", n=12, seed=3, rank=False)
    for mine, its in zip(own, plain, strict=True):
        for a, b in zip(mine.strokes, its.strokes, strict=True):
            np.testing.assert_array_equal(a, b)
    again = run(finisher, n=2, seed=3)[1]
    assert [ending.candidate for ending in again.endings] == [
        ending.candidate for ending in ranked.endings
    ]


def test_more_is_drawn_where_few_endings_are_worth_showing(finisher, monkeypatch):
    counts = []

    def none(endings, *_):
        counts.append(len(endings))
        return []

    monkeypatch.setattr(selection, "best", none)
    alone_with_sketch_rnn = Finisher(finisher.completer)
    _, ranked = run(alone_with_sketch_rnn, n=2, selective=True)
    assert ranked.endings == [] and counts == [8, 16]
    counts.clear()
    run(alone_with_sketch_rnn, n=2)
    assert counts == [8]


def test_candidates_of_the_second_round_are_others(finisher, monkeypatch):
    monkeypatch.setattr(
        selection, "best", lambda endings, *_: list(range(len(endings))) * (len(endings) > 8)
    )
    _, ranked = run(Finisher(finisher.completer), n=2, seed=5, selective=True)
    more = finisher.completer.complete(HALF, "cat", n=16, seed=5, rank=False)
    for mine, its in zip(ranked.endings, more, strict=True):
        assert mine.candidate == its.candidate
        for a, b in zip(mine.strokes, its.strokes, strict=True):
            np.testing.assert_array_equal(a, b)


def test_without_a_recogniser_endings_come_as_they_are_drawn(finisher):
    completer = finisher.completer
    plain = Finisher(Completer(completer.network, completer.words))
    _, ranked = run(plain, n=3)
    assert [ending.candidate for ending in ranked.endings] == [0, 1, 2] and ranked.before is None


def test_better_endings_follow_in_spare_time(finisher, monkeypatch):
    """With a threshold of nothing the rounds after the first always find others."""
    monkeypatch.setattr(selection, "least_worth", lambda *_: -1.0)
    monkeypatch.setattr(selection, "is_stray", lambda *_: False)
    monkeypatch.setattr(selection, "is_finished", lambda *_: False)
    monkeypatch.setattr(finish, "HOPE", -1.0)
    asked = {"n": 6, "seed": 3, "selective": True, "improve": True}
    answers = [
        event
        for event in alone(finisher.endings(HALF, "cat", **asked), spare=True)
        if isinstance(event, Ranked)
    ]
    first, *better = answers
    assert 1 <= len(better) <= finish.ROUNDS
    sums = [sum(one.score for one in ranked.endings) for ranked in answers]
    assert sums == sorted(sums)
    shown = [[one.candidate for one in ranked.endings] for ranked in answers]
    for earlier, later in pairwise(shown):
        assert set(earlier[: finish.KEPT]) <= set(later)
    again = [e for e in alone(finisher.endings(HALF, "cat", **asked)) if isinstance(e, Ranked)]
    assert len(again) == 1  # without spare time the first answer is the only one
    pairs = zip(again[0].endings, first.endings, strict=True)
    assert all(one.candidate == other.candidate for one, other in pairs)


def test_a_finished_drawing_is_left_alone(finisher, monkeypatch):
    monkeypatch.setattr(selection, "is_finished", lambda *_: True)
    task = finisher.endings(HALF, "cat", n=2, selective=True, improve=True)
    assert sum(isinstance(event, Ranked) for event in alone(task, spare=True)) == 1
