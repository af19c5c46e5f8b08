"""What lies between two texts: where each of them holds, and how well both are seen."""

from __future__ import annotations

import pytest
import torch

from doodle.models.dccgan import FIRST_SIDE
from doodle.pipelines.targets import Target, balance, blends

ONE, OTHER = (Target(name, v) for name, v in zip("ab", torch.eye(512)[:2], strict=True))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_each_way_gives_the_other_text_about_its_share_of_the_places(share: float):
    ways = blends(ONE, OTHER, share)
    for way in ways:
        assert way.places.shape == (FIRST_SIDE, FIRST_SIDE)
        assert float(way.places.mean()) == pytest.approx(share, abs=0.06)
        assert float(way.vector.norm()) == pytest.approx(1, abs=1e-5)
    left, right, up, down = (way.places for way in ways[1:])
    assert left[0, 0] < left[0, -1] and right[0, 0] > right[0, -1]
    assert up[0, 0] < up[-1, 0] and down[0, 0] > down[-1, 0]
    assert ways[0].places.unique().numel() == 1


def test_the_balance_is_full_where_both_are_seen_as_asked_for():
    chances = torch.tensor([[0.5, 0.5], [0.9, 0.1], [0.0, 1.0], [0.3, 0.2]])
    assert balance(chances, 0.5).tolist() == pytest.approx([1, 0.2, 0, 0.4])
    assert balance(torch.tensor([[0.75, 0.25], [0.9, 0.9]]), 0.25).tolist() == [1, 1]
