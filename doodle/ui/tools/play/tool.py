"""The tool Play: a game of drawing against the clock, there where the recogniser can guess."""

from __future__ import annotations

from doodle.registry import Registry
from doodle.ui.tool import Tool
from doodle.ui.tools.play import panel


def _available(registry: Registry) -> bool:
    return bool(panel.playable(registry))


TOOL = Tool(
    id="play",
    title="Play",
    build=panel.build,
    wire=panel.wire,
    available=_available,
)
