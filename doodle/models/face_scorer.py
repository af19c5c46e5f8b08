"""How well a text describes a face: two towers that meet (after Radford et al. 2021, 2103.00020).

The tower of texts begins with vectors of CLIP ViT-B/32's text space, which a table gives offline;
the tower of pictures is a small residual network. A picture and a text are compared by the cosine
of their embeddings; the loss is that of sigmoids (Zhai et al. 2023, arXiv 2303.15343, section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About

SLOPE = 0.2
LAST_SIDE = 4


class Known(NamedTuple):
    """What the scorer learned that is nearest to a text.

    Attributes:
        phrase: as it was learned.
        cosine: of the two texts' vectors after centring, -1 to 1.
        known: whether that is near enough to trust (`FaceScorerConfig.near`).
    """

    phrase: str
    cosine: float
    known: bool


@dataclass(frozen=True)
class FaceScorerConfig:
    """Sizes, and what was learned.

    Attributes:
        widths: channels at a half, a quarter, ... of the side; the last map is 4 x 4.
        text_size: of a vector in the text space.
        hidden: units of the tower of texts.
        embedding: numbers in which pictures and texts meet.
        phrases: that training used.
        near: cosine of a text's vector with the nearest phrase's from which it counts as known.
    """

    widths: tuple[int, ...] = (32, 64, 128, 192)
    text_size: int = 512
    hidden: int = 192
    embedding: int = 128
    phrases: tuple[str, ...] = ()
    near: float = 0.0

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise ValueError("widths are two or more positive numbers of channels")
        if not -1 <= self.near <= 1:
            raise ValueError("near is a cosine")

    @property
    def size(self) -> int:
        """Side in pixels at which pictures are seen."""
        return LAST_SIDE * 2 ** len(self.widths)

    @classmethod
    def tiny(cls) -> FaceScorerConfig:
        return cls(
            widths=(4, 6),
            text_size=8,
            hidden=6,
            embedding=5,
            phrases=("smiling", "glasses", "old man"),
            near=0.3,
        )


class Halving(nn.Module):
    """Residual block that halves the side."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, before, 3, padding=1)
        self.second = nn.Conv2d(before, after, 3, stride=2, padding=1)
        self.skip = nn.Conv2d(before, after, 1, bias=False)
        self.norm = nn.GroupNorm(1, before)

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, H, W) to (B, after, H / 2, W / 2)."""
        y = F.leaky_relu(self.first(self.norm(x)), SLOPE)
        y = self.second(y) + self.skip(F.avg_pool2d(x, 2))
        return F.leaky_relu(y * math.sqrt(0.5), SLOPE)


class FaceScorer(nn.Module):
    """The two towers; the same calls as open_clip's models have, texts being vectors here.

    Buffers:
        mean: (text_size,) of the text space, taken away before texts are compared.
        learned: (phrases, text_size) float16, the phrases' vectors less the mean, of unit length.
    """

    mean: Tensor
    learned: Tensor

    def __init__(self, config: FaceScorerConfig) -> None:
        super().__init__()
        self.config = c = config
        self.stem = nn.Conv2d(3, c.widths[0], 4, stride=2, padding=1)
        pairs = zip(c.widths, c.widths[1:], strict=False)
        self.blocks = nn.Sequential(*(Halving(before, after) for before, after in pairs))
        self.picture = nn.Linear(c.widths[-1] * LAST_SIDE**2, c.embedding)
        self.text_in = nn.Linear(c.text_size, c.hidden)
        self.text_out = nn.Linear(c.hidden, c.embedding)
        self.scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.bias = nn.Parameter(torch.tensor(0.0))
        self.register_buffer("mean", torch.zeros(c.text_size))
        self.register_buffer(
            "learned", torch.zeros(len(c.phrases), c.text_size, dtype=torch.float16)
        )

    # -- the towers ------------------------------------------------------------------------------

    def encode_image(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) in [-1, 1], of any size, to (B, embedding) of unit length."""
        side = self.config.size
        if pictures.shape[-1] != side:
            pictures = F.interpolate(
                pictures, (side, side), mode="bilinear", antialias=True, align_corners=False
            )
        x = self.blocks(F.leaky_relu(self.stem(pictures), SLOPE))
        return F.normalize(self.picture(x.flatten(1)).float(), dim=1)

    def encode_text(self, vectors: Tensor) -> Tensor:
        """Vectors (N, text_size) of the text space to (N, embedding) of unit length."""
        return self.encode_centred(self.centred(vectors))

    def encode_centred(self, vectors: Tensor) -> Tensor:
        """As `encode_text`, of vectors that `centred` has seen."""
        return F.normalize(self.text_out(F.gelu(self.text_in(vectors))).float(), dim=1)

    def centred(self, vectors: Tensor) -> Tensor:
        """(N, text_size) less the mean, of unit length: texts differ in little else."""
        return F.normalize(F.normalize(vectors.float(), dim=1) - self.mean.float(), dim=1)

    def forward(self, pictures: Tensor, vectors: Tensor) -> Tensor:
        """Logits (B, N) of each text being true of each picture."""
        return self.logits(self.encode_image(pictures), self.encode_text(vectors))

    def logits(self, pictures: Tensor, texts: Tensor) -> Tensor:
        """(B, N) of embeddings (B, embedding) and (N, embedding)."""
        return pictures @ texts.t() * self.scale.exp() + self.bias

    # -- what it knows ---------------------------------------------------------------------------

    def knows(self, vectors: Tensor) -> list[Known]:
        """For each of (N, text_size) the learned phrase nearest to it.

        Raises:
            ValueError: the network has no phrases.
        """
        if not self.config.phrases:
            raise ValueError("this scorer was trained without phrases")
        cosines = self.centred(vectors) @ F.normalize(self.learned.float(), dim=1).t()
        best, rows = cosines.max(dim=1)
        return [
            Known(self.config.phrases[row], cosine, cosine >= self.config.near)
            for row, cosine in zip(rows.tolist(), best.tolist(), strict=True)
        ]

    def probe(self, seed: int = 0) -> Tensor:
        """Logits of seeded noise and seeded texts. (16,)"""
        generator = torch.Generator().manual_seed(seed)
        side = self.config.size
        pictures = torch.rand(2, 3, side, side, generator=generator) * 2 - 1
        texts = torch.randn(6, self.config.text_size, generator=generator)
        with torch.no_grad():
            near = [one.cosine for one in self.knows(texts[:4])] if self.config.phrases else []
            return torch.cat([self(pictures, texts).flatten(), torch.tensor(near)])


