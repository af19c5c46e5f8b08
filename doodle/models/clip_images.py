"""CLIP's image tower through open_clip: how well a line drawing shows a word.

Radford et al. 2021 (arXiv 2103.00020). The weights are the user's: a file, or what open_clip keeps
in the hub cache. Nothing is ever fetched here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MODEL, WEIGHTS = "ViT-B-32-quickgelu", "openai"
PROMPT = "a {}"
# of the pictures that CLIP was trained on, as open_clip's preprocessing has them
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


def cached_weights() -> Path | None:
    """The file of CLIP's weights in the hub cache; None where it is not there."""
    from huggingface_hub import try_to_load_from_cache
    from open_clip.pretrained import get_pretrained_cfg

    repository = get_pretrained_cfg(MODEL, WEIGHTS)["hf_hub"].strip("/")
    for name in FILES:
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


class Clip(Protocol):
    """What is asked of an open_clip model."""

    def encode_image(self, image: Tensor) -> Tensor:
        """(n, width) of pictures (n, 3, size, size)."""
        ...

    def encode_text(self, text: Tensor) -> Tensor:
        """(n, width) of tokens (n, 77)."""
        ...

    def eval(self) -> Clip:
        """Itself, in eval mode."""
        ...

    def requires_grad_(self, requires_grad: bool = True) -> Clip:
        """Itself, without gradients."""
        ...


class ClipImages(nn.Module):
    """Cosine of pictures and words.

    Args:
        clip: an open_clip model.
        tokenizer: list of texts to (n, 77) tokens.
        size: side of the pictures that the image tower takes.
    """

    clip: Clip
    mean: Tensor
    std: Tensor

    def __init__(self, clip: Clip, tokenizer: Callable[[list[str]], Tensor], size: int):
        super().__init__()
        self.clip = clip.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.size = size
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    @torch.no_grad()
    def text(self, words: list[str]) -> Tensor:
        """(n, width) of unit length."""
        tokens = self.tokenizer([PROMPT.format(word) for word in words]).to(self.mean.device)
        return F.normalize(self.clip.encode_text(tokens).float(), dim=1)

    @torch.no_grad()
    def similarity(self, ink: Tensor, text: Tensor) -> Tensor:
        """Cosines (B, n) of ink (B, 1, side, side) in [0, 1] with text (n, width).

        CLIP is shown black ink on white paper, enlarged as open_clip enlarges photographs.
        """
        size = (self.size, self.size)
        paper = 1 - F.interpolate(ink, size, mode="bicubic", antialias=True).clamp(0, 1)
        pictures = (paper.expand(-1, 3, -1, -1) - self.mean) / self.std
        return F.normalize(self.clip.encode_image(pictures).float(), dim=1) @ text.t()


def load_clip_images(file: Path, model: str = MODEL) -> ClipImages:
    """Build the towers from a file of weights.

    Args:
        file: a state dict, as .safetensors or .pt; the latter is read with weights_only.
        model: open_clip's name of the architecture.

    Raises:
        ValueError: the file is not there, or no weights of this architecture.
    """
    import open_clip

    if not file.is_file():
        raise ValueError(f"no file {file} with CLIP's weights")
    try:
        clip = open_clip.create_model(model, pretrained=str(file))
    except Exception as error:  # open_clip fails in many ways on a file of something else
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"{file} holds no weights of {model}: {why}") from error
    size = clip.visual.image_size
    size = size[0] if isinstance(size, tuple | list) else size
    return ClipImages(clip, open_clip.get_tokenizer(model), size)
