"""Figures of SketchRNN on the test split: likelihoods, and how often its drawings are named.

The recogniser that names them also ranks what the app shows, so its figures for ranked drawings
flatter; those for unranked ones do not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import checkpoint
from ..convert import read_magenta
from ..data.rasters import first_part
from ..data.sketches import CORE_CATEGORIES, SketchSet, load_sketches, make_batch
from ..device import generators
from ..models.sketch_rnn import SketchRNN, kl_divergence, reconstruction_loss
from ..pipelines.complete import Completer
from ..strokes.drawing import Drawing
from ..strokes.formats import from_stroke3, from_stroke5
from .recogniser import probabilities, top_k

TWELVE = ("cat", "bicycle", "clock", "hand", "spider", "sun", "rabbit", "apple", "eyeglasses",
          "castle", "fish", "umbrella")  # fmt: skip


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with real/ and traced/"})
    checkpoint: str = field(default="checkpoints/sketch_rnn", metadata={"help": "its folder"})
    words: str = field(default="checkpoints/words", metadata={"help": "word vectors' folder"})
    recogniser: str = field(default="checkpoints/recogniser", metadata={"help": "its folder"})
    magenta: str = field(default="", metadata={"help": "folder of .gen.json decoders to compare"})
    drawings: int = field(default=16, metadata={"help": "drawings a word"})
    completions: int = field(default=400, metadata={"help": "held-out drawings that are completed"})
    temperature: float = field(default=0.3, metadata={"help": "of sampling"})
    seed: int = field(default=0, metadata={"help": "of sampling"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    path = Path(config.checkpoint) / "model.safetensors"
    network, _ = checkpoint.load(path)
    words, _ = checkpoint.load(Path(config.words) / "model.safetensors")
    recogniser, header = checkpoint.load(Path(config.recogniser) / "model.safetensors")
    names = header["data"]["categories"]
    sketches = load_sketches(Path(config.data), names=names)
    completer = Completer(network, words, recogniser)
    figures = likelihoods(network, words, sketches)
    figures += naming(completer, sketches, config)
    figures += completions(completer, sketches, config)
    if config.magenta:
        figures += against_magenta(completer, sketches, config)
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


def _figure(name: str, value: float, n: int) -> dict[str, Any]:
    return {"name": name, "value": round(float(value), 4), "n": n, "split": "test"}


@torch.no_grad()
def likelihoods(network: SketchRNN, words: Any, sketches: SketchSet) -> list[dict[str, Any]]:
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
    names = ("offset NLL a point", "pen NLL a point", "offset NLL a point with z",
             "pen NLL a point with z", "KL a latent number")  # fmt: skip
    return [_figure(f"{n} (nats)", v, len(chosen)) for n, v in zip(names, sums, strict=True)]


def naming(completer: Completer, sketches: SketchSet, config: Config) -> list[dict[str, Any]]:
    """Share of drawings that the recogniser names in its first guess, beside recorded ones."""
    figures = []
    every = {"twelve words": TWELVE, "core words": CORE_CATEGORIES, "all words": sketches.names}
    for title, words in every.items():
        count = config.drawings if title == "twelve words" else max(1, config.drawings // 4)
        for rank in (False, True):
            right = [_named(completer, word, count, rank, sketches.names, config) for word in words]
            kind = "ranked" if rank else "unranked"
            name = f"drawings named, {title}, {kind}, tau {config.temperature}"
            figures.append(_figure(name, np.mean(right), count * len(words)))
        rows = [sketches.names.index(word) for word in words]
        held = (sketches.split > 0) & sketches.named & np.isin(sketches.category, rows)
        chosen = np.flatnonzero(held)
        chances = probabilities(
            completer.judge.recogniser, [from_stroke3(sketches.drawing(i)) for i in chosen]
        )
        right = top_k(chances, sketches.category[chosen].astype(np.int64), 1)
        figures.append(_figure(f"recorded drawings named, {title}", right.mean(), len(chosen)))
    return figures


def _named(completer: Completer, word: str, count: int, rank: bool, names: Sequence[str],
           config: Config) -> float:  # fmt: skip
    drawn = completer.draw(
        word, n=count, temperature=config.temperature, seed=config.seed, rank=rank
    )
    chances = probabilities(completer.judge.recogniser, [list(e.strokes) for e in drawn])
    labels = np.full(count, list(names).index(word), np.int64)
    return float(top_k(chances, labels, 1).mean())


def completions(completer: Completer, sketches: SketchSet, config: Config) -> list[dict[str, Any]]:
    """Held-out recorded drawings, their second half removed, finished by the network."""
    held = np.flatnonzero((sketches.split > 0) & sketches.named)
    chosen = np.random.default_rng(config.seed).permutation(held)[: config.completions]
    whole, half, finished = [], [], {False: [], True: []}
    for i in chosen:
        lines = from_stroke3(sketches.drawing(i))
        word = sketches.names[sketches.category[i]]
        part = first_part(lines, 0.5)
        whole.append(lines)
        half.append(part)
        for rank in (False, True):
            best = completer.complete(Drawing.from_polylines(part), word, n=1, rank=rank,
                                      temperature=config.temperature, seed=config.seed)  # fmt: skip
            finished[rank].append([*part, *best[0].strokes])
    labels = sketches.category[chosen].astype(np.int64)
    judged = {"recorded drawings named, whole": whole, "the same, first half only": half,
              "the same, completed, unranked": finished[False],
              "the same, completed, ranked": finished[True]}  # fmt: skip
    recogniser = completer.judge.recogniser
    return [_figure(name, top_k(probabilities(recogniser, drawn), labels, 1).mean(), len(labels))
            for name, drawn in judged.items()]  # fmt: skip


def against_magenta(completer: Completer, sketches: SketchSet, config: Config
                    ) -> list[dict[str, Any]]:  # fmt: skip
    """Magenta's own decoders on their categories, beside ours, at the same tau."""
    figures = []
    for path in sorted(Path(config.magenta).glob("*.gen.json")):
        word = path.name.removesuffix(".gen.json").replace("_", " ")
        if word not in sketches.names:
            continue
        decoder = read_magenta(path)
        rows = decoder.sample(generators(config.seed, config.drawings), config.temperature)
        drawn = [from_stroke3(from_stroke5(r)) for r in rows.numpy()]
        labels = np.full(len(drawn), sketches.names.index(word), np.int64)
        theirs = top_k(probabilities(completer.judge.recogniser, drawn), labels, 1).mean()
        figures.append(_figure(f"{word}: Magenta's decoder named", theirs, len(drawn)))
        for rank in (False, True):
            ours = _named(completer, word, config.drawings, rank, sketches.names, config)
            name = f"{word}: ours named, {'ranked' if rank else 'unranked'}"
            figures.append(_figure(name, ours, config.drawings))
    return figures
