"""Scores drawings by the recogniser: how likely is it that a stranger names the word?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..models.recogniser import Recogniser
from ..strokes.raster import quickdraw_bitmap

BATCH = 128


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
        """Probability of the word for each drawing.

        A word outside the categories is scored in text space, as one more class beside them.

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
        network = self.recogniser
        if word in self._row:
            return network.probabilities(ink)[:, self._row[word]]
        _, embedding = network(ink)
        own = network.similarity(embedding, vector.unsqueeze(0).to(ink.device))
        logits = torch.cat([network.text_logits(embedding), own * network.log_scale.exp()], dim=1)
        return torch.softmax(logits, dim=1)[:, -1]
