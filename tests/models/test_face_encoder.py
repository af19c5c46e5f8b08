"""The encoder of faces: shapes, groups of layers, codes that the generator's mapping reaches."""

from __future__ import annotations

import pytest
import torch

from doodle.models.face_encoder import FaceEncoder, FaceEncoderConfig, w_plus
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return FaceEncoder(FaceEncoderConfig.tiny()).eval().requires_grad_(False)


def test_codes_fit_the_generator(encoder):
    torch.manual_seed(1)
    network = Stylegan2(Stylegan2Config.tiny()).requires_grad_(False)
    z, offsets = encoder(torch.rand(3, 3, 32, 32) * 2 - 1)
    assert torch.allclose(z.square().mean(dim=1), torch.ones(3), atol=1e-5)
    codes = w_plus(network, z, offsets)
    assert codes.shape == (3, network.config.layers, 8)
    assert network(w=codes).shape == (3, 3, 16, 16)
    assert torch.equal(w_plus(network, z, offsets * 0)[:, 2], network.mapping(z))


def test_offsets_are_small_at_first(encoder):
    _, offsets = encoder(torch.rand(8, 3, 32, 32) * 2 - 1)
    assert 0 < offsets.std() < 0.2


def test_a_code_does_not_depend_on_its_company(encoder):
    pictures = torch.rand(3, 3, 32, 32) * 2 - 1
    for whole, alone in zip(encoder(pictures), encoder(pictures[1:2]), strict=True):
        assert torch.allclose(whole[1:2], alone, atol=1e-6)


def test_points_in_the_noise_lie_around_its_middle_after_training_on_any_faces():
    torch.manual_seed(0)
    encoder = FaceEncoder(FaceEncoderConfig.tiny()).train()
    faces = torch.rand(16, 3, 32, 32) * 0.1 + 0.5  # nearly all the same
    with torch.no_grad():
        for _ in range(60):
            encoder(faces[torch.randperm(16)[:8]])
        before = encoder.standardised.mean.clone()
        z, _ = encoder.eval()(faces)
    assert torch.equal(before, encoder.standardised.mean)  # followed in training only
    assert z.mean(dim=0).abs().max() < 0.5 and z.std(dim=0).min() > 0.5


def test_every_layer_belongs_to_one_map():
    assert FaceEncoder.groups(12) == (4, 4, 4)
    assert FaceEncoder.groups(10) == (3, 3, 4)
    assert FaceEncoderConfig().size == 128
    for wrong in ({"widths": (4, 4)}, {"layers": 3}):
        with pytest.raises(ValueError):
            FaceEncoderConfig(**wrong)


def test_folded_it_finds_the_same_codes_by_small_numbers():
    torch.manual_seed(0)
    encoder = FaceEncoder(FaceEncoderConfig.tiny()).eval()
    encoder.standardised.variance.copy_(torch.rand(5) * 1e6 + 1e5)
    encoder.standardised.mean.copy_(torch.randn(5) * 300)
    side = encoder.config.size
    pictures = torch.rand(3, 3, side, side) * 2 - 1
    with torch.no_grad():
        before, after = encoder(pictures), encoder.fold()(pictures)
    for one, other in zip(before, after, strict=True):
        assert torch.allclose(one, other, atol=1e-3)
    assert float(encoder.standardised.variance.max()) == pytest.approx(1)
