"""Recipe of texts as directions: how a generator's styles go with attributes of faces.

Nothing is trained by steps. Faces are encoded; a ridge regression says what styles differ in with
an attribute while everything else that the index tells, and the colours of backdrop and skin, stay.
The mean gradient of the scorer's embedding by each style gives the responses. StyleCLIP moves every
channel to and fro on a hundred faces instead, 600,000 pictures here; the gradient is its limit.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from doodle import checkpoint
from doodle.data import face_labels
from doodle.data.faces import Faces, load_faces
from doodle.device import choose, product_dtype
from doodle.models.face_directions import FaceDirections, FaceDirectionsConfig, Meaning
from doodle.models.face_encoder import FaceEncoder, w_plus
from doodle.models.face_scorer import FaceScorer
from doodle.models.stylegan2 import Stylegan2
from doodle.training.face_scorer import as_input
from doodle.training.faces_figures import ATTRIBUTION
from doodle.training.settings import Run, shared
from doodle.training.shipping import ship

_AT_ONCE = 16


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/face_directions",
        steps=1,
        help={
            "data": "folder with index.csv and pictures of aligned faces",
            "steps": "none: it is solved at once",
        },
    )
    generator: str = field(
        default="checkpoints/faces", metadata={"help": "of faces", "path": "checkpoint"}
    )
    encoder: str = field(
        default="checkpoints/faces_encoder",
        metadata={"help": "the generator's", "path": "checkpoint"},
    )
    scorer: str = field(
        default="checkpoints/face_scorer",
        metadata={"help": "of texts and faces", "path": "checkpoint"},
    )
    faces: int = field(default=4000, metadata={"help": "that the regression is fitted to; 0: all"})
    gradients: int = field(default=32, metadata={"help": "faces at which gradients are taken"})
    axes: int = field(
        default=16, metadata={"help": "directions of the embedding whose gradients are taken"}
    )
    kept: int = field(default=512, metadata={"help": "embeddings of faces that are kept"})
    penalty: float = field(
        default=0.01, metadata={"help": "of the regression, beside each label's own variance"}
    )
    length: float = field(
        default=20.0, metadata={"help": "of a direction at strength 1, in deviations of styles"}
    )
    rank: int = field(default=0, metadata={"help": "of the texts' projection; 0: none"})
    beta: float = field(default=0.1, metadata={"help": "threshold below which channels are left"})

    def __post_init__(self) -> None:
        if self.gradients < 1 or self.kept < 2 or self.axes < 1:
            raise ValueError("gradients and axes are at least 1, kept at least 2")


# numbers of the index, and between what they are believed
NUMBERS = {
    "smile": (0.0, 1.0),
    "age": (18.0, 75.0),
    "male_p": (0.0, 1.0),
    "yaw": (-40.0, 40.0),
    "pitch": (-25.0, 25.0),
    "mouth_open": (0.0, 0.3),
    "eyes_closed": (0.0, 0.5),
}
# what has a direction
TARGETS = (*NUMBERS, "sad", "angry", "surprised", "dark hair", "black hair", "brown hair",
           "blond hair", "gray hair", "red hair", "dyed hair", "long hair", "bald", "glasses",
           "sunglasses", "beard", "hat")  # fmt: skip
# labels that say the same or the opposite of a target in other words are not held equal with it
ALIKE: tuple[frozenset[str], ...] = (
    frozenset(("smile", "smiling", "serious", "sad", "angry", "surprised", "mouth_open",
               "open mouth")),
    frozenset(("age", "old", "young")),
    frozenset(("male_p", "man", "woman")),
    frozenset(("yaw", "turned left", "turned right")),
    frozenset(("pitch", "looking up", "looking down")),
    frozenset(("eyes_closed", "closed eyes")),
    frozenset(("dark hair", "black hair", "brown hair", "blond hair", "gray hair", "red hair",
               "dyed hair")),
    frozenset(("long hair", "short hair", "bald")),
    frozenset(("glasses", "sunglasses")),
)  # fmt: skip
# an attribute of the labels -> the target that it is, and which way
MEANT: dict[str, tuple[str, float]] = {
    "smiling": ("smile", 1.0),
    "serious": ("smile", -1.0),
    "old": ("age", 1.0),
    "young": ("age", -1.0),
    "man": ("male_p", 1.0),
    "woman": ("male_p", -1.0),
    "short hair": ("long hair", -1.0),
    "open mouth": ("mouth_open", 1.0),
    "closed eyes": ("eyes_closed", 1.0),
    "turned left": ("yaw", -1.0),
    "turned right": ("yaw", 1.0),
    "looking up": ("pitch", 1.0),
    "looking down": ("pitch", -1.0),
}

PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {},
    "gpu": {"faces": 0, "gradients": 1024, "axes": 64},
}


class Measuring:
    """The three networks on one device, and what is measured with them."""

    def __init__(self, config: Config) -> None:
        self.config = c = config
        self.device = choose(c.run.device).device
        self.generator = checkpoint.load_as(Stylegan2, c.generator)[0].to(self.device)
        self.encoder = checkpoint.load_as(FaceEncoder, c.encoder)[0].to(self.device)
        self.scorer = checkpoint.load_as(FaceScorer, c.scorer)[0].to(self.device)

    def _autocast(self) -> torch.autocast:
        short = self.device.type == "cuda" or product_dtype(self.device) == torch.bfloat16
        return torch.autocast(self.device.type, torch.bfloat16, enabled=short)

    @torch.no_grad()
    def styles(self, pictures: np.ndarray) -> Tensor:
        """(N, S, S, 3) uint8 to styles (N, channels)."""
        found = []
        for start in tqdm(range(0, len(pictures), _AT_ONCE), desc="encode", disable=None):
            given = as_input(pictures[start : start + _AT_ONCE]).to(self.device)
            found.append(self.generator.styles(w_plus(self.generator, *self.encoder(given))))
        return torch.cat(found)

    def drawn(self, styles: Tensor) -> Tensor:
        """What the generator draws of styles (B, channels), about as large as the scorer sees."""
        side = self.scorer.config.size
        with self._autocast():
            fits = side < self.generator.config.size
            return self.generator.synthesize(styles, side=side if fits else None).float()

    def embedded(self, pictures: Tensor) -> Tensor:
        """(B, embedding) of pictures."""
        with self._autocast():
            return self.scorer.encode_image(pictures)

    @torch.no_grad()
    def looked_at(self, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings (N, embedding), and its colours (N, 18), of what is drawn."""
        found, colours = [], []
        for part in tqdm(styles.split(_AT_ONCE), desc="draw", disable=None):
            pictures = self.drawn(part)
            found.append(self.embedded(pictures))
            colours.append(colours_of(pictures))
        return torch.cat(found), torch.cat(colours)

    def responses(self, styles: Tensor, axes: Tensor) -> Tensor:
        """Mean gradient of the embedding by each style.

        Args:
            styles: (N, channels) where it is taken.
            axes: (K, embedding) of unit length, at right angles: elsewhere it counts as zero.

        Returns:
            (channels, embedding).
        """
        total = torch.zeros(styles.shape[1], axes.shape[1], device=self.device)
        for part in tqdm(styles.split(_AT_ONCE), desc="gradients", disable=None):
            given = part.clone().requires_grad_()
            along = (self.embedded(self.drawn(given)) @ axes.t()).sum(dim=0)  # (K,)
            for k, axis in enumerate(axes):
                kept = k + 1 < len(axes)
                (found,) = torch.autograd.grad(along[k], given, retain_graph=kept)
                total += torch.outer(found.float().sum(dim=0), axis)
        return total / len(styles)


