"""Recipe of texts as directions: what a generator's style channels do to the scorer's embeddings.

Nothing is trained by steps. Faces are encoded; how styles and embeddings of what the generator
draws of them go together gives a ridge regression; the mean gradient of the embedding by each
style gives the responses. StyleCLIP moves every channel to and fro on a hundred faces instead,
600,000 pictures here; the gradient, taken at as many faces as are asked for, is the limit of that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from doodle import checkpoint
from doodle.data.faces import Faces, load_faces
from doodle.device import choose, product_dtype
from doodle.models.face_directions import FaceDirections, FaceDirectionsConfig
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
    gradients: int = field(default=96, metadata={"help": "faces at which gradients are taken"})
    axes: int = field(
        default=16, metadata={"help": "directions of the embedding whose gradients are taken"}
    )
    kept: int = field(default=512, metadata={"help": "embeddings of faces that are kept"})
    penalty: float = field(
        default=0.03, metadata={"help": "of the regression, of the embeddings' mean variance"}
    )
    rank: int = field(default=0, metadata={"help": "of the texts' projection; 0: none"})
    method: str = field(default="regression", metadata={"help": "response or regression"})
    beta: float = field(default=0.1, metadata={"help": "threshold below which channels are left"})

    def __post_init__(self) -> None:
        if self.gradients < 1 or self.kept < 2 or self.axes < 1:
            raise ValueError("gradients and axes are at least 1, kept at least 2")


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

    def embedded(self, styles: Tensor) -> Tensor:
        """Embeddings (B, embedding) of what the generator draws of styles (B, channels)."""
        with self._autocast():
            return self.scorer.encode_image(self.generator.synthesize(styles))

    @torch.no_grad()
    def all_embedded(self, styles: Tensor) -> Tensor:
        parts = tqdm(styles.split(_AT_ONCE), desc="draw", disable=None)
        return torch.cat([self.embedded(part) for part in parts])

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
            along = (self.embedded(given) @ axes.t()).sum(dim=0)  # (K,)
            for k, axis in enumerate(axes):
                kept = k + 1 < len(axes)
                (found,) = torch.autograd.grad(along[k], given, retain_graph=kept)
                total += torch.outer(found.float().sum(dim=0), axis)
        return total / len(styles)


def ridge(embeddings: Tensor, styles: Tensor, penalty: float) -> Tensor:
    """The matrix that leads from embeddings to styles, both less their means.

    Args:
        embeddings: (N, E).
        styles: (N, C).
        penalty: of the mean variance of an embedding's numbers.

    Returns:
        (E, C).
    """
    x = embeddings - embeddings.mean(dim=0)
    y = styles - styles.mean(dim=0)
    power = x.t() @ x
    power = power + penalty * power.trace() / len(power) * torch.eye(len(power), device=x.device)
    return torch.linalg.solve(power, x.t() @ y)


def measure(config: Config, faces: Faces) -> FaceDirections:
    """Everything that the checkpoint holds, on the CPU."""
    c, measuring = config, Measuring(config)
    pool = faces.of("train")
    rng = np.random.default_rng(c.run.seed)
    chosen = rng.permutation(pool)[: c.faces or len(pool)]
    styles = measuring.styles(faces.pictures[chosen])
    deviation = styles.std(dim=0) + 1e-6
    embeddings = measuring.all_embedded(styles)
    apart = embeddings - embeddings.mean(dim=0)
    axes = torch.linalg.svd(apart, full_matrices=False).Vh[: c.axes]
    response = measuring.responses(styles[: c.gradients], axes) * deviation.unsqueeze(1)
    found = FaceDirections(
        FaceDirectionsConfig(
            tuple(measuring.generator.style_channels),
            embedding=embeddings.shape[1],
            pictures=min(c.kept, len(embeddings)),
            rank=c.rank,
            method=c.method,
            beta=c.beta,
        )
    )
    found.deviation.copy_(deviation)
    found.response.copy_(response)
    found.regression.copy_(ridge(embeddings, styles / deviation, c.penalty))
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
