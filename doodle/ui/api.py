"""The public endpoints: plain typed functions over HTTP, gradio_client and MCP.

Drawings and answers have the shapes of the command line: ``{"endings": [{"strokes": [[[x, ...],
[y, ...]], ...], "score": number or null}, ...]}``. The docstrings become the tools' descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np

from doodle.strokes.drawing import Drawing
from doodle.strokes.species import UNKNOWN
from doodle.ui.auto import meant
from doodle.ui.creature import Creature, Look, bytes_of, chimerical, png_url, read_sized
from doodle.ui.panels.export import doodle_svg
from doodle.ui.panels.guess import listed
from doodle.ui.panels.parts import WORK, sentence
from doodle.ui.studio import Studio
from doodle.ui.wish import AUTO, Idea, Wish, tidy_word, whole

MAX_GUESSES = 345  # the categories there are


def publish(studio: Studio) -> None:
    """Add the endpoints to the Blocks that are being built."""
    limits = {key: WORK[key] for key in ("concurrency_id", "concurrency_limit")}
    for function in [
        _recogniser(studio),
        *_endpoints(studio),
        _imaginer(studio),
        _creator(studio),
    ]:
        gr.api(_spoken(function), api_name=function.__name__, **limits)


def _recogniser(studio: Studio) -> Callable[..., dict[str, Any]]:
    def recognise(drawing: dict, top: int = 5, words: str = "") -> dict:
        """Say what a sketch shows.

        Args:
            drawing: in the shape that complete takes.
            top: how many guesses, 1 to 345.
            words: choose among these only, separated by commas; any words may be asked for.

        Returns:
            {"guesses": [["cat", 0.81], ...], "unknown": false}, likeliest first; unknown is true
            when nothing is likely enough to be said with a straight face.
        """
        given = Drawing.parse(drawing)
        top = whole(top, 1, MAX_GUESSES, "How many guesses")
        return listed(studio.recognise([given], top=top, words=_among(words))[0])

    return recognise


def _among(words: Any) -> list[str] | None:
    """The words to choose among; None where there is no choice."""
    if not isinstance(words, str):
        raise ValueError("The words are one text, separated by commas.")
    chosen = [tidy_word(word) for word in words.split(",") if word.strip()]
    if len(chosen) > MAX_GUESSES:
        raise ValueError(f"At most {MAX_GUESSES} words can be chosen among.")
    return chosen or None


def _endpoints(studio: Studio) -> list[Callable[..., dict[str, Any]]]:
    def complete(
        drawing: dict, word: str = AUTO, n: int = 9, temperature: float = 0.3, seed: int = 0
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
        wish, taken = _settled(studio, Wish(word, n, temperature, seed), given)
        endings = []
        for event in studio.complete(given, wish):
            endings = getattr(event, "endings", endings)
        return {**taken, "endings": [_ending(ending) for ending in endings]}

    def draw(word: str, n: int = 9, temperature: float = 0.3, seed: int = 0) -> dict:
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
        wish, taken = _settled(studio, Wish(word, n, temperature, seed))
        return {**taken, "endings": [_ending(ending) for ending in studio.draw(wish)]}

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


def _imaginer(studio: Studio) -> Callable[..., dict[str, Any]]:
    def imagine(text: str, n: int = 16, seed: int = 0, truncation: float = 1.0) -> dict:
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
        made = studio.imagine(Idea(text, n, seed, truncation))
        read = made.text
        return {
            "encoder": read.encoder,
            "name": read.name,
            "sure": round(float(read.sure), 4),
            "notice": read.notice,
            "doodles": [_doodle(one) for one in made.doodles],
        }

    return imagine


def _creator(studio: Studio) -> Callable[..., dict[str, Any]]:
    def chimera(
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
            source, scale = read_sized(bytes_of(image), "The image")
        look, tagged = Look(way, kind), {"tags": tags or (), "points": points or ()}
        asked = Creature(look, species, **tagged, background=background, n=n, seed=seed)
        moved = [(x * scale, y * scale, name) for x, y, name in asked.points]
        made = studio.chimera(source, replace(asked, points=moved))
        return {
            "pictures": [png_url(picture) for picture in made.pictures],
            "edges": png_url(made.seen.edges),
            "size": len(made.seen.edges),
            "kind": made.seen.kind,
            "species": chimerical(studio.registry)[1],
        }

    return chimera


def _settled(
    studio: Studio, wish: Wish, drawing: Drawing | None = None
) -> tuple[Wish, dict[str, str]]:
    """The wish with a word of its own, and what to tell of it when that was left to us."""
    surprise = wish.seed if drawing is None else None
    word = meant(studio, wish.word, drawing or Drawing(), surprise=surprise).word
    return replace(wish, word=word), {"word": word} if wish.word == AUTO else {}


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


def _doodle(one: Any) -> dict[str, Any]:
    return {
        "strokes": _lists(one.drawing.polylines()),
        "score": round(float(one.score), 4),
        "drawn_like": round(float(one.drawn_like), 4),
        "candidate": int(one.candidate),
        "svg": doodle_svg(one.curves),
    }


def _lists(strokes: Sequence[np.ndarray]) -> list[list[list[float]]]:
    """(P, 2) arrays as [[x, ...], [y, ...]] with two decimals."""
    return [np.round(np.asarray(line, np.float64).T, 2).tolist() for line in strokes]
