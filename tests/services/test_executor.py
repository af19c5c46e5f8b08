"""The executor over tasks that count: who goes first, what goes together, what is dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from stubs import StubRegistry

from doodle.errors import Busy
from doodle.pipelines.steps import GUESS, WORK, Call, Step, alone, in_spare_time
from doodle.requests import Recognise
from doodle.services.executor import ACTIVE, LocalExecutor
from doodle.services.results import Waiting


@dataclass(frozen=True, eq=False)
class Count:
    """Asks the engine for so many steps, one after the other; `name` is in every event."""

    name: str
    steps: int = 1
    size: int = 1


@dataclass(frozen=True, eq=False)
class Fail:
    """Raises, in the task or in the engine."""

    where: str


@dataclass(frozen=True, eq=False)
class Linger:
    """Does one step, then `spare` ones while nobody else needs the time, for `seconds`."""

    name: str
    spare: int = 2
    seconds: float = 60.0


class Engine:
    """Notes which steps it computed together; waits for `gate` before each."""

    def __init__(self, urgency: int = WORK, most: int = 4, parallel: bool = False) -> None:
        self.urgency, self.most, self.parallel = urgency, most, parallel
        self.together: list[list[str]] = []
        self.log: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def take(self, steps: Sequence[Step]) -> list[Step]:
        return list(steps[: self.most])

    def run(self, steps: Sequence[Step]) -> None:
        self.gate.wait(5)
        self.together.append([step.name for step in steps])
        self.log += self.together[-1]
        for step in steps:
            if step.name == "bad":
                raise KeyError("engine")
            step.finish(len(self.together))


class Named(Step):
    def __init__(self, engine: Engine, name: str, size: int = 1) -> None:
        super().__init__(engine, size)
        self.name = name


class World:
    """An executor whose requests are those above."""

    def __init__(self, threads: int = 1, **options: Any) -> None:
        self.engine, self.quick = Engine(), Engine(GUESS)
        self.log = self.engine.log = self.quick.log
        self.closed: list[str] = []
        tasks = {
            Count: self.count,
            Fail: self.fail,
            Recognise: self.guess,
            Linger: self.linger,
        }
        self.executor = LocalExecutor(StubRegistry(), tasks, threads=threads, **options)

    def count(self, request: Count) -> Iterator[Any]:
        try:
            for k in range(request.steps):
                yield (request.name, k, (yield Named(self.engine, request.name, request.size)))
        finally:
            self.closed.append(request.name)

    def linger(self, request: Linger) -> Iterator[Any]:
        yield from self.count(Count(request.name))
        more = self.later(request)
        yield (yield from in_spare_time(more, time.monotonic() + request.seconds))

    def later(self, request: Linger) -> Iterator[Any]:
        for _ in range(request.spare):
            yield Named(self.engine, f"{request.name} later")
        return "all"

    def fail(self, request: Fail) -> Iterator[Any]:
        if request.where == "task":
            raise ValueError("task")
        if request.where == "call":
            yield Call(lambda: 1 / 0)
        yield Named(self.engine, "bad")

    def guess(self, request: Recognise) -> Iterator[Any]:
        yield ((yield Named(self.quick, "guess")),)

    def submit(self, request: Any, visitor: str = "") -> Any:
        return self.executor.submit(request, visitor)

    def held(self) -> Any:
        """Keep the only thread busy, so that what comes next waits."""
        self.engine.gate.clear()
        job = self.submit(Count("first"))
        while not any(run.computing for run in self.executor._begun.values()):
            time.sleep(0.001)
        return job


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.engine.gate.set()
    world.executor.close()


def test_events_come_in_order_and_the_last_is_the_answer(world: World):
    assert [event[:2] for event in world.submit(Count("a", 3))] == [("a", 0), ("a", 1), ("a", 2)]
    assert world.submit(Count("b", 2)).result()[:2] == ("b", 1)
    assert world.closed == ["a", "b"]


def test_what_waits_together_is_computed_together(world: World):
    first = world.held()
    jobs = [world.submit(Count(name), name) for name in "abcde"]
    world.engine.gate.set()
    assert all(job.result() for job in (first, *jobs))
    assert sorted(map(len, world.engine.together))[-1] > 1
    assert sum(map(len, world.engine.together)) == 6


def test_a_guess_goes_before_work_that_came_earlier(world: World):
    first = world.held()
    jobs = [world.submit(Count(name, 5), name) for name in "abc"]
    guess = world.submit(Recognise(()), "g")
    world.engine.gate.set()
    assert guess.result() == (1,)
    assert [job.result()[1] for job in (first, *jobs)] == [0, 4, 4, 4]
    assert world.log[:2] == ["first", "guess"]


def test_a_visitor_with_many_requests_does_not_make_another_wait(world: World):
    world.engine.most = 1
    first = world.held()
    greedy = [world.submit(Count(f"greedy{k}"), "greedy") for k in range(10)]
    modest = world.submit(Count("modest"), "modest")
    world.engine.gate.set()
    for job in (first, *greedy, modest):
        job.result()
    order = [name for together in world.engine.together for name in together]
    assert order.index("modest") <= 3


def test_what_nobody_waits_for_is_not_computed(world: World):
    first = world.held()
    left, stays = world.submit(Count("left", 3), "a"), world.submit(Count("stays"), "b")
    left.cancel()
    world.engine.gate.set()
    assert stays.result() and first.result()
    assert "left" not in [name for together in world.engine.together for name in together]
    assert left.result() is None and left.ended


def test_work_that_is_left_on_the_way_is_closed(world: World):
    events = iter(world.submit(Count("long", 10_000), "a"))
    next(events)
    events.close()
    world.submit(Count("next")).result()
    assert world.closed == ["long", "next"] and len(world.engine.together) < 5_000


@pytest.mark.parametrize(
    ("where", "error"), [("task", ValueError), ("call", ZeroDivisionError), ("engine", KeyError)]
)
def test_an_error_reaches_who_asked_and_nobody_else(world: World, where: str, error: type):
    world.engine.parallel = True
    bad, good = world.submit(Fail(where), "a"), world.submit(Count("good", 2), "b")
    with pytest.raises(error):
        bad.result()
    assert good.result()[:2] == ("good", 1)
    assert not world.executor._begun


def test_the_queue_is_bounded_and_says_how_many_wait():
    world = World(most_waiting=3)
    world.held()
    jobs = [world.submit(Count(str(k)), str(k)) for k in range(3)]
    with pytest.raises(Busy, match="3 drawings wait before yours"):
        world.submit(Count("more"))
    assert not any(isinstance(event, Waiting) for job in jobs for event in job._events)
    world.engine.gate.set()
    assert all(job.result() for job in jobs)
    world.executor.close()
    with pytest.raises(Busy, match="stopping"):
        world.submit(Count("late"))


def test_guesses_are_bounded_too():
    world = World(most_waiting=2)
    world.held()
    guesses = [world.submit(Recognise(()), str(k)) for k in range(8)]
    with pytest.raises(Busy, match="Too many ask at once"):
        world.submit(Recognise(()))
    assert world.submit(Count("work"))  # drawings have a queue of their own
    world.engine.gate.set()
    assert all(guess.result() for guess in guesses)
    world.executor.close()


def test_who_waits_behind_many_hears_how_many():
    world = World(most_waiting=None)
    world.engine.most = 1
    world.engine.gate.clear()
    first = [world.submit(Count(str(k), 2), str(k)) for k in range(ACTIVE + 1)]
    while len(world.executor._begun) < 1:
        time.sleep(0.001)
    world.engine.gate.set()
    for job in first:
        job.result()
    busy = World(threads=1)
    busy.engine.gate.clear()
    begun = {
        object(): type(
            "R",
            (),
            {
                "urgency": WORK,
                "waits_for_spare_time": False,
                "computing": 1,
                "busy": True,
                "job": type("J", (), {"cancelled": False}),
            },
        )
        for _ in range(ACTIVE)
    }
    busy.executor._begun.update(begun)
    waits = busy.submit(Count("late"))
    assert waits._events[0] == Waiting(0)
    busy.executor._begun.clear()
    busy.engine.gate.set()
    assert waits.result()
    for one in (world, busy):
        one.executor.close()


def test_threads_share_the_work_and_lose_nothing():
    world = World(threads=3)
    world.engine.parallel = True
    jobs = [world.submit(Count(str(k), 20), str(k % 7)) for k in range(60)]
    assert [job.result()[1] for job in jobs] == [19] * 60
    assert sum(map(len, world.engine.together)) == 1200
    assert sorted(world.closed) == sorted(map(str, range(60)))
    assert not world.executor._begun and not world.executor._served
    world.executor.close()


def test_nothing_grows_from_round_to_round():
    world = World(threads=2)

    def round_() -> tuple[int, ...]:
        for job in [world.submit(Count(str(k), 3), f"v{k}") for k in range(30)]:
            job.result()
        world.submit(Count("last")).result()
        one = world.executor
        waiting = sum(map(len, one._steps.values()))
        return len(one._begun), len(one._served), len(one._fresh), waiting

    first = round_()
    assert round_() == first == (0, 0, 0, 0)
    world.executor.close()


def test_nobody_answers_what_is_unknown(world: World):
    with pytest.raises(TypeError, match="nothing answers a str"):
        world.submit("cat")


def test_after_work_it_rests_once(monkeypatch):
    rests = []
    monkeypatch.setattr("doodle.services.executor.REST", 0.05)
    world = World(on_rest=lambda: rests.append(1))
    world.submit(Count("a", 3)).result()
    time.sleep(0.4)
    assert rests == [1]
    world.submit(Count("b")).result()
    time.sleep(0.4)
    assert rests == [1, 1]
    world.executor.close()


def test_spare_time_is_what_nobody_else_needs(world: World):
    first = world.held()
    slow = world.submit(Linger("slow", spare=3), "a")
    others = [world.submit(Count(name, 4), name) for name in "bcd"]
    world.engine.gate.set()
    assert all(job.result() for job in (first, *others)) and slow.result() == "all"
    assert world.log[-3:] == ["slow later"] * 3 and world.log.count("slow later") == 3


def test_who_waits_for_spare_time_makes_nobody_wait(world: World):
    slow = [world.submit(Linger(f"slow {k}"), str(k)) for k in range(ACTIVE + 2)]
    assert world.submit(Count("quick"), "q").result()
    assert [job.result() for job in slow] == ["all"] * len(slow)


def test_spare_time_that_never_comes_ends_with_the_deadline(world: World):
    first = world.held()
    slow = world.submit(Linger("slow", seconds=0.0), "a")
    busy = [world.submit(Count(name, 4), name) for name in "bc"]
    world.engine.gate.set()
    assert slow.result() is None and "slow later" not in world.log
    assert all(job.result() for job in (first, *busy))


@pytest.mark.parametrize(("spare", "steps"), [(False, 1), (True, 3)])
def test_alone_there_is_spare_time_where_it_is_given(world: World, spare: bool, steps: int):
    list(alone(world.linger(Linger("slow")), spare=spare))
    assert len(world.log) == steps
