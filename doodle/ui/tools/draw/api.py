"""The public endpoints of Draw: recognise, complete and draw."""

from __future__ import annotations

from typing import Any

import gradio as gr

from doodle.requests import AUTO, Complete, Draw, Recognise, tidy_word
from doodle.services.results import Ending, Endings, Reading, Taken
from doodle.strokes.drawing import Drawing
from doodle.ui import limits, wire
from doodle.ui.guesses import listed
from doodle.ui.messages import point_lists
from doodle.ui.tool import Ask, Endpoint


def endpoints(ask: Ask) -> list[Endpoint]:
    """The endpoints, which ask by `ask`."""
    return [_recognise(ask), _complete(ask), _draw(ask)]


def _recognise(ask: Ask) -> Endpoint:
    async def recognise(
        drawing: wire.Sketch, top: int = 5, words: str = "", request: gr.Request = None
    ) -> wire.Guesses:
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
        answer = listed(found.answers[0])
        return {"guesses": answer["guesses"], "unknown": answer["unknown"]}

    return recognise


def _among(words: Any) -> tuple[str, ...] | None:
    """The words to choose among; None where there is no choice."""
    if not isinstance(words, str):
        raise ValueError("The words are one text, separated by commas.")
    return tuple(tidy_word(word) for word in words.split(",") if word.strip()) or None


def _complete(ask: Ask) -> Endpoint:
    async def complete(
        drawing: wire.Sketch,
        word: str = AUTO,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        request: gr.Request = None,
    ) -> wire.Endings:
        """Finish a sketch in several ways, by SketchRNN alone: quick, for many callers.

        Args:
            drawing: {"w": 1000, "h": 750, "strokes": [[x, y, t, p, x, y, t, p, ...], ...]}, x to
                the right and y down, t in milliseconds, p pen pressure from 0 to 1; or {"strokes":
                [[[x, ...], [y, ...]], ...]}, as answers have them.
            word: what the drawing is to become, such as cat; auto takes the first guess.
            n: how many endings, 1 to 16.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same endings.

        Returns:
            {"endings": [{"strokes": [[[x, ...], [y, ...]], ...], "score": number or null, "traced":
            false}, ...]}, best first, in the drawing's own coordinates, each ending holding only
            what was added; and "word", what the drawing was taken for, when that was left to a
            guess.
        """
        given = Drawing.parse(drawing)
        fields = (word, n, temperature, seed)
        wanted = limits.sketch(Complete, *fields, drawing=given, doodles=False)
        return _endings(await ask(wanted, request))

    return complete


def _draw(ask: Ask) -> Endpoint:
    async def draw(
        word: str,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        request: gr.Request = None,
    ) -> wire.Endings:
        """Draw something from nothing but its name, by SketchRNN and the doodle generator.

        Args:
            word: what to draw, such as bicycle, or a phrase; auto is a surprise that the seed
                decides.
            n: how many drawings, 1 to 16.
            temperature: from 0.05 (careful) to 1.5 (daring).
            seed: the same seed gives the same drawings.

        Returns:
            {"endings": [{"strokes": [[[x, ...], [y, ...]], ...], "score": number or null, "traced":
            true or false}, ...]}, best first, whole drawings in a square of 256; traced ones are
            the generator's, the others have the order of a hand. And "word" for a surprise,
            "notice" where something of the text cannot be drawn.
        """
        return _endings(await ask(limits.sketch(Draw, word, n, temperature, seed), request))

    return draw


def _endings(events: list[Any]) -> wire.Endings:
    """The answer of a sketch, its word where that was left to a guess, and what is to be said."""
    taken = next((event for event in events if isinstance(event, Taken)), None)
    said = next((event.said for event in events if isinstance(event, Reading)), "")
    found: Endings = events[-1]
    answer: wire.Endings = {"endings": [_ending(ending) for ending in found.endings]}
    if taken is not None:
        answer["word"] = taken.word
    if said:
        answer["notice"] = said
    return answer


def _ending(ending: Ending) -> wire.Ending:
    score = None if ending.score is None else round(float(ending.score), 4)
    return {"strokes": point_lists(ending.strokes), "score": score, "traced": ending.traced}
