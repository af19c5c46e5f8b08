"""Chimera: a creature drawn or brought as a picture, its edges at once, pictures of it at a press.

The sentence's script (sentence.js) gathers all that is on the page into one letter, JSON text
as its value, for the preview of the edges and for the pictures alike: they cannot differ.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from doodle.errors import BadDrawing
from doodle.registry import Registry
from doodle.requests import EdgeOptions, Edges, FullSize, Outline, Render
from doodle.requests.chimera import Source
from doodle.requests.uploads import read
from doodle.services.executor import Executor
from doodle.services.readiness import chimerical
from doodle.services.results import Pictures, Waiting
from doodle.strokes.drawing import Drawing
from doodle.ui import limits
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.opening import MAX_FILE
from doodle.ui.parts import DIRECT, QUIET, WORK, note, queued, scripted, sentence
from doodle.ui.pictures import colours, png_url
from doodle.ui.runs import Runs
from doodle.ui.scripts import call
from doodle.ui.tools.chimera.answers import backdrop, made_letter, seen_letter, unseen_letter

HINT = "Draw a creature here, or drop a picture of one."
MAX_LETTER = 6_000_000  # characters of JSON: a drawing, and edges that were edited
KEPT_FOR = 3600  # seconds that a visitor's picture is kept after the tab was closed
CREATURES = Path(__file__).resolve().parent / "examples"

_GONE = "The picture is not kept here any longer: open it again."
_NOTHING_MADE = "There is no picture yet: press Render first."
_BAD_LETTER = "That request did not arrive whole; try again."
_LOOKS = ("way", "kind", "sigma", "detail", "blur", "thickness", "clean")
_EDITED = call("chimera.edited")


@dataclass(frozen=True)
class ChimeraPanel:
    """The parts of the tool that are wired together."""

    desk: gr.HTML
    canvas: StrokeCanvas
    edges: gr.HTML
    result: gr.HTML
    picture: gr.State
    made: gr.State


@dataclass(frozen=True, eq=False)
class Rendered:
    """What the result card shows, kept for its links."""

    request: Render
    made: Pictures


def build(registry: Registry) -> ChimeraPanel:
    """Lay the tool out."""
    problem, species, size = chimerical(registry)
    palette = colours(species)
    shown = {"palette": json.dumps(palette), "creatures": json.dumps(creatures(CREATURES))}
    with gr.Row(elem_classes="dd-desk dd-desk-creature"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            desk = scripted("tools/chimera/sentence", problem=problem, **shown, elem_id="creature")
            canvas = StrokeCanvas(
                elem_id="creature_pad", autosave="creature", palette=palette, hint=HINT
            )
            scripted("tools/chimera/examples", **shown, elem_id="creatures")
        with gr.Column(elem_classes="dd-side", min_width=0):
            with gr.Column(elem_classes="dd-card", min_width=0):
                edges = scripted("tools/chimera/edges", elem_id="creature_edges")
                scripted("tools/chimera/look", elem_id="creature_look")
            with gr.Column(elem_classes="dd-card", min_width=0):
                result = scripted("tools/chimera/result", size=size, elem_id="creature_result")
    kept = {"time_to_live": KEPT_FOR}
    return ChimeraPanel(desk, canvas, edges, result, gr.State(**kept), gr.State(**kept))


def creatures(folder: Path) -> list[dict[str, Any]]:
    """Our own drawn creatures, tagged, in wire form, in the order of the files."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def wire(panel: ChimeraPanel, executor: Executor, runs: Runs, mailbox: gr.HTML) -> None:
    """Connect the controls with the models.

    Args:
        runs: of this tool alone.
        mailbox: takes files and sentences for the visitor.
    """
    desk, result, edges = panel.desk, panel.result, panel.edges
    tasks = Creatures(executor, runs)
    asked = [desk, panel.picture]
    desk.see(tasks.see, asked, edges, **{**DIRECT, "trigger_mode": "always_last"})
    shown = [result, edges, panel.made]
    desk.make(tasks.render, asked, shown, **WORK)
    desk.live(tasks.render, asked, shown, **{**WORK, "trigger_mode": "always_last"})
    desk.halt(tasks.stop, None, None, queue=False, **QUIET)
    panel.canvas.on_import(tasks.opened, None, [desk, panel.picture], **WORK)
    edges.edited(None, edges, None, js=_EDITED, **QUIET)
    result.full(tasks.full, [result, panel.made], mailbox, **WORK)
    result.outline(tasks.outline, [result, panel.made], desk, **WORK)


