"""A real Chromium for pages that are launched in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stub_words import StubEncoder, StubImaginer
from stubs import StubRecognition, StubRegistry, use_stubs
from studio import at_home

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


@pytest.fixture(scope="module")
def studio() -> Iterator[str]:
    """Address of the whole page over stubs."""
    import doodle.pipelines.imagine as imagining
    import doodle.pipelines.recognise as recognising
    import doodle.pipelines.text as reading
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    patch = pytest.MonkeyPatch()
    use_stubs(patch)
    patch.setattr(imagining, "Imaginer", StubImaginer)
    patch.setattr(recognising, "Recognition", StubRecognition)
    patch.setattr(reading, "TextEncoder", StubEncoder)
    app = build_app(LocalExecutor(StubRegistry()))
    options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
    yield app.launch(server_name="127.0.0.1", **options)[1]
    app.close(verbose=False)
    patch.undo()


@pytest.fixture
def enter_studio(visit: Callable, studio: str) -> Callable:
    """`enter_studio(tab="")` opens that page as a fresh visitor, at a tool; ink stands at once."""

    def open_page(tab: str = "", **context: object):
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        page = visit(studio, **{**still, **context})
        at_home(page)
        if tab:
            page.get_by_role("tab", name=tab).click()
        return page

    return open_page
