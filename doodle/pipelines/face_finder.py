"""Find faces and their landmarks in a photograph of any size.

The network sees a pyramid of the photograph, each level half as large as the one before, because
it knows squares of 18 to 150 px only; what levels find is joined.  Then it looks at each face once
more, upright and at a comfortable size, and mirrored: that makes landmarks of turned faces as good
as those of upright ones, and drops what only looked like a face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import torch
from torch import Tensor

from doodle.device import product_dtype
from doodle.models.face_finder import MULTIPLE, FaceFinder, Found
from doodle.pipelines.face_frame import Frame, crop, frame_of
from doodle.pipelines.steps import Call, Task, returned

LEAST_SIDE = 24  # pixels: aligned squares that a level finds
SEEN = (16.0, 160.0)  # sides in a level that are believed
COARSEST = 96  # longer side of the smallest level
SHARE = 80  # unless it is told, the smallest face is the longer side over this
TILE, OVERLAP = 1024, 192  # larger levels are read in parts
SAME = 0.4  # intersection over union from which two finds are one face
AGAIN, AGAIN_SIDE = 160, 96.0  # pixels of the second look, and of the square in it
LEAST, FIRST_LEAST = 0.5, 0.3  # scores of a face, and of one that is worth a second look
MOST = 64  # faces of a photograph
MIRRORED = [1, 0, 2, 4, 3]
TURNED_SIDE = 1024  # pixels of the longer side in which faces lying on a side are looked for
_AT_ONCE = 4  # faces a second look, each twice


@dataclass(frozen=True)
class Face:
    """A face in a photograph, in pixels; 0.5 is the middle of the first.

    Attributes:
        points: (5, 2) float32: left eye, right eye, nose, left and right corner of the mouth, as
            seen in an upright face.
        score: in [0, 1].
    """

    points: np.ndarray
    score: float

    @property
    def frame(self) -> Frame:
        """The aligned square."""
        return frame_of(self.points)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom around the oval from forehead to chin."""
        return box_of(self.frame)


def box_of(frame: Frame) -> tuple[float, float, float, float]:
    """The upright box of a face's oval: 56 % as wide and 70 % as high as its square."""
    turn = np.deg2rad(frame.angle)
    across, down = 0.28 * frame.side, 0.35 * frame.side
    x, y = frame.outside(np.array([0.5, 0.57]))
    wide = float(np.hypot(across * np.cos(turn), down * np.sin(turn)))
    high = float(np.hypot(across * np.sin(turn), down * np.cos(turn)))
    return float(x) - wide, float(y) - high, float(x) + wide, float(y) + high


def pyramid(picture: np.ndarray, smallest: float) -> list[np.ndarray]:
    """Levels of a photograph, the finest first, each about half as large as the one before.

    Args:
        picture: (H, W, 3) uint8.
        smallest: side of the smallest square that is to be found, pixels.
    """
    scale = max(1.0, smallest / LEAST_SIDE)
    levels: list[np.ndarray] = []
    seen = picture
    while True:
        size = tuple(max(1, round(side / scale)) for side in picture.shape[1::-1])
        if size != seen.shape[1::-1]:
            seen = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
        levels.append(seen)
        if max(size) <= COARSEST:
            return levels
        scale *= 2


def distinct(faces: Sequence[Face], same: float = SAME) -> list[Face]:
    """The surest of each group of finds that cover one another, the surest first."""
    kept: list[Face] = []
    boxes: list[np.ndarray] = []
    for face in sorted(faces, key=lambda face: -face.score):
        box = np.array(face.box)
        if not boxes or _overlap(box, np.array(boxes)).max() < same:
            kept.append(face)
            boxes.append(box)
    return kept


