"""How likely a person would have ended a drawing so, beyond the word being seen in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from doodle.models.stroke_classifier import StrokeClassifier
from doodle.pipelines.recognise import stroke_rows
from doodle.strokes.geometry import extent, resample

SYMMETRY = 40.0  # nats for a mean distance of the whole longer side from the mirrored drawing
UNLIKELY = -6.0  # nats, below which the stroke classifier's doubt counts no more
_DENSE = 60  # points along a drawing's longer side


class Plausibility:
    """Scores endings of one drawing by how plausible they are.

    The recogniser's chance says little of that: of twelve endings of a drawing, the likeliest lies
    no nearer to what its drawer added than any other. Two things do (docs/log.md): the stroke
    classifier's chance of the word, and how little the finished drawing changes when mirrored.

    Args:
        classifier: in eval mode.
        categories: the names of its outputs, in order.
    """

    def __init__(self, classifier: StrokeClassifier, categories: Sequence[str]) -> None:
        self.classifier = classifier
        self._row = {name: k for k, name in enumerate(categories)}

    def scores(
        self, begun: Sequence[np.ndarray], endings: Sequence[Sequence[np.ndarray]], word: str
    ) -> list[float]:
        """Nats, to be compared among the endings of one drawing.

        Args:
            begun: strokes (P, 2), in any units.
            endings: what each adds, in the same units.
            word: as the word table names it; one that is no category is judged by symmetry alone.
        """
        wholes = [[*begun, *ending] for ending in endings]
        if not wholes:
            return []
        chances = np.zeros(len(wholes))
        if word in self._row:
            chances = np.maximum(self._chances(wholes, self._row[word]), UNLIKELY)
        return [
            float(chance - SYMMETRY * asymmetry(whole))
            for chance, whole in zip(chances, wholes, strict=True)
        ]

    @torch.inference_mode()
    def _chances(self, drawings: Sequence[Sequence[np.ndarray]], row: int) -> np.ndarray:
        """The stroke classifier's log-probabilities of a category, (B,)."""
        device = next(self.classifier.parameters()).device
        parts = (torch.from_numpy(part).to(device) for part in stroke_rows(drawings))
        return torch.log_softmax(self.classifier(*parts).float(), dim=1)[:, row].cpu().numpy()


def asymmetry(lines: Sequence[np.ndarray]) -> float:
    """Mean distance of a drawing's points from the drawing mirrored at the upright line through its
    middle, in shares of its longer side; 0 is symmetric.
    """
    side = max(extent(lines), 1e-6)
    points = np.concatenate(
        [
            resample(line, side / _DENSE) if len(line) > 1 else line
            for line in map(np.asarray, lines)
        ]
    )
    middle = (points[:, 0].min() + points[:, 0].max()) / 2
    mirrored = points * (-1, 1) + (2 * middle, 0)
    apart = np.hypot(*(points[::2, None] - mirrored[None]).transpose(2, 0, 1))
    return float(apart.min(axis=1).mean() / side)
