"""Adversarial losses against their formulas, and augmentation that moves picture and map alike."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
import torch.nn.functional as F

from doodle.training import chimera, dccgan, dcgan
from doodle.training.gan_losses import (
    LOSSES,
    diff_augment,
    feature_matching,
    gradient_penalty,
    mode_seeking,
)
from doodle.training.settings import settings

REAL, FAKE = torch.tensor([[0.5, -1.0]]), torch.tensor([[2.0, 0.0]])


def test_both_sides_losses_are_the_papers():
    p, q = torch.sigmoid(REAL), torch.sigmoid(FAKE)
    wanted = {
        "bce": (-(p.log().mean() + (1 - q).log().mean()), -q.log().mean()),
        "lsgan": (torch.tensor(((0.25 + 4) / 2 + (4 + 0) / 2) / 2), torch.tensor((1 + 1) / 2)),
        "hinge": (torch.tensor((0.5 + 2) / 2 + (3 + 1) / 2), torch.tensor(-1.0)),
        "wgan": (torch.tensor(1.0 + 0.25), torch.tensor(-1.0)),
        "wgan-gp": (torch.tensor(1.0 + 0.25), torch.tensor(-1.0)),
    }
    assert set(wanted) == set(LOSSES)
    for name, (discriminator, generator) in wanted.items():
        torch.testing.assert_close(LOSSES[name].discriminator(REAL, FAKE), discriminator)
        torch.testing.assert_close(LOSSES[name].generator(FAKE), generator)
        assert LOSSES[name].penalised == (name == "wgan-gp")


def test_every_recipe_takes_its_losses_from_the_table():
    for recipe in (chimera, dccgan, dcgan):
        (loss,) = (s for s in settings(recipe.Config) if s.name == "loss")
        assert set(get_args(loss.type)) <= set(LOSSES) and loss.default in LOSSES


@pytest.mark.parametrize(("slope", "wanted"), [(1.0, 0.0), (3.0, 4.0), (0.5, 0.25)])
def test_the_penalty_wants_a_gradient_of_length_one(slope, wanted):
    direction = F.normalize(torch.ones(12), dim=0)
    weight = torch.tensor(slope, requires_grad=True)

    def score(x):
        return weight * (x.flatten(1) @ direction)

    real, fake = torch.zeros(2, 3, 2, 2), torch.ones(2, 3, 2, 2)
    penalty = gradient_penalty(score, real, fake, torch.full((2, 1, 1, 1), 0.3))
    assert penalty.item() == pytest.approx(wanted, abs=1e-5)
    penalty.backward()  # the penalty itself is learned from
    assert weight.grad.item() == pytest.approx(2 * (slope - 1), abs=1e-4)


def test_mode_seeking_falls_when_pictures_differ_more():
    z, other_z = torch.zeros(2, 4), torch.ones(2, 4)
    picture = torch.zeros(2, 3, 4, 4)
    near = mode_seeking(picture, picture + 0.1, z, other_z)
    far = mode_seeking(picture, picture + 0.5, z, other_z)
    assert near.item() == pytest.approx(10, rel=1e-3) and far.item() == pytest.approx(2, rel=1e-3)
    assert torch.isfinite(mode_seeking(picture, picture, z, other_z))


def test_feature_matching_pulls_the_fake_only():
    real = [torch.zeros(1, 2, requires_grad=True), torch.ones(1, 3, requires_grad=True)]
    fake = [torch.full((1, 2), 0.5, requires_grad=True), torch.zeros(1, 3, requires_grad=True)]
    loss = feature_matching(real, fake)
    assert loss.item() == pytest.approx(0.75)
    loss.backward()
    assert real[0].grad is None and fake[0].grad is not None


def test_augmentation_moves_maps_with_the_picture_and_both_copies_alike():
    torch.manual_seed(0)
    block = torch.zeros(4, 1, 32, 32)
    block[:, :, 8:20, 10:24] = 1
    x = torch.cat([block, (block * 2 - 1).repeat(1, 3, 1, 1), block * 5], 1)  # edges, RGB, classes
    moved = diff_augment(torch.cat([x, x]), slice(1, 4), copies=2)
    torch.testing.assert_close(moved[:4], moved[4:])
    edges, classes = moved[:, 0], moved[:, 4]
    assert torch.equal(edges * 5, classes) and set(edges.unique().tolist()) <= {0.0, 1.0}
    assert not torch.equal(edges[0], edges[1]) and not torch.equal(edges[0], block[0, 0])
    for k in range(4):  # inside the block one colour, whatever it has become
        inside = moved[k, 1:4, edges[k] > 0]
        assert inside.numel() == 0 or inside.std(dim=1).max() < 1e-4
    assert not torch.equal(moved[0, 1:4], moved[1, 1:4])
