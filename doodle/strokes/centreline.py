"""Centrelines of small soft pictures, to a fraction of a pixel: what `curves` fits its curves to.

Made for what a generator draws: 28 to 64 pixels a side, lines about a pixel and a half wide whose
edges are grey.  Where `trace` reads any picture, this one relies on that paper and those lines, and
uses the grey levels: enlarge smoothly, sharpen, threshold, thin, walk the skeleton, then move every
point to the middle of the ink across the line.
"""

from __future__ import annotations

import cv2
import numpy as np

from doodle.strokes.geometry import arc_length, resample
from doodle.strokes.skeleton import strokes_of, thin
from doodle.strokes.trace import depth_of, outlined

SPACING = 0.5  # pixels between two points of a line

_WORKING_SIDE = 112  # pixels that a picture is enlarged to about
_MARGIN = 2  # pixels of paper added on each side, so that lines at the rim are thinned like others
_LINE = 16 / 304  # usual width of a line, in sides: 16 of 304 units (quickdraw_bitmap)
_FAINT = 0.25  # a picture whose darkest ink is lighter than this is empty
_FULL = 0.9  # and so is one of which more than this is ink
_SHARPEN, _REACH = 0.9, 0.8  # of the unsharp mask: strength, and sigma in line widths
_LOW = 0.42  # ink is what is darker than this once sharpened
_HIGH = 0.5  # and touches ink that is as dark as this as it was
_HOLE = 0.6  # lightest grey of a hole that is no hole
_SPECK = 0.45  # smallest blot kept, in squares of the line width
_FILLED = 1.35  # an area this many line widths deep is filled, not a thick line
_ACROSS = np.linspace(-0.9, 0.9, 9)  # line widths beside a point at which the ink is read
_WINDOW = 0.5  # sigma there
_MOST = 0.35  # line widths that one reading may move a point
_TIP = 3  # points of a line's end that are not trusted, about the radius of its round cap
_BEYOND = np.linspace(0, 1.2, 13)  # line widths beyond an end at which the ink is read
_EDGE = 0.5  # grey at which ink ends
_MOST_MISSING = 0.5  # line widths that thinning may have taken off an end
_TOUCH = 0.8  # line widths from another line at which an end belongs to it
_GAP = 1.8  # line widths that a pen is thought to have skipped


def centrelines(ink: np.ndarray) -> list[list[np.ndarray]]:
    """Lines of each picture; what a picture gives does not depend on the others.

    Args:
        ink: (N, S, S) float32, ink 1 on 0.

    Returns:
        For each picture its lines, the longest first: each (P, 2) float64 in the picture's pixels
        (the first pixel's middle is (0.5, 0.5)), a point every SPACING; a ring's last point is its
        first, one point is a dot.  None for a picture without ink, or of nothing but ink.
    """
    side = ink.shape[1]
    factor = max(1, round(_WORKING_SIDE / side))
    width = max(_LINE * side, 1.0) * factor
    grey = [_enlarged(picture, factor) for picture in ink]
    found = [_walked(picture, width) for picture in grey]
    counts = [len(lines) for lines in found]
    lines = [line for lines in found for line in lines]
    owner = np.repeat(np.arange(len(found)), counts)
    lines = _centred(lines, owner, grey, width, SPACING * factor)
    # pixel i of the enlarged picture has its middle at i + 0.5
    lines = [(line + 0.5) / factor - _MARGIN for line in lines]
    split = np.split(np.arange(len(lines)), np.cumsum(counts)[:-1]) if counts else []
    width /= factor
    return [_ordered(_attached(_joined([lines[k] for k in part], width), width)) for part in split]


def _enlarged(picture: np.ndarray, factor: int) -> np.ndarray:
    """The picture with a margin, in finer pixels, its darkest ink 1; all 0 when it is empty."""
    bare, inside = picture, slice(_MARGIN, -_MARGIN)
    height, width = bare.shape[0] + 2 * _MARGIN, bare.shape[1] + 2 * _MARGIN
    picture = np.zeros((height, width), np.float32)
    picture[inside, inside] = bare
    darkest = float(np.sort(picture, axis=None)[-8:].mean())
    if not darkest > _FAINT or picture.mean() > _FULL * darkest * _share_inside(picture):
        return np.zeros((height * factor, width * factor), np.float32)
    size = (width * factor, height * factor)
    return cv2.resize(picture / darkest, size, interpolation=cv2.INTER_CUBIC)


