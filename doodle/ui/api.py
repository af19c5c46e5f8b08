"""The public API: the endpoints of all tools over HTTP, gradio_client and MCP.

Endpoints are plain typed functions; their docstrings become the descriptions that callers read.
Drawings and answers have the shapes of the command line: ``{"endings": [{"strokes": [[[x, ...],
[y, ...]], ...], "score": number or null}, ...]}``.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable
from functools import wraps
from typing import Any

import gradio as gr

from doodle.services.executor import Executor
from doodle.services.jobs import Job
from doodle.ui import mcp
from doodle.ui.messages import sentence
from doodle.ui.parts import WORK
from doodle.ui.run import visitor_of
from doodle.ui.sessions import Sessions, has_left
from doodle.ui.tool import Endpoint, Tool

LOOK_EVERY = 0.5  # seconds between two looks at whether the caller is still there


def publish(executor: Executor, sessions: Sessions, tools: Iterable[Tool]) -> None:
    """Add the endpoints of `tools` to the Blocks that are being built."""

    async def ask(request: Any, caller: gr.Request | None) -> list[Any]:
        job = executor.submit(request, visitor_of(caller))
        answer = asyncio.ensure_future(_events(job))
        while not (await asyncio.wait({answer}, timeout=LOOK_EVERY))[0]:
            if has_left(caller):
                job.cancel()
        if job.cancelled:
            raise ValueError("Nobody waits for this any longer.")  # and nobody reads that
        return answer.result()

    shared = {key: WORK[key] for key in ("concurrency_id", "concurrency_limit")}
    for tool in tools:
        for endpoint in tool.endpoints(ask):
            gr.api(_published(endpoint, sessions), api_name=endpoint.__name__, **shared)


async def _events(job: Job) -> list[Any]:
    return [event async for event in job]


def _published(endpoint: Endpoint, sessions: Sessions) -> Endpoint:
    """The endpoint with its errors turned into messages for the caller."""

    @wraps(endpoint)
    async def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return await endpoint(*args, **kwargs)
        except Exception as error:  # whatever it was, the caller reads one sentence
            raise gr.Error(sentence(error), print_exception=False) from error
        finally:
            given = [*args, *kwargs.values()]
            caller = next((one for one in given if isinstance(one, gr.Request)), None)
            sessions.take_over(caller)
            mcp.take_over(caller)

    # Gradio does not evaluate what is annotated as text
    call.__signature__ = inspect.signature(endpoint, eval_str=True)  # type: ignore[attr-defined]
    call.__doc__ = unfolded(inspect.getdoc(endpoint) or "")
    return call


def unfolded(text: str) -> str:
    """A docstring with each argument, and what is returned, on one line.

    Of an argument Gradio reads the first line only, and it joins those of what is returned by
    commas; programs that call a tool know no more of it than that.
    """
    rows: list[str] = []
    section = ""
    for line in text.splitlines():
        # an argument begins four columns in, and what follows of it lies deeper
        deep = line.startswith("     " if section == "Args:" else "    ")
        if section and deep and rows[-1] != section:
            rows[-1] += f" {line.strip()}"
            continue
        if line and not line.startswith(" "):
            section = line if line in ("Args:", "Returns:") else ""
        rows.append(line)
    return "\n".join(rows)
