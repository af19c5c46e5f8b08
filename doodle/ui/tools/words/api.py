"""The public endpoint of Words."""

from __future__ import annotations

import gradio as gr

from doodle.requests import Imagine
from doodle.services.results import Doodle
from doodle.ui import limits, wire
from doodle.ui.messages import point_lists
from doodle.ui.saving import doodle_svg
from doodle.ui.tool import Ask, Endpoint


def endpoints(ask: Ask) -> list[Endpoint]:
    """The endpoint, which asks by `ask`."""
    return [_imagine(ask)]


def _imagine(ask: Ask) -> Endpoint:
    async def imagine(
        text: str,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        request: gr.Request = None,
    ) -> wire.Doodles:
        """Draw doodles of any words, such as teapot.

        Args:
            text: what to draw, in English.
            n: how many doodles, 1 to 36.
            seed: the same seed gives the same doodles.
            truncation: from 0.2 (usual) to 1.5 (odd).

        Returns:
            {"encoder": "open_clip" or "words", "name": what was understood, "sure": 0 to 1,
            "notice": a sentence or "", "seen": whether such things were among the drawings that the
            networks learned from, "near": the nearest that were, "doodles": [{"strokes":
            [[[x, ...], [y, ...]], ...], "score": number, "drawn_like": number, "candidate": number,
            "svg": document}, ...]},
            best first, in a square of 256. The score is the recogniser's chance that it is what was
            asked for, drawn_like the discriminator's that a person drew it; the SVG has its curves.
        """
        *_, made = await ask(limits.doodles(Imagine, text, n, seed, truncation), request)
        read = made.reading
        return {
            "encoder": read.encoder,
            "name": read.name,
            "sure": round(read.sure, 4),
            "notice": read.said,
            "seen": read.seen,
            "near": list(read.near),
            "doodles": [_doodle(one) for one in made.doodles],
        }

    return imagine


def _doodle(one: Doodle) -> wire.Doodle:
    return {
        "strokes": point_lists(one.drawing.polylines()),
        "score": round(one.score, 4),
        "drawn_like": round(one.drawn_like, 4),
        "candidate": one.candidate,
        "svg": doodle_svg(one.curves),
    }
