"""A real Chromium for pages that are launched in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("no_proxy", "127.0.0.1,localhost")

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder carries the mark `browser`."""
    for item in items:
        if HERE in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable]:
    """serve(demo) -> its address; every page is closed at the end of the session."""
    demos = []

    def launch(demo, **options) -> str:
        demos.append(demo)
        settings = {"prevent_thread_lock": True, "quiet": True, "ssr_mode": False}
        return demo.queue().launch(**settings, run_history=False, **options)[1]

    yield launch
    for demo in demos:
        demo.close(verbose=False)


@pytest.fixture
def visit(browser) -> Iterator[Callable]:
    """visit(url, **context) -> a page of a fresh visitor; errors on its console fail the test.

    `script`, a JavaScript function, is run before the page's own.
    """
    contexts, complaints = [], []

    def hear(message) -> None:
        # a reload cuts off requests under way, which Gradio's client reports as errors
        cut_off = any(sign in message.text for sign in ("AbortError", "Connection errored out"))
        if message.type == "error" and not cut_off:
            complaints.append(message.text)

    def open_page(url: str, script: str = "", **context):
        size = {"width": 1200, "height": 900}
        contexts.append(browser.new_context(**{"viewport": size} | context))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        if script:
            page.add_init_script(f"({script})()")
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture(scope="session")
def canvas_url(serve: Callable) -> str:
    """Address of a page that holds little but the canvas."""
    from canvas_page import build

    return serve(build())


@pytest.fixture
def page(visit: Callable, canvas_url: str):
    """That page, opened by a fresh visitor and ready to draw on."""
    from canvas_page import ready

    return ready(visit(canvas_url))
