"""The tool Faces: faces of photographs changed by words, and faces of nobody."""

from __future__ import annotations

from doodle.ui.tool import Tool
from doodle.ui.tools.faces import api, panel

TOOL = Tool(
    id="faces",
    title="Faces",
    build=panel.build,
    wire=panel.wire,
    endpoints=api.endpoints,
)
