"""Picture files and arrays: read anything upright on white, fit it into a square."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from doodle.errors import BadDrawing

MAX_BYTES = 64_000_000
MAX_PIXELS = 60_000_000
MAX_FRAMES = 500
WHITE = 231  # grey levels; what is lighter cannot be seen on white
# what Pillow's decoders raise for damaged files
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
    Image.DecompressionBombError,
)
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "TGA", "ICO")


def read_picture(source: str | os.PathLike[str] | bytes, *, longest: int) -> np.ndarray:
    """Read a picture file as it is meant to be seen.

    Turned as its EXIF says, transparent places white (black where all that is drawn is white), 16
    bits as 8, CMYK and palettes as RGB; of an animation the last frame.

    Args:
        source: path of a file, or its bytes.
        longest: a larger picture is reduced until its longer side has so many pixels.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        BadDrawing: too large, damaged, or of an unknown kind.
        OSError: the file cannot be opened.
    """
    if not isinstance(source, bytes):
        path = Path(source)
        if path.stat().st_size > MAX_BYTES:
            raise BadDrawing(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB.")
        source = path.read_bytes()
    return decode(source, longest=longest)[0]


def decode(
    data: bytes, *, longest: int, formats: tuple[str, ...] = FORMATS
) -> tuple[np.ndarray, tuple[int, int]]:
    """Decode a picture; see `read_picture`.

    Returns:
        The picture (H, W, 3) uint8 RGB, and the (width, height) it has when it is not reduced.

    Raises:
        BadDrawing: too large, damaged, or of an unknown kind.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadDrawing(
                    f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels."
                )
            turned = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
            size = image.size[::-1] if turned else image.size
            # an animation of a drawing that draws itself is complete at its end
            image.seek(min(getattr(image, "n_frames", 1), MAX_FRAMES) - 1)
            image.draft("RGB", (2 * longest, 2 * longest))  # a JPEG decodes smaller
            picture = _on_white(ImageOps.exif_transpose(image))
    except BadDrawing:
        raise
    except _DAMAGED:
        raise BadDrawing("The picture is damaged or of an unknown kind.") from None
    picture.thumbnail((longest, longest), Image.Resampling.BOX, reducing_gap=None)
    return np.array(picture), size


def noted(picture: np.ndarray, kind: str, note: str = "") -> bytes:
    """A picture as a file that says in its metadata how it was made.

    Args:
        picture: (H, W, 3) uint8 RGB.
        kind: a name of Pillow's, such as PNG or JPEG.
        note: Description of a PNG, ImageDescription in the EXIF of others; empty for none.
    """
    image, out = Image.fromarray(picture), io.BytesIO()
    if kind == "PNG":
        told = PngInfo()
        if note:
            told.add_itxt("Description", note)
        image.save(out, kind, pnginfo=told, compress_level=4)
        return out.getvalue()
    exif = image.getexif()
    if note:
        exif[ExifTags.Base.ImageDescription] = note.encode("ascii", "replace").decode()
    image.save(out, kind, quality=95, exif=exif)
    return out.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):  # 16 bits and more: the range that is used, in 8
        values = np.asarray(image, dtype=np.float64)
        span = max(float(np.ptp(values)), 1e-9)
        image = Image.fromarray((255 * (values - values.min()) / span).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    shown = Image.alpha_composite(paper, image).convert("RGB")
    if np.asarray(shown).min() <= WHITE:
        return shown
    paper = Image.new("RGBA", image.size, "black")
    on_black = Image.alpha_composite(paper, image).convert("RGB")
    white_ink = np.asarray(on_black).max() > 255 - WHITE
    return on_black if white_ink else shown


def letterbox(picture: np.ndarray, size: int, *, fill: int | None = None) -> np.ndarray:
    """Fit a picture into a square, centred, its proportions kept.

    Args:
        picture: (H, W) or (H, W, 3) uint8.
        size: side of the square in pixels.
        fill: grey level of what is left over; None repeats the picture's rim, which makes no edge.

    Returns:
        (size, size) or (size, size, 3) uint8.
    """
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    fitted = max(1, round(width * scale)), max(1, round(height * scale))
    if fitted != (width, height):
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = cv2.resize(picture, fitted, interpolation=how)
    left, top = (size - fitted[0]) // 2, (size - fitted[1]) // 2
    sides = top, size - fitted[1] - top, left, size - fitted[0] - left
    if fill is None:
        return cv2.copyMakeBorder(picture, *sides, cv2.BORDER_REPLICATE)
    return cv2.copyMakeBorder(picture, *sides, cv2.BORDER_CONSTANT, value=(fill,) * 3)
