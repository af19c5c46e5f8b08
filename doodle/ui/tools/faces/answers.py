"""The answers of Faces: messages for the parts of the page, and files to save."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image

from doodle.services.results import FaceChanged
from doodle.ui.messages import data_url
from doodle.ui.tools.faces.shelf import Kept

TOLD = "Edited by a program (doodle): {}"
MADE = "A face of nobody, made by a program (doodle)"
GIF_STEP, GIF_REST = 90, 600  # ms
_JPEG = 92  # quality; parts of a photograph begin at its blocks of 16 pixels, so that they fit
_BLOCK = 16
_SMALL = 256  # pixels a side, up to which a square is sent without loss
_TINY, _LYING = 64, 60  # pixels of a face's square, degrees: there is something to say of it

Box = tuple[int, int, int, int]  # left, top, right, bottom


def face_message(kept: Kept, **more: Any) -> dict[str, Any]:
    """A face that can be changed now, for the desk.

    Returns:
        ``{"face": id, "size", "square", "drawn", "photo": None or {"url", "w", "h", "faces":
        [box, ...], "points", "box", "at"}, "notice"}``; places in pixels of the picture on show.
    """
    drawn = _levels(kept.code.drawn)
    square = drawn if kept.code.square is None else kept.code.square
    return {
        "face": kept.id,
        "size": len(drawn),
        "square": picture_url(square),
        "drawn": picture_url(drawn),
        "photo": _photo(kept),
        "notice": _notice(kept),
        **more,
    }


def _photo(kept: Kept) -> dict[str, Any] | None:
    photo = kept.photo
    if photo is None or kept.points is None:
        return None
    height, width = photo.view.shape[:2]
    scale, box = photo.scale("view"), box_of(kept, "view")
    return {
        "url": jpeg_url(photo.view),
        "w": width,
        "h": height,
        "faces": [_around(points * scale) for points in photo.faces],
        "points": np.round(kept.points * scale, 1).tolist(),
        "box": _placed(box),
        "at": _nearest(photo.faces, kept.points),
    }


def changed_message(made: FaceChanged, kept: Kept, request: Any) -> dict[str, Any]:
    """What a slider's move gave, for the edits; places as in `face_message`."""
    readings = [dict(zip(("text", "notice", "nearest"), row, strict=True)) for row in made.readings]
    said = {"request": request, "face": kept.id, "readings": readings}
    if made.patch is None:
        side = len(made.square)
        return {**said, "patch": picture_url(made.square), "box": [0, 0, side, side]}
    return {**said, "patch": jpeg_url(made.patch), "box": _placed(box_of(kept, "view"))}


def box_of(kept: Kept, where: str) -> Box:
    """The part of the "view" or of the "file" that a face's square touches, in whole blocks."""
    photo = kept.photo
    assert photo is not None and kept.corners is not None, "a face of a photograph has a place"
    corners = kept.corners * photo.scale(where)
    width, height = photo.view.shape[1::-1] if where == "view" else photo.size
    low = np.clip(np.floor(corners.min(axis=0) / _BLOCK) * _BLOCK, 0, None)
    high = np.ceil(corners.max(axis=0) / _BLOCK) * _BLOCK
    left, top = (int(min(a, b - 1)) for a, b in zip(low, (width, height), strict=True))
    right, bottom = (int(np.clip(a, 1, b)) for a, b in zip(high, (width, height), strict=True))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def place_in(kept: Kept, picture: np.ndarray, where: str) -> dict[str, Any]:
    """The fields `patch` and `frame` of a request about a face in the "view" or the "file".

    Args:
        picture: all of it, (H, W, 3) uint8.
    """
    photo = kept.photo
    assert photo is not None and kept.frame is not None, "a face of a photograph has a place"
    left, top, right, bottom = box_of(kept, where)
    scale, (x, y, side, angle) = photo.scale(where), kept.frame
    patch = np.ascontiguousarray(picture[top:bottom, left:right])
    return {"patch": patch, "frame": (x * scale - left, y * scale - top, side * scale, angle)}


def jpeg_url(picture: np.ndarray) -> str:
    """(H, W, 3) uint8 RGB as the data URL of a JPEG."""
    turned = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, _JPEG])
    return data_url("image/jpeg", data.tobytes())


def picture_url(square: np.ndarray) -> str:
    """A face (S, S, 3) uint8 RGB as a data URL: without loss where it is small."""
    if len(square) > _SMALL:
        return jpeg_url(square)
    _, data = cv2.imencode(".png", cv2.cvtColor(square, cv2.COLOR_RGB2BGR))
    return data_url("image/png", data.tobytes())


def gif_of(pictures: np.ndarray, note: str) -> bytes:
    """Faces (N, S, S, 3) uint8 there and back as a GIF that says how it was made."""
    frames = [Image.fromarray(picture) for picture in pictures]
    there_and_back = frames + frames[-2:0:-1]
    ends = (0, len(frames) - 1)
    times = [GIF_REST if k in ends else GIF_STEP for k in range(len(there_and_back))]
    out = io.BytesIO()
    there_and_back[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=there_and_back[1:],
        duration=times,
        loop=0,
        comment=note.encode(),
    )
    return out.getvalue()


def note_of(kept: Kept, edits: Sequence[tuple[str, float]]) -> str:
    """What the metadata of a picture says of how it was made."""
    texts = ", ".join(f"{text} {strength:+.2g}" for text, strength in edits)
    if kept.photo is not None:
        return TOLD.format(texts or "nothing changed")
    return f"{MADE}; {texts}" if texts else MADE


def _levels(drawn: np.ndarray) -> np.ndarray:
    """(S, S, 3) float16 in [-1, 1] as uint8."""
    return np.round((drawn.astype(np.float32) + 1) * 127.5).clip(0, 255).astype(np.uint8)


def _around(points: np.ndarray) -> list[float]:
    """x, y, width and height around the five points (5, 2) of a face, from forehead to chin."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.7 * float((high - low).max())
    left, top = low - margin
    width, height = high - low + 2 * margin
    return [round(float(one), 1) for one in (left, top, width, height)]


def _placed(box: Box) -> list[int]:
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]


def _nearest(faces: np.ndarray, points: np.ndarray) -> int:
    return int(np.linalg.norm(faces - points, axis=2).mean(axis=1).argmin())


def _notice(kept: Kept) -> str:
    """What is to know of a face of a photograph; may be empty."""
    if kept.photo is None or kept.frame is None:
        return ""
    said, side = [], kept.frame[2] * kept.photo.scale("file")
    count = len(kept.photo.faces)
    if count > 1:
        said.append(f"I see {count} faces: click the one that is meant.")
    if abs(kept.frame[3]) > _LYING:
        said.append("It lies on its side: I turned it for myself, the photograph stays as it is.")
    if side < _TINY:
        said.append(f"It is small, {side / 2:.0f} pixels wide: what changes will be soft.")
    return " ".join(said)


def photo_of(work: np.ndarray, longest: int) -> np.ndarray:
    """A picture (H, W, 3) uint8 with at most so many pixels a side."""
    height, width = work.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return work
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(work, size, interpolation=cv2.INTER_AREA)
