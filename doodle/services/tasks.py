"""Tasks of services: generators of steps, as the pipelines have them, whose events are results."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from doodle.pipelines.steps import advance, steps_of

Task = Generator[Any, Any, Any]


def relayed(task: Task, result_of: Callable[[Any], Any]) -> Task:
    """A pipeline's task, its events as `result_of` turns them into results; None leaves one out."""
    answer: Any = None
    error: Exception | None = None
    try:
        while True:
            try:
                item = advance(task, answer, error)
            except StopIteration as end:
                return end.value
            answer = error = None
            if steps_of(item) is None:
                item = result_of(item)
                if item is None:
                    continue
            try:
                answer = yield item
            except Exception as raised:  # a step's error goes on to the task that asked for it
                error = raised
    finally:
        task.close()
