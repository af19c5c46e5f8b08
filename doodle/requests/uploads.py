"""Files that a visitor brought, as what the tasks take: strokes, or a picture."""

from __future__ import annotations

import base64
import binascii
from pathlib import PurePath
from typing import Any

import numpy as np

from doodle.errors import BadDrawing
from doodle.images import MAX_BYTES, decode
from doodle.requests.checks import MAX_WORD
from doodle.strokes.drawing import Drawing
from doodle.strokes.edge_map import MIN_SIDE
from doodle.strokes.imports import is_written, read_drawings

KEPT = 1024  # pixels of a picture's longer side that are kept
LEAST_PHOTOGRAPH = 32  # pixels of the shorter side of a picture with a face
_PHOTOGRAPHS = "PNG, JPEG, GIF, WebP, BMP or TIFF"
_READABLE = "PNG, JPEG, GIF, WebP, BMP, TIFF or SVG"
# how files begin that visitors bring and nothing here reads
_FOREIGN = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "an archive",
    b"\x00\x00\x00\x0cJXL": "a JPEG XL picture",
    b"8BPS": "a Photoshop file",
}
_BRANDS = {
    b"hei": "a HEIC photograph",
    b"hev": "a HEIC photograph",
    b"mif": "a HEIC photograph",
    b"avi": "an AVIF picture",
}


def read(data: bytes, name: str = "") -> Drawing | np.ndarray:
    """A file that a visitor brought, see `read_sized`."""
    return read_sized(data, name)[0]


def read_sized(data: bytes, name: str = "") -> tuple[Drawing | np.ndarray, float]:
    """A file that a visitor brought: strokes of an SVG or JSON, or a picture.

    Args:
        data: its bytes.
        name: what to call it in messages.

    Returns:
        A drawing, or (H, W, 3) uint8 RGB, upright, transparent places white, of an animation the
        last frame, at most KEPT pixels a side; and by how much it was reduced, at most 1.

    Raises:
        BadDrawing: it cannot be used; says why and what can.
    """
    name = _shown(name)
    _check_kind(data, name)
    try:
        if is_written(data):
            return _strokes(data), 1.0
        picture, size = decode(data, longest=KEPT)
    except BadDrawing as error:
        raise BadDrawing(f"{name} cannot be used. {error} Use {_READABLE}.") from error
    if min(picture.shape[:2]) < MIN_SIDE:
        raise BadDrawing(
            f"{name} has {size[0]:,} x {size[1]:,} pixels: too few, or too narrow. {MIN_SIDE} a "
            f"side are the least, and no side may be {KEPT // MIN_SIDE} times the other."
        )
    return picture, picture.shape[1] / size[0]


def read_photograph(
    data: bytes, name: str = "", *, longest: int
) -> tuple[np.ndarray, tuple[int, int]]:
    """A file that a visitor brought as a photograph.

    Args:
        data: its bytes.
        name: what to call it in messages.
        longest: pixels of its longer side that are kept.

    Returns:
        (H, W, 3) uint8 RGB, upright; and the (width, height) that it has when it is not reduced.

    Raises:
        BadDrawing: it cannot be used; says why and what can.
    """
    name = _shown(name)
    _check_kind(data, name)
    if is_written(data):
        raise BadDrawing(f"{name} is a drawing; a face is looked for in a photograph.")
    try:
        picture, size = decode(data, longest=longest)
    except BadDrawing as error:
        raise BadDrawing(f"{name} cannot be used. {error} Use {_PHOTOGRAPHS}.") from error
    if min(picture.shape[:2]) < LEAST_PHOTOGRAPH:
        raise BadDrawing(
            f"{name} has {size[0]:,} x {size[1]:,} pixels: too few for a face. It takes "
            f"{LEAST_PHOTOGRAPH} a side at least."
        )
    return picture, size


def _check_kind(data: bytes, name: str) -> None:
    foreign = _foreign(data) if data else "empty"
    if foreign:
        raise BadDrawing(f"{name} is {foreign} and cannot be read here; use {_READABLE}.")
    if len(data) > MAX_BYTES:
        raise BadDrawing(f"{name} is larger than {MAX_BYTES // 1_000_000} MB.")


def _strokes(data: bytes) -> Drawing:
    drawing = read_drawings(data)[0]
    if not drawing:
        raise BadDrawing("It holds no lines.")
    return drawing


def bytes_of(text: Any, most: int = MAX_BYTES) -> bytes:
    """The bytes of a data URL, or of bare base64.

    Args:
        most: bytes that are taken.

    Raises:
        ValueError: it is neither, or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("A picture is a text: a data URL, or its file in base64.")
    head, comma, body = text.strip().partition(",")
    if not comma:
        body = head
    elif not (head.startswith("data:") and head.endswith(";base64")):
        raise ValueError("The picture's data URL must be one in base64: data:image/png;base64,...")
    if len(body) > most * 4 // 3 + 4:
        raise ValueError(f"The picture is larger than {most / 1e6:.3g} MB.")
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("The picture's base64 is broken.") from None


def picture_of(text: Any, most: int = MAX_BYTES, longest: int = 2 * KEPT) -> np.ndarray:
    """A picture of a data URL or of base64, (H, W, 3) uint8 RGB; transparent places as `read` does.

    Args:
        most: bytes that are taken.
        longest: pixels a side that are kept.

    Raises:
        ValueError: it is none, too long or damaged.
    """
    return decode(bytes_of(text, most), longest=longest)[0]


def _shown(name: Any) -> str:
    """The name of a file as messages call it."""
    name = " ".join(PurePath(name).name.split()) if isinstance(name, str) else ""
    return (name if len(name) <= MAX_WORD else f"{name[: MAX_WORD - 1]}…") or "The file"


def _foreign(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:11], "a film")
    return next((what for start, what in _FOREIGN.items() if data.startswith(start)), "")
