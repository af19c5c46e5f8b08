"""Directions in style space for texts: of attributes, and StyleCLIP's global ones beside them.

An attribute's direction is what styles differ in between faces with it and without, everything
else that is known of them being equal (a linear regression, as in InterFaceGAN's conditional
manipulation, Shen et al. 2020, arXiv 1907.10786, section 3.2). A text comes by its attributes
through the phrase nearest to it. A global direction (Patashnik et al. 2021, arXiv 2103.17249,
section 6) takes the style channels that move a picture's embedding towards a text's, those below a
threshold beta left out. Both are counted in deviations of the styles.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.models.about import About

METHODS = ("attributes", "response")
USUAL, STRONG = 0.3, 0.97  # quantiles of faces: a global direction leads from one to the other
FEEBLE = 1e-4  # predicted change of the embedding below which a direction does nothing

# a phrase, and (attribute, how much of it) for each that it means
Meaning = tuple[str, tuple[tuple[str, float], ...]]


@dataclass(frozen=True)
class FaceDirectionsConfig:
    """Sizes, what phrases mean, and what measured best.

    Attributes:
        styles: entries of the style of each modulated convolution, in order.
        attributes: their names, a row of directions each.
        meanings: of phrases.
        length: of a direction of attributes at strength 1, in deviations.
        embedding: numbers of the scorer's embeddings.
        pictures: embeddings of faces that are kept.
        rank: dimensions of the pictures' subspace onto which texts are projected (Ye et al. 2022,
            arXiv 2210.03919); 0: texts stay as they are.
        beta: share of the greatest response below which a channel is left out.
    """

    styles: tuple[int, ...] = (256, 256)
    attributes: tuple[str, ...] = ()
    meanings: tuple[Meaning, ...] = ()
    length: float = 32.0
    embedding: int = 128
    pictures: int = 512
    rank: int = 0
    beta: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.beta < 1 or not 0 <= self.rank <= self.embedding or self.length <= 0:
            raise ValueError("beta lies in 0..1, rank in 0..embedding, length above 0")
        meant = {name for _, parts in self.meanings for name, _ in parts}
        if lost := meant - set(self.attributes):
            raise ValueError(f"phrases mean what has no direction: {', '.join(sorted(lost))}")

    @property
    def channels(self) -> int:
        """Entries of s."""
        return sum(self.styles)

    @classmethod
    def tiny(cls) -> FaceDirectionsConfig:
        return cls(
            styles=(6, 6, 6, 6, 6, 4, 4, 4),
            attributes=("smiling", "glasses", "age"),
            meanings=(
                ("smiling", (("smiling", 1.0),)),
                ("glasses", (("glasses", 1.0),)),
                ("old man", (("age", 1.0), ("smiling", -0.5))),
            ),
            embedding=5,
            pictures=12,
            rank=3,
        )


class FaceDirections(nn.Module):
    """What was measured of one generator with one scorer.

    Buffers:
        deviation: (channels,) of the styles of encoded faces.
        along: (attributes, channels) float16, unit rows: the attributes' directions.
        response: (channels, embedding) float16, change of a picture's embedding per deviation.
        pictures: (pictures, embedding) float16, of faces as the generator draws them.
    """

    deviation: Tensor
    along: Tensor
    response: Tensor
    pictures: Tensor

    def __init__(self, config: FaceDirectionsConfig) -> None:
        super().__init__()
        self.config = c = config
        half = torch.float16
        self.register_buffer("deviation", torch.zeros(c.channels))
        self.register_buffer("along", torch.zeros(len(c.attributes), c.channels, dtype=half))
        self.register_buffer("response", torch.zeros(c.channels, c.embedding, dtype=half))
        self.register_buffer("pictures", torch.zeros(c.pictures, c.embedding, dtype=half))
        self._meanings = dict(c.meanings)

    def meaning(self, phrase: str) -> Tensor:
        """How much of each attribute a phrase means: (attributes,); zeros of an unknown one."""
        found = torch.zeros(len(self.config.attributes), device=self.deviation.device)
        for name, amount in self._meanings.get(phrase, ()):
            found[self.config.attributes.index(name)] += amount
        return found

    def of_attributes(self, amounts: Tensor, layers: tuple[int, int] | None = None) -> Tensor:
        """What strength 1 adds to styles for some of each attribute.

        Args:
            amounts: (attributes,).
            layers: as `of_response`.

        Returns:
            (channels,) in deviations, as long as the config says; zeros for none of any.
        """
        found = self._within(amounts @ self.along.float(), layers)
        return found * (self.config.length / found.norm().clamp_min(1e-6))

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
            pictures = self.pictures.float()
            apart = pictures - pictures.mean(dim=0)
            basis = torch.linalg.svd(apart, full_matrices=False).Vh[:rank]  # (rank, embedding)
            difference = difference @ basis.t() @ basis
        return F.normalize(difference, dim=0) if difference.norm() > 1e-6 else difference * 0

    def of_response(
        self, target: Tensor, beta: float | None = None, layers: tuple[int, int] | None = None
    ) -> Tensor:
        """What strength 1 adds to styles so that pictures' embeddings move along a text.

        It leads, as far as the responses predict it, from where a usual face lies along the text to
        where those lie that it fits best.

        Args:
            target: (embedding,), from `target`.
            beta: see the config, whose it is when None.
            layers: the first modulated convolution and the one after the last that may change;
                None: all.

        Returns:
            (channels,) in deviations; zeros where nothing moves pictures that way.
        """
        moved = self.response.float() @ target  # (channels,)
        found = self._within(moved, layers)
        beta = self.config.beta if beta is None else beta
        found = found * (found.abs() >= beta * found.abs().max())
        predicted = float(found @ moved)
        if predicted <= FEEBLE * float(found.norm()):
            return torch.zeros_like(found)
        return found * (self.gap(target) / predicted)

    def _within(self, change: Tensor, layers: tuple[int, int] | None) -> Tensor:
        if layers is None:
            return change
        number = torch.arange(len(self.config.styles), device=change.device)
        inside = (number >= layers[0]) & (number < layers[1])
        sizes = torch.tensor(self.config.styles, device=change.device)
        return change * inside.repeat_interleave(sizes)

    def gap(self, target: Tensor) -> float:
        """How far apart, along a text, a usual face and the faces lie that it fits best."""
        along = self.pictures.float() @ target
        return float(along.quantile(STRONG) - along.quantile(USUAL))

    def probe(self, seed: int = 0) -> Tensor:
        """A few entries of directions of seeded texts. (16,)"""
        generator = torch.Generator().manual_seed(seed)
        texts = F.normalize(torch.randn(3, self.config.embedding, generator=generator), dim=1)
        amounts = torch.randn(len(self.config.attributes), generator=generator)
        found = self.of_response(self.target(texts[0], texts[1]), beta=0.0)
        parts = [v[:: max(1, len(v) // 7)][:7] for v in (self.of_attributes(amounts), found)]
        gaps = torch.tensor([self.gap(text) for text in texts[1:]])
        return torch.cat([*parts, gaps])


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
