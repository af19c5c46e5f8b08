"""Scenes to train and measure the finder of faces with: aligned faces pasted into other pictures.

What is pasted must not give itself away by its border: the same masks (ovals with wavy outlines,
squares, soft or hard) also paste pieces of other pictures, which are no faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from doodle.data.edges import pictures as picture_files
from doodle.data.faces import Faces
from doodle.data.scene_lighting import shaded, tinted
from doodle.data.sketches import load_sketches
from doodle.data.splits import split_of
from doodle.images import read_picture
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import rasterize

MIRRORED = [1, 0, 2, 4, 3]  # left becomes right
LONGEST = 320  # backgrounds are kept so large
MASKS = 384
MASK_SIDE = 64


@dataclass
class Scene:
    """A picture and the faces that were pasted into it.

    Attributes:
        picture: (H, W, 3) uint8 RGB.
        points: (5, 2) of each face: eyes, nose, corners of the mouth, left before right as seen;
            pixels, 0.5 being the middle of the first.
        sides: of the aligned squares, pixels.
        angles: degrees, clockwise as seen.
    """

    picture: np.ndarray
    points: list[np.ndarray] = field(default_factory=list)
    sides: list[float] = field(default_factory=list)
    angles: list[float] = field(default_factory=list)

    def room(self, middle: np.ndarray, side: float) -> bool:
        """Does a square there leave the middles of the others uncovered?"""
        apart = [
            np.linalg.norm(p.mean(axis=0) - middle) > 0.42 * (side + s)
            for p, s in zip(self.points, self.sides, strict=True)
        ]
        return all(apart)


@dataclass(frozen=True)
class Sources:
    """What scenes are made of, all of one side of the split.

    Attributes:
        faces: (N, S, S, 3) uint8.
        points: (N, 5, 2) in [0, 1] of the square.
        backgrounds: (H, W, 3) uint8 each, without faces.
        drawings: polylines of each, in about [0, 255].
    """

    faces: np.ndarray
    points: np.ndarray
    backgrounds: Sequence[np.ndarray]
    drawings: Sequence[Sequence[np.ndarray]]


def landmarks(faces: Faces) -> np.ndarray:
    """The column p5 of a folder of faces, (N, 5, 2) in [0, 1].

    Raises:
        ValueError: it is missing or of other length.
    """
    try:
        values = [[float(v) for v in row["p5"].split()] for row in faces.rows]
        return np.array(values, np.float32).reshape(-1, 5, 2)
    except (KeyError, ValueError) as error:
        raise ValueError("the index of faces needs a column p5 of ten numbers in [0, 1]") from error


def load_backgrounds(folder: Path, longest: int) -> tuple[list[np.ndarray], np.ndarray]:
    """All pictures below a folder, reduced, and the split of each by SHA-1 of its file.

    Raises:
        FileNotFoundError: there is none.
    """
    files = list(picture_files(folder))
    if not files:
        raise FileNotFoundError(f"{folder} holds no pictures")
    read = [read_picture(f, longest=longest) for f in tqdm(files, unit="picture", disable=None)]
    return read, np.array([split_of(f.read_bytes()) for f in files])


def load_drawings(folder: Path, each: int = 60) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Some drawings of each category of a Quick, Draw! folder, and their splits."""
    data = load_sketches(folder, points=(8, 200))
    kept: list[int] = []
    for number in range(len(data.names)):
        own = np.flatnonzero(data.category == number)
        for part in (own[data.split[own] == 0][:each], own[data.split[own] > 0][: each // 6]):
            kept += part.tolist()
    return [from_stroke3(data.drawing(k)) for k in kept], data.split[kept]


def load_sources(
    faces: Faces, backgrounds: Path, drawings: Path | None, *, longest: int = LONGEST
) -> tuple[Sources, Sources]:
    """What to train with, and what is held out.

    Args:
        backgrounds: folder of pictures without faces.
        drawings: a Quick, Draw! folder; None: no drawings.
        longest: side in pixels to which backgrounds are reduced.

    Raises:
        FileNotFoundError: a folder has nothing of what it should.
        ValueError: too few files to hold any out.
    """
    points = landmarks(faces)
    photos, split = load_backgrounds(backgrounds, longest)
    lines, sides = load_drawings(drawings) if drawings else ([], np.zeros(0, int))
    parts = []
    for name, wanted in (("train", [0]), ("val", [1, 2])):
        own = faces.of(name)
        chosen = [photo for photo, side in zip(photos, split, strict=True) if side in wanted]
        if not chosen:
            raise ValueError(f"{backgrounds} holds too few pictures to keep some for validation")
        drawn = [one for one, side in zip(lines, sides, strict=True) if side in wanted]
        parts.append(Sources(faces.pictures[own], points[own], chosen, drawn))
    return parts[0], parts[1]


# -- masks -----------------------------------------------------------------------------------------


def oval_mask(rng: np.random.Generator) -> np.ndarray:
    """A soft oval with a wavy outline, of the face with or without its hair. float32 in [0, 1]"""
    rows, columns = (np.mgrid[:MASK_SIDE, :MASK_SIDE] + 0.5) / MASK_SIDE
    middle = 0.5 + rng.normal(0, 0.02), rng.uniform(0.5, 0.58)
    wide, high = rng.uniform(0.25, 0.46), rng.uniform(0.34, 0.5)
    x, y = (columns - middle[0]) / wide, (rows - middle[1]) / high
    around = np.arctan2(y, x)
    outline = np.ones_like(x)
    for k in range(2, 7):
        outline += rng.normal(0, 0.12) / k * np.cos(k * around + rng.uniform(0, 2 * np.pi))
    soft = rng.uniform(0.03, 0.35)
    return np.clip((outline - np.hypot(x, y)) / soft + 0.5, 0, 1).astype(np.float32)


def square_mask(rng: np.random.Generator) -> np.ndarray:
    """The whole square, its rim soft by a random share; a sixth of them hard."""
    rows, columns = (np.mgrid[:MASK_SIDE, :MASK_SIDE] + 0.5) / MASK_SIDE
    rim = np.minimum.reduce([rows, columns, 1 - rows, 1 - columns])
    soft = 1e-3 if rng.random() < 1 / 6 else rng.uniform(0.03, 0.25)
    return np.clip(rim / soft, 0, 1).astype(np.float32)


# -- scenes ----------------------------------------------------------------------------------------


class SceneMaker:
    """Makes scenes; what it draws depends on the generator that is passed alone."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        rng = np.random.default_rng(0)
        kinds = (oval_mask, oval_mask, square_mask)
        self.masks = [kinds[k % 3](rng) for k in range(MASKS)]

    def background(self, rng: np.random.Generator, width: int, height: int) -> np.ndarray:
        """A piece of a picture, now and then a texture, (height, width, 3) uint8."""
        if rng.random() < 0.12:
            return texture(rng, width, height)
        photo = self.sources.backgrounds[int(rng.integers(len(self.sources.backgrounds)))]
        most = min(photo.shape[1] / width, photo.shape[0] / height)
        scale = most * rng.uniform(0.3, 1.0) ** 0.5  # pixels of the photograph a pixel
        size = max(2, int(width * scale)), max(2, int(height * scale))
        x = rng.integers(photo.shape[1] - size[0] + 1)
        y = rng.integers(photo.shape[0] - size[1] + 1)
        piece = photo[y : y + size[1], x : x + size[0]]
        if rng.random() < 0.5:
            piece = piece[:, ::-1]
        how = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
        return cv2.resize(np.ascontiguousarray(piece), (width, height), interpolation=how)

    def add_face(
        self,
        scene: Scene,
        rng: np.random.Generator,
        middle: np.ndarray,
        side: float,
        angle: float,
        *,
        face: int | None = None,
        fill: bool = False,
    ) -> None:
        """Paste a face.

        Args:
            middle: (2,) of its square, pixels.
            side: of its square, pixels.
            angle: degrees, clockwise as seen.
            face: number of it; None: any.
            fill: without a mask, what lies outside of its square filled with its rim.
        """
        number = int(rng.integers(len(self.sources.faces))) if face is None else face
        square, points = self.sources.faces[number], self.sources.points[number]
        if rng.random() < 0.5:
            square, points = square[:, ::-1], points[MIRRORED] * (-1, 1) + (1, 0)
        square = tinted(np.ascontiguousarray(square), rng)
        if rng.random() < 0.4:
            square = shaded(square, rng)
        if rng.random() < 0.15:
            self._cover(square, rng)
        stretch = np.exp(rng.normal(0, 0.03))
        matrix = placing(middle, side, angle, stretch)
        if fill:
            warp(scene.picture, square, matrix, None)
        else:
            warp(scene.picture, square, matrix, self.masks[int(rng.integers(MASKS))])
        scene.points.append((points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32))
        scene.sides.append(float(side))
        scene.angles.append(float(angle))

    def add_piece(self, scene: Scene, rng: np.random.Generator, side: float) -> None:
        """Paste a piece of a background with the masks that faces have."""
        height, width = scene.picture.shape[:2]
        middle = rng.uniform(0, 1, 2) * (width, height)
        if not scene.room(middle, side):
            return
        piece = tinted(self.background(rng, 96, 96), rng)
        matrix = placing(middle, side, rng.uniform(-45, 45), 1.0)
        warp(scene.picture, piece, matrix, self.masks[int(rng.integers(MASKS))])

    def add_drawing(self, scene: Scene, rng: np.random.Generator) -> None:
        """Draw a line drawing over all of it."""
        height, width = scene.picture.shape[:2]
        lines = self.sources.drawings[int(rng.integers(len(self.sources.drawings)))]
        side = rng.uniform(0.3, 1.0) * min(width, height)
        offset = rng.uniform(0, 1, 2) * (width - side, height - side)
        thick = rng.uniform(1, max(2, side / 24))
        ink = rasterize(
            lines,
            (height, width),
            line_width=thick,
            scale=side / 255,
            offset=(offset[0], offset[1]),
            supersample=2,
        )
        share = ink[..., None].astype(np.float32) / 255
        colour = rng.integers(0, 256, 3) if rng.random() < 0.5 else np.zeros(3)
        scene.picture[:] = scene.picture * (1 - share) + colour * share

    def _cover(self, square: np.ndarray, rng: np.random.Generator) -> None:
        """Cover a part of a face by a piece of a background, as hands and cups do."""
        side = len(square) * rng.uniform(0.15, 0.32)
        middle = (0.5 + rng.uniform(-0.35, 0.35, 2)) * len(square)
        piece = self.background(rng, 32, 32)
        matrix = placing(middle, side, rng.uniform(-90, 90), rng.uniform(0.6, 1.6))
        warp(square, piece, matrix, self.masks[int(rng.integers(MASKS))])


def placing(middle: np.ndarray, side: float, angle: float, stretch: float) -> np.ndarray:
    """(2, 3): a square of side 1 to pixels, turned clockwise as seen, wider by ``stretch``."""
    turn = np.deg2rad(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = side * np.array([[cos, -sin], [sin, cos]]) @ np.diag([stretch**0.5, stretch**-0.5])
    return np.column_stack([matrix, np.asarray(middle) - matrix @ (0.5, 0.5)])


def warp(
    picture: np.ndarray, square: np.ndarray, matrix: np.ndarray, mask: np.ndarray | None
) -> None:
    """Paste a square in place.

    Args:
        picture: (H, W, 3) uint8.
        square: (S, S, 3) uint8.
        matrix: (2, 3) of `placing`.
        mask: (M, M) float32; None: all of the picture, what is outside mirrored.
    """
    height, width = picture.shape[:2]
    side = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if side < 0.75 * len(square):  # averaged first, so that nothing aliases
        small = max(4, round(side))
        square = cv2.resize(square, (small, small), interpolation=cv2.INTER_AREA)
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) @ matrix[:, :2].T + matrix[:, 2]
    left, top = np.floor(np.clip(corners.min(axis=0), 0, (width, height))).astype(int)
    right, bottom = np.ceil(np.clip(corners.max(axis=0), 0, (width, height))).astype(int)
    if mask is None:
        left, top, right, bottom = 0, 0, width, height
    if right <= left or bottom <= top:
        return
    size, place = (int(right - left), int(bottom - top)), np.array([left, top])
    seen = cv2.warpAffine(
        square,
        _of_pixels(matrix, len(square), place),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101 if mask is None else cv2.BORDER_REPLICATE,
    )
    if mask is None:
        picture[:] = seen
        return
    share = cv2.warpAffine(
        mask, _of_pixels(matrix, len(mask), place), size, flags=cv2.INTER_LINEAR, borderValue=0
    )[..., None]
    part = picture[top:bottom, left:right]
    part[:] = part + share * (seen.astype(np.float32) - part)


def _of_pixels(matrix: np.ndarray, count: int, place: np.ndarray) -> np.ndarray:
    """The matrix from numbers of pixels, whose middles OpenCV counts from 0, to such numbers."""
    inner = matrix[:, :2] / count
    return np.column_stack([inner, matrix[:, 2] - place + inner @ (0.5, 0.5) - 0.5])


def texture(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Soft noise of two colours and a finer grain, (height, width, 3) uint8."""
    first, second = rng.integers(0, 256, (2, 3)).astype(np.float32)
    rows, columns = (int(n) for n in rng.integers(2, 24, 2))
    coarse = rng.random((rows, columns)).astype(np.float32)
    share = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    if rng.random() < 0.3:
        share = (np.sin(share * rng.uniform(6, 60)) + 1) / 2
    made = first + np.clip(share, 0, 1) * (second - first)
    made = made + rng.normal(0, rng.uniform(0, 12), (height, width, 1))
    return np.clip(made, 0, 255).astype(np.uint8)
