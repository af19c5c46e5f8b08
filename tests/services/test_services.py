"""The services over real networks, tiny ones: pipelines are called as they want to be called."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from doodle.errors import BadDrawing, ModelUnavailable
from doodle.registry import Registry
from doodle.requests import Again, Complete, Draw, Explain, Morph, Recognise, Status, Warm
from doodle.services.executor import LocalExecutor
from doodle.services.readiness import known_words, recognising, sketching, summary
from doodle.services.results import Endings, Ink, Taken
from doodle.strokes.drawing import Drawing

EXAMPLES = Path(__file__).resolve().parents[2] / "doodle" / "ui" / "tools" / "draw" / "sketches"
CAT = Drawing.parse(json.loads((EXAMPLES / "01_cat.json").read_text())["drawing"])


@pytest.fixture(scope="module")
def executor(tiny_checkpoints: Path) -> LocalExecutor:
    return LocalExecutor(Registry(tiny_checkpoints, device="cpu"))


def endings(executor: LocalExecutor, request: object) -> list:
    return executor.submit(request).result().endings


def test_a_completion_is_inked_and_then_ranked(executor: LocalExecutor):
    *inks, ranked = executor.submit(Complete("cat", 3, drawing=CAT))
    assert inks and all(isinstance(ink, Ink) and ink.points for ink in inks)
    assert isinstance(ranked, Endings) and len(ranked.endings) == 3
    scores = [ending.score for ending in ranked.endings]
    assert scores == sorted(scores, reverse=True)


def test_draw_again_and_morph(executor: LocalExecutor):
    assert len(endings(executor, Draw("moon", 2))) == 2
    assert len(endings(executor, Again("cat", 2, drawing=CAT))) == 2
    morphed = executor.submit(Morph(CAT, CAT, ("cat", "apple"), 4)).result()
    assert len(morphed.drawings) == 4


def test_guesses_and_reasons(executor: LocalExecutor):
    found = executor.submit(Recognise((CAT, Drawing()), 3)).result().answers
    assert len(found[0].guesses) == 3 and found[1] == ([], True)
    explained = executor.submit(Explain(CAT, "moon")).result()
    assert explained.word == "moon" and len(explained.weights) == len(CAT.strokes)


def test_an_ending_is_the_same_alone_and_among_others(executor: LocalExecutor):
    requests = [Complete(word, 3, seed=k, drawing=CAT) for k, word in enumerate(("cat", "moon"))]
    requests += [Draw("apple", 2, 0.7, 5), Again("cat", 2, 0.2, 9, drawing=CAT)]
    alone = [endings(executor, request) for request in requests]
    jobs = [executor.submit(request, str(k)) for k, request in enumerate(requests)]
    for one, job in zip(alone, jobs, strict=True):
        for ending, again in zip(one, job.result().endings, strict=True):
            assert (ending.candidate, ending.score) == (again.candidate, again.score)
            assert all(map(np.array_equal, ending.strokes, again.strokes))


def test_a_run_that_is_left_lets_its_networks_go(executor: LocalExecutor):
    events = iter(executor.submit(Complete("cat", 2, drawing=CAT)))
    next(events)
    events.close()
    executor.submit(Status()).result()  # answered after what was left is closed
    assert not any(slot.pins for slot in executor.registry._slots.values())


def test_what_the_page_says_of_its_models(executor: LocalExecutor):
    executor.submit(Warm()).result()
    where, story = executor.submit(Status()).result()
    assert where == "CPU" and "sketch_rnn" in story
    registry = executor.registry
    assert summary(registry) == ("4 models ready, offline", True)
    assert sketching(registry) == recognising(registry) == ""
    assert set(known_words(registry)) == {"apple", "cat", "eyeglasses", "moon"}


def test_an_unknown_word_is_the_visitors_mistake(executor: LocalExecutor):
    with pytest.raises(ValueError, match=r"\w"):
        endings(executor, Draw("qqqqzzzz"))


def test_without_the_recogniser_it_draws_unranked(tiny_checkpoints: Path, tmp_path: Path):
    root = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    index = json.loads((root / "INDEX.json").read_text())
    del index["recogniser"]
    (root / "INDEX.json").write_text(json.dumps(index))
    executor = LocalExecutor(Registry(root, device="cpu"))
    found = endings(executor, Draw("moon", 3))
    assert [ending.score for ending in found] == [None] * 3
    assert "train recogniser" in recognising(executor.registry)
    with pytest.raises(ModelUnavailable):
        executor.submit(Recognise((CAT,))).result()


def test_a_pipeline_is_built_once_and_goes_with_its_networks(tiny_checkpoints: Path):
    registry = Registry(tiny_checkpoints, device="cpu")
    executor = LocalExecutor(registry)
    endings(executor, Complete("moon", 1, drawing=CAT))
    (built,) = [one for _, one in registry._built.values()]
    endings(executor, Complete("cat", 1, drawing=CAT))
    assert [one for _, one in registry._built.values()] == [built]
    with registry.use("sketch_rnn") as (network,):
        again = registry.keep(("sketch_rnn", "x"), (network,), lambda one: [one])
        assert registry.keep(("sketch_rnn", "x"), (network,), lambda one: [one]) is again
        other = object()
        assert registry.keep(("sketch_rnn", "x"), (other,), lambda one: [one]) == [other]
    registry._budget_bytes = 1  # read when the budget was first asked for
    registry.__dict__["budget_bytes"] = registry.resident_bytes + (64 << 20) - 1
    executor.submit(Recognise((CAT,))).result()  # makes room
    assert all("sketch_rnn" not in key for key in registry._built)


def test_auto_takes_the_guess_and_says_so(executor: LocalExecutor):
    taken, *_, found = executor.submit(Complete("auto", 2, drawing=CAT))
    assert isinstance(taken, Taken) and taken.word in {"apple", "cat", "eyeglasses", "moon"}
    named = endings(executor, Complete(taken.word, 2, drawing=CAT))
    assert [one.score for one in named] == [one.score for one in found.endings]
    with pytest.raises(BadDrawing):
        Complete("auto")
