"""Recipe of the finder of faces: faces pasted into pictures without any, as a pyramid shows them.

The losses are CenterNet's (Zhou et al. 2019, arXiv 1904.07850, equations 1 and 3): focal loss on
the heatmap, L1 on what the cells around a middle say of size and landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from doodle.data.face_matching import match
from doodle.data.face_scenes import Scene, SceneMaker, load_sources
from doodle.data.faces import load_faces
from doodle.device import choose, product_dtype, seed_for_step
from doodle.models.face_finder import MULTIPLE, FaceFinder, FaceFinderConfig
from doodle.training.face_finder_batches import Targets, batch
from doodle.training.loop import Ema
from doodle.training.plots import contact_sheet
from doodle.training.settings import Run, shared
from doodle.training.shipping import newest, ship, train

FACE_SIDE = 128  # of the pictures of faces that are read
WARM_UP = 100  # steps of a rising rate
SURE = 0.5  # score from which a face counts as found
SHOWN = (6, 10)  # rows and columns of a contact sheet
LEFT_GREEN, RIGHT_BLUE = (40, 255, 40), (60, 160, 255)
ATTRIBUTION = (
    "Trained on pictures of synthetic faces from public collections, of which most state no "
    "licence, on photographs of animals from research sets, and on drawings of Quick, Draw! The "
    "Data, by Google, CC BY 4.0; none of them is shipped, and no real person was among the faces"
)


@dataclass(frozen=True)
class Config:
    run: Run = shared(
        out="runs/face_finder",
        steps=100_000,
        batch=32,
        evaluate_every=500,
        help={
            "data": "folder with index.csv (column p5: landmarks) and pictures of aligned faces",
            "batch": "scenes an update",
            "seed": "of weights and scenes",
        },
    )
    backgrounds: str = field(
        default="", metadata={"help": "folder of pictures without faces", "path": "input"}
    )
    drawings: str = field(
        default="",
        metadata={"help": "Quick, Draw! folder, scenes without faces too", "path": "input"},
    )
    size: int = field(default=128, metadata={"help": "side of a scene, pixels"})
    stem: int = field(default=16, metadata={"help": "channels at half the side"})
    widths: tuple[int, ...] = field(
        default=(24, 48, 80, 128), metadata={"help": "channels at 1/4, 1/8, 1/16, 1/32"}
    )
    pyramid: int = field(default=48, metadata={"help": "channels of the way back to 1/4"})
    learning_rate: float = field(default=3e-3, metadata={"help": "of AdamW at its peak"})
    points_weight: float = field(
        default=8.0, metadata={"help": "of the landmarks' L1, over the square's side"}
    )
    size_weight: float = field(default=0.5, metadata={"help": "of the L1 of the side's logarithm"})
    ema: float = field(default=0.995, metadata={"help": "decay of the averaged weights"})
    held_out: int = field(default=320, metadata={"help": "scenes of an evaluation"})

    def __post_init__(self) -> None:
        if self.size < MULTIPLE or self.size % MULTIPLE:
            raise ValueError(f"size is a multiple of {MULTIPLE}")
        if self.held_out < 1:
            raise ValueError("held_out is at least 1")

    @property
    def model(self) -> FaceFinderConfig:
        return FaceFinderConfig(self.stem, self.widths, self.pyramid)


# what each preset reached stands in the model card and docs/log.md
PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {"minutes": 50.0},
    "gpu": {"minutes": 30.0, "batch": 128, "ema": 0.998, "evaluate_every": 1000},
}


class FaceFinderRecipe:
    """AdamW, cosine; the average of the weights is what is shipped."""

    def __init__(self, config: Config) -> None:
        self.config = c = config
        self.device = choose(c.run.device).device
        torch.manual_seed(c.run.seed)
        if not c.backgrounds:
            raise ValueError("--backgrounds names a folder of pictures without faces")
        faces = load_faces(c.run.data, FACE_SIDE)
        drawings = Path(c.drawings) if c.drawings else None
        sources, held_out = load_sources(faces, Path(c.backgrounds), drawings)
        self.count = len(sources.faces)
        self.maker, self.held_out = SceneMaker(sources), SceneMaker(held_out)
        self.network, shadow = (self._place(FaceFinder(c.model)) for _ in range(2))
        self.average = Ema(self.network, shadow, c.ema)
        self.modules: dict[str, nn.Module] = {"network": self.network, "ema": shadow}
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=c.learning_rate, weight_decay=0.01
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {"adamw": self.optimiser}

    def _place(self, network: FaceFinder) -> FaceFinder:
        return network.to(self.device).to(memory_format=torch.channels_last)

    def step(self, step: int, progress: float) -> dict[str, float]:
        c = self.config
        seed = seed_for_step(c.run.seed, step)
        pictures, wanted, _ = batch(self.maker, seed, c.run.batch, c.size)
        rate = c.learning_rate * min(1.0, (step + 1) / WARM_UP)
        for group in self.optimiser.param_groups:
            group["lr"] = max(1e-6, rate * float(0.5 + 0.5 * np.cos(np.pi * progress)))
        self.network.train()
        short = self.device.type == "cuda" or product_dtype(self.device) == torch.bfloat16
        pictures = pictures.to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=short):
            heat, faces = self.network(pictures)
        losses = losses_of(heat, faces, wanted.to(self.device))
        weights = {"heat": 1.0, "points": c.points_weight, "side": c.size_weight}
        loss = torch.stack([weights[name] * losses[name] for name in weights]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self.optimiser.step()
        self.average.update(step)
        return {name: float(value.detach()) for name, value in losses.items()}

    @property
    def averaged(self) -> FaceFinder:
        shadow = self.modules["ema"]
        assert isinstance(shadow, FaceFinder)
        return shadow

    def _held_out(self, seed: int, count: int) -> tuple[list[Scene], list[np.ndarray]]:
        """Scenes of held-out faces and pictures, and the points of what is found in them."""
        scenes: list[Scene] = []
        found: list[np.ndarray] = []
        while len(scenes) < count:
            pictures, _, made = batch(self.held_out, seed + len(scenes), 16, self.config.size)
            answers = self.averaged.find(pictures.to(self.device), least=SURE)
            scenes += made
            found += [answer.points.float().cpu().numpy() for answer in answers]
        return scenes[:count], found[:count]

    def evaluate(self) -> dict[str, float]:
        """Found faces, by size, and false alarms, in scenes such as those of training."""
        scenes, found = self._held_out(1_000_000, self.config.held_out)
        errors: list[float] = []
        sides: list[float] = []
        alarms = clean = empty = 0
        for scene, points in zip(scenes, found, strict=True):
            result = match(points, np.array(scene.points).reshape(-1, 5, 2))
            errors += result.error.tolist()
            sides += scene.sides
            if not scene.points:
                empty += 1
                clean += not len(points)
            alarms += int(result.false.sum())
        error, side = np.array(errors), np.array(sides)
        figures = {"false alarms a scene": alarms / len(scenes)}
        if empty:
            figures["scenes without faces left alone"] = clean / empty
        for low, high in ((18, 28), (28, 48), (48, 130)):
            own = error[(side >= low) & (side < high)]
            if len(own):
                figures[f"found, {low} to {high} px"] = float(np.isfinite(own).mean())
        if np.isfinite(error).any():
            figures["landmark error"] = float(error[np.isfinite(error)].mean())
        return figures

    def sheet(self, path: Path) -> None:
        """Held-out scenes with what is found in them."""
        rows, columns = SHOWN
        scenes, found = self._held_out(2_000_000, rows * columns)
        pictures = [
            marked(scene.picture, points) for scene, points in zip(scenes, found, strict=True)
        ]
        shown = [pictures[k : k + columns] for k in range(0, len(pictures), columns)]
        contact_sheet(shown, ["held out"] * rows).save(path)

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        ship(
            folder,
            self.averaged,
            model="face_finder",
            recipe="face_finder",
            presets=PRESETS,
            config=self.config,
            log=log,
            data={
                "faces": self.count,
                "backgrounds": len(self.maker.sources.backgrounds),
                "drawings": len(self.maker.sources.drawings),
                "split": "faces as the index has it, others by SHA-1, 7.5 % held out",
            },
            pixels={"size": self.config.size, "range": [-1, 1]},
            metrics=[
                {"name": f"{name}, valid", "value": value, "split": "valid"}
                for name, value in newest(log, "valid", {}).items()
            ],
            attribution=ATTRIBUTION,
        )


def losses_of(heat: Tensor, faces: Tensor, wanted: Targets) -> dict[str, Tensor]:
    """Focal loss of the heatmap a face, and errors of side and points of the cells of faces.

    Args:
        heat: (B, h, w) logits.
        faces: (B, 11, h, w).
    """
    count = wanted.heat.eq(1).sum().clamp(min=1)
    chance = torch.sigmoid(heat)
    middle = wanted.heat.eq(1).float()
    # equation 1 of CenterNet with alpha 2 and beta 4
    yes = middle * (1 - chance).square() * F.softplus(-heat)
    no = (1 - middle) * (1 - wanted.heat).pow(4) * chance.square() * F.softplus(heat)
    focal = ((yes + no) * wanted.counted).sum() / count
    share = wanted.weight / wanted.weight.sum().clamp(min=1e-6)
    side = ((faces[:, 0] - wanted.faces[:, 0]).abs() * share).sum()
    # offsets count in units of the true side, whatever side is predicted
    scale = (faces[:, :1] - wanted.faces[:, :1]).clamp(-1, 1).exp()
    points = (faces[:, 1:] * scale - wanted.faces[:, 1:]).abs().mean(dim=1)
    return {"heat": focal, "side": side, "points": (points * share).sum()}


def marked(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A copy of (H, W, 3) uint8 with the landmarks (N, 5, 2) drawn in."""
    shown = picture.copy()
    for face in points:
        for k, (x, y) in enumerate(face):
            colour = LEFT_GREEN if k in (0, 3) else RIGHT_BLUE if k in (1, 4) else (255, 60, 60)
            cv2.circle(shown, (int(x), int(y)), 1, colour, -1)
    return shown


def main(config: Config) -> None:
    """Train, resume or finish a run."""
    train(FaceFinderRecipe(config), config, ("heat", "points", "landmark error"))
