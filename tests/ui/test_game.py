"""The game's server side: which words are played, who may see the tab, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from stepping import answered
from stubs import StubRecognition, StubRegistry

import doodle.pipelines.recognise as recognition
from doodle.errors import ModelUnavailable
from doodle.pipelines.recognise import Guesses
from doodle.services.executor import LocalExecutor
from doodle.ui import saving
from doodle.ui.page import build_app
from doodle.ui.run import Runs
from doodle.ui.tool import Context
from doodle.ui.tools.play import panel as game

VISITOR = SimpleNamespace(session_hash="a")

LINE = {"v": 1, "w": 1000, "h": 750, "strokes": [[100, 100, 0, 0.5, 300, 200, 120, 0.5]]}


def cards(problem: str = "", **headers: dict) -> SimpleNamespace:
    made = [SimpleNamespace(name=n, header=h, problem=problem) for n, h in headers.items()]
    return SimpleNamespace(cards=lambda: made)


def knows(*words: str) -> dict:
    return {"data": {"categories": list(words)}}


def tabs(registry: StubRegistry) -> list[str]:
    blocks = build_app(LocalExecutor(registry)).get_config_file()["components"]
    return [block["props"]["label"] for block in blocks if block["type"] == "tabitem"]


def look_of(executor: LocalExecutor) -> Callable:
    import gradio as gr

    with gr.Blocks() as app:
        context = Context(executor, Runs(executor), saving.build())
        game.wire(game.build(context), context)
    (only,) = app.fns.values()
    assert only.api_visibility == "private" and not only.queue  # nobody's guess waits in a queue
    return only.fn


def test_the_words_are_those_that_the_recogniser_knows():
    known = ["cat", "moon", "sun", "fish", "house", "tree", "squiggle"]  # the last is not ours
    assert set(game.playable(cards(recogniser=knows(*known)))) == set(known) - {"squiggle"}


def test_too_few_words_are_no_game():
    five = knows("cat", "moon", "sun", "fish", "house")
    assert game.playable(cards(recogniser=five)) == []


def test_without_a_recogniser_there_is_nobody_to_guess():
    words = {"config": {"categories": list(game.WORDS)}}
    assert game.playable(cards(words=words)) == []
    assert game.playable(cards("damaged", recogniser=knows(*game.WORDS), words=words)) == []

    def fails() -> None:
        raise ModelUnavailable("no folder")

    assert game.playable(SimpleNamespace(cards=fails)) == []


def test_no_word_is_there_twice_and_each_is_a_category(repository):
    from doodle.checkpoint import read_header

    assert len(set(game.WORDS)) == len(game.WORDS) > 60
    path = repository / "checkpoints" / "words" / "model.safetensors"
    if not path.is_file():
        pytest.skip(f"no {path}")
    assert set(game.WORDS) <= set(read_header(path)["config"]["categories"])


def test_the_tab_is_there_only_with_a_recogniser():
    assert "Play" in tabs(StubRegistry())
    assert "Play" not in tabs(StubRegistry(missing=True))


def test_each_visitor_gets_the_answer_to_his_own_drawing(monkeypatch):
    def guess(self, drawing, top, names):
        return Guesses([(f"{len(drawing.strokes)} lines", 0.5)], False, np.zeros(512))

    monkeypatch.setattr(recognition, "Recognition", StubRecognition)
    monkeypatch.setattr(StubRecognition, "_guess", guess)
    two = {**LINE, "strokes": LINE["strokes"] * 2}
    messages = [
        json.dumps({"version": 4, "drawing": json.dumps(LINE)}),
        "{nonsense",
        json.dumps({"version": 9, "drawing": json.dumps(two)}),
    ]
    look = look_of(LocalExecutor(StubRegistry()))
    first, broken, last = (json.loads(answered(look(one, VISITOR))) for one in messages)
    assert (first["version"], first["guesses"][0][0]) == (4, "1 lines")
    assert (last["version"], last["guesses"][0][0]) == (9, "2 lines")
    assert "problem" in broken and "guesses" not in broken


def test_a_missing_model_is_told_in_one_sentence():
    message = json.dumps({"version": 1, "drawing": json.dumps(LINE)})
    answer = answered(look_of(LocalExecutor(StubRegistry(missing=True)))(message, VISITOR))
    assert "missing" in json.loads(answer)["problem"]
