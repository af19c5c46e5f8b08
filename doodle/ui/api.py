"""The public endpoints: plain typed functions over HTTP, gradio_client and MCP.

Drawings and answers have the shapes of the command line: ``{"endings": [{"strokes": [[[x, ...],
[y, ...]], ...], "score": number or null}, ...]}``. The docstrings become the tools' descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np

from doodle.strokes.drawing import Drawing
from doodle.ui.panels.parts import WORK, sentence
from doodle.ui.studio import Studio
from doodle.ui.wish import Wish


def publish(studio: Studio) -> None:
    """Add the endpoints to the Blocks that are being built."""
    limits = {key: WORK[key] for key in ("concurrency_id", "concurrency_limit")}
    for function in _endpoints(studio):
        gr.api(_spoken(function), api_name=function.__name__, **limits)


def _endpoints(studio: Studio) -> list[Callable[..., dict[str, Any]]]:
    def complete(
        drawing: dict, word: str, n: int = 9, temperature: float = 0.3, seed: int = 0
    ) -> dict:
        """Finish a sketch in several ways.

        Args:
            drawing: {"w": 1000, "h": 750, "strokes": [[x, y, t, p, x, y, t, p, ...], ...]}, x to
                the right and y down, t in milliseconds, p pen pressure from 0 to 1.
            word: what the drawing is to become, such as cat.
            n: how many endings, 1 to 16.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same endings.

        Returns:
            {"endings": [{"strokes": [[[x, ...], [y, ...]], ...], "score": number or null}, ...]},
            best first, in the drawing's own coordinates, each ending holding only what was added.
        """
        given = Drawing.parse(drawing)
        endings = []
        for event in studio.complete(given, Wish(word, n, temperature, seed)):
            endings = getattr(event, "endings", endings)
        return {"endings": [_ending(ending) for ending in endings]}

    def draw(word: str, n: int = 9, temperature: float = 0.3, seed: int = 0) -> dict:
        """Draw something from nothing but its name.

        Args:
            word: what to draw, such as bicycle.
            n: how many drawings, 1 to 16.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same drawings.

        Returns:
            {"endings": [{"strokes": [[[x, ...], [y, ...]], ...], "score": number or null}, ...]},
            best first, whole drawings in a square of 256.
        """
        endings = studio.draw(Wish(word, n, temperature, seed))
        return {"endings": [_ending(ending) for ending in endings]}

    def morph(
        first: dict,
        second: dict,
        word_first: str,
        word_second: str,
        steps: int = 8,
        temperature: float = 0.15,
        seed: int = 0,
    ) -> dict:
        """Turn one drawing into another, step by step.

        Args:
            first: the drawing to start from, in the shape that complete takes.
            second: the drawing to end at.
            word_first: what the first is.
            word_second: what the second is.
            steps: how many drawings, both ends included, 2 to 24.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same morph.

        Returns:
            {"drawings": [{"strokes": [[[x, ...], [y, ...]], ...]}, ...]}, from first to second.
        """
        wish = Wish(word_first, 1, temperature, seed)
        names = (wish.word, Wish(word_second).word)
        ends = (Drawing.parse(first), Drawing.parse(second))
        drawings = studio.morph(*ends, names, steps, wish)
        return {"drawings": [{"strokes": _lists(one.polylines())} for one in drawings]}

    return [complete, draw, morph]


def _spoken(function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The function, its errors turned into messages for the caller."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # whatever it was, the caller reads one sentence
            raise gr.Error(sentence(error), print_exception=False) from error

    return call


def _ending(ending: Any) -> dict[str, Any]:
    score = None if ending.score is None else round(float(ending.score), 4)
    return {"strokes": _lists(ending.strokes), "score": score}


def _lists(strokes: Sequence[np.ndarray]) -> list[list[list[float]]]:
    """(P, 2) arrays as [[x, ...], [y, ...]] with two decimals."""
    return [np.round(np.asarray(line, np.float64).T, 2).tolist() for line in strokes]
