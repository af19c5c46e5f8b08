"""Runs: who is newest, what ends with whom, and what is said of it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from stepping import answered

from doodle.services.jobs import Job
from doodle.services.results import Waiting
from doodle.ui.messages import SORRY
from doodle.ui.run import Queued, Run, Runs

A, B = SimpleNamespace(session_hash="a"), SimpleNamespace(session_hash="b")


class Desk:
    """An executor that answers what the tests tell it to."""

    registry: Any = None

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, request: Any, visitor: str = "") -> Job:
        if isinstance(request, Exception):
            raise request
        self.jobs.append(Job(request, visitor))
        return self.jobs[-1]


@pytest.fixture
def runs() -> Runs:
    return Runs(Desk())


def begun(runs: Runs, caller: Any = A, tool: str = "draw") -> tuple[Run, Job]:
    """A run that waits for its first event, and the job that it works on."""
    run = runs.begin(caller, tool)

    async def listen() -> None:
        async for _ in run.events("anything"):
            pass

    threading.Thread(target=answered, args=(listen(),), daemon=True).start()
    deadline = time.monotonic() + 5
    while not run._jobs and time.monotonic() < deadline:
        time.sleep(0.001)
    return run, run._jobs[0]


def test_the_newest_run_of_a_visitor_wins_and_no_other_visitor_or_tool_notices(runs: Runs):
    first, other, elsewhere = begun(runs), begun(runs, B), begun(runs, A, "morph")
    second = begun(runs)
    assert first[0].superseded and first[1].cancelled
    for run, job in (second, other, elsewhere):
        assert run.live and not job.cancelled


def test_ids_grow_even_when_the_clock_stands_still_or_runs_back():
    times = iter([50.0, 50.0, 3.0])
    runs = Runs(Desk(), clock=lambda: next(times))
    ids = [float(runs.begin(A, tool).id) for tool in ("draw", "draw", "morph")]
    assert ids == sorted(set(ids))


def test_many_threads_get_different_ids():
    runs, ids = Runs(Desk(), clock=lambda: 1.0), []
    threads = [
        threading.Thread(target=lambda: ids.extend(runs.begin(A, "draw").id for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 400


def test_a_stopped_run_is_over_but_not_superseded(runs: Runs):
    (run, job), (other, _) = begun(runs), begun(runs, A, "morph")
    runs.stopper("draw")(A)
    assert not run.live and not run.superseded and job.cancelled and other.live


def test_all_runs_of_a_visitor_who_leaves_stop_at_once(runs: Runs):
    mine = [begun(runs, A, tool) for tool in ("draw", "morph", "words walk")]
    beside = runs.begin(A, "draw guess", beside=True)
    stays, job = begun(runs, B)
    runs.leave(A)
    assert all(not run.live and job.cancelled for run, job in mine) and not beside.live
    assert stays.live and not job.cancelled and len(runs) == 1


def test_runs_beside_each_other_end_none(runs: Runs):
    first, second = (runs.begin(A, "draw guess", beside=True) for _ in range(2))
    assert first.live and second.live and len(runs) == 2
    with first:
        pass
    assert first.state == "done" and second.live and len(runs) == 1


def test_a_run_that_is_over_begins_no_more_work(runs: Runs):
    run = runs.begin(A, "draw")
    runs.begin(A, "draw")
    assert answered(run.answer("anything")) is None
    assert not runs.executor.jobs


def test_nothing_is_kept_of_a_run_that_is_over(runs: Runs):
    with runs.begin(A, "draw") as run:
        assert len(runs) == 1
    assert run.state == "done" and len(runs) == 0 and not run.problem


def test_events_of_the_queue_come_as_sentences(runs: Runs):
    async def heard() -> list[Any]:
        run = runs.begin(A, "draw")
        heard = []

        async def listen() -> None:
            heard.extend([event async for event in run.events("anything")])

        listening = asyncio.ensure_future(listen())
        await asyncio.sleep(0)
        [job] = runs.executor.jobs
        for event in (Waiting(3), "ink", Waiting(1), "more", Waiting(0), "end"):
            job.tell(event)
        job.end()
        await listening
        return heard

    assert answered(heard()) == [
        Queued("3 are before you."),
        "ink",
        Queued("One is before you."),
        "more",
        Queued("You are next."),
        "end",
    ]


def test_a_run_hears_nothing_after_its_end(runs: Runs):
    async def heard() -> list[Any]:
        run, heard = runs.begin(A, "draw"), []
        listening = run.events("anything")
        first = asyncio.ensure_future(anext(listening))
        await asyncio.sleep(0)
        [job] = runs.executor.jobs
        job.tell("ink")
        job.tell("what was on its way")
        heard.append(await first)
        runs.stop(A, "draw")
        return [*heard, *[event async for event in listening], await run.answer("anything")]

    assert answered(heard()) == ["ink", None]


@pytest.mark.parametrize(
    ("error", "says"), [(ValueError("The seed is odd."), "The seed is odd."), (KeyError(3), SORRY)]
)
def test_an_error_becomes_a_sentence_and_ends_the_run(runs: Runs, error: Exception, says: str):
    with runs.begin(A, "draw") as run:
        answered(run.answer(error))
    assert run.problem == says and run.error is error and len(runs) == 0


def test_an_error_after_the_end_is_nobodys(runs: Runs):
    with runs.begin(A, "draw") as run:
        runs.begin(A, "draw")
        raise ValueError("too late")
    assert run.problem == "" and run.error is None and run.superseded


def test_a_handler_that_is_closed_ends_its_work(runs: Runs):
    def handler() -> Iterator[Callable]:
        with runs.begin(A, "draw"):
            yield runs

    steps = handler()
    next(steps)
    assert len(runs) == 1
    steps.close()
    assert len(runs) == 0