class Creatures:
    """What the page asks; answers are letters for its parts."""

    def __init__(self, executor: Executor, runs: Runs) -> None:
        self._executor = executor
        self._runs = runs

    async def see(self, letter: str, picture: np.ndarray | None, request: gr.Request) -> str:
        """The edges that the network would get now."""
        at, fresh, size = None, False, chimerical(self._executor.registry)[2]
        try:
            asked = _opened(letter)
            at, fresh = asked.get("at"), bool(asked.get("fresh"))
            source, told = _request(asked, picture)
            if isinstance(source, Drawing) and not source:
                return unseen_letter("", size, at, fresh=True)
            edges = _edges_of(Render(source, **told))
            job = self._executor.submit(Edges(**edges), request.session_hash or "")
            return seen_letter(await job.answer(), at, fresh=fresh)
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return unseen_letter(sentence(error), size, at, fresh=fresh)

    async def render(
        self, letter: str, picture: np.ndarray | None, request: gr.Request
    ) -> AsyncIterator[tuple[Any, Any, Any]]:
        """Pictures of what is on the page, for the result card, with the edges they are made of."""
        session = request.session_hash or ""
        run = self._runs.start(session)
        yield gr.skip(), gr.skip(), gr.skip()  # at once: registers the stream
        answer: tuple[Any, Any, Any] | None = None
        try:
            source, told = _request(_opened(letter), picture)
            asked = Render(source, **told)
            job = self._executor.submit(asked, session)
            self._runs.holds(session, run, job)
            async for event in job:
                if isinstance(event, Waiting):
                    yield json.dumps({"run": run, "waiting": queued(event)}), gr.skip(), gr.skip()
                else:
                    edges, kept = seen_letter(event.found, run), Rendered(asked, event)
                    result = await asyncio.to_thread(made_letter, event, asked, run)
                    answer = result, edges, kept
        except Exception as error:  # whatever it was, the visitor reads one sentence
            answer = json.dumps({"run": run, "error": sentence(error)}), gr.skip(), gr.skip()
        if answer and self._runs.is_newest(session, run):
            yield answer

    def stop(self, request: gr.Request) -> None:
        """End this visitor's run; what is on the page stays."""
        self._runs.stop(request.session_hash or "")

    def opened(self, event: gr.EventData) -> tuple[str, Any]:
        """A file on the canvas: strokes to lay on it, or a picture to lie below its ink."""
        try:
            source, tags = brought(event._data)
            if isinstance(source, Drawing):
                wire = {**source.to_dict(), **({"tags": tags} if tags else {})}
                return _answer(drawing=json.dumps(wire)), None
            height, width = source.shape[:2]
            return _answer(picture=backdrop(source), w=width, h=height), source
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return _answer(error=sentence(error)), gr.skip()

    async def full(self, letter: str, rendered: Rendered | None, request: gr.Request) -> str:
        """A variant at the size of what came in, as a file to save."""
        try:
            k, rendered = _chosen(letter, rendered)
            asked = FullSize(**{**vars(rendered.request), "first": k})
            found = await self._executor.submit(asked, request.session_hash or "").answer()
            data = await asyncio.to_thread(png_url, found.pixels)
            return json.dumps({"note": "", "name": f"creature-{k + 1}.png", "data": data})
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return note(sentence(error))

    async def outline(self, letter: str, rendered: Rendered | None, request: gr.Request) -> str:
        """Strokes of a variant, or of the edges (variant -1), for the canvas of Draw."""
        try:
            k, rendered = _chosen(letter, rendered)
            picture = None if k < 0 else rendered.made.pictures[k]
            asked = Outline(**_edges_of(rendered.request), picture=picture)
            found = await self._executor.submit(asked, request.session_hash or "").answer()
            return _answer(outline=found.drawing.to_json())
        except Exception as error:  # whatever it was, the visitor reads one sentence
            return _answer(error=sentence(error))


