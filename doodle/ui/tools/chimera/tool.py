"""The tool Chimera: pictures like photographs of drawn animals, mixed ones too."""

from __future__ import annotations

from doodle.ui.tool import Tool
from doodle.ui.tools.chimera import api, panel

TOOL = Tool(
    id="chimera",
    title="Chimera",
    build=panel.build,
    wire=panel.wire,
    endpoints=api.endpoints,
    examples=panel.EXAMPLES,
)
