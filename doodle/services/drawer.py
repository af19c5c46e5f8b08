"""The pipeline that draws a text by both networks, which two services share."""

from __future__ import annotations

from typing import Any

from doodle.registry import Registry
from doodle.services.networks import Networks
from doodle.services.readiness import CLIP, GENERATOR, RANKER, SKETCH, STROKES


def drawer_networks(registry: Registry) -> Networks:
    """Those of a `Drawer`; without the optional ones it draws with SketchRNN alone."""
    return Networks(registry, SKETCH, (RANKER, GENERATOR, STROKES, CLIP))


def drawer(
    network: Any,
    words: Any,
    recogniser: Any = None,
    generator: Any = None,
    strokes: Any = None,
    clip: Any = None,
) -> Any:
    """A `Drawer` over the networks in the order of `drawer_networks`."""
    from doodle.pipelines.complete import Completer  # with torch: not before it is needed
    from doodle.pipelines.drawer import Drawer
    from doodle.pipelines.imagine import Imaginer
    from doodle.pipelines.recognise import Recognition
    from doodle.pipelines.text import TextEncoder

    completer, encoder = Completer(network, words, recogniser), TextEncoder(words, clip)
    imaginer = recognition = None
    if recogniser is not None and generator is not None:
        imaginer = Imaginer(generator, encoder, recogniser)
    if recogniser is not None and strokes is not None:
        recognition = Recognition(recogniser, words, strokes)
    return Drawer(completer, encoder, imaginer, recognition)
