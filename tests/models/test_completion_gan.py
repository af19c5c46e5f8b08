"""The generator of endings: what it begins as, that it sees the drawing, where wholes may lie."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import torch
import torch.nn.functional as F

from doodle.models.completion_gan import CompletionGan, CompletionGanConfig, united
from doodle.models.dccgan import Dccgan, DccganConfig
from doodle.strokes.wholes import CELLS, SHARES


def vectors(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, 512, generator=generator), dim=1)


@pytest.fixture
def network() -> CompletionGan:
    torch.manual_seed(0)
    network = CompletionGan(CompletionGanConfig.tiny()).eval()
    network.set_words(vectors(3))
    return network


def test_every_size_needs_a_width_to_read_with():
    with pytest.raises(ValueError, match="begun_widths"):
        CompletionGanConfig(widths=(8, 8, 8, 8))


@torch.no_grad()
def test_at_first_it_draws_what_the_doodle_generator_draws(network: CompletionGan):
    own = asdict(DccganConfig.tiny())
    doodles = Dccgan(DccganConfig(**own)).eval()
    given = {k: v for k, v in network.state_dict().items() if k in doodles.state_dict()}
    doodles.load_state_dict(given)
    z, text = torch.randn(4, 4), vectors(4, 1)
    begun = (torch.rand(4, 1, 28, 28) > 0.8).float()
    expected = (doodles(z, text) + 1) / 2
    torch.testing.assert_close(network(z, text, begun), expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_one_of_a_batch_is_itself_alone_and_depends_on_all_that_is_given(network: CompletionGan):
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    z, text, begun = torch.randn(3, 4), vectors(3, 1), (torch.rand(3, 1, 28, 28) > 0.8).float()
    added = network(z, text, begun)
    assert added.shape == (3, 1, 28, 28) and added.min() >= 0 and added.max() <= 1
    torch.testing.assert_close(network(z[1:2], text[1:2], begun[1:2]), added[1:2])
    for others in ((z[:1], text[1:2], begun[1:2]), (z[1:2], text[:1], begun[1:2])):
        assert not torch.allclose(network(*others), added[1:2])
    assert not torch.allclose(network(z[1:2], text[1:2], begun[:1]), added[1:2])


@torch.no_grad()
def test_without_heads_it_draws_the_same(network: CompletionGan):
    smaller = network.without_heads()
    assert not any("head" in name for name in smaller.state_dict())
    z, text, begun = torch.randn(2, 4), vectors(2, 1), (torch.rand(2, 1, 28, 28) > 0.8).float()
    assert torch.equal(smaller(z, text, begun), network(z, text, begun))


def test_places_are_of_sizes_and_cells(network: CompletionGan):
    logits = network.places(torch.rand(2, 1, 28, 28), network.centred(vectors(2)))
    assert logits.shape == (2, len(SHARES) * CELLS**2)


def test_ink_on_ink_is_ink():
    ink = torch.tensor([0.0, 0.5, 1.0])
    torch.testing.assert_close(united(ink, torch.zeros(3)), ink)
    torch.testing.assert_close(united(ink, torch.ones(3)), torch.ones(3))
    assert float(united(torch.tensor(0.5), torch.tensor(0.5))) == 0.75
