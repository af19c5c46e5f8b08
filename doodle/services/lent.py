"""The executor for a GPU that is lent for the length of one call (a ZeroGPU Space).

Such a GPU is given to a function, so every request runs by itself within one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from doodle.errors import Busy
from doodle.pipelines.steps import alone
from doodle.registry import Registry
from doodle.services.executor import MOST_WAITING
from doodle.services.jobs import Job
from doodle.services.tasks import Task


class LentExecutor:
    """Runs each request in a thread of its own, within the function that is lent the GPU.

    Args:
        registry: of the checkpoints.
        lend: wraps a generator function; `spaces.GPU`.
        tasks: for each kind of request what makes its task; all services' when None.
    """

    def __init__(
        self,
        registry: Registry,
        lend: Callable[[Callable[..., Any]], Callable[..., Any]],
        tasks: Mapping[type, Callable[[Any], Task]] | None = None,
    ) -> None:
        if tasks is None:
            from doodle.services.table import all_tasks

            tasks = all_tasks(registry)
        self.registry = registry
        self._tasks = dict(tasks)
        self._answer = lend(self._events)
        self._running: set[Job] = set()
        self._lock = threading.Lock()

    def submit(self, request: Any, visitor: str = "") -> Job:
        """Ask for something; see `Executor`."""
        job = Job(request, visitor)
        with self._lock:
            if len(self._running) >= MOST_WAITING:
                raise Busy(f"{len(self._running)} others wait just now. Try again in a minute.")
            self._running.add(job)
        threading.Thread(target=self._run, args=(job,), daemon=True).start()
        return job

    def close(self) -> None:
        """End all work."""
        for job in list(self._running):
            job.cancel()

    def _events(self, request: Any) -> Iterator[Any]:
        yield from alone(self._tasks[type(request)](request))

    def _run(self, job: Job) -> None:
        error = None
        try:
            for event in self._answer(job.request):
                if job.cancelled:
                    break
                job.tell(event)
        except Exception as raised:  # whatever it was, whoever asked hears of it
            error = raised
        with self._lock:
            self._running.discard(job)
        job.end(error)
