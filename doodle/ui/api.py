"""The public endpoints: plain typed functions over HTTP, gradio_client and MCP.

Drawings and answers have the shapes of the command line: ``{"endings": [{"strokes": [[[x, ...],
[y, ...]], ...], "score": number or null}, ...]}``. The docstrings become the tools' descriptions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np

from doodle.requests import (
    AUTO,
    Complete,
    Draw,
    EdgeOptions,
    Imagine,
    Morph,
    Recognise,
    Render,
    tidy_word,
)
from doodle.requests.uploads import bytes_of, read_sized
from doodle.services.executor import Executor
from doodle.services.jobs import Job
from doodle.services.results import Doodle, Ending, Taken
from doodle.strokes.drawing import Drawing
from doodle.strokes.species import UNKNOWN
from doodle.ui import limits
from doodle.ui.parts import WORK, sentence
from doodle.ui.pictures import png_url
from doodle.ui.saving import doodle_svg
from doodle.ui.sessions import Sessions, has_left
from doodle.ui.tools.draw.guess import listed

LOOK_EVERY = 0.5  # seconds between two looks at whether the caller is still there
Ask = Callable[[Any, gr.Request], Awaitable[list[Any]]]  # all events of a request


def publish(executor: Executor, sessions: Sessions) -> None:
    """Add the endpoints to the Blocks that are being built."""

    async def ask(request: Any, caller: gr.Request) -> list[Any]:
        job = executor.submit(request, getattr(caller, "session_hash", None) or "")
        answer = asyncio.ensure_future(_events(job))
        while not (await asyncio.wait({answer}, timeout=LOOK_EVERY))[0]:
            if has_left(caller):
                job.cancel()
        if job.cancelled:
            raise ValueError("Nobody waits for this any longer.")  # and nobody reads that
        return answer.result()

    shared = {key: WORK[key] for key in ("concurrency_id", "concurrency_limit")}
    for function in [_recogniser(ask), *_endpoints(ask), _imaginer(ask), _creator(ask)]:
        gr.api(_spoken(function, sessions), api_name=function.__name__, **shared)


async def _events(job: Job) -> list[Any]:
    return [event async for event in job]


def _recogniser(ask: Ask) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def recognise(
        drawing: dict, top: int = 5, words: str = "", request: gr.Request = None
    ) -> dict:
        """Say what a sketch shows.

        Args:
            drawing: in the shape that complete takes.
            top: how many guesses, 1 to 345.
            words: choose among these only, separated by commas; any words may be asked for.

        Returns:
            {"guesses": [["cat", 0.81], ...], "unknown": false}, likeliest first; unknown is true
            when nothing is likely enough to be said with a straight face.
        """
        wanted = Recognise((Drawing.parse(drawing),), top, _among(words))
        *_, found = await ask(wanted, request)
        return listed(found.answers[0])

    return recognise


def _among(words: Any) -> tuple[str, ...] | None:
    """The words to choose among; None where there is no choice."""
    if not isinstance(words, str):
        raise ValueError("The words are one text, separated by commas.")
    return tuple(tidy_word(word) for word in words.split(",") if word.strip()) or None


def _endpoints(ask: Ask) -> list[Callable[..., Awaitable[dict[str, Any]]]]:
    async def complete(
        drawing: dict,
        word: str = AUTO,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        request: gr.Request = None,
    ) -> dict:
        """Finish a sketch in several ways.

        Args:
            drawing: {"w": 1000, "h": 750, "strokes": [[x, y, t, p, x, y, t, p, ...], ...]}, x to
                the right and y down, t in milliseconds, p pen pressure from 0 to 1.
            word: what the drawing is to become, such as cat; auto takes the first guess.
            n: how many endings, 1 to 16.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same endings.

        Returns:
            {"endings": [{"strokes": [[[x, ...], [y, ...]], ...], "score": number or null}, ...]},
            best first, in the drawing's own coordinates, each ending holding only what was added;
            and "word", what the drawing was taken for, when that was left to a guess.
        """
        given = Drawing.parse(drawing)
        wanted = limits.sketch(Complete, word, n, temperature, seed, drawing=given)
        return _endings(await ask(wanted, request))

    async def draw(
        word: str,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        request: gr.Request = None,
    ) -> dict:
        """Draw something from nothing but its name.

        Args:
            word: what to draw, such as bicycle; auto is a surprise that the seed decides.
            n: how many drawings, 1 to 16.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same drawings.

        Returns:
            {"endings": [{"strokes": [[[x, ...], [y, ...]], ...], "score": number or null}, ...]},
            best first, whole drawings in a square of 256; and "word" for a surprise.
        """
        return _endings(await ask(limits.sketch(Draw, word, n, temperature, seed), request))

    async def morph(
        first: dict,
        second: dict,
        word_first: str,
        word_second: str,
        steps: int = 8,
        temperature: float = 0.15,
        seed: int = 0,
        request: gr.Request = None,
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
        words = (tidy_word(word_first), tidy_word(word_second))
        settings = limits.temperature(temperature), limits.seed(seed)
        ends = (Drawing.parse(first), Drawing.parse(second))
        *_, made = await ask(Morph(*ends, words, limits.steps(steps), *settings), request)
        return {"drawings": [{"strokes": _lists(one.polylines())} for one in made.drawings]}

    return [complete, draw, morph]


def _imaginer(ask: Ask) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def imagine(
        text: str,
        n: int = 16,
        seed: int = 0,
        truncation: float = 1.0,
        request: gr.Request = None,
    ) -> dict:
        """Draw doodles of any words, such as a sleepy teapot.

        Args:
            text: what to draw, in English.
            n: how many doodles, 1 to 36.
            seed: the same seed gives the same doodles.
            truncation: from 0.2 (usual) to 1.5 (odd).

        Returns:
            {"encoder": "open_clip" or "words", "name": what was understood, "sure": 0 to 1,
            "notice": a sentence or "", "doodles": [{"strokes": [[[x, ...], [y, ...]], ...],
            "score": number, "drawn_like": number, "candidate": number, "svg": document}, ...]},
            best first, in a square of 256. The score is the recogniser's chance that it is what was
            asked for, drawn_like the discriminator's that a person drew it; the SVG has its curves.
        """
        *_, made = await ask(limits.doodles(Imagine, text, n, seed, truncation), request)
        read = made.reading
        return {
            "encoder": read.encoder,
            "name": read.name,
            "sure": round(read.sure, 4),
            "notice": read.notice,
            "doodles": [_doodle(one) for one in made.doodles],
        }

    return imagine


def _creator(ask: Ask) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def chimera(
        drawing: dict | None = None,
        image: str = "",
        species: str = UNKNOWN,
        tags: list | None = None,
        points: list | None = None,
        background: str = "auto",
        n: int = 1,
        seed: int = 0,
        way: str = "auto",
        kind: str = "auto",
        request: gr.Request = None,
    ) -> dict:
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
        source, scale = Drawing.parse(drawing), 1.0
        if drawing is None:
            # a large photograph takes a while, in which the page goes on
            source, scale = await asyncio.to_thread(read_sized, bytes_of(image), "The image")
        wanted = Render(
            source,
            EdgeOptions(way, kind),
            species,
            tags=tags or (),
            points=points or (),
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


def _spoken(
    function: Callable[..., Awaitable[dict[str, Any]]], sessions: Sessions
) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The function, its errors turned into messages for the caller."""

    @wraps(function)
    async def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return await function(*args, **kwargs)
        except Exception as error:  # whatever it was, the caller reads one sentence
            raise gr.Error(sentence(error), print_exception=False) from error
        finally:
            caller = [*args, *kwargs.values()]
            sessions.settle(next((one for one in caller if isinstance(one, gr.Request)), None))

    return call


def _endings(events: list[Any]) -> dict[str, Any]:
    """The answer of a sketch, and its word where that was left to a guess."""
    taken = next((event for event in events if isinstance(event, Taken)), None)
    word = {"word": taken.word} if taken else {}
    return {**word, "endings": [_ending(ending) for ending in events[-1].endings]}


def _ending(ending: Ending) -> dict[str, Any]:
    score = None if ending.score is None else round(float(ending.score), 4)
    return {"strokes": _lists(ending.strokes), "score": score}


def _doodle(one: Doodle) -> dict[str, Any]:
    return {
        "strokes": _lists(one.drawing.polylines()),
        "score": round(one.score, 4),
        "drawn_like": round(one.drawn_like, 4),
        "candidate": one.candidate,
        "svg": doodle_svg(one.curves),
    }


def _lists(strokes: Sequence[np.ndarray]) -> list[list[list[float]]]:
    """(P, 2) arrays as [[x, ...], [y, ...]] with two decimals."""
    return [np.round(np.asarray(line, np.float64).T, 2).tolist() for line in strokes]
