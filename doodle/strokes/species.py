"""Which part of a picture is which animal: a class for every pixel, 0 where nobody said.

A map comes from the strokes that a visitor tagged, from a few points, or from a picture in which
every animal has its colour.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import cv2
import numpy as np

from doodle.errors import BadDrawing
from doodle.strokes.edge_map import EdgeMap

UNKNOWN = "unknown"
MAX_POINTS = 256  # clicks on one picture
# one colour an animal, far enough from each other and from black and white, which are unknown
COLOURS: dict[str, str] = {
    "bear": "#7a4a21", "bird": "#3aa0ff", "cat": "#ff8fc8", "cow": "#b08fff", "deer": "#c98a4b",
    "dog": "#e0c060", "eagle": "#1f4fbf", "elephant": "#8a8f99", "fish": "#00d0c0",
    "goat": "#8a2be2", "horse": "#a03050", "leopard": "#d8ff3a", "lion": "#ff9a00",
    "lizard": "#5f8f1f", "snake": "#00a84a", "tiger": "#ff3b1f", "wolf": "#405060",
}  # fmt: skip

_NEAR = 30.0  # RGB distance within which a colour counts as one of the table
_BETWEEN = 0.15  # share of pixels that may be mixtures, as along soft borders


def numbered(name: str | None, names: Sequence[str]) -> int:
    """The class number of a species: 0 for "unknown", "" and None, else 1 to len(names).

    Raises:
        ValueError: there is no such species; the message says which there are.
    """
    wanted = (name or UNKNOWN).strip().casefold()
    if wanted in (UNKNOWN, ""):
        return 0
    plain = [known.casefold() for known in names]
    if wanted in plain:
        return plain.index(wanted) + 1
    near = difflib.get_close_matches(wanted, plain, n=1)
    hint = f"; did you mean {near[0]}?" if near else f": choose {UNKNOWN} or {', '.join(names)}."
    raise ValueError(f"The network knows no {wanted!r}{hint}")


def species_map(
    edges: EdgeMap,
    names: Sequence[str],
    *,
    groups: Sequence[tuple[Sequence[np.ndarray], str]] = (),
    points: Sequence[tuple[float, float, str]] = (),
    species: str = "",
    painted: np.ndarray | None = None,
) -> np.ndarray:
    """A class for every pixel of an edge map, from one of four.

    Args:
        names: the network's species.
        groups: strokes (P, 2) in units of what came in, and the animal that they are tagged
            with; the nearest stroke wins.
        points: x, y in these units, and the animal there; the nearest point wins.
        species: one animal for all.
        painted: (H, W) uint8 class numbers in the frame of what came in, as `read_map` gives
            them.

    Returns:
        (S, S) uint8, 0 unknown: the network decides.

    Raises:
        ValueError: an animal that the network does not know, a point without a place, or a map
            of other proportions.
    """
    if sum(map(bool, (len(groups), len(points), species, painted is not None))) > 1:
        raise ValueError("Say once which animal is where: strokes, points, a name or a map.")
    if len(groups):
        moved = [
            ([edges.to_pixels(line) for line in lines if len(line)], numbered(name, names))
            for lines, name in groups
        ]
        return nearest_stroke(moved, edges.size)
    if len(points):
        if len(points) > MAX_POINTS:
            raise ValueError(f"At most {MAX_POINTS} points can say which animal is where.")
        places = np.array([[x, y] for x, y, _ in points], np.float64)
        if not np.isfinite(places).all():
            raise ValueError("A point on the picture needs an x and a y.")
        numbers = [numbered(name, names) for _, _, name in points]
        return nearest_point(edges.to_pixels(places), numbers, edges.size)
    if painted is not None:
        return _placed(edges, painted)
    return np.full((edges.size, edges.size), numbered(species, names), np.uint8)


def _placed(edges: EdgeMap, painted: np.ndarray) -> np.ndarray:
    height, width = painted.shape
    factor = edges.frame[0] / width
    if abs(factor * height / edges.frame[1] - 1) > 0.03:
        raise ValueError(
            f"The species map ({width} x {height}) has not the proportions of the picture "
            f"({edges.frame[0]:g} x {edges.frame[1]:g})."
        )
    scale = edges.scale * factor
    place = np.array(
        [
            [scale, 0, edges.offset[0] + scale / 2 - 0.5],
            [0, scale, edges.offset[1] + scale / 2 - 0.5],
        ]
    )
    return cv2.warpAffine(
        painted,
        place,
        (edges.size, edges.size),
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )


def nearest_stroke(groups: Sequence[tuple[Sequence[np.ndarray], int]], size: int) -> np.ndarray:
    """Every pixel gets the class of the stroke nearest to it; later strokes lie above.

    Args:
        groups: polylines (P, 2) in pixels of the square, and their class.
        size: side S of the square.

    Returns:
        (S, S) uint8; 0 everywhere when there are no strokes.
    """
    drawn = np.zeros((size, size), np.uint8)
    for lines, number in groups:
        for line in lines:
            fixed = np.round((np.clip(line, -size, 2 * size) - 0.5) * 16).astype(np.int32)
            fixed = np.repeat(fixed, 2, axis=0) if len(fixed) == 1 else fixed
            cv2.polylines(drawn, [fixed], False, int(number) + 1, 1, cv2.LINE_8, 4)
    return _spread(drawn)


def nearest_point(
    points: Sequence[tuple[float, float]] | np.ndarray, numbers: Sequence[int], size: int
) -> np.ndarray:
    """Every pixel gets the class of the point nearest to it, (S, S) uint8.

    Args:
        points: (x, y) in pixels of the square, at least one; they may lie outside.
        numbers: the class of each.
    """
    grid = np.arange(size, dtype=np.float32) + 0.5
    x, y = np.asarray(points, np.float32).reshape(-1, 2).T
    squares = (grid[None, :, None] - x) ** 2 + (grid[:, None, None] - y) ** 2  # (S, S, points)
    return np.asarray(numbers, np.uint8)[squares.argmin(axis=2)]


def _spread(drawn: np.ndarray) -> np.ndarray:
    """Classes plus one where something is drawn, 0 elsewhere, to the nearest class everywhere."""
    if not drawn.any():
        return drawn
    empty = (drawn == 0).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    lookup = np.zeros(int(labels.max()) + 1, np.uint8)
    here = empty == 0
    lookup[labels[here]] = drawn[here] - 1
    return lookup[labels]


def read_map(picture: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """A painted map to class numbers.

    Args:
        picture: (H, W, 3) uint8 RGB in the colours of `COLOURS`, black and white unknown; or all
            channels equal and dark: they are the class numbers themselves.
        names: the network's species; number k is names[k - 1].

    Returns:
        (H, W) uint8.

    Raises:
        BadDrawing: a number or a colour stands for no species of the network.
    """
    if int(picture.max()) <= len(names) and not np.ptp(picture, axis=2).any():
        return np.ascontiguousarray(picture[..., 0])
    usual = [(name, number) for number, name in enumerate(names, 1) if name in COLOURS]
    table = [[0, 0, 0], [255, 255, 255], *(_rgb(COLOURS[name]) for name, _ in usual)]
    numbers = np.array([0, 0, *(number for _, number in usual)], np.uint8)
    codes = picture.astype(np.int64) @ np.array([65536, 256, 1], np.int64)
    codes, where = np.unique(codes, return_inverse=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)  # (colours, 3)
    best, least = np.zeros(len(colours), int), np.full(len(colours), np.inf, np.float32)
    for k, colour in enumerate(table):
        off = np.linalg.norm(colours - np.array(colour), axis=1)
        best, least = np.where(off < least, k, best), np.minimum(off, least)
    known = least <= _NEAR
    drawn = np.where(known, numbers[best] + 1, 0).astype(np.uint8)
    drawn = drawn[where.ravel()].reshape(picture.shape[:2])
    if (drawn == 0).mean() > _BETWEEN:
        count = np.bincount(where.ravel()) * ~known
        found = "#" + "".join(f"{value:02x}" for value in colours[count.argmax()])
        raise BadDrawing(
            f"The species map shows {found}, which stands for no species. Its colours are: "
            + ", ".join(f"{name} {COLOURS[name]}" for name, _ in usual)
            + "; black is unknown."
        )
    return _spread(drawn)


def painted(classes: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Class numbers (H, W) to a picture (H, W, 3) uint8 in the colours that `read_map` reads."""
    table = [[0, 0, 0], *(_rgb(COLOURS.get(name, "#ffffff")) for name in names)]
    return np.array(table, np.uint8)[classes]


def _rgb(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
