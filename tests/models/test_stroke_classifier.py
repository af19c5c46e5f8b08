"""The stroke classifier: padding, both reading directions, places."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from doodle.models.stroke_classifier import StrokeClassifier, StrokeClassifierConfig, TwoWays


@pytest.fixture
def network() -> StrokeClassifier:
    torch.manual_seed(0)
    return StrokeClassifier(StrokeClassifierConfig.tiny()).eval()


def rows_of(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    rows = torch.randn(len(lengths), max(lengths), 5, generator=torch.Generator().manual_seed(1))
    return rows, torch.tensor(lengths)


def test_two_ways_is_a_packed_bidirectional_layer():
    torch.manual_seed(0)
    layer, packed = TwoWays(3, 4), nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    for name, weight in layer.onward.named_parameters():
        getattr(packed, name).data.copy_(weight)
        getattr(packed, name + "_reverse").data.copy_(getattr(layer.back, name))
    x, lengths = torch.randn(3, 7, 3), torch.tensor([7, 2, 5])
    turned = StrokeClassifier._turned(lengths, 7)
    sequence = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    theirs, _ = nn.utils.rnn.pad_packed_sequence(packed(sequence)[0], batch_first=True)
    mine = layer(x, turned)
    for k, n in enumerate(lengths.tolist()):
        torch.testing.assert_close(mine[k, :n], theirs[k, :n])


def test_padding_changes_nothing(network: StrokeClassifier):
    rows, lengths = rows_of(9, 4)
    order = torch.ones(2)
    together = network(rows, lengths, order)
    alone = network(rows[1:, :4], lengths[1:], order[1:])
    torch.testing.assert_close(together[1:], alone)
    rows[1, 4:] = 1e3
    torch.testing.assert_close(network(rows, lengths, order), together)


def test_where_the_drawing_stands_does_not_matter_but_its_order_does(network: StrokeClassifier):
    rows, lengths = rows_of(6)
    rows[..., :2] *= 40
    places = network._places(rows, torch.ones(1, 6, dtype=torch.bool))
    assert places.amin(dim=1) + places.amax(dim=1) == pytest.approx(torch.zeros(1, 2), abs=1e-5)
    flagged, plain = (network(rows, lengths, torch.full((1,), flag)) for flag in (1.0, 0.0))
    assert not torch.allclose(flagged, plain)


def test_probabilities_follow_the_temperature(network: StrokeClassifier):
    rows, lengths = rows_of(5)
    sharp = network.probabilities(rows, lengths, torch.ones(1))
    network.temperature.fill_(50.0)
    flat = network.probabilities(rows, lengths, torch.ones(1))
    assert sharp.sum() == pytest.approx(1) and flat.max() < sharp.max()
    assert flat.max() - flat.min() < 0.02
