"""Name a drawing: guesses with calibrated probabilities, a plain "I don't know", and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.models.recogniser import Recogniser
from doodle.models.shapes import filled, multiple, roomy
from doodle.models.stroke_classifier import StrokeClassifier
from doodle.models.words import WordTable
from doodle.pipelines.ranker import quick
from doodle.pipelines.steps import GUESS, Step, Task, alone, fitting, last
from doodle.strokes.drawing import Drawing
from doodle.strokes.formats import START_TOKEN, to_stroke3, to_stroke5
from doodle.strokes.geometry import quickdraw_simplify
from doodle.strokes.raster import quickdraw_bitmap

NETWORKS = ("recogniser", "words", "stroke_classifier")  # checkpoints of a Recognition, in order
BATCH = 64  # drawings that are read together
SIMILAR = 32  # drawings of similar length that go through the stroke classifier together
MOST_ROWS = 250  # of stroke-5 that are read of a drawing
LENGTHS = 8  # the stroke classifier computes multiples of so many rows
MOST_EXPLAINED = 200  # strokes of a drawing that are left out one at a time


@dataclass(frozen=True)
class Guesses:
    """What a drawing was taken for.

    Attributes:
        guesses: (word, probability) pairs, likeliest first.
        unknown: nothing is likely enough to be said with a straight face.
        embedding: (512,) float32 of unit length, in the centred text space.
    """

    guesses: list[tuple[str, float]]
    unknown: bool
    embedding: np.ndarray


class Recognition:
    """Recognises drawings in batches; the engine of its own steps.

    Args:
        recogniser: in eval mode.
        words: gives the vectors of words outside the recogniser's categories.
        strokes: reads the same drawings by the way the pen went; the two opinions are joined.
    """

    urgency = GUESS
    parallel = True

    def __init__(
        self, recogniser: Recogniser, words: WordTable, strokes: StrokeClassifier | None = None
    ) -> None:
        self.recogniser = quick(recogniser)
        self.words = words
        self.strokes = strokes
        self._threshold = recogniser if strokes is None else strokes  # its unknown_below holds
        self.categories = list(words.categories)
        self._row = {name: k for k, name in enumerate(self.categories)}

    @property
    def device(self) -> torch.device:
        return self.recogniser.text.device

    def __call__(
        self, drawings: Sequence[Drawing], *, top: int = 5, words: Sequence[str] | None = None
    ) -> list[Guesses]:
        """Guess each drawing.

        Args:
            drawings: an empty one is answered with no guess and ``unknown``.
            top: how many guesses to give, at least 1.
            words: choose among these only.  If all are categories, their probabilities are
                normalised among themselves; if any is not, all are compared in text space.

        Raises:
            UnknownWord: one of ``words`` has no vector.
            ValueError: ``top`` is below 1 or ``words`` is empty.
        """
        return list(last(alone(self.guesses(drawings, top=top, words=words))))

    def guesses(
        self, drawings: Sequence[Drawing], *, top: int = 5, words: Sequence[str] | None = None
    ) -> Task:
        """The same as a task; its one event is the tuple of answers."""
        if top < 1:
            raise ValueError("top is at least 1")
        if words is not None and not words:
            raise ValueError("name at least one word to choose from")
        vocabulary = self._vocabulary(words)
        lots = [drawings[k : k + BATCH] for k in range(0, len(drawings), BATCH)]
        steps = [Looked(self, [drawing.polylines() for drawing in lot]) for lot in lots]
        answers: list[Guesses] = []
        for lot, (logits, embedding) in zip(lots, (yield steps) if steps else [], strict=True):
            answers += self._answers(lot, logits, embedding, top, *vocabulary)
        yield tuple(answers)

    @torch.inference_mode()
    def _answers(
        self,
        drawings: Sequence[Drawing],
        logits: Tensor,
        embedding: Tensor,
        top: int,
        names: list[str],
        rows: list[int] | None,
        vectors: Tensor | None,
    ) -> list[Guesses]:
        if vectors is not None:
            cosine = self.recogniser.similarity(embedding, vectors)
            logits = cosine * self.recogniser.log_scale.exp()
        elif rows is not None:
            logits = logits[:, rows]
        best = torch.softmax(logits, dim=1).topk(min(top, len(names)), dim=1)
        answers = []
        for k, drawing in enumerate(drawings):
            pairs = zip(best.indices[k].tolist(), best.values[k].tolist(), strict=True)
            guesses = [(names[i], chance) for i, chance in pairs] if drawing else []
            unknown = not guesses or guesses[0][1] < float(self._threshold.unknown_below)
            answers.append(Guesses(guesses, unknown, embedding[k].cpu().numpy()))
        return answers

    def explain(self, drawing: Drawing, word: str | None = None) -> tuple[str, list[float]]:
        """How much each stroke speaks for a guess: what is lost when it is left out.

        Args:
            word: a category; the first guess when None.

        Returns:
            the word, and for each stroke the drop of the word's log-odds without it (nats):
            above 0 the stroke speaks for the word, below 0 against it.

        Raises:
            ValueError: the drawing is empty or the word is no category.
        """
        return last(alone(self.reasons(drawing, word)))

    def reasons(self, drawing: Drawing, word: str | None = None) -> Task:
        """The same as a task; its one event is the answer."""
        strokes = drawing.polylines()
        if not strokes:
            raise ValueError("there is nothing drawn to explain")
        if word is not None and word not in self._row:
            raise ValueError(f"{word!r} is not among the recogniser's categories")
        some = range(min(len(strokes), MOST_EXPLAINED))
        without = [[s for j, s in enumerate(strokes) if j != k] for k in some]
        lots = [strokes, *without]
        steps = [Looked(self, lots[k : k + BATCH]) for k in range(0, len(lots), BATCH)]
        logits = torch.cat([own for own, _ in (yield steps)])
        row = self._row[word] if word is not None else int(logits[0].argmax())
        chances = torch.log_softmax(logits, dim=1)[:, row].double()
        odds = chances - torch.log1p(-chances.exp().clamp(max=1 - 1e-9))
        drop = (odds[0] - odds[1:]).tolist()
        yield self.categories[row], drop + [0.0] * (len(strokes) - len(drop))

    # -- an engine -------------------------------------------------------------------------------

    def take(self, steps: Sequence[Looked]) -> list[Looked]:
        return fitting(steps, BATCH)

    def run(self, steps: Sequence[Looked]) -> None:
        """Read the drawings of all steps together."""
        logits, embedding = self._read([lines for step in steps for lines in step.drawings])
        sizes = [step.size for step in steps]
        for step, *answer in zip(steps, logits.split(sizes), embedding.split(sizes), strict=True):
            step.finish(tuple(answer))

    # -- within ----------------------------------------------------------------------------------

    def _vocabulary(
        self, words: Sequence[str] | None
    ) -> tuple[list[str], list[int] | None, Tensor | None]:
        if words is None:
            return self.categories, None, None
        found = [self.words.lookup(word) for word in words]
        names = [entry.name for entry in found]
        if all(name in self._row for name in names):
            return names, [self._row[name] for name in names], None
        return names, None, torch.stack([entry.vector for entry in found]).to(self.device)

    @torch.inference_mode()
    def _read(self, drawings: Sequence[Sequence[np.ndarray]]) -> tuple[Tensor, Tensor]:
        """Calibrated logits (B, categories) and embeddings (B, 512)."""
        pixels = np.stack([quickdraw_bitmap(strokes) for strokes in drawings])
        ink = torch.from_numpy(pixels).to(self.device).unsqueeze(1).float() / 255
        logits, embedding = self.recogniser(filled(ink, roomy(len(ink))))
        logits, embedding = logits[: len(ink)], embedding[: len(ink)]
        logits = logits.float() / self.recogniser.temperature
        if self.strokes is not None:
            logits = self.strokes.join(self._read_strokes(self.strokes, drawings), logits)
        return logits, embedding

    def _read_strokes(
        self, classifier: StrokeClassifier, drawings: Sequence[Sequence[np.ndarray]]
    ) -> Tensor:
        """The stroke classifier's logits, (B, categories)."""
        parts = [torch.from_numpy(part).to(self.device) for part in stroke_rows(drawings)]
        # long and short ones apart: every row of padding costs as much as a row
        order = parts[1].argsort()
        own = []
        for chosen in order.split(SIMILAR):
            own.append(read_strokes(classifier, *(part[chosen] for part in parts)).float())
        return torch.cat(own)[order.argsort()]


