"""The finder's network: where its cells are, peaks, fused weights, size."""

from __future__ import annotations

import pytest
import torch

from doodle.models.face_finder import STRIDE, USUAL, FaceFinder, FaceFinderConfig, placed


@pytest.fixture
def network():
    torch.manual_seed(0)
    return FaceFinder(FaceFinderConfig.tiny()).eval()


def test_it_is_small_enough_to_ship():
    network = FaceFinder(FaceFinderConfig())
    assert sum(p.numel() for p in network.state_dict().values()) * 2 < 2_000_000


def test_cells_of_a_quarter(network):
    heat, faces = network(torch.zeros(2, 3, 64, 96))
    assert heat.shape == (2, 16, 24) and faces.shape == (2, 11, 16, 24)
    assert heat.sigmoid().mean() < 0.05  # faces are rare, before training as well
    for side in (60, 65):
        with pytest.raises(ValueError, match="32"):
            network(torch.zeros(1, 3, 64, side))


def test_places_are_pixels():
    said = torch.zeros(1, 11)
    said[0, 0] = torch.log(torch.tensor(2.0))
    said[0, 1:3] = torch.tensor([0.25, -0.5])
    points, sides = placed(said, torch.tensor([3]), torch.tensor([7]))
    assert sides.item() == pytest.approx(2 * USUAL)
    middle = (7.5 * STRIDE, 3.5 * STRIDE)
    assert points[0, 1].tolist() == pytest.approx(middle)
    wanted = (middle[0] + 0.5 * USUAL, middle[1] - USUAL)
    assert points[0, 0].tolist() == pytest.approx(wanted)


def test_peaks_are_found_and_their_neighbours_are_not(network):
    heat, faces = torch.full((2, 8, 8), -9.0), torch.zeros(2, 11, 8, 8)
    heat[0, 2, 3], heat[0, 2, 4], heat[0, 6, 6] = 2.0, 1.0, 3.0
    faces[0, 0, 6, 6] = 0.5
    network.forward = lambda pictures: (heat, faces)
    one, none = network.find(torch.zeros(2, 3, 32, 32), least=0.3)
    assert one.scores.tolist() == pytest.approx(torch.sigmoid(torch.tensor([3.0, 2.0])).tolist())
    assert one.points[:, 0].tolist() == [[26.0, 26.0], [14.0, 10.0]]
    assert one.sides[1] == USUAL and one.sides[0] > USUAL
    assert none.points.shape == (0, 5, 2) and not len(none.scores)
    assert len(network.find(torch.zeros(2, 3, 32, 32), least=0.3, most=1)[0].scores) == 1


def test_fused_it_says_the_same(network):
    pictures = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    network.train()
    for _ in range(3):  # running means that are not 0 and 1
        network(pictures + torch.randn(1, 3, 64, 64))
    with pytest.raises(ValueError, match="eval"):
        network.fuse()
    network.eval()
    before = [part.clone() for part in network(pictures)]
    after = network.fuse()(pictures)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules())
    for one, other in zip(before, after, strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    short = network.fuse(torch.bfloat16)(pictures)
    assert short[0].dtype == torch.float32 and torch.allclose(short[0], before[0], atol=0.1)
