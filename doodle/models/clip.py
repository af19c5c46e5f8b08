"""CLIP's text tower: a text to a unit vector of size 512.

Alec Radford et al.: Learning Transferable Visual Models From Natural Language Supervision, 2021,
arXiv 2103.00020, section 2.4: a transformer with a causal mask over byte-pair tokens; the state at
the end token, normalised and projected, is the text's vector. The network itself is open_clip's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About

PROMPT = "a {}"


@dataclass(frozen=True)
class ClipTextConfig:
    """The text tower of ViT-B-32-quickgelu by default.

    Attributes:
        context: tokens of a text; longer ones are cut.
        vocabulary: of the byte-pair tokens.
        text_size: size of a vector.
    """

    width: int = 512
    heads: int = 8
    layers: int = 12
    context: int = 77
    vocabulary: int = 49408
    text_size: int = 512

    @classmethod
    def tiny(cls) -> ClipTextConfig:
        return cls(width=16, heads=2, layers=2, context=12)


class ClipText(nn.Module):
    """Encodes texts as CLIP does.

    open_clip is imported here, when a tower is built, and not before.
    """

    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        from open_clip.tokenizer import SimpleTokenizer
        from open_clip.transformer import QuickGELU, TextTransformer

        self.config = config
        self.tower = TextTransformer(
            context_length=config.context,
            vocab_size=config.vocabulary,
            width=config.width,
            heads=config.heads,
            layers=config.layers,
            output_dim=config.text_size,
            act_layer=QuickGELU,
        )
        self._tokenizer = SimpleTokenizer(context_length=config.context)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """(B, text_size) float32 of unit length for the prompt "a {text}" of each text."""
        tokens = self._tokenizer([PROMPT.format(text) for text in texts])
        return self.encode(tokens.to(self.tower.positional_embedding.device))

    def encode(self, tokens: Tensor) -> Tensor:
        """(B, text_size) float32 of unit length from (B, context) tokens, 0 after the end token."""
        return F.normalize(self.tower(tokens).float(), dim=1)

    def probe(self, seed: int = 0) -> Tensor:
        """(16,) numbers of a random line of tokens that any machine with these weights finds."""
        random = torch.Generator().manual_seed(seed)
        tokens = torch.randint(
            1, self.config.vocabulary - 2, (1, self.config.context), generator=random
        )
        tokens[0, -1] = self.config.vocabulary - 1  # the end token has the highest number
        return self.encode(tokens.to(self.tower.positional_embedding.device))[0, :16]


ABOUT = {
    "clip_text": About(
        title="CLIP's text encoder",
        does=(
            "Gives the vector of any English text; fetched by `python -m doodle models get "
            "clip`, not shipped. Where it is missing, the word table answers."
        ),
        run="python -m doodle models get clip",
        fails=(
            "It reads little but English, and takes a phrase as a whole: which word it is about "
            "is nowhere marked."
        ),
        cite=(
            "Alec Radford et al.: Learning Transferable Visual Models From Natural Language "
            "Supervision, 2021, arXiv 2103.00020."
        ),
    ),
}
