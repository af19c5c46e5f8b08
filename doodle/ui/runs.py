"""Which run of each visitor is the newest: a newer one, or Stop, ends the older one's work.

Gradio's ``cancels=`` cannot restart a stream reliably; a token that the running generator checks
between two steps can. Run ids grow with time, so that the browser can drop a late message too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Stoppable(Protocol):
    """Work that can be given up."""

    def cancel(self) -> None:
        """Nobody waits for it any longer."""


class Runs:
    """The newest run of every session, of one tool.

    Args:
        clock: seconds since the epoch; run ids are made of it.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: dict[str, str] = {}
        self._work: dict[str, Stoppable] = {}
        self._last = 0.0

    def start(self, session: str) -> str:
        """Begin a run, which ends the session's older one.

        Returns:
            Its id: decimal seconds, larger than every id given before.
        """
        with self._lock:
            # microseconds, because ids are compared as numbers and printed with six digits
            self._last = max(self._clock(), self._last + 1e-6)
            run = f"{self._last:.6f}"
            self._newest[session] = run
            older = self._work.pop(session, None)
        if older is not None:
            older.cancel()
        return run

    def holds(self, session: str, run: str, work: Stoppable) -> None:
        """Say what a run works on, so that it ends with it; at once where it ended already."""
        with self._lock:
            newest = self._newest.get(session) == run
            if newest:
                self._work[session] = work
        if not newest:
            work.cancel()

    def is_newest(self, session: str, run: str) -> bool:
        """False once a newer run began, or the visitor stopped this one or left."""
        return self._newest.get(session) == run

    def is_superseded(self, session: str, run: str) -> bool:
        """True when a newer run of the session took over, false when it was only stopped."""
        return self._newest.get(session, run) != run

    def stop(self, session: str) -> None:
        """End the session's run; also what is done when the visitor leaves."""
        with self._lock:
            self._newest.pop(session, None)
            work = self._work.pop(session, None)
        if work is not None:
            work.cancel()

    def __len__(self) -> int:
        """Sessions with a run that was not stopped."""
        return len(self._newest)
