"""Files as the browser sends them: their bytes, whatever way they were encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from doodle.errors import BadDrawing
from doodle.requests.uploads import bytes_of

MAX_FILE = 9_000_000  # characters as sent; base64 takes four for three bytes


@dataclass(frozen=True)
class Upload:
    """A file that the visitor dropped, pasted or chose.

    Attributes:
        name: as the browser says it; may be empty.
        content: its bytes.
        is_text: it was sent as text, not in base64.
    """

    name: str
    content: bytes
    is_text: bool


def received(file: Any, most: int = MAX_FILE) -> Upload:
    """Decode a file.

    Args:
        file: {"name", "kind": "text" or "base64", "data"}; in base64 also as a data URL.
        most: characters as sent.

    Raises:
        BadDrawing: it is no file, too large or damaged.
    """
    if not isinstance(file, Mapping) or not isinstance(file.get("data"), str):
        raise BadDrawing("That is no file which can be opened here.")
    data, is_text = file["data"], file.get("kind") == "text"
    if len(data) > most:
        raise BadDrawing("That file is too large to open.")
    name = file.get("name")
    return Upload(
        name if isinstance(name, str) else "",
        data.encode() if is_text else _decoded(data, most),
        is_text,
    )


def _decoded(data: str, most: int) -> bytes:
    if not data:
        return b""  # an empty file; whoever reads it says so
    try:
        return bytes_of(data, most)
    except ValueError:
        raise BadDrawing("That file did not arrive whole; try again.") from None
