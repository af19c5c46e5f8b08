"""Readers of everything Quick, Draw! drawings come in, and the packed form that training eats.

Packed strokes are a .npz with `strokes` (P, 3) int16, all drawings' stroke-3 rows one after the
other, and `offsets` (N + 1,), where each begins. A drawing's first row is its absolute start, so a
cumulative sum gives the simplified space: y down, top-left aligned, longer side 255.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from doodle.data.download import write_sha256
from doodle.data.object_arrays import read_object_npz
from doodle.strokes.formats import from_stroke3, to_stroke3
from doodle.strokes.geometry import quickdraw_simplify

PIXELS = 784  # 28 x 28


class Record(NamedTuple):
    """One drawing of an official ndjson file.

    Attributes:
        word: the category that the player was asked for; empty where it is not given.
        strokes: polylines (P, 2) float32, x right and y down.
        times: of each point in milliseconds, (P,) a stroke; None in the simplified files.
        key_id: 0 where it is not given.
        recognized: whether the game named it; None where it is not given.
    """

    word: str
    strokes: list[np.ndarray]
    times: list[np.ndarray] | None
    key_id: int
    recognized: bool | None

    def simplified(self) -> list[np.ndarray]:
        """The polylines in the simplified space; raw drawings are simplified as Google does it."""
        return self.strokes if self.times is None else quickdraw_simplify(self.strokes)


class Packed(NamedTuple):
    """Many drawings as stroke-3 rows; see the head of this file."""

    rows: np.ndarray  # (P, 3) int16
    offsets: np.ndarray  # (N + 1,)

    @property
    def n(self) -> int:
        return len(self.offsets) - 1

    def polylines(self, index: int) -> list[np.ndarray]:
        """Lines of a drawing, each (P, 2) float32, in the simplified space."""
        return from_stroke3(self.rows[self.offsets[index] : self.offsets[index + 1]])


# -- official files ------------------------------------------------------------------------------


def read_ndjson(path: Path, limit: int | None = None) -> Iterator[Record]:
    """Drawings of an official ndjson file, simplified or raw.

    Args:
        path: one JSON object a line; empty lines are passed over.
        limit: stop after this many.

    Raises:
        ValueError: a line is no drawing; the message names file and line.
    """
    with open(path, "rb") as file:
        lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        for number, line in islice(lines, limit):
            yield _record(line, f"{path}, line {number},")


def read_record_at(path: Path, start: int) -> Record:
    """The drawing whose line begins at byte ``start`` of an ndjson file; errors as above."""
    with open(path, "rb") as file:
        file.seek(start)
        return _record(file.readline(), f"{path}, at byte {start},")


def _record(line: bytes, where: str) -> Record:
    try:
        return _parse(json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        why = f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else error
        raise ValueError(f"{where} is no drawing: {why}") from error


def _parse(fields: Any) -> Record:
    strokes, times = [], []
    for stroke in fields["drawing"]:
        x, y, *t = (np.asarray(values, dtype=np.float32) for values in stroke)
        if x.ndim != 1 or any(values.shape != x.shape for values in (y, *t)):
            raise ValueError("a stroke is lists of x, y and maybe t, all of one length")
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError("a coordinate is not finite")
        strokes.append(np.column_stack([x, y]))
        times += t[:1]
    recognized = fields.get("recognized")
    return Record(
        word=str(fields.get("word", "")),
        strokes=strokes,
        times=times if times and len(times) == len(strokes) else None,
        key_id=int(fields.get("key_id", 0)),
        recognized=None if recognized is None else bool(recognized),
    )


def read_sketchrnn(path: Path) -> dict[str, list[np.ndarray]]:
    """The sketch-rnn files: "train", "valid", "test" -> stroke-3 drawings (P, 3) int16.

    Their first row is the offset from wherever the file's author put the origin.

    Raises:
        ValueError: it is no such file; nothing in it is ever run.
    """
    arrays = read_object_npz(path)
    splits: dict[str, list[np.ndarray]] = {}
    for name in ("train", "valid", "test"):
        if name not in arrays:
            raise ValueError(f"{path} has no {name} drawings: it is no sketch-rnn file")
        splits[name] = list(arrays[name])
        if any(rows.ndim != 2 or rows.shape[1] != 3 for rows in splits[name]):
            raise ValueError(f"{path} holds {name} drawings that are no stroke-3 rows")
    return splits


def read_bitmaps(path: Path, limit: int | None = None) -> np.ndarray:
    """Bitmaps (N, 784) uint8, ink 255 on 0.

    Args:
        path: an official .npy, the beginning of one, or a packed .npz.
        limit: the first so many.

    Raises:
        ValueError: it holds something else.
    """
    if path.suffix == ".npz":
        bitmaps = read_arrays(path, "bitmaps")["bitmaps"][:limit]
    else:
        with open(path, "rb") as file:
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"{path} is a .npy file of version {version}")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            if dtype != np.uint8 or len(shape) != 2 or shape[1] != PIXELS or fortran:
                raise ValueError(f"{path} holds no bitmaps of {PIXELS} pixels")
            wanted = shape[0] if limit is None else min(limit, shape[0])
            pixels = np.fromfile(file, np.uint8, wanted * PIXELS)
            bitmaps = pixels[: len(pixels) // PIXELS * PIXELS].reshape(-1, PIXELS)
    if bitmaps.dtype != np.uint8 or bitmaps.ndim != 2 or bitmaps.shape[1] != PIXELS:
        raise ValueError(f"{path} holds no bitmaps of {PIXELS} pixels")
    return bitmaps


# -- packed files --------------------------------------------------------------------------------


def read_arrays(path: Path, *needed: str) -> dict[str, np.ndarray]:
    """The named arrays of a .npz of plain numbers.

    Raises:
        ValueError: it is no .npz file, or lacks one of them.
    """
    try:
        with np.load(path, allow_pickle=False) as z:
            return {name: z[name] for name in needed}
    except (KeyError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise ValueError(f"{path} is no .npz file with {', '.join(needed)}: {error}") from error


def read_packed(path: Path) -> Packed:
    """Packed strokes, recorded or traced.

    Raises:
        ValueError: the file is none, or its offsets do not fit its rows.
    """
    arrays = read_arrays(path, "strokes", "offsets")
    rows, offsets = arrays["strokes"], arrays["offsets"].astype(np.int64)
    if rows.ndim != 2 or rows.shape[1] != 3 or offsets.ndim != 1 or not len(offsets):
        raise ValueError(f"{path} holds no packed strokes")
    if offsets[0] != 0 or offsets[-1] != len(rows) or (np.diff(offsets) < 0).any():
        raise ValueError(f"{path} has offsets that do not fit its {len(rows):,} rows")
    return Packed(rows, offsets)


def pack(drawings: Iterable[list[np.ndarray]]) -> Packed:
    """Pack polylines of the simplified space, rounded to whole units.

    Raises:
        ValueError: a coordinate is far outside of that space.
    """
    parts = [np.zeros((0, 3), np.float32)]
    parts += [to_stroke3([np.round(line) for line in lines]) for lines in drawings]
    rows = np.concatenate(parts)
    if len(rows) and np.abs(rows).max() > np.iinfo(np.int16).max:
        raise ValueError("a drawing lies far outside of the simplified 256 x 256 space")
    lengths = [len(part) for part in parts]
    return Packed(rows.astype(np.int16), np.cumsum(lengths, dtype=np.int64))


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write a compressed .npz, whole or not at all, and its sha256 beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with open(unfinished, "wb") as file:
        # numpy's stub takes the names for its own flag
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    unfinished.replace(path)
    write_sha256(path)
