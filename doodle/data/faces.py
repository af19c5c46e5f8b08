"""Folders of aligned faces: `index.csv` with id and split, pictures in folders named by their side.

index.csv       at least the columns id and split (train or val); others are kept as text
128/ID.jpg      the picture at 128 px a side; 256/ and more are read where a size asks for them
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from doodle.errors import BadDrawing
from doodle.images import read_picture

SPLITS = ("train", "val")
NEEDED = {"id", "split"}


@dataclass(frozen=True)
class Faces:
    """Faces in memory, in the order of the index.

    Attributes:
        pictures: (N, S, S, 3) uint8 RGB.
        split: (N,) 0 train, 1 val, as the index fixes it.
        rows: what the index says of each.
    """

    pictures: np.ndarray
    split: np.ndarray
    rows: list[dict[str, str]]

    @property
    def size(self) -> int:
        return self.pictures.shape[1]

    def of(self, split: str) -> np.ndarray:
        """The numbers of a split's faces, (M,)."""
        return np.flatnonzero(self.split == SPLITS.index(split))

    def valid(self, most: int = 0) -> np.ndarray:
        """Validation pictures (M, S, S, 3) uint8, evenly from all of them; 0: all."""
        chosen = self.of("val")
        if most and most < len(chosen):
            chosen = chosen[np.linspace(0, len(chosen) - 1, most).round().astype(int)]
        return self.pictures[chosen]

    def batch(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Training pictures (count, S, S, 3) uint8, all different, each mirrored half the time."""
        pool = self.of("train")
        chosen = rng.choice(pool, count, replace=count > len(pool))
        pictures = self.pictures[chosen]
        mirrored = rng.random(count) < 0.5
        pictures[mirrored] = pictures[mirrored, :, ::-1]
        return pictures


def load_faces(folder: str | Path, size: int) -> Faces:
    """Read a folder of faces at one size.

    Raises:
        FileNotFoundError: there is no index, or no picture of one of its rows.
        ValueError: a column is missing, a split unknown or empty, a picture smaller than ``size``.
        BadDrawing: a picture is damaged.
    """
    folder = Path(folder)
    index = folder / "index.csv"
    if not index.is_file():
        raise FileNotFoundError(f"{folder} is no folder of faces: it has no index.csv")
    with index.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not NEEDED <= rows[0].keys():
        raise ValueError(f"{index} needs the columns {', '.join(sorted(NEEDED))}, and rows")
    unknown = {row["split"] for row in rows} ^ set(SPLITS)
    if unknown:
        raise ValueError(f"{index} needs the splits train and val, and no other: {unknown}")
    sides = sorted(int(f.name) for f in folder.iterdir() if f.is_dir() and f.name.isdigit())
    pictures = np.empty((len(rows), size, size, 3), np.uint8)
    for k, row in enumerate(tqdm(rows, unit="face", disable=None)):
        pictures[k] = _picture(folder, row["id"], sides, size)
    split = np.array([SPLITS.index(row["split"]) for row in rows], np.uint8)
    return Faces(pictures, split, rows)


def _picture(folder: Path, name: str, sides: list[int], size: int) -> np.ndarray:
    """One face, from the smallest folder that is large enough and has it."""
    for side in sides:
        path = folder / str(side) / f"{name}.jpg"
        if side < size or not path.is_file():
            continue
        picture = read_picture(path, longest=side)
        if picture.shape[0] != picture.shape[1] or picture.shape[0] < size:
            raise BadDrawing(f"{path} has to be a square of {size} px or more")
        if picture.shape[0] == size:
            return picture
        return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    if any((folder / str(side) / f"{name}.jpg").is_file() for side in sides):
        raise ValueError(
            f"{folder} has face {name} smaller than {size} px only: use a smaller size"
        )
    raise FileNotFoundError(f"{folder} has no picture of face {name} ({sides or 'no folders'})")
