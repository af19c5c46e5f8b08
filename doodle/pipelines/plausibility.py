"""How likely a person would have ended a drawing so, beyond the word being seen in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from doodle.device import product_dtype
from doodle.models.stroke_classifier import StrokeClassifier
from doodle.pipelines.recognise import read_strokes, stroke_rows
from doodle.pipelines.steps import Call, Task
from doodle.strokes.geometry import extent, resample

SYMMETRY = 40.0  # nats for a mean distance of the whole longer side from the mirrored drawing
UNLIKELY = -6.0  # nats, below which the stroke classifier's doubt counts no more
SPECK = 0.035  # of the longer side: a shorter stroke is a speck
SPECKS = 3  # in an ending that need no excuse; networks add seven and more five times as often as
SPECKLED = 0.5  # people do, so each beyond costs so many nats, up to
MOST_SPECKLED = 3.0
WOUND = (
    4.0  # length of a stroke over its extent, a ring's being 3.1, beyond which it is a scribble:
)
SCRIBBLED = 1.0  # nats for each unit more, up to
MOST_SCRIBBLED = 6.0
CROSSINGS = 1  # of new lines with those that are there that need no excuse: people make 1.3,
CROSSED = 0.5  # networks 2.0; nats for each beyond, up to
MOST_CROSSED = 3.0
READ = 16  # endings, the most symmetric ones, that the stroke classifier reads: about 50 ms
_TOUCHING = 0.03  # of the drawing's longer side: lines so near touch
_JOINED = 0.08  # of a stroke's points at either end, where touching is joining
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
    ) -> Task:
        """Nats, to be compared among the endings of one drawing; a part of a task.

        Args:
            begun: strokes (P, 2), in any units.
            endings: what each adds, in the same units.
            word: as the word table names it; one that is no category is judged by symmetry alone.
        """
        if not endings:
            return []
        found = yield Call(partial(_of_shape, begun, endings))
        if word in self._row:
            read = np.argsort(-found, kind="stable")[:READ]
            wholes = [[*begun, *endings[k]] for k in read]
            chances = np.full(len(found), UNLIKELY)
            chances[read] = yield Call(partial(self._chances, wholes, self._row[word]))
            found = found + np.maximum(chances, UNLIKELY)
        return found.tolist()

    @torch.inference_mode()
    def _chances(self, drawings: Sequence[Sequence[np.ndarray]], row: int) -> np.ndarray:
        """The stroke classifier's log-probabilities of a category, (B,)."""
        device = next(self.classifier.parameters()).device
        parts = [torch.from_numpy(part).to(device) for part in stroke_rows(drawings)]
        found = torch.empty(len(drawings))
        # short and long ones apart: every row of padding costs as much as a row
        for chosen in parts[1].argsort().chunk(2):
            rows, lengths, flags = (part[chosen] for part in parts)
            half = product_dtype(device) == torch.bfloat16
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                logits = read_strokes(self.classifier, rows, lengths, flags)
            found[chosen.cpu()] = torch.log_softmax(logits.float(), dim=1)[:, row].cpu()
        return found.numpy()


def _of_shape(begun: Sequence[np.ndarray], endings: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """What the shapes alone say, nats, (len(endings),)."""
    side = extent(begun)
    specks = np.array([_specks(ending, SPECK * side) for ending in endings])
    speckled = np.minimum(SPECKLED * np.maximum(specks - SPECKS, 0), MOST_SPECKLED)
    beyond = np.maximum(crossings(begun, endings) - CROSSINGS, 0)
    speckled += np.minimum(CROSSED * beyond, MOST_CROSSED)
    return -SYMMETRY * asymmetries(begun, endings) - speckled - _scribbled(endings, SPECK * side)


def _specks(ending: Sequence[np.ndarray], short: float) -> int:
    """How many of its strokes are shorter than that."""
    lengths = [np.hypot(*np.diff(np.asarray(stroke), axis=0).T).sum() for stroke in ending]
    return sum(bool(length < short) for length in lengths)


def _scribbled(endings: Sequence[Sequence[np.ndarray]], short: float) -> np.ndarray:
    """Nats that strokes wound up in themselves cost, (len(endings),); specks are none."""
    found = np.zeros(len(endings))
    for k, ending in enumerate(endings):
        for stroke in map(np.asarray, ending):
            length, size = np.hypot(*np.diff(stroke, axis=0).T).sum(), extent([stroke])
            if size >= short > 0:
                found[k] += SCRIBBLED * max(0.0, length / size - WOUND)
    return np.minimum(found, MOST_SCRIBBLED)


def crossings(begun: Sequence[np.ndarray], endings: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """How often the strokes of each ending pass over the drawing's lines, (len(endings),).

    Where a stroke begins or ends at a line it joins it; where it runs along one it passes once.
    """
    side = _side(begun, endings)
    before = _dense(begun, side / _DENSE)
    squares = (before**2).sum(axis=1)
    found = np.zeros(len(endings))
    for k, ending in enumerate(endings):
        for stroke in ending:
            points = _dense([stroke], side / _DENSE)
            # squared distances as |a|^2 + |b|^2 - 2 ab: one product instead of a difference a pair
            apart = (points**2).sum(axis=1) + (squares - 2 * points @ before.T).min(axis=1)
            ends = max(1, round(_JOINED * len(points)))
            near = (apart < (_TOUCHING * side) ** 2)[ends : len(points) - ends]
            found[k] += np.count_nonzero(np.diff(near.astype(int), prepend=0) == 1)
    return found


def asymmetries(begun: Sequence[np.ndarray], endings: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """For each ending the mean distance of the finished drawing's points from its mirror image at
    the upright line through its middle, in shares of its longer side; 0 is symmetric.
    """
    spacing = _side(begun, endings) / _DENSE
    before = _dense(begun, spacing)
    found = []
    for ending in endings:
        points = np.concatenate([before, _dense(ending, spacing)]) if ending else before
        low, high = points.min(axis=0), points.max(axis=0)
        mirrored = points * (-1, 1) + (low[0] + high[0], 0)
        apart = np.hypot(*(points[::2, None] - mirrored[None]).transpose(2, 0, 1)).min(axis=1)
        found.append(apart.mean() / max(float((high - low).max()), 1e-6))
    return np.array(found)


def _side(begun: Sequence[np.ndarray], endings: Sequence[Sequence[np.ndarray]]) -> float:
    """The longer side of what is begun; of a dot nothing but its endings tells the size."""
    largest = max((extent(ending) for ending in endings if ending), default=0.0)
    return max(extent(begun), largest / 4, 1e-6)


def _dense(lines: Sequence[np.ndarray], spacing: float) -> np.ndarray:
    """Points (P, 2) along lines."""
    strokes = map(np.asarray, lines)
    return np.concatenate([resample(s, spacing) if len(s) > 1 else s for s in strokes])
