"""The executor in a process of its own, so that the page and the models share no interpreter lock.

Requests and events cross a pipe.  A process that dies takes its requests along, each with a
sentence; the next request starts another.
"""

from __future__ import annotations

import ctypes
import itertools
import multiprocessing
import os
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from doodle.errors import BadDrawing, Busy, ModelUnavailable, OutOfBudget
from doodle.registry import Registry
from doodle.services.jobs import Job

_ENDED = (
    "The models stopped in the middle of this and are being started again; your drawing is safe. "
    "Try again in a moment."
)
_STOP, _SUBMIT, _CANCEL = "stop", "submit", "cancel"
_EVENT, _END = "event", "end"
_ARENAS = -8  # M_ARENA_MAX of mallopt(3)
_KERNELS = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "512"  # 1,024 if not given, of up to 0.7 MB each


class Place(NamedTuple):
    """Where the networks come from and run."""

    root: Path
    device: str
    budget_bytes: int | None
    threads: int


class ProcessExecutor:
    """Asks a `LocalExecutor` in a child process.

    Args:
        registry: read here for what headers tell; no network is loaded in this process.
        device, budget_bytes: of the child's registry.
        threads: of the child's executor.
    """

    def __init__(
        self,
        registry: Registry,
        device: str = "auto",
        budget_bytes: int | None = None,
        threads: int = 1,
    ) -> None:
        self.registry = registry
        self._place = Place(registry.root, device, budget_bytes, threads)
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._numbers = itertools.count()
        self._jobs: dict[int, Job] = {}
        self._child: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._closed = False

    def submit(self, request: Any, visitor: str = "") -> Job:
        """Ask for something; see `Executor`.

        Raises:
            Busy: the server is stopping.
        """
        number = next(self._numbers)
        job = Job(request, visitor, lambda _: self._left(number))
        with self._lock:
            if self._closed:
                raise Busy("The server is stopping; try again in a moment.")
            self._start()
            self._jobs[number] = job
        try:
            self._send(_SUBMIT, number, request, visitor)
        except OSError:  # it died; its reader tells the job
            pass
        return job

    def start(self) -> None:
        """Start the process before the first request needs it."""
        with self._lock:
            self._start()

    @property
    def pid(self) -> int | None:
        """Of the child; None while there is none."""
        child = self._child
        return child.pid if child is not None and child.is_alive() else None

    def close(self) -> None:
        """End all work and the process."""
        with self._lock:
            self._closed = True
            child, jobs = self._child, list(self._jobs.values())
        for job in jobs:
            job.end()
        if child is not None:
            try:
                self._send(_STOP)
            except OSError:
                pass
            child.join(timeout=5)
            if child.is_alive():
                child.kill()
                child.join(timeout=5)

    # -- within ----------------------------------------------------------------------------------

    def _start(self) -> None:
        """Start the child where it is not running; the lock is held."""
        if self._child is not None and self._child.is_alive():
            return
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._child = context.Process(
            target=_serve, args=(theirs, self._place), name="models", daemon=True
        )
        self._child.start()
        theirs.close()
        reader = threading.Thread(target=self._read, args=(self._pipe,), daemon=True)
        reader.start()

    def _send(self, *message: Any) -> None:
        pipe = self._pipe
        if pipe is None:
            raise OSError("the process of the networks has not been started")
        with self._sending:
            pipe.send(message)

    def _left(self, number: int) -> None:
        self._jobs.pop(number, None)
        try:
            self._send(_CANCEL, number)
        except OSError:
            pass  # it died, and the work with it

    def _read(self, pipe: Connection) -> None:
        """Hand the child's events to their jobs until it ends."""
        try:
            while True:
                kind, number, content = pipe.recv()
                job = self._jobs.get(number)
                if job is None:
                    continue
                if kind == _EVENT:
                    job.tell(content)
                else:
                    self._jobs.pop(number, None)
                    job.end(content)
        except (EOFError, OSError):
            pass
        with self._lock:
            if pipe is not self._pipe:
                return
            orphans, self._jobs = self._jobs, {}
        for job in orphans.values():
            job.end(None if self._closed else ModelUnavailable(_ENDED))


def limit_memory() -> None:
    """Bound what this process and its children keep unused; before torch computes anything.

    Two heaps for all threads: with one a thread, glibc keeps hundreds of megabytes unused.  And
    half as many of oneDNN's kernels as it would keep; calls of all endpoints met 250 (docs/log.md).
    """
    os.environ.setdefault(*_KERNELS)
    try:
        ctypes.CDLL(None).mallopt(_ARENAS, 2)
    except (OSError, AttributeError, TypeError):
        pass  # another C library


def return_memory() -> None:
    """Give freed memory back to the system; glibc keeps what a burst of work took."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):
        pass  # another C library


def _serve(pipe: Connection, place: Place) -> None:
    """The child: answer what comes through the pipe until it closes."""
    import signal
    import sys

    from doodle.services.executor import LocalExecutor

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    limit_memory()
    # threads that compute give the interpreter up by themselves; one that does not waits for this
    sys.setswitchinterval(0.0005)
    registry = Registry(place.root, place.device, place.budget_bytes)
    executor = LocalExecutor(registry, threads=place.threads, on_rest=return_memory)
    jobs: dict[int, Job] = {}
    sending = threading.Lock()

    def send(*message: Any) -> None:
        with sending:
            pipe.send(message)

    while True:
        try:
            kind, *rest = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)  # the parent is gone
        if kind == _STOP:
            executor.close()
            return
        if kind == _CANCEL:
            job = jobs.pop(rest[0], None)
            if job is not None:
                job.cancel()
            continue
        number, request, visitor = rest
        try:
            job = _Sent(request, visitor, number, send, jobs)
            jobs[number] = job
            executor.admit(job)
        except Exception as error:  # of the submission; whoever asked hears of it
            jobs.pop(number, None)
            send(_END, number, _portable(error))


class _Sent(Job):
    """A job whose events go through the pipe instead of being kept."""

    def __init__(
        self, request: Any, visitor: str, number: int, send: Any, jobs: dict[int, Job]
    ) -> None:
        super().__init__(request, visitor)
        self._number, self._send, self._jobs = number, send, jobs

    def tell(self, event: Any) -> None:
        self._send(_EVENT, self._number, event)

    def end(self, error: BaseException | None = None) -> None:
        if self.ended:
            return
        self.ended = True
        if self._jobs.pop(self._number, None) is not None:
            self._send(_END, self._number, _portable(error))


def _portable(error: BaseException | None) -> BaseException | None:
    """An error that arrives as what it is: one whose class takes its sentence alone."""
    if error is None:
        return None
    for kind in (BadDrawing, ModelUnavailable, OutOfBudget, Busy, ValueError):
        if isinstance(error, kind):
            return kind(str(error))
    # unexpected: the page's log gets where it happened, the visitor a plain sentence
    return RuntimeError("".join(traceback.format_exception(error)))
