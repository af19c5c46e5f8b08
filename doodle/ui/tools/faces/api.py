"""The public endpoints of Faces."""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr
import numpy as np

from doodle.images import noted
from doodle.requests import EditFace, Faces, InvertFace
from doodle.requests.uploads import bytes_of, read_photograph
from doodle.services.results import FaceReady, FacesSeen
from doodle.ui import limits, wire
from doodle.ui.messages import data_url
from doodle.ui.pictures import png_url
from doodle.ui.tool import Ask, Endpoint
from doodle.ui.tools.faces.answers import MADE, TOLD

DRAWN = "A face of a photograph as a program (doodle) draws it"
LONGEST = 8192  # pixels: larger photographs are reduced when they are read


def endpoints(ask: Ask) -> list[Endpoint]:
    """The endpoints, which ask by `ask`."""
    return [_faces(ask), _edit_face(ask), _invert_face(ask)]


def _faces(ask: Ask) -> Endpoint:
    async def faces(
        n: int = 16, seed: int = 0, psi: float = 0.7, request: gr.Request = None
    ) -> wire.FacesMade:
        """Make up faces of people who do not exist.

        Args:
            n: how many, 1 to 64.
            seed: the same seed gives the same faces.
            psi: truncation, from 0 (all the average face) to 1.2 (odd).

        Returns:
            {"faces": [PNG as data URL, ...], "size": their side in pixels}; their metadata say that
            a program made them.
        """
        *_, made = await ask(Faces(n, limits.seed(seed), psi), request)
        urls = await asyncio.to_thread(lambda: [_png(one, MADE) for one in made.pictures])
        return {"faces": urls, "size": made.pictures.shape[1]}

    return faces


def _edit_face(ask: Ask) -> Endpoint:
    async def edit_face(
        image: str,
        edits: list[tuple[str, float]],
        neutral: str = "face",
        face: int = 0,
        refine: int = 0,
        aligned: bool = False,
        request: gr.Request = None,
    ) -> wire.EditedFace:
        """Change a face of a photograph by words, such as smiling. Ask the people in it first.

        Args:
            image: a picture file (PNG, JPEG, GIF, WebP, BMP, TIFF) as a data URL or in base64.
            edits: [["smiling", 1.0], ["gray hair", 0.5], ...], 1 to 8 texts, each with its strength
                from -3 to 3, below 0 the opposite.
            neutral: what the face is thought to be now.
            face: which one where there are several, 0 being the surest.
            refine: steps in which the likeness is improved before, 0 to 300.
            aligned: the image is an aligned square; no face is looked for.

        Returns:
            {"picture": the photograph with its face changed, "aligned": the face's square as it
            was, "inverted": as the generator draws it, "changed": with the edits, "size": side of
            these three in pixels, "points": [[x, y], ...] of eyes, nose and corners of the mouth,
            "faces": how many there are, "notices": [what is to know of how texts were read, ...]};
            pictures are PNG as data URLs, the changed ones say so in their metadata.
        """
        picture = await _photograph(image)
        asked = EditFace(picture, edits, neutral, face=face, refine=refine, aligned=aligned)
        *_, made = await ask(asked, request)
        note = TOLD.format(", ".join(f"{text} {strength:+.2g}" for text, strength in asked.edits))
        return {
            "picture": await asyncio.to_thread(_png, made.picture, note),
            "aligned": png_url(made.aligned),
            "inverted": _png(made.inverted, DRAWN),
            "changed": _png(made.changed, note),
            "size": len(made.aligned),
            "points": _listed(made.points),
            "faces": made.faces,
            "notices": list(made.notices),
        }

    return edit_face


def _invert_face(ask: Ask) -> Endpoint:
    async def invert_face(
        image: str,
        face: int = 0,
        points: list[list[float]] | None = None,
        refine: int = 0,
        aligned: bool = False,
        request: gr.Request = None,
    ) -> wire.InvertedFace:
        """Find a face in a photograph, and the code by which the generator draws it.

        Args:
            image: a picture file (PNG, JPEG, GIF, WebP, BMP, TIFF) as a data URL or in base64.
            face: which one where there are several, 0 being the surest.
            points: [[x, y], ...] of eyes, nose and corners of the mouth in pixels of the image,
                where they are known; then no face is looked for.
            refine: steps in which the code is improved, 0 to 300.
            aligned: the image is an aligned square; no face is looked for.

        Returns:
            {"code": W+, a list of style vectors, one for each layer, "aligned": the face's square,
            "inverted": as the generator draws it, both PNG as data URLs, "size": their side in
            pixels, "points": of the face, "faces": the points of all faces that were found,
            "corners": [[x, y], ...] of the square in the image}.
        """
        picture = await _photograph(image)
        events = await ask(
            InvertFace(picture, face, points, refine=refine, aligned=aligned), request
        )
        found = next((one.points for one in events if isinstance(one, FacesSeen)), ())
        ready = next(one for one in events if isinstance(one, FaceReady))
        code, square = ready.code, ready.code.square
        assert square is not None, "the face of a photograph has a square"
        drawn = np.round((code.drawn.astype(np.float32) + 1) * 127.5).clip(0, 255)
        return {
            "code": np.round(code.codes.astype(np.float64), 5).tolist(),
            "aligned": png_url(square),
            "inverted": _png(drawn.astype(np.uint8), DRAWN),
            "size": len(square),
            "points": _listed(ready.points),
            "faces": [_listed(one) for one in found],
            "corners": _listed(ready.corners),
        }

    return invert_face


async def _photograph(image: Any) -> np.ndarray:
    """(H, W, 3) uint8 of an endpoint's image; a large one takes a while, in which others go on."""
    content = bytes_of(image)
    picture, _ = await asyncio.to_thread(read_photograph, content, "The image", longest=LONGEST)
    return picture


def _png(picture: np.ndarray, note: str) -> str:
    return data_url("image/png", noted(picture, "PNG", note))


def _listed(points: np.ndarray | None) -> list[list[float]]:
    return [] if points is None else np.round(points.astype(np.float64), 2).tolist()
