"""Draw a text from nothing: drawings of SketchRNN and doodles of the generator, ranked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from doodle.device import generators
from doodle.pipelines import selection
from doodle.pipelines.complete import OVERSAMPLE_WHOLE, Completer, Ending, Ranked
from doodle.pipelines.doodles import SPACING, TRACED, best, traced
from doodle.pipelines.finish import DOODLES_FROM
from doodle.pipelines.generator import Candidates, Generator, Target
from doodle.pipelines.recognise import BATCH, Looked, Recognition
from doodle.pipelines.steps import Call, Task
from doodle.pipelines.text import TextEncoder
from doodle.strokes.curves import curve_points
from doodle.strokes.geometry import fit

SKETCHED = 5  # SketchRNN's candidates for each drawing, where doodles compete with them
PICTURED, MOST_PICTURES = 3, 96  # doodles for each drawing, and at most
JUDGED = 2  # of each network's candidates, for each drawing, that the joined recognisers compare
SIDE, MARGIN = 256, 8  # of a drawing
_CAREFUL, _DARING = 0.7, 0.5  # truncation of the generator at temperature 0, and what 1 adds


class Drawer:
    """Whole drawings of a text.

    Args:
        completer: draws words that it was trained on.
        encoder: reads the text.
        generator: draws any text; None leaves it to the completer.
        recognition: compares the drawings of both by two recognisers, of which the one that reads
            strokes had no part in the training of either network; None does without the generator.
    """

    def __init__(
        self,
        completer: Completer,
        encoder: TextEncoder,
        generator: Generator | None = None,
        recognition: Recognition | None = None,
    ) -> None:
        self.completer = completer
        self.encoder = encoder
        self.generator = generator
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
        DOODLES_FROM on are doodles. Texts that are none of the words that SketchRNN learned are
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
        category = read.near[0] if read.seen and read.near and read.kind != "composed" else ""
        target = Target(category or read.name, read.vector)
        draw = partial(
            self.completer.best_drawings,
            target.name,
            read.vector,
            temperature=temperature,
            seed=seed,
        )
        generator, recognition = self.generator, self.recognition
        if not (rank and doodles) or generator is None or recognition is None:
            count = self.completer.count(n, rank, OVERSAMPLE_WHOLE)
            yield Ranked((yield from draw(n, count, rank=rank)))
            return
        found: list[Ending] = []
        if category:
            count = self.completer.count(n, True, SKETCHED)
            found += yield from draw(JUDGED * n, count)
        found += yield from _doodles(generator, target, n, temperature, seed)
        if category:
            found = yield from _judged(recognition, found, category)
        worth = [one.score or 0.0 for one in found]
        chosen = selection.best([one.strokes for one in found], worth, n, SIDE)
        yield Ranked([found[k] for k in chosen])


def _judged(recognition: Recognition, found: Sequence[Ending], category: str) -> Task:
    """The same with the joined recognisers' chance of a category; a part of a task."""
    drawings = [one.strokes for one in found]
    lots = [drawings[k : k + BATCH] for k in range(0, len(drawings), BATCH)]
    answers = yield [Looked(recognition, lot) for lot in lots]
    row = recognition.categories.index(category)
    with torch.inference_mode():
        logits = torch.cat([own for own, _ in answers])
        chances = torch.softmax(logits.float(), dim=1)[:, row].tolist()
    return [replace(one, score=chance) for one, chance in zip(found, chances, strict=True)]


def _doodles(generator: Generator, target: Target, n: int, temperature: float, seed: int) -> Task:
    """The generator's best; a part of a task, which returns them as endings of nothing."""
    count = max(n, min(PICTURED * n, MOST_PICTURES))
    noise = [torch.randn(generator.z_size, generator=g) for g in generators(seed, count)]
    z = (_CAREFUL + _DARING * min(temperature, 1.0)) * torch.stack(noise)
    (drawn,) = yield generator.steps([target], z.to(target.vector.device))
    kept = yield Call(partial(_best, drawn, min(JUDGED * n, count)))
    parts = [kept[k : k + TRACED] for k in range(0, len(kept), TRACED)]
    traced_parts = yield [Call(partial(_strokes_of, drawn, part)) for part in parts]
    strokes = [lines for part in traced_parts for lines in part]
    return [
        Ending(
            tuple(fit(lines, SIDE, SIDE, margin=MARGIN)),
            float(drawn.scores[0, k]),
            DOODLES_FROM + k,
            traced=True,
        )
        for lines, k in zip(strokes, kept, strict=True)
        if lines
    ]


@torch.inference_mode()
def _best(drawn: Candidates, n: int) -> list[int]:
    return best(drawn.ink, drawn.scores[0], n)


def _strokes_of(drawn: Candidates, chosen: Sequence[int]) -> list[list[np.ndarray]]:
    """The strokes of some of the pictures, each (P, 2)."""
    pixels = drawn.ink[list(chosen), 0].float().cpu().numpy()
    curves = traced(np.round(255 * (1 - pixels)).astype(np.uint8))
    lines = iter(curve_points([curve for part in curves for curve in part], SPACING))
    return [[next(lines) for _ in part] for part in curves]
