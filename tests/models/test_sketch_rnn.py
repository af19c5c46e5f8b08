"""SketchRNN against independent arithmetic: likelihood, poses, stepping, schedules, sampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from doodle.device import generators
from doodle.models.sketch_rnn import (
    Mixture,
    SketchRNN,
    SketchRNNConfig,
    kl_divergence,
    kl_weight,
    mixture_log_density,
    reconstruction_loss,
)
from doodle.models.sketch_sampling import draw_row, prime, row_noise, sample, with_temperature


@pytest.fixture
def network():
    torch.manual_seed(1)
    return SketchRNN(SketchRNNConfig.tiny()).eval()


@pytest.fixture
def rows():
    """(3, 9, 5) stroke-5 rows with pen lifts, in network units."""
    torch.manual_seed(2)
    rows = torch.zeros(3, 9, 5)
    rows[..., :2] = torch.randn(3, 9, 2)
    rows[:, 0, :2] = 0
    rows[..., 2] = 1
    for drawing, lift in ((0, 3), (0, 6), (1, 0), (2, 8)):
        rows[drawing, lift, 2:4] = torch.tensor([0.0, 1.0])
    return rows


def mixture(shape, components=4):
    torch.manual_seed(3)
    parts = [torch.randn(*shape, components) for _ in range(5)]
    return Mixture(*parts, torch.tanh(torch.randn(*shape, components)), torch.randn(*shape, 3))


def test_the_density_is_that_of_torch_distributions_in_float64():
    mix = Mixture(*(part.double() for part in mixture((7,))))
    sx, sy = mix.log_sigma_x.exp(), mix.log_sigma_y.exp()
    cov = mix.rho * sx * sy
    matrix = torch.stack([torch.stack([sx**2, cov], -1), torch.stack([cov, sy**2], -1)], -2)
    centre = torch.stack([mix.mu_x, mix.mu_y], -1)
    reference = MixtureSameFamily(
        Categorical(logits=mix.pi_logits), MultivariateNormal(centre, matrix)
    )
    point = torch.randn(7, 2, dtype=torch.float64)
    ours = mixture_log_density(mix, point[:, 0], point[:, 1])
    torch.testing.assert_close(ours, reference.log_prob(point), rtol=1e-9, atol=1e-9)


def test_far_away_points_have_a_finite_density():
    """Magenta's floor of 1e-6 inside the logarithm would hide how wrong such a point is."""
    far = mixture_log_density(mixture((1,)), torch.tensor([500.0]), torch.tensor([-500.0]))
    assert torch.isfinite(far).all() and far < -1000


def test_the_loss_counts_each_real_row_once(rows):
    lengths = torch.tensor([9, 5, 7])
    target = torch.cat([rows, torch.tensor([0.0, 0, 0, 0, 1]).expand(3, 1, 5)], dim=1)
    for k, length in enumerate(lengths):
        target[k, length:] = torch.tensor([0.0, 0, 0, 0, 1])
    mix = mixture((3, 10))
    offset, pen = reconstruction_loss(mix, target, lengths)
    by_hand_offset, by_hand_pen = [], []
    for k, length in enumerate(lengths.tolist()):
        for t in range(length + 1):
            one = Mixture(*(part[k, t] for part in mix))
            state = int(target[k, t, 2:].argmax())
            by_hand_pen.append(-float(torch.log_softmax(one.pen_logits, -1)[state]))
            if 0 < t < length:
                density = mixture_log_density(one, target[k, t, 0], target[k, t, 1])
                by_hand_offset.append(-float(density))
    assert float(offset) == pytest.approx(np.mean(by_hand_offset), rel=1e-5)
    assert float(pen) == pytest.approx(np.mean(by_hand_pen), rel=1e-5)


def test_kl_is_zero_only_for_the_prior():
    assert float(kl_divergence(torch.zeros(2, 4), torch.zeros(2, 4))) == 0
    # KL(N(1, 1) || N(0, 1)) = 1/2
    assert float(kl_divergence(torch.ones(2, 4), torch.zeros(2, 4))) == pytest.approx(0.5)


def test_the_kl_weight_anneals():
    """The earlier work's stayed where it began: its exponent was missing."""
    weights = [kl_weight(step) for step in (0, 1000, 5000, 40_000)]
    assert weights[0] == pytest.approx(0.01)
    assert weights == sorted(weights) and weights[1] > 0.3 and weights[3] > 0.999


def test_poses_are_what_a_loop_over_the_points_finds(network, rows):
    unit = network.config.scale_factor / network.config.position_scale
    poses = network.poses(rows)
    for drawing, row_poses in zip(rows, poses, strict=True):
        xy, start, begins = torch.zeros(2), torch.zeros(2), True
        low, high = torch.zeros(2), torch.zeros(2)
        for row, pose in zip(drawing, row_poses, strict=True):
            xy = xy + row[:2] * unit
            start = xy if begins else start
            low, high = torch.minimum(low, xy), torch.maximum(high, xy)
            torch.testing.assert_close(pose, torch.cat([xy, low, high, start - xy]))
            begins = bool(row[3] > 0.5)


