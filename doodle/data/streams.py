"""Files of drawings read in chunks, whatever their size, and written again with fewer rows.

Nothing here holds more than a chunk of drawings and a number or two for each: the official full
set has files of 300,000 drawings and 50 million in all.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from doodle.data.download import write_sha256
from doodle.data.readers import PIXELS, read_arrays, read_ndjson
from doodle.strokes.formats import from_stroke3
from doodle.strokes.raster import quickdraw_bitmap

CHUNK = 1024  # drawings in memory at a time
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError)


class Bitmaps:
    """Bitmaps as an official .npy or a packed .npz; pictures are their rows.

    Raises:
        ValueError: the file holds something else; also while reading, where it is cut short.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _rows(path, "bitmaps") as (shape, dtype, _):
            self.count = shape[0] if shape else 0
        if dtype != np.uint8 or len(shape) != 2 or shape[1] != PIXELS:
            raise ValueError(f"{path} holds no bitmaps of {PIXELS} pixels")

    def check(self) -> None:
        """Read the file to its end."""
        for _ in self._chunks():
            pass

    def pictures(self) -> Iterator[np.ndarray]:
        """Chunks (n, 28, 28) uint8, ink 255 on 0, in the file's order."""
        for rows in self._chunks():
            yield rows.reshape(-1, 28, 28)

    def write(self, output: Path, kept: np.ndarray) -> None:
        """Write the rows with the numbers ``kept`` (ascending) as a file of the same kind."""
        with _whole(output) as unfinished:
            if output.suffix == ".npy":
                with open(unfinished, "wb") as file:
                    self._copy(file, kept)
            else:
                with _archive(unfinished, "w") as archive:
                    with archive.open("bitmaps.npy", "w", force_zip64=True) as file:
                        self._copy(file, kept)

    def _copy(self, file: IO[bytes], kept: np.ndarray) -> None:
        _write_header(file, np.dtype(np.uint8), (len(kept), PIXELS))
        start = 0
        for rows in self._chunks():
            low, high = np.searchsorted(kept, [start, start + len(rows)])
            file.write(rows[kept[low:high] - start].tobytes())
            start += len(rows)

    def _chunks(self) -> Iterator[np.ndarray]:
        with _rows(self.path, "bitmaps") as (_, _, read):
            for start in range(0, self.count, CHUNK):
                yield read(min(CHUNK, self.count - start))


class Strokes:
    """Packed strokes, recorded or traced; pictures are rendered as Quick, Draw! does it.

    Args:
        path: a .npz with ``strokes`` and ``offsets``; arrays with one entry a drawing go along.

    Raises:
        ValueError: the file holds something else; also while reading, where it is cut short.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offsets = read_arrays(path, "offsets")["offsets"].astype(np.int64)
        with _rows(path, "strokes") as (shape, dtype, _):
            self._dtype = dtype
        if len(shape) != 2 or shape[1] != 3 or dtype.kind != "i" or not len(self.offsets):
            raise ValueError(f"{path} holds no packed strokes")
        ends = self.offsets[0], self.offsets[-1]
        if ends != (0, shape[0]) or (np.diff(self.offsets) < 0).any():
            raise ValueError(f"{path} has offsets that do not fit its {shape[0]:,} rows")
        self.count = len(self.offsets) - 1

    def check(self) -> None:
        """Read the file to its end."""
        for _ in self._chunks():
            pass

    def links(self) -> np.ndarray | None:
        """Each drawing's row in bitmaps/, -1 for none; None where the file does not say."""
        with zipfile.ZipFile(self.path) as archive:
            if "bitmap.npy" not in archive.namelist():
                return None
        links = read_arrays(self.path, "bitmap")["bitmap"]
        if links.shape != (self.count,):
            raise ValueError(f"{self.path} links {len(links):,} of its {self.count:,} drawings")
        return links.astype(np.int64)

    def pictures(self) -> Iterator[np.ndarray]:
        """Chunks (n, 28, 28) uint8, ink 255 on 0, in the file's order."""
        for drawings in self._chunks():
            yield np.stack([quickdraw_bitmap(from_stroke3(rows)) for rows in drawings])

    def write(self, output: Path, kept: np.ndarray, links: np.ndarray | None = None) -> None:
        """Write the drawings with the numbers ``kept`` (ascending).

        Args:
            links: (len(kept),) what ``bitmap`` shall say of them, where the file has it.
        """
        lengths = np.diff(self.offsets)[kept]
        with _whole(output) as unfinished, _archive(unfinished, "w") as archive:
            with archive.open("strokes.npy", "w", force_zip64=True) as file:
                _write_header(file, self._dtype, (int(lengths.sum()), 3))
                wanted = np.zeros(self.count, bool)
                wanted[kept] = True
                number = 0
                for drawings in self._chunks():
                    for rows in drawings:
                        if wanted[number]:
                            file.write(rows.tobytes())
                        number += 1
            beside = {"offsets": np.concatenate([[0], np.cumsum(lengths)])}
            with np.load(self.path, allow_pickle=False) as z:
                for name in sorted(set(z.files) - {"strokes", "offsets"}):
                    array = z[name]
                    beside[name] = array[kept] if array.shape[:1] == (self.count,) else array
            if links is not None:
                beside["bitmap"] = links.astype(beside["bitmap"].dtype)
            for name, array in beside.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)

    def _chunks(self) -> Iterator[list[np.ndarray]]:
        with _rows(self.path, "strokes") as (_, _, read):
            for start in range(0, self.count, CHUNK):
                ends = self.offsets[start : start + CHUNK + 1]
                rows = read(int(ends[-1] - ends[0]))
                yield np.split(rows, ends[1:-1] - ends[0])


