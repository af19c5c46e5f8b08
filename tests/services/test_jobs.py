"""Jobs: events for threads and for asyncio, and what ends them."""

from __future__ import annotations

import threading

import pytest
from stepping import answered

from doodle.services.jobs import Job
from doodle.services.results import Waiting


def given(job: Job, *events: object, error: Exception | None = None) -> None:
    for event in events:
        job.tell(event)
    job.end(error)


def test_a_thread_and_a_loop_get_the_same_events():
    one, other = Job("a"), Job("a")
    for job in (one, other):
        threading.Timer(0.02, given, (job, 1, 2, 3)).start()

    async def collect() -> list:
        return [event async for event in other]

    assert list(one) == answered(collect()) == [1, 2, 3]


def test_the_answer_is_the_last_event_and_an_error_is_raised():
    job = Job("a")
    given(job, "ink", "answer")
    assert job.result() == "answer"
    bad = Job("a")
    given(bad, "ink", error=ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        answered(bad.answer())


def test_the_newest_word_on_the_queue_takes_the_place_of_the_older():
    job = Job("a")
    given(job, Waiting(3), Waiting(2), "answer", Waiting(1))
    assert list(job) == [Waiting(2), "answer", Waiting(1)]


def test_leaving_early_cancels_and_ending_does_not():
    left: list[Job] = []
    job, done = Job("a", "", left.append), Job("b", "", left.append)
    job.tell(1)
    events = iter(job)
    next(events)
    events.close()
    given(done, 1)
    list(done)
    assert left == [job] and job.cancelled and not done.cancelled
    job.cancel()
    assert left == [job]


def test_what_comes_after_cancelling_is_not_waited_for():
    job = Job("a")
    job.cancel()
    assert job.result() is None and answered(job.answer()) is None
