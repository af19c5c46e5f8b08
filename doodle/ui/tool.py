"""What a tool of the page is: its tab, its endpoints, and what tools share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from doodle.registry import Registry
from doodle.services.executor import Executor
from doodle.ui.run import Runs

# Submits a request for a caller of the public API and gives all its events.
Ask = Callable[[Any, gr.Request | None], Awaitable[list[Any]]]
Endpoint = Callable[..., Awaitable[Any]]


@dataclass
class Context:
    """What the tools share while the page is built.

    Attributes:
        executor: answers all requests.
        runs: of all visitors in all tools.
        mailbox: takes files and sentences for the visitor (see `messages`).
        word: the field that says what is drawn, to which other tools send a word; the tool Draw
            lays it out, None before.
    """

    executor: Executor
    runs: Runs
    mailbox: gr.HTML
    word: gr.Dropdown | None = None

    @property
    def registry(self) -> Registry:
        """Of the checkpoints, for what their headers tell."""
        return self.executor.registry


def always(registry: Registry) -> bool:
    """For a tool that is there with any checkpoints; it says itself what is missing."""
    return True


def no_endpoints(ask: Ask) -> list[Endpoint]:
    """For a tool that the public API does not have."""
    return []


@dataclass(frozen=True)
class Tool:
    """One tool of the page, made by its folder below doodle/ui/tools and listed in their table.

    Attributes:
        id: of its tab, and of its runs.
        title: of its tab.
        build: lays the tool out in its tab and returns its parts.
        wire: connects these parts with the models, when all tools are laid out.
        available: whether the checkpoints that are there let it be shown.
        endpoints: makes its functions of the public API, published under their names.
        examples: folder of its examples, see `doodle.ui.examples`.
    """

    id: str
    title: str
    build: Callable[[Context], Any]
    wire: Callable[[Any, Context], None]
    available: Callable[[Registry], bool] = always
    endpoints: Callable[[Ask], list[Endpoint]] = no_endpoints
    examples: Path | None = None
