"""Figures of SketchRNN on the test split: likelihoods, and how often its drawings are named.

The recogniser that names them also ranks what the app shows, so its figures for ranked drawings
flatter; those for unranked ones do not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from doodle import checkpoint
from doodle.convert.magenta import read_magenta
from doodle.data.rasters import first_part
from doodle.data.sketches import CORE_CATEGORIES, SketchSet, load_sketches, make_batch
from doodle.device import generators
from doodle.evaluation.recogniser import probabilities, top_k
from doodle.models.recogniser import Recogniser
from doodle.models.sketch_rnn import SketchRNN, kl_divergence, reconstruction_loss
from doodle.models.words import WordTable
from doodle.registry import Registry
from doodle.requests import Complete, Draw
from doodle.services.asking import asking, in_order
from doodle.services.executor import Executor
from doodle.strokes.drawing import Drawing
from doodle.strokes.formats import from_stroke3, from_stroke5

TWELVE = (
    "cat",
    "bicycle",
    "clock",
    "hand",
    "spider",
    "sun",
    "rabbit",
    "apple",
    "eyeglasses",
    "castle",
    "fish",
    "umbrella",
)


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with real/ and traced/"})
    checkpoint: str = field(default="checkpoints/sketch_rnn", metadata={"help": "its folder"})
    vocabulary: str = field(
        default="checkpoints/words", metadata={"help": "checkpoint of the word vectors"}
    )
    recogniser: str = field(default="checkpoints/recogniser", metadata={"help": "its folder"})
    endings: str = field(
        default="checkpoints/completion_gan",
        metadata={"help": "generator of endings to complete with too; empty: none"},
    )
    magenta: str = field(default="", metadata={"help": "folder of .gen.json decoders to compare"})
    drawings: int = field(default=16, metadata={"help": "drawings a word"})
    completions: int = field(default=400, metadata={"help": "held-out drawings that are completed"})
    temperature: float = field(default=0.3, metadata={"help": "of sampling"})
    seed: int = field(default=0, metadata={"help": "of sampling"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    folders = {
        "sketch_rnn": config.checkpoint,
        "words": config.vocabulary,
        "recogniser": config.recogniser,
    }
    path = Path(config.checkpoint) / checkpoint.FILE
    registry = Registry.of(folders, "cpu")
    names = registry.fit_card("recogniser").header["data"]["categories"]
    sketches = load_sketches(Path(config.data), names=names)
    with registry.use(*folders) as networks, asking(registry) as executor:
        figures = likelihoods(
            checkpoint.expect(networks[0], SketchRNN),
            checkpoint.expect(networks[1], WordTable),
            sketches,
        )
        recogniser = checkpoint.expect(networks[2], Recogniser)
        product = Product(executor, recogniser, sketches, config)
        figures += product.naming()
        figures += product.completions()
        if config.magenta:
            figures += product.against_magenta()
    if config.endings:
        with asking(Registry.of({**folders, "completion_gan": config.endings}, "cpu")) as executor:
            figures += Product(executor, recogniser, sketches, config).completions_of_both()
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


def _figure(name: str, value: float, n: int) -> dict[str, Any]:
    return {"name": name, "value": round(float(value), 4), "n": n, "split": "test"}


@torch.no_grad()
def likelihoods(network: SketchRNN, words: WordTable, sketches: SketchSet) -> list[dict[str, Any]]:
    """Negative log-likelihood per point (offset, pen) without and with z, and KL."""
    chosen = np.flatnonzero(sketches.split == 2)
    chosen = np.random.default_rng(0).permutation(chosen)[:4096]
    lengths = np.diff(sketches.offsets)[chosen]
    text = torch.stack([words.lookup(name).vector for name in sketches.names])
    sums = np.zeros(5)
    parts = np.array_split(chosen[np.argsort(lengths)], 16)
    for part in parts:
        batch = make_batch(sketches, part, None)
        rows = torch.from_numpy(batch.rows)
        rows[..., :2] /= network.config.scale_factor
        counts = torch.from_numpy(batch.lengths)
        mu, logvar = network.encode(rows, counts)
        start = rows.new_tensor([0, 0, 1, 0, 0]).expand(len(rows), 1, 5)
        inputs = torch.cat([start, rows[:, :-1]], dim=1)
        order, vector = torch.from_numpy(batch.order), text[torch.from_numpy(batch.category)]
        ones = torch.ones(len(rows))
        plain = reconstruction_loss(network(inputs, vector, None, ones * 0, order), rows, counts)
        coded = reconstruction_loss(network(inputs, vector, mu, ones, order), rows, counts)
        found = (*plain, *coded, kl_divergence(mu, logvar))
        sums += np.array([float(value) for value in found]) / len(parts)
    names = (
        "offset NLL a point",
        "pen NLL a point",
        "offset NLL a point with z",
        "pen NLL a point with z",
        "KL a latent dimension",
    )
    return [_figure(f"{n} (nats)", v, len(chosen)) for n, v in zip(names, sums, strict=True)]


class Product:
    """Figures of what the app draws: how often the recogniser names it in its first guess.

    Args:
        executor: draws and completes, as for the app.
        recogniser: names.
    """

    def __init__(
        self, executor: Executor, recogniser: Recogniser, sketches: SketchSet, config: Config
    ) -> None:
        self.executor, self.recogniser = executor, recogniser
        self.sketches, self.config = sketches, config

    def naming(self) -> list[dict[str, Any]]:
        """Share of drawings that are named, beside recorded ones."""
        figures, sketches = [], self.sketches
        every = {"twelve words": TWELVE, "core words": CORE_CATEGORIES, "all words": sketches.names}
        for title, words in every.items():
            count = self.config.drawings
            count = count if title == "twelve words" else max(1, count // 4)
            for rank in (False, True):
                shares = self._drawn(words, count, rank)
                kind = "ranked" if rank else "unranked"
                name = f"drawings named, {title}, {kind}, tau {self.config.temperature}"
                figures.append(_figure(name, float(np.mean(shares)), count * len(words)))
            rows = [sketches.names.index(word) for word in words]
            held = (sketches.split > 0) & sketches.named & np.isin(sketches.category, rows)
            chosen = np.flatnonzero(held)
            right = self._named(
                [from_stroke3(sketches.drawing(i)) for i in chosen], sketches.category[chosen]
            )
            figures.append(_figure(f"recorded drawings named, {title}", right, len(chosen)))
        return figures

    def completions(self) -> list[dict[str, Any]]:
        """Held-out recorded drawings, their second half removed, finished by SketchRNN."""
        whole, half, labels = self._halves()
        drawn = {"recorded drawings named, whole": whole, "the same, first half only": half}
        for rank in (False, True):
            name = f"the same, completed, {'ranked' if rank else 'unranked'}"
            drawn[name] = self._completed(half, labels, rank)
        return [_figure(name, self._named(d, labels), len(labels)) for name, d in drawn.items()]

    def completions_of_both(self) -> list[dict[str, Any]]:
        """The same, ranked, where the executor has the generator of doodles too."""
        _, half, labels = self._halves()
        named = self._named(self._completed(half, labels, True), labels)
        return [_figure("the same, completed with doodles too, ranked", named, len(labels))]

    def _halves(self) -> tuple[list[list[np.ndarray]], list[list[np.ndarray]], np.ndarray]:
        """Held-out recorded drawings, their first halves, and their categories."""
        sketches, config = self.sketches, self.config
        held = np.flatnonzero((sketches.split > 0) & sketches.named)
        chosen = np.random.default_rng(config.seed).permutation(held)[: config.completions]
        whole = [from_stroke3(sketches.drawing(i)) for i in chosen]
        return whole, [first_part(lines, 0.5) for lines in whole], sketches.category[chosen]

    def _completed(
        self, half: list[list[np.ndarray]], labels: np.ndarray, rank: bool
    ) -> list[list[np.ndarray]]:
        """The halves with one ending each."""
        requests = (
            Complete(
                self.sketches.names[label],
                drawing=Drawing.from_polylines(part),
                n=1,
                rank=rank,
                temperature=self.config.temperature,
                seed=self.config.seed,
            )
            for label, part in zip(labels, half, strict=True)
        )
        endings = [found[0] for found in self._asked(requests)]
        return [[*part, *end] for part, end in zip(half, endings, strict=True)]

    def against_magenta(self) -> list[dict[str, Any]]:
        """Magenta's own decoders on their categories, beside ours, at the same tau."""
        figures, config, names = [], self.config, self.sketches.names
        for path in sorted(Path(config.magenta).glob("*.gen.json")):
            word = path.name.removesuffix(".gen.json").replace("_", " ")
            if word not in names:
                continue
            decoder = read_magenta(path)
            rows = decoder.sample(generators(config.seed, config.drawings), config.temperature)
            drawn = [from_stroke3(from_stroke5(r)) for r in rows.numpy()]
            theirs = self._named(drawn, np.full(len(drawn), names.index(word)))
            figures.append(_figure(f"{word}: Magenta's decoder named", theirs, len(drawn)))
            for rank in (False, True):
                (ours,) = self._drawn([word], config.drawings, rank)
                name = f"{word}: ours named, {'ranked' if rank else 'unranked'}"
                figures.append(_figure(name, ours, config.drawings))
        return figures

    def _drawn(self, words: Sequence[str], count: int, rank: bool) -> list[float]:
        """For each word the share of its drawings that are named."""
        c = self.config
        found = self._asked(
            Draw(word, n=count, temperature=c.temperature, seed=c.seed, rank=rank, doodles=False)
            for word in words
        )
        rows = [self.sketches.names.index(word) for word in words]
        return [
            self._named(drawn, np.full(len(drawn), row))
            for drawn, row in zip(found, rows, strict=True)
        ]

    def _asked(self, requests: Iterable[Draw]) -> Iterable[list[list[np.ndarray]]]:
        """For each request the strokes of its endings."""
        for job in in_order(self.executor, requests):
            yield [list(ending.strokes) for ending in job.result().endings]

    def _named(self, drawings: list[list[np.ndarray]], labels: np.ndarray) -> float:
        """Share of drawings that the recogniser names right."""
        chances = probabilities(self.recogniser, drawings)
        return float(top_k(chances, labels.astype(np.int64), 1).mean())
