"""The doodle generator: batches, text, grounding, what the discriminator looks at."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from doodle.models.dccgan import FIRST_SIDE, Dccgan, DccganConfig, ModulatedConv


def vectors(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, 512, generator=generator), dim=1)


@pytest.fixture
def network() -> Dccgan:
    torch.manual_seed(0)
    network = Dccgan(DccganConfig.tiny()).eval()
    network.set_words(vectors(3))
    return network


def test_sizes_follow_the_widths():
    assert DccganConfig().size == 28 and DccganConfig(widths=(8, 8, 8, 8)).size == 56
    with pytest.raises(ValueError, match="widths"):
        DccganConfig(widths=(8,))
    with pytest.raises(ValueError, match="grounding"):
        DccganConfig(grounding=1.5)


@torch.no_grad()
def test_one_of_a_batch_is_itself_alone_and_stays_within_tanh(network: Dccgan):
    z, text = torch.randn(5, 4), vectors(5, 1)
    pictures = network(z, text)
    assert pictures.shape == (5, 1, 28, 28) and pictures.abs().max() <= 1
    torch.testing.assert_close(network(z[3:4], text[3:4]), pictures[3:4])
    assert not torch.allclose(network(z[:1], text[1:2]), pictures[:1])  # the text counts
    assert not torch.allclose(network(z[1:2], text[:1]), pictures[:1])  # and the noise


def test_a_modulated_convolution_scales_its_weights(network: Dccgan):
    torch.manual_seed(1)
    layer = ModulatedConv(3, 4, 5)
    x, style = torch.randn(2, 3, 6, 6), torch.randn(2, 5)
    for k in range(2):  # equations 1 and 3 of the paper, written out
        weight = layer.weight * layer.scale(style[k])[None, :, None, None]
        weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).add(1e-8).sqrt()
        y = F.leaky_relu(F.conv2d(x[k : k + 1], weight, padding=1), 0.2) * 2**0.5
        torch.testing.assert_close(layer(x, style)[k : k + 1], y, rtol=1e-4, atol=1e-5)


def test_known_words_stay_and_others_are_drawn_to_their_neighbours(network: Dccgan):
    words = vectors(3)
    plain = F.normalize(words - network.text_mean, dim=1) * 512**0.5
    torch.testing.assert_close(network.centred(words), plain, rtol=1e-3, atol=1e-3)
    other = F.normalize(words[1:2] + 0.9 * vectors(1, 7), dim=1)
    away = F.normalize(other - network.text_mean, dim=1) * 512**0.5
    grounded = network.centred(other)
    assert F.cosine_similarity(grounded, plain[1:2]) > F.cosine_similarity(away, plain[1:2]) + 0.1
    assert grounded.square().mean() == pytest.approx(1, abs=1e-4)
    free = Dccgan(replace(DccganConfig.tiny(), known=0))
    away = F.normalize(other, dim=1) * 512**0.5  # its mean is still zero
    torch.testing.assert_close(free.centred(other), away)


def test_the_discriminator_reads_the_picture_its_features_and_the_text(network: Dccgan):
    ink, text = torch.rand(2, 1, 28, 28), vectors(2, 3)
    levels = [torch.randn(2, 4, 8, 8), torch.randn(2, 8, 4, 4)]
    chance = network.drawn_like(ink, levels, text)
    assert chance.shape == (2,) and ((chance > 0) & (chance < 1)).all()
    moved = [levels[0], levels[1] + 1]
    for other in (
        network.drawn_like(1 - ink, levels, text),
        network.drawn_like(ink, moved, text),
        network.drawn_like(ink, levels, text.flip(0)),
    ):
        assert not torch.allclose(other, chance)
    logits = network.discriminate(ink, levels, [network.centred(text)])[0]
    torch.testing.assert_close(chance, torch.sigmoid(2 * logits.mean(dim=1)))


def test_a_blend_is_either_text_where_it_holds_alone(network: Dccgan):
    z = torch.randn(3, network.config.z_size, generator=torch.Generator().manual_seed(4))
    one, other = vectors(1, seed=5).expand(3, -1), vectors(1, seed=6).expand(3, -1)
    places = torch.zeros(3, FIRST_SIDE, FIRST_SIDE)
    with torch.no_grad():
        torch.testing.assert_close(network.blend(z, one, other, places), network(z, one))
        torch.testing.assert_close(network.blend(z, one, other, places + 1), network(z, other))
        places[:, :, 4:] = 1
        mixed = network.blend(z, one, other, places)
        left = (mixed - network(z, one)).abs()[..., :3].mean()
        right = (mixed - network(z, one)).abs()[..., -3:].mean()
    assert left < right / 4
