"""Safetensors files without their tensors: header, sizes, digests, by the standard library."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

from doodle.errors import ModelUnavailable

_LONGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors format itself
_ITEM_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2}


def mend(path: Path) -> str:
    """The sentence that names the command which brings a shipped file back."""
    try:
        path = path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        pass  # not below the current folder: the full path it is
    return f"Run `git checkout -- {path.as_posix()}`, or train it anew: `python -m doodle train`."


def raw_header(path: Path) -> dict[str, Any]:
    """The raw header of a safetensors file, after checking that the file is whole."""
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= _LONGEST_HEADER:
                raise ValueError("it is no safetensors file")
            header: dict[str, Any] = json.loads(file.read(length))
        tensors = [entry for key, entry in header.items() if key != "__metadata__"]
        whole = 8 + length + max((entry["data_offsets"][1] for entry in tensors), default=0)
        if path.stat().st_size != whole:
            raise ValueError(f"it has {path.stat().st_size} bytes instead of {whole}")
    except FileNotFoundError:
        raise ModelUnavailable(f"The checkpoint {path} is missing. {mend(path)}") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"The checkpoint {path} is broken: {error}. {mend(path)}"
        raise ModelUnavailable(message) from error
    return header


def tensor_sizes(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Return (how many parameters the file stores, their bytes in memory at most: float32)."""
    parameters = loaded = 0
    for key, entry in raw_header(Path(path)).items():
        if key != "__metadata__":
            count = math.prod(entry["shape"])
            is_float = "F" in entry["dtype"]
            parameters += count
            loaded += count * (4 if is_float else _ITEM_BYTES.get(entry["dtype"], 1))
    return parameters, loaded


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def weights_sha256(path: str | os.PathLike[str]) -> str:
    """Hex digest of the weights alone, which stays when figures are written into the header."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        file.seek(8 + int.from_bytes(file.read(8), "little"))
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
