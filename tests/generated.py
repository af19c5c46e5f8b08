"""Small data folders made on the spot, in the layout that training reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np


def write_set(
    root: Path, categories: Sequence[str] = ("apple", "cat"), count: int = 40
) -> Path:
    """A small data folder of random drawings, traced ones linked to bitmaps."""
    rng = np.random.default_rng(0)
    for kind in ("real", "traced", "bitmaps"):
        (root / kind).mkdir(parents=True)
    for name in categories:
        for kind in ("real", "traced"):
            parts = []
            for _ in range(count):
                rows = rng.integers(-40, 60, size=(12, 3)).astype(np.int16)
                rows[:, 2] = 0
                rows[[5, 11], 2] = 1
                parts.append(rows)
            offsets = np.arange(count + 1) * 12
            extra = {"recognized": np.ones(count, np.int8)} if kind == "real" else {
                "bitmap": np.arange(count), "err": np.full(count, 5.0)}
            np.savez(root / kind / f"{name}.npz", strokes=np.concatenate(parts), offsets=offsets,
                     **extra)  # fmt: skip
        bitmaps = rng.integers(0, 255, size=(count, 784)).astype(np.uint8)
        np.savez(root / "bitmaps" / f"{name}.npz", bitmaps=bitmaps)
    return root
