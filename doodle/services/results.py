"""What comes back: the events and answers of every request.  They survive pickling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from doodle.requests.face_codes import FaceCode
from doodle.strokes.curves import Curve
from doodle.strokes.drawing import Drawing
from doodle.strokes.edge_map import EdgeMap


class Waiting(NamedTuple):
    """How many requests are before this one; comes while it waits for its turn."""

    before: int


class Taken(NamedTuple):
    """What AUTO was taken for, and whether that is more than a faint guess."""

    word: str
    sure: bool


class Ink(NamedTuple):
    """New points: (candidate, whether a stroke starts, x, y), in the drawing's coordinates."""

    points: list[tuple[int, bool, float, float]]


@dataclass(frozen=True, eq=False)
class Ending:
    """What one candidate added.

    Attributes:
        strokes: each (P, 2) float32 in the drawing's coordinates, only what is new; of whole
            drawings in a square of 256.
        score: the recogniser's chance of the word for the finished drawing, 0 to 1; None where
            there is no recogniser.
        candidate: its number; the same number with the same seed is the same drawing.
        traced: from a picture, its strokes in no hand's order; else drawn point by point.
    """

    strokes: tuple[np.ndarray, ...]
    score: float | None
    candidate: int
    traced: bool = False


class Endings(NamedTuple):
    """What stays, best first.

    Attributes:
        before: of selective endings, the chance of the word for the drawing as it was.
        finished: of selective endings, whether that looked finished.
    """

    endings: list[Ending]
    before: float | None = None
    finished: bool = False


class Morphed(NamedTuple):
    """Drawings on the way, 256 x 256 each."""

    drawings: list[Drawing]


class Guesses(NamedTuple):
    """What a drawing was taken for.

    Attributes:
        guesses: (word, chance) pairs, likeliest first.
        unknown: nothing is likely enough to be said with a straight face.
    """

    guesses: list[tuple[str, float]]
    unknown: bool


class Recognised(NamedTuple):
    """The guesses for each drawing, in order."""

    answers: list[Guesses]


class Explained(NamedTuple):
    """How much each stroke speaks for a word, nats: above 0 for it, below 0 against it."""

    word: str
    weights: list[float]


@dataclass(frozen=True)
class Reading:
    """How a text was understood.

    Attributes:
        text: as asked, in single spaces.
        encoder: "open_clip" or "words".
        name: what was understood.
        kind: "exact", "alias", "placed", "composed" or "nearest".
        sure: 0 to 1, how well its vector stands for the text.
        notice: a sentence for the visitor; empty when there is nothing to say.
        parts: (word, how it is known) for each word that was used.
        seen: whether the networks learned from drawings of what it is about.
        near: the categories nearest to an unseen subject, the nearest first; of a seen one its own.
        caveat: a sentence on what will not be drawn as asked; empty if there is nothing.
    """

    text: str
    encoder: str
    name: str
    kind: str
    sure: float
    notice: str
    parts: tuple[tuple[str, str], ...]
    seen: bool = True
    near: tuple[str, ...] = ()
    caveat: str = ""

    @property
    def said(self) -> str:
        """All that a visitor should know before it is drawn; may be empty."""
        return " ".join(filter(None, [self.notice, self.caveat]))


@dataclass(frozen=True, eq=False)
class Doodle:
    """One picture of a text.

    Attributes:
        picture: (size, size) uint8, the generator's own: black ink 0 on white 255.
        curves: the traced strokes in the 256 x 256 space of `drawing`; empty when not traced.
        drawing: the same as dense polylines.
        score: the recogniser's chance of the word, 0 to 1.
        drawn_like: the discriminator's chance that a person drew the word so, 0 to 1.
        candidate: with the seed of the request, draws it again.
        noise: (z_size,) float32 that it came from; `Like` takes it up.
        share: on a walk, of the second text's in it, 0 to 1.
        traced: the generator's; else SketchRNN drew it, in a hand's order: without noise, curves
            and an opinion of the discriminator.
        seen: of a mix, the recogniser's chances of either text, 0 to 1; its score is how well both
            are seen: the smaller one, by its share.
    """

    picture: np.ndarray
    curves: tuple[Curve, ...]
    drawing: Drawing
    score: float
    drawn_like: float
    candidate: int
    noise: np.ndarray
    share: float
    traced: bool = True
    seen: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Doodles:
    """Doodles of a text, or of what lies between two; best first where they were ranked."""

    reading: Reading
    doodles: list[Doodle]
    second: Reading | None = None


