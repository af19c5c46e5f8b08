"""Thin ink to a skeleton and walk the skeleton's graph in strokes as long and straight as can be.

Coordinates here are pixel indices (x, y): whole numbers are the middles of pixels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np

from doodle.strokes.geometry import arc_length

_SIDES = ((0, -1), (1, 0), (0, 1), (-1, 0))  # dx, dy of the four neighbours that share an edge
_DIAGONALS = ((1, -1, 0, 1), (1, 1, 1, 2), (-1, 1, 2, 3), (-1, -1, 3, 0))  # dx, dy, its two sides
_SPUR = 1.15  # longest twig that thinning makes, in distances from its fork to the paper
_FORK = 1.1  # two forks nearer than this many line widths are one crossing
_HOLE = 2.0  # a ring at a crossing shorter than this many line widths is a gap in the ink
_DOT = 0.6  # a stroke shorter than this many line widths is a dot
_DIRECTION_AT = 2.0  # line widths from a crossing at which a branch's direction is taken
_STRAIGHT = np.cos(np.deg2rad(60))  # branches that turn more than this are not one stroke


def thin(ink: np.ndarray) -> np.ndarray:
    """Skeleton one pixel wide, by the parallel thinning of Guo & Hall (1989), algorithm A1.

    Args:
        ink: (H, W) uint8, 1 on 0, its border 0.

    Returns:
        (H, W) uint8, 1 on 0, connected where the ink is.
    """
    left, top, wide, high = cv2.boundingRect(ink)
    inside = slice(top, top + high), slice(left, left + wide)
    skeleton = np.zeros_like(ink)
    if wide:
        skeleton[inside] = _thinned(ink[inside].copy())
    return skeleton


def _thinned(ink: np.ndarray) -> np.ndarray:
    kernel = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], dtype=np.float32)
    tables = _thinning_tables()
    before, count = -1, cv2.countNonZero(ink)
    while count != before:  # pixels are only ever taken away
        for table in tables:
            code = cv2.filter2D(ink, -1, kernel, borderType=cv2.BORDER_CONSTANT)
            ink = cv2.bitwise_and(ink, cv2.LUT(code, table))
        before, count = count, cv2.countNonZero(ink)
    return ink


@cache
def _thinning_tables() -> tuple[np.ndarray, np.ndarray]:
    """For both half steps: does a pixel stay, by its eight neighbours (bit 0 north, clockwise)?"""
    code = np.arange(256)
    p2, p3, p4, p5, p6, p7, p8, p9 = ((code >> bit) & 1 for bit in range(8))
    arcs = (1 - p2) * (p3 | p4) + (1 - p4) * (p5 | p6) + (1 - p6) * (p7 | p8) + (1 - p8) * (p9 | p2)
    pairs = np.minimum(
        (p9 | p2) + (p3 | p4) + (p5 | p6) + (p7 | p8),
        (p2 | p3) + (p4 | p5) + (p6 | p7) + (p8 | p9),
    )
    removable = (arcs == 1) & (pairs >= 2) & (pairs <= 3)
    first = removable & (((p6 | p7 | (1 - p9)) & p8) == 0)
    second = removable & (((p2 | p3 | (1 - p5)) & p4) == 0)
    return (~first).astype(np.uint8), (~second).astype(np.uint8)


@dataclass
class _Chain:
    """A run of skeleton pixels between two ends: forks, tips, or itself when it is a ring."""

    points: np.ndarray  # (P, 2) float64
    ends: tuple[int, int]  # pixel numbers
    degrees: tuple[int, int]  # neighbours of the end pixels; 2 for a ring

    @cached_property
    def length(self) -> float:
        return float(arc_length(self.points)[-1])

    def is_shorter(self, length: float) -> bool:
        """Is its length less than this?  No step is shorter than 1, so most need no measuring."""
        return len(self.points) - 1 < length and self.length < length


def strokes_of(skeleton: np.ndarray, depth: np.ndarray, width: float) -> list[np.ndarray]:
    """Strokes of a drawing's skeleton.

    Args:
        skeleton: (H, W) uint8, 1 on 0, its border 0.
        depth: (H, W) float32, distance of each ink pixel to the paper.
        width: of the lines, pixels.

    Returns:
        Lines, each (P, 2) float64; a ring's last point is its first, a dot is one point.
    """
    chains = _chains(skeleton)
    for _ in range(3):  # a twig may have hidden another
        spurs = _spurs(chains, depth)
        if not spurs:
            break
        skeleton = skeleton.copy()
        for chain in spurs:
            inner = chain.points[1:] if chain.degrees[1] == 1 else chain.points[:-1]
            skeleton[inner[:, 1].astype(int), inner[:, 0].astype(int)] = 0
        chains = _chains(skeleton)
    crossing_of, middles, radii, chains = _crossings(chains, depth, width)
    partner = _partners(chains, crossing_of, middles, width)
    lines = _stitch(chains, crossing_of, middles, radii, partner)
    return [
        line.mean(axis=0, keepdims=True) if arc_length(line)[-1] < _DOT * width else line
        for line in lines
    ]


def _chains(skeleton: np.ndarray) -> list[_Chain]:
    points, around, links = _graph(skeleton)
    forks = [pixel for pixel, link in enumerate(links) if link < 0]  # and tips, and lone pixels
    rows = zip(forks, around[forks].tolist(), strict=True)
    near = {pixel: [other for other in row if other >= 0] for pixel, row in rows}
    paths, walked, inside = [], set(), set()

    def add(path: list[int]) -> None:
        paths.append(path)
        inside.update(path)

    for start, others in near.items():
        if not others:
            add([start])
        for step in others:
            if (start, step) not in walked:
                path = _walk(links, start, step)
                walked.add((path[-1], path[-2]))
                add(path)
    for start in range(len(links)):  # what is left are rings
        if start not in inside:
            add(_walk(links, start, next(other for other in around[start].tolist() if other >= 0)))
    every = points[[pixel for path in paths for pixel in path]] if paths else points
    chains, begin = [], 0
    for path in paths:
        end = begin + len(path)
        first, last = path[0], path[-1]
        degrees = (len(near.get(first, (0, 0))), len(near.get(last, (0, 0))))
        chains.append(_Chain(every[begin:end], (first, last), degrees))
        begin = end
    return chains


def _graph(skeleton: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Pixels of a skeleton and how they hang together.

    Returns:
        the pixels (N, 2) float64, row by row; the numbers of each one's neighbours (N, 8), -1
        where there is none; the sum of these where there are two, so that one gives the other,
        and -1 elsewhere.
    """
    columns = skeleton.shape[1]
    pixel = np.flatnonzero(skeleton > 0)
    points = np.empty((len(pixel), 2))
    points[:, 1], points[:, 0] = np.divmod(pixel, columns)
    number = np.full(skeleton.size, -1)
    number[pixel] = np.arange(len(pixel))
    steps = [dx + columns * dy for dx, dy, *_ in (*_SIDES, *_DIAGONALS)]
    around = number[pixel[:, None] + np.array(steps)]
    # a diagonal step counts only where no pixel beside it makes it two straight ones
    is_side = around[:, :4] >= 0
    beside = is_side[:, [a for *_, a, _ in _DIAGONALS]] | is_side[:, [b for *_, b in _DIAGONALS]]
    around[:, 4:][beside] = -1
    has_two = np.count_nonzero(around >= 0, axis=1) == 2
    links = np.where(has_two, around.sum(axis=1) + 6, -1)  # the six others hold -1
    return points, around, links.tolist()