def colours_of(pictures: Tensor) -> Tensor:
    """Mean colours of four places beside a head and of two cheeks, (B, 3, S, S) to (B, 18).

    Else a smile would light a face up, and glasses darken it, as they go along in the faces.
    """
    side = pictures.shape[-1]
    corner, low, high, rim = (round(side * share) for share in (0.16, 0.31, 0.53, 0.11))
    places = [
        pictures[:, :, :corner, :corner],
        pictures[:, :, :corner, -corner:],
        pictures[:, :, low:high, :rim],
        pictures[:, :, low:high, -rim:],
    ]
    top, bottom, near, far = (round(side * share) for share in (0.52, 0.62, 0.3, 0.4))
    places += [pictures[:, :, top:bottom, near:far], pictures[:, :, top:bottom, -far:-near]]
    return torch.cat([place.mean(dim=(2, 3)) for place in places], dim=1)


def attribute_directions(
    columns: Mapping[str, np.ndarray], colours: np.ndarray, styles: np.ndarray, penalty: float
) -> np.ndarray:
    """What styles differ in with each attribute of TARGETS, all that is not alike being equal.

    Args:
        columns: of each of the index's `COLUMNS`, (N,) numbers without gaps.
        colours: (N, C) to be equal as well.
        styles: (N, channels) in deviations.
        penalty: beside the variance of each column.

    Returns:
        (len(TARGETS), channels), rows of unit length.
    """
    names = list(columns)
    table = np.concatenate([np.stack([columns[n] for n in names], axis=1), colours], axis=1)
    table = table - table.mean(axis=0)
    power = table.T @ table
    power[np.diag_indices(len(power))] += penalty * np.diag(power) + 1e-6
    shared = table.T @ (styles - styles.mean(axis=0))
    rows = []
    for name in TARGETS:
        alike = next((group for group in ALIKE if name in group), {name})
        used = [k for k, n in enumerate(names) if n == name or n not in alike]
        used += range(len(names), table.shape[1])
        found = np.linalg.solve(power[np.ix_(used, used)], shared[used])
        row = found[used.index(names.index(name))]
        rows.append(row / max(float(np.linalg.norm(row)), 1e-9))
    return np.stack(rows)


