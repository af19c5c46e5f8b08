"""Small data folders made on the spot, in the layout that training reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np


def write_set(root: Path, categories: Sequence[str] = ("apple", "cat"), count: int = 40) -> Path:
    """A small data folder of random drawings, traced ones linked to bitmaps."""
    rng = np.random.default_rng(0)
    for kind in ("real", "traced", "bitmaps"):
        (root / kind).mkdir(parents=True)
    for name in categories:
        for kind in ("real", "traced"):
            parts = []
            for _ in range(count):
                rows = rng.integers(-40, 60, size=(12, 3)).astype(np.int16)
                rows[:, 2] = 0
                rows[[5, 11], 2] = 1
                parts.append(rows)
            offsets = np.arange(count + 1) * 12
            extra = (
                {"recognized": np.ones(count, np.int8)}
                if kind == "real"
                else {"bitmap": np.arange(count), "err": np.full(count, 5.0)}
            )
            np.savez(
                root / kind / f"{name}.npz", strokes=np.concatenate(parts), offsets=offsets, **extra
            )
        bitmaps = rng.integers(0, 255, size=(count, 784)).astype(np.uint8)
        np.savez(root / "bitmaps" / f"{name}.npz", bitmaps=bitmaps)
    return root


def write_animals(root: Path, classes: Sequence[str] = ("cat", "fish"), count: int = 30) -> Path:
    """Folders animals/ and masks/: a dark ellipse on a busy ground, every other one with a mask."""
    import cv2

    rng = np.random.default_rng(0)
    for number, name in enumerate(classes):
        for kind in ("animals", "masks"):
            (root / kind / name).mkdir(parents=True)
        for k in range(count):
            height, width = (60, 90) if k % 3 else (80, 64)
            photo = rng.integers(60, 200, (height // 8 + 1, width // 8 + 1, 3)).astype(np.uint8)
            photo = cv2.resize(photo, (width, height), interpolation=cv2.INTER_NEAREST)
            mask = np.zeros((height, width), np.uint8)
            axes = (width // 3, height // (3 + number))
            cv2.ellipse(mask, (width // 2, height // 2), axes, 10 * k, 0, 360, 255, -1)
            photo[mask > 0] = (20 + 100 * number, 40, 150 - 100 * number)
            cv2.imwrite(str(root / "animals" / name / f"{k:03d}.jpg"), photo)
            if k % 2 == 0:
                cv2.imwrite(str(root / "masks" / name / f"{k:03d}.png"), mask)
    return root


def write_chimera(
    root: Path,
    species: Sequence[str] = ("lion", "goat", "fish"),
    size: int = 64,
    name: str = "chimera",
    noise: int = 0,
) -> Path:
    """A folder of checkpoints with a tiny generator, whose seeded weights give colours."""
    import torch

    from doodle import checkpoint
    from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig

    torch.manual_seed(0)
    config = Pix2PixConfig(
        width=4, most=2, size=size, classes=len(species), up="resize", noise=noise
    )
    module = Pix2Pix(config).eval()
    for parameter in module.parameters():
        parameter.data *= 8  # from grey to colours
    checkpoint.save(
        root / name / checkpoint.FILE,
        module,
        model="pix2pix",
        config=config,
        licence="MIT",
        attribution="nobody",
        data={"categories": list(species)},
        training={},
        metrics=[],
    )
    checkpoint.update_index(root)
    return root


def write_image_features(path: Path, kind: str = "tf_efficientnet_lite0") -> Path:
    """A file of that network's weights, random ones, under the names of somebody else."""
    import timm
    import torch

    torch.manual_seed(0)
    weights = timm.create_model(kind, pretrained=False).state_dict()
    torch.save({f"layer.{k}": value for k, value in enumerate(weights.values())}, path)
    return path


FACE_POINTS = "0.375 0.475 0.625 0.475 0.5 0.63 0.39 0.735 0.61 0.735"


def write_faces(root: Path, count: int = 24, side: int = 32, val: int = 8) -> Path:
    """A folder of faces: an oval of one colour on another, half of them at twice the side too."""
    import cv2

    rng = np.random.default_rng(0)
    lines = ["id,split,caption,p5"]
    for k in range(count):
        picture = np.full((2 * side, 2 * side, 3), rng.integers(0, 255, 3), np.uint8)
        middle = (side + int(rng.integers(-4, 4)), side + int(rng.integers(-4, 4)))
        colour = rng.integers(0, 255, 3).tolist()
        cv2.ellipse(picture, middle, (side // 2, side * 3 // 4), 0, 0, 360, colour, -1)
        small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        for folder, made in ((str(side), small), (str(2 * side), picture)):
            if made is small or k % 2:
                (root / folder).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(root / folder / f"{k:03d}.jpg"), made)
        split = "val" if k < val else "train"
        lines.append(f'{k:03d},{split},"a face, number {k}",{FACE_POINTS}')
    (root / "index.csv").write_text("\n".join(lines) + "\n")
    return root
