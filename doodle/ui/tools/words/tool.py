"""The tool Words: doodles of any text."""

from __future__ import annotations

from doodle.ui.tool import Tool
from doodle.ui.tools.words import api, panel

TOOL = Tool(
    id="words",
    title="Words",
    build=panel.build,
    wire=panel.wire,
    endpoints=api.endpoints,
)