class Ndjson:
    """An official ndjson file; pictures are rendered as Quick, Draw! does it.

    Raises:
        ValueError: while reading, where a line is no drawing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with open(path, "rb") as file:
            self.count = sum(1 for line in file if line.strip())

    def check(self) -> None:
        """Read the file to its end."""
        for _ in read_ndjson(self.path):
            pass

    def pictures(self) -> Iterator[np.ndarray]:
        """Chunks (n, 28, 28) uint8, ink 255 on 0, in the file's order."""
        records = read_ndjson(self.path)
        while chunk := list(islice(records, CHUNK)):
            yield np.stack([quickdraw_bitmap(record.simplified()) for record in chunk])

    def write(self, output: Path, kept: np.ndarray) -> None:
        """Write the lines with the numbers ``kept`` (ascending) as they are."""
        with _whole(output) as unfinished, open(self.path, "rb") as file:
            lines = enumerate(line for line in file if line.strip())
            wanted = iter(kept.tolist())
            next_ = next(wanted, None)
            with open(unfinished, "wb") as out:
                for number, line in lines:
                    if number == next_:
                        out.write(line.rstrip(b"\r\n") + b"\n")
                        next_ = next(wanted, None)


File = Bitmaps | Strokes | Ndjson


def open_drawings(path: Path) -> File:
    """The reader of a file of drawings, by its ending and content.

    Raises:
        ValueError: it holds none that can be read in chunks.
    """
    if path.suffix == ".ndjson":
        return Ndjson(path)
    if path.suffix == ".npy":
        return Bitmaps(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _BROKEN as error:
        raise ValueError(f"{path} is no .npz file: {error}") from error
    if "bitmaps.npy" in names:
        return Bitmaps(path)
    if {"strokes.npy", "offsets.npy"} <= set(names):
        return Strokes(path)
    raise ValueError(f"{path} holds neither bitmaps nor packed strokes")


# -- arrays, row by row --------------------------------------------------------------------------


@contextmanager
def _rows(
    path: Path, name: str
) -> Iterator[tuple[tuple[int, ...], np.dtype, Callable[[int], np.ndarray]]]:
    """Shape, type, and a function that reads the next so many rows, of a .npy or within a .npz."""
    try:
        with _opened(path, name) as file:
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"an array of version {version}")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            if fortran and len(shape) > 1 or dtype.hasobject:
                raise ValueError("its rows do not follow each other")

            def read(count: int) -> np.ndarray:
                size = count * int(np.prod(shape[1:])) * dtype.itemsize
                content = file.read(size)
                if len(content) < size:
                    raise ValueError("it is cut short")
                return np.frombuffer(content, dtype).reshape(count, *shape[1:])

            yield shape, dtype, read
    except (*_BROKEN, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


@contextmanager
def _opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    if path.suffix == ".npy":
        with open(path, "rb") as file:
            yield file
    else:
        with _archive(path, "r") as archive, archive.open(f"{name}.npy") as file:
            yield file


def _archive(path: Path, mode: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(path, mode, zipfile.ZIP_DEFLATED)


def _write_header(file: IO[bytes], dtype: np.dtype, shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )


@contextmanager
def _whole(output: Path) -> Iterator[Path]:
    """A name to write to; it becomes ``output`` when all went well, with its sha256 beside it."""
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(output.name + ".part")
    try:
        yield unfinished
        unfinished.replace(output)
        write_sha256(output)
    finally:
        unfinished.unlink(missing_ok=True)
