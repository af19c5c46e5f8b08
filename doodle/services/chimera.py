"""Edges of anything a visitor brings, pictures of animals made of them, and the ways back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import cv2
import numpy as np

from doodle.errors import ModelUnavailable
from doodle.pipelines.steps import PREVIEW, Call
from doodle.registry import Registry
from doodle.requests import Edges, FullSize, Outline, Render
from doodle.requests.chimera import CHIMERA
from doodle.services.networks import Networks
from doodle.services.readiness import VARIED, chimerical
from doodle.services.results import EdgesFound, Outlined, Picture, Pictures
from doodle.services.tasks import Task, relayed
from doodle.strokes.drawing import Drawing
from doodle.strokes.edge_map import EdgeMap, edges_of_drawing, edges_of_picture
from doodle.strokes.species import species_map


class Chimeras:
    """The generator of animals, with the one of different answers where it is there."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def tasks(self) -> dict[type, Callable[[Any], Task]]:
        """The requests that it answers."""
        return {
            Edges: self.edges,
            Render: self.render,
            FullSize: self.full_size,
            Outline: self.outline,
        }

    def edges(self, request: Edges) -> Task:
        """Event: EdgesFound.  Needs no network."""
        yield (yield from self._found(request))

    def render(self, request: Render) -> Task:
        """Event: Pictures."""
        found = yield from self._found(request)
        pictures = yield from self._pictures(request, found, request.n)
        yield Pictures(np.stack(pictures), found)

    def full_size(self, request: FullSize) -> Task:
        """Event: Picture, (H, W, 3)."""
        from doodle.pipelines.chimera import Chimera

        found = yield from self._found(request)
        (picture,) = yield from self._pictures(request, found, 1)
        yield Picture((yield Call(partial(Chimera.framed, picture, found.edge_map))))

    def outline(self, request: Outline) -> Task:
        """Event: Outlined."""
        from doodle.pipelines.chimera import Chimera

        found = yield from self._found(request)
        if request.picture is not None and request.picture.shape != (*found.edges.shape, 3):
            raise ValueError(f"The picture must be {len(found.edges)} pixels square.")
        yield Outlined((yield Call(partial(Chimera.outline, found.edge_map, request.picture))))

    def _found(self, request: Edges) -> Task:
        """The EdgesFound; a part of a task."""
        _, species, size = chimerical(self.registry, request.network)
        return (yield Call(partial(found_edges, request, size, tuple(species)), PREVIEW))

    def _pictures(self, request: Render, found: EdgesFound, n: int) -> Task:
        """n pictures; a part of a task."""
        problem, _, _ = chimerical(self.registry, request.network)
        if problem:
            raise ModelUnavailable(problem)
        optional = (VARIED,) if request.network == CHIMERA else ()
        networks = Networks(self.registry, (request.network,), optional)
        with networks.pipeline(_builder(found.species)) as pipeline:
            task = pipeline.pictures(
                found.edge_map,
                found.classes,
                background=request.background,
                n=n,
                seed=request.seed,
                first=request.first,
            )
            return (yield from _collected(task))


def _builder(species: tuple[str, ...]) -> Callable[..., Any]:
    """What builds the pipeline for a network that knows these species."""

    def chimera(network: Any, varied: Any = None) -> Any:
        from doodle.pipelines.chimera import Chimera  # with torch: not before it is needed

        return Chimera(network, species, varied)

    return chimera


def _collected(task: Task) -> Task:
    """A pipeline's task whose events are returned together."""
    pictures: list[np.ndarray] = []
    yield from relayed(task, pictures.append)
    return pictures


def found_edges(request: Edges, size: int, species: tuple[str, ...]) -> EdgesFound:
    """What the network will get of a drawing or a picture.

    Args:
        size: side S of the edges.
        species: the network's.

    Raises:
        BadDrawing: there are no lines.
        ValueError: an animal that the network does not know, or more tags than strokes.
    """
    style, source = request.options.style(), request.source
    if isinstance(source, Drawing):
        found = edges_of_drawing(source, size, style)
    else:
        found = edges_of_picture(source, size, style)
    if request.edited is not None:
        found = replace(found, edges=_resized(request.edited, size))
    classes = species_map(found, species, **_species_given(request))
    gap = _gap(found) if isinstance(source, Drawing) else None
    return EdgesFound(found.edges, found, classes, found.kind, species, gap)


def _gap(found: EdgeMap) -> tuple[float, float] | None:
    """Where a drawing's outline is open, in the drawing's units."""
    from doodle.pipelines.chimera import closed

    if (place := closed(found.edges)[1]) is None:
        return None
    x, y = ((p + 0.5 - o) / found.scale for p, o in zip(place, found.offset, strict=True))
    return x, y


def _species_given(request: Edges) -> dict[str, Any]:
    """Which animal is where, as `species_map` takes it."""
    if request.painted is not None:
        return {"painted": request.painted}
    if request.points:
        return {"points": request.points}
    if not any(request.tags):
        return {"species": request.species}
    if not isinstance(request.source, Drawing):
        raise ValueError("Tags belong to the strokes of a drawing; on a picture, set points.")
    lines = request.source.polylines()
    if len(request.tags) > len(lines):
        raise ValueError(f"There are {len(request.tags)} tags for {len(lines)} strokes.")
    tags = [*request.tags, *[""] * (len(lines) - len(request.tags))]
    named = [(tag or request.species, line) for line, tag in zip(lines, tags, strict=True)]
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