def _walk(links: list[int], start: int, step: int) -> list[int]:
    """From `start` over `step` to the next pixel that is no mere link, or round to the start."""
    path = [start, step]
    before, here, both = start, step, links[step]
    while both >= 0 and here != start:
        before, here = here, both - before
        both = links[here]
        path.append(here)
    return path


def _spurs(chains: list[_Chain], depth: np.ndarray) -> list[_Chain]:
    """Twigs that are no longer than the line is thick where they fork off."""
    at_fork = defaultdict(list)
    for chain in chains:
        if min(chain.degrees) == 1 and max(chain.degrees) >= 3:
            side = 0 if chain.degrees[0] >= 3 else -1
            x, y = chain.points[side].tolist()
            if chain.is_shorter(_SPUR * depth[int(y), int(x)] + 1):
                at_fork[chain.ends[side]].append(chain)
    count = Counter(end for chain in chains for end in chain.ends) if at_fork else {}
    spurs = []
    for fork, twigs in at_fork.items():
        twigs.sort(key=lambda chain: chain.length)
        # the end of a line may split in two: its longer half stays, the line must not get shorter
        spurs += twigs[: max(0, count[fork] - 2)]
    return spurs


def _crossings(
    chains: list[_Chain], depth: np.ndarray, width: float
) -> tuple[dict[int, int], dict[int, np.ndarray], dict[int, float], list[_Chain]]:
    """Join forks that lie close together, and drop the short links between them.

    Returns:
        Crossing of each fork pixel; each crossing's middle (2,) and radius; the chains left.
    """
    root: dict[int, int] = {}

    def find(fork: int) -> int:
        root.setdefault(fork, fork)
        while root[fork] != fork:
            fork = root[fork]
        return fork

    members: defaultdict[int, list[list[int]]] = defaultdict(list)
    for chain in chains:
        if max(chain.degrees) < 3:
            continue
        forks = [e for e, d in zip(chain.ends, chain.degrees, strict=True) if d >= 3]
        for fork in forks:
            find(fork)
        if len(forks) == 2 and forks[0] != forks[1] and chain.is_shorter(_FORK * width):
            root[find(forks[0])] = find(forks[1])
    crossing_of = {fork: find(fork) for fork in root}
    left = []
    for chain in chains:
        a, b = (crossing_of.get(end) for end in chain.ends)
        if a is not None and a == b and chain.is_shorter(_HOLE * width):
            members[a] += chain.points.tolist()
            continue
        left.append(chain)
        if a is not None:
            members[a].append(chain.points[0].tolist())
        if b is not None:
            members[b].append(chain.points[-1].tolist())
    middles, radii = {}, {}
    for crossing, points in members.items():
        x, y = (sum(axis) / len(points) for axis in zip(*points, strict=True))  # of whole numbers
        middles[crossing] = np.array([x, y])
        radii[crossing] = max(float(depth[round(y), round(x)]), width / 2)
    return crossing_of, middles, radii, left


