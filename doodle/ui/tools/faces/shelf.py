"""The faces that visitors have on the page: in memory alone, few, and gone when they leave."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from doodle.requests import FaceCode

MOST_VISITORS, MOST_BYTES = 64, 400_000_000  # of all; who did nothing for longest goes first
MOST_FACES = 4  # a visitor: the one on show, the two of a mix, and what they made before

GONE = "This face is not kept here any longer: choose it, or open its photograph, once more."


@dataclass(frozen=True, eq=False)
class Photo:
    """A visitor's photograph.

    Attributes:
        content: its file, for the full size.
        name: of the file.
        work: (H, W, 3) uint8, in which faces are found and cut out.
        view: (h, w, 3) uint8, as the page shows it.
        size: width and height of the file's own picture.
        faces: (N, 5, 2), the points of all faces that were found, in pixels of `work`.
    """

    content: bytes
    name: str
    work: np.ndarray
    view: np.ndarray
    size: tuple[int, int]
    faces: np.ndarray

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return len(self.content) + self.work.nbytes + self.view.nbytes

    def scale(self, to: str) -> float:
        """From pixels of `work` to those of "view" or of the "file"."""
        width = self.view.shape[1] if to == "view" else self.size[0]
        return width / self.work.shape[1]


@dataclass(frozen=True, eq=False)
class Kept:
    """A face on the page.

    Attributes:
        id: by which the page asks about it.
        code: what the networks made of it.
        photo: that it is in; None of a face of nobody.
        points, corners, frame: as `FaceReady` has them, in pixels of `photo.work`.
    """

    id: str
    code: FaceCode
    photo: Photo | None = None
    points: np.ndarray | None = None
    corners: np.ndarray | None = None
    frame: tuple[float, float, float, float] | None = None

    def with_code(self, code: FaceCode) -> Kept:
        """The same face, another code."""
        return replace(self, code=code)


class Shelf:
    """Faces of all visitors."""

    def __init__(self, most_visitors: int = MOST_VISITORS, most_bytes: int = MOST_BYTES) -> None:
        self._most_visitors, self._most_bytes = most_visitors, most_bytes
        self._faces: OrderedDict[str, OrderedDict[str, Kept]] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def new_id(self) -> str:
        """For a face that has no seed and number to be called by."""
        return f"face-{next(self._numbers)}"

    def put(self, visitor: str, kept: Kept) -> None:
        """Keep a face; one with the same id goes, and what is too much."""
        with self._lock:
            own = self._faces.setdefault(visitor, OrderedDict())
            if kept.photo is not None:  # of a visitor's photographs only the newest stays
                for name in [k for k, v in own.items() if v.photo not in (None, kept.photo)]:
                    del own[name]
            own[kept.id] = kept
            own.move_to_end(kept.id)
            while len(own) > MOST_FACES:
                own.popitem(last=False)
            self._faces.move_to_end(visitor)
            while len(self._faces) > 1 and (
                len(self._faces) > self._most_visitors or self.nbytes > self._most_bytes
            ):
                self._faces.popitem(last=False)

    def find(self, visitor: str, name: Any) -> Kept | None:
        """A visitor's face; None where it is not kept, or no longer."""
        with self._lock:
            own = self._faces.get(visitor, OrderedDict())
            kept = own.get(name) if isinstance(name, str) else None
            if kept is not None:
                own.move_to_end(kept.id)
                self._faces.move_to_end(visitor)
            return kept

    def get(self, visitor: str, name: Any) -> Kept:
        """The same.

        Raises:
            ValueError: it is not kept.
        """
        kept = self.find(visitor, name)
        if kept is None:
            raise ValueError(GONE)
        return kept

    def leave(self, visitor: str) -> None:
        """Forget all of a visitor."""
        with self._lock:
            self._faces.pop(visitor, None)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept; a photograph with several faces counts once."""
        every = [kept for own in self._faces.values() for kept in own.values()]
        photos = {id(kept.photo): kept.photo for kept in every if kept.photo is not None}
        return sum(k.code.nbytes for k in every) + sum(p.nbytes for p in photos.values())

    def __len__(self) -> int:
        """Visitors with faces."""
        return len(self._faces)
