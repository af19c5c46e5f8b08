"""What benchmarks in a browser begin with: a Chromium, and the page with its networks."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def chromium() -> str:
    """The path of a Chromium; without one, or without playwright, the program ends and says so."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if importlib.util.find_spec("playwright") is None:
        sys.exit("This needs playwright: run `pip install playwright`.")
    if not path:
        sys.exit("This needs a Chromium: install one, or set CHROMIUM to its path.")
    return path


@contextmanager
def page_on(device: str) -> Iterator[tuple[str, Any]]:
    """The page's address, and the executor that answers it.

    Args:
        device: auto, cpu, cuda.
    """
    os.environ.update(no_proxy="127.0.0.1,localhost", GRADIO_ANALYTICS_ENABLED="False")
    import app
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    executor = app.executor_of(app.parse(["--device", device]))
    page = build_app(executor)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    try:
        yield url, executor
    finally:
        page.close(verbose=False)
        executor.close()
