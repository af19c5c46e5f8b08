"""The endpoints as tools over MCP, called by the official client."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image
from stepping import answered
from stubs import StubRegistry

from doodle.ui import mcp
from doodle.ui.api import unfolded
from doodle.ui.tools import table
from doodle.ui.tools.draw import examples

CAT, FISH = (json.loads(examples.pick(str(k))[0]) for k in (0, 3))
# of each tool arguments, and what its answer holds
CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "recognise": ({"drawing": CAT, "top": 3}, "guesses"),
    "complete": ({"drawing": CAT, "word": "cat", "n": 2, "seed": 1}, "endings"),
    "draw": ({"word": "fish", "n": 2}, "endings"),
    "imagine": ({"text": "a sleepy teapot", "n": 2}, "doodles"),
    "morph": (
        {"first": CAT, "second": FISH, "word_first": "cat", "word_second": "fish", "steps": 3},
        "drawings",
    ),
}
PIXEL = base64.b64encode(b"not looked into").decode()
KINDS = SimpleNamespace(
    TextContent=lambda **fields: fields, ImageContent=lambda **fields: fields
)  # `mcp.types` where the package is not needed


@pytest.fixture(scope="module")
def ask(serve: Callable[..., str]) -> Callable:
    """`ask(visit)` runs `await visit(session)` with the official client's session."""
    client = pytest.importorskip(
        "mcp.client.streamable_http", reason="the package mcp is not installed"
    )
    from mcp import ClientSession

    address = serve(StubRegistry(), tools=True) + "gradio_api/mcp/"

    async def within(visit: Callable) -> Any:
        async with client.streamable_http_client(address) as (reading, writing, _):
            async with ClientSession(reading, writing) as session:
                await session.initialize()
                return await visit(session)

    return lambda visit: answered(within(visit))


@pytest.fixture(scope="module")
def tools(ask: Callable) -> dict[str, Any]:
    return {tool.name: tool for tool in ask(lambda session: session.list_tools()).tools}


def test_every_endpoint_is_a_tool_and_says_all_of_its_arguments(tools: dict[str, Any]):
    functions = [one for tool in table.TOOLS for one in tool.endpoints(None)]
    assert set(tools) == {one.__name__ for one in functions}
    for tool in tools.values():
        for name, field in tool.inputSchema["properties"].items():
            assert field["description"].endswith("."), f"{tool.name} {name} is cut short"
        assert ":, " not in tool.description and ",, " not in tool.description
    assert (
        "t in milliseconds" in tools["complete"].inputSchema["properties"]["drawing"]["description"]
    )
    assert set(tools["morph"].inputSchema["required"]) == {
        *("first", "second", "word_first", "word_second")
    }


def test_the_calls_below_leave_no_tool_out_that_stubs_can_answer(tools: dict[str, Any]):
    """Pictures need networks; of these tools the sentence without a checkpoint is asked for."""
    assert set(CALLS) <= set(tools)
    assert set(tools) - set(CALLS) <= {"chimera", "faces", "edit_face", "invert_face"}


@pytest.mark.parametrize("name", CALLS)
def test_a_tool_answers_in_json(ask: Callable, name: str):
    arguments, holds = CALLS[name]
    found = ask(lambda session: session.call_tool(name, arguments))
    assert not found.isError, found.content
    (text,) = found.content
    assert json.loads(text.text)[holds]


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("complete", {"drawing": {"strokes": []}, "word": "cat"}, "nothing drawn"),
        ("complete", {"drawing": CAT, "word": "zzyzx"}, "Did you mean"),
        ("complete", {"drawing": CAT, "word": "cat", "n": 99}, "from 1 to 16"),
        ("recognise", {"drawing": {"strokes": [[1, 2, 3]]}}, "A stroke is"),
        ("recognise", {"drawing": "[1"}, "not of type 'object'"),
        ("draw", {}, "'word' is a required property"),
        ("draw", {"word": "fish", "n": "nine"}, "not of type 'integer'"),
        ("imagine", {"text": "  "}, "Say what to draw"),
        ("chimera", {"drawing": CAT}, "checkpoint chimera is missing"),
        ("chimera", {}, "either a drawing or an image"),
        ("sing", {}, "Unknown tool"),
    ],
)
def test_what_cannot_be_done_is_answered_by_a_sentence(
    ask: Callable, name: str, arguments: dict[str, Any], says: str
):
    found = ask(lambda session: session.call_tool(name, arguments))
    assert found.isError
    assert says in found.content[0].text


def test_pictures_come_as_pictures():
    url = f"data:image/png;base64,{PIXEL}"
    answer = {"pictures": [url, url], "edges": url, "size": 256, "kind": "drawing"}
    text, *pictures = mcp.contents([answer], KINDS)
    assert json.loads(text["text"]) == {
        "pictures": ["picture 1", "picture 2"],
        "edges": "picture 3",
        "size": 256,
        "kind": "drawing",
    }
    assert [one["mimeType"] for one in pictures] == ["image/png"] * 3
    assert {one["data"] for one in pictures} == {PIXEL}


def test_a_picture_of_the_answer_arrives_over_the_wire():
    """A page of one endpoint that answers with a picture, through `publish` and the client."""
    client = pytest.importorskip(
        "mcp.client.streamable_http", reason="the package mcp is not installed"
    )
    from mcp import ClientSession

    from doodle.services.executor import LocalExecutor
    from doodle.ui import api
    from doodle.ui.pictures import png_url
    from doodle.ui.sessions import Sessions
    from doodle.ui.tool import Tool

    async def paint(width: int, request: gr.Request = None) -> dict[str, str]:
        """Paint a black square."""
        import numpy as np

        return {"picture": png_url(np.zeros((width, width, 3), np.uint8))}

    tool = Tool("paint", "Paint", lambda _: None, lambda *_: None, endpoints=lambda ask: [paint])
    executor = LocalExecutor(StubRegistry(), {})
    with gr.Blocks() as page:
        api.publish(executor, Sessions(), [tool])
    _, url, _ = page.launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, mcp_server=True
    )

    async def call() -> Any:
        address = f"{url}gradio_api/mcp/"
        async with client.streamable_http_client(address) as (reading, writing, _):
            async with ClientSession(reading, writing) as session:
                await session.initialize()
                return await session.call_tool("paint", {"width": 5})

    try:
        text, picture = answered(call()).content
    finally:
        page.close(verbose=False)
        executor.close()
    assert json.loads(text.text) == {"picture": "picture 1"}
    assert Image.open(io.BytesIO(base64.b64decode(picture.data))).size == (5, 5)


def test_it_is_on_where_it_can_be_unless_somebody_says_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mcp, "installed", lambda: True)
    assert [mcp.wanted(asked) for asked in (None, True, False)] == [True, True, False]
    monkeypatch.setattr(mcp, "installed", lambda: False)
    assert [mcp.wanted(asked) for asked in (None, False)] == [False, False]
    with pytest.raises(ValueError, match=r"pip install"):
        mcp.wanted(True)


def test_a_docstring_loses_its_folds_and_nothing_else():
    text = 'Do it.\n\nMore of\nit.\n\nArgs:\n    a: of "x": one,\n        two.\n    b: three.\n\n'
    text += "Returns:\n    {the end:\n    of it}.\n\nRaises:\n    ValueError: no."
    made = unfolded(text)
    assert '\n    a: of "x": one, two.\n    b: three.\n\nReturns:\n    {the end: of it}.\n' in made
    assert made.startswith("Do it.\n\nMore of\nit.\n\nArgs:\n") and made.endswith("ValueError: no.")
    assert made.split() == text.split()
