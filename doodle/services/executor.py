"""The only door to the services: requests in, events out, the work of all visitors batched.

Every request is a task, a generator of steps (`pipelines.steps`).  A few threads share the work:
each picks the most urgent engine that has steps waiting, lets it compute as many of them together
as it takes, and lets the tasks go on whose steps are done.  So guesses are read in one batch,
drawings are sampled side by side, and long work gives way between its slices.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from doodle.errors import Busy
from doodle.pipelines.steps import (
    GUESS,
    PREVIEW,
    SPARE,
    SPARE_TIME,
    WORK,
    Engine,
    Spare,
    Step,
    advance,
    answer_of,
    compute,
    steps_of,
)
from doodle.registry import Registry
from doodle.requests import ChangeFace, Edges, Recognise, Status
from doodle.services.jobs import Job
from doodle.services.results import Waiting
from doodle.services.tasks import Task

ACTIVE = 16  # requests that are worked on at once; others wait for their turn
MOST_WAITING = 128  # requests that may wait; beyond it a visitor is told to come back
QUICK = 4  # times as many guesses and previews may wait
REST = 1.0  # seconds without work
_ANNOUNCED_EVERY = 0.5  # seconds between two words on how long the queue is
_URGENCY = {Recognise: GUESS, Status: GUESS, Edges: PREVIEW, ChangeFace: PREVIEW}


class Executor(Protocol):
    """What the page, the API, the command line and the benchmarks ask.

    Attributes:
        registry: of the checkpoints, for what their headers tell.
    """

    registry: Registry

    def submit(self, request: Any, visitor: str = "") -> Job:
        """Ask for something.

        Args:
            request: one of `doodle.requests`.
            visitor: who asks; work is shared fairly among visitors.

        Raises:
            Busy: too many wait already.
        """

    def close(self) -> None:
        """End all work."""


class _Run:
    """A job with its task."""

    def __init__(self, job: Job, urgency: int, number: int) -> None:
        self.job = job
        self.urgency = urgency
        self.number = number
        self.task: Task | None = None
        self.item: Any = None  # the steps that it waits for
        self.busy = False  # a thread runs its task just now
        self.computing = 0  # steps of it that threads compute just now

    @property
    def waits_for_spare_time(self) -> bool:
        """Whether it goes on only while there is nothing else to do."""
        return isinstance(self.item, Spare) and not self.busy


class LocalExecutor:
    """Works in threads of this process.

    Args:
        registry: of the checkpoints.
        tasks: for each kind of request what makes its task; all services' when None.
        threads: that share the work; torch computes in each of them on one core.
        most_waiting: requests that may wait for their turn; None: any number.
        on_rest: called once after work, when there was none for REST seconds.
    """

    def __init__(
        self,
        registry: Registry,
        tasks: Mapping[type, Callable[[Any], Task]] | None = None,
        *,
        threads: int = 1,
        most_waiting: int | None = MOST_WAITING,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        if tasks is None:
            from doodle.services.table import all_tasks

            tasks = all_tasks(registry)
        self.registry = registry
        self._tasks = dict(tasks)
        self._threads = threads
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._workers: list[threading.Thread] = []
        self._fresh: list[_Run] = []  # not begun
        self._begun: dict[Job, _Run] = {}
        self._steps: dict[Engine[Any], list[tuple[Step, _Run]]] = {}
        self._computing: set[Engine[Any]] = set()  # engines that one thread at a time may run
        self._served: Counter[str] = Counter()  # visitor -> when work of theirs was done last
        self._turns: dict[Engine[Any], int] = {}  # engine -> when it ran last
        self._clock = 0
        self._announced = 0.0
        self._closed = False
        self._worked = False  # since it rested last
        self._on_rest = on_rest

    # -- asking ----------------------------------------------------------------------------------

    def submit(self, request: Any, visitor: str = "") -> Job:
        """Ask for something; see `Executor`.

        Raises:
            TypeError: nothing answers such a request.
            Busy: too many wait already.
        """
        job = Job(request, visitor)
        self.admit(job)
        return job

    def admit(self, job: Job) -> None:
        """Take a job in that the caller made; raises as `submit`."""
        request = job.request
        if type(request) not in self._tasks:
            raise TypeError(f"nothing answers a {type(request).__name__}")
        job.on_cancel = self._left
        with self._changed:
            if self._closed:
                raise Busy("The server is stopping; try again in a moment.")
            self._clock += 1
            run = _Run(job, _URGENCY.get(type(request), WORK), self._clock)
            before = sum(one.urgency == WORK for one in self._fresh)
            if self._most_waiting is not None:
                self._check_room(run, before, self._most_waiting)
            self._fresh.append(run)
            if run.urgency == WORK and self._working() >= ACTIVE:
                job.tell(Waiting(before))
            while len(self._workers) < self._threads:
                worker = threading.Thread(target=self._work, name="models", daemon=True)
                self._workers.append(worker)
                worker.start()
            self._changed.notify()

    def _check_room(self, run: _Run, before: int, most: int) -> None:
        """Raise Busy where too many wait; guesses and previews have a queue of their own."""
        if run.urgency == WORK and before >= most:
            raise Busy(f"{before} drawings wait before yours just now. Try again in a minute.")
        if run.urgency != WORK and len(self._fresh) - before >= most * QUICK:
            raise Busy("Too many ask at once just now. Try again in a moment.")

    def close(self) -> None:
        """End all work; requests that are under way end without an answer."""
        with self._changed:
            self._closed = True
            jobs = [run.job for run in (*self._fresh, *self._begun.values())]
            self._changed.notify_all()
        for job in jobs:
            job.cancel()
        for worker in self._workers:
            worker.join(timeout=5)

    def _left(self, job: Job) -> None:
        """Nobody waits for a job: what it waits for is not computed."""
        with self._changed:
            self._fresh = [run for run in self._fresh if run.job is not job]
            self._changed.notify()

    # -- choosing, with the lock held ------------------------------------------------------------

    def _working(self) -> int:
        """Requests that are worked on, guesses and previews apart."""
        begun = self._begun.values()
        return sum(run.urgency == WORK and not run.waits_for_spare_time for run in begun)

    def _choose(self) -> Callable[[], None] | None:
        """What a thread does next; None when there is nothing."""
        for run in list(self._begun.values()):
            if run.job.cancelled and not run.busy and not run.computing:
                run.busy = True
                self._forget_steps(run)
                return partial(self._end, run)
        if SPARE_TIME.late([step for step, _ in self._steps.get(SPARE_TIME, [])]):
            return self._taken(SPARE_TIME)
        for urgency in (GUESS, PREVIEW):
            chosen = self._begin(urgency) or self._compute(urgency)
            if chosen:
                return chosen
        # what has begun can be computed together, so beginning goes first; then engines take turns
        if self._working() < ACTIVE:
            chosen = self._begin(WORK)
            if chosen:
                return chosen
        able = [engine for engine in self._steps if self._can_run(engine)]
        able = [engine for engine in able if engine.urgency != SPARE]
        for engine in sorted(able, key=lambda one: self._turns.get(one, 0)):
            chosen = self._taken(engine)
            if chosen:
                return chosen
        if not self._working() and self._steps.get(SPARE_TIME):
            return self._taken(SPARE_TIME)
        return None

    def _begin(self, urgency: int) -> Callable[[], None] | None:
        """Begin the fresh run whose visitor was served least recently."""
        fresh = [run for run in self._fresh if run.urgency == urgency]
        if not fresh:
            return None
        run = min(fresh, key=lambda one: (self._served[one.job.visitor], one.number))
        self._fresh.remove(run)
        self._begun[run.job] = run
        run.busy = self._worked = True
        self._serve(run)
        return lambda: self._start(run)

    def _compute(self, urgency: int) -> Callable[[], None] | None:
        for engine in self._steps:
            if engine.urgency == urgency and self._can_run(engine):
                return self._taken(engine)
        return None

    def _can_run(self, engine: Engine[Any]) -> bool:
        return bool(self._steps[engine]) and (engine.parallel or engine not in self._computing)

    def _taken(self, engine: Engine[Any]) -> Callable[[], None] | None:
        """Let an engine take what it can compute together, in fair order."""
        waiting = self._steps[engine]
        waiting.sort(key=lambda one: (self._served[one[1].job.visitor], one[1].number))
        chosen = engine.take([step for step, _ in waiting])
        if not chosen:
            return None
        ids = set(map(id, chosen))
        taken = [pair for pair in waiting if id(pair[0]) in ids]
        self._steps[engine] = [pair for pair in waiting if id(pair[0]) not in ids]
        for _, run in taken:
            run.computing += 1
            self._serve(run)
        if not engine.parallel:
            self._computing.add(engine)
        self._clock += 1
        self._turns[engine] = self._clock
        return lambda: self._run(engine, chosen, taken)

    def _serve(self, run: _Run) -> None:
        self._clock += 1
        self._served[run.job.visitor] = self._clock

    def _forget_steps(self, run: _Run) -> None:
        for engine, waiting in self._steps.items():
            self._steps[engine] = [pair for pair in waiting if pair[1] is not run]

    # -- working ---------------------------------------------------------------------------------

    def _work(self) -> None:
        from doodle.device import one_thread  # with torch: not before there is work

        one_thread()
        while True:
            with self._changed:
                chosen = self._choose()
                while chosen is None:
                    if self._closed:
                        return
                    rested = not self._changed.wait(REST)
                    chosen = self._choose()
                    if chosen is None and rested and self._worked and not self._begun:
                        self._worked, chosen = False, self._on_rest
            chosen()

    def _start(self, run: _Run) -> None:
        self._tell_waiting()
        try:
            run.task = self._tasks[type(run.job.request)](run.job.request)
        except Exception as error:  # of a service that is no generator; the job is told
            self._end(run, error)
            return
        self._resume(run, None, None)

    def _run(
        self, engine: Engine[Any], steps: Sequence[Step], taken: Sequence[tuple[Step, _Run]]
    ) -> None:
        """Compute steps, and let the tasks go on that have all they waited for."""
        compute(engine, steps)
        again = [(step, run) for step, run in taken if not step.ready]
        with self._changed:
            self._steps[engine] += again
            runs = list({id(run): run for _, run in taken}.values())
            for run in runs:
                run.computing -= sum(other is run for _, other in taken)
            done = [run for run in runs if _has_all(run) and not run.busy]
            for run in done:
                run.busy = True
        for run in done:
            self._go_on(run)
        with self._changed:
            self._computing.discard(engine)
            self._changed.notify_all()

    def _go_on(self, run: _Run) -> None:
        """Hand a task what it waited for."""
        item, steps = run.item, steps_of(run.item) or []
        error = next((step.error for step in steps if step.error), None)
        self._resume(run, None if error else answer_of(item), error)

    def _resume(self, run: _Run, answer: Any, error: Exception | None) -> None:
        """Run a task until it waits for steps again, or ends."""
        task, job = run.task, run.job
        assert task is not None, "a run that goes on has begun"
        while not job.cancelled:
            try:
                item = advance(task, answer, error)
            except StopIteration:
                self._end(run)
                return
            except Exception as raised:  # whatever it was, whoever asked hears of it
                self._end(run, raised)
                return
            answer = error = None
            steps = steps_of(item)
            if steps is None:
                job.tell(item)
                continue
            run.item = item
            if self._wait(run, steps):
                return
            error = next((step.error for step in steps if step.error), None)
            answer = None if error else answer_of(item)
        self._end(run)

    def _wait(self, run: _Run, steps: Sequence[Step]) -> bool:
        """Put a task's steps into the queues of their engines; False where all are ready."""
        with self._changed:
            fresh = [step for step in steps if not step.ready]
            for step in fresh:
                self._steps.setdefault(step.engine, []).append((step, run))
            run.busy = not fresh
            self._changed.notify(len(fresh))
        return bool(fresh)

    def _end(self, run: _Run, error: BaseException | None = None) -> None:
        try:
            if run.task is not None:
                run.task.close()
        finally:
            run.job.end(error)
            with self._changed:
                self._begun.pop(run.job, None)
                self._forget_steps(run)
                visitor = run.job.visitor
                if not any(
                    one.job.visitor == visitor for one in (*self._begun.values(), *self._fresh)
                ):
                    self._served.pop(visitor, None)
                if not self._begun:  # engines of networks that were evicted go with their steps
                    self._steps = {e: waiting for e, waiting in self._steps.items() if waiting}
                    self._turns.clear()
                self._changed.notify()

    def _tell_waiting(self) -> None:
        """Tell those who wait how many are before them, now and then."""
        now = time.monotonic()
        with self._changed:
            if now - self._announced < _ANNOUNCED_EVERY:
                return
            self._announced = now
            waiting = deque(run.job for run in self._fresh if run.urgency == WORK)
        for before, job in enumerate(waiting):
            job.tell(Waiting(before))


def _has_all(run: _Run) -> bool:
    return all(step.ready for step in steps_of(run.item) or [])
