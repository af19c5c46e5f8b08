"""The tool Words over stubs: its messages, what ends a run, and what is refused."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from stepping import answered, stepped
from stub_words import Read, StubEncoder, StubImaginer
from stubs import StubRegistry, use_stubs

import doodle.pipelines.text as reading
from doodle.requests import AUTO
from doodle.services import readiness
from doodle.services.executor import LocalExecutor
from doodle.ui.messages import SORRY
from doodle.ui.run import Runs
from doodle.ui.tools.words.panel import FIRST_GOAL, another
from doodle.ui.tools.words.tasks import WALK, DoodleTasks, _noise, finishable

VISITOR = SimpleNamespace(session_hash="a")


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> DoodleTasks:
    use_stubs(monkeypatch)
    monkeypatch.setattr(reading, "TextEncoder", StubEncoder)
    return DoodleTasks(Runs(LocalExecutor(StubRegistry())))


def drawn(tasks: DoodleTasks, text: str = "cat", count: float = 4, seed: float = 1) -> dict:
    *_, message = stepped(tasks.draw(text, count, 0.8, seed, VISITOR))
    return json.loads(message)


def more(tasks: DoodleTasks, message: object) -> dict:
    text = message if isinstance(message, str) else json.dumps(message)
    *_, answer = stepped(tasks.more(text, "cat", 4, 0.8, 1, VISITOR))
    return json.loads(answer)


def walk(tasks: DoodleTasks, **asked: object) -> dict:
    message = {"request": 5, "text": "cat", "second": "fish", "steps": 4, "seed": 1, "candidate": 2,
              "truncation": 1.0}  # fmt: skip
    return json.loads(answered(tasks.walk(json.dumps(message | asked), VISITOR)))


def stop(tasks: DoodleTasks, visitor: SimpleNamespace = VISITOR) -> None:
    tasks._runs.stop(visitor, "words", WALK)


def test_a_result_tells_all_that_the_cards_show(tasks: DoodleTasks):
    answer = drawn(tasks, " a  sleepy cat ")
    assert (answer["text"], answer["name"], answer["finish_as"]) == ("a sleepy cat", "cat", "cat")
    assert answer["reading"]["parts"] == [["sleepy", "placed by meaning"], ["cat", "known exactly"]]
    assert len(answer["doodles"]) == 4
    for one in answer["doodles"]:
        assert all(0 <= v <= 256 for flat in one["strokes"] for v in flat)
    *traced, sketched = answer["doodles"]
    for one in traced:
        assert one["traced"] and len(one["curves"]) == len(one["strokes"])
        assert all(len(flat) % 6 == 2 for flat in one["curves"])
    assert not sketched["traced"] and "curves" not in sketched


def test_every_answer_is_a_new_one_so_that_the_page_sees_it(tasks: DoodleTasks):
    one, other = drawn(tasks), drawn(tasks)
    assert one.pop("run") != other.pop("run") and one == other


def test_a_newer_run_and_stop_end_the_older_without_a_word(tasks: DoodleTasks):
    older = stepped(tasks.draw("cat", 4, 0.8, 1, VISITOR))
    next(older)
    drawn(tasks, "fish")
    assert not list(older)
    stopped = stepped(tasks.draw("cat", 4, 0.8, 1, VISITOR))
    next(stopped)
    stop(tasks, SimpleNamespace(session_hash="b"))
    other = stepped(tasks.draw("cat", 4, 0.8, 1, SimpleNamespace(session_hash="c")))
    next(other)
    stop(tasks)
    assert not list(stopped) and len(list(other)) == 1


def test_an_answer_that_nobody_waits_for_any_more_is_dropped(tasks: DoodleTasks, monkeypatch):
    answer = StubImaginer.doodles_of

    def left_meanwhile(self, texts: list[str], **asked: object) -> Iterator[object]:
        stop(tasks)
        yield from answer(self, texts, **asked)

    monkeypatch.setattr(StubImaginer, "doodles_of", left_meanwhile)
    answers = list(stepped(tasks.draw("cat", 4, 0.8, 1, VISITOR)))
    assert len(answers) == 1  # the empty first one


def test_of_many_presses_in_a_row_only_the_first_and_the_last_are_worked_on(
    tasks: DoodleTasks, monkeypatch
):
    made, entered, go_on = [], threading.Event(), threading.Event()
    answer = StubImaginer.doodles_of

    def slow(self, texts: list[str], **asked: object) -> Iterator[object]:
        made.extend(texts)
        entered.set()
        go_on.wait(5)
        yield from answer(self, texts, **asked)

    monkeypatch.setattr(StubImaginer, "doodles_of", slow)
    texts = ["cat", "dog", "fish", "moon"]
    presses = [stepped(tasks.draw(text, 4, 0.8, 1, VISITOR)) for text in texts]
    threads = [threading.Thread(target=list, args=(press,)) for press in presses]
    next(presses[0])
    threads[0].start()
    assert entered.wait(5)
    for press, thread in zip(presses[1:], threads[1:], strict=True):
        next(press)
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert made == ["cat", "moon"]


def test_more_like_one_and_between_two(tasks: DoodleTasks):
    one = drawn(tasks)["doodles"][2]
    asked = {"task": "like", "text": "cat", "candidate": one["candidate"], "noise": one["noise"]}
    near = more(tasks, asked)
    assert near["task"] == "like" and len(near["doodles"]) == 4
    assert near["doodles"] != more(tasks, asked | {"candidate": 1})["doodles"]
    mixed = more(tasks, {"task": "mix", "text": "cat", "second": " fish ", "share": 0.3})
    assert (mixed["task"], mixed["second"], mixed["share"]) == ("mix", "fish", 0.3)
    assert [word for word, _ in mixed["reading"]["parts"]] == ["cat", "fish"]
    typo = more(tasks, {"task": "mix", "text": "cat", "second": "qqq", "share": 0.3})
    assert (typo["reading"]["sure"], typo["reading"]["notice"]) == (0.2, "I read it as a cat.")


def test_a_walk_answers_with_the_number_it_was_asked_under(tasks: DoodleTasks):
    answer = walk(tasks)
    assert (
        answer["request"] == 5
        and answer["words"] == ["cat", "fish"]
        and len(answer["doodles"]) == 4
    )
    assert walk(tasks, candidate=None)["doodles"]
    assert walk(tasks, candidate=3)["doodles"] != answer["doodles"]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("[" * 5_000, "did not arrive whole"),
        ("not json", "did not arrive whole"),
        ([], "did not arrive whole"),
        ({"task": "like", "text": "cat"}, "did not arrive whole"),
        ({"task": "like", "text": "cat", "candidate": 1, "noise": "x"}, "did not arrive whole"),
        ({"task": "like", "text": "cat", "candidate": 1, "noise": [1e99]}, "did not arrive whole"),
        ({"task": "like", "text": "cat", "candidate": -1, "noise": [1]}, "The candidate"),
        ({"task": "mix", "text": "cat", "second": "", "share": 0.5}, "Say what to draw"),
        ({"task": "mix", "text": "cat", "second": "fish", "share": 7}, "The share"),
        ({"task": "mix", "text": 5, "second": "fish", "share": 0.1}, "Say what to draw"),
    ],
)
def test_a_broken_message_is_answered_by_a_sentence(tasks: DoodleTasks, message: object, says: str):
    assert says in more(tasks, message)["error"]


def test_a_walk_that_cannot_be_is_a_sentence(tasks: DoodleTasks):
    assert "number of steps" in walk(tasks, steps=900)["error"]
    assert "English" in walk(tasks, second="猫")["error"]
    assert "did not arrive whole" in json.loads(answered(tasks.walk("{}", VISITOR)))["error"]


def test_a_fault_of_ours_is_logged_and_not_shown(tasks: DoodleTasks, monkeypatch, caplog):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("internal detail")

    monkeypatch.setattr(StubImaginer, "doodles_of", broken)
    assert drawn(tasks)["error"] == SORRY and "internal detail" in caplog.text


def test_the_word_to_finish_as_is_the_thing_or_left_to_a_guess():
    def read(name: str, *parts: str) -> Read:
        return Read("text", name, tuple((part, "known exactly") for part in parts))

    known = ["cat", "fish"]
    assert finishable(read("cat", "cat"), known) == "cat"
    assert finishable(read("fish cat", "fish", "cat"), known) == "cat"
    assert finishable(read("dragon", "dragon"), known) == AUTO


def test_what_is_missing_is_known_before_anything_is_asked():
    assert readiness.imagining(StubRegistry()) == ""
    registry = StubRegistry(without=["dccgan"])
    assert "python -m doodle train dccgan" in readiness.imagining(registry)
    assert "cat" in readiness.subjects(registry)
    broken = StubRegistry()
    cards = broken.cards()
    cards[-1].problem = "It is corrupt. Run `git checkout -- checkpoints`."
    broken.cards = lambda: cards
    assert "git checkout" in readiness.imagining(broken)


def test_the_noise_of_a_doodle_survives_the_page(tasks: DoodleTasks):
    noise = _noise(drawn(tasks)["doodles"][0]["noise"])
    assert noise.dtype == np.float32 and noise.shape == (8,)


def test_a_real_generator_is_called_as_it_wants_to_be(tiny_checkpoints: Path, tmp_path: Path):
    from doodle import checkpoint
    from doodle.models import resolve
    from doodle.registry import Registry

    root = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    config_class, module_class = resolve("dccgan")
    config = config_class.tiny()
    checkpoint.save(
        root / "dccgan" / checkpoint.FILE,
        module_class(config).eval(),
        model="dccgan",
        config=config,
        licence="MIT",
        attribution="nobody",
        data={"categories": ["cat", "moon"]},
        training={},
        metrics=[],
    )
    checkpoint.update_index(root)
    registry = Registry(root, device="cpu")
    assert readiness.imagining(registry) == "" and readiness.subjects(registry) == ["cat", "moon"]
    tasks = DoodleTasks(Runs(LocalExecutor(registry)))
    assert len(drawn(tasks, "cat")["doodles"]) == 4
    one = drawn(tasks, "red cat")["doodles"][1]  # SketchRNN knows no phrases
    asked = {
        "task": "like",
        "text": "red cat",
        "candidate": one["candidate"],
        "noise": one["noise"],
    }
    again = more(tasks, asked)["doodles"][0]  # and on from there, as often as one likes
    asked |= {"candidate": again["candidate"], "noise": again["noise"]}
    assert len(more(tasks, asked)["doodles"]) == 4
    mixed = more(tasks, {"task": "mix", "text": "cat", "second": "moon", "share": 0.3})
    assert len(mixed["doodles"]) == 4
    ways = [walk(tasks, second="moon", candidate=candidate) for candidate in (2, None)]
    assert [len(way["doodles"]) for way in ways] == [4, 4]
    assert not any(slot.pins for slot in registry._slots.values())


def test_a_surprise_is_another_word():
    assert {another(["cat", "fish", "sun"], "cat") for _ in range(60)} == {"fish", "sun"}
    assert another(["cat"], "cat") == another([], "cat") == FIRST_GOAL
