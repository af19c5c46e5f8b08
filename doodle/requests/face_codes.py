"""What can be asked of one face: to be kept as a code, and then to be changed live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from doodle.requests.checks import MOST_SEED, keep, number, whole
from doodle.requests.faces import MAX_PSI, MOST_FACES, MOST_STEPS, edits_of, face_text, picture_of

MOST_STRENGTHS = 32
_LARGEST = 2048  # pixels a side that a generator may have
_MOST_CODES = 1_000_000  # numbers of a code


@dataclass(frozen=True, eq=False)
class FaceCode:
    """A face as its visitor keeps it: it came in an answer, and goes back with each question.

    Attributes:
        codes: (layers, style_size) float32, W+.
        drawn: (S, S, 3) float16 in [-1, 1], what the generator draws of them.
        square: (S, S, 3) uint8, the photograph's; None of a face of nobody.
        kept: (S, S) uint8, 255 where nothing is changed; None of a face of nobody.

    Raises:
        ValueError: they do not fit together.
    """

    codes: np.ndarray
    drawn: np.ndarray
    square: np.ndarray | None = None
    kept: np.ndarray | None = None

    def __post_init__(self) -> None:
        side = len(self.drawn)
        fits = (
            self.codes.ndim == 2
            and self.codes.dtype == np.float32
            and 0 < self.codes.size <= _MOST_CODES
            and bool(np.isfinite(self.codes).all())
            and self.drawn.shape == (side, side, 3)
            and self.drawn.dtype == np.float16
            and 0 < side <= _LARGEST
            and (self.square is None) == (self.kept is None)
        )
        if self.square is not None and self.kept is not None:
            shapes = (self.square.shape, self.kept.shape)
            fits &= shapes == ((side, side, 3), (side, side))
            fits &= self.square.dtype == self.kept.dtype == np.uint8
        if not fits:
            raise ValueError("That is no code of a face.")

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        arrays = (self.codes, self.drawn, self.square, self.kept)
        return sum(one.nbytes for one in arrays if one is not None)


@dataclass(frozen=True, eq=False)
class MadeUpFace:
    """One face of nobody, to be changed.

    Attributes:
        seed: 0 to 2^63 - 1.
        number: which of that seed, 0 to 63; the same that `Faces` gives at its place.
        psi: truncation, 0 to 1.2.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    seed: int = 0
    number: int = 0
    psi: float = 0.7

    def __post_init__(self) -> None:
        keep(
            self,
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
            number=whole(self.number, 0, MOST_FACES - 1, "The number of the face"),
            psi=number(self.psi, 0, MAX_PSI, "The truncation"),
        )


@dataclass(frozen=True, eq=False)
class MixFaces:
    """A face of nobody that has the shape of one and the colours and finer parts of another.

    Attributes:
        first, second: the two.
        share: of the layers, those of the first, 0 to 1.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    first: FaceCode
    second: FaceCode
    share: float = 0.5

    def __post_init__(self) -> None:
        _is_code(self.first)
        _is_code(self.second)
        keep(self, share=number(self.share, 0, 1, "The share of the first"))


@dataclass(frozen=True, eq=False)
class InvertFace:
    """A face of a photograph as a code.

    Attributes:
        picture: (H, W, 3) uint8 RGB.
        face: which one where there are several, 0 being the surest.
        points: eyes, nose and corners of the mouth, (x, y) each in pixels, where they are known;
            then no face is looked for.
        refine: steps in which the code is improved, 0 to 300.
        aligned: the picture is an aligned square already; no face is looked for.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    picture: np.ndarray
    face: int = 0
    points: Any = None
    refine: int = 0
    aligned: bool = False

    def __post_init__(self) -> None:
        keep(
            self,
            picture=picture_of(self.picture),
            face=whole(self.face, 0, 1000, "Which face"),
            points=_points(self.points, self.picture),
            refine=whole(self.refine, 0, MOST_STEPS, "The steps"),
            aligned=bool(self.aligned),
        )


@dataclass(frozen=True, eq=False)
class RefineFace:
    """A code that draws its photograph more truly.

    Attributes:
        code: of a face of a photograph.
        steps: 1 to 300.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    code: FaceCode
    steps: int = 100

    def __post_init__(self) -> None:
        _is_code(self.code)
        keep(self, steps=whole(self.steps, 1, MOST_STEPS, "The steps"))


@dataclass(frozen=True, eq=False)
class ChangeFace:
    """A kept face changed by texts, quickly: only the generator runs.

    Attributes:
        code: the face.
        edits: texts such as "smiling", each with its strength, -3 to 3; at most 8 of them.
        neutral: what the face is thought to be now.
        patch: (h, w, 3) uint8, the part of a photograph in which the change is to be seen too.
        frame: of the face in the patch: x and y of the square's middle, side in pixels, degrees.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    code: FaceCode
    edits: Sequence[tuple[str, float]] = ()
    neutral: str = "face"
    patch: np.ndarray | None = None
    frame: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        _is_code(self.code)
        keep(self, edits=edits_of(self.edits, least=0), neutral=face_text(self.neutral))
        if (self.patch is None) != (self.frame is None):
            raise ValueError("A part of a photograph and the place of the face in it go together.")
        if self.frame is not None and self.patch is not None:
            picture_of(self.patch)
            if not _is_frame(self.frame):
                raise ValueError("The place of the face is x, y, its side and its angle.")


@dataclass(frozen=True, eq=False)
class FullFace(ChangeFace):
    """The same for a photograph at its full size, which may take a while; fields as ChangeFace."""


@dataclass(frozen=True, eq=False)
class FaceStrip(ChangeFace):
    """One edit at several strengths; fields as ChangeFace.

    Attributes:
        which: of the edits, the one whose strength changes.
        strengths: -3 to 3 each, 1 to 32 of them.
    """

    which: int = 0
    strengths: Sequence[float] = field(default=(-2.0, -1.0, 0.0, 1.0, 2.0))

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.edits:
            raise ValueError("Say first what the face shall be, such as smiling.")
        if not 1 <= len(self.strengths) <= MOST_STRENGTHS:
            raise ValueError(f"There are 1 to {MOST_STRENGTHS} strengths in a strip.")
        keep(
            self,
            which=whole(self.which, 0, len(self.edits) - 1, "Which edit"),
            strengths=tuple(number(one, -3, 3, "The strength") for one in self.strengths),
        )


def _is_code(code: Any) -> None:
    if not isinstance(code, FaceCode):
        raise ValueError("That is no code of a face.")


def _is_frame(values: Sequence[float]) -> bool:
    return len(values) == 4 and bool(np.isfinite(values).all()) and values[2] > 0


def _points(values: Any, picture: np.ndarray) -> np.ndarray | None:
    """(5, 2) float32; a little outside of the picture is allowed."""
    if values is None:
        return None
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        raise ValueError(
            "A face has five points: eyes, nose and corners of the mouth, [x, y] each."
        )
    longest = max(picture.shape[:2])
    if points.min() < -longest or points.max() > 2 * longest:
        raise ValueError("The points of the face lie far outside of the picture.")
    if np.linalg.norm(points[0] - points[1]) < 1 or np.ptp(points, axis=0).max() < 4:
        raise ValueError("The points of the face lie in one place: drag them apart.")
    return points.astype(np.float32)
