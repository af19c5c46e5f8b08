"""What of a photograph an edit changes: where two generated pictures differ, not the backdrop."""

from __future__ import annotations

import cv2
import numpy as np
import torch.nn.functional as F
from torch import Tensor

_FAINT, _CLEAR = 0.03, 0.12  # change, of 2, from which a pixel begins to change and does so whole
_MOVED = 0.08, 0.2  # the same of the change's detail, for lines that move
_FEATHER = 0.02  # of the side, the blur of the mask
_PLAIN = 14  # grey levels that a plain backdrop differs by from the place it is followed from


def blended(before: Tensor, after: Tensor, photograph: Tensor | None = None) -> Tensor:
    """What an edit adds to the photograph: the difference of two generated pictures where it acts.

    The photograph keeps what the generator does not draw of it. Where an edit moves lines, as of a
    mouth that opens, the photograph's own would shine through; there its detail beyond what the
    generator draws is taken away as well, and its colours stay.

    Args:
        before, after: (N, 3, S, S) in [-1, 1].
        photograph: of the same shape; None takes nothing away.

    Returns:
        (N, 3, S, S); faint changes, which are the generator's trembling, are left out.
    """
    change = after - before
    side = change.shape[-1]
    radius = max(1, round(_FEATHER * side))
    mask = _between(_FAINT, _CLEAR, _smooth(change.abs().amax(dim=1, keepdim=True), radius))
    found = change * _smooth(mask, radius)
    if photograph is None:
        return found
    detail = (change - _smooth(change, radius)).abs().amax(dim=1, keepdim=True)
    moved = _smooth(_between(*_MOVED, _smooth(detail, radius)), radius)
    kept = photograph - before
    return found - moved * (kept - _smooth(kept, radius))


def _between(low: float, high: float, x: Tensor) -> Tensor:
    """0 up to `low`, 1 from `high` on."""
    return ((x - low) / (high - low)).clamp(0, 1)


def _smooth(x: Tensor, radius: int) -> Tensor:
    for _ in range(2):
        padded = F.pad(x, (radius,) * 4, mode="replicate")
        x = F.avg_pool2d(padded, 2 * radius + 1, stride=1)
    return x


def as_pictures(pictures: Tensor) -> np.ndarray:
    """(N, 3, S, S) in [-1, 1] to (N, S, S, 3) uint8."""
    scaled = ((pictures.clamp(-1, 1) + 1) * 127.5).round()
    return scaled.permute(0, 2, 3, 1).byte().cpu().numpy()


def backdrop(picture: np.ndarray) -> np.ndarray:
    """Where an aligned face has a plain backdrop, as far as one colour reaches in from the rim.

    Careful rather than complete: of a busy background little is found, of hair nothing that differs
    from what is behind it.

    Args:
        picture: (S, S, 3) uint8.

    Returns:
        (S, S) float32, 1 on the backdrop, 0 on the head and wherever it is not sure, soft between.
    """
    side = len(picture)
    smooth = cv2.GaussianBlur(picture, (0, 0), max(0.5, side / 128))
    rows, columns = (np.mgrid[:side, :side] + 0.5) / side
    head = ((columns - 0.5) / 0.29) ** 2 + ((rows - 0.5) / 0.43) ** 2 < 1
    sure = np.zeros((side, side), bool)
    how = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    for y in (round(share * side) for share in (0.04, 0.12, 0.2, 0.28, 0.36, 0.44)):
        for x in (0, side - 1):
            if not sure[y, x]:
                found = np.zeros((side + 2, side + 2), np.uint8)
                cv2.floodFill(smooth.copy(), found, (x, y), 0, (_PLAIN,) * 3, (_PLAIN,) * 3, how)
                reached = found[1:-1, 1:-1] > 0
                if (reached & head).sum() < 0.08 * head.sum():  # else it is hair, or skin
                    sure |= reached
    sure &= ~head
    return cv2.GaussianBlur(sure.astype(np.float32), (0, 0), max(0.5, side / 100))
