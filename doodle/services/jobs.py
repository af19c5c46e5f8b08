"""A request on its way: what has come back so far, for threads and for asyncio."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from doodle.services.results import Waiting


class Job:
    """One request and its events, in the order in which they came.

    Iterate over it for the events, with `for` or `async for`; an error of the task is raised in
    their place.  Leaving either loop early, or `cancel`, ends the work at its next step.

    Args:
        request: what was asked.
        visitor: who asks; work is shared fairly among visitors.
        on_cancel: called when nobody waits for it any longer.
    """

    def __init__(
        self, request: Any, visitor: str = "", on_cancel: Callable[[Job], None] | None = None
    ) -> None:
        self.request = request
        self.visitor = visitor
        self.cancelled = False
        self.ended = False
        self.on_cancel = on_cancel
        self._events: deque[Any] = deque()
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._wake: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    # -- for whoever works on it -----------------------------------------------------------------

    def tell(self, event: Any) -> None:
        """Add an event; one that says how long the queue is takes the place of an older one."""
        with self._changed:
            newest = self._events[-1] if self._events else None
            if isinstance(event, Waiting) and isinstance(newest, Waiting):
                self._events.pop()
            self._events.append(event)
            self._notify()

    def end(self, error: BaseException | None = None) -> None:
        """No more events will come."""
        with self._changed:
            if not self.ended:
                self.ended, self._error = True, error
            self._notify()

    def _notify(self) -> None:
        self._changed.notify_all()
        if self._wake is not None:
            loop, event = self._wake
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:
                pass  # its loop is closed: nobody listens

    # -- for whoever asked -----------------------------------------------------------------------

    def cancel(self) -> None:
        """Nobody waits for this any longer."""
        with self._changed:
            if self.ended or self.cancelled:
                return
            self.cancelled = True
        if self.on_cancel is not None:
            self.on_cancel(self)
        self.end()

    def __iter__(self) -> Iterator[Any]:
        try:
            while True:
                with self._changed:
                    while not self._events and not self.ended:
                        self._changed.wait()
                    if not self._events:
                        break
                    event = self._events.popleft()
                yield event
        finally:
            self.cancel()
        self._raise()

    async def __aiter__(self) -> AsyncIterator[Any]:
        wake = asyncio.Event()
        self._wake = asyncio.get_running_loop(), wake
        try:
            while True:
                wake.clear()
                while self._events:
                    yield self._events.popleft()
                if self.ended and not self._events:
                    break
                await wake.wait()
        finally:
            self._wake = None
            self.cancel()
        self._raise()

    def result(self) -> Any:
        """Wait for the answer, the last event; None where the request was cancelled.

        Raises:
            whatever ended the task.
        """
        answer = None
        for event in self:
            answer = event
        return answer

    async def answer(self) -> Any:
        """The same without blocking."""
        answer = None
        async for event in self:
            answer = event
        return answer

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
