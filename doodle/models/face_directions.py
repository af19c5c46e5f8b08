"""Directions in style space for texts: StyleCLIP's third method, and a regression beside it.

Patashnik et al. 2021 (arXiv 2103.17249), section 6: how far each style channel moves a picture's
embedding is measured once (`response`); a text's direction takes the channels that move pictures
its way, those below a threshold beta left out. `regression` says instead which styles go with an
embedding among faces that the generator draws, all other differences held. Everything is counted
in deviations of the styles; the scorer's embeddings are the space of texts and pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About

Method = Literal["response", "regression"]
USUAL, STRONG = 0.3, 0.97  # quantiles of faces: a text's strength 1 leads from one to the other
FEEBLE = 1e-4  # predicted change of the embedding below which a direction does nothing


@dataclass(frozen=True)
class FaceDirectionsConfig:
    """Sizes, and what measured best.

    Attributes:
        styles: entries of the style of each modulated convolution, in order.
        embedding: numbers of the scorer's embeddings.
        pictures: embeddings of faces that are kept.
        rank: dimensions of the pictures' subspace onto which texts are projected (Ye et al. 2022,
            arXiv 2210.03919); 0: texts stay as they are.
        method: "response" or "regression".
        beta: share of the greatest entry, in deviations, below which a channel is left out.
    """

    styles: tuple[int, ...] = (256, 256)
    embedding: int = 128
    pictures: int = 512
    rank: int = 0
    method: str = "regression"
    beta: float = 0.1

    def __post_init__(self) -> None:
        if self.method not in ("response", "regression"):
            raise ValueError("method is response or regression")
        if not 0 <= self.beta < 1 or not 0 <= self.rank <= self.embedding:
            raise ValueError("beta lies in 0..1, rank in 0..embedding")

    @property
    def channels(self) -> int:
        """Entries of s."""
        return sum(self.styles)

    @classmethod
    def tiny(cls) -> FaceDirectionsConfig:
        return cls(styles=(6, 6, 4), embedding=5, pictures=12, rank=3)


class FaceDirections(nn.Module):
    """What was measured of one generator with one scorer.

    Buffers:
        deviation: (channels,) of the styles of encoded faces.
        response: (channels, embedding), change of a picture's embedding per deviation.
        regression: (embedding, channels), deviations of the styles per change of the embedding.
        pictures: (pictures, embedding) of faces as the generator draws them.
    """

    deviation: Tensor
    response: Tensor
    regression: Tensor
    pictures: Tensor

    def __init__(self, config: FaceDirectionsConfig) -> None:
        super().__init__()
        self.config = c = config
        self.register_buffer("deviation", torch.zeros(c.channels))
        self.register_buffer("response", torch.zeros(c.channels, c.embedding))
        self.register_buffer("regression", torch.zeros(c.embedding, c.channels))
        self.register_buffer("pictures", torch.zeros(c.pictures, c.embedding))

    def target(self, wanted: Tensor, neutral: Tensor, rank: int | None = None) -> Tensor:
        """The direction from a neutral text to a wanted one.

        Args:
            wanted, neutral: (embedding,) of unit length, from the scorer's tower of texts.
            rank: of the projection; None: the config's.

        Returns:
            (embedding,) of unit length; zeros where the two texts are the same.
        """
        difference = wanted - neutral
        rank = self.config.rank if rank is None else rank
        if rank:
            apart = self.pictures - self.pictures.mean(dim=0)
            basis = torch.linalg.svd(apart, full_matrices=False).Vh[:rank]  # (rank, embedding)
            difference = difference @ basis.t() @ basis
        return F.normalize(difference, dim=0) if difference.norm() > 1e-6 else difference * 0

    def direction(
        self,
        target: Tensor,
        *,
        method: str | None = None,
        beta: float | None = None,
        layers: tuple[int, int] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """What strength 1 adds to styles so that pictures move towards a text.

        It moves a picture's embedding, as far as the responses predict it, from where a usual face
        lies along the text to where those lie that it fits best.

        Args:
            target: (embedding,), from `target`.
            method, beta: see the config, whose they are when None.
            layers: the first modulated convolution and the one after the last that may change;
                None: all.

        Returns:
            (channels,) in units of the styles, and the deviations of it (channels,); zeros where
            nothing moves pictures that way.
        """
        c = self.config
        method, beta = method or c.method, c.beta if beta is None else beta
        moved = self.response @ target  # (channels,)
        found = moved if method == "response" else target @ self.regression
        if layers is not None:
            number = torch.arange(len(c.styles), device=found.device)
            inside = (number >= layers[0]) & (number < layers[1])
            sizes = torch.tensor(c.styles, device=found.device)
            found = found * inside.repeat_interleave(sizes)
        if beta:
            found = found * (found.abs() >= beta * found.abs().max())
        predicted = float(found @ moved)
        if predicted <= FEEBLE * float(found.norm()):
            return torch.zeros_like(found), torch.zeros_like(found)
        found = found * (self.gap(target) / predicted)
        return found * self.deviation, found

    def gap(self, target: Tensor) -> float:
        """How far apart, along a text, a usual face and the faces lie that it fits best."""
        along = self.pictures @ target
        return float(along.quantile(STRONG) - along.quantile(USUAL))

    def probe(self, seed: int = 0) -> Tensor:
        """A few entries of directions of seeded texts. (16,)"""
        generator = torch.Generator().manual_seed(seed)
        texts = F.normalize(torch.randn(3, self.config.embedding, generator=generator), dim=1)
        numbers = []
        for method in ("response", "regression"):
            found, _ = self.direction(self.target(texts[0], texts[1]), method=method, beta=0.0)
            numbers.append(found[:: max(1, len(found) // 7)][:7])
        gaps = torch.tensor([self.gap(text) for text in texts[1:]])
        return torch.cat([*numbers, gaps])


ABOUT = {
    "face_directions": About(
        title="Texts as directions of faces",
        does="Moves a face of the generator towards a text, by a slider.",
        run="python -m doodle evaluate face_edits --data FACES",
        fails=(
            "It moves what the generator can draw and the scorer can see. Of glasses, beards and "
            "open mouths it gives a hint; a head that turns leaves a ghost of its outline. It "
            "belongs to one generator: train it anew with each."
        ),
        cite=(
            "Or Patashnik et al.: StyleCLIP, 2021, arXiv 2103.17249; Zongze Wu et al.: StyleSpace "
            "Analysis, 2021, arXiv 2011.12799."
        ),
    ),
}
