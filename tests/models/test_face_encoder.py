"""The encoder of faces: shapes, groups of layers, codes that the generator's mapping reaches."""

from __future__ import annotations

import pytest
import torch

from doodle.models.face_encoder import FaceEncoder, FaceEncoderConfig, on_sphere, w_plus
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


def test_it_says_where_in_the_noise_a_face_may_lie(encoder):
    pictures = torch.rand(3, 3, 32, 32) * 2 - 1
    mu, logvar, offsets = encoder.distribution(pictures)
    assert mu.shape == logvar.shape == (3, encoder.config.z_size)
    z, same = encoder(pictures)
    assert torch.equal(offsets, same) and torch.equal(z, on_sphere(mu))
    assert mu.std() < 3  # one of a normal distribution, whatever the picture's numbers are
    brighter = encoder.distribution(pictures * 50)[0]
    assert brighter.std() < 3


def test_every_layer_belongs_to_one_map():
    assert FaceEncoder.groups(12) == (4, 4, 4)
    assert FaceEncoder.groups(10) == (3, 3, 4)
    assert FaceEncoderConfig().size == 128
    for wrong in ({"widths": (4, 4)}, {"layers": 3}):
        with pytest.raises(ValueError):
            FaceEncoderConfig(**wrong)
