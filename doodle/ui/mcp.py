"""Answers over the Model Context Protocol: JSON for the caller to parse, pictures to be looked at.

Gradio makes a tool of each endpoint of the API where the package `mcp` is installed. What a tool
answers it would hand on as Python prints it, a picture as a hundred thousand letters of base64.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

import gradio as gr

_PICTURE = re.compile(r"data:(image/[\w.+-]+);base64,(.*)", re.S)
_MISSING = (
    "--mcp needs the package mcp, which is not installed: "
    '`pip install "mcp>=1.21,<2"`. Without --mcp everything else works.'
)


def installed() -> bool:
    """Whether tools can be offered over MCP."""
    return find_spec("mcp") is not None


def wanted(asked: bool | None) -> bool:
    """Whether to offer tools over MCP.

    Args:
        asked: True, False, or None for wherever it can be done.

    Raises:
        ValueError: it is asked for and cannot be done.
    """
    if asked and not installed():
        raise ValueError(_MISSING)
    return installed() if asked is None else asked


def take_over(request: gr.Request | None) -> None:
    """Let the tools of the app that a caller asks answer by `contents`; the first call does it."""
    app = getattr(getattr(request, "request", None), "app", None)
    blocks = getattr(app, "get_blocks", lambda: None)()
    server = getattr(blocks, "mcp_server_obj", None)
    if server is not None:
        kinds = server.types
        server.postprocess_output_data = lambda answers, _: contents(answers, kinds)


def contents(answers: Iterable[Any], kinds: Any) -> list[Any]:
    """What a tool answers, as MCP's contents.

    Args:
        answers: JSON values, one for each output of the endpoint.
        kinds: `mcp.types`.

    Returns:
        For each answer one text, its JSON, then its pictures; a picture that was a data URL within
        the JSON stands there as "picture 1", "picture 2" and so on.
    """
    made: list[Any] = []
    for answer in answers:
        pictures: list[Any] = []
        text = json.dumps(_without_pictures(answer, pictures, kinds), ensure_ascii=False)
        made += [kinds.TextContent(type="text", text=text), *pictures]
    return made


def _without_pictures(value: Any, pictures: list[Any], kinds: Any) -> Any:
    """A JSON value with a number in the place of each picture; these are added to `pictures`."""
    if isinstance(value, dict):
        return {key: _without_pictures(one, pictures, kinds) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_pictures(one, pictures, kinds) for one in value]
    if isinstance(value, str) and (found := _PICTURE.fullmatch(value)):
        pictures.append(kinds.ImageContent(type="image", mimeType=found[1], data=found[2]))
        return f"picture {len(pictures)}"
    return value
