"""The sketches a network eats: packed strokes with their categories, ordered and augmented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from doodle.data.splits import split_of_bitmap, split_of_strokes
from doodle.strokes.formats import from_stroke3, to_stroke3

# Well drawn first: these words get most of the training, and the page offers them first.
CORE_CATEGORIES = (
    "airplane", "apple", "bicycle", "bird", "butterfly", "camera", "candle", "car", "castle", "cat",
    "chair", "clock", "cloud", "coffee cup", "crab", "dog", "duck", "elephant", "envelope",
    "eyeglasses", "face", "fish", "flower", "giraffe", "guitar", "hand", "hat", "house",
    "ice cream", "key", "lollipop", "moon", "mushroom", "octopus", "owl", "pig", "pineapple",
    "rabbit", "sailboat", "snail", "snake", "spider", "star", "sun", "table", "tree", "umbrella",
    "wine glass",
)  # fmt: skip


@dataclass(frozen=True)
class SketchSet:
    """Stroke-3 drawings of many categories, one array.

    Attributes:
        rows: (P, 3) int16 stroke-3; the first row of a drawing is its absolute start.
        offsets: (N + 1,) where each drawing begins.
        category: (N,) index into ``names``.
        recorded: (N,) True where a hand's strokes were recorded, False where they were traced.
        named: (N,) True where Quick, Draw!'s own recogniser named the drawing in the game.
        split: (N,) 0 train, 1 valid, 2 test.
    """

    names: tuple[str, ...]
    rows: np.ndarray
    offsets: np.ndarray
    category: np.ndarray
    recorded: np.ndarray
    named: np.ndarray
    split: np.ndarray

    def __len__(self) -> int:
        return len(self.category)

    def drawing(self, index: int | np.integer) -> np.ndarray:
        """(P, 3) int16."""
        return self.rows[self.offsets[index] : self.offsets[index + 1]]


def load_sketches(
    root: Path,
    *,
    names: Sequence[str] | None = None,
    points: tuple[int, int] = (4, 96),
    max_error: float = 25.0,
) -> SketchSet:
    """Read the ``real`` and ``traced`` folders of a Quick, Draw! data folder.

    Args:
        root: holds real/<category>.npz and traced/<category>.npz.
        names: the categories wanted; all that are there when None.
        points: least and most points of a drawing that is kept.
        max_error: traced drawings whose re-rendering is further off, in grey levels, are dropped.
    """
    kinds = ("real", "traced")
    found = sorted({path.stem for kind in kinds for path in (root / kind).glob("*.npz")})
    if not found:
        raise FileNotFoundError(f"no real/ or traced/ drawings under {root}")
    names = tuple(names or found)
    parts: list[np.ndarray] = []
    category, recorded, named, split = [], [], [], []
    for index, name in enumerate(names):
        for kind in kinds:
            path = root / kind / f"{name}.npz"
            if not path.exists():
                continue
            for drawing, side, good in _read(path, root / "bitmaps" / f"{name}.npz", max_error):
                if points[0] <= len(drawing) <= points[1]:
                    parts.append(drawing)
                    category.append(index)
                    recorded.append(kind == "real")
                    named.append(good)
                    split.append(side)
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    return SketchSet(
        names,
        np.concatenate(parts).astype(np.int16),
        offsets.astype(np.int64),
        np.array(category, np.int16),
        np.array(recorded),
        np.array(named),
        np.array(split, np.int8),
    )


def _read(path: Path, bitmaps: Path, max_error: float) -> Iterator[tuple[np.ndarray, int, bool]]:
    with np.load(path, allow_pickle=False) as z:
        strokes, offsets = z["strokes"], z["offsets"]
        error = z["err"] if "err" in z else None
        link = z["bitmap"] if "bitmap" in z else None
        named = z["recognized"] if "recognized" in z else np.zeros(len(offsets), np.int8)
    pictures = None
    if link is not None and bitmaps.exists():
        with np.load(bitmaps, allow_pickle=False) as z:
            pictures = z["bitmaps"]
    for i in range(len(offsets) - 1):
        if error is not None and error[i] > max_error:
            continue
        drawing = strokes[offsets[i] : offsets[i + 1]]
        if pictures is not None and link is not None and link[i] >= 0:
            yield drawing, split_of_bitmap(pictures[link[i]]), False
        else:
            yield drawing, split_of_strokes(drawing), bool(named[i] == 1)


# -- order ---------------------------------------------------------------------------------------


def canonical_order(polylines: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Strokes in one consistent order and direction: large before small, then left to right.

    Tracing cannot know in which order a hand drew; any consistent order is easier to learn than a
    mixture.  Sizes count in octaves, so that equals (two wheels, the rays of a sun) go by place.
    Open strokes start at their upper left end; closed ones at the top, counter-clockwise.
    """
    strokes = [_canonical_direction(np.asarray(line)) for line in polylines if len(line)]

    def rank(line: np.ndarray) -> tuple[float, float]:
        low, high = line.min(axis=0), line.max(axis=0)
        middle = (low + high) / 2
        octave = round(np.log2(np.hypot(*(high - low)) + 8) * 1.25)
        return (-octave, middle[0] + 0.5 * middle[1])

    return sorted(strokes, key=rank)


