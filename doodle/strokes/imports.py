"""Files from outside into drawings: our JSON, Quick, Draw! ndjson, SVG, pictures of sketches.

What a file is, is read from its first bytes; its name only appears in messages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from doodle.errors import BadDrawing
from doodle.images import MAX_BYTES, decode
from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import Polylines
from doodle.strokes.svg import read_svg
from doodle.strokes.trace import MIN_SIDE, trace

TRACED_SIDE = 512  # pixels; larger pictures are reduced before they are traced

_PICTURES = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")


def read_drawings(source: str | Path | bytes, name: str = "") -> list[Drawing]:
    """Read every drawing of a file.

    Args:
        source: path of a file, or its bytes.
        name: what to call the file in messages, when only its bytes are given.

    Returns:
        At least one drawing; more only from ndjson, one a line. A picture's drawing is in the
        picture's own pixels, as it is shown (turned as its EXIF says).

    Raises:
        BadDrawing: the file cannot be read, or holds no drawing.
    """
    if not isinstance(source, bytes):
        name = name or Path(source).name
        source = _bytes_of(Path(source))
    if len(source) > MAX_BYTES:
        raise BadDrawing(f"{_called(name)} is larger than {MAX_BYTES // 1_000_000} MB.")
    if source.startswith(_MAGIC):
        return [_read_picture(source)]
    start = source.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<" or source.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [read_svg(source)]
    if start in (b"{", b"["):
        return _read_json(source)
    raise BadDrawing(
        f"{_called(name)} is not a drawing that can be read: JSON, ndjson, SVG, PNG, JPEG, GIF, "
        "WebP or BMP."
    )


def is_written(data: bytes) -> bool:
    """Does a file begin as SVG and JSON do, not as pictures?"""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return start in (b"<", b"{", b"[") or data.startswith((b"\xff\xfe", b"\xfe\xff"))


def read_settings(source: bytes) -> dict[str, Any]:
    """What `export.to_project` saved beside a drawing; nothing of any other file.

    Args:
        source: bytes of a file; its drawing is what `read_drawings` reads.

    Returns:
        Whatever the file says they are: any names, any JSON values.
    """
    if source.startswith(_MAGIC):
        return {}
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return {}
    settings = value.get("settings") if isinstance(value, dict) else None
    return settings if isinstance(settings, dict) else {}


def read_tags(source: bytes) -> list[str]:
    """What the strokes of a drawing are tagged with, as the page saves it; "" where nothing is.

    Args:
        source: bytes of a file; its drawing is what `read_drawings` reads.

    Returns:
        One for each stroke; nothing where the file has no tags.
    """
    if source.startswith(_MAGIC):
        return []
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return []
    if isinstance(value, dict) and "strokes" not in value:
        value = value.get("drawing")
    tags = value.get("tags") if isinstance(value, dict) else None
    if not isinstance(tags, list) or len(tags) != len(value.get("strokes") or ()):
        return []
    return [tag if isinstance(tag, str) else "" for tag in tags]


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadDrawing(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB.")
        return path.read_bytes()
    except OSError as error:
        raise BadDrawing(f"{path} cannot be read: {error.strerror or error}.") from None


def _called(name: str) -> str:
    return name or "The file"


def _read_json(text: bytes) -> list[Drawing]:
    lines = [line for line in text.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    if len(lines) == 1 or not _is_json(lines[0]):  # one drawing, over however many lines
        return [Drawing.parse(text)]
    drawings = []
    for number, line in enumerate(lines, 1):
        try:
            drawings.append(Drawing.parse(line))
        except BadDrawing as error:
            raise BadDrawing(f"Line {number}: {error}") from None
    return drawings


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _read_picture(data: bytes) -> Drawing:
    pixels, size = decode(data, longest=TRACED_SIDE, formats=_PICTURES)
    lines: Polylines = trace(pixels) if min(pixels.shape[:2]) >= MIN_SIDE else []
    if not lines:
        raise BadDrawing("No lines were found in the picture.")
    scale = np.array(size) / pixels.shape[1::-1]
    return Drawing.from_polylines([line * scale for line in lines], *size)
