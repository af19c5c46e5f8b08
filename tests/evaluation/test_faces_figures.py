"""Figures of faces: copies are found, other faces are not taken for copies."""

from __future__ import annotations

import pytest
import torch
from generated import write_faces

from doodle.data.faces import load_faces
from doodle.evaluation.faces import Config, Evaluation
from doodle.models.face_encoder import FaceEncoder, FaceEncoderConfig
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return load_faces(write_faces(tmp_path_factory.mktemp("faces"), count=60, val=20), 32)


@pytest.fixture
def evaluation(faces):
    torch.manual_seed(0)
    network = Stylegan2(Stylegan2Config(8, 5, (6, 6, 4, 4), 2)).eval()
    encoder = FaceEncoder(FaceEncoderConfig(8, 5, 8, (4, 6, 8), 4)).eval()
    return Evaluation(Config(data="x"), faces, network, encoder)


def values(evaluation):
    return {figure["name"]: figure["value"] for figure in evaluation.measure()}


def test_samples_that_are_training_faces_are_copies(evaluation, faces):
    pool = faces.pictures[faces.of("train")]
    evaluation.samples = lambda count, psi: pool[:count] if psi == 1 else faces.valid()
    evaluation.redrawn = lambda: faces.valid()
    found = values(evaluation)
    shares = [value for name, value in found.items() if name.startswith("share nearer")]
    assert shares[0] == 1.0 and shares[1] <= 0.1
    assert found["L1 of faces drawn again"] == 0
    assert found["Fréchet distance, held-out faces drawn again"] == pytest.approx(0, abs=0.1)
    assert found["distance to the nearest training face, samples, psi 1"] == 0


def test_an_untrained_network_is_far_from_faces(evaluation):
    found = values(evaluation)
    assert found["kernel distance, samples, psi 1"] > found["kernel distance, training faces"]
    assert found["L1 of faces drawn again"] > 0.05
    assert found["distance to the nearest training face, samples, psi 1"] > 0
    with pytest.raises(ValueError):
        Config(data="x", samples=1)
