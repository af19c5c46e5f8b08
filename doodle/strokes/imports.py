"""Files from outside into drawings: our JSON, Quick, Draw! ndjson, SVG, pictures of sketches.

What a file is, is read from its first bytes; its name only appears in messages.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.strokes.geometry import Polylines
from doodle.strokes.svg import read_svg
from doodle.strokes.trace import MIN_SIDE, trace

MAX_BYTES = 64_000_000
MAX_PIXELS = 60_000_000
MAX_FRAMES = 500
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


def read_project(text: str | bytes) -> tuple[Drawing, dict[str, Any]]:
    """Read a project file that `export.to_project` wrote.

    Returns:
        The drawing, and the settings saved with it (empty for a plain drawing).

    Raises:
        BadDrawing: the file holds no drawing.
    """
    drawing = Drawing.parse(text)
    value = json.loads(text) if text else {}
    settings = value.get("settings", {}) if isinstance(value, dict) else {}
    if not isinstance(settings, dict):
        raise BadDrawing("The project's settings cannot be read.")
    return drawing, settings


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
    pixels, size = _load_picture(data)
    lines: Polylines = trace(pixels) if min(pixels.shape[:2]) >= MIN_SIDE else []
    if not lines:
        raise BadDrawing("No lines were found in the picture.")
    scale = np.array(size) / pixels.shape[1::-1]
    return Drawing.from_polylines([line * scale for line in lines], *size)


def _load_picture(data: bytes) -> tuple[np.ndarray, tuple[int, int]]:
    """The picture upright, on white and small enough to trace: (H, W, 3) uint8; its own size."""
    try:
        with Image.open(io.BytesIO(data), formats=_PICTURES) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadDrawing(
                    f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels."
                )
            turned = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
            size = image.size[::-1] if turned else image.size
            # an animation of a drawing that draws itself is complete at its end
            image.seek(min(getattr(image, "n_frames", 1), MAX_FRAMES) - 1)
            image.draft("RGB", (2 * TRACED_SIDE, 2 * TRACED_SIDE))  # a JPEG decodes smaller
            picture = _on_white(ImageOps.exif_transpose(image))
    except BadDrawing:
        raise
    # Pillow's decoders raise all of these for damaged files
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError):
        raise BadDrawing("The picture is damaged or of an unknown kind.") from None
    picture.thumbnail((TRACED_SIDE, TRACED_SIDE), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(picture), size


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):  # 16 bits and more: the range that is used, in 8
        values = np.asarray(image, dtype=np.float64)
        span = max(float(np.ptp(values)), 1e-9)
        image = Image.fromarray(np.uint8(255 * (values - values.min()) / span))
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")
