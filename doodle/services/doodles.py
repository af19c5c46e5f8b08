"""Doodles of any text: the generator's tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from doodle.registry import Registry
from doodle.requests import Imagine, Like, Mix, Walk
from doodle.services.drawer import drawer, drawer_networks
from doodle.services.networks import Networks
from doodle.services.readiness import CLIP, DOODLES, SKETCH
from doodle.services.results import Doodle, Doodles, Reading, Walked
from doodle.services.tasks import Task, relayed


class Doodling:
    """The generator, with CLIP's text tower where it is there."""

    def __init__(self, registry: Registry) -> None:
        self.networks = Networks(registry, DOODLES, (CLIP,))
        self.both = drawer_networks(registry)

    def tasks(self) -> dict[type, Callable[[Any], Task]]:
        """The requests that it answers."""
        return {Imagine: self.imagine, Mix: self.mix, Like: self.like, Walk: self.walk}

    def imagine(self, request: Imagine) -> Task:
        """Events: Reading, before anything is drawn; Doodles, of both networks where asked for."""
        asked = {**_sampling(request), "n": request.n}
        if request.sketches and request.rank and self._has_both():
            with self.both.pipeline(drawer) as pipeline:
                yield from relayed(pipeline.doodles(request.text, **asked), _result_of)
            return
        asked |= {"rank": request.rank, "trace": request.trace}
        yield from self._relayed(
            lambda imaginer: imaginer.doodles_of([request.text], **asked), _result_of
        )

    def mix(self, request: Mix) -> Task:
        """Events: a Reading of each text, Doodles."""
        texts = (request.text, request.second, request.share)
        asked = {**_sampling(request), "n": request.n}
        return self._relayed(lambda imaginer: imaginer.mixed(*texts, **asked), _result_of)

    def like(self, request: Like) -> Task:
        """Event: Doodles."""
        one = (request.seed, request.candidate, request.noise)
        asked = {"n": request.n, "truncation": request.truncation}
        return self._relayed(
            lambda imaginer: imaginer.alike(request.text, one, **asked), _result_of
        )

    def walk(self, request: Walk) -> Task:
        """Event: Walked."""
        asked = {"steps": request.steps, "candidate": request.candidate, **_sampling(request)}
        return self._relayed(
            lambda imaginer: imaginer.walked(request.text, request.second, **asked),
            lambda event: Walked([_doodle(one) for one in event.doodles]),
        )

    def _has_both(self) -> bool:
        """Whether SketchRNN can draw beside the generator."""
        there = {card.name for card in self.networks.registry.cards() if not card.problem}
        return there.issuperset((*SKETCH, *DOODLES))

    def _relayed(self, ask: Callable[[Any], Task], result_of: Callable[[Any], Any]) -> Task:
        """A task of the pipeline, its events as results.

        Args:
            ask: makes the task, given the pipeline.
        """
        with self.networks.pipeline(_imaginer) as imaginer:
            yield from relayed(ask(imaginer), result_of)


def _sampling(request: Imagine | Walk) -> dict[str, Any]:
    return {"seed": request.seed, "truncation": request.truncation}


def _imaginer(network: Any, words: Any, recogniser: Any, clip: Any) -> Any:
    from doodle.pipelines.imagine import Imaginer  # with torch: not before it is needed
    from doodle.pipelines.text import TextEncoder

    return Imaginer(network, TextEncoder(words, clip), recogniser)


def _result_of(made: Any) -> Reading | Doodles:
    if not hasattr(made, "doodles"):
        return reading(made)
    second = reading(made.second) if made.second is not None else None
    return Doodles(reading(made.text), [_doodle(one) for one in made.doodles], second)


def reading(text: Any) -> Reading:
    """A `TextVector` without the vector."""
    names = [field.name for field in fields(Reading)]
    return Reading(**{name: getattr(text, name) for name in names})


def _doodle(one: Any) -> Doodle:
    return Doodle(
        one.picture,
        one.curves,
        one.drawing,
        float(one.score),
        float(one.drawn_like),
        int(one.candidate),
        one.z,
        float(one.share),
        bool(one.traced),
        tuple(one.seen),
    )
