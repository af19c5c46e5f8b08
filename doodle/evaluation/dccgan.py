"""Figures of the doodle generator: named, various, like the real ones, and not copied.

The recogniser whose names and features are used here also guided the training, and it ranks what
the app shows: its figures flatter.  Those of the stroke classifier, which had no part in either,
do not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from doodle import checkpoint
from doodle.evaluation.dccgan_pictures import (
    SIDE,
    Described,
    Pictures,
    describe,
    kin,
    load_pictures,
)
from doodle.evaluation.distances import (
    blurred,
    diversity,
    frechet_distance,
    nearest,
    nearest_picture,
)
from doodle.evaluation.recogniser import top_k
from doodle.evaluation.stroke_classifier import by_tracing
from doodle.models.recogniser import Recogniser
from doodle.models.stroke_classifier import StrokeClassifier
from doodle.models.words import WordTable
from doodle.registry import Registry
from doodle.requests import Imagine
from doodle.services.asking import asking
from doodle.services.executor import Executor

SHOWN = 15  # words in the lists of the best and the worst
WORDS_AT_ONCE = 4  # that share their noise; the next ones have another

# (words, ranked) -> (len(words), samples, S, S) uint8, ink 255 on 0
Draw = Callable[[Sequence[str], bool], np.ndarray]
# (N, S, S) uint8, ink 255 on 0 -> (N, categories) probabilities
Classifier = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with bitmaps/, real/ and traced/"})
    checkpoint: str = field(default="checkpoints/dccgan", metadata={"help": "its folder"})
    vocabulary: str = field(
        default="checkpoints/words", metadata={"help": "checkpoint of the word vectors"}
    )
    recogniser: str = field(default="checkpoints/recogniser", metadata={"help": "its folder"})
    stroke_classifier: str = field(
        default="checkpoints/stroke_classifier",
        metadata={"help": "checkpoint of an independent classifier; empty: none"},
    )
    samples: int = field(default=16, metadata={"help": "doodles a word, and held-out drawings"})
    references: int = field(
        default=48, metadata={"help": "training drawings a word whose features are compared"}
    )
    classified: int = field(
        default=4, metadata={"help": "doodles a word for the independent classifier"}
    )
    seed: int = field(default=0, metadata={"help": "of the doodles and of the choice of drawings"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})

    def __post_init__(self) -> None:
        if min(self.samples, self.references) < 2 or not 1 <= self.classified <= self.samples:
            raise ValueError("samples and references are at least 2, classified is 1 to samples")


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    path = Path(config.checkpoint) / checkpoint.FILE
    folders = {
        "dccgan": config.checkpoint,
        "words": config.vocabulary,
        "recogniser": config.recogniser,
    }
    registry = Registry.of(folders, "cpu")
    names = registry.fit_card("recogniser").header["data"]["categories"]
    unseen = registry.fit_card("dccgan").header["data"].get("unseen", [])
    classifier = None
    if config.stroke_classifier:
        strokes, _ = checkpoint.load_as(StrokeClassifier, config.stroke_classifier)
        classifier = by_tracing(strokes)
    pictures = load_pictures(Path(config.data), names)
    with registry.use("words", "recogniser") as networks, asking(registry) as executor:
        words = checkpoint.expect(networks[0], WordTable)
        recogniser = checkpoint.expect(networks[1], Recogniser)
        evaluation = Evaluation(config, recogniser, names, unseen, kin(words, names, unseen))
        figures = evaluation.measure(drawing(executor, config, names), pictures, classifier)
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


def drawing(executor: Executor, config: Config, names: Sequence[str]) -> Draw:
    """The product as what draws: the words of a call share their noise."""

    def draw(texts: Sequence[str], rank: bool) -> np.ndarray:
        seed = config.seed * len(names) + names.index(texts[0])
        jobs = [
            executor.submit(Imagine(text, config.samples, seed, rank=rank, trace=False))
            for text in texts
        ]
        found = [job.result() for job in jobs]
        return 255 - np.stack([[doodle.picture for doodle in f.doodles] for f in found])

    return draw


class Evaluation:
    """Everything that is measured, for the trained words and for the unseen ones.

    Args:
        names: the recogniser's categories.
        unseen: those of them that the generator never saw.
        relatives: from ``kin``.
    """

    def __init__(
        self,
        config: Config,
        recogniser: Recogniser,
        names: Sequence[str],
        unseen: Sequence[str],
        relatives: dict[int, list[int]],
    ) -> None:
        self.config = config
        self.recogniser = recogniser
        self.names = list(names)
        self.relatives = relatives
        hidden = {self.names.index(word) for word in unseen}
        groups = {
            "trained words": [k for k in range(len(self.names)) if k not in hidden],
            "unseen words": sorted(hidden),
        }
        self.groups = {title: np.array(rows) for title, rows in groups.items() if rows}
        self.figures: list[dict[str, Any]] = []

    def measure(
        self, draw: Draw, real: Pictures, classifier: Classifier | None
    ) -> list[dict[str, Any]]:
        """All figures: dicts of name, value, n, split."""
        held, train = self._choose(real)
        doodles = {kind: self._draw(draw, kind == "ranked") for kind in ("unranked", "ranked")}
        described = {
            kind: describe(self.recogniser, pictures) for kind, pictures in doodles.items()
        }
        held_out, pool = (describe(self.recogniser, real.pick(rows)) for rows in (held, train))
        every = np.arange(len(self.names))
        for title, rows in {**self.groups, "all words": every}.items():
            for kind, what in {**described, "held-out drawings": held_out}.items():
                self._named(title, rows, kind, what.chances, what.pictures.category)
        self._various("all words", every, described["unranked"], held_out)
        self._like_real("all words", every, described["unranked"], held_out, pool)
        for title, rows in self.groups.items():
            self._unseen(title, rows, described["unranked"])
            self._various(title, rows, described["unranked"], held_out)
            self._like_real(title, rows, described["unranked"], held_out, pool)
            self._not_copied(title, rows, described["unranked"], held_out, pool, real)
        if classifier is not None:
            self._classified(classifier, {**doodles, "held-out drawings": held_out.pictures})
        self._by_word(described, held_out)
        return self.figures

    # -- pictures ----------------------------------------------------------------------------------

    def _choose(self, real: Pictures) -> tuple[np.ndarray, np.ndarray]:
        """Rows of held-out drawings (of test, of valid where it has too few) and of training."""
        rng = np.random.default_rng(self.config.seed)
        order = rng.permutation(len(real.category))
        held, train = [], []
        for category in range(len(self.names)):
            rows = order[real.category[order] == category]
            rows = rows[np.argsort(-real.split[rows], kind="stable")]
            held.append(rows[real.split[rows] > 0][: self.config.samples])
            train.append(rows[real.split[rows] == 0][: self.config.references])
        return np.concatenate(held), np.concatenate(train)

    def _draw(self, draw: Draw, rank: bool) -> Pictures:
        parts = []
        for k in range(0, len(self.names), WORDS_AT_ONCE):
            drawn = draw(self.names[k : k + WORDS_AT_ONCE], rank)
            parts.append(drawn.reshape(-1, *drawn.shape[2:]))
        pixels = np.concatenate(parts)
        if pixels.shape[1] != SIDE:
            small = [cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for p in pixels]
            pixels = np.stack(small)
        category = np.repeat(np.arange(len(self.names)), self.config.samples)
        return Pictures(pixels, category, np.full(len(pixels), -1))

    # -- figures -----------------------------------------------------------------------------------

    def _add(self, name: str, value: Any, n: int, split: str = "samples") -> None:
        value = value if isinstance(value, list) else round(float(value), 4)
        self.figures.append({"name": name, "value": value, "n": n, "split": split})

    def _named(
        self,
        title: str,
        rows: np.ndarray,
        kind: str,
        chances: np.ndarray,
        category: np.ndarray,
        by: str = "",
    ) -> None:
        """Top-1 and top-5, each the mean over words of the share of their pictures."""
        split = "held out" if kind == "held-out drawings" else "samples"
        for top in (1, 5):
            right = top_k(chances, category, top)
            shares = [right[category == row].mean() for row in rows if (category == row).any()]
            if shares:
                name = f"top-{top}{by}, {title}, {kind}"
                self._add(name, np.mean(shares), int(np.isin(category, rows).sum()), split)

    def _unseen(self, title: str, rows: np.ndarray, drawn: Described) -> None:
        """Unseen words: named in the first five as themselves or as their nearest trained word."""
        rows = np.array([row for row in rows if row in self.relatives])
        if not len(rows):
            return
        chosen = np.isin(drawn.pictures.category, rows)
        category, chances = drawn.pictures.category[chosen], drawn.chances[chosen]
        near = np.array([self.relatives[row][0] for row in category])
        right = top_k(chances, category, 5) | top_k(chances, near, 5)
        name = f"itself or its nearest trained word among the first five, {title}, unranked"
        self._add(name, right.mean(), len(right))

    def _various(self, title: str, rows: np.ndarray, drawn: Described, held: Described) -> None:
        """Mean distance of two doodles of a word, beside that of two held-out drawings of it."""
        several = [row for row in rows if len(held.of(row)) > 1]
        if not several:
            return
        for what, measured in (
            ("features", lambda seen, row: seen.features[seen.of(row)]),
            ("blurred pixels", lambda seen, row: blurred(seen.pictures.pixels[seen.of(row)])),
        ):
            ours = np.mean([diversity(measured(drawn, row)) for row in several])
            theirs = np.mean([diversity(measured(held, row)) for row in several])
            name = f"diversity beside real drawings' ({what}), {title}, unranked"
            self._add(name, ours / theirs, len(several))

    def _like_real(
        self, title: str, rows: np.ndarray, drawn: Described, held: Described, pool: Described
    ) -> None:
        """Fréchet distance of features to the held-out drawings; the floor is that of others."""
        parts: tuple[list[np.ndarray], ...] = ([], [], [])
        for row in rows:
            a, b, c = (seen.features[seen.of(row)] for seen in (drawn, held, pool))
            count = min(len(a), len(b), len(c))  # the same mixture of words on all sides
            for part, features in zip(parts, (a, b, c), strict=True):
                part.append(features[:count])
        ours, theirs, others = (np.concatenate(part) for part in parts)
        if len(theirs) < 2:
            return
        name = f"Fréchet distance of features to held-out drawings, {title}"
        self._add(f"{name}, unranked", frechet_distance(ours, theirs), len(ours))
        self._add(
            f"{name}, training drawings", frechet_distance(others, theirs), len(ours), "held out"
        )

    def _not_copied(
        self,
        title: str,
        rows: np.ndarray,
        drawn: Described,
        held: Described,
        pool: Described,
        real: Pictures,
    ) -> None:
        """How near the nearest training drawing is: of its word, of an unseen word's kin."""
        found: dict[str, dict[str, list[np.ndarray]]] = {
            what: {"samples": [], "held out": []} for what in ("pixels", "features")
        }
        for row in rows:
            family = self.relatives.get(row, [row])
            trained = real.pixels[(real.split == 0) & np.isin(real.category, family)]
            features = pool.features[np.isin(pool.pictures.category, family)]
            if not len(features):
                continue
            for split, seen in (("samples", drawn), ("held out", held)):
                own = seen.of(row)
                if not len(own):  # no drawing of this word was held out
                    continue
                pixels = seen.pictures.pixels[own]
                found["pixels"][split].append(nearest_picture(pixels, trained))
                found["features"][split].append(nearest(seen.features[own], features))
        for what, lists in found.items():
            sides = {split: np.concatenate(v) for split, v in lists.items() if v}
            if any(not len(sides.get(split, ())) for split in ("samples", "held out")):
                continue
            for split, distances in sides.items():
                kind = "unranked" if split == "samples" else "held-out drawings"
                name = f"distance to the nearest training drawing, median ({what}), {title}, {kind}"
                self._add(name, np.median(distances), len(distances), split)
            limit = np.percentile(sides["held out"], 1)
            name = f"nearer to a training drawing than 99 % of held-out ones are ({what}), {title}"
            self._add(name, (sides["samples"] < limit).mean(), len(sides["samples"]))

    def _classified(self, classifier: Classifier, kinds: dict[str, Pictures]) -> None:
        """The same by a classifier that had no part in training and ranking."""
        for kind, pictures in kinds.items():
            order = np.arange(len(pictures.category))
            first = np.concatenate(
                [
                    order[pictures.category == c][: self.config.classified]
                    for c in range(len(self.names))
                ]
            )
            few = pictures.pick(first)
            chances = classifier(few.pixels)
            for title, rows in self.groups.items():
                self._named(
                    title, rows, kind, chances, few.category, " by an independent classifier"
                )

    def _by_word(self, described: dict[str, Described], held: Described) -> None:
        columns = [*described.values(), held]
        right = [top_k(s.chances, s.pictures.category, 1) for s in columns]

        def share(k: int, row: int) -> str:
            own = columns[k].of(row)
            return f"{right[k][own].mean():.0%}" if len(own) else "-"

        table = [
            [name, *(share(k, row) for k in range(len(columns)))]
            for row, name in enumerate(self.names)
        ]
        drawn = described["unranked"]
        chance = drawn.chances[np.arange(len(drawn.chances)), drawn.pictures.category]
        each = chance.reshape(len(self.names), -1).mean(axis=1)
        order = [int(row) for row in np.argsort(-each, kind="stable")]
        count = self.config.samples
        for title, rows in (("Best", order[:SHOWN]), ("Worst", order[::-1][:SHOWN])):
            self._add(
                f"{title} words (mean chance of the word, unranked)",
                [[self.names[row], f"{each[row]:.0%}"] for row in rows],
                count,
            )
        self._add("Top-1 by word (unranked, ranked, held-out drawings)", table, len(self.names))
