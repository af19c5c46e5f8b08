"""The public endpoint of Chimera."""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr

from doodle.requests import EdgeOptions, Render
from doodle.requests.chimera import Source
from doodle.requests.uploads import bytes_of, read_sized
from doodle.strokes.drawing import Drawing
from doodle.strokes.species import UNKNOWN
from doodle.ui import limits, wire
from doodle.ui.pictures import png_url
from doodle.ui.tool import Ask, Endpoint


def endpoints(ask: Ask) -> list[Endpoint]:
    """The endpoint, which asks by `ask`."""
    return [_chimera(ask)]


def _chimera(ask: Ask) -> Endpoint:
    async def chimera(
        drawing: wire.Sketch | None = None,
        image: str = "",
        species: str = UNKNOWN,
        tags: list[str] | None = None,
        points: list[tuple[float, float, str]] | None = None,
        background: str = "auto",
        n: int = 1,
        seed: int = 0,
        way: str = "auto",
        kind: str = "auto",
        request: gr.Request = None,
    ) -> wire.Pictures:
        """Turn a drawing or a picture of an animal, a mixed one too, into one like a photograph.

        Args:
            drawing: strokes, in the shape that complete takes; or give an image.
            image: a picture file (PNG, JPEG, GIF, WebP, BMP, TIFF, SVG) as a data URL or in base64.
            species: the animal that it is, such as lion; unknown leaves that to the network.
            tags: of a drawing: the animal of each stroke in turn, "" for one that is species.
            points: of an image: [[x, y, "lion"], ...], which animal is where, in its pixels; the
                nearest point decides.
            background: auto, white or scene.
            n: how many variants, 1 to 16.
            seed: the same seed gives the same variants.
            way: how the edges are found: auto, canny, lines (each line once) or hand.
            kind: what the image is: auto, photograph, drawing or edges (an edge map).

        Returns:
            {"pictures": [PNG as data URL, ...], "edges": the edge map that was used as a data URL,
            "size": side of both in pixels, "kind": what the input was taken for, "species": [every
            animal there is, ...]}.
        """
        if (drawing is None) == (not image):
            raise ValueError("Give either a drawing or an image.")
        source: Source = Drawing.parse(drawing)
        scale = 1.0
        if drawing is None:
            # a large photograph takes a while, in which the page goes on
            source, scale = await asyncio.to_thread(read_sized, bytes_of(image), "The image")
        # as they came: the requests check them
        options: dict[str, Any] = {"way": way, "kind": kind}
        animals: dict[str, Any] = {"tags": tags or (), "points": points or ()}
        wanted = Render(
            source,
            EdgeOptions(**options),
            species,
            **animals,
            background=background,
            n=n,
            seed=limits.seed(seed),
        )
        moved = [(x * scale, y * scale, name) for x, y, name in wanted.points]
        *_, made = await ask(Render(**{**vars(wanted), "points": moved}), request)
        return {
            "pictures": await asyncio.to_thread(lambda: [png_url(one) for one in made.pictures]),
            "edges": png_url(made.found.edges),
            "size": len(made.found.edges),
            "kind": made.found.kind,
            "species": list(made.found.species),
        }

    return chimera
