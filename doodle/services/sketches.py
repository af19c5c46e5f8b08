"""Endings, drawings of a word, drawings drawn again, and morphs: SketchRNN's tasks."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from doodle.errors import BadDrawing, ModelUnavailable
from doodle.registry import Registry
from doodle.requests import AUTO, Again, Complete, Draw, Morph
from doodle.services.doodles import reading
from doodle.services.drawer import drawer, drawer_networks
from doodle.services.networks import Networks
from doodle.services.readiness import ENDINGS, RANKER, SKETCH, STROKES, core_words
from doodle.services.recognition import Recogniser
from doodle.services.results import Ending, Endings, Ink, Morphed, Reading, Taken
from doodle.services.tasks import Task, relayed

_NO_GUESS = "I cannot guess here, so say what it is: type a word, such as cat. ({})"
_NO_WORDS = "Say what to draw: type a word, such as cat."


class Sketches:
    """SketchRNN, with the recogniser to rank and the generator of endings where they are there."""

    def __init__(self, registry: Registry, recogniser: Recogniser) -> None:
        self.registry = registry
        self.recogniser = recogniser
        self.networks = Networks(registry, SKETCH, (RANKER, ENDINGS, STROKES))
        self.drawing = drawer_networks(registry)

    def tasks(self) -> dict[type, Callable[[Any], Task]]:
        """The requests that it answers."""
        return {
            Complete: self.complete,
            Draw: self.draw,
            Again: self.again,
            Morph: self.morph,
        }

    def warm(self) -> None:
        """Load what a first drawing needs."""
        with self.networks.pipeline(_finisher):
            pass

    def complete(self, request: Complete) -> Task:
        """Events: Taken where the word was AUTO, Ink, then Endings; again where they improve."""
        word = yield from self._word(request)
        with self.networks.pipeline(_finisher) as finisher:
            asked = request.sampling()
            if request.rank and request.doodles:
                del asked["rank"]
                asked |= {"selective": request.selective, "improve": request.improve}
                task = finisher.endings(request.drawing, word, **asked)
            else:
                task = finisher.completer.endings(request.drawing, word, **asked)
            yield from relayed(task, _result_of)

    def draw(self, request: Draw) -> Task:
        """Events: Taken where the word was AUTO, a Reading of the word, then Endings."""
        word = yield from self._word(request, surprise=True)
        with self.drawing.pipeline(drawer) as pipeline:
            task = pipeline.drawings(word, doodles=request.doodles, **request.sampling())
            yield from relayed(task, _result_of)

    def again(self, request: Again) -> Task:
        """Events: Taken where the word was AUTO, then Endings."""
        word = yield from self._word(request)
        with self.networks.pipeline(_finisher) as finisher:
            task = finisher.completer.redrawn(request.drawing, word, **request.sampling())
            yield from relayed(task, _result_of)

    def morph(self, request: Morph) -> Task:
        """Event: Morphed."""
        with self.networks.pipeline(_finisher) as finisher:
            task = finisher.completer.morphed(
                request.first,
                request.second,
                *request.words,
                steps=request.steps,
                temperature=request.temperature,
                seed=request.seed,
            )
            yield from relayed(task, lambda event: Morphed(event.drawings))

    def _word(self, request: Draw, surprise: bool = False) -> Task:
        """The word that is meant; a part of a task, which returns it.

        Args:
            surprise: let the seed pick a word where there is no guess worth saying.

        Raises:
            ModelUnavailable: AUTO, and the recogniser is missing; asks for a word.
        """
        if request.word != AUTO:
            return request.word
        guessed = None
        try:
            if request.drawing:
                guessed = yield from self.recogniser.guess(request.drawing)
        except ModelUnavailable as error:
            if not surprise:
                raise ModelUnavailable(_NO_GUESS.format(error)) from error
        if guessed is not None and not (surprise and guessed.unknown):
            taken = Taken(guessed.guesses[0][0], not guessed.unknown)
        elif surprise:
            taken = Taken(self._surprise(request.seed), True)
        else:
            raise BadDrawing(_NO_WORDS)
        yield taken
        return taken.word

    def _surprise(self, seed: int) -> str:
        words = core_words(self.registry)
        if not words:
            raise ValueError(_NO_WORDS)
        return random.Random(seed).choice(words)


def _finisher(
    network: Any, words: Any, recogniser: Any = None, generator: Any = None, strokes: Any = None
) -> Any:
    from doodle.pipelines.complete import Completer  # with torch: not before it is needed
    from doodle.pipelines.doodle_endings import EndingGenerator
    from doodle.pipelines.finish import Finisher
    from doodle.pipelines.plausibility import Plausibility

    completer = Completer(network, words, recogniser)
    if completer.ranker is None or generator is None:
        return Finisher(completer)
    return Finisher(
        completer,
        EndingGenerator(generator, completer.ranker),
        Plausibility(strokes, words.categories) if strokes is not None else None,
    )


def _result_of(event: Any) -> Ink | Reading | Endings:
    if hasattr(event, "points"):
        return Ink(event.points)
    if hasattr(event, "vector"):
        return reading(event)
    endings = [Ending(one.strokes, one.score, one.candidate, one.traced) for one in event.endings]
    return Endings(endings, event.before, event.finished)
