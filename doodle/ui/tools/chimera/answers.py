"""The answers of Chimera: messages for the cards of edges and result, and the pictures in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from doodle.requests import Edges, Render
from doodle.services.results import EdgesFound, Pictures
from doodle.strokes.drawing import Drawing
from doodle.strokes.edge_map import EdgeMap
from doodle.ui.messages import data_url
from doodle.ui.pictures import colours, overlay, png_url

SOURCE_SIDE = 384  # pixels of the source's picture, beside the result
INK = (28, 27, 34)  # of strokes without a tag
_TOWARDS_INK = 0.22  # as the canvas shows the colours
_NAMED = 0.04  # share of the picture from which an animal is in its title
_LIST = 3  # animals in a title
_JPEG = 86  # quality of the picture below the canvas's ink
_FINER = 4  # bits of a pixel's fraction in OpenCV's coordinates


def edges_message(found: EdgesFound, request: Any, *, new_source: bool = False) -> str:
    """For the card of the edges.

    Args:
        request: number of the request, so that equal answers differ.
        new_source: the source is another one than before, so edits of its edges are over.
    """
    return _edges_card(
        request,
        found.edge_map.size,
        new_source,
        edges=png_url(found.edges),
        kind=found.kind,
        species=overlay(found.classes, found.species),
        gap=found.gap,
    )


def no_edges_message(problem: str, size: int, request: Any, *, new_source: bool = False) -> str:
    """For the same card, where there are no edges; the problem is a sentence or empty."""
    return _edges_card(request, size, new_source, problem=problem)


def _edges_card(
    request: Any,
    size: int,
    new_source: bool,
    *,
    edges: str = "",
    kind: str = "",
    species: str = "",
    problem: str = "",
    gap: tuple[float, float] | None = None,
) -> str:
    return json.dumps(
        {
            "request": request,
            "size": size,
            "edges": edges,
            "kind": kind,
            "species": species,
            "problem": problem,
            "gap": gap,
            "new_source": new_source,
        }
    )


def pictures_message(made: Pictures, request: Render, run: str) -> str:
    """For the card of the result."""
    found = made.found
    return json.dumps(
        {
            "run": run,
            "size": found.edge_map.size,
            "seed": request.seed,
            "pictures": [png_url(picture) for picture in made.pictures],
            "source": png_url(source_picture(request, found.edge_map)),
            "edges": png_url(found.edges),
            "title": title(found.classes, found.species),
        }
    )


def title(classes: np.ndarray, species: Sequence[str]) -> str:
    """The animals of a class map (S, S), the largest first: "lion, goat and snake"."""
    shares = np.bincount(classes.ravel(), minlength=len(species) + 1)[1:] / classes.size
    names = [species[k] for k in np.argsort(-shares, kind="stable") if shares[k] > _NAMED][:_LIST]
    return " and ".join([", ".join(names[:-1]), names[-1]][len(names) < 2 :]) if names else ""


def source_picture(request: Edges, edges: EdgeMap, side: int = SOURCE_SIDE) -> np.ndarray:
    """The source as it lies in the square of the edge map, strokes in the colours of their species.

    Args:
        side: of the result, pixels.

    Returns:
        (side, side, 3) uint8 RGB.
    """
    finer, source = side / edges.size, request.source
    scale, offset = edges.scale * finer, np.array(edges.offset) * finer
    if isinstance(source, Drawing):
        return _inked(source, request.tags, scale, offset, side)
    if scale < 1:  # warpAffine skips pixels
        small = tuple(max(1, round(length * scale)) for length in source.shape[1::-1])
        source, scale = cv2.resize(source, small, interpolation=cv2.INTER_AREA), 1.0
    # the middle of the first pixel is 0.5 in our coordinates and 0 in OpenCV's
    x, y = offset + scale / 2 - 0.5
    place = np.array([[scale, 0, x], [0, scale, y]])
    return cv2.warpAffine(source, place, (side, side), borderValue=(255, 255, 255))


def _inked(
    drawing: Drawing, tags: Sequence[str], scale: float, offset: np.ndarray, side: int
) -> np.ndarray:
    paper = np.full((side, side, 3), 255, np.uint8)
    table = colours(sorted(set(tags) - {""}))
    for k, stroke in enumerate(drawing.strokes):
        tag = tags[k] if k < len(tags) else ""
        colour = np.array(tuple(bytes.fromhex(table[tag][1:])) if tag in table else INK)
        colour = (colour + (INK - colour) * _TOWARDS_INK).round().tolist()
        points = stroke.points.astype(np.float64) * scale + offset - 0.5
        fixed = np.round(np.clip(points, -side, 2 * side) * 2**_FINER).astype(np.int32)
        fixed = np.repeat(fixed, 2, axis=0) if len(fixed) == 1 else fixed  # a dot
        width = max(1, round(stroke.width * scale))
        cv2.polylines(paper, [fixed], False, colour, width, cv2.LINE_AA, _FINER)
    return paper


def backdrop(picture: np.ndarray) -> str:
    """A picture (H, W, 3) uint8 RGB to lie below the canvas's ink, as the data URL of a JPEG."""
    turned = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, _JPEG])
    return data_url("image/jpeg", data.tobytes())
