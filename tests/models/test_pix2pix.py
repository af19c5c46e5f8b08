"""The U-Net and the PatchGAN: sizes, conditions, what each part may depend on."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from doodle.models.pix2pix import PatchDiscriminator, Pix2Pix, Pix2PixConfig, grow

TINY = Pix2PixConfig.tiny()


def network(config=TINY):
    torch.manual_seed(0)
    module = Pix2Pix(config).eval()
    for buffer in module.buffers():  # running statistics as training leaves them
        if buffer.is_floating_point():
            buffer.uniform_(0.1, 1.0)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)  # loud enough to be seen at the output
    return module


def inputs(count=3, size=16):
    generator = torch.Generator().manual_seed(1)
    return [
        (torch.rand(count, 1, size, size, generator=generator) > 0.8).float(),
        torch.randint(0, 4, (count, size, size), generator=generator),
        torch.tensor([0.0, 1.0, 0.0])[:count],
        torch.randn(count, 2, generator=generator),
    ]


@pytest.mark.parametrize("size", [128, 256])
@pytest.mark.parametrize("up", ["transposed", "resize"])
def test_it_works_at_both_sizes(size, up):
    module = Pix2Pix(Pix2PixConfig(width=4, most=2, size=size, classes=0, up=up)).eval()
    picture = module(torch.zeros(1, 1, size, size))
    assert picture.shape == (1, 3, size, size) and picture.abs().max() <= 1
    assert len(module.config.channels) == {128: 7, 256: 8}[size]


def test_sizes_of_the_paper():
    """54.4 million numbers and 2.8 million: what the reference prints for these options."""
    generator = Pix2Pix(Pix2PixConfig(edges=3, classes=0, scene=False))
    assert round(sum(p.numel() for p in generator.parameters()) / 1e6, 3) == 54.414
    critic = PatchDiscriminator(6, norm="batch")
    assert round(sum(p.numel() for p in critic.parameters()) / 1e6, 3) == 2.769


def test_one_of_a_batch_is_that_one_alone():
    module, batch = network(), inputs()
    with torch.no_grad():
        together = module(*batch)
        alone = module(*[part[1:2] for part in batch])
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)


def test_every_condition_counts_and_left_out_means_unknown_white_and_no_noise():
    module, (edges, classes, scene, noise) = network(), inputs()
    with torch.no_grad():
        plain = module(edges)
        torch.testing.assert_close(
            plain, module(edges, classes * 0, scene * 0, noise * 0), atol=0, rtol=0
        )
        for other in (
            module(edges, classes),
            module(edges, None, scene + 1),
            module(edges, None, None, noise),
            module(1 - edges),
        ):
            assert (other - plain).abs().mean() > 1e-3


def test_the_class_map_is_read_where_it_says():
    """The outermost skip alone: a class changed in one corner reaches only that corner."""
    module, (edges, classes, *_) = network(), inputs(1)
    with torch.no_grad():
        module.up[0].conv.weight.zero_()  # what comes from deeper levels
        changed = classes.clone()
        changed[:, :4, :4] = (changed[:, :4, :4] + 1) % 4
        where = (module(edges, changed) - module(edges, classes)).abs().amax(1)[0] > 0
    assert where[:4, :4].any() and not where[10:].any() and not where[:, 10:].any()


def test_what_the_edges_enclose_is_one_more_plane():
    config = replace(TINY, inside=True)
    module, batch = network(config), inputs()
    assert config.inputs == TINY.inputs + 1
    inside = torch.zeros(3, 16, 16)
    with torch.no_grad():
        plain = module(*batch)
        assert torch.equal(module(*batch, inside), plain)  # left out means nothing is
        inside[1, :, :4] = 0.5
        found = module(*batch, inside)
    assert torch.equal(found[0], plain[0]) and not torch.equal(found[1], plain[1])


@pytest.mark.parametrize("size", [16, 32, 64])
def test_a_network_grows_from_the_inside(size):
    """Of the same size all is taken over; of a larger one the inner levels."""
    config = Pix2PixConfig(width=4, most=2, size=16, classes=3, norm="batch", up="resize")
    smaller, larger = network(config), Pix2Pix(replace(config, size=size)).eval()
    before = {k: v.clone() for k, v in larger.state_dict().items()}
    taken, more = grow(larger, smaller), size.bit_length() - 5
    own, theirs = larger.state_dict(), smaller.state_dict()
    inner = [key for key in theirs if key.startswith(("down.2", "down.3", "up.1", "up.2"))]
    assert len(inner) > 15
    for key in inner:
        part, level, rest = key.split(".", 2)
        assert torch.equal(own[f"{part}.{int(level) + more}.{rest}"], theirs[key]), key
    same = {key for key in own if torch.equal(own[key], before[key])}
    assert taken == len(theirs) if size == 16 else len(inner) < taken < len(own)
    assert size == 16 or any(key.startswith("down.0.") for key in same)
    with torch.no_grad():
        picture = larger(torch.zeros(1, 1, size, size))
        assert picture.shape == (1, 3, size, size) and picture.isfinite().all()
        if size == 16:
            torch.testing.assert_close(picture, smaller(torch.zeros(1, 1, 16, 16)))


def test_a_network_without_noise_is_taken_over_whole():
    config = Pix2PixConfig(width=4, most=2, size=32, classes=3, up="resize", inside=True)
    calm = Pix2Pix(config).eval()
    noisy = Pix2Pix(replace(config, noise=5)).eval()
    assert grow(noisy, calm) == len(noisy.state_dict())
    edges, classes = torch.rand(2, 1, 32, 32), torch.randint(0, 4, (2, 32, 32))
    torch.testing.assert_close(calm(edges, classes), noisy(edges, classes))
    assert not torch.allclose(noisy(edges, classes), noisy(edges, classes, noise=torch.ones(2, 5)))


def test_dropout_and_batch_norm_are_off_in_eval_only():
    config = replace(TINY, size=128, dropout=0.5)
    module = network(config)
    edges = torch.zeros(2, 1, 128, 128)
    with torch.no_grad():
        assert torch.equal(module(edges), module(edges))
        module.train()
        assert not torch.equal(module(edges), module(edges))
    assert sum(m.p > 0 for m in module.modules() if isinstance(m, torch.nn.Dropout)) == 2


def test_the_critic_sees_seventy_pixels():
    """Receptive field of the paper's PatchGAN, measured by gradients; no norm, which sees all."""
    torch.manual_seed(0)
    critic = PatchDiscriminator(1, 4, norm="none")
    picture = torch.randn(1, 1, 256, 256, requires_grad=True)
    score, name, maps = critic(picture)
    assert score.shape == (1, 1, 30, 30) and name is None and len(maps) == 4
    score[0, 0, 15, 15].backward()
    rows = picture.grad[0, 0].abs().sum(1).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70


@pytest.mark.parametrize("wrong", [{"size": 100}, {"size": 8}, {"width": 0}, {"noise": -1}])
def test_sizes_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="size|widths"):
        replace(TINY, **wrong)