def read_strokes(
    classifier: StrokeClassifier, rows: Tensor, lengths: Tensor, flags: Tensor
) -> Tensor:
    """What a stroke classifier says, in one of few shapes; arguments as `stroke_rows` has them.

    Returns:
        logits, (B, categories).
    """
    count, longest = len(rows), multiple(int(lengths.max()), LENGTHS)
    rows = F.pad(rows[:, :longest], (0, 0, 0, max(0, longest - rows.shape[1])))
    empty = roomy(count) - count  # a drawing without any row would have no mean
    lengths, flags = F.pad(lengths, (0, empty), value=1), filled(flags, roomy(count))
    return classifier(filled(rows, roomy(count)), lengths, flags)[:count]


class Looked(Step):
    """Drawings to be read, each a list of strokes (P, 2).

    The step's result is their logits (B, categories) and embeddings (B, 512).
    """

    def __init__(self, engine: Recognition, drawings: Sequence[Sequence[np.ndarray]]) -> None:
        super().__init__(engine, len(drawings))
        self.drawings = drawings


def stroke_rows(
    drawings: Sequence[Sequence[np.ndarray]], most: int = MOST_ROWS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the stroke classifier reads of drawings in any units.

    Args:
        most: rows that are read of a drawing; what is drawn after them is not.

    Returns:
        stroke-5 in the 256 space, origin at the first point, (B, T, 5); the rows that count of
        each drawing (B,); flags (B,) that say the strokes stand in the order they were drawn.
    """
    simple = [lines if _is_published(lines) else quickdraw_simplify(lines) for lines in drawings]
    parts = [to_stroke5(to_stroke3(lines), end=False) for lines in simple]
    parts = [part[:most] if len(part) else START_TOKEN[None] for part in parts]
    lengths = np.array([len(part) for part in parts])
    rows = np.zeros((len(parts), lengths.max(), 5), np.float32)
    for k, part in enumerate(parts):
        rows[k, : len(part)] = part
        rows[k, 0, :2] = 0  # the first point is the origin
    return rows, lengths, np.ones(len(parts), np.float32)


def _is_published(lines: Sequence[np.ndarray]) -> bool:
    """Whether a drawing has the simplified shape that Quick, Draw! publishes already."""
    points = np.concatenate(lines) if len(lines) else np.zeros((0, 2))
    if not len(points) or len(points) > MOST_ROWS or points.min() != 0 or points.max() != 255:
        return False
    return bool((points == np.round(points)).all())
