"""The draw tool's tasks over stubs: who sees what, what ends a run, and what is refused."""

from __future__ import annotations

import json
import threading
import time
from types import SimpleNamespace

import gradio as gr
import pytest
from stepping import stepped
from stubs import StubCompleter, StubDrawer, StubRegistry, use_stubs

from doodle.services.executor import LocalExecutor
from doodle.services.jobs import Job
from doodle.services.readiness import known_words, summary
from doodle.strokes.drawing import Drawing
from doodle.ui.messages import SORRY
from doodle.ui.run import Runs
from doodle.ui.tools.draw import examples
from doodle.ui.tools.draw.tasks import DrawTasks

CAT = Drawing.parse(examples.pick("0")[0])


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    use_stubs(monkeypatch)
    return Runs(LocalExecutor(StubRegistry()))


def ask(
    runs: Runs,
    session: str = "a",
    task: str = "complete",
    drawing: Drawing = CAT,
    word: str = "cat",
    count: float = 3,
    seed: float = 1,
):
    request = SimpleNamespace(session_hash=session)
    return stepped(DrawTasks(runs).handler(task)(drawing, word, count, 0.3, seed, request))


def last(stream) -> tuple[str, str]:
    *_, (log, message) = stream
    return log, json.loads(message)["note"]


def test_the_first_answer_comes_before_any_work(runs: Runs, monkeypatch):
    monkeypatch.setattr(StubCompleter, "calls", 0)
    log, _ = next(ask(runs))
    assert log.startswith("R ") and "\nB 3 complete cat\n" in log
    assert StubCompleter.calls == 0


@pytest.mark.parametrize("task", ["complete", "draw", "again"])
def test_each_task_ranks_as_many_as_were_asked_for(runs: Runs, task: str):
    log, note = last(ask(runs, task=task, count=5))
    assert log.count("\nK ") == 5 and log.endswith("D\n") and note == ""


def test_complete_draws_the_word_where_nothing_is_drawn(runs: Runs):
    log, note = last(ask(runs, drawing=Drawing(), count=4))
    assert "\nB 4 draw cat\n" in log and log.count("\nK ") == 4 and note == ""


def test_whole_drawings_land_inside_the_canvas(runs: Runs):
    log, _ = last(ask(runs, task="draw", drawing=Drawing()))
    ink = [line.split()[2:] for line in log.splitlines() if line[0].isdigit()]
    xs = [float(x) for row in ink for x in row[::2]]
    ys = [float(y) for row in ink for y in row[1::2]]
    assert 0 < min(xs) < max(xs) < 1000 and 0 < min(ys) < max(ys) < 750
    assert max(max(xs) - min(xs), max(ys) - min(ys)) > 400


def test_a_newer_run_of_the_same_visitor_ends_the_older_one_without_a_word(runs: Runs):
    older = ask(runs)
    begun, _ = next(older)
    log, _ = last(ask(runs, word="fish"))
    assert " fish\n" in log and log.endswith("D\n")
    # its log is closed, so that its ghosts are finished, and says nothing more
    [(closed, message)] = older
    assert closed.startswith(begun) and closed.endswith("D\n") and "\nK " not in closed
    assert message == gr.skip()


def test_a_superseded_run_that_showed_nothing_yet_stays_unseen():
    silent = SimpleNamespace(submit=Job)  # nobody answers
    runs, shown = Runs(silent), []
    older = threading.Thread(target=lambda: shown.extend(ask(runs, word="auto")))
    older.start()
    while not len(runs):
        time.sleep(0.001)
    runs.begin(SimpleNamespace(session_hash="a"), "draw")
    older.join(10)
    assert not older.is_alive() and shown == []


def test_stop_keeps_what_is_inked_and_closes_the_log(runs: Runs):
    stream = ask(runs)
    next(stream)
    next(stream)
    runs.stop(SimpleNamespace(session_hash="a"), "draw")
    log, _ = last(stream)
    assert "\n0 + " in log and "\nK " not in log and log.endswith("D\n")


def test_two_visitors_run_side_by_side_and_never_see_each_other(runs: Runs):
    fish = Drawing.parse(examples.pick("3")[0])
    got: dict[str, str] = {}

    def visit(session: str, drawing: Drawing, word: str) -> None:
        for _ in range(5):
            got[session], _ = last(ask(runs, session, "complete", drawing, word, 2))

    visitors = [("a", CAT, "cat"), ("b", fish, "fish")]
    threads = [threading.Thread(target=visit, args=one) for one in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = {name: last(ask(runs, "c", "complete", d, w, 2))[0] for name, d, w in visitors}
    for name in got:
        assert got[name].split("\n", 1)[1] == alone[name].split("\n", 1)[1]


def test_a_stopped_visitor_does_not_stop_another(runs: Runs):
    stream = ask(runs, "a")
    next(stream)
    runs.stop(SimpleNamespace(session_hash="b"), "draw")
    assert "\nK " in last(stream)[0]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"drawing": Drawing(), "word": "auto"}, "nothing drawn yet"),
        ({"drawing": Drawing(), "task": "again"}, "nothing drawn yet"),
        ({"word": ""}, "Say what it is"),
        ({"word": "w" * 10_000}, "10000 characters"),
        ({"word": "zzyzx"}, "Did you mean"),
        ({"count": None}, "How many"),
        ({"count": 99}, "from 1 to 16"),
        ({"seed": -4}, "seed"),
        ({"seed": float("nan")}, "seed"),
    ],
)
def test_what_cannot_be_done_becomes_one_sentence(runs: Runs, asked: dict, says: str):
    log, note = last(ask(runs, **asked))
    assert says in note and f"M {note}\n" in log and log.endswith("D\n")


def test_a_missing_checkpoint_names_the_command_that_mends_it(monkeypatch):
    use_stubs(monkeypatch)
    registry = StubRegistry(missing=True)
    log, note = last(ask(Runs(LocalExecutor(registry))))
    assert "git checkout" in note and note in log
    assert known_words(registry) == []
    assert summary(registry) == ("no model to draw with", False)


def test_a_fault_of_ours_is_logged_and_not_shown(runs: Runs, monkeypatch, caplog):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("internal detail")

    monkeypatch.setattr(StubDrawer, "drawings", broken)
    log, note = last(ask(runs, task="draw"))
    assert note == SORRY and "internal" not in log and "internal detail" in caplog.text


def test_words_drawn_well_are_suggested_first():
    words = known_words(StubRegistry())
    assert words[:2] == ["cat", "rabbit"] and "apple" in words and len(set(words)) == len(words)


def test_models_without_a_recogniser_do_their_work_unranked(monkeypatch):
    use_stubs(monkeypatch)
    registry = StubRegistry()
    monkeypatch.setattr(registry, "cards", lambda: [])
    log, _ = last(ask(Runs(LocalExecutor(registry))))
    assert log.count(" -\n") == 3