def columns_of(rows: Sequence[face_labels.Row]) -> dict[str, np.ndarray]:
    """The index's numbers and labels by name; gaps are filled with the mean."""
    labels = face_labels.labels(rows)
    found = dict(zip(face_labels.ATTRIBUTES, labels.T, strict=True))
    for column, (low, high) in NUMBERS.items():
        values = np.array([face_labels.measure(row, column) for row in rows])
        found[column] = np.clip(values, low, high)
    filled = {}
    for name, values in found.items():
        known = np.isfinite(values)
        mean = values[known].mean() if known.any() else 0.0
        filled[name] = np.where(known, values, mean)
    return filled


def meanings() -> tuple[Meaning, ...]:
    """The attributes' amounts of every phrase that the scorer learned."""
    found: list[Meaning] = []
    for name, phrases in face_labels.PHRASES.items():
        found += [(phrase, (MEANT.get(name, (name, 1.0)),)) for phrase in phrases]
    for phrase, parts in face_labels.COMPOUND.items():
        found.append((phrase, tuple(MEANT.get(part, (part, 1.0)) for part in parts)))
    return tuple(found)


def measure(config: Config, faces: Faces) -> FaceDirections:
    """Everything that the checkpoint holds, on the CPU."""
    c, measuring = config, Measuring(config)
    rng = np.random.default_rng(c.run.seed)
    pool = rng.permutation(faces.of("train"))
    chosen = pool[: c.faces or len(pool)]
    styles = measuring.styles(faces.pictures[chosen])
    deviation = styles.std(dim=0) + 1e-6
    embeddings, colours = measuring.looked_at(styles)
    apart = embeddings - embeddings.mean(dim=0)
    axes = torch.linalg.svd(apart, full_matrices=False).Vh[: c.axes]
    response = measuring.responses(styles[: c.gradients], axes) * deviation.unsqueeze(1)
    found = FaceDirections(
        FaceDirectionsConfig(
            tuple(measuring.generator.style_channels),
            attributes=TARGETS,
            meanings=meanings(),
            length=c.length,
            embedding=embeddings.shape[1],
            pictures=min(c.kept, len(embeddings)),
            rank=c.rank,
            beta=c.beta,
        )
    )
    columns = columns_of([faces.rows[k] for k in chosen])
    along = attribute_directions(
        columns, colours.cpu().numpy(), (styles / deviation).cpu().numpy(), c.penalty
    )
    found.deviation.copy_(deviation)
    found.along.copy_(torch.from_numpy(along))
    found.response.copy_(response)
    found.pictures.copy_(embeddings[: found.config.pictures])
    return found.eval()


def main(config: Config) -> None:
    """Measure and write the checkpoint."""
    if not config.run.export:
        raise ValueError("say where the checkpoint goes: --export FOLDER")
    began = time.perf_counter()
    size = checkpoint.load_as(Stylegan2, config.generator)[0].config.size
    faces = load_faces(config.run.data, size)
    network = measure(config, faces)
    seconds = round(time.perf_counter() - began, 1)
    parts = (config.generator, config.encoder, config.scorer)
    ship(
        Path(config.run.export),
        network,
        model="face_directions",
        recipe="face_directions",
        config=config,
        presets=PRESETS,
        log=[{"step": 0, "seconds": seconds}],
        data={
            "faces": min(config.faces or len(faces.rows), len(faces.of("train"))),
            "split": "as the index has it",
            # directions are of these very networks
            "networks": {
                checkpoint.file_of(part).parent.name: checkpoint.weights_sha256(
                    checkpoint.file_of(part)
                )
                for part in parts
            },
        },
        metrics=[],
        attribution=ATTRIBUTION,
    )
