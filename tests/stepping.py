"""Asynchronous handlers, step by step, in tests that are not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator
from functools import cache
from typing import Any


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own: Playwright's runs in the tests' thread."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def answered(answer: Awaitable[Any]) -> Any:
    """What an asynchronous function returns."""

    async def run() -> Any:
        return await answer

    return asyncio.run_coroutine_threadsafe(run(), _loop()).result(60)


def stepped(answers: AsyncIterator[Any]) -> Iterator[Any]:
    """What an asynchronous generator yields; it goes on only as far as it is asked."""
    try:
        while True:
            try:
                yield answered(anext(answers))
            except StopAsyncIteration:
                return
    finally:
        answered(answers.aclose())
