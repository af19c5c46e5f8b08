"""The tool Morph: one drawing turned into another, step by step."""

from __future__ import annotations

from doodle.ui.tool import Tool
from doodle.ui.tools.morph import api, panel

TOOL = Tool(
    id="morph",
    title="Morph",
    build=panel.build,
    wire=panel.wire,
    endpoints=api.endpoints,
)
