"""The page over stubs, served in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

os.environ.update(
    GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1", no_proxy="127.0.0.1,localhost"
)


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., str]]:
    """`serve(registry)` starts the page over stubs and returns its address; `tools` for MCP."""
    from stub_words import StubEncoder, StubImaginer
    from stubs import StubRecognition, use_stubs

    import doodle.pipelines.imagine as imagining
    import doodle.pipelines.recognise as recognition
    import doodle.pipelines.text as reading
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    patch = pytest.MonkeyPatch()
    use_stubs(patch)
    patch.setattr(recognition, "Recognition", StubRecognition)
    patch.setattr(imagining, "Imaginer", StubImaginer)
    patch.setattr(reading, "TextEncoder", StubEncoder)
    apps = []

    def start(registry: object, *, tools: bool = False) -> str:
        executor = LocalExecutor(registry, threads=2)
        app = build_app(executor)
        apps.append((app, executor))
        options = {
            **launch_options(executor, tools=tools),
            "quiet": True,
            "prevent_thread_lock": True,
        }
        _, url, _ = app.launch(server_name="127.0.0.1", **options)
        return url

    yield start
    for app, executor in apps:
        app.close()
        executor.close()
    patch.undo()


@pytest.fixture(scope="module")
def url(serve: Callable[..., str]) -> str:
    """A page whose models work."""
    from stubs import StubRegistry

    return serve(StubRegistry())