def _share_inside(picture: np.ndarray) -> float:
    """Part of a picture with a margin that the picture itself takes."""
    return (1 - 2 * _MARGIN / picture.shape[0]) * (1 - 2 * _MARGIN / picture.shape[1])


def _walked(grey: np.ndarray, width: float) -> list[np.ndarray]:
    """Strokes of the thinned ink, in pixel indices of the enlarged picture."""
    blurred = cv2.GaussianBlur(grey, (0, 0), _REACH * width)
    sharp = grey + _SHARPEN * (grey - blurred)
    ink = _without_pale_holes(sharp > _LOW, grey)
    count, labels = cv2.connectedComponents(ink, connectivity=8)
    at = np.flatnonzero(ink.view(bool))
    blot = labels.ravel()[at]
    keep = np.zeros(count, dtype=bool)  # label 0 is the paper
    keep[blot[grey.ravel()[at] > _HIGH]] = True
    keep &= np.bincount(blot, minlength=count) >= _SPECK * width * width
    if not keep.any():
        return []
    if not keep[1:].all():
        ink = keep.astype(np.uint8)[labels]
    depth = depth_of(ink)
    if depth.max() > _FILLED * width:
        ink = outlined(ink, depth, width, filled=_FILLED)
        depth = depth_of(ink)
    return strokes_of(thin(ink), depth, width)


