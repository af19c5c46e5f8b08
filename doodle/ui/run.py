"""Runs: a press of a button, from its request to its last answer, alike for every tool.

A run belongs to a visitor and a tool.  A newer one of the same two ends the older one, and so do
Stop and leaving the page: its job is cancelled, which computes no further step, and its handler
hears of no further event.  Gradio's ``cancels=`` cannot restart a stream reliably, so it is not
used.  Ids of runs grow with time: the browser drops what comes late of an older one.

    with runs.begin(caller, "morph") as run:
        async for event in run.events(Morph(...)):
            yield ...
    if run.problem:
        yield ...
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Literal, NamedTuple

import gradio as gr

from doodle.services.executor import Executor
from doodle.services.jobs import Job
from doodle.services.results import Waiting
from doodle.ui.messages import sentence

State = Literal["live", "superseded", "stopped", "done"]


class Queued(NamedTuple):
    """What the visitor reads while others are served."""

    sentence: str


def visitor_of(caller: gr.Request | None) -> str:
    """The session of whoever asks; "" for a caller without one."""
    return getattr(caller, "session_hash", None) or ""


class Run:
    """One run, made by `Runs.begin`.  A context: leaving it ends the run and all its work.

    An exception within the context is kept and goes no further: the handler goes on behind the
    `with` and shows `problem`.

    Attributes:
        id: decimal seconds, larger than that of every run before.
        state: "live" until it ends; "superseded" by a newer run, "stopped" by the visitor, or
            "done".
        error: the exception that ended it, None where there was none or nobody waits any more.
        problem: the sentence about it for the visitor, "" without one.
    """

    def __init__(self, runs: Runs, run_id: str, visitor: str, tool: str) -> None:
        self.id, self.visitor, self.tool = run_id, visitor, tool
        self.state: State = "live"
        self.error: Exception | None = None
        self.problem = ""
        self._runs = runs
        self._lock = threading.Lock()
        self._jobs: list[Job] = []

    @property
    def live(self) -> bool:
        """False once the run is over: whatever is still on its way is of no use."""
        return self.state == "live"

    @property
    def superseded(self) -> bool:
        """True when a newer run took over."""
        return self.state == "superseded"

    async def events(self, request: Any) -> AsyncIterator[Any]:
        """Submit a request and give its events; those of the queue come as `Queued`.

        When the run is superseded or stopped the events end, without an error.
        """
        if not self.live:
            return
        job = self._runs.executor.submit(request, self.visitor)
        self._hold(job)
        try:
            async for event in job:
                if not self.live:
                    return
                yield Queued(_queue_sentence(event)) if isinstance(event, Waiting) else event
        except Exception:
            if self.live:
                raise
        finally:
            job.cancel()

    async def answer(self, request: Any) -> Any:
        """The last event of a request; None where the run was ended."""
        answer = None
        async for event in self.events(request):
            answer = event
        return answer if self.live else None

    def end(self, state: State) -> None:
        """Give up what the run works on, and let it hear of nothing more."""
        with self._lock:
            if not self.live:
                return
            self.state = state
            jobs = list(self._jobs)
        for job in jobs:
            job.cancel()

    def _hold(self, job: Job) -> None:
        """Let a job end with the run; at once where it ended already."""
        with self._lock:
            self._jobs.append(job)
            live = self.live
        if not live:
            job.cancel()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            said = sentence(error)  # which logs what is a fault of ours
            if self.live:
                self.error, self.problem = error, said
        self.end("done")
        self._runs.forget(self)
        return isinstance(error, Exception)


class Runs:
    """The runs of all visitors in all tools.

    Args:
        executor: that they ask.
        clock: seconds since the epoch; ids are made of it.
    """

    def __init__(self, executor: Executor, clock: Callable[[], float] = time.time) -> None:
        self.executor = executor
        self._clock = clock
        self._lock = threading.Lock()
        self._live: dict[tuple[str, str], list[Run]] = {}
        self._left: list[Callable[[str], None]] = []
        self._last = 0.0

    def begin(self, caller: gr.Request | None, tool: str, *, beside: bool = False) -> Run:
        """Begin a run; older ones of the same visitor and tool end as superseded.

        Args:
            tool: its id, or its id and a part that has runs of its own, such as "words walk".
            beside: run beside the others of that name, and end none: for questions that are
                answered each, such as guesses.
        """
        visitor = visitor_of(caller)
        with self._lock:
            # microseconds, because ids are compared as numbers and printed with six digits
            self._last = max(self._clock(), self._last + 1e-6)
            run = Run(self, f"{self._last:.6f}", visitor, tool)
            others = self._live.get((visitor, tool), [])
            self._live[visitor, tool] = [*others, run] if beside else [run]
        for older in () if beside else others:
            older.end("superseded")
        return run

    def stop(self, caller: gr.Request | None, *tools: str) -> None:
        """End a visitor's runs in the tools that are named; what they showed so far stays."""
        visitor = visitor_of(caller)
        self._stop([(visitor, tool) for tool in tools])

    def stopper(self, *tools: str) -> Callable[[gr.Request], None]:
        """A handler that does this for the visitor who presses Stop."""

        def stop(request: gr.Request) -> None:
            self.stop(request, *tools)

        return stop

    def leave(self, caller: gr.Request | None) -> None:
        """End all runs of a visitor who left the page, and let tools forget what they kept."""
        visitor = visitor_of(caller)
        with self._lock:
            keys = [key for key in self._live if key[0] == visitor]
        self._stop(keys)
        for forget in self._left:
            forget(visitor)

    def when_left(self, forget: Callable[[str], None]) -> None:
        """Call `forget` with each visitor who leaves the page, after their runs have ended."""
        self._left.append(forget)

    def _stop(self, keys: list[tuple[str, str]]) -> None:
        with self._lock:
            ended = [run for key in keys for run in self._live.pop(key, [])]
        for run in ended:
            run.end("stopped")

    def forget(self, run: Run) -> None:
        """Drop a run that is over."""
        key = (run.visitor, run.tool)
        with self._lock:
            left = [one for one in self._live.get(key, []) if one is not run]
            if left:
                self._live[key] = left
            else:
                self._live.pop(key, None)

    def __len__(self) -> int:
        """Runs that are not over."""
        return sum(map(len, self._live.values()))


def _queue_sentence(event: Waiting) -> str:
    if event.before < 1:
        return "You are next."
    return "One is before you." if event.before == 1 else f"{event.before} are before you."
