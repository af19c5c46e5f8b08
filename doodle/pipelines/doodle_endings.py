"""Endings from the generator of endings: ink that is missing of a drawing, traced into strokes.

SketchRNN goes on where the pen stopped, in an order that people draw in.  Who draws in another
order, a sun's face before its rays, leaves it at a loss.  The generator sees the drawing as a
picture, wherever the pen is: it is told where in the whole the drawing lies, at several likely
places, and draws what is missing there; that is traced.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.device import generators, product_dtype
from doodle.models.completion_gan import CompletionGan, united
from doodle.models.shapes import filled, multiple
from doodle.pipelines.doodles import traced
from doodle.pipelines.generator import AT_ONCE, LOT
from doodle.pipelines.ranker import Ranker
from doodle.pipelines.steps import WORK, Call, Step, Task, fitting
from doodle.pipelines.targets import Target
from doodle.strokes.curves import Curve, curve_points
from doodle.strokes.drawing import QUICKDRAW_SIDE
from doodle.strokes.geometry import bounds, distinct, extent, resample
from doodle.strokes.raster import quickdraw_bitmap, rasterize
from doodle.strokes.wholes import CELL, CELLS, LINE_WIDTH, LONGER_SIDE, SHARES

PICTURES, TRUNCATION = 48, 0.9  # endings drawn in a round, and the size of their noise
TRACED = 24  # of a round's pictures: those in which the word is seen best, for tracing is slow
LIKELY = 0.85  # of the chance of all places, in the likeliest ones that are tried
# in pixels of the picture:
NEAR = 1.3  # a line so near to the drawing's is that line
REACH = 2.6  # a cut line's end is drawn to the drawing's line within that
SHORT_BETWEEN, SHORT_CUT, SHORT = 4.5, 3.0, 1.5  # dropped: cut at both ends, at one, at none

_SPACING = 4.0  # between points of a traced stroke, in the 256 space
_DENSE = 64  # points along the drawing's longer side, for distances


class Placement(NamedTuple):
    """Where a drawing lies in the picture of the whole: pixel = point * scale + (x, y)."""

    scale: float  # pixels a unit of the drawing
    x: float
    y: float
    share: float  # of the whole's longer side


class Missing(Step):
    """What is missing of begun pictures (n, 1, S, S) from noise z (n, z_size); its result: ink
    (n, 1, S, S) in [0, 1]."""

    def __init__(self, engine: EndingGenerator, target: Target, z: Tensor, begun: Tensor) -> None:
        super().__init__(engine, len(z))
        self.target, self.z, self.begun = target, z, begun


class EndingGenerator:
    """Draws what is missing for every task that waits.

    Args:
        network: in eval mode.  Its convolutions are computed in `product_dtype`.
        ranker: says in which pictures the word is seen; None: all are traced.
    """

    urgency = WORK
    parallel = True

    def __init__(self, network: CompletionGan, ranker: Ranker | None = None) -> None:
        self.network = network.to(memory_format=torch.channels_last)
        self.ranker = ranker
        self.device = network.text_mean.device
        self._half = product_dtype(self.device) == torch.bfloat16

    def take(self, steps: Sequence[Missing]) -> list[Missing]:
        return fitting(steps, AT_ONCE)

    @torch.inference_mode()
    def run(self, steps: Sequence[Missing]) -> None:
        """Draw the pictures of all steps."""
        vectors = [step.target.vector.expand(len(step.z), -1) for step in steps]
        z, text = torch.cat([step.z for step in steps]), torch.cat(vectors).to(self.device)
        begun = torch.cat([step.begun for step in steps])
        count = multiple(len(z), LOT)
        text = torch.cat([text, text[:1].expand(count - len(z), -1)])
        z, begun = filled(z, count), filled(begun, count)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._half):
            ink = self.network(z, text, begun).float()
        sizes = [step.size for step in steps]
        parts = ink[: sum(sizes)].split(sizes)
        for step, own in zip(steps, parts, strict=True):
            step.finish(own)

    def endings(self, lines: Sequence[np.ndarray], target: Target, seed: int, first: int) -> Task:
        """What may be added to a drawing; a part of a task.

        Args:
            lines: the drawing's strokes (P, 2).
            first: number of the first ending of PICTURES.

        Returns:
            For each ending strokes (P, 2) float32 in the drawing's units, the longest first; of
            one that adds nothing or is not among the TRACED best, none.  A dot says nothing of the
            size of a whole: no endings.
        """
        if extent(lines) <= 0:
            return []
        numbered = generators(seed, first + PICTURES)[first:]
        size = self.network.config.z_size
        z = TRUNCATION * torch.stack([torch.randn(size, generator=g) for g in numbered])
        placed = yield Call(partial(self.placements, lines, target, seed, first))
        begun = yield Call(partial(self._begun, lines, placed))
        ink = yield Missing(self, target, z.to(self.device), begun)
        kept = yield from self._best(target, begun, ink)
        curves = yield Call(partial(strokes_of, ink[kept]))
        chosen = [placed[k] for k in kept]
        added = yield Call(partial(additions, curves, chosen, lines, ink.shape[-1]))
        found = dict(zip(kept, added, strict=True))
        return [found.get(k, []) for k in range(len(ink))]

    def _best(self, target: Target, begun: Tensor, ink: Tensor) -> Task:
        """Numbers of the pictures to be traced, ascending; a part of a task."""
        if self.ranker is None:
            return list(range(len(ink)))
        wholes = yield Call(partial(_wholes, begun, ink, self.ranker.recogniser.config.side))
        chances = yield from self.ranker.chances(wholes, target.name, target.vector)
        return sorted(np.argsort(-np.asarray(chances), kind="stable")[:TRACED].tolist())

    @torch.inference_mode()
    def placements(
        self, lines: Sequence[np.ndarray], target: Target, seed: int, first: int
    ) -> list[Placement]:
        """PICTURES likely places, each as often as it is likely."""
        side = self.network.config.size
        alone = torch.from_numpy(quickdraw_bitmap(lines, size=side)).to(self.device)
        text = self.network.centred(target.vector.to(self.device)[None])
        chances = self.network.places(alone[None, None] / 255, text)[0].softmax(0).double().cpu()
        ordered, index = chances.sort(descending=True)
        kept = int((ordered.cumsum(0) < LIKELY).sum()) + 1
        weights = (ordered[:kept] / ordered[:kept].sum()).numpy()
        # systematic sampling: one draw, then equal steps through the sum of chances
        start = np.random.default_rng((seed, first)).random()
        marks = (np.arange(PICTURES) + start) / PICTURES
        rows = np.minimum(np.searchsorted(weights.cumsum(), marks), kept - 1)
        return [_placement(int(index[row]), lines, side) for row in rows]

    def _begun(self, lines: Sequence[np.ndarray], placed: Sequence[Placement]) -> Tensor:
        """The drawing at its places, (n, 1, S, S) in [0, 1]."""
        side = self.network.config.size
        drawn: dict[Placement, np.ndarray] = {
            one: rasterize(
                lines, side, line_width=side * LINE_WIDTH, scale=one.scale, offset=(one.x, one.y)
            )
            for one in set(placed)
        }
        pictures = np.stack([drawn[one] for one in placed])[:, None].astype(np.float32) / 255
        return torch.from_numpy(pictures).to(self.device)


@torch.inference_mode()
def _wholes(begun: Tensor, ink: Tensor, side: int) -> Tensor:
    """The finished pictures as the recogniser reads them, (n, 1, side, side) uint8."""
    whole = united(begun, ink)
    if whole.shape[-1] != side:
        whole = F.interpolate(whole, (side, side), mode="area")
    return (255 * whole).round().byte().cpu()


def _placement(index: int, lines: Sequence[np.ndarray], side: int) -> Placement:
    """A place by its number among the network's."""
    share, cell = divmod(index, CELLS**2)
    away = (np.array(divmod(cell, CELLS))[::-1] - CELLS // 2) * CELL
    box = np.array(bounds(lines))
    whole = max(extent(lines), 1e-6) / SHARES[share]
    scale = side * LONGER_SIDE / whole
    x, y = side / 2 - ((box[:2] + box[2:]) / 2 - away * whole) * scale
    return Placement(scale, float(x), float(y), SHARES[share])


def strokes_of(ink: Tensor) -> list[list[Curve]]:
    """The traced strokes of pictures (n, 1, S, S), in the 256 space; slow, about 3 ms each."""
    return traced(np.round(255 * (1 - ink[:, 0].float().cpu().numpy())).astype(np.uint8))


def additions(
    curves: Sequence[Sequence[Curve]],
    placed: Sequence[Placement],
    lines: Sequence[np.ndarray],
    size: int,
) -> list[list[np.ndarray]]:
    """What each picture adds to a drawing.

    Args:
        curves: of `strokes_of`; placed: where the drawing lies in each.
        lines: the drawing's strokes.
        size: side of the pictures in pixels.

    Returns:
        For each picture strokes (P, 2) float32 in the drawing's units, the longest first.
    """
    points = iter(curve_points([curve for part in curves for curve in part], _SPACING))
    spacing = extent(lines) / _DENSE
    dense = np.concatenate([_dense(np.asarray(line, np.float64), spacing) for line in lines])
    found = []
    for part, place in zip(curves, placed, strict=True):
        pixels = dense * place.scale + (place.x, place.y)
        pieces = []
        for _ in part:
            stroke = np.asarray(next(points), np.float64) * (size / QUICKDRAW_SIDE)
            pieces += _pieces(stroke, pixels)
        pieces.sort(key=lambda piece: -_length(piece))
        moved = [(piece - (place.x, place.y)) / place.scale for piece in pieces]
        found.append([piece.astype(np.float32) for piece in moved])
    return found


def _pieces(stroke: np.ndarray, drawn: np.ndarray) -> list[np.ndarray]:
    """The pieces of a stroke (P, 2) that are away from points (Q, 2), ends drawn to them."""
    # squared distances as |a|^2 + |b|^2 - 2 ab: one product instead of a difference a pair
    nearest = ((drawn**2).sum(axis=1) - 2 * stroke @ drawn.T).min(axis=1)
    apart = (stroke**2).sum(axis=1) + nearest
    away = np.concatenate([[False], apart > NEAR**2, [False]])
    starts, ends = (np.flatnonzero(np.diff(away.astype(int)) == way) for way in (1, -1))
    pieces = []
    for start, end in zip(starts, ends, strict=True):
        cut = (bool(start > 0), bool(end < len(stroke)))
        piece = stroke[max(0, start - 1) : end + 1]
        least = (SHORT, SHORT_CUT, SHORT_BETWEEN)[sum(cut)]
        if len(piece) > 1 and _length(piece) >= least:
            pieces.append(_joined(piece, drawn))
    return pieces


def _joined(piece: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The piece bent so that its ends lie on the drawing's nearest points, where in reach."""
    moves = np.zeros((2, 2))
    closed = np.hypot(*(piece[0] - piece[-1])) < REACH
    for end in range(0 if not closed else 2, 2):
        apart = drawn - piece[-end]
        nearest = np.hypot(*apart.T).argmin()
        if np.hypot(*apart[nearest]) <= REACH:
            moves[end] = apart[nearest]
    steps = np.hypot(*np.diff(piece, axis=0).T)
    way = np.append(0.0, steps.cumsum()) / max(steps.sum(), 1e-9)
    return piece + (1 - way)[:, None] * moves[0] + way[:, None] * moves[1]


def _dense(line: np.ndarray, spacing: float) -> np.ndarray:
    line = distinct(line)
    return resample(line, spacing) if len(line) > 1 and spacing > 0 else line


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())
