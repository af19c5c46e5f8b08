"""The tool Draw: a drawing is finished, drawn anew, or drawn from its word."""

from __future__ import annotations

from doodle.ui.tool import Tool
from doodle.ui.tools.draw import api, panel
from doodle.ui.tools.draw.examples import FOLDER

TOOL = Tool(
    id="draw",
    title="Draw",
    build=panel.build,
    wire=panel.wire,
    endpoints=api.endpoints,
    examples=FOLDER,
)
