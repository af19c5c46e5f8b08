"""What a run of faces shows of itself: held-out figures, contact sheets, and its checkpoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from doodle.data.faces import Faces
from doodle.models.face_encoder import FaceEncoder, on_sphere, w_plus
from doodle.models.image_features import ImageFeatures
from doodle.models.stylegan2 import Stylegan2
from doodle.training.faces_config import PRESETS, Config
from doodle.training.plots import contact_sheet
from doodle.training.shipping import newest, ship

ATTRIBUTION = (
    "Trained on pictures of synthetic faces from public collections, of which most state no "
    "licence; no picture is shipped and no real person was among them"
)
SHOWN = 12  # faces across a sheet
PSI = 0.7
RIDGE = 1e-4  # added to the variances of codes: few faces do not fill all dimensions
_AT_ONCE = 16


def encoder_folder(folder: Path) -> Path:
    """Where the encoder of a generator lies: beside its folder."""
    return folder.with_name(f"{folder.name}_encoder")


def as_pictures(made: Tensor) -> np.ndarray:
    """(B, 3, S, S) in about [-1, 1] to (B, S, S, 3) uint8."""
    scaled = ((made.float().clamp(-1, 1) + 1) * 127.5).round()
    return scaled.permute(0, 2, 3, 1).byte().cpu().numpy()


def kernel_distance(first: Tensor, second: Tensor) -> float:
    """Unbiased squared MMD with (x . y / C + 1)^3 (Bińkowski et al. 2018, section 4).

    Args:
        first, second: (N, C) and (M, C).
    """

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.t() / a.shape[1] + 1) ** 3

    first, second = first.double(), second.double()
    total = -2 * kernel(first, second).mean()
    for rows in (first, second):
        own, count = kernel(rows, rows), len(rows)
        total = total + (own.sum() - own.trace()) / (count * (count - 1))
    return float(total)


class FaceFigures:
    """The part of the recipe that looks at its averages."""

    config: Config
    device: torch.device
    faces: Faces
    features: ImageFeatures
    modules: dict[str, Any]
    seen: int

    @property
    def averaged(self) -> tuple[Stylegan2, FaceEncoder]:
        return self.modules["ema"], self.modules["encoder ema"]

    def _input(self, pictures: np.ndarray) -> Tensor:
        given = torch.from_numpy(np.ascontiguousarray(pictures)).to(self.device)
        return given.permute(0, 3, 1, 2).float() / 127.5 - 1

    @torch.no_grad()
    def redrawn(self, pictures: np.ndarray, *, offsets: bool = True) -> np.ndarray:
        """Pictures (B, S, S, 3) uint8, encoded and drawn again."""
        network, encoder = self.averaged
        made = []
        for start in range(0, len(pictures), _AT_ONCE):
            z, apart = encoder(self._input(pictures[start : start + _AT_ONCE]))
            made.append(as_pictures(network(w=w_plus(network, z, apart * offsets))))
        return np.concatenate(made)

    @torch.no_grad()
    def samples(self, count: int, psi: float, seed: int = 0) -> np.ndarray:
        """Pictures of seeded noise, (count, S, S, 3) uint8."""
        network, _ = self.averaged
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(count, self.config.z_size, generator=generator).to(self.device)
        parts = z.split(_AT_ONCE)
        return np.concatenate([as_pictures(network(part, truncation_psi=psi)) for part in parts])

    @torch.no_grad()
    def _pooled(self, pictures: np.ndarray) -> Tensor:
        starts = range(0, len(pictures), _AT_ONCE)
        parts = [pictures[k : k + _AT_ONCE] for k in starts]
        return torch.cat([self.features.pooled(self._input(part)).cpu() for part in parts])

    def evaluate(self) -> dict[str, float]:
        """How true what is drawn again is, how far samples lie from held-out faces, how various."""
        real = self.faces.valid(self.config.held_out)
        made = self.redrawn(real)
        error = made.astype(np.float32) - real
        squares = np.square(error / 255).mean(axis=(1, 2, 3))
        features = self._pooled(real)
        mean, spread = features.mean(dim=0), features.std(dim=0) + 1e-6
        wanted = (features - mean) / spread
        figures = {
            "pictures": float(self.seen),
            "l1": float(np.abs(error).mean() / 255),
            "psnr": float((-10 * np.log10(squares)).mean()),
        }
        for psi in (1.0, PSI):
            rows = (self._pooled(self.samples(len(real), psi)) - mean) / spread
            figures[f"kernel distance, psi {psi:g}"] = kernel_distance(rows, wanted)
            # of two samples, over that of two faces: below 1 they are too much alike
            figures[f"variety, psi {psi:g}"] = float(
                torch.pdist(rows).mean() / torch.pdist(wanted).mean()
            )
        rows = (self._pooled(made) - mean) / spread
        return figures | {"kernel distance, redrawn": kernel_distance(rows, wanted)}

    def sheet(self, path: Path) -> None:
        """Held-out faces, drawn again with and without offsets, and samples."""
        real = self.faces.valid(SHOWN)
        drawn = self.samples(3 * SHOWN, PSI)
        rows = {
            "held out": real,
            "drawn again": self.redrawn(real),
            "of z alone": self.redrawn(real, offsets=False),
            f"psi {PSI:g}": drawn[:SHOWN],
            "": drawn[SHOWN : 2 * SHOWN],
            " ": drawn[2 * SHOWN :],
            "psi 1": self.samples(SHOWN, 1.0, seed=1),
        }
        contact_sheet(list(rows.values()), list(rows)).save(path)

    @torch.no_grad()
    def fitted(self) -> Stylegan2:
        """A copy of the averaged generator whose noise lies where the encoder finds the training
        faces, and whose mean code is the mean of those."""
        network, encoder = self.averaged
        faces = self.faces.pictures[self.faces.of("train")]
        generator = torch.Generator().manual_seed(0)
        codes = []
        for start in range(0, len(faces), _AT_ONCE):
            mu, logvar, _ = encoder.distribution(self._input(faces[start : start + _AT_ONCE]))
            noise = torch.randn(mu.shape, generator=generator).to(self.device)
            codes.append(on_sphere(mu + (0.5 * logvar).exp() * noise).double())
        z = torch.cat(codes)
        covariance = torch.cov(z.T) + RIDGE * torch.eye(z.shape[1]).to(z)
        found = Stylegan2(replace(network.config, fitted=True)).to(self.device)
        state = {"z_mean": z.mean(dim=0), "z_root": torch.linalg.cholesky(covariance)}
        found.load_state_dict(network.state_dict() | state)
        normal = torch.randn(10_000, self.config.z_size, generator=generator).to(self.device)
        found.w_avg.copy_(found.mapping(found.points(normal)).mean(dim=0))
        return found.eval().requires_grad_(False)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        """The generator into ``folder``, the encoder into the one beside it."""
        network, encoder = self.fitted(), self.averaged[1]
        held_out = newest(log, "valid", {})
        stated: dict[str, Any] = {
            "config": self.config,
            "log": log,
            "recipe": "faces",
            "presets": PRESETS,
            "start": self.config.start,
            "data": {"faces": len(self.faces.of("train")), "split": "as the index has it"},
            "pixels": {"size": self.config.size, "range": [-1, 1]},
            "metrics": [
                {"name": f"{name}, valid", "value": value, "split": "valid"}
                for name, value in held_out.items()
            ],
            "attribution": ATTRIBUTION,
        }
        ship(folder, network, model="stylegan2", **stated)
        matrices = [name for name, value in encoder.named_parameters() if value.ndim == 2]
        ship(encoder_folder(folder), encoder, model="face_encoder", packed=matrices, **stated)
