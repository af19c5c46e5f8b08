"""Tasks as generators of steps, so that the steps of many visitors can be computed together.

A task is a generator.  It yields `Step`s, which say what it needs computed next and by which
engine, and gets their results back; anything else that it yields is an event for whoever asked.
`alone` runs one task by itself; the executor of the services runs many, giving an engine all steps
that wait for it at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Protocol, TypeVar

Task = Generator[Any, Any, Any]
Kind = TypeVar("Kind", bound="Step")

# which steps go first where several wait
GUESS, PREVIEW, WORK, SPARE = 0, 1, 2, 3


class Engine(Protocol[Kind]):
    """Computes the steps of one kind, and is handed no others.

    Attributes:
        urgency: GUESS, PREVIEW, WORK or SPARE.
        parallel: whether it keeps nothing from one run to the next, so that two threads may run it
            at the same time, and what failed may be tried again.
    """

    urgency: int
    parallel: bool

    def take(self, steps: Sequence[Kind]) -> list[Kind]:
        """Those of the waiting steps, given in fair order, that `run` computes together."""

    def run(self, steps: Sequence[Kind]) -> None:
        """Compute for at most about 50 ms; steps that are done become `ready`."""


class Step:
    """What a task needs computed.

    Attributes:
        engine: who computes it.
        size: pictures, drawings or candidates in it.
        ready: whether the task can go on.
        result: what the task gets.
        error: raised in the task instead, where set.
    """

    def __init__(self, engine: Engine[Any], size: int = 1) -> None:
        self.engine = engine
        self.size = size
        self.ready = False
        self.result: Any = None
        self.error: Exception | None = None

    def finish(self, result: Any) -> None:
        """Hand the result over."""
        self.result, self.ready = result, True


class Calls:
    """Runs functions one by one, each a slice of longer work."""

    parallel = True

    def __init__(self, urgency: int) -> None:
        self.urgency = urgency

    def take(self, steps: Sequence[Call]) -> list[Call]:
        return list(steps[:1])

    def run(self, steps: Sequence[Call]) -> None:
        for step in steps:
            try:
                step.finish(step.function())
            except Exception as error:  # it belongs to the task that asked
                step.error, step.ready = error, True


_CALLS = {urgency: Calls(urgency) for urgency in (GUESS, PREVIEW, WORK)}


class Call(Step):
    """A function without arguments; its result is the step's."""

    def __init__(self, function: Callable[[], Any], urgency: int = WORK) -> None:
        super().__init__(_CALLS[urgency])
        self.function = function


class _SpareTime:
    """Answers whether there was time that nobody else needed."""

    urgency = SPARE
    parallel = True

    def take(self, steps: Sequence[Spare]) -> list[Spare]:
        return self.late(steps) or list(steps[:1])

    def late(self, steps: Sequence[Step]) -> list[Spare]:
        """Those whose deadline is over."""
        return [step for step in steps if isinstance(step, Spare) and step.is_late]

    def run(self, steps: Sequence[Spare]) -> None:
        for step in steps:
            step.finish(not step.is_late)


SPARE_TIME = _SpareTime()


class Spare(Step):
    """Waits until no other task needs anything computed; its result: whether that came in time.

    Args:
        deadline: as `time.monotonic` has it.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__(SPARE_TIME)
        self.deadline = deadline

    @property
    def is_late(self) -> bool:
        """Whether the deadline is over."""
        return time.monotonic() > self.deadline


def in_spare_time(task: Task, deadline: float) -> Task:
    """A part of a task whose steps are begun only while no other task needs anything computed.

    Returns:
        What the part returns; None where there was no such time until the deadline.
    """
    answer: Any = None
    error: Exception | None = None
    begun: Any = None
    try:
        while True:
            try:
                item = advance(task, answer, error)
            except StopIteration as end:
                return end.value
            answer = error = None
            if steps_of(item) is not None and item is not begun:
                if not (yield Spare(deadline)):
                    return None
                begun = item
            try:
                answer = yield item
            except Exception as raised:  # a step's error goes on to the part that asked for it
                error = raised
    finally:
        task.close()


def fitting(steps: Sequence[Kind], most: int) -> list[Kind]:
    """The first steps whose sizes together are at most `most`; the first one in any case."""
    taken: list[Kind] = []
    size = 0
    for step in steps:
        if taken and size + step.size > most:
            break
        taken.append(step)
        size += step.size
    return taken


def compute(engine: Engine[Any], steps: Sequence[Step]) -> None:
    """Run an engine; what fails together is tried alone, so that one bad step spoils no other."""
    try:
        engine.run(steps)
    except Exception as error:  # the tasks hear of it
        rest = [step for step in steps if not step.ready]
        if engine.parallel and len(steps) > 1:
            for step in rest:
                compute(engine, [step])
            return
        for step in rest:
            step.error, step.ready = error, True


def alone(task: Task, *, spare: bool = False) -> Iterator[Any]:
    """Run one task by itself.

    Args:
        spare: whether there is time for what it does only while nobody else needs any.

    Yields:
        its events.
    """
    answer: Any = None
    error: Exception | None = None
    try:
        while True:
            try:
                item = advance(task, answer, error)
            except StopIteration:
                return
            answer = error = None
            steps = steps_of(item)
            if steps is None:
                yield item
                continue
            for step in steps:
                if isinstance(step, Spare):
                    step.finish(spare)
                while not step.ready:
                    step.engine.run([step])
            error = next((step.error for step in steps if step.error), None)
            answer = answer_of(item)
    finally:
        task.close()


def returned(part: Task) -> Any:
    """What a part of a task returns, run by itself; its events are left out."""
    found: list[Any] = []

    def whole() -> Task:
        found.append((yield from part))

    list(alone(whole()))
    return found[0]


def advance(task: Task, answer: Any, error: Exception | None) -> Any:
    """Hand a task what it waited for, an answer or an error; what it yields next.

    Raises:
        StopIteration: the task has ended.
    """
    return task.throw(error) if error else task.send(answer)


def steps_of(item: Any) -> list[Step] | None:
    """The steps that a task yielded, one or a list of them; None for an event."""
    if isinstance(item, Step):
        return [item]
    return item if isinstance(item, list) and isinstance(item[0], Step) else None


def answer_of(item: Any) -> Any:
    """What a task gets back for what it yielded: a result, or a list of them."""
    return item.result if isinstance(item, Step) else [step.result for step in item]


def last(events: Iterator[Any]) -> Any:
    """The last event of a task: its answer."""
    *_, answer = events
    return answer
