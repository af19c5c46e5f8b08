"""The DCGAN's shapes, its losses against closed forms, its averages' standing statistics."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from doodle.models.dcgan import (
    Dcgan,
    DcganConfig,
    Discriminator,
)


@pytest.mark.parametrize(("size", "maps"), [(28, [7, 14, 28]), (64, [4, 8, 16, 32, 64])])
def test_maps_double_up_to_the_picture_and_back(size, maps):
    config = DcganConfig(z_size=5, width=4, size=size)
    network, discriminator = Dcgan(config), Discriminator(config)
    sides = []
    for layer in network.body:
        if isinstance(layer, nn.ConvTranspose2d):
            layer.register_forward_hook(lambda *a: sides.append(a[2].shape[-1]))
    pictures = network(torch.randn(3, 5))
    assert sides == maps and pictures.shape == (3, 1, size, size)
    assert pictures.abs().max() <= 1
    assert discriminator(pictures).shape == (3,)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in discriminator.modules()) == len(maps) - 2


def test_the_papers_channels():
    assert DcganConfig(width=128, size=64).channels == [1024, 512, 256, 128]
    with pytest.raises(ValueError, match="28 or 64"):
        DcganConfig(size=32)


def test_a_picture_does_not_depend_on_its_batch():
    torch.manual_seed(0)
    network = Dcgan(DcganConfig.tiny()).eval()
    z = torch.randn(8, 6)
    torch.testing.assert_close(network(z)[5:6], network(z[5:6]), atol=1e-6, rtol=0)


def test_layer_norm_scores_each_picture_alone():
    discriminator = Discriminator(DcganConfig.tiny(), norm="layer").train()
    pictures = torch.rand(6, 1, 28, 28) * 2 - 1
    together, alone = discriminator(pictures), discriminator(pictures[2:3])
    torch.testing.assert_close(together[2:3], alone, atol=1e-6, rtol=0)


def test_settling_gives_what_training_mode_gives():
    torch.manual_seed(0)
    network = Dcgan(DcganConfig.tiny())
    z = torch.randn(128, 6)
    with torch.no_grad():
        for layer in network.body:
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_var.fill_(9.0)
        expected = network.train()(z)
        network.set_standing_statistics(z)
        assert not network.training
        # running variances are unbiased, those of a batch are not: hence the tolerance
        torch.testing.assert_close(network(z), expected, atol=2e-3, rtol=0)
    assert all(m.momentum == 0.1 for m in network.body if isinstance(m, nn.BatchNorm2d))
