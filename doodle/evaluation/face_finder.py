"""Figures of the finder of faces: held-out faces in photographs made of held-out pictures.

By size and angle: how many are found, and how far off their landmarks are; and what it takes for a
face in pictures and drawings that have none. Another detector, YuNet, can be measured beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from doodle import checkpoint
from doodle.data.face_matching import match
from doodle.data.face_scenes import Scene, SceneMaker, load_sources
from doodle.data.faces import load_faces
from doodle.data.scene_lighting import photographed
from doodle.device import choose
from doodle.models.face_finder import FaceFinder
from doodle.pipelines.face_finder import LEAST, Face, FaceFinding, distinct, pyramid
from doodle.pipelines.face_frame import Frame, frame_of
from doodle.strokes.raster import rasterize

SHAPES = ((640, 480), (1280, 853), (1920, 1280), (3000, 2000))  # of the photographs
SIDES = (24, 32, 48, 96, 192, 400, 800, 1500)  # edges of the groups of squares' sides, pixels
ANGLES = (0, 15, 30, 45)
LARGEST_FACE = 0.95  # side of a square over the photograph's shorter side
DRAWING_SIDE = 512
FACE_SIDE = 128
FRAMES = ("aligned square: middle off", "aligned square: side off", "aligned square: degrees off")
YUNET_LEAST = 0.6
SHOWN_SIDE = 320
GREEN, RED = (40, 220, 40), (255, 40, 40)
Finder = Callable[[np.ndarray], list[Face]]


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with index.csv and pictures of aligned faces"})
    backgrounds: str = field(metadata={"help": "folder of pictures without faces"})
    drawings: str = field(default="", metadata={"help": "Quick, Draw! folder; empty: none"})
    checkpoint: str = field(default="checkpoints/face_finder", metadata={"help": "its folder"})
    yunet: str = field(
        default="", metadata={"help": "file face_detection_yunet.onnx, to measure beside"}
    )
    photographs: int = field(default=240, metadata={"help": "with one to five faces each"})
    most: int = field(default=500, metadata={"help": "of the pictures and drawings without faces"})
    least: float = field(default=LEAST, metadata={"help": "score of a face"})
    smallest: float = field(
        default=24.0, metadata={"help": "side of the smallest square looked for; 0: as it decides"}
    )
    seed: int = field(default=0, metadata={"help": "of the photographs"})
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda"})
    sheets: str = field(default="", metadata={"help": "folder for contact sheets; empty: none"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})

    def __post_init__(self) -> None:
        if self.photographs < 1 or self.most < 1:
            raise ValueError("photographs and most are at least 1")


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the checkpoint."""
    network, _ = checkpoint.load_as(FaceFinder, config.checkpoint)
    finding = FaceFinding(network.to(choose(config.device).device))
    smallest = config.smallest or None
    finders: dict[str, Finder] = {
        "": lambda picture: finding.find(picture, smallest=smallest, least=config.least)
    }
    if config.yunet:
        finders["YuNet: "] = yunet(config.yunet, config.smallest or SIDES[0])
    faces = load_faces(config.data, FACE_SIDE)
    drawings = Path(config.drawings) if config.drawings else None
    _, held_out = load_sources(faces, Path(config.backgrounds), drawings, longest=640)
    evaluation = Evaluation(config, SceneMaker(held_out))
    measured = {prefix: evaluation.measure(finder) for prefix, finder in finders.items()}
    for prefix, figures in measured.items():
        for figure in figures:
            print(json.dumps(figure | {"name": prefix + figure["name"]}))
    if config.sheets:
        evaluation.sheets(finders[""], Path(config.sheets))
    if config.write:
        path = Path(config.checkpoint) / checkpoint.FILE
        checkpoint.set_metrics(path, measured[""])
        checkpoint.update_index(path.parent.parent)


