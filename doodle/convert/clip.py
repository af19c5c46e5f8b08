"""CLIP ViT-B/32: open_clip's `.safetensors` or `.bin`, or OpenAI's `.pt`, a TorchScript archive.

The text tower is what is not below `visual.`; open_clip's newer layouts put `text.` before its
names.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import torch

from doodle import checkpoint
from doodle.convert.state_dicts import read_state_dict
from doodle.models.clip import PROMPT, ClipText, ClipTextConfig


def read_clip_text(path: str | os.PathLike[str], heads: int | None = None) -> ClipText:
    """Read the text tower out of CLIP's weights.

    Args:
        path: `.safetensors`, a pickled state dict, or a TorchScript archive.
        heads: of each attention; one for 64 channels, as in all of OpenAI's models, by default.

    Raises:
        ValueError: the file holds no such tower.
        OSError: it cannot be read.
    """
    if Path(path).suffix == ".safetensors":
        state = checkpoint.read_tensors(path)
    elif _is_script(path):
        state = torch.jit.load(path, map_location="cpu").state_dict()
    else:
        state = read_state_dict(path)
        inner = state.get("state_dict")
        state = inner if isinstance(inner, dict) else state
    state = {
        key.removeprefix("module.").removeprefix("text."): value
        for key, value in state.items()
        if "visual." not in key
    }
    try:
        vocabulary, width = state["token_embedding.weight"].shape
        layers = {key.split(".")[2] for key in state if key.startswith("transformer.resblocks.")}
        config = ClipTextConfig(
            width=width,
            heads=heads or width // 64,
            layers=len(layers),
            context=len(state["positional_embedding"]),
            vocabulary=vocabulary,
            text_size=state["text_projection"].shape[1],
        )
        module = ClipText(config)
        wanted = module.tower.state_dict()
        module.tower.load_state_dict({key: state[key].float() for key in wanted}, strict=True)
    except (KeyError, ValueError, AttributeError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise ValueError(f"{path} holds no text tower of CLIP's ({why})") from error
    return module.eval().requires_grad_(False)


def _is_script(path: str | os.PathLike[str]) -> bool:
    """Whether a file is an archive of TorchScript, which is a zip file with code in it."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in name for name in archive.namelist())


def convert_clip(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write the text tower of CLIP ViT-B/32 as a checkpoint, in half precision.

    Raises:
        ValueError: the file holds no such tower, or its vectors are not 512 long.
        OSError: a file cannot be read or written.
    """
    module = read_clip_text(source)
    if module.config.text_size != ClipTextConfig().text_size:
        raise ValueError(f"{source} is another CLIP than ViT-B/32: see `models get --help`")
    checkpoint.save(
        target,
        module,
        model="clip_text",
        config=module.config,
        data={"prompt": PROMPT, "local": True},
        training={"source": f"{Path(source).name}, sha256 {checkpoint.sha256_of(source)}"},
        licence="MIT",
        attribution="CLIP ViT-B/32 by OpenAI, as open_clip publishes it.",
    )