def sigmoid_loss(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean of the logistic loss where the truth is known (Zhai et al. 2023, eq. 1).

    Args:
        logits: (B, N).
        truth: (B, N) of 1, 0 and NaN.
        weights: (2, N) of a picture that the text is not true of, and of one that it is.
    """
    known = torch.isfinite(truth)
    truth = torch.where(known, truth, 0.0)
    each = torch.where(truth > 0.5, weights[1], weights[0]) * known
    losses = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return (losses * each).sum() / each.sum().clamp_min(1e-6)


def listed(known: Sequence[Known]) -> str:
    """The phrases, each once: a, b or c."""
    names = list(dict.fromkeys(one.phrase for one in known))
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


ABOUT = {
    "face_scorer": About(
        title="Texts and faces compared",
        does="Says how well a text describes a face; edits of faces follow it.",
        run="python -m doodle evaluate face_edits --data FACES",
        fails=(
            "It knows what its training faces were labelled with: smile, age, man or woman, colour "
            "and length of hair, glasses, beard, mouth, eyes, and where a head is turned. Of "
            "other words it says which of these is nearest. Rare things (dyed hair, hats, anger) "
            "it knows poorly."
        ),
        cite=(
            "Alec Radford et al.: Learning Transferable Visual Models From Natural Language "
            "Supervision, 2021, arXiv 2103.00020; Xiaohua Zhai et al.: Sigmoid Loss for Language "
            "Image Pre-Training, 2023, arXiv 2303.15343."
        ),
    ),
}
