"""Scores drawings by the recogniser: how likely is it that a stranger names the word?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..models.recogniser import Recogniser
from ..strokes.raster import quickdraw_bitmap

BATCH = 128
SAME = 0.6  # cosine, centred, from which a category means nearly what a text does


class Judge:
    """Ranks candidates.

    Args:
        recogniser: in eval mode.
        categories: the names of its outputs, in order.
    """

    def __init__(self, recogniser: Recogniser, categories: Sequence[str]) -> None:
        self.recogniser = recogniser
        self._row = {name: k for k, name in enumerate(categories)}

    def score(
        self, drawings: Sequence[Sequence[np.ndarray]], word: str, vector: Tensor
    ) -> list[float]:
        """Probability of the word for each drawing, as :meth:`chance` has it.

        Args:
            drawings: each a list of strokes (P, 2), in any units.
            word: as the word table names it; vector: (512,) its text vector.
        """
        if not drawings:
            return []
        pixels = np.stack([quickdraw_bitmap(strokes) for strokes in drawings])
        device = self.recogniser.text.device
        scores: list[float] = []
        for k in range(0, len(pixels), BATCH):
            part = torch.from_numpy(pixels[k : k + BATCH]).to(device)
            scores += self._batch(part.unsqueeze(1).float() / 255, word, vector).tolist()
        return scores

    @torch.no_grad()
    def _batch(self, ink: Tensor, word: str, vector: Tensor) -> Tensor:
        return self.chance(*self.recogniser(ink), word, vector)

    def chance(self, logits: Tensor, embedding: Tensor, word: str, vector: Tensor) -> Tensor:
        """Probability of the word from what the recogniser said of pictures, (B,).

        A category's is calibrated.  Any other text is one more class in text space beside the
        categories, but for those that mean nearly the same: "sleepy cat" does not compete with
        "cat".

        Args:
            logits: (B, categories); embedding: (B, 512): of `Recogniser.forward`.
            word: as the word table names it; vector: (512,) its text vector.
        """
        network = self.recogniser
        if word in self._row:
            return torch.softmax(logits.float() / network.temperature, dim=1)[:, self._row[word]]
        vector = vector.to(embedding.device).unsqueeze(0)
        other = network.similarity(network.text, vector)[:, 0] < SAME  # (categories,)
        rivals = network.text_logits(embedding)[:, other]
        own = network.similarity(embedding, vector) * network.log_scale.exp()
        return torch.softmax(torch.cat([rivals, own], dim=1), dim=1)[:, -1]
