"""The faces' critics and the distance of codes: what is frozen, what is equal, what falls."""

from __future__ import annotations

import pytest
import torch
from generated import write_image_features

from doodle.models.image_features import load
from doodle.training.faces_codes import CodeMemory, energy_distance
from doodle.training.faces_critics import FaceCritics


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    return load(write_image_features(tmp_path_factory.mktemp("features") / "lite0.pth"))


@pytest.fixture
def critics(features):
    torch.manual_seed(0)
    return FaceCritics(features, width=8, pixel_width=4, loss="hinge", sight=32, augment=False)


def test_each_head_scores_about_sixteen_places(critics):
    real, fake = torch.rand(4, 3, 32, 32), torch.rand(4, 3, 32, 32)
    first, _ = critics.views(real, fake)
    places = [score.shape[1] for score in critics.scores(first)]
    assert places == [16, 16, 4, 1, 4]


def test_smaller_pictures_are_seen_enlarged(critics):
    first, _ = critics.views(torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16))
    assert first.pictures.shape[-1] == 16 and first.maps[0].shape[-1] == 8


def test_only_the_way_to_the_fakes_is_open(critics):
    real, fake = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32, requires_grad=True)
    first, second = critics.views(real, fake)
    critics.discriminator_loss(first.fixed(), second.fixed()).backward()
    assert fake.grad is None
    for name, parameter in critics.named_parameters():
        assert (parameter.grad is not None) == (not name.startswith("mixing.")), name
    critics.generator_loss(second).backward()
    assert fake.grad.abs().sum() > 0
    assert not any(m.requires_grad for m in [*first.maps, *first.mixed])


def test_pairs_are_augmented_alike(features):
    torch.manual_seed(0)
    critics = FaceCritics(features, width=8, pixel_width=0, loss="bce", sight=32, augment=True)
    real = torch.rand(3, 3, 32, 32) * 2 - 1
    first, second = critics.views(real, real.clone())
    assert torch.equal(first.pictures, second.pictures)
    assert not torch.equal(first.pictures, real)
    assert len(critics.scores(first)) == 4


def test_the_energy_distance_is_that_of_its_definition():
    torch.manual_seed(0)
    x, other, y = (torch.randn(n, 3).double() for n in (5, 6, 4))

    def mean(pairs):
        found = [float((a - b).norm()) for a, b in pairs]
        return sum(found) / len(found)

    across = mean([(a, b) for a in x for b in y])
    one = mean([(a, b) for a in x for b in other])
    two = mean([(y[i], y[j]) for i in range(4) for j in range(4) if i != j])
    wanted = (2 * across - one - two) / 3**0.5
    assert float(energy_distance(x, other, y)) == pytest.approx(wanted)


def test_the_energy_distance_brings_two_sets_together():
    torch.manual_seed(0)
    x = torch.nn.Parameter(torch.randn(128, 8) * 0.1 + 2)
    optimiser = torch.optim.Adam([x], lr=0.05)
    for step in range(300):
        now = x[step % 8 :: 8]
        loss = energy_distance(now, x.detach(), torch.randn(64, 8))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert x.mean().abs() < 0.2 and 0.7 < x.std() < 1.3


def test_the_memory_keeps_the_newest():
    memory = CodeMemory(4, 2)
    assert len(memory.some(3)) == 0
    memory.add(torch.arange(6.0).view(3, 2))
    assert len(memory.some(8)) == 3
    memory.add(torch.arange(6.0, 10).view(2, 2))
    kept = sorted(memory.some(8)[:, 0].tolist())
    assert kept == [2, 4, 6, 8]