def test_stepping_equals_teacher_forcing(network, rows):
    text = torch.nn.functional.normalize(torch.randn(3, 512), dim=1)
    z, ones, order = torch.randn(3, 6), torch.ones(3), torch.tensor([0.0, 1.0, 1.0])
    start = torch.tensor([0.0, 0, 1, 0, 0]).expand(3, 1, 5)
    with torch.no_grad():
        forced = network(torch.cat([start, rows], dim=1), text, z, ones, order)
        static = network.static(text, z, ones, order)
        for k in range(3):
            primed = prime(network, static[k : k + 1], rows[k])
            stepped, _ = network.step(
                primed.row, primed.state, network.static_gates(static[k : k + 1])
            )
            for one, all_at_once in zip(stepped, forced, strict=True):
                torch.testing.assert_close(one[0], all_at_once[k, -1], rtol=1e-4, atol=1e-5)


def test_the_encoder_does_not_see_the_padding(network, rows):
    lengths = torch.tensor([4, 9, 6])
    padded = rows.clone()
    for k, length in enumerate(lengths):
        padded[k, length:] = 1e3
    with torch.no_grad():
        whole, _ = network.encode(padded, lengths)
        for k, length in enumerate(lengths):
            alone, _ = network.encode(rows[k : k + 1, :length], lengths[k : k + 1])
            torch.testing.assert_close(alone[0], whole[k], rtol=1e-4, atol=1e-5)


def test_z_and_word_and_order_reach_the_output(network, rows):
    text = torch.nn.functional.normalize(torch.randn(3, 512), dim=1)
    z, ones = torch.randn(3, 6), torch.ones(3)
    with torch.no_grad():
        base = network(rows, text, z, ones, ones).mu_x
        assert not torch.allclose(base, network(rows, -text, z, ones, ones).mu_x)
        assert not torch.allclose(base, network(rows, text, -z, ones, ones).mu_x)
        assert not torch.allclose(base, network(rows, text, z, ones, ones * 0).mu_x)
        without = network(rows, text, z, ones * 0, ones).mu_x
        torch.testing.assert_close(without, network(rows, text, None, ones * 0, ones).mu_x)


def test_temperature_follows_the_paper():
    mix = mixture((5,))
    cool = with_temperature(mix, 0.25)
    torch.testing.assert_close(cool.pi_logits, mix.pi_logits * 4)
    torch.testing.assert_close(cool.pen_logits, mix.pen_logits * 4)
    torch.testing.assert_close(cool.log_sigma_x.exp(), mix.log_sigma_x.exp() * 0.5)
    torch.testing.assert_close(cool.mu_x, mix.mu_x)
    for bad in (0.0, -1.0, 2.5, math.nan):
        with pytest.raises(ValueError, match="temperature"):
            with_temperature(mix, bad)


def test_drawn_rows_have_the_moments_of_the_mixture():
    mix = mixture((1,), components=1)
    many = Mixture(*(part.expand(200_000, -1) for part in mix))
    noise = row_noise(torch.Generator().manual_seed(0), 200_000)
    rows = draw_row(many, noise)
    sx, sy = float(mix.log_sigma_x.exp()), float(mix.log_sigma_y.exp())
    assert float(rows[:, 0].mean()) == pytest.approx(float(mix.mu_x), abs=4 * sx / 400)
    assert float(rows[:, 1].std()) == pytest.approx(sy, rel=0.02)
    found = np.corrcoef(rows[:, 0].numpy(), rows[:, 1].numpy())[0, 1]
    assert found == pytest.approx(float(mix.rho), abs=0.01)
    share = rows[:, 2:].mean(dim=0)
    torch.testing.assert_close(share, torch.softmax(mix.pen_logits[0], 0), atol=0.01, rtol=0)


def test_a_uniform_of_one_picks_the_last_component():
    rows = draw_row(mixture((2,)), torch.tensor([[1.0, 0, 0, 1.0]] * 2))
    assert torch.isfinite(rows).all() and (rows[:, 4] == 1).all()


def test_a_candidate_does_not_depend_on_how_many_there_are(network):
    text = torch.nn.functional.normalize(torch.randn(1, 512), dim=1)

    def drawn(count):
        zeros = torch.zeros(count)
        static = network.static(text.expand(count, -1), None, zeros, zeros)
        noise = torch.stack([row_noise(g, 12) for g in generators(5, count)])
        return torch.stack([rows for rows, _ in sample(network, static, noise, 0.5)], dim=1)

    few, many = drawn(2), drawn(6)
    shared = min(few.shape[1], many.shape[1])
    torch.testing.assert_close(few[:, :shared], many[:2, :shared])
    assert not torch.allclose(many[0, :shared], many[1, :shared])


def test_a_drawing_starts_at_its_origin_and_never_ends_at_once(network):
    with torch.no_grad():
        network.head.bias[-1] = 50  # a network that wants to stop
    static = network.static(torch.randn(4, 512), None, torch.zeros(4), torch.zeros(4))
    noise = torch.stack([row_noise(g, 8) for g in generators(0, 4)])
    steps = list(sample(network, static, noise, 1.0))
    first, ended = steps[0]
    assert not ended.any() and (first[:, :2] == 0).all()
    assert steps[-1][1].all() and len(steps) == 2


def test_recurrent_dropout_acts_in_training_only(rows):
    torch.manual_seed(0)
    config = SketchRNNConfig(**{**vars(SketchRNNConfig.tiny()), "recurrent_dropout": 0.5})
    network = SketchRNN(config)
    text, zeros = torch.randn(3, 512), torch.zeros(3)

    def out():
        return network(rows, text, None, zeros, zeros).mu_x

    assert not torch.equal(out(), out())
    network.eval()
    assert torch.equal(out(), out())
