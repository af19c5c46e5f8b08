"""rosinality's StyleGAN2 files: taken over whole, and told apart from others."""

from __future__ import annotations

import pytest
import torch

from doodle import checkpoint
from doodle.cli import main
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config


@pytest.fixture
def theirs():
    """A generator whose mapping learns at their rate, and its state dict without our mean."""
    torch.manual_seed(0)
    config = Stylegan2Config(8, 8, (6, 6, 5, 4), mapping_layers=3, mapping_rate=0.01)
    network = Stylegan2(config).eval()
    state = {k: v for k, v in network.state_dict().items() if k != "w_avg"}
    return network, state


def test_a_file_of_theirs_becomes_a_checkpoint(theirs, tmp_path):
    network, state = theirs
    mean = torch.randn(8)
    torch.save({"g_ema": state, "latent_avg": mean}, tmp_path / "ffhq.pt")
    out = tmp_path / "out"
    assert main(["convert", "stylegan2", str(tmp_path / "ffhq.pt"), "--out", str(out)]) == 0
    loaded, header = checkpoint.load(out / checkpoint.FILE)
    assert loaded.config == network.config and header["pixels"]["size"] == 32
    assert torch.equal(loaded.w_avg, mean)
    z = torch.randn(2, 8)
    with torch.no_grad():
        assert torch.equal(loaded(z), network(z))
    assert checkpoint.verify(out / checkpoint.FILE) < 1e-6


def test_a_bare_state_dict_gets_a_mean_code(theirs, tmp_path):
    _, state = theirs
    torch.save({f"module.{k}": v for k, v in state.items()}, tmp_path / "bare.pt")
    assert main(f"convert stylegan2 {tmp_path / 'bare.pt'} --out {tmp_path / 'out'}".split()) == 0
    loaded, _ = checkpoint.load(tmp_path / "out" / checkpoint.FILE)
    z = torch.randn(4096, 8, generator=torch.Generator().manual_seed(5))
    assert torch.allclose(loaded.w_avg, loaded.mapping(z).mean(dim=0), atol=0.1)


def test_other_files_are_refused(theirs, tmp_path, capsys):
    _, state = theirs
    state.pop("convs.1.conv.weight")
    torch.save(state, tmp_path / "torn.pt")
    (tmp_path / "text.pt").write_text("no weights")
    for name in ("torn", "text"):
        assert main(["convert", "stylegan2", str(tmp_path / f"{name}.pt")]) == 2
        assert "no St" in capsys.readouterr().err or name == "text"