def _partners(
    chains: list[_Chain],
    crossing_of: dict[int, int],
    middles: dict[int, np.ndarray],
    width: float,
) -> dict[tuple[int, int], tuple[int, int]]:
    """Which branch goes on as which at the crossings: (chain, end) to (chain, end), both ways."""
    at = [
        (index, side, crossing_of[end])
        for index, chain in enumerate(chains)
        for side, end in enumerate(chain.ends)
        if end in crossing_of
    ]
    branches = defaultdict(list)
    if at:
        seen = _seen([chains[index].points for index, *_ in at], [s for _, s, _ in at], width)
        away = seen - np.array([middles[crossing] for *_, crossing in at])
        away /= np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)[:, None]
        for (index, side, crossing), way in zip(at, away, strict=True):
            branches[crossing].append(((index, side), way))
    partner = {}
    for ends in branches.values():
        pairs = [
            (float(one @ other), a, b)
            for i, (a, one) in enumerate(ends)
            for b, other in ends[i + 1 :]
        ]
        for cosine, a, b in sorted(pairs):  # straight on is -1
            if a in partner or b in partner:
                continue
            if cosine < -_STRAIGHT or len(ends) == 2:
                partner[a], partner[b] = b, a
    return partner


def _seen(lines: list[np.ndarray], sides: list[int], width: float) -> np.ndarray:
    """The point of each line `_DIRECTION_AT` widths along it from its first or last, (N, 2)."""
    sizes = np.array([len(line) for line in lines])
    ends, is_last = np.cumsum(sizes), np.array(sides) > 0
    # no step is shorter than 1, so the point is one of the first few; shorter lines stay at an end
    index = np.minimum(np.arange(int(_DIRECTION_AT * width) + 2), sizes[:, None] - 1)  # (N, K)
    index = np.where(is_last[:, None], (ends - 1)[:, None] - index, (ends - sizes)[:, None] + index)
    points = np.concatenate(lines)[index]  # (N, K, 2)
    step = points[:, 1:] - points[:, :-1]
    way = np.add.accumulate(np.hypot(step[..., 0], step[..., 1]), axis=1)
    seen = 1 + (way < _DIRECTION_AT * width).sum(axis=1)
    return points[np.arange(len(lines)), np.minimum(seen, index.shape[1] - 1)]


def _stitch(
    chains: list[_Chain],
    crossing_of: dict[int, int],
    middles: dict[int, np.ndarray],
    radii: dict[int, float],
    partner: dict[tuple[int, int], tuple[int, int]],
) -> list[np.ndarray]:
    """Follow partners from chain to chain until a stroke ends or returns to its start."""

    def part(index: int, side: int) -> list[np.ndarray]:
        """The chain entered at `side`; cut short of crossings it passes straight through."""
        points = chains[index].points if side == 0 else chains[index].points[::-1]
        ends, clear = [], None
        for here in (side, 1 - side):
            crossing, to_end = crossing_of.get(chains[index].ends[here]), []
            if crossing is not None and (index, here) in partner:
                away = points - middles[crossing]
                far = np.hypot(away[:, 0], away[:, 1]) > radii[crossing]
                clear = far if clear is None else clear & far
            elif crossing is not None:
                to_end = [middles[crossing][None]]
            ends.append(to_end)
        if clear is not None:
            if not clear.any():
                clear[len(points) // 2] = True
            points = points[clear]
        return [*ends[0], points, *ends[1]]

    lines, done = [], set()
    starts = [(i, side) for i in range(len(chains)) for side in (0, 1) if (i, side) not in partner]
    starts += [(i, 0) for i in range(len(chains))]  # rings of several chains
    for start in starts:
        if start[0] in done:
            continue
        parts: list[np.ndarray] = []
        here: tuple[int, int] | None = start
        while here is not None and here[0] not in done:
            done.add(here[0])
            parts += part(*here)
            here = partner.get((here[0], 1 - here[1]))
        if here == start:  # round again
            parts.append(parts[0][:1])
        lines.append(np.concatenate(parts))
    return lines
