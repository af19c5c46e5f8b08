"""State dicts in files of PyTorch's."""

from __future__ import annotations

import os

import torch
from torch import Tensor


def read_state_dict(source: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The state dict in a pickled file of PyTorch's.

    Raises:
        ValueError: the file holds none.
        OSError: it cannot be read.
    """
    try:
        # weights_only unpickles tensors and plain values, nothing else
        state = torch.load(source, map_location="cpu", weights_only=True)  # noqa: TID251
    except OSError:
        raise
    except Exception as error:  # what a broken pickle makes torch raise has no common kind
        raise ValueError(f"{source} holds no state dict of PyTorch's") from error
    if not isinstance(state, dict):
        raise ValueError(f"{source} holds no state dict of PyTorch's")
    return state
