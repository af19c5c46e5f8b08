"""What the page asks of Chimera: edges, pictures, files opened, full sizes and outlines."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from typing import Any

import gradio as gr
import numpy as np

from doodle.requests import EdgeOptions, Edges, FullSize, Outline, Render
from doodle.requests.chimera import Source
from doodle.requests.uploads import read
from doodle.services.readiness import chimerical
from doodle.services.results import Pictures
from doodle.strokes.drawing import Drawing
from doodle.ui import limits
from doodle.ui.messages import BROKEN, file, note, parse, sentence
from doodle.ui.pictures import png_url
from doodle.ui.run import Queued, Runs
from doodle.ui.tools.chimera.answers import (
    backdrop,
    edges_message,
    no_edges_message,
    pictures_message,
)
from doodle.ui.uploads import received

MAX_MESSAGE = 6_000_000  # characters of JSON: a drawing, and edges that were edited
# the names of runs that go on beside those of the pictures
EDGES, FILES = "chimera edges", "chimera files"

_GONE = "The picture is not kept here any longer: open it again."
_NOTHING_MADE = "There is no picture yet: press Render first."
_OPTIONS = ("way", "kind", "sigma", "detail", "blur", "thickness", "clean")
_FIELDS = ("species", "background", "n", "points", "edited")


@dataclass(frozen=True, eq=False)
class Rendered:
    """What the result card shows, kept for its links."""

    request: Render
    made: Pictures


class ChimeraTasks:
    """The handlers of the page's events; answers are messages for its parts."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    async def edges(self, message: str, picture: np.ndarray | None, request: gr.Request) -> Any:
        """A preview of the edges that the network would get now."""
        number, new_source, size = None, False, chimerical(self._runs.executor.registry)[2]
        with self._runs.begin(request, EDGES) as run:
            given = parse(message, limit=MAX_MESSAGE)
            number, new_source = given.get("request"), bool(given.get("new_source"))
            render = _render(given, picture)
            if isinstance(render.source, Drawing) and not render.source:
                return no_edges_message("", size, number, new_source=True)
            found = await run.answer(Edges(**_edge_fields(render)))
            if found is None:
                return gr.skip()
            return edges_message(found, number, new_source=new_source)
        return no_edges_message(run.problem, size, number, new_source=new_source)

    async def render(
        self, message: str, picture: np.ndarray | None, request: gr.Request
    ) -> AsyncIterator[tuple[Any, Any, Any]]:
        """Pictures of what is on the page, for the result card, with the edges they are made of."""
        with self._runs.begin(request, "chimera") as run:
            yield gr.skip(), gr.skip(), gr.skip()  # at once: registers the stream
            render = _render(parse(message, limit=MAX_MESSAGE), picture)
            async for event in run.events(render):
                if isinstance(event, Queued):
                    waiting = json.dumps({"run": run.id, "waiting": event.sentence})
                    yield waiting, gr.skip(), gr.skip()
                    continue
                edges, kept = edges_message(event.found, run.id), Rendered(render, event)
                result = await asyncio.to_thread(pictures_message, event, render, run.id)
                if run.live:
                    yield result, edges, kept
        if run.problem:
            yield json.dumps({"run": run.id, "error": run.problem}), gr.skip(), gr.skip()

    def opened(self, event: gr.EventData) -> tuple[str, Any]:
        """A file on the canvas: strokes to lay on it, or a picture to lie below its ink."""
        try:
            source, tags = opened_source(event._data)
            if isinstance(source, Drawing):
                wire = {**source.to_dict(), **({"tags": tags} if tags else {})}
                return _message(drawing=json.dumps(wire)), None
            height, width = source.shape[:2]
            return _message(picture=backdrop(source), w=width, h=height), source
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return _message(error=sentence(error)), gr.skip()

    async def full(self, message: str, rendered: Rendered | None, request: gr.Request) -> Any:
        """A variant in the frame and at the size of its source, as a file to save."""
        with self._runs.begin(request, FILES, beside=True) as run:
            variant, rendered = _chosen(message, rendered)
            found = await run.answer(FullSize(**{**vars(rendered.request), "first": variant}))
            if found is None:
                return gr.skip()
            return file(
                f"chimera-{variant + 1}.png", await asyncio.to_thread(png_url, found.pixels)
            )
        return note(run.problem)

    async def outline(self, message: str, rendered: Rendered | None, request: gr.Request) -> Any:
        """Strokes of a variant, or of the edges (variant -1), for the canvas of Draw."""
        with self._runs.begin(request, FILES, beside=True) as run:
            variant, rendered = _chosen(message, rendered)
            picture = None if variant < 0 else rendered.made.pictures[variant]
            found = await run.answer(Outline(**_edge_fields(rendered.request), picture=picture))
            if found is None:
                return gr.skip()
            return _message(outline=found.drawing.to_json())
        return _message(error=run.problem)


def opened_source(sent: Any) -> tuple[Source, list[str]]:
    """Read a file as the browser sends it, see `uploads.received`.

    Returns:
        Strokes and their tags, or a picture (H, W, 3) uint8 and none.

    Raises:
        BadDrawing: it cannot be used; says why.
    """
    upload = received(sent)
    source = read(upload.content, upload.name)
    tagged = isinstance(source, Drawing) and upload.is_text
    return source, _tags_of(upload.content, len(source.strokes)) if tagged else []


def _tags_of(content: bytes, strokes: int) -> list[str]:
    """The tags in a project file of this tool; none where they do not fit the strokes."""
    try:
        tags = json.loads(content)["tags"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    fits = isinstance(tags, list) and len(tags) == strokes
    return tags if fits and all(isinstance(tag, str) for tag in tags) else []


def _render(given: dict[str, Any], picture: np.ndarray | None) -> Render:
    """What the page shows as a request.

    Args:
        given: ``{"picture": bool, "drawing", "points", "species", "background", "seed", "n",
            "options", "edited"}``; a drawing in wire form with its list of tags.
        picture: that the visitor brought.
    """
    options = given.get("options")
    options = options if isinstance(options, dict) else {}
    drawing = given.get("drawing")
    tags = drawing.get("tags") if isinstance(drawing, dict) else None
    if not given.get("picture"):
        source: Source = Drawing.parse(drawing)
    elif picture is None:
        raise ValueError(_GONE)
    else:
        source = picture
    more = {name: given[name] for name in _FIELDS if name in given}
    if "seed" in given:
        more["seed"] = limits.seed(given["seed"])
    edges = EdgeOptions(**{name: options[name] for name in _OPTIONS if name in options})
    return Render(source, edges, tags=tags or (), **more)


def _edge_fields(request: Render) -> dict[str, Any]:
    """The fields of a Render that say what its edges are."""
    names = {field.name for field in fields(Edges)}
    return {name: value for name, value in vars(request).items() if name in names}


def _chosen(message: str, rendered: Rendered | None) -> tuple[int, Rendered]:
    """Which variant the result card asks for."""
    variant = parse(message).get("variant")
    if not isinstance(rendered, Rendered):
        raise ValueError(_NOTHING_MADE)
    if type(variant) is not int or not -1 <= variant < len(rendered.made.pictures):
        raise ValueError(BROKEN)
    return variant, rendered


def _message(**values: Any) -> str:
    """For the sentence's part; `sent_at`, never twice the same, tells it from the part's own."""
    return json.dumps({"sent_at": time.time(), **values})
