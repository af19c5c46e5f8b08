"""CLIP's weights: from the hub that open_clip downloads from, or from a file or cache at hand."""

from __future__ import annotations

import os
from pathlib import Path

MODEL, PRETRAINED = "ViT-B-32-quickgelu", "openai"
TIMEOUT = 20  # seconds that the server may be silent
NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin", "ViT-B-32.pt")
WITHOUT = (
    "Without a network, copy open_clip_model.safetensors of timm/vit_base_patch32_clip_224.openai "
    "or OpenAI's ViT-B-32.pt here and run `python -m doodle models get clip --from FILE`"
)


def download() -> Path:
    """Download the weights once, by way of open_clip; later calls find them in the hub's cache.

    Raises:
        OSError: they cannot be had; the message says what to do without a network.
    """
    # read when huggingface_hub is imported
    for name in ("HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_ETAG_TIMEOUT"):
        os.environ.setdefault(name, str(TIMEOUT))
    from open_clip.pretrained import download_pretrained, get_pretrained_cfg

    try:
        return Path(download_pretrained(get_pretrained_cfg(MODEL, PRETRAINED)))
    except Exception as error:  # each layer below has its own: hub, http client, url, checksum
        why = " ".join(str(error).split())[:200]
        raise OSError(f"CLIP could not be downloaded ({why}). {WITHOUT}") from error


def find(path: Path) -> Path:
    """A file as it is; in a folder, such as the hub's cache, the first of NAMES below it.

    Raises:
        FileNotFoundError: there is none.
    """
    if path.is_file():
        return path
    found = [file for name in NAMES for file in sorted(path.rglob(name))]
    if not found:
        raise FileNotFoundError(f"no {', '.join(NAMES)} in {path}. {WITHOUT}")
    return found[0]
