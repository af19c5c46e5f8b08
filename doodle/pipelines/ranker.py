"""Scores drawings by the recogniser: how likely is it that a stranger names the word?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from doodle.device import product_dtype
from doodle.models.recogniser import Recogniser
from doodle.models.shapes import filled, roomy
from doodle.pipelines.steps import WORK, Call, Step, Task, fitting, returned
from doodle.strokes.raster import quickdraw_bitmap

BATCH = 64  # pictures that are scored together, about 60 ms
LEAST = 16  # fewer are filled up with empty ones, or a picture's score would depend on the others
SAME = 0.6  # cosine, centred, from which a category means nearly what a text does


class Ranker:
    """Ranks candidates; the engine of its own steps.

    Args:
        recogniser: in eval mode.
        categories: the names of its outputs, in order.
    """

    urgency = WORK
    parallel = True

    def __init__(self, recogniser: Recogniser, categories: Sequence[str]) -> None:
        self.recogniser = quick(recogniser)
        self._row = {name: k for k, name in enumerate(categories)}

    def score(
        self, drawings: Sequence[Sequence[np.ndarray]], word: str, vector: Tensor
    ) -> list[float]:
        """Probability of the word for each drawing, as :meth:`chance` has it.

        Args:
            drawings: each a list of strokes (P, 2), in any units.
            word: as the word table names it; vector: (512,) its text vector.
        """
        return returned(self.scores(drawings, word, vector))

    def scores(self, drawings: Sequence[Sequence[np.ndarray]], word: str, vector: Tensor) -> Task:
        """The same as a part of a task, which returns the list."""
        if not drawings:
            return []
        pixels = yield Call(lambda: np.stack([quickdraw_bitmap(lines) for lines in drawings]))
        return (yield from self.chances(torch.from_numpy(pixels).unsqueeze(1), word, vector))

    def chances(self, ink: Tensor, word: str, vector: Tensor) -> Task:
        """The same of pictures (B, 1, side, side) uint8, ink 255; a part of a task."""
        answers = yield [Scored(self, part) for part in ink.split(BATCH)]
        logits, embedding = (torch.cat(parts) for parts in zip(*answers, strict=True))
        with torch.inference_mode():
            return self.chance(logits, embedding, word, vector).tolist()

    def take(self, steps: Sequence[Scored]) -> list[Scored]:
        return fitting(steps, BATCH)

    @torch.inference_mode()
    def run(self, steps: Sequence[Scored]) -> None:
        """What the recogniser says of the pictures of all steps."""
        ink = torch.cat([step.ink for step in steps]).to(self.recogniser.text.device).float() / 255
        sizes = [step.size for step in steps]
        for step, answer in zip(steps, read(self.recogniser, ink, sizes), strict=True):
            step.finish(answer)

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


class Scored(Step):
    """Pictures to be read: (n, 1, 28, 28) uint8, ink 255 on 0."""

    def __init__(self, ranker: Ranker, ink: Tensor) -> None:
        super().__init__(ranker, len(ink))
        self.ink = ink


def quick(recogniser: Recogniser) -> Recogniser:
    """The network itself, made ready for inference; two to four times as fast on a CPU.

    Its convolutions are in `product_dtype`: logits move by about a hundredth.
    """
    dtype = product_dtype(recogniser.text.device)
    return recogniser.fuse(dtype).to(memory_format=torch.channels_last)


def read(recogniser: Recogniser, ink: Tensor, sizes: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
    """Logits and embeddings of pictures, the same however many are read together.

    Args:
        ink: (B, 1, side, side) in [0, 1].
        sizes: how the answers are split; they sum up to B.
    """
    logits, embedding = recogniser(filled(ink, roomy(max(LEAST, len(ink)))))
    parts = (logits[: len(ink)].split(list(sizes)), embedding[: len(ink)].split(list(sizes)))
    return list(zip(*parts, strict=True))