class Walked(NamedTuple):
    """Doodles on the way from one text to another."""

    doodles: list[Doodle]


@dataclass(frozen=True, eq=False)
class EdgesFound:
    """An edge map with the animals of its regions: the input of the chimera's generator.

    Attributes:
        edges: (S, S) uint8, 255 on 0.
        edge_map: the same with where it lies on what came in.
        classes: (S, S) uint8, 0 unknown, k the network's k-th species.
        kind: "strokes", "drawing", "photograph" or "edges": what it was taken for.
        species: the network's, in order.
        gap: where the outline must be closed to enclose a body, x and y in the units of what came
            in; None where nothing is to be closed.
    """

    edges: np.ndarray
    edge_map: EdgeMap
    classes: np.ndarray
    kind: str
    species: tuple[str, ...]
    gap: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures (n, S, S, 3) uint8 RGB, and what they were made of."""

    pictures: np.ndarray
    found: EdgesFound


class Picture(NamedTuple):
    """One picture, (H, W, 3) uint8 RGB."""

    pixels: np.ndarray


class FacesMade(NamedTuple):
    """Faces of nobody, (n, S, S, 3) uint8 RGB."""

    pictures: np.ndarray


class FaceEdited(NamedTuple):
    """A photograph with a changed face; pictures uint8 RGB.

    Attributes:
        picture: (H, W, 3), the photograph at its own size.
        aligned: (S, S, 3), the face's square as it was; inverted: as the generator draws it;
            changed: with the edits.
        points: (5, 2), eyes, nose and corners of the mouth in pixels of the photograph; none of a
            picture that was aligned already.
        faces: how many were found.
        notices: what is to know of how the texts were read.
    """

    picture: np.ndarray
    aligned: np.ndarray
    inverted: np.ndarray
    changed: np.ndarray
    points: np.ndarray | None
    faces: int
    notices: tuple[str, ...]


class FacesSeen(NamedTuple):
    """Faces of a photograph: points (N, 5, 2) in its pixels, the surest first."""

    points: np.ndarray


class FaceRefined(NamedTuple):
    """A code on its way: `step` of `steps`; what the generator draws now, (S, S, 3) uint8."""

    step: int
    steps: int
    drawn: np.ndarray


class FaceReady(NamedTuple):
    """A face that can be changed.

    Attributes:
        code: it; goes back with each question.
        points: (5, 2), eyes, nose and corners of the mouth in pixels of the photograph; None where
            none were looked for.
        corners: (4, 2) of its square in the photograph, clockwise from the upper left; None of a
            face of nobody.
        frame: the same as x and y of its middle, side in pixels and degrees clockwise.
    """

    code: FaceCode
    points: np.ndarray | None = None
    corners: np.ndarray | None = None
    frame: tuple[float, float, float, float] | None = None


class FaceChanged(NamedTuple):
    """A changed face; pictures uint8 RGB.

    Attributes:
        square: (S, S, 3).
        patch: (h, w, 3), the part of the photograph that was asked about; None without one.
        readings: (text, notice, nearest phrase that was learned) of each edit that there is
            something to say of; the phrase may be empty.
    """

    square: np.ndarray
    patch: np.ndarray | None
    readings: tuple[tuple[str, str, str], ...]


class Outlined(NamedTuple):
    """Strokes in the units of what came in."""

    drawing: Drawing


class ModelStatus(NamedTuple):
    """Where the models run.

    Attributes:
        where: "CPU" or "GPU".
        story: device and reason, memory, what is ready, in one line.
    """

    where: str
    story: str