def yunet(path: str, smallest: float) -> Finder:
    """YuNet (Wu et al. 2023) on the levels of the same pyramid, joined in the same way.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        detector = cv2.FaceDetectorYN.create(path, "", (320, 320), YUNET_LEAST, 0.3, 500)
    except cv2.error as error:
        raise ValueError(f"{path} is no YuNet: {error}") from error

    def find(picture: np.ndarray) -> list[Face]:
        faces = []
        for level in pyramid(picture, smallest):
            ratio = np.array(picture.shape[1::-1]) / level.shape[1::-1]
            detector.setInputSize(level.shape[1::-1])
            _, rows = detector.detect(np.ascontiguousarray(level[..., ::-1]))
            for row in rows if rows is not None else ():
                points = (row[4:14].reshape(5, 2) + 0.5) * ratio
                if np.linalg.norm(points[1] - points[0]) > 1:
                    faces.append(Face(points.astype(np.float32), float(row[14])))
        return distinct(faces)

    return find


class Evaluation:
    """Everything that is measured.

    Args:
        maker: of held-out faces and pictures.
    """

    def __init__(self, config: Config, maker: SceneMaker) -> None:
        self.config, self.maker = config, maker

    def photograph(self, number: int) -> Scene:
        """A photograph with one to five faces; the same of a number."""
        rng = np.random.default_rng([self.config.seed, number])
        width, height = SHAPES[number % len(SHAPES)]
        scene = Scene(self.maker.background(rng, width, height))
        largest = min(SIDES[-1], LARGEST_FACE * height)
        for _ in range(6):  # pieces of other pictures, as fine as faces are
            self.maker.add_piece(scene, rng, _between(rng, SIDES[0], largest))
        wanted = int(rng.integers(1, 6))
        for _ in range(20):
            side = _between(rng, SIDES[0], largest)
            middle = rng.uniform(0.4 * side, (width - 0.4 * side, height - 0.4 * side))
            if scene.room(middle, side) and len(scene.points) < wanted:
                self.maker.add_face(scene, rng, middle, side, rng.uniform(-45, 45))
        scene.picture = photographed(scene.picture, rng)
        return scene

    def drawing(self, number: int) -> np.ndarray:
        """A held-out line drawing, black on white, (512, 512, 3) uint8."""
        lines = self.maker.sources.drawings[number]
        side = DRAWING_SIDE
        ink = rasterize(lines, side, line_width=6, scale=0.9 * side / 255, offset=(26, 26))
        return np.repeat(255 - ink[..., None], 3, axis=2)

    def empty(self) -> dict[str, list[Callable[[], np.ndarray]]]:
        """What has no faces, by its kind."""
        photos, drawings = self.maker.sources.backgrounds, range(len(self.maker.sources.drawings))
        kinds: dict[str, list[Callable[[], np.ndarray]]] = {
            "pictures": [partial(np.asarray, photo) for photo in _some(photos, self.config)],
            "drawings": [partial(self.drawing, k) for k in _some(drawings, self.config)],
        }
        return {kind: made for kind, made in kinds.items() if made}

    def measure(self, finder: Finder) -> list[dict[str, Any]]:
        """All figures: dicts of name, value, n, split."""
        error, side, angle, alarms = [], [], [], 0
        frames: list[tuple[float, float, float]] = []
        for number in range(self.config.photographs):
            scene = self.photograph(number)
            found = finder(scene.picture)
            result = match(points_of(found), np.array(scene.points).reshape(-1, 5, 2))
            error += result.error.tolist()
            side += scene.sides
            angle += [abs(a) for a in scene.angles]
            alarms += int(result.false.sum())
            for points, k in zip(scene.points, result.by, strict=True):
                frames += [apart(found[k].frame, frame_of(points))] if k >= 0 else []
        count = self.config.photographs
        figures = _by_group(np.array(error), np.array(side), np.array(angle))
        for name, values in zip(FRAMES, zip(*frames, strict=True), strict=False):
            figures.append(_figure(name, np.mean(values), len(values)))
        figures.append(_figure("false alarms a photograph with faces", alarms / count, count))
        for kind, made in self.empty().items():
            wrong = sum(bool(finder(picture())) for picture in made)
            figures.append(_figure(f"{kind} with a false alarm", wrong / len(made), len(made)))
        return figures

    def sheets(self, finder: Finder, folder: Path) -> None:
        """Photographs with what is found (red: wrongly), and what alarms where no face is."""
        folder.mkdir(parents=True, exist_ok=True)
        shown = []
        for number in range(min(32, self.config.photographs)):
            scene = self.photograph(number)
            found = finder(scene.picture)
            false = match(points_of(found), np.array(scene.points).reshape(-1, 5, 2)).false
            shown.append(boxed(scene.picture, found, false))
        _write(folder / "photographs.png", shown)
        for kind, made in self.empty().items():
            found_in = [(picture(), finder(picture())) for picture in made]
            found_in.sort(key=lambda pair: -max((face.score for face in pair[1]), default=0))
            shown = [boxed(p, f, np.ones(len(f), bool)) for p, f in found_in[:32]]
            _write(folder / f"{kind}.png", shown)


def apart(found: Frame, true: Frame) -> tuple[float, float, float]:
    """How far the middle is off, over the side; how far the side, over itself; and degrees."""
    away = np.hypot(*(np.array(found.middle) - true.middle)) / true.side
    turned = (found.angle - true.angle + 180) % 360 - 180
    return float(away), abs(found.side / true.side - 1), abs(turned)


def points_of(faces: Sequence[Face]) -> np.ndarray:
    """(N, 5, 2)"""
    return np.array([face.points for face in faces]).reshape(-1, 5, 2)


def boxed(picture: np.ndarray, faces: Sequence[Face], false: np.ndarray) -> np.ndarray:
    """(320, 320, 3) uint8 with boxes and landmarks: green, false ones red."""
    scale = SHOWN_SIDE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shown = np.full((SHOWN_SIDE, SHOWN_SIDE, 3), 255, np.uint8)
    part = shown[: small.shape[0], : small.shape[1]]
    part[:] = small[:SHOWN_SIDE, :SHOWN_SIDE]
    for face, wrong in zip(faces, false, strict=True):
        colour = RED if wrong else GREEN
        left, top, right, bottom = (round(v * scale) for v in face.box)
        cv2.rectangle(shown, (left, top), (right, bottom), colour, 1)
        for x, y in face.points * scale:
            cv2.circle(shown, (round(float(x)), round(float(y))), 1, colour, -1)
    return shown


def _write(path: Path, shown: list[np.ndarray], across: int = 8) -> None:
    blank = np.full_like(shown[0], 255)
    shown = shown + [blank] * (-len(shown) % across)
    rows = [np.hstack(shown[k : k + across]) for k in range(0, len(shown), across)]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def _by_group(error: np.ndarray, side: np.ndarray, angle: np.ndarray) -> list[dict[str, Any]]:
    groups = {"all": np.ones(len(error), bool)}
    for low, high in zip(SIDES, SIDES[1:], strict=False):
        groups[f"{low} to {high} px"] = (side >= low) & (side < high)
    for low, high in zip(ANGLES, ANGLES[1:], strict=False):
        groups[f"{low} to {high} degrees"] = (angle >= low) & (angle < high)
    figures = []
    for name, own in groups.items():
        found = np.isfinite(error[own])
        if not len(found):
            continue
        figures.append(_figure(f"found, {name}", found.mean(), len(found)))
        if found.any():
            off = error[own][found]
            figures.append(_figure(f"landmark error, {name}", off.mean(), len(off)))
    return figures


def _figure(name: str, value: Any, n: int) -> dict[str, Any]:
    return {"name": name, "value": round(float(value), 4), "n": n, "split": "valid"}


def _some(things: Sequence[Any], config: Config) -> list[Any]:
    """At most ``config.most``, evenly from all."""
    if not len(things):
        return []
    count = min(config.most, len(things))
    return [things[k] for k in np.linspace(0, len(things) - 1, count).round().astype(int)]


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
