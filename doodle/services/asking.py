"""Asking from a program: an executor for the length of some work, and many answers in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from doodle.registry import Registry
from doodle.services.executor import Executor, LocalExecutor
from doodle.services.jobs import Job

AHEAD = 64  # requests that are under way beside the one whose answer is read
_MOST_THREADS = 4


def usable_cores(most: int = _MOST_THREADS) -> int:
    """Cores that this process may use, at most so many."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return min(most, len(os.sched_getaffinity(0)))
    return min(most, os.cpu_count() or 1)


@contextmanager
def asking(registry: Registry) -> Iterator[LocalExecutor]:
    """An executor that turns no request away; all work ends with the `with` block.

    Raises:
        ValueError: the registry's device is not there.
    """
    _ = registry.placement  # where it is wrong, now and not in the answer to a request
    executor = LocalExecutor(registry, threads=usable_cores(), most_waiting=None)
    try:
        yield executor
    finally:
        executor.close()


def in_order(executor: Executor, requests: Iterable[Any], ahead: int = AHEAD) -> Iterator[Job]:
    """The jobs of many requests, in their order; some are worked on while one is read.

    Args:
        requests: taken one by one, so that few of them and of their answers are in memory.
        ahead: how many are under way beside the one that is read.
    """
    under_way: deque[Job] = deque()
    for request in requests:
        under_way.append(executor.submit(request))
        if len(under_way) > ahead:
            yield under_way.popleft()
    while under_way:
        yield under_way.popleft()
