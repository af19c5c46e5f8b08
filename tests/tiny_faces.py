"""Seeded tiny networks that change faces of 32 px and know the words "glasses" and "cat"."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from doodle.models.face_directions import FaceDirections, FaceDirectionsConfig
from doodle.models.face_encoder import FaceEncoder, FaceEncoderConfig
from doodle.models.face_scorer import FaceScorer, FaceScorerConfig
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config
from doodle.models.words import WordTable, WordTableConfig
from doodle.pipelines.face_edit import FaceEditor
from doodle.pipelines.face_finder import Face
from doodle.pipelines.steps import Call
from doodle.pipelines.text import TextEncoder

GENERATOR = Stylegan2Config(style_size=8, z_size=5, channels=(6, 6, 4, 4), mapping_layers=2)

# a face's five points around its middle
UPRIGHT = np.array([(-12, -8), (12, -8), (0, 6), (-9, 20), (9, 20)], np.float32)


class Finds:
    """Finds the faces that it is told to."""

    def __init__(self, *middles: tuple[float, float]) -> None:
        self.faces = [Face(UPRIGHT + np.float32(middle), 0.9) for middle in middles]

    def any_way_up(self, picture: np.ndarray) -> Iterator[Call]:
        yield Call(lambda: None)
        return self.faces


def tiny_editor() -> FaceEditor:
    """An editor over them."""
    torch.manual_seed(0)
    words = WordTable(WordTableConfig.tiny())
    words.vectors.copy_(torch.nn.functional.normalize(torch.randn(words.vectors.shape), dim=1))
    words.mean.copy_(0.05 * torch.nn.functional.normalize(torch.randn(512), dim=0))
    generator = Stylegan2(GENERATOR).eval().requires_grad_(False)
    encoder = FaceEncoder(FaceEncoderConfig(8, 5, 8, (4, 6, 8), 4)).eval().requires_grad_(False)
    phrases = ("glasses", "cat")
    scorer = FaceScorer(
        FaceScorerConfig((4, 6, 8), hidden=6, embedding=5, phrases=phrases, near=0.9)
    ).eval()
    scorer.mean.copy_(words.mean)
    vectors = torch.stack([words.lookup(phrase).vector for phrase in phrases])
    scorer.learned.copy_(scorer.centred(vectors).detach())
    scorer.requires_grad_(False)
    directions = FaceDirections(
        FaceDirectionsConfig(
            tuple(generator.style_channels),
            attributes=("glasses", "cat"),
            meanings=(("glasses", (("glasses", 1.0),)), ("cat", (("cat", -2.0),))),
            length=3.0,
            embedding=5,
            pictures=40,
        )
    ).eval()
    directions.deviation.fill_(0.5)
    for buffer in (directions.along, directions.response, directions.pictures):
        buffer.copy_(torch.nn.functional.normalize(torch.randn(buffer.shape), dim=1))
    return FaceEditor(generator, encoder, scorer, directions, TextEncoder(words))
