"""The tools of the page, in the order of their tabs.

A new tool is a folder here, whose `tool.py` makes a `TOOL`, and its name in this list.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from doodle.ui.tool import Tool

FOLDERS = (
    "draw",
    "words",
    "chimera",
    "faces",
    "morph",
    "play",
)


def tools_of(folders: Iterable[str]) -> tuple[Tool, ...]:
    """The `TOOL` of each folder."""
    return tuple(import_module(f"doodle.ui.tools.{folder}.tool").TOOL for folder in folders)


TOOLS = tools_of(FOLDERS)