def _without_pale_holes(ink: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """(H, W) uint8, holes filled in which no paper shows: lines twice as wide are not two lines."""
    count, labels = cv2.connectedComponents((~ink).view(np.uint8), connectivity=4)
    around = labels[0, 0] if grey[0, 0] < _HOLE else 0  # most of the paper: no need to look
    at = np.flatnonzero((labels != 0) & (labels != around))
    hole = labels.ravel()[at]
    shows = np.zeros(count, dtype=bool)
    shows[hole[grey.ravel()[at] < _HOLE]] = True
    filled = ink.astype(np.uint8)
    filled.ravel()[at[~shows[hole]]] = 1
    return filled


def _centred(
    lines: list[np.ndarray], owner: np.ndarray, grey: list[np.ndarray], width: float, spacing: float
) -> list[np.ndarray]:
    """Resample the lines and move their points across them to the middle of the ink."""
    lines = [resample(_relaxed(line), spacing).astype(np.float64) for line in lines]
    if not lines:
        return lines
    # the tiniest ring is a dot
    lines = [line[:1] if len(line) == 2 and (line[0] == line[1]).all() else line for line in lines]
    sizes = np.array([len(line) for line in lines])
    ends = np.cumsum(sizes)
    points = np.concatenate(lines)
    ink = _Ink(grey, np.repeat(owner, sizes))
    chain = _Chain(points, ends - sizes, ends - 1)
    offsets = _ACROSS * width
    window = np.exp(-0.5 * (_ACROSS / _WINDOW) ** 2)
    for _ in range(2):
        normal = chain.normals()
        weight = window * ink.at(np.arange(len(points)), points, normal, offsets) ** 2 + 1e-6
        shift = (weight * offsets).sum(axis=1) / weight.sum(axis=1)
        shift = np.clip(1.5 * shift, -_MOST * width, _MOST * width)
        # a line keeps its ends, and crossings pull at it less when neighbours share the shift
        points[:] = chain.smooth(points + chain.smooth(normal * shift[:, None]))
    for end, along in chain.straightened_tips():
        # the ink of a round cap ends half a line width beyond the line
        seen = ink.at(end, points[end], along, _BEYOND * width) > _EDGE
        reach = _BEYOND[np.logical_and.accumulate(seen, axis=1).sum(axis=1).clip(1) - 1] - 0.5
        points[end] += along * (np.clip(reach, 0, _MOST_MISSING) * width)[:, None]
    return np.split(points, ends[:-1])


class _Ink:
    """Reads all pictures at once.

    Args:
        grey: of each picture, (side, side) float32.
        owner: picture of each point, (P,).
    """

    def __init__(self, grey: list[np.ndarray], owner: np.ndarray) -> None:
        self.side = len(grey[0])
        self.tall = np.concatenate(grey)  # (N * side, side)
        self.top = owner * self.side

    def at(
        self, index: np.ndarray, start: np.ndarray, way: np.ndarray, offsets: np.ndarray
    ) -> np.ndarray:
        """Ink in [0, 1] at offsets (K,) along the ways (M, 2) of the points `index`, (M, K)."""
        x = start[:, :1] + way[:, :1] * offsets
        y = np.clip(start[:, 1:] + way[:, 1:] * offsets, 0, self.side - 1)
        y += self.top[index][:, None]
        # float32 holds 64ths exactly, wherever in the tall picture this one stands
        x, y = ((np.round(axis * 64) / 64).astype(np.float32) for axis in (x, y))
        return np.clip(cv2.remap(self.tall, x, y, cv2.INTER_LINEAR), 0, 1)


class _Chain:
    """Many lines in one array of points, and what is done along all of them at once."""

    def __init__(self, points: np.ndarray, first: np.ndarray, last: np.ndarray) -> None:
        self.points = points
        index = np.arange(len(points))
        self.before, self.after = index - 1, index + 1
        self.before[first], self.after[last] = first, last
        ring = (last - first > 3) & (points[first] == points[last]).all(axis=1)
        self.before[first[ring]], self.after[last[ring]] = last[ring] - 1, first[ring] + 1
        self.first, self.last = first[~ring], last[~ring]
        self.is_end = np.zeros((len(points), 1), dtype=bool)
        self.is_end[np.concatenate([self.first, self.last])] = True

    def normals(self) -> np.ndarray:
        """Unit vectors across the lines, over two points each way; zero for a dot."""
        after, before = self.after[self.after], self.before[self.before]
        along = self.points[after] - self.points[before]
        length = np.hypot(along[:, 0], along[:, 1])
        return np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(length, 1e-9)[:, None]

    def straightened_tips(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Let each end go on as the line came: thinning bends the last pixel to a corner.

        Returns:
            for first and for last points: the ends (E,), and the unit vectors out of them (E, 2).
        """
        long, tips = self.last - self.first > 4 * _TIP, []
        for end, step in ((self.first[long], 1), (self.last[long], -1)):
            sound = self.points[end + _TIP * step]
            along = sound - self.points[end + 2 * _TIP * step]
            along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
            for k in range(_TIP):
                reach = ((self.points[end + k * step] - sound) * along).sum(axis=1)
                self.points[end + k * step] = sound + along * reach[:, None]
            tips += [(end, along)] if len(end) else []
        return tips

    def smooth(self, values: np.ndarray) -> np.ndarray:
        """Means (1, 2, 1) / 4 with the neighbours; ends stay."""
        around = 0.5 * values + 0.25 * (values[self.before] + values[self.after])
        return np.where(self.is_end, values, around)


def _relaxed(line: np.ndarray) -> np.ndarray:
    """A line of pixels with the worst of its stair steps taken off."""
    if len(line) < 5:
        return line
    if _is_closed(line):
        even = _means_of_five(np.concatenate([line[-3:-1], line, line[1:3]]))
        even[-1] = even[0]
        return even
    even = line.copy()
    even[2:-2] = _means_of_five(line)
    return even


def _means_of_five(line: np.ndarray) -> np.ndarray:
    return (line[:-4] + line[1:-3] + line[2:-2] + line[3:-1] + line[4:]) / 5


def _joined(lines: list[np.ndarray], width: float) -> list[np.ndarray]:
    """Join ends that face each other over a small gap, and close the lines that nearly close."""
    lines = list(lines)
    while True:
        pair = _nearest_ends(lines, _GAP * width)
        if pair is None:
            return lines
        (a, a_last), (b, b_last) = pair
        if a == b:
            lines[a] = np.concatenate([lines[a], lines[a][:1]])
            continue
        one = lines[a] if a_last else lines[a][::-1]
        other = lines[b][::-1] if b_last else lines[b]
        lines[a] = np.concatenate([one, other])
        del lines[b]


def _nearest_ends(
    lines: list[np.ndarray], reach: float
) -> tuple[tuple[int, bool], tuple[int, bool]] | None:
    """The nearest two free ends that one stroke of a pen may have joined: (line, is its last)."""
    ends, tips, inner = [], [], []
    for k, line in enumerate(lines):
        if not _is_open(line):
            continue
        back = min(4, len(line) - 1)
        ends += [(k, False), (k, True)]
        tips += [line[0], line[-1]]
        inner += [line[back], line[-1 - back]]
    if len(ends) < 2:
        return None
    at = np.array(tips)
    gap_x, gap_y = at[:, 0] - at[:, :1], at[:, 1] - at[:, 1:]  # (E, E) from the row's end
    far = np.hypot(gap_x, gap_y)
    near = np.triu(far < reach, 1)
    if not near.any():
        return None
    out = at - np.array(inner)
    out /= np.maximum(np.hypot(out[:, 0], out[:, 1]), 1e-9)[:, None]
    # cosine, of the row's end
    facing = (out[:, :1] * gap_x + out[:, 1:] * gap_y) / np.maximum(far, 1e-9)
    fits = (np.minimum(facing, facing.T) > 0.4) | (far < 0.5 * reach)
    best, pair = np.inf, None
    for i, j in zip(*np.nonzero(near & fits), strict=True):
        line = lines[ends[i][0]]
        own = ends[i][0] == ends[j][0]
        if own and arc_length(line)[-1] < 3 * reach:
            continue
        if far[i, j] < best and not (
            _touches(lines, ends[i], reach) or _touches(lines, ends[j], reach)
        ):
            best, pair = far[i, j], (ends[i], ends[j])
    return pair


def _touches(lines: list[np.ndarray], end: tuple[int, bool], reach: float) -> bool:
    """Does this end lie on another line's middle, as that of a branch does?"""
    tip = lines[end[0]][-1 if end[1] else 0]
    return any(
        len(line) > 8 and (np.abs(line[4:-4] - tip).sum(axis=1) < 0.35 * reach).any()
        for k, line in enumerate(lines)
        if k != end[0]
    )


def _attached(lines: list[np.ndarray], width: float) -> list[np.ndarray]:
    """Take ends that nearly touch another line up to it."""
    if len(lines) < 2:
        return lines
    points = np.concatenate(lines)
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    ends = [(k, side) for k, line in enumerate(lines) for side in (0, -1) if _is_open(line)]
    if not ends:
        return lines
    tips = np.array([lines[k][side] for k, side in ends])
    far = np.hypot(points[:, 0] - tips[:, :1], points[:, 1] - tips[:, 1:])  # (ends, points)
    far[owner[None] == np.array([k for k, _ in ends])[:, None]] = np.inf
    nearest = far.argmin(axis=1)
    lines = list(lines)
    for (k, side), there, gap in zip(ends, nearest, far.min(axis=1), strict=True):
        if 0 < gap < _TOUCH * width:
            there = points[there][None]
            lines[k] = np.concatenate([lines[k], there] if side else [there, lines[k]])
    return lines


def _is_open(line: np.ndarray) -> bool:
    return len(line) > 3 and not _is_closed(line)


def _is_closed(line: np.ndarray) -> bool:
    return line[0].tolist() == line[-1].tolist()


def _ordered(lines: list[np.ndarray]) -> list[np.ndarray]:
    """The longest first, each from the top left as most people draw."""
    lines = sorted(lines, key=lambda line: -arc_length(line)[-1])
    return [_from_its_start(line) for line in lines]


def _from_its_start(line: np.ndarray) -> np.ndarray:
    (left, top), (right, bottom) = line[0].tolist(), line[-1].tolist()
    if len(line) > 3 and _is_closed(line):
        start = int(line[:-1, 1].argmin())
        line = np.concatenate([line[start:-1], line[: start + 1]])
        return line if line[len(line) // 4, 0] <= line[0, 0] else line[::-1]
    return line if left + top <= right + bottom else line[::-1]
