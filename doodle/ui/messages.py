"""Messages between the browser and the server: JSON texts in the values of the page's parts.

Each part of the page sends an object with the fields that its handler names, and takes an object
back.  `parse` reads and checks the envelope; the fields themselves are checked by the requests.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable
from typing import Any

import numpy as np

from doodle.errors import Busy, ModelUnavailable, OutOfBudget

LIMIT = 8_000  # characters of a message that holds no drawing
BROKEN = "That request did not arrive whole; try again."
# What goes wrong without being a fault of ours: the caller's mistakes (a wrong drawing or word is a
# ValueError too) and the world's. Their messages are sentences for the visitor.
EXPECTED = (ValueError, ModelUnavailable, OutOfBudget, Busy)
SORRY = "Something broke here; your drawing is safe. The server's log says what it was."

_log = logging.getLogger(__name__)


def sentence(error: Exception) -> str:
    """What the visitor reads when `error` ended a request; unexpected ones go to the log."""
    if isinstance(error, EXPECTED):
        return str(error)
    _log.error("a request failed", exc_info=error)
    return SORRY


def parse(
    message: Any,
    *required: str,
    limit: int = LIMIT,
    broken: str = BROKEN,
    too_long: str = "",
    error: type[ValueError] = ValueError,
) -> dict[str, Any]:
    """The fields of a message from the browser.

    Args:
        message: JSON text of an object.
        required: fields that must be there.
        limit: characters that it may have.
        broken: the sentence about a message that cannot be read.
        too_long: the sentence about one that is no text or over the limit; `broken` if empty.
        error: the exception that carries the sentence.

    Raises:
        error: the message cannot be used.
    """
    if not isinstance(message, str) or len(message) > limit:
        raise error(too_long or broken)
    try:
        fields = json.loads(message)
    except (ValueError, RecursionError):
        raise error(broken) from None
    if not isinstance(fields, dict) or not fields.keys() >= set(required):
        raise error(broken)
    return fields


def note(sentence: str) -> str:
    """For the mailbox: a sentence that the page shows, or hides when it is empty."""
    return json.dumps({"note": sentence})


def file(name: str, url: str) -> str:
    """For the mailbox: a file that the browser saves under a name.

    Args:
        url: data URL of its content.
    """
    return json.dumps({"note": "", "name": name, "data": url})


def data_url(kind: str, content: bytes) -> str:
    """A file of a media type as a data URL."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def point_lists(strokes: Iterable[np.ndarray]) -> list[list[list[float]]]:
    """(P, 2) arrays as [[x, ...], [y, ...]] with two decimals, the shape of the public API."""
    return [np.round(np.asarray(line, np.float64).T, 2).tolist() for line in strokes]
