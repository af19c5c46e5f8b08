"""What the page asks of Faces: faces to begin with, changes as a slider moves, files, strokes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from doodle.images import noted
from doodle.requests import (
    ChangeFace,
    EdgeOptions,
    Faces,
    FaceStrip,
    FullFace,
    InvertFace,
    MadeUpFace,
    MixFaces,
    Outline,
    RefineFace,
)
from doodle.requests.uploads import read_photograph
from doodle.services.results import FaceReady, FaceRefined, FacesSeen
from doodle.ui import limits
from doodle.ui.messages import BROKEN, data_url, file, note
from doodle.ui.run import Queued, Run, Runs
from doodle.ui.tools.faces import answers
from doodle.ui.tools.faces.shelf import Kept, Photo, Shelf
from doodle.ui.uploads import Upload, received

WORK, VIEW = 2048, 1600  # pixels of a photograph's longer side, to work in and to show
FULL = 20_000  # more than any photograph that is read has
MOST_SENT = 34_000_000  # characters of a file as sent; base64 takes four for three bytes
PEOPLE, PSI = 8, 0.7  # faces of nobody in a row, and their truncation
STEPS = 100  # of refinement
STRENGTHS = (-2.0, -1.0, 0.0, 1.0, 2.0)  # of the strip
FRAMES = 17  # of the GIF
# the names of runs that go on beside each other
FACE, ROW, CHANGE, LIKENESS, STRIP, FILES = (
    f"faces {name}" for name in ("face", "row", "change", "likeness", "strip", "files")
)
# how the edges of a face become strokes; less detail leaves the nose away
_WAYS = {
    "draw": EdgeOptions("hand", "photograph", detail=0.9),
    "chimera": EdgeOptions("canny", "photograph"),
}


class FaceTasks:
    """The handlers of the page's events; answers are messages for its parts."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self.shelf = Shelf()
        runs.when_left(self.shelf.leave)

    # -- faces to begin with ---------------------------------------------------------------------

    async def people(self, event: gr.EventData, request: gr.Request) -> str:
        """A row of faces of nobody.

        Args:
            event: ``{"seed"}``.
        """
        with self._runs.begin(request, ROW) as run:
            seed = limits.seed(_fields(event).get("seed"))
            made = await run.answer(Faces(PEOPLE, seed, PSI))
            if made is None:
                return gr.skip()
            urls = [answers.picture_url(picture) for picture in made.pictures]
            return json.dumps({"run": run.id, "seed": seed, "faces": urls})
        return json.dumps({"run": run.id, "error": run.problem})

    async def choose(self, event: gr.EventData, request: gr.Request) -> str:
        """A face of nobody to be changed.

        Args:
            event: ``{"seed", "number"}``.
        """
        with self._runs.begin(request, FACE) as run:
            kept = await self._nobody(run, _fields(event))
            if kept is None:
                return gr.skip()
            return _message(run, answers.face_message(kept))
        return json.dumps({"run": run.id, "error": run.problem})

    async def mix(self, event: gr.EventData, request: gr.Request) -> str:
        """A face with the shape of one and the finer parts of a face of nobody.

        Args:
            event: ``{"face", "seed", "number", "share"}``: the id of the first, seed and number of
                the second, and the first's share of the layers.
        """
        with self._runs.begin(request, FACE) as run:
            given = _fields(event)
            first = self.shelf.get(run.visitor, given.get("face"))
            second = await self._nobody(run, given)
            if second is None:
                return gr.skip()
            asked = MixFaces(first.code, second.code, given.get("share", 0.5))
            ready = await run.answer(asked)
            if ready is None:
                return gr.skip()
            kept = Kept(f"{first.id}*{second.id}*{asked.share:.2f}", ready.code)
            self.shelf.put(run.visitor, kept)
            self.shelf.put(run.visitor, first)  # it stays while others are mixed with it
            return _message(run, answers.face_message(kept))
        return json.dumps({"run": run.id, "error": run.problem})

    async def opened(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        """A photograph: its faces, the surest of them ready to be changed.

        Args:
            event: a file as the browser sends it, see `uploads.received`.
        """
        with self._runs.begin(request, FACE) as run:
            yield gr.skip()  # at once: registers the stream
            upload = received(event._data, MOST_SENT)
            yield _message(run, {"status": "Reading the picture."})
            work, size = await asyncio.to_thread(_read, upload, WORK)
            view = await asyncio.to_thread(answers.photo_of, work, VIEW)
            photo = Photo(upload.content, upload.name, work, view, size, np.zeros((0, 5, 2)))
            async for answer in self._inverted(run, InvertFace(work), photo):
                yield answer
        if run.problem:
            yield _message(run, {"error": run.problem})

    async def pick(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        """Another face of the photograph, or the same by points that were dragged.

        Args:
            event: ``{"face", "at"}`` with the number of the face, or ``{"face", "points"}`` in
                pixels of the picture on show.
        """
        with self._runs.begin(request, FACE) as run:
            yield gr.skip()  # at once: registers the stream
            given = _fields(event)
            photo = self.shelf.get(run.visitor, given.get("face")).photo
            if photo is None:
                raise ValueError(BROKEN)
            points = given.get("points")
            if points is None:
                at = given.get("at")
                if not isinstance(at, int) or not 0 <= at < len(photo.faces):
                    raise ValueError(BROKEN)
                points = photo.faces[at]
            else:
                points = InvertFace(photo.view, points=points).points / photo.scale("view")
            async for answer in self._inverted(run, InvertFace(photo.work, points=points), photo):
                yield answer
        if run.problem:
            yield _message(run, {"error": run.problem})

    async def _inverted(self, run: Run, asked: InvertFace, photo: Photo) -> AsyncIterator[str]:
        """The messages about a face of a photograph until it is ready."""
        async for found in run.events(asked):
            if isinstance(found, Queued):
                yield _message(run, {"status": found.sentence})
            elif isinstance(found, FacesSeen):
                photo = replace(photo, faces=found.points)
            elif isinstance(found, FaceReady):
                kept = Kept(self.shelf.new_id(), found.code, photo, *found[1:])
                self.shelf.put(run.visitor, kept)
                message = await asyncio.to_thread(answers.face_message, kept)
                if run.live:
                    yield _message(run, message)

    async def _nobody(self, run: Run, given: dict[str, Any]) -> Kept | None:
        """The face of a seed and number; None where the run was ended."""
        asked = MadeUpFace(limits.seed(given.get("seed")), given.get("number", 0), PSI)
        name = f"{asked.seed}/{asked.number}"
        kept = self.shelf.find(run.visitor, name)
        if kept is None:
            ready = await run.answer(asked)
            if ready is None:
                return None
            kept = Kept(name, ready.code)
            self.shelf.put(run.visitor, kept)
        return kept

    # -- changes ---------------------------------------------------------------------------------

    async def change(self, event: gr.EventData, request: gr.Request) -> str:
        """The face as the edits say, while a slider moves.

        Args:
            event: ``{"request", "face", "edits": [[text, strength], ...]}``; the number of the
                request comes back.
        """
        given, kept = {}, None
        with self._runs.begin(request, CHANGE) as run:
            given = _fields(event)
            kept = self.shelf.find(run.visitor, given.get("face"))
            if kept is None:
                return json.dumps({"request": given.get("request"), "gone": True})
            place = answers.place_in(kept, kept.photo.view, "view") if kept.photo else {}
            made = await run.answer(ChangeFace(kept.code, given.get("edits", ()), **place))
            if made is None:
                return gr.skip()
            return json.dumps(answers.changed_message(made, kept, given.get("request")))
        unread = isinstance(run.error, ValueError)
        return json.dumps({"request": given.get("request"), "error": run.problem, "unread": unread})

    async def refine(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        """A code that draws the photograph more truly, step by step.

        Args:
            event: ``{"face"}``.
        """
        with self._runs.begin(request, LIKENESS) as run:
            yield gr.skip()  # at once: registers the stream, so that it can be ended
            kept = self.shelf.get(run.visitor, _fields(event).get("face"))
            async for found in run.events(RefineFace(kept.code, STEPS)):
                said: dict[str, Any] = {"face": kept.id}
                if isinstance(found, Queued):
                    said |= {"status": found.sentence}
                elif isinstance(found, FaceRefined):
                    url = answers.picture_url(found.drawn)
                    said |= {"step": found.step, "steps": found.steps, "drawn": url}
                else:
                    self.shelf.put(run.visitor, kept.with_code(found.code))
                    said |= {"done": True}
                yield _message(run, said)
        if run.problem:
            yield _message(run, {"error": run.problem})

    async def strip(self, event: gr.EventData, request: gr.Request) -> str:
        """One edit at several strengths.

        Args:
            event: ``{"request", "face", "edits", "which"}``.
        """
        given: dict[str, Any] = {}
        with self._runs.begin(request, STRIP) as run:
            given = _fields(event)
            made = await run.answer(self._strip(run, given, STRENGTHS))
            if made is None:
                return gr.skip()
            urls = [answers.picture_url(picture) for picture in made.pictures]
            said = {"request": given.get("request"), "strengths": STRENGTHS, "pictures": urls}
            return json.dumps(said)
        return json.dumps({"request": given.get("request"), "error": run.problem})

    def _strip(self, run: Run, given: dict[str, Any], strengths: Any) -> FaceStrip:
        kept = self.shelf.get(run.visitor, given.get("face"))
        return FaceStrip(
            kept.code,
            given.get("edits", ()),
            which=given.get("which", 0),
            strengths=strengths,
        )

    # -- ways onward -----------------------------------------------------------------------------

    async def gif(self, event: gr.EventData, request: gr.Request) -> str:
        """The strip as a GIF, for the mailbox; fields as `strip`."""
        with self._runs.begin(request, FILES, beside=True) as run:
            given = _fields(event)
            strengths = np.linspace(STRENGTHS[0], STRENGTHS[-1], FRAMES).tolist()
            asked = self._strip(run, given, strengths)
            made = await run.answer(asked)
            if made is None:
                return gr.skip()
            said = answers.note_of(self.shelf.get(run.visitor, given["face"]), asked.edits)
            content = await asyncio.to_thread(answers.gif_of, made.pictures, said)
            return file(f"{_slug(asked.edits)}.gif", data_url("image/gif", content))
        return note(run.problem)

    async def full(self, event: gr.EventData, request: gr.Request) -> str:
        """The picture at its full size as a file that says that it was edited, for the mailbox.

        Args:
            event: ``{"face", "edits", "format": "png" or "jpeg"}``.
        """
        with self._runs.begin(request, FILES, beside=True) as run:
            given = _fields(event)
            kept = self.shelf.get(run.visitor, given.get("face"))
            kind = "PNG" if given.get("format") == "png" else "JPEG"
            whole = place = None
            if kept.photo:
                upload = Upload(kept.photo.name, kept.photo.content, is_text=False)
                whole, _ = await asyncio.to_thread(_read, upload, FULL)
                place = answers.place_in(kept, whole, "file")
            asked = FullFace(kept.code, given.get("edits", ()), **(place or {}))
            made = await run.answer(asked)
            if made is None:
                return gr.skip()
            picture = made.square
            if whole is not None:
                left, top, right, bottom = answers.box_of(kept, "file")
                whole[top:bottom, left:right] = made.patch
                picture = whole
            said = answers.note_of(kept, asked.edits)
            content = await asyncio.to_thread(noted, picture, kind, said)
            suffix, media = ("png", "image/png") if kind == "PNG" else ("jpg", "image/jpeg")
            return file(f"{_slug(asked.edits)}.{suffix}", data_url(media, content))
        return note(run.problem)

    async def outline(self, event: gr.EventData, request: gr.Request) -> str:
        """The face as strokes, for the canvas of another tool.

        Args:
            event: ``{"face", "edits", "to": "draw" or "chimera"}``.
        """
        with self._runs.begin(request, FILES, beside=True) as run:
            given = _fields(event)
            to = given.get("to")
            if to not in _WAYS:
                raise ValueError(BROKEN)
            kept = self.shelf.get(run.visitor, given.get("face"))
            made = await run.answer(ChangeFace(kept.code, given.get("edits", ())))
            if made is None:
                return gr.skip()
            found = await run.answer(Outline(made.square, _WAYS[to]))
            if found is None:
                return gr.skip()
            return _message(run, {"outline": found.drawing.to_json(), "to": to})
        return _message(run, {"error": run.problem})


def _fields(event: gr.EventData) -> dict[str, Any]:
    """What an event of the page says.

    Raises:
        ValueError: it is no object.
    """
    if not isinstance(event._data, dict):
        raise ValueError(BROKEN)
    return event._data


def _read(upload: Upload, longest: int) -> tuple[np.ndarray, tuple[int, int]]:
    """A photograph and its size before it was reduced; see `read_photograph`."""
    return read_photograph(upload.content, upload.name, longest=longest)


def _message(run: Run, fields: dict[str, Any]) -> str:
    return json.dumps({"run": run.id, **fields})


def _slug(edits: Any) -> str:
    """A name for the file."""
    letters = "-".join(text for text, strength in edits if strength)
    kept = "".join(c if c.isalnum() else "-" for c in letters.lower())[:40].strip("-")
    return f"face-{kept}" if kept else "face"
