"""Examples that a tool offers at one click: one JSON file each, drawn by us."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_examples(folder: Path) -> list[dict[str, Any]]:
    """Every example of a folder, in the order of the files.

    Returns:
        For each its "name", its "drawing" in wire form, and what else its tool keeps there.
    """
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
