"""What can be asked: one frozen, checked dataclass a task. No network, no page."""

from doodle.requests.checks import AUTO, choice, number, tidy_word, whole
from doodle.requests.chimera import (
    EdgeOptions,
    Edges,
    FullSize,
    Outline,
    Render,
)
from doodle.requests.doodles import Imagine, Like, Mix, Walk
from doodle.requests.faces import EditFace, Faces
from doodle.requests.recognition import Explain, Recognise
from doodle.requests.sketches import Again, Complete, Draw, Morph
from doodle.requests.status import Status, Warm

__all__ = [
    "AUTO",
    "Again",
    "Complete",
    "Draw",
    "EdgeOptions",
    "Edges",
    "EditFace",
    "Explain",
    "Faces",
    "FullSize",
    "Imagine",
    "Like",
    "Mix",
    "Morph",
    "Outline",
    "Recognise",
    "Render",
    "Status",
    "Walk",
    "Warm",
    "choice",
    "number",
    "tidy_word",
    "whole",
]
