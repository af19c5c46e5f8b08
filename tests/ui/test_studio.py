"""The studio over real networks, tiny ones: the pipelines are called as they want to be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from doodle.registry import Registry
from doodle.strokes.drawing import Drawing
from doodle.ui.panels import examples
from doodle.ui.studio import Studio, known_words, status
from doodle.ui.wish import Wish

CAT = Drawing.parse(examples.pick("0")[0])


@pytest.fixture(scope="module")
def studio(tiny_checkpoints: Path) -> Studio:
    return Studio(Registry(tiny_checkpoints, device="cpu"))


def test_a_completion_is_inked_and_then_ranked(studio: Studio):
    *inks, ranked = studio.complete(CAT, Wish("cat", 3))
    assert all(ink.points for ink in inks)
    assert len(ranked.endings) == 3
    scores = [ending.score for ending in ranked.endings]
    assert scores == sorted(scores, reverse=True)


def test_draw_again_and_morph(studio: Studio):
    assert len(studio.draw(Wish("moon", 2))) == 2
    assert len(studio.again(CAT, Wish("cat", 2))) == 2
    assert len(studio.morph(CAT, CAT, ("cat", "apple"), 4, Wish("cat", 1))) == 4


def test_a_run_that_is_left_lets_its_networks_go(studio: Studio):
    events = studio.complete(CAT, Wish("cat", 2))
    next(events)
    events.close()
    assert not any(slot.pins for slot in studio.registry._slots.values())


def test_what_the_page_says_of_its_models(studio: Studio):
    words, story, fit = status(studio.registry)
    assert words == "CPU, 4 models ready, offline" and fit and "sketch_rnn" in story
    assert set(known_words(studio.registry)) == {"apple", "cat", "eyeglasses", "moon"}


def test_an_unknown_word_is_the_visitors_mistake(studio: Studio):
    with pytest.raises(ValueError, match=r"\w"):
        studio.draw(Wish("qqqqzzzz"))
