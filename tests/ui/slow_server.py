"""A server for tests/ui/test_serving.py: the page, of which a request takes as long as it is told.

python slow_server.py PORT SECONDS
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from stubs import StubRegistry

from doodle.pipelines.steps import Call
from doodle.requests import Draw, Status, Warm
from doodle.services.executor import LocalExecutor
from doodle.services.results import Endings, ModelStatus
from doodle.ui.serving import serve


def draw(request: Any) -> Iterator[Any]:
    """Nothing is drawn, after a while."""
    print("drawing", flush=True)
    yield Call(lambda: time.sleep(float(sys.argv[2])))
    yield Endings(())


def warm(request: Any) -> Iterator[Any]:
    yield None


def status(request: Any) -> Iterator[Any]:
    yield ModelStatus("CPU", "made up")


executor = LocalExecutor(StubRegistry(), {Draw: draw, Warm: warm, Status: status}, threads=2)
try:
    serve(executor, server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
finally:
    executor.close()
    print("closed", flush=True)