def _overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection of (4,) with (N, 4) over union, or over the smaller where it lies inside."""
    start, end = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = (end - start).clip(min=0).prod(axis=1)
    own, areas = (box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1)
    inside = common / np.minimum(own, areas)
    return np.maximum(common / (own + areas - common), np.where(inside > 0.8, inside, 0))


class FaceFinding:
    """Finds faces.

    Args:
        network: in eval mode; it is made ready for inference.
        again: whether each face is looked at twice.
    """

    def __init__(self, network: FaceFinder, *, again: bool = True) -> None:
        device = next(network.parameters()).device
        self.network = network.fuse(product_dtype(device)).to(memory_format=torch.channels_last)
        self.device, self.again = device, again

    def find(
        self, picture: np.ndarray, *, smallest: float | None = None, least: float = LEAST
    ) -> list[Face]:
        """The faces of a photograph, the surest first.

        Args:
            picture: (H, W, 3) uint8 RGB.
            smallest: side of the smallest aligned square that is looked for, pixels.  None: an
                80th of the photograph's longer side, and 24 px where no face is as large.
            least: score of a face.

        Raises:
            ValueError: it is no such picture.
        """
        return returned(self.searching(picture, smallest=smallest, least=least))

    def searching(
        self, picture: np.ndarray, *, smallest: float | None = None, least: float = LEAST
    ) -> Task:
        """As `find`, in steps.  Part of a task; returns the faces."""
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise ValueError("a photograph is (H, W, 3) uint8")
        usual = max(float(LEAST_SIDE), max(picture.shape[:2]) / SHARE)
        found = yield from self._searching(picture, usual if smallest is None else smallest, least)
        if not found and smallest is None and usual > LEAST_SIDE:
            found = yield from self._searching(picture, LEAST_SIDE, least)
        return found

    def any_way_up(self, picture: np.ndarray) -> Task:
        """As `searching`; where there is no face, in the picture on its sides and upside down too.

        Part of a task; returns the faces, their points in pixels of the picture as it is.
        """
        found = yield from self.searching(picture)
        if found:
            return found
        height, width = picture.shape[:2]
        scale = min(1.0, TURNED_SIDE / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        for quarters in (1, 3, 2):
            found = yield from self.searching(np.ascontiguousarray(np.rot90(small, quarters)))
            if found:
                ratio = np.array((width, height)) / size
                upright = [(_unturned(face.points, quarters, size), face.score) for face in found]
                return [Face((p * ratio).astype(np.float32), score) for p, score in upright]
        return []

    def _searching(self, picture: np.ndarray, smallest: float, least: float) -> Task:
        faces = []
        for level in (yield Call(partial(pyramid, picture, max(1.0, smallest)))):
            ratio = np.array(picture.shape[1::-1]) / level.shape[1::-1]
            for part in (
                (rows, row) for rows in parts(len(level)) for row in parts(level.shape[1])
            ):
                look = partial(self._in_part, level, *part, FIRST_LEAST if self.again else least)
                for points, score in (yield Call(look)):
                    faces.append(Face((points * ratio).astype(np.float32), score))
        faces = distinct(faces)[:MOST]
        if self.again:
            seen = []
            for start in range(0, len(faces), _AT_ONCE):
                some = faces[start : start + _AT_ONCE]
                seen += yield Call(partial(self._second_look, picture, some))
            faces = distinct(seen)
        return [face for face in faces if face.score >= least]

    def _in_part(
        self, level: np.ndarray, rows: tuple[int, int], columns: tuple[int, int], least: float
    ) -> list[tuple[np.ndarray, float]]:
        """Points (5, 2) in pixels of the level, and scores."""
        (top, bottom), (left, right) = rows, columns
        height, width = level.shape[:2]
        one = self._read([level[top:bottom, left:right]], least)[0]
        points = one.points.cpu().numpy() + np.array([left, top], np.float32)
        sides, scores = one.sides.cpu().numpy(), one.scores.cpu().numpy()
        x, y = points.mean(axis=1).T
        # near a cut the other part knows better
        kept = (SEEN[0] <= sides) & (sides <= SEEN[1])
        for place, start, end, most in ((x, left, right, width), (y, top, bottom, height)):
            kept &= (start == 0) | (place >= start + OVERLAP / 2)
            kept &= (end == most) | (place < end - OVERLAP / 2)
        found = [(points[k], float(scores[k])) for k in np.flatnonzero(kept)]
        return [(p, s) for p, s in found if _is_a_face(p)]

    def _read(self, pictures: Sequence[np.ndarray], least: float) -> list[Found]:
        """Pictures of one size, (H, W, 3) uint8 each."""
        height, width = pictures[0].shape[:2]
        padded = (-(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE)
        batch = np.full((len(pictures), *padded, 3), 127, np.uint8)
        for k, picture in enumerate(pictures):
            batch[k, :height, :width] = picture
        given = torch.from_numpy(batch).to(self.device).permute(0, 3, 1, 2)  # channels last
        return self.network.find(given.float() / 127.5 - 1, least=least)

    def _second_look(self, picture: np.ndarray, faces: Sequence[Face]) -> list[Face]:
        """The faces that are faces upright too, their landmarks from there."""
        seen = []
        frames = [_comfortable(face.frame) for face in faces]
        squares = [crop(picture, frame, AGAIN) for frame in frames]
        mirrored = [np.ascontiguousarray(square[:, ::-1]) for square in squares]
        answers = self._read([*squares, *mirrored], FIRST_LEAST)
        for k, (face, frame) in enumerate(zip(faces, frames, strict=True)):
            expected = frame.inside(face.points)
            one = _nearest(answers[k], expected)
            other = _nearest(answers[k + len(faces)], expected[MIRRORED] * (-1, 1) + (1, 0))
            if one is None or other is None:
                continue
            points = (one[0] + other[0][MIRRORED] * (-1, 1) + (1, 0)) / 2
            score = (face.score * one[1] * other[1]) ** (1 / 3)
            seen.append(Face(frame.outside(points).astype(np.float32), float(score)))
        return [face for face in seen if _is_a_face(face.points)]


def parts(length: int) -> list[tuple[int, int]]:
    """Start and end of the parts in which a side is read, overlapping."""
    if length <= TILE:
        return [(0, length)]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    starts = [round(k * (length - TILE) / (count - 1)) for k in range(count)]
    return [(start, start + TILE) for start in starts]


def _unturned(points: np.ndarray, quarters: int, size: tuple[int, int]) -> np.ndarray:
    """Points of a picture that was turned left by quarters, in the picture (width, height)."""
    x, y = points.T
    width, height = size
    return np.column_stack(
        {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[quarters]
    )


def _comfortable(frame: Frame) -> Frame:
    """A wider frame, in which the face's square has a side that the network knows best."""
    return frame.wider(AGAIN / AGAIN_SIDE)


def _nearest(found: Found, expected: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Of what a second look finds, points (5, 2) in [0, 1] and score of what was expected."""
    points: Tensor = found.points.cpu()
    if not len(points):
        return None
    places = points.numpy() / AGAIN
    apart = np.linalg.norm(places - expected, axis=2).mean(axis=1)
    k = int(apart.argmin())
    if apart[k] > np.linalg.norm(expected[1] - expected[0]):
        return None
    return places[k], float(found.scores[k])


def _is_a_face(points: np.ndarray) -> bool:
    """Do the points span a square that is not upside down beside its own nose?"""
    try:
        frame = frame_of(points)
    except ValueError:
        return False
    nose = frame.inside(points[2])
    return bool(np.abs(nose - (0.5, 0.6)).max() < 0.4)
