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
from doodle.requests.face_codes import (
    ChangeFace,
    FaceCode,
    FaceStrip,
    FullFace,
    InvertFace,
    MadeUpFace,
    MixFaces,
    RefineFace,
)
from doodle.requests.faces import EditFace, Faces
from doodle.requests.recognition import Explain, Recognise
from doodle.requests.sketches import Again, Complete, Draw, Morph
from doodle.requests.status import Status, Warm

__all__ = [
    "AUTO",
    "Again",
    "ChangeFace",
    "Complete",
    "Draw",
    "EdgeOptions",
    "Edges",
    "EditFace",
    "Explain",
    "FaceCode",
    "FaceStrip",
    "Faces",
    "FullFace",
    "FullSize",
    "Imagine",
    "InvertFace",
    "Like",
    "MadeUpFace",
    "Mix",
    "MixFaces",
    "Morph",
    "Outline",
    "Recognise",
    "RefineFace",
    "Render",
    "Status",
    "Walk",
    "Warm",
    "choice",
    "number",
    "tidy_word",
    "whole",
]
