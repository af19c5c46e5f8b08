"""Asynchronous handlers, step by step, in tests that are not asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any


def stepped(answers: AsyncIterator[Any]) -> Iterator[Any]:
    """What an asynchronous generator yields; it goes on only as far as it is asked."""
    loop = asyncio.new_event_loop()
    try:
        while True:
            try:
                yield loop.run_until_complete(anext(answers))
            except StopAsyncIteration:
                return
    finally:
        loop.run_until_complete(answers.aclose())
        loop.close()


def answered(answer: Awaitable[Any]) -> Any:
    """What an asynchronous function returns."""

    async def run() -> Any:
        return await answer

    return asyncio.run(run())