def brought(file: Any) -> tuple[Source, list[str]]:
    """Read a file as the browser sends it.

    Args:
        file: {"name", "kind": "text" or "base64", "data"}.

    Returns:
        Strokes and their tags, or a picture (H, W, 3) uint8 and none.

    Raises:
        BadDrawing: it cannot be used; says why.
    """
    if not isinstance(file, Mapping) or not isinstance(file.get("data"), str):
        raise BadDrawing("That is no file which can be opened here.")
    if len(file["data"]) > MAX_FILE:
        raise BadDrawing("That file is too large to open.")
    try:
        data = (
            file["data"].encode()
            if file.get("kind") == "text"
            else base64.b64decode(file["data"], validate=True)
        )
    except binascii.Error:
        raise BadDrawing("That file did not arrive whole; try again.") from None
    source = read(data, file.get("name"))
    tagged = isinstance(source, Drawing) and file.get("kind") == "text"
    return source, _tags_of(file["data"], len(source.strokes)) if tagged else []


def _tags_of(text: str, strokes: int) -> list[str]:
    """The tags in a project file of this tool; none where they do not fit the strokes."""
    try:
        tags = json.loads(text)["tags"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    fits = isinstance(tags, list) and len(tags) == strokes
    return tags if fits and all(isinstance(tag, str) for tag in tags) else []


def _request(asked: dict[str, Any], picture: np.ndarray | None) -> tuple[Source, dict[str, Any]]:
    """What the page shows, checked: the source, and the other fields of a Render.

    Args:
        asked: ``{"picture": bool, "drawing", "points", "species", "background", "seed", "n",
            "look", "edited"}``; a drawing in wire form with its list of tags.
        picture: that the visitor brought.
    """
    look = asked.get("look")
    look = {name: look[name] for name in _LOOKS if name in look} if isinstance(look, dict) else {}
    drawing = asked.get("drawing")
    tags = drawing.get("tags") if isinstance(drawing, dict) else None
    if asked.get("picture"):
        if picture is None:
            raise ValueError(_GONE)
        source: Source = picture
    else:
        source = Drawing.parse(drawing)
    names = ("species", "background", "n", "points", "edited")
    told = {name: asked[name] for name in names if name in asked}
    if "seed" in asked:
        told["seed"] = limits.seed(asked["seed"])
    return source, {"options": EdgeOptions(**look), "tags": tags or (), **told}


def _edges_of(request: Render) -> dict[str, Any]:
    """The fields of a Render that say what its edges are."""
    names = {field.name for field in fields(Edges)}
    return {name: value for name, value in vars(request).items() if name in names}


def _chosen(letter: str, rendered: Rendered | None) -> tuple[int, Rendered]:
    """Which variant the result card asks for."""
    k = _opened(letter).get("k")
    if not isinstance(rendered, Rendered):
        raise ValueError(_NOTHING_MADE)
    if type(k) is not int or not -1 <= k < len(rendered.made.pictures):
        raise ValueError(_BAD_LETTER)
    return k, rendered


def _opened(letter: Any) -> dict[str, Any]:
    try:
        if isinstance(letter, str) and len(letter) <= MAX_LETTER:
            asked = json.loads(letter)
            if isinstance(asked, dict):
                return asked
    except (ValueError, RecursionError):
        pass  # as any other letter that cannot be read
    raise ValueError(_BAD_LETTER)


def _answer(**told: Any) -> str:
    """A letter for the sentence's part; `came`, never twice the same, tells it from its own."""
    return json.dumps({"came": time.time(), **told})
