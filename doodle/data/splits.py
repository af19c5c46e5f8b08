"""Which side of the train/valid/test split a drawing falls on: by hash, the same everywhere."""

from __future__ import annotations

import hashlib

import numpy as np

SPLITS = ("train", "valid", "test")
VALID_SHARE, TEST_SHARE = 0.025, 0.05


def split_of(content: bytes) -> int:
    """0 train, 1 valid, 2 test, from the SHA-1 of what identifies the drawing.

    For a bitmap, and for strokes traced from one, that is the bitmap's 784 bytes, so both fall on
    the same side; for recorded strokes it is their int16 rows.
    """
    share = int.from_bytes(hashlib.sha1(content, usedforsecurity=False).digest()[:4], "big") / 2**32
    if share < TEST_SHARE:
        return 2
    return 1 if share < TEST_SHARE + VALID_SHARE else 0


def split_of_bitmap(bitmap: np.ndarray) -> int:
    """Args: bitmap: 784 uint8 grey levels, any shape."""
    return split_of(np.ascontiguousarray(bitmap, dtype=np.uint8).tobytes())


def split_of_strokes(rows: np.ndarray) -> int:
    """Args: rows: (P, 3) stroke-3 rows with whole-number coordinates."""
    return split_of(np.ascontiguousarray(rows, dtype="<i2").tobytes())
