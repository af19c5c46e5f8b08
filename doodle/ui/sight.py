"""What the chimera's network gets of what a visitor asked for: edges, and a class for each pixel.

Quick and without the network itself, so that the page shows it with every stroke.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import cv2
import numpy as np

from doodle.strokes.bridge import EdgeMap, edges_of_drawing, edges_of_picture
from doodle.strokes.drawing import Drawing
from doodle.strokes.species import species_map
from doodle.ui.creature import Creature, Source


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network gets.

    Attributes:
        edges: (S, S) uint8, 255 on 0.
        edge_map: the same with where it lies on what came in.
        classes: (S, S) uint8, 0 unknown, k the network's k-th species.
        kind: "strokes", "drawing", "photograph" or "edges": what it was taken for.
    """

    edges: np.ndarray
    edge_map: EdgeMap
    classes: np.ndarray
    kind: str


@dataclass(frozen=True, eq=False)
class Made:
    """Pictures (n, S, S, 3) uint8 RGB, and what they were made of."""

    pictures: np.ndarray
    seen: Seen


def see(source: Source, creature: Creature, size: int, species: Sequence[str]) -> Seen:
    """What the network will get of a drawing or a picture.

    Args:
        size: side S of the edges.
        species: the network's.

    Raises:
        BadDrawing: there are no lines.
        ValueError: an animal that the network does not know, or more tags than strokes.
    """
    style = creature.look.style()
    if isinstance(source, Drawing):
        found = edges_of_drawing(source, size, style)
    else:
        found = edges_of_picture(source, size, style)
    if creature.edited is not None:
        found = replace(found, edges=_resized(creature.edited, size))
    told = _told(source, creature)
    return Seen(found.edges, found, species_map(found, species, **told), found.kind)


def _told(source: Source, creature: Creature) -> dict[str, Any]:
    """Which animal is where, as `species_map` takes it."""
    if creature.points:
        return {"points": creature.points}
    if not any(creature.tags):
        return {"species": creature.species}
    if not isinstance(source, Drawing):
        raise ValueError("Tags belong to the strokes of a drawing; on a picture, set points.")
    lines = source.polylines()
    if len(creature.tags) > len(lines):
        raise ValueError(f"There are {len(creature.tags)} tags for {len(lines)} strokes.")
    tags = [*creature.tags, *[""] * (len(lines) - len(creature.tags))]
    named = [(tag or creature.species, line) for line, tag in zip(lines, tags, strict=True)]
    runs = groupby(named, key=itemgetter(0))
    return {"groups": [([line for _, line in run], name) for name, run in runs]}


def _resized(edges: np.ndarray, size: int) -> np.ndarray:
    """Edges (E, E) brought to (S, S), 255 on 0."""
    if edges.shape[0] == size:
        return edges
    scale = size / edges.shape[0]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(edges, (size, size), interpolation=how)
    # a line of one pixel leaves a part of its light only
    return np.where(grey > 255 * min(0.5, 0.4 * scale), np.uint8(255), np.uint8(0))
