"""junyanz's checkpoints: parity with a module tree of that layout, written here by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from doodle import checkpoint
from doodle.cli import main
from doodle.convert.pix2pix import (
    convert_pix2pix,
    critic_from_pix2pix,
    critic_to_pix2pix,
    generator_from_pix2pix,
    generator_to_pix2pix,
)
from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig

NORMS = {
    "batch": (lambda n: nn.BatchNorm2d(n), False),
    "instance": (lambda n: nn.InstanceNorm2d(n), True),
    "none": (lambda n: nn.Identity(), False),
}


class Level(nn.Module):
    """A level of their U-Net, holding the next deeper one."""

    def __init__(self, outer, inner, norm, given=None, deeper=None, outermost=False, dropout=False):
        super().__init__()
        make, bias = NORMS[norm]
        self.outermost = outermost
        down = nn.Conv2d(given or outer, inner, 4, 2, 1, bias=bias)
        if outermost:
            up = nn.ConvTranspose2d(inner * 2, outer, 4, 2, 1)
            parts = [down, deeper, nn.ReLU(True), up, nn.Tanh()]
        elif deeper is None:
            up = nn.ConvTranspose2d(inner, outer, 4, 2, 1, bias=bias)
            parts = [nn.LeakyReLU(0.2, True), down, nn.ReLU(True), up, make(outer)]
        else:
            up = nn.ConvTranspose2d(inner * 2, outer, 4, 2, 1, bias=bias)
            parts = [
                nn.LeakyReLU(0.2, True),
                down,
                make(inner),
                deeper,
                nn.ReLU(True),
                up,
                make(outer),
            ]
            parts += [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(*parts)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class Theirs(nn.Module):
    """Their UnetGenerator(input_nc, 3, num_downs, ngf)."""

    def __init__(self, channels, downs, width, norm="batch", dropout=True):
        super().__init__()
        level = Level(width * 8, width * 8, norm)
        for _ in range(downs - 5):
            level = Level(width * 8, width * 8, norm, deeper=level, dropout=dropout)
        for k in (4, 2, 1):
            level = Level(width * k, width * k * 2, norm, deeper=level)
        self.model = Level(3, width, norm, given=channels, deeper=level, outermost=True)

    def forward(self, x):
        return self.model(x)


class TheirCritic(nn.Module):
    """Their NLayerDiscriminator(input_nc, ndf, n_layers=3)."""

    def __init__(self, channels, width, norm):
        super().__init__()
        make, bias = NORMS[norm]
        parts = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
        before = width
        for after, stride in ((2 * width, 2), (4 * width, 2), (8 * width, 1)):
            parts += [
                nn.Conv2d(before, after, 4, stride, 1, bias=bias),
                make(after),
                nn.LeakyReLU(0.2, True),
            ]
            before = after
        self.model = nn.Sequential(*parts, nn.Conv2d(before, 1, 4, 1, 1))

    def forward(self, x):
        return self.model(x)


def shaken(module):
    """Weights and running statistics as no initialisation leaves them, alike for one seed."""
    torch.manual_seed(3)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape) * 0.6 - 0.2)
    for name, buffer in module.named_buffers():
        if name.endswith("running_var"):
            buffer.abs_().add_(0.2)
    return module


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("downs", [7, 8])
def test_the_generator_computes_what_theirs_does(norm, downs):
    theirs = shaken(Theirs(3, downs, 4, norm)).eval()
    ours = generator_from_pix2pix(theirs.state_dict())
    assert ours.config.size == 2**downs and ours.config.norm == norm
    x = torch.rand(2, 3, 2**downs, 2**downs, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = theirs(x * 2 - 1)
        torch.testing.assert_close(ours(x), wanted, atol=1e-5, rtol=1e-4)
        assert wanted.std() > 1e-3
        # in train mode batch norm takes the batch's statistics, and dropout draws the same masks
        theirs.train(), ours.train()
        torch.manual_seed(7)
        wanted = theirs(x * 2 - 1)
        torch.manual_seed(7)
        torch.testing.assert_close(ours(x), wanted, atol=1e-4, rtol=1e-3)
    for (name, mine), (_, other) in zip(
        sorted(generator_to_pix2pix(ours).items()), sorted(theirs.state_dict().items()), strict=True
    ):  # the running statistics that this step left, too
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-4, msg=name)


def test_ours_goes_to_their_layout_with_the_class_map_as_channels():
    config = Pix2PixConfig(width=4, size=128, classes=3)
    ours = shaken(Pix2Pix(config)).eval()
    theirs = Theirs(config.inputs, 7, 4)
    theirs.load_state_dict(generator_to_pix2pix(ours), strict=True)
    theirs.eval()
    edges = (torch.rand(1, 1, 128, 128) > 0.9).float()
    classes = torch.randint(0, 4, (1, 128, 128))
    one_hot = torch.nn.functional.one_hot(classes, 4).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        wanted = theirs(torch.cat([edges * 2 - 1, one_hot, torch.ones(1, 1, 128, 128)], 1))
        torch.testing.assert_close(ours(edges, classes, torch.ones(1)), wanted)
    with pytest.raises(ValueError, match="transposed"):
        generator_to_pix2pix(Pix2Pix(Pix2PixConfig.tiny()))


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_the_critic_computes_what_theirs_does(norm):
    theirs = shaken(TheirCritic(6, 4, norm)).eval()
    ours = critic_from_pix2pix(theirs.state_dict(), norm=norm)
    x = torch.randn(2, 6, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for mode in (False, True):
            theirs.train(mode), ours.train(mode)
            torch.testing.assert_close(ours(x)[0], theirs(x), atol=1e-5, rtol=1e-4)
    back = TheirCritic(6, 4, norm)
    back.load_state_dict(critic_to_pix2pix(ours), strict=True)
    assert torch.equal(back.model[5].weight, theirs.model[5].weight)


def test_the_command_converts_there_and_back(tmp_path, capsys):
    state = shaken(Theirs(3, 7, 4)).state_dict()
    torch.save(state, tmp_path / "latest_net_G.pth")
    assert (
        main(
            [
                "convert",
                "pix2pix",
                str(tmp_path / "latest_net_G.pth"),
                "--out",
                str(tmp_path / "ours"),
            ]
        )
        == 0
    )
    path = capsys.readouterr().out.strip()
    module, header = checkpoint.load(path)
    assert header["model"] == "pix2pix" and "latest_net_G.pth" in header["training"]["source"]
    assert main(["convert", "to-pix2pix", path, "--out", str(tmp_path / "back")]) == 0
    back = torch.load(tmp_path / "back" / "latest_net_G.pth", weights_only=True)
    assert set(back) == set(state)
    for key, value in state.items():
        torch.testing.assert_close(back[key], value, atol=2e-3, rtol=2e-3)  # stored as float16


def test_data_parallel_prefixes_are_taken_off_and_other_files_refused(tmp_path):
    state = shaken(Theirs(3, 7, 4)).state_dict()
    assert generator_from_pix2pix({f"module.{k}": v for k, v in state.items()})
    shallow = {k: v for k, v in state.items() if "model.3" not in k}
    for broken in ({}, {"a": torch.ones(1)}, shallow):
        with pytest.raises(ValueError, match="no U-Net"):
            generator_from_pix2pix(broken)
    with pytest.raises(ValueError, match="no PatchGAN"):
        critic_from_pix2pix(state)
    (tmp_path / "x.pth").write_bytes(b"not a zip")
    assert main(["convert", "pix2pix", str(tmp_path / "x.pth"), "--out", str(tmp_path)]) == 2


@pytest.mark.parametrize("data", [b"plain text", b'{"a": 1}', b"\x80\x02", b""], ids=repr)
def test_what_is_no_state_dict_is_named(tmp_path, data):
    (tmp_path / "net.pth").write_bytes(data)
    with pytest.raises(ValueError, match="net.pth holds no state dict"):
        convert_pix2pix(tmp_path / "net.pth", tmp_path / "out")
