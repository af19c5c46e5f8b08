"""Batches of the finder of faces: small scenes, and what each cell of the heatmap should say.

A scene is as a level of the picture's pyramid shows it. Faces of other sizes than the network is
meant to find there are left to other levels, as in SNIP (Singh and Davis 2018, arXiv 1711.08189).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from doodle.data.face_scenes import Scene, SceneMaker
from doodle.data.scene_lighting import photographed
from doodle.models.face_finder import STRIDE, USUAL

SIDES = (18.0, 150.0)  # of the aligned squares that are to be found, pixels
UNDECIDED = (12.0, 220.0)  # of those that may or may not be
SPREAD = 12  # a peak's standard deviation is the square's side over it
NEAR = 0.4  # cells this high on a peak say where the points are
OFFSETS = 1 + 2 * 5


class Targets(NamedTuple):
    """What a batch should answer, cells of h x w.

    Attributes:
        heat: (B, h, w) 1 on the middle of each face, falling around as a Gaussian.
        counted: (B, h, w) 0 where the answer is left open.
        faces: (B, 11, h, w) as `FaceFinder.forward` has it.
        weight: (B, h, w) of what is said of the face; 0 where there is none.
    """

    heat: Tensor
    counted: Tensor
    faces: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> Targets:
        return Targets(*(part.to(device) for part in self))


def training_scene(maker: SceneMaker, rng: np.random.Generator, size: int) -> Scene:
    """A scene of (size, size): faces, parts of faces, none, or a line drawing."""
    kind = rng.random()
    scene = Scene(maker.background(rng, size, size))
    if kind < 0.6:
        for _ in range(int(rng.integers(0, 3))):
            maker.add_piece(scene, rng, _side(rng, size))
        for _ in range(int(rng.choice([1, 1, 1, 2, 2, 3, 4, 5]))):
            _add(maker, scene, rng, _side(rng, size), size)
    elif kind < 0.72:  # a portrait
        middle = size * (0.5 + rng.uniform(-0.12, 0.12, 2))
        side = size * rng.uniform(0.95, 1.2)
        maker.add_face(scene, rng, middle, side, _angle(rng) / 2, fill=True)
    elif kind < 0.82:  # so near that this level must not see it
        middle = size * rng.uniform(-0.1, 1.1, 2)
        side = size * np.exp(rng.uniform(np.log(1.2), np.log(5)))
        maker.add_face(scene, rng, middle, side, _angle(rng), fill=True)
    elif kind < 0.92 or not maker.sources.drawings:
        for _ in range(int(rng.integers(0, 4))):
            maker.add_piece(scene, rng, _side(rng, size))
    else:
        if rng.random() < 0.7:
            scene.picture[:] = rng.integers(150, 256) if rng.random() < 0.8 else rng.integers(256)
        for _ in range(int(rng.integers(1, 4))):
            maker.add_drawing(scene, rng)
    scene.picture = photographed(scene.picture, rng)
    return scene


def _side(rng: np.random.Generator, size: int) -> float:
    return float(np.exp(rng.uniform(np.log(SIDES[0] * 0.8), np.log(size * 1.05))))


def _angle(rng: np.random.Generator) -> float:
    return float(rng.uniform(-50, 50) if rng.random() < 0.6 else rng.normal(0, 10))


def _add(maker: SceneMaker, scene: Scene, rng: np.random.Generator, side: float, size: int) -> None:
    """A face somewhere, its middle inside, where it covers no other's."""
    margin = min(0.25 * side, 0.4 * size)
    middle = rng.uniform(margin, size - margin, 2)
    if scene.room(middle, side):
        maker.add_face(scene, rng, middle, side, _angle(rng))


def targets(scenes: list[Scene], size: int) -> Targets:
    """What the network should say of scenes of (size, size)."""
    cells = size // STRIDE
    count = len(scenes)
    heat = np.zeros((count, cells, cells), np.float32)
    counted = np.ones_like(heat)
    faces = np.zeros((count, OFFSETS, cells, cells), np.float32)
    weight = np.zeros_like(heat)
    grid = (np.arange(cells, dtype=np.float32) + 0.5) * STRIDE
    for k, scene in enumerate(scenes):
        for points, side in zip(scene.points, scene.sides, strict=True):
            middle = points.mean(axis=0)
            square = (grid - middle[0])[None] ** 2 + (grid - middle[1])[:, None] ** 2
            if not SIDES[0] <= side <= SIDES[1]:
                if UNDECIDED[0] <= side <= UNDECIDED[1]:
                    counted[k][square < (0.35 * side) ** 2] = 0
                continue
            spread = max(side / SPREAD, 0.4 * STRIDE)
            peak = np.exp(-square / (2 * spread**2))
            column, row = (int(v) for v in middle // STRIDE)
            if not (0 <= column < cells and 0 <= row < cells):
                continue  # less than half of it is in the picture
            peak[row, column] = 1
            own = (peak >= NEAR) & (peak > weight[k])
            weight[k][own] = peak[own]
            heat[k] = np.maximum(heat[k], peak)
            said = faces[k]
            said[0][own] = np.log(side / USUAL)
            for n, (x, y) in enumerate(points):
                said[1 + 2 * n][own] = np.broadcast_to((x - grid)[None] / side, own.shape)[own]
                said[2 + 2 * n][own] = np.broadcast_to((y - grid)[:, None] / side, own.shape)[own]
    return Targets(*map(torch.from_numpy, (heat, counted, faces, weight)))


def batch(
    maker: SceneMaker, seed: int, count: int, size: int
) -> tuple[Tensor, Targets, list[Scene]]:
    """Pictures (count, 3, size, size) in [-1, 1], their targets, and the scenes themselves."""
    rng = np.random.default_rng(seed)
    scenes = [training_scene(maker, rng, size) for _ in range(count)]
    pictures = torch.from_numpy(np.stack([scene.picture for scene in scenes]))
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1, targets(scenes, size), scenes
