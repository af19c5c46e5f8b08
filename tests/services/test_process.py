"""The executor in a process of its own, over tiny networks: answers, errors, and its death."""

from __future__ import annotations

import json
import os
import pickle  # noqa: TID251  to see what crosses the pipe
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from doodle.errors import BadDrawing, Busy, ModelUnavailable, OutOfBudget
from doodle.registry import Registry
from doodle.requests import Complete, Draw, Edges, Recognise, Render, Status
from doodle.services.executor import LocalExecutor
from doodle.services.process import ProcessExecutor, _portable
from doodle.strokes.drawing import Drawing

EXAMPLES = Path(__file__).resolve().parents[2] / "doodle" / "ui" / "tools" / "draw" / "sketches"
CAT = Drawing.parse(json.loads((EXAMPLES / "01_cat.json").read_text())["drawing"])


@pytest.fixture(scope="module")
def executor(tiny_checkpoints: Path) -> Iterator[ProcessExecutor]:
    executor = ProcessExecutor(Registry(tiny_checkpoints), "cpu", threads=2)
    yield executor
    executor.close()
    assert executor.pid is None


def test_it_answers_what_the_local_one_answers(executor: ProcessExecutor, tiny_checkpoints: Path):
    local = LocalExecutor(Registry(tiny_checkpoints, "cpu"))
    request = Complete("cat", 3, drawing=CAT)
    *inks, here = local.submit(request)
    *others, there = executor.submit(request)
    assert len(inks) == len(others) > 0
    for one, other in zip(here.endings, there.endings, strict=True):
        assert (one.candidate, one.score) == (other.candidate, other.score)
        assert all(map(np.array_equal, one.strokes, other.strokes))
    assert executor.submit(Status()).result().where == "CPU"
    found = executor.submit(Recognise((CAT,))).result()
    assert found == local.submit(Recognise((CAT,))).result()
    assert executor.submit(Edges(CAT)).result().edges.any()


def test_errors_arrive_as_what_they_are(executor: ProcessExecutor):
    with pytest.raises(ValueError, match="qqqqzzzz"):
        executor.submit(Draw("qqqqzzzz")).result()
    with pytest.raises(ModelUnavailable, match="chimera"):
        executor.submit(Render(CAT)).result()
    for kind in (BadDrawing, ModelUnavailable, OutOfBudget, Busy, ValueError):
        assert type(_portable(kind("why"))) is kind
    try:
        raise KeyError("internal detail")
    except KeyError as error:
        assert "internal detail" in str(pickle.loads(pickle.dumps(_portable(error))))


def test_what_is_left_is_dropped_in_the_other_process(executor: ProcessExecutor):
    events = iter(executor.submit(Complete("cat", 9, drawing=CAT)))
    next(events)
    events.close()
    assert not executor._jobs
    assert executor.submit(Recognise((CAT,))).result()


def test_a_death_is_said_and_survived(executor: ProcessExecutor):
    executor.submit(Status()).result()
    os.kill(executor.pid, signal.SIGSTOP)
    job = executor.submit(Draw("cat", 2))
    os.kill(executor.pid, signal.SIGKILL)
    with pytest.raises(ModelUnavailable, match="started again"):
        job.result()
    deadline = time.monotonic() + 30
    while executor.pid is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert executor.submit(Draw("cat", 2)).result().endings


def test_a_closed_one_takes_nothing(tiny_checkpoints: Path):
    executor = ProcessExecutor(Registry(tiny_checkpoints), "cpu")
    executor.close()
    with pytest.raises(Busy, match="stopping"):
        executor.submit(Status())
