"""The drawing canvas: `StrokeCanvas` and the channel its ink comes through."""

from doodle.ui.canvas.component import InkChannel, StrokeCanvas

__all__ = ["InkChannel", "StrokeCanvas"]
