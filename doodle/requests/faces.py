"""What can be asked of the networks of faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from doodle.requests.checks import MOST_SEED, keep, number, whole

MOST_FACES = 64
MAX_PSI = 1.2
MOST_EDITS = 8
MAX_STRENGTH = 3.0
MOST_STEPS = 300
MAX_EDIT_TEXT = 200  # characters


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces of nobody.

    Attributes:
        n: faces, 1 to 64.
        seed: 0 to 2^63 - 1; the k-th face of a seed is the same however many are asked for.
        psi: truncation, 0 (all the average face) to 1.2 (odd).

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    n: int = 16
    seed: int = 0
    psi: float = 0.7

    def __post_init__(self) -> None:
        keep(
            self,
            n=whole(self.n, 1, MOST_FACES, "How many"),
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
            psi=number(self.psi, 0, MAX_PSI, "The truncation"),
        )


@dataclass(frozen=True, eq=False)
class EditFace:
    """A photograph in which a face is changed by words.

    Attributes:
        picture: (H, W, 3) uint8 RGB.
        edits: texts such as "smiling", each with its strength, -3 to 3; 1 to 8 of them, made one
            after the other.
        neutral: what the face is thought to be now.
        face: which one where there are several, 0 being the surest.
        refine: steps in which the code of the face is improved before it is changed, 0 to 300.
        aligned: the picture is an aligned square already; no face is looked for.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    picture: np.ndarray
    edits: Sequence[tuple[str, float]]
    neutral: str = "face"
    face: int = 0
    refine: int = 0
    aligned: bool = False

    def __post_init__(self) -> None:
        keep(
            self,
            picture=picture_of(self.picture),
            edits=edits_of(self.edits),
            neutral=face_text(self.neutral),
            face=whole(self.face, 0, 1000, "Which face"),
            refine=whole(self.refine, 0, MOST_STEPS, "The steps"),
            aligned=bool(self.aligned),
        )


def picture_of(picture: Any) -> np.ndarray:
    """A picture as it is, (H, W, 3) uint8 RGB.

    Raises:
        ValueError: it is none.
    """
    shape: tuple[int, ...] = getattr(picture, "shape", ())
    is_one = isinstance(picture, np.ndarray) and len(shape) == 3 and shape[2] == 3
    if not is_one or picture.dtype != np.uint8 or not picture.size:
        raise ValueError("The picture must be (height, width, 3) uint8 RGB.")
    kept: np.ndarray = picture
    return kept


def edits_of(edits: Any, least: int = 1) -> tuple[tuple[str, float], ...]:
    """Texts with their strengths, at least `least` and at most MOST_EDITS of them.

    Raises:
        ValueError: they are none.
    """
    if isinstance(edits, str) or not isinstance(edits, Sequence):
        raise ValueError("The edits are a list of texts, each with its strength.")
    if not least <= len(edits) <= MOST_EDITS:
        raise ValueError(f"There are {least} to {MOST_EDITS} edits, not {len(edits)}.")
    try:
        pairs = [(text, strength) for text, strength in edits]
    except (TypeError, ValueError):
        raise ValueError("The edits are a list of texts, each with its strength.") from None
    return tuple(
        (face_text(text), number(strength, -MAX_STRENGTH, MAX_STRENGTH, "The strength"))
        for text, strength in pairs
    )


def face_text(text: Any) -> str:
    """A text about a face, in single spaces.

    Raises:
        ValueError: it is none, empty or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("Say what the face shall be: type a word, such as smiling.")
    if len(text) > MAX_EDIT_TEXT:
        raise ValueError(f"That is {len(text):,} characters; a word or a short phrase is enough.")
    return " ".join(text.split())
