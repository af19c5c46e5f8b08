"""Scores endings by how likely a person would have drawn them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from doodle.models.ending_critic import EndingCritic
from doodle.strokes.geometry import extent, simplify
from doodle.strokes.raster import two_planes

SPACE, EPSILON = 255.0, 2.0  # the critic learned from lines that RDP had simplified in this space


class Critic:
    """The critic of endings.

    Args:
        network: in eval mode.
    """

    def __init__(self, network: EndingCritic) -> None:
        self.network = network

    @torch.inference_mode()
    def scores(
        self,
        begun: Sequence[np.ndarray],
        endings: Sequence[Sequence[np.ndarray]],
        vector: Tensor,
    ) -> list[float]:
        """A score for each ending of a drawing, to be compared among them.

        Args:
            begun: strokes (P, 2), in any units.
            endings: what each adds, in the same units; one that adds nothing gets the least score.
            vector: (512,), of the word.
        """
        network, config = self.network, self.network.config
        there = [k for k, ending in enumerate(endings) if ending]
        found = [-float("inf")] * len(endings)
        if not there:
            return found
        planes = [_planes(begun, endings[k], config.side, config.line) for k in there]
        device = network.text_mean.device
        ink = torch.from_numpy(np.stack(planes)).to(device).float() / 255
        scores = network(ink, vector.to(device).expand(len(ink), -1)).float().tolist()
        for k, score in zip(there, scores, strict=True):
            found[k] = score
        return found


def _planes(
    begun: Sequence[np.ndarray], added: Sequence[np.ndarray], side: int, line: float
) -> np.ndarray:
    scale = SPACE / max(extent([*begun, *added]), 1e-6)
    before, after = (
        [simplify(np.asarray(stroke) * scale, EPSILON) for stroke in part]
        for part in (begun, added)
    )
    return two_planes(before, after, side, line)
