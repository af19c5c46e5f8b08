"""A text drawn by both networks: who draws what, in which order, and what is said before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from doodle import checkpoint
from doodle.models.dccgan import Dccgan, DccganConfig
from doodle.models.words import UnknownWord
from doodle.pipelines import drawer as drawing
from doodle.pipelines import imagine
from doodle.pipelines.complete import Completer
from doodle.pipelines.drawer import Drawer
from doodle.pipelines.finish import TRACED_FROM
from doodle.pipelines.imagine import Imaginer
from doodle.pipelines.recognise import Recognition
from doodle.pipelines.steps import alone
from doodle.pipelines.text import TextEncoder
from doodle.strokes.curves import fit_curves


@pytest.fixture(scope="module")
def drawer(tiny_checkpoints) -> Drawer:
    network, words, recogniser, strokes = (
        checkpoint.load(tiny_checkpoints / name / checkpoint.FILE)[0]
        for name in ("sketch_rnn", "words", "recogniser", "stroke_classifier")
    )
    completer = Completer(network, words, recogniser)
    torch.manual_seed(4)
    pictures = Dccgan(replace(DccganConfig.tiny(), known=0)).eval()
    encoder = TextEncoder(words)
    imaginer = Imaginer(pictures, encoder, recogniser)
    return Drawer(completer, encoder, imaginer, Recognition(recogniser, words, strokes))


@pytest.fixture
def strokes_everywhere(monkeypatch):
    """Untrained pictures have no lines to trace: these are given to them."""
    line = np.array([[0.0, 0], [40, 90], [80, 10], [30, 40]])
    curves = fit_curves([line], 9.0)
    monkeypatch.setattr(imagine, "traced", lambda pictures: [curves for _ in pictures])


def run(drawer: Drawer, text: str = "cat", **asked):
    read, ranked = alone(drawer.drawings(text, **asked))
    return read, ranked.endings


def test_both_networks_draw_a_word_that_was_learned(drawer, strokes_everywhere, monkeypatch):
    monkeypatch.setattr(drawing.selection, "best", lambda all_of, *_: list(range(len(all_of))))
    _, drawn = run(drawer, n=3, seed=2)
    assert [one.traced for one in drawn] == [one.candidate >= TRACED_FROM for one in drawn]
    assert {one.traced for one in drawn} == {True, False}


def test_the_joined_recognisers_rank_them(drawer, strokes_everywhere):
    _, drawn = run(drawer, n=6, seed=2)
    scores = [one.score for one in drawn]
    assert len(drawn) == 6 and scores == sorted(scores, reverse=True)
    pictures = [one.strokes for one in drawn]
    row = drawer.recognition.categories.index("cat")
    logits, _ = drawer.recognition._read(pictures)
    assert scores == pytest.approx(torch.softmax(logits, dim=1)[:, row].tolist(), abs=1e-3)


def test_the_same_seed_gives_the_same_drawings(drawer, strokes_everywhere):
    (_, first), (_, again) = run(drawer, n=3, seed=5), run(drawer, n=3, seed=5)
    assert [one.candidate for one in first] == [one.candidate for one in again]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.strokes[0], other.strokes[0])


def test_drawings_fit_their_square(drawer, strokes_everywhere):
    _, drawn = run(drawer, "moon", n=3)
    points = np.concatenate([stroke for one in drawn for stroke in one.strokes])
    assert points.min() >= 0 and points.max() <= 256


@pytest.mark.parametrize("text", ["sleepy moon", "red"])
def test_what_was_not_learned_as_a_word_is_drawn_by_the_generator(drawer, strokes_everywhere, text):
    _, drawn = run(drawer, text, n=2)
    assert all(one.traced for one in drawn)


@pytest.mark.parametrize("asked", [{"rank": False}, {"doodles": False}])
def test_sketch_rnn_draws_alone_where_that_is_asked_for(drawer, asked):
    _, drawn = run(drawer, n=3, **asked)
    assert len(drawn) == 3 and not any(one.traced for one in drawn)


def test_sketch_rnn_draws_alone_without_the_generator(drawer):
    alone_now = Drawer(drawer.completer, drawer.encoder)
    _, drawn = run(alone_now, n=3)
    assert len(drawn) == 3 and not any(one.traced for one in drawn)


def test_what_was_understood_comes_before_anything_is_drawn(drawer):
    read = next(alone(drawer.drawings("red")))
    assert not read.seen and "never seen" in read.caveat


def test_a_text_of_which_nothing_is_known_is_not_drawn(drawer):
    with pytest.raises(UnknownWord, match="qqqqzzzz"):
        run(drawer, "qqqqzzzz")


def test_doodles_are_both_networks_too(drawer, strokes_everywhere, monkeypatch):
    monkeypatch.setattr(drawing.selection, "best", lambda all_of, *_: list(range(len(all_of))))
    read, imagined = alone(drawer.doodles("cat", n=3, seed=2))
    doodles = imagined.doodles
    assert imagined.text == read and {one.traced for one in doodles} == {True, False}
    for one in doodles:
        assert one.drawing and one.picture.dtype == np.uint8 and 0 <= one.score <= 1
        assert bool(len(one.z)) == bool(one.curves) == one.traced


def test_doodles_of_a_phrase_are_the_generators(drawer, strokes_everywhere):
    _, imagined = alone(drawer.doodles("sleepy moon", n=3, seed=2))
    assert len(imagined.doodles) == 3 and all(one.traced for one in imagined.doodles)


def test_the_generators_own_are_those_of_the_imaginer(drawer, strokes_everywhere):
    _, imagined = alone(drawer.doodles("sleepy moon", n=3, seed=2))
    for one, other in zip(
        imagined.doodles, drawer.imaginer("sleepy moon", n=3, seed=2).doodles, strict=True
    ):
        np.testing.assert_array_equal(one.z, other.z)
        assert one.score == other.score
