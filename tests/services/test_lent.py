"""The executor for a lent GPU: each request within the function that is lent it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from doodle.registry import Registry
from doodle.requests import Draw
from doodle.services.lent import LentExecutor


def test_every_request_runs_within_the_lent_function(tiny_checkpoints: Path):
    lent = []

    def lend(function):
        def call(*args):
            lent.append(threading.current_thread().name)
            yield from function(*args)

        return call

    executor = LentExecutor(Registry(tiny_checkpoints, "cpu"), lend)
    assert len(executor.submit(Draw("cat", 2)).result().endings) == 2
    with pytest.raises(ValueError, match="qqqqzzzz"):
        executor.submit(Draw("qqqqzzzz")).result()
    assert len(lent) == 2 and not executor._running
    executor.close()
