"""An end in good order: what was asked is answered, what comes later is told to come back."""

from __future__ import annotations

import threading
import time
from typing import Any

from doodle.errors import Stopping
from doodle.services.executor import Executor
from doodle.services.jobs import Job

_LOOK_EVERY = 0.05  # seconds


class DrainingExecutor:
    """Asks another executor, and knows what is under way there.

    Args:
        executor: that answers.
    """

    def __init__(self, executor: Executor) -> None:
        self.registry = executor.registry
        self._executor = executor
        self._lock = threading.Lock()
        self._draining = False
        self._jobs: set[Job] = set()

    def submit(self, request: Any, visitor: str = "") -> Job:
        """Ask for something; see `Executor`.

        Raises:
            Stopping: the server is about to end.
        """
        with self._lock:
            if self._draining:
                raise Stopping("The server is stopping; try again in a moment.")
            job = self._executor.submit(request, visitor)
            self._jobs = {one for one in self._jobs if not one.ended} | {job}
        return job

    def drain(self, seconds: float) -> bool:
        """Take nothing new, and wait until all that is under way has ended.

        Args:
            seconds: that it may take.

        Returns:
            Whether all has ended.
        """
        with self._lock:
            self._draining = True
        until = time.monotonic() + seconds
        while not all(job.ended for job in self._jobs):
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def close(self) -> None:
        """End all work."""
        self._executor.close()