def _canonical_direction(line: np.ndarray) -> np.ndarray:
    if len(line) < 3:
        first, last = line[0], line[-1]
        return line[::-1] if first.sum() > last.sum() else line
    span = np.hypot(*(line.max(axis=0) - line.min(axis=0)))
    if np.hypot(*(line[0] - line[-1])) > 0.15 * span:
        return line[::-1] if line[0].sum() > line[-1].sum() else line
    ring = line[:-1]
    top = int(ring[:, 1].argmin())
    ring = np.roll(ring, -top, axis=0)
    ring = np.vstack([ring, line[-1:] if top == 0 else ring[:1]])
    x, y = ring[:, 0].astype(np.float64), ring[:, 1].astype(np.float64)
    clockwise = (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() > 0  # y grows downwards
    return ring[::-1] if clockwise else ring


def with_order(
    polylines: list[np.ndarray], rng: np.random.Generator, recorded: bool
) -> tuple[list[np.ndarray], float]:
    """Choose the stroke order of one training example and the flag that names it.

    Recorded drawings keep the hand's order (flag 1).  Traced ones come in canonical order (flag 0),
    or, one time in four, with some strokes drawn early (flag 1): what a prefix of a hand's drawing
    looks like, whichever strokes it began with.
    """
    if recorded:
        return polylines, 1.0
    ordered = canonical_order(polylines)
    if len(ordered) < 2 or rng.random() < 0.75:
        return ordered, 0.0
    early = rng.permutation(len(ordered))[: rng.integers(1, len(ordered))]
    rest = [line for i, line in enumerate(ordered) if i not in set(early.tolist())]
    return [ordered[i] for i in early] + rest, 1.0


# -- batches -------------------------------------------------------------------------------------


def augment(polylines: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Size 0.75 to 1.15, each axis 10 % more or less, and half a unit of noise on the grid."""
    scale = rng.uniform(0.75, 1.15) * rng.uniform(0.9, 1.1, size=2)
    return [line * scale + rng.uniform(-0.5, 0.5, size=line.shape) for line in polylines]


def as_a_visitor(lines: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """A drawing as somebody else would begin it, before its order is chosen.

    Mirrored one time in four; one time in six its strokes in another order; one stroke in sixteen
    the other way round; and two times in five the pen is lifted once within a stroke and put down
    where it was lifted, because a visitor's half drawing may end anywhere.

    Args:
        lines: the strokes, each (P, 2) with P >= 1.
    """
    lines = [np.asarray(line) for line in lines]
    if rng.random() < 0.25:
        lines = [line * (-1, 1) for line in lines]
    if rng.random() < 1 / 6:
        lines = [lines[i] for i in rng.permutation(len(lines))]
    lines = [line[::-1] if rng.random() < 1 / 16 else line for line in lines]
    long = [i for i, line in enumerate(lines) if len(line) > 2]
    if long and rng.random() < 0.4:
        i = int(rng.choice(long))
        at = int(rng.integers(1, len(lines[i]) - 1))
        lines[i : i + 1] = [lines[i][: at + 1], lines[i][at:]]
    return lines


def augment_widely(polylines: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Size 0.7 to 1.5, turned by up to 9 degrees, axes 15 % more or less, an unsteady hand.

    A half drawing is brought to one size before the network reads it, so the whole that it belongs
    to may be half as large again.
    """
    size = np.exp(rng.uniform(np.log(0.7), np.log(1.5))) * rng.uniform(0.85, 1.15, size=2)
    angle = np.deg2rad(rng.uniform(-9, 9))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    unsteady = rng.uniform(0.5, 1.5)
    return [
        (line * size) @ turn + rng.uniform(-unsteady, unsteady, size=line.shape)
        for line in polylines
    ]


@dataclass(frozen=True)
class Batch:
    """Stroke-3 in units of the 256 space, origin at the first point, and what goes with it."""

    rows: np.ndarray  # (B, T, 5) float32 stroke-5 with end tokens after each drawing
    lengths: np.ndarray  # (B,) points before the end token
    category: np.ndarray  # (B,)
    order: np.ndarray  # (B,) float32


def make_batch(
    data: SketchSet, indices: np.ndarray, rng: np.random.Generator | None, varied: float = 0.0
) -> Batch:
    """Collate drawings; with ``rng`` they are ordered at random and augmented.

    Args:
        varied: share that is changed by `as_a_visitor` and `augment_widely`.
    """
    drawings, order = [], []
    for i in indices:
        lines = from_stroke3(data.drawing(i))
        if rng is None:
            flag = float(data.recorded[i])
            lines = lines if data.recorded[i] else canonical_order(lines)
        else:
            wide = rng.random() < varied
            if wide:
                lines = as_a_visitor(lines, rng)
            lines, flag = with_order(lines, rng, bool(data.recorded[i]))
            lines = augment_widely(lines, rng) if wide else augment(lines, rng)
        rows = to_stroke3(lines)
        rows[0, :2] = 0  # the first point is the origin
        drawings.append(rows)
        order.append(flag)
    lengths = np.array([len(rows) for rows in drawings])
    padded = np.zeros((len(drawings), lengths.max() + 1, 5), np.float32)
    padded[:, :, 4] = 1
    for k, rows in enumerate(drawings):
        padded[k, : len(rows), :2] = rows[:, :2]
        padded[k, : len(rows), 2] = 1 - rows[:, 2]
        padded[k, : len(rows), 3] = rows[:, 2]
        padded[k, : len(rows), 4] = 0
    return Batch(
        padded, lengths, data.category[indices].astype(np.int64), np.array(order, np.float32)
    )


def sampling_weights(
    data: SketchSet, *, core: Sequence[str] = (), core_share: float = 0.65, recorded: float = 2.0
) -> np.ndarray:
    """(N,) probabilities of the training drawings; 0 for the other splits.

    Within the core and outside it a category counts by the square root of its size, so the rare
    ones are seen more often than they occur, without being repeated beyond measure.

    Args:
        core: names that share ``core_share`` of all draws; no preference when empty.
        recorded: how much more often a recorded drawing is drawn than a traced one.
    """
    weight = np.where(data.recorded, recorded, 1.0) * (data.split == 0)
    total = np.bincount(data.category, weights=weight, minlength=len(data.names))
    weight = weight / np.sqrt(np.maximum(total, 1))[data.category]
    if core:
        inside = np.isin(data.category, [data.names.index(n) for n in core if n in data.names])
        for mask, share in ((inside, core_share), (~inside, 1 - core_share)):
            if weight[mask].sum() > 0:
                weight[mask] *= share / weight[mask].sum()
    return weight / weight.sum()


def bucketed(
    lengths: np.ndarray, chosen: np.ndarray, batch: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Split chosen drawings into batches of near-equal length, in random order."""
    by_length = chosen[np.argsort(lengths[chosen] + rng.uniform(0, 4, len(chosen)))]
    parts = [by_length[i : i + batch] for i in range(0, len(by_length) - batch + 1, batch)]
    return [parts[i] for i in rng.permutation(len(parts))]
