"""What the public API takes and gives, as types: callers read them in the endpoints' descriptions.

What an endpoint gives as a drawing, any other takes as it is.
"""

from __future__ import annotations

from typing import TypedDict

# a stroke of a drawing that comes in: x, y, ms, pressure of one point after the other, or as an
# answer has it
TimedStroke = list[float]
Stroke = list[list[float]]  # [[x, ...], [y, ...]]


class Sketch(TypedDict, total=False):
    """A drawing that comes in; only its strokes are needed."""

    w: float
    h: float
    strokes: list[TimedStroke] | list[Stroke]
    widths: list[float]


class Guesses(TypedDict):
    """What a drawing looks like."""

    guesses: list[tuple[str, float]]
    unknown: bool


class Ending(TypedDict):
    """What was added to a drawing, or a whole one; `traced` from a picture, or drawn by points."""

    strokes: list[Stroke]
    score: float | None
    traced: bool


class Endings(TypedDict, total=False):
    """Endings, best first; the word only where it was left to a guess or to chance, the notice only
    where a word cannot be drawn as asked.
    """

    endings: list[Ending]
    word: str
    notice: str


class Step(TypedDict):
    """A drawing of a morph."""

    strokes: list[Stroke]


class Morph(TypedDict):
    """The way from one drawing to another."""

    drawings: list[Step]


class Doodle(TypedDict):
    """A doodle in a square of 256."""

    strokes: list[Stroke]
    score: float
    drawn_like: float
    candidate: int
    svg: str


class Doodles(TypedDict):
    """Doodles of a text, and what was understood of it."""

    encoder: str
    name: str
    sure: float
    notice: str
    seen: bool
    near: list[str]
    doodles: list[Doodle]


class Pictures(TypedDict):
    """Pictures of a chimera, PNG as data URLs."""

    pictures: list[str]
    edges: str
    size: int
    kind: str
    species: list[str]


class FacesMade(TypedDict):
    """Faces of nobody, PNG as data URLs."""

    faces: list[str]
    size: int


class EditedFace(TypedDict):
    """A photograph with a changed face; pictures PNG as data URLs, `points` [[x, y], ...]."""

    picture: str
    aligned: str
    inverted: str
    changed: str
    size: int
    points: list[list[float]]
    faces: int
    notices: list[str]


class InvertedFace(TypedDict):
    """A face of a photograph as a code; pictures PNG as data URLs, points in its pixels."""

    code: list[list[float]]
    aligned: str
    inverted: str
    size: int
    points: list[list[float]]
    faces: list[list[list[float]]]
    corners: list[list[float]]
