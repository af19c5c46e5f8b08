"""A photograph with a face changed by words: found, cut out, changed, put back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from doodle.errors import BadDrawing
from doodle.pipelines.face_blend import as_pictures
from doodle.pipelines.face_edit import NEUTRAL, FaceEditor
from doodle.pipelines.face_finder import Face, FaceFinding
from doodle.pipelines.face_frame import Frame, add, crop
from doodle.pipelines.steps import Call, Task

NO_FACE = (
    "I see no face in this picture. Take one in which a face is seen from the front and is at "
    "least 30 pixels wide."
)


def check_found(found: Sequence[Face], number: int) -> None:
    """Whether there is a face of this number.

    Raises:
        BadDrawing: there is none; says how many there are.
    """
    if not found:
        raise BadDrawing(NO_FACE)
    if number >= len(found):
        counted = "one face" if len(found) == 1 else f"{len(found)} faces"
        raise BadDrawing(f"I see {counted} in this picture, so there is no number {number}.")


def whole_frame(picture: np.ndarray) -> Frame:
    """The square of a picture that is one.

    Raises:
        BadDrawing: it is none.
    """
    height, width = picture.shape[:2]
    if height != width:
        raise BadDrawing(f"An aligned face is a square, not {width} x {height} pixels.")
    return Frame((width / 2, height / 2), float(width), 0.0)


class Retouched(NamedTuple):
    """The fields of `FaceEdited` of the services, in their order."""

    picture: np.ndarray
    aligned: np.ndarray
    inverted: np.ndarray
    changed: np.ndarray
    points: np.ndarray | None
    faces: int
    notices: tuple[str, ...]


class Retoucher:
    """Changes one face of a photograph.

    Args:
        editor: with encoder, scorer, directions and texts.
        finding: finds faces.
    """

    def __init__(self, editor: FaceEditor, finding: FaceFinding) -> None:
        self.editor = editor
        self.finding = finding

    def edited(
        self,
        picture: np.ndarray,
        edits: Sequence[tuple[str, float]],
        neutral: str = NEUTRAL,
        *,
        face: int = 0,
        refine: int = 0,
        aligned: bool = False,
    ) -> Task:
        """The photograph with its face changed; a task.  Event: Retouched.

        Args:
            picture: (H, W, 3) uint8.
            edits: texts with their strengths, in order.
            neutral: what the face is thought to be now.
            face: which of those found, the surest first.
            refine: steps in which the latent is improved.
            aligned: the picture is the square itself.

        Raises:
            BadDrawing: there is no face, or none of that number; or the picture is no square.
            UnknownWord: a text is no English.
        """
        editor, side = self.editor, self.editor.size
        directions = [(editor.direction(text, neutral), strength) for text, strength in edits]
        points, faces = None, 1
        if aligned:
            frame = whole_frame(picture)
        else:
            found = yield from self.finding.any_way_up(picture)
            check_found(found, face)
            points, faces, frame = found[face].points, len(found), found[face].frame
        square = yield Call(partial(crop, picture, frame, side))
        latent = yield Call(partial(editor.invert, square[None]))
        if refine:
            steps = editor.refine(latent, refine)
            for _ in range(refine):
                _, _, latent = yield Call(partial(next, steps))
        made = yield Call(partial(editor.stacked, latent, directions))
        whole = yield Call(partial(add, picture, frame, made.change[0]))
        inverted = as_pictures(latent.drawn)[0]
        notices = tuple(dict.fromkeys(one.notice for one, _ in directions if one.notice))
        yield Retouched(whole, square, inverted, made.pictures[0], points, faces, notices)
