"""Draw a text from nothing: drawings of SketchRNN and doodles of the generator, ranked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from doodle.pipelines import selection
from doodle.pipelines.complete import OVERSAMPLE_WHOLE, Completer, Ending, Ranked
from doodle.pipelines.doodles import LINE, Doodle, Imagined
from doodle.pipelines.finish import TRACED_FROM
from doodle.pipelines.imagine import Imaginer
from doodle.pipelines.recognise import BATCH, Looked, Recognition
from doodle.pipelines.steps import Task
from doodle.pipelines.text import TextEncoder, TextVector
from doodle.strokes.drawing import QUICKDRAW_SIDE, Drawing
from doodle.strokes.geometry import fit
from doodle.strokes.raster import rasterize

SKETCHED = 4  # SketchRNN's candidates for each drawing, where doodles compete with them
MARGIN = 8  # around a drawing
_PICTURE, _PEN = 64, 1.5  # pixels: side of a drawing's picture, and its line
_CAREFUL, _DARING = 0.7, 0.5  # truncation of the generator at temperature 0, and what 1 adds


class Drawer:
    """Whole drawings of a text.

    Args:
        completer: draws words that it was trained on.
        encoder: reads the text.
        imaginer: draws any text; None leaves it to the completer.
        recognition: compares the drawings of both by two recognisers, of which the one that reads
            strokes had no part in the training of either network; None does without the imaginer.
    """

    def __init__(
        self,
        completer: Completer,
        encoder: TextEncoder,
        imaginer: Imaginer | None = None,
        recognition: Recognition | None = None,
    ) -> None:
        self.completer = completer
        self.encoder = encoder
        self.imaginer = imaginer
        self.recognition = recognition

    def drawings(
        self,
        text: str,
        *,
        n: int = 9,
        temperature: float = 0.3,
        seed: int = 0,
        rank: bool = True,
        doodles: bool = True,
    ) -> Task:
        """The n best drawings of a text, in 256 x 256.

        Events: the `TextVector`, before anything is drawn; then `Ranked`. Candidates from
        TRACED_FROM on are doodles. Texts that are none of the words that SketchRNN learned are
        drawn by the generator alone.

        Args:
            doodles: the generator's too; without them, or unranked, SketchRNN draws alone.

        Raises:
            UnknownWord: nothing of the text is known.
            ValueError: n or the temperature is out of range.
        """
        read = self.encoder(text)
        if any(how == "nearest in letters" for _, how in read.parts):
            self.encoder.words.lookup(text)  # says what was meant, perhaps
        yield read
        imaginer, recognition = self.imaginer, self.recognition
        if not (rank and doodles) or imaginer is None or recognition is None:
            count = self.completer.count(n, rank, OVERSAMPLE_WHOLE)
            yield Ranked((yield from self._sketched(read, n, count, temperature, seed, rank)))
            return
        truncation = _CAREFUL + _DARING * min(temperature, 1.0)
        imagined = yield from imaginer.best_of(read, n, seed, truncation)
        traced = [
            Ending(_fitted(one.drawing), one.score, TRACED_FROM + one.candidate, traced=True)
            for one in imagined
            if one.drawing
        ]
        sketched = yield from self._sketched_beside(read, n, temperature, seed)
        yield Ranked((yield from _judged(recognition, [*sketched, *traced], read, n)))

    def doodles(
        self,
        text: str,
        *,
        n: int = 16,
        temperature: float = 0.3,
        truncation: float = 1.0,
        seed: int = 0,
    ) -> Task:
        """The n best drawings of a text, as doodles.

        Events: the `TextVector`, before anything is drawn; then an `Imagined`, whose doodles are
        not all `traced`: the others are SketchRNN's, without noise.

        Raises:
            UnknownWord: nothing can be made of the text.
            ValueError: n, truncation or temperature is out of range.
        """
        imaginer, recognition = self.imaginer, self.recognition
        assert imaginer is not None, "doodles are the imaginer's"
        read = self.encoder(text)
        yield read
        imagined: list[Doodle] = yield from imaginer.best_of(read, n, seed, truncation)
        sketched: list[Ending] = []
        if recognition is not None:
            sketched = yield from self._sketched_beside(read, n, temperature, seed)
        if not sketched:
            yield Imagined(read, imagined)
            return
        assert recognition is not None, "they are compared"
        every = [*(_sketch(one, seed) for one in sketched), *imagined]
        ends = [
            Ending(_fitted(one.drawing), one.score, number)
            for number, one in enumerate(every)
            if one.drawing
        ]
        chosen = yield from _judged(recognition, ends, read, n)
        best = [replace(every[one.candidate], score=one.score) for one in chosen]
        yield Imagined(read, best)

    def _sketched(
        self, read: TextVector, n: int, count: int, temperature: float, seed: int, rank: bool = True
    ) -> Task:
        """The n best of SketchRNN's; a part of a task, which returns them."""
        draw = self.completer.best_drawings
        return (
            yield from draw(
                read.category or read.name, read.vector, n, count, temperature, seed, rank
            )
        )

    def _sketched_beside(self, read: TextVector, n: int, temperature: float, seed: int) -> Task:
        """Those that compete with doodles: of the words that SketchRNN learned."""
        if not read.category:
            return []
        count = self.completer.count(n, True, SKETCHED)
        return (yield from self._sketched(read, n, count, temperature, seed))


def _judged(recognition: Recognition, found: Sequence[Ending], read: TextVector, n: int) -> Task:
    """The n best, best first, scored by both recognisers where the text is a category of theirs;
    a part of a task.
    """
    category, drawings = read.category, [one.strokes for one in found]
    chances = [one.score or 0.0 for one in found]
    if category:
        lots = [drawings[k : k + BATCH] for k in range(0, len(drawings), BATCH)]
        answers = yield [Looked(recognition, lot) for lot in lots]
        row = recognition.categories.index(category)
        with torch.inference_mode():
            logits = torch.cat([own for own, _ in answers])
            chances = torch.softmax(logits.float(), dim=1)[:, row].tolist()
    chosen = selection.best(drawings, chances, n, QUICKDRAW_SIDE)
    return [replace(found[k], score=chances[k]) for k in chosen]


def _fitted(drawing: Drawing) -> tuple[np.ndarray, ...]:
    """Its strokes, as large as SketchRNN's drawings are."""
    lines = drawing.polylines()
    return tuple(fit(lines, QUICKDRAW_SIDE, QUICKDRAW_SIDE, margin=MARGIN)) if lines else ()


def _sketch(one: Ending, seed: int) -> Doodle:
    """A drawing of SketchRNN as a doodle."""
    lines = list(one.strokes)
    return Doodle(
        picture=255 - rasterize(lines, _PICTURE, line_width=_PEN, scale=_PICTURE / QUICKDRAW_SIDE),
        curves=(),
        drawing=Drawing.from_polylines(lines, stroke_width=LINE),
        score=one.score or 0.0,
        drawn_like=0.0,
        seed=seed,
        candidate=one.candidate,
        z=np.zeros(0, np.float32),
        traced=False,
    )
