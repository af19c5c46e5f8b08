"""Serving the page: by itself until it is told to stop, or as a part of another application."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import gradio as gr
from fastapi import FastAPI

from doodle.services.draining import DrainingExecutor
from doodle.services.executor import Executor
from doodle.ui import mcp
from doodle.ui.page import build_app
from doodle.ui.theme import launch_options

GRACE = 30.0  # seconds that answers under way may take once the server is told to stop
_DELIVERY = 5.0  # seconds that their last words may take to the callers
_PARTING = 1.0  # seconds for the streams to carry them, which look every 0.05
# of the options that show the page as it is meant: the others are for Blocks.launch alone
_OF_LAUNCH_ALONE = ("state_session_capacity", "favicon_path")


def mount(
    app: FastAPI, executor: Executor, path: str = "/doodle", *, tools: bool | None = None
) -> FastAPI:
    """Put the page into a FastAPI application, looking as it does by itself.

    Args:
        app: that serves other things beside it.
        executor: answers all that the page asks; whoever made it closes it.
        path: below which the page, its API, its tools over MCP and `/healthz` lie.
        tools: whether the endpoints are tools over MCP; None: where the package is installed.

    Returns:
        The same application.

    Raises:
        ValueError: tools are asked for, and the package `mcp` is not installed.
    """
    options = launch_options(executor, tools=mcp.wanted(tools))
    for name in _OF_LAUNCH_ALONE:
        del options[name]
    return gr.mount_gradio_app(app, build_app(executor), path, **options)


def serve(executor: Executor, *, tools: bool = False, **options: Any) -> None:
    """Serve the page until SIGINT or SIGTERM, then let the answers under way be finished.

    A second signal ends it at once. To be called from the main thread, which alone hears signals.

    Args:
        executor: answers all that the page asks; whoever made it closes it.
        tools: whether the endpoints are tools over MCP.
        options: for `Blocks.launch`, beside those of the page's looks.
    """
    told = threading.Event()

    def stop(number: int, _: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        told.set()

    draining = DrainingExecutor(executor)
    page = build_app(draining)
    looks = launch_options(draining, tools=tools)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    page.launch(prevent_thread_lock=True, **looks, **options)
    while not told.wait(1.0):  # without a limit Windows would not hear of Ctrl+C
        pass
    print("Stopping: answers under way are finished first; once more to stop at once.", flush=True)
    draining.drain(GRACE)
    _deliver(page)
    page.close(verbose=False)


def _deliver(page: gr.Blocks) -> None:
    """Wait until Gradio has handed the answers to those who asked."""
    until = time.monotonic() + _DELIVERY
    while any(page._queue.active_jobs) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(_PARTING)
