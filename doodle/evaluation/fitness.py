"""How well pictures show their word, and whether they only spell it: scores of a data filter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from doodle.models.clip_images import ClipImages
from doodle.models.recogniser import Recogniser
from doodle.models.words import WordTable
from doodle.models.writing_detector import WritingDetector

BATCH = 256


class RecogniserFitness:
    """The recogniser's chance of the word.

    For one of its categories that is the calibrated chance; for any other word, its share among
    the categories and itself in text space.

    Args:
        recogniser: in eval mode.
        words: gives the categories' names and the vectors of other words.
        detector: of written words; None where they may stay.
    """

    name = "recogniser"
    threshold = 0.1

    def __init__(
        self, recogniser: Recogniser, words: WordTable, detector: WritingDetector | None
    ) -> None:
        self.recogniser, self.words, self.detector = recogniser, words, detector
        self._row = {name: k for k, name in enumerate(words.categories)}

    @torch.no_grad()
    def __call__(self, pictures: np.ndarray, word: str) -> tuple[np.ndarray, np.ndarray]:
        """Score pictures.

        Args:
            pictures: (n, 28, 28) uint8, ink 255 on 0.

        Returns:
            chance of the word and chance of being a written word, each (n,) in [0, 1].

        Raises:
            UnknownWord: the word table has no vector for the word.
        """
        parts = []
        for ink in _batches(pictures, self.recogniser.text.device):
            if word in self._row:
                parts.append(self.recogniser.probabilities(ink)[:, self._row[word]])
                continue
            embedding = self.recogniser(ink)[1]
            own = self.recogniser.similarity(embedding, self._vector(word))
            cosines = torch.cat([own, embedding @ self.recogniser.text.t()], dim=1)
            parts.append(torch.softmax(cosines * self.recogniser.log_scale.exp(), dim=1)[:, 0])
        return _numpy(parts), _written(self.detector, pictures)

    def _vector(self, word: str) -> Tensor:
        return self.words.lookup(word).vector[None].to(self.recogniser.text.device)


class ClipFitness:
    """CLIP's cosine of picture and word; what harusaku/eeicAI2021_2 filtered by."""

    name = "clip"
    threshold = 0.25

    def __init__(self, clip: ClipImages, detector: WritingDetector | None) -> None:
        self.clip, self.detector = clip, detector
        self._text = lru_cache(maxsize=1)(lambda word: clip.text([word]))

    def __call__(self, pictures: np.ndarray, word: str) -> tuple[np.ndarray, np.ndarray]:
        """As `RecogniserFitness`; the score is a cosine."""
        text = self._text(word)
        batches = _batches(pictures, text.device)
        scores = _numpy([self.clip.similarity(ink, text)[:, 0] for ink in batches])
        return scores, _written(self.detector, pictures)


def _batches(pictures: np.ndarray, device: torch.device) -> Iterator[Tensor]:
    """Ink (b, 1, 28, 28) in [0, 1]."""
    for start in range(0, len(pictures), BATCH):
        ink = pictures[start : start + BATCH].astype(np.float32) / 255
        yield torch.from_numpy(ink).unsqueeze(1).to(device)


def _written(detector: WritingDetector | None, pictures: np.ndarray) -> np.ndarray:
    if detector is None:
        return np.zeros(len(pictures), np.float32)
    return _numpy(
        detector.probabilities(x) for x in _batches(pictures, detector.head.weight.device)
    )


def _numpy(parts: Iterable[Tensor]) -> np.ndarray:
    parts = list(parts)
    return torch.cat(parts).float().cpu().numpy() if parts else np.zeros(0, np.float32)
