"""StyleGAN2: parity with its definitions as loops in float64, and the ways into the generator."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from doodle.models.stylegan2 import Stylegan2, Stylegan2Config, grow, quiet
from doodle.models.stylegan2_layers import (
    EqualLinear,
    ModulatedConv,
    StyledConv,
    lowpass,
    upfirdn,
)


def upfirdn_by_loops(x, kernel, up, down, pad):
    """One channel (H, W), each step of the definition by itself."""
    height, width = x.shape
    spread = np.zeros((height * up, width * up))
    for i in range(height):
        for j in range(width):
            spread[i * up, j * up] = x[i, j]
    padded = np.zeros((spread.shape[0] + sum(pad), spread.shape[1] + sum(pad)))
    padded[pad[0] : pad[0] + spread.shape[0], pad[0] : pad[0] + spread.shape[1]] = spread
    kh, kw = kernel.shape
    full = np.zeros((padded.shape[0] - kh + 1, padded.shape[1] - kw + 1))
    for i in range(full.shape[0]):
        for j in range(full.shape[1]):
            for a in range(kh):
                for b in range(kw):  # a convolution: the kernel is turned round
                    full[i, j] += padded[i + a, j + b] * kernel[kh - 1 - a, kw - 1 - b]
    return full[::down, ::down]


@pytest.mark.parametrize(
    ("up", "down", "pad"), [(1, 1, (1, 1)), (2, 1, (2, 1)), (1, 2, (1, 1)), (3, 2, (0, 4))]
)
def test_upfirdn_is_what_it_is_defined_as(up, down, pad):
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((2, 3, 5, 6)), rng.standard_normal((4, 3))
    found = upfirdn(torch.from_numpy(x), torch.from_numpy(kernel), up, down, pad).numpy()
    for b in range(2):
        for c in range(3):
            wanted = upfirdn_by_loops(x[b, c], kernel, up, down, pad)
            assert np.allclose(found[b, c], wanted, atol=1e-12)


def modulated_by_loops(x, weight, s, demodulate):
    """Equations 1 and 3 of one picture (C, H, W): (O, H, W), zeros around it."""
    after, before, side, _ = weight.shape
    scaled = np.zeros_like(weight)
    for o in range(after):
        for i in range(before):
            scaled[o, i] = s[i] * weight[o, i]  # equation 1
        if demodulate:
            scaled[o] /= math.sqrt((scaled[o] ** 2).sum() + 1e-8)  # equation 3
    pad = side // 2
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((after, *x.shape[1:]))
    for o in range(after):
        for r in range(x.shape[1]):
            for c in range(x.shape[2]):
                out[o, r, c] = (padded[:, r : r + side, c : c + side] * scaled[o]).sum()
    return out


def applied(conv, x, s):
    y, factor = conv(x, s)
    return y if factor is None else y * factor[:, :, None, None]


@pytest.mark.parametrize(("side", "demodulate"), [(3, True), (3, False), (1, False)])
def test_modulated_convolution_is_what_it_is_defined_as(side, demodulate):
    torch.manual_seed(0)
    conv = ModulatedConv(4, 5, side, 6, demodulate=demodulate).double()
    x, w = torch.randn(2, 4, 5, 6).double(), torch.randn(2, 6).double()
    s = conv.modulation(w)
    found = applied(conv, x, s).detach().numpy()
    weight = conv.weight[0].detach().numpy() / math.sqrt(4 * side**2)
    linear = w @ conv.modulation.weight.t() / math.sqrt(6) + 1
    for b in range(2):
        assert torch.allclose(s[b], linear[b])
        wanted = modulated_by_loops(x[b].numpy(), weight, s[b].detach().numpy(), demodulate)
        assert np.allclose(found[b], wanted, atol=1e-6)  # the factors are float32


def test_enlarging_convolution_is_zeros_between_convolution_and_blur():
    torch.manual_seed(0)
    conv = ModulatedConv(3, 2, 3, 6, up=True).double()
    x, s = torch.randn(1, 3, 4, 4).double(), torch.rand(1, 3).double() + 0.5
    found = applied(conv, x, s).detach().numpy()[0]
    weight = conv.weight[0].detach().numpy() / math.sqrt(27)
    scaled = weight * s.numpy()[0][None, :, None, None]
    scaled /= np.sqrt((scaled**2).sum(axis=(1, 2, 3), keepdims=True) + 1e-8)
    blur = lowpass(4.0).double().numpy()
    for o in range(2):
        # a transposed convolution is zeros between and a convolution over all overlaps
        wide = sum(upfirdn_by_loops(x[0, i].numpy(), scaled[o, i], 2, 1, (2, 1)) for i in range(3))
        assert wide.shape == (9, 9)
        assert np.allclose(found[o], upfirdn_by_loops(wide, blur, 1, 1, (1, 1)), atol=1e-6)


def test_a_styled_layer_adds_noise_and_bias_before_the_activation():
    torch.manual_seed(0)
    layer = StyledConv(3, 4, 6)
    layer.noise.weight.data.fill_(0.3)
    layer.activate.bias.data.normal_()
    x, s, noise = torch.randn(2, 3, 5, 5), torch.randn(2, 3), torch.randn(2, 1, 5, 5)
    wanted = applied(layer.conv, x, s) + 0.3 * noise + layer.activate.bias[None, :, None, None]
    wanted = torch.where(wanted > 0, wanted, 0.2 * wanted) * math.sqrt(2)
    assert torch.allclose(layer(x, s, noise), wanted, atol=1e-5)
    with torch.no_grad():  # in place there
        assert torch.allclose(layer(x, s, noise), wanted, atol=1e-5)


def test_slow_layers_begin_as_quick_ones():
    torch.manual_seed(0)
    slow = EqualLinear(64, 64, bias=1.0, rate=0.01)
    x = torch.randn(256, 64)
    assert 0.8 < slow(x).std() < 1.2 and abs(slow(x).mean() - 1) < 0.1
    assert slow.weight.std() > 50


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = Stylegan2(Stylegan2Config.tiny()).eval().requires_grad_(False)
    network.w_avg.normal_()
    for name, parameter in network.named_parameters():
        if "noise" in name:
            parameter.fill_(0.1)
    return network


def test_z_w_w_plus_and_s_lead_to_one_picture(network):
    z = torch.randn(3, 5)
    w = network.mapping(z)
    many = w.unsqueeze(1).repeat(1, network.config.layers, 1)
    s = network.styles(w)
    assert s.shape == (3, sum(network.style_channels)) and network.config.layers == 6
    picture = network(z)
    assert picture.shape == (3, 3, 16, 16) and picture.abs().max() <= 1
    for other in (network(w=w), network(w=many), network(s=s)):
        assert torch.equal(picture, other)
    with pytest.raises(ValueError, match="one of"):
        network(z, w=w)


def test_each_code_of_w_plus_moves_its_own_layers(network):
    many = torch.randn(1, network.config.layers, 8)
    s = network.styles(many)
    parts = list(s.split(network.style_channels, dim=1))
    for k in range(network.config.layers):
        other = many.clone()
        other[:, k] += 1
        changed = network.styles(other).split(network.style_channels, dim=1)
        moved = [i for i, (a, b) in enumerate(zip(parts, changed, strict=True)) if (a != b).any()]
        assert moved == [i for i, (code, _) in enumerate(network.modulations) if code == k]
    assert [code for code, _ in network.modulations] == [0, 1, 1, 2, 3, 3, 4, 5]


def test_truncation_draws_towards_the_average(network):
    z = torch.randn(2, 5)
    average = network(w=network.w_avg[None])
    assert torch.allclose(network(z, truncation_psi=0.0), average.expand(2, -1, -1, -1), atol=1e-6)
    assert torch.equal(network(z, truncation_psi=1.0), network(z))


def test_a_picture_does_not_depend_on_its_company_and_noise_is_an_argument(network):
    z = torch.randn(4, 5)
    assert torch.allclose(network(z)[2:3], network(z[2:3]), atol=1e-6)
    one, other = (network.random_noise(4, torch.Generator().manual_seed(k)) for k in (0, 1))
    assert [n.shape[-1] for n in one] == [4, 8, 8, 16, 16]
    assert not torch.equal(network(z, noise=one), network(z, noise=other))


def test_a_smaller_picture_is_what_the_first_sizes_add(network):
    s = network.styles(torch.randn(2, 8))
    quiet(network, 8)
    small, whole = network.synthesize(s, side=8), network.synthesize(s)
    assert small.shape[-1] == 8 and whole.shape[-1] == 16
    network.to_rgbs[-1].bias.zero_()
    assert torch.allclose(network.synthesize(s), network.to_rgbs[-1].upsample(small))


def test_growing_begins_as_the_smaller_picture_enlarged():
    torch.manual_seed(0)
    config = Stylegan2Config.tiny()
    small = Stylegan2(config)
    large = Stylegan2(replace(config, channels=(*config.channels, 3)))
    assert grow(large, small) == len(small.state_dict())
    s = large.styles(torch.randn(2, 8))
    picture = small.synthesize(s[:, : sum(small.style_channels)])
    assert torch.allclose(large.synthesize(s), large.to_rgbs[-1].upsample(picture), atol=1e-5)


def test_the_genuine_ones_names_and_shapes():
    config = Stylegan2Config(
        style_size=512,
        z_size=512,
        channels=(512, 512, 512, 512, 512, 256, 128, 64, 32),
        mapping_layers=8,
        mapping_rate=0.01,
    )
    with torch.device("meta"):
        shapes = {k: tuple(v.shape) for k, v in Stylegan2(config).state_dict().items()}
    assert config.size == 1024 and config.layers == 18
    assert shapes["style.8.weight"] == (512, 512) and "style.9.weight" not in shapes
    assert shapes["input.input"] == (1, 512, 4, 4)
    assert shapes["conv1.conv.weight"] == (1, 512, 512, 3, 3)
    assert shapes["conv1.conv.modulation.bias"] == (512,)
    assert shapes["conv1.noise.weight"] == (1,) and shapes["conv1.activate.bias"] == (512,)
    assert shapes["to_rgb1.bias"] == (1, 3, 1, 1)
    assert shapes["to_rgb1.conv.weight"] == (1, 3, 512, 1, 1)
    assert shapes["convs.14.conv.blur.kernel"] == (4, 4)
    assert shapes["convs.15.conv.weight"] == (1, 32, 32, 3, 3)
    assert shapes["to_rgbs.7.upsample.kernel"] == (4, 4)
    assert shapes["noises.noise_16"] == (1, 1, 1024, 1024) and "noises.noise_17" not in shapes


def test_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match="channels"):
        Stylegan2Config(channels=(4,))
    with pytest.raises(ValueError, match="mapping"):
        Stylegan2Config(mapping_layers=0)


def test_a_fitted_networks_noise_has_its_mean_and_covariance():
    torch.manual_seed(0)
    plain = Stylegan2(Stylegan2Config.tiny())
    normal = torch.randn(50_000, 5)
    assert plain.points(normal) is normal
    fitted = Stylegan2(replace(Stylegan2Config.tiny(), fitted=True)).requires_grad_(False)
    assert torch.equal(fitted.points(normal), normal)  # as long as nothing is known of faces
    root, mean = torch.randn(5, 5).tril(), torch.randn(5)
    fitted.z_root.copy_(root)
    fitted.z_mean.copy_(mean)
    points = fitted.points(normal)
    assert torch.allclose(points.mean(dim=0), mean, atol=0.05)
    assert torch.allclose(torch.cov(points.T), root @ root.T, atol=0.15)
    w = fitted.mapping(fitted.points(normal[:2]))
    assert torch.equal(fitted(normal[:2]), fitted(w=w))
