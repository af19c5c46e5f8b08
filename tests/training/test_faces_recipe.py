"""The recipe of faces: two steps from its command, options, growth, resume, another's weights."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from generated import write_faces, write_image_features

from doodle import checkpoint
from doodle.cli import main
from doodle.models.face_encoder import on_sphere
from doodle.models.stylegan2 import Stylegan2
from doodle.training.faces import PRESETS, Config, FacesRecipe
from doodle.training.faces_figures import RIDGE, encoder_folder, kernel_distance
from doodle.training.loop import Schedule, fit
from doodle.training.settings import build, changed, settings

TINY = (
    "--batch 4 --channels 6 6 4 4 --style-size 8 --z-size 4 --mapping-layers 2 --sight 32 "
    "--encoder-widths 4 4 6 --critic-width 4 --pixel-width 4 --held-out 4 --device cpu"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = write_faces(tmp_path_factory.mktemp("faces"))
    write_image_features(root / "lite0.pth")
    return root


@pytest.fixture
def config(data, tmp_path):
    return build(
        Config,
        dict(
            data=str(data),
            backbone=str(data / "lite0.pth"),
            out=str(tmp_path / "run"),
            steps=4,
            batch=4,
            channels=(6, 6, 4, 4),
            style_size=8,
            z_size=4,
            mapping_layers=2,
            encoder_widths=(4, 4, 6),
            critic_width=4,
            pixel_width=4,
            sight=32,
            held_out=4,
            evaluate_every=2,
            device="cpu",
        ),
    )


def test_two_steps_from_the_command_then_evaluate(data, tmp_path, capsys):
    run, export = tmp_path / "run", tmp_path / "checkpoints" / "faces"
    command = f"train faces --preset cpu --data {data} --out {run} --export {export} --steps 2"
    command += f" --evaluate-every 2 --backbone {data / 'lite0.pth'} {TINY}"
    assert main(command.split()) == 0
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    wanted = {"pictures", "l1", "psnr"}
    wanted |= {f"kernel distance, {k}" for k in ("psi 1", "psi 0.7", "redrawn")}
    wanted |= {"variety, psi 1", "variety, psi 0.7"}
    assert set(lines[-1]["valid"]) == wanted and lines[-1]["valid"]["pictures"] == 8
    assert (run / "samples" / "0000002.png").exists() and (run / "losses.png").exists()
    network, header = checkpoint.load(export / checkpoint.FILE)
    assert header["model"] == "stylegan2" and header["pixels"]["size"] == 32
    assert "data" not in header["training"]["config"]
    assert "--preset cpu" in header["training"]["command"]
    encoder, header = checkpoint.load(encoder_folder(export) / checkpoint.FILE)
    assert header["model"] == "face_encoder" and encoder.config.layers == network.config.layers
    for folder in (export, encoder_folder(export)):
        assert checkpoint.verify(folder / checkpoint.FILE) < 1e-4
    capsys.readouterr()
    told = f"evaluate faces --data {data} --checkpoint {export} --encoder {encoder_folder(export)}"
    assert main(f"{told} --device cpu".split()) == 0
    figures = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {f["name"]: f for f in figures}["PSNR of faces drawn again, dB"]["n"] == 8
    assert checkpoint.read_header(export / checkpoint.FILE)["metrics"] == figures


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": "bce"},
        {"pixel_width": 0},
        {"diff_augment": False},
        {"grow_at": 0.0},
        {"mixing": 1.0, "offsets": 1.0},
        {"sight": 64},
    ],
    ids=str,
)
def test_every_option_trains_all_sides(config, options):
    recipe = FacesRecipe(changed(config, **options))
    names = ("network", "encoder", "critics")
    before = {
        n: {k: p.detach().clone() for k, p in recipe.modules[n].named_parameters()} for n in names
    }
    for step in range(3):
        figures = recipe.step(step, 0.5)
        assert all(value == value and abs(value) < 1e4 for value in figures.values()), figures
    for name, old in before.items():
        for key, parameter in recipe.modules[name].named_parameters():
            if key.endswith("real.bias"):
                continue  # it cancels where the hinge is open to real and fake alike
            frozen = key.startswith("mixing.")
            assert torch.equal(parameter, old[key]) == frozen, (name, key)
    wanted = {"critic", "gan", "l1", "perceptual", "codes", "kl", "offsets", "side"}
    assert set(figures) == wanted and figures["side"] == 32


def test_weights_weigh_their_losses(config):
    weights = {"gan": 3.0, "l1": 5.0, "perceptual": 7.0, "codes": 11.0, "kl": 0.5, "offsets": 13.0}
    recipe = FacesRecipe(changed(config, **{f"{k}_weight": v for k, v in weights.items()}))
    totals = []
    recipe._update = lambda loss, *names: totals.append((names, loss.item()))
    found = recipe.step(0, 0.5)
    assert totals[0] == (("critic",), pytest.approx(found["critic"]))
    wanted = sum(weight * found[name] for name, weight in weights.items())
    assert totals[1] == (("generator", "encoder"), pytest.approx(wanted, rel=1e-4))


def test_it_grows_once_and_stays_so(config):
    recipe = FacesRecipe(config)
    last = [*recipe.network.convs[-1].parameters()]
    before = [p.detach().clone() for p in last]
    assert recipe.step(0, 0.1)["side"] == 16
    assert all(torch.equal(a, b) for a, b in zip(last, before, strict=True))
    with torch.no_grad():  # what is not trained yet enlarges and no more
        s = recipe.network.styles(torch.randn(1, 8))
        small, whole = recipe.network.synthesize(s, side=16), recipe.network.synthesize(s)
        assert torch.allclose(whole, recipe.network.to_rgbs[-1].upsample(small), atol=1e-5)
    assert recipe.step(1, 0.5)["side"] == 32
    assert recipe.step(2, 0.1)["side"] == 32  # the run was made longer


def test_the_generators_step_leaves_the_critics_alone(config):
    recipe = FacesRecipe(config)
    recipe._critic_step = lambda real, fake: {}
    before = {k: v.clone() for k, v in recipe.critics.named_parameters()}
    recipe.step(0, 0.5)
    assert all(torch.equal(v, before[k]) for k, v in recipe.critics.named_parameters())
    trained = [p for p in recipe.critics.parameters() if p.requires_grad]
    assert trained and all(p.grad is None for p in trained)


def test_a_resumed_run_is_the_run(config, tmp_path):
    schedule = Schedule(steps=4, log_every=1, evaluate_every=4, save_every=2)
    whole = FacesRecipe(config)
    fit(whole, schedule, tmp_path / "whole", config)
    part = FacesRecipe(config)
    done = iter([False, False, True])
    fit(part, schedule, tmp_path / "parts", config, stop=lambda: next(done))
    again = FacesRecipe(config)
    fit(again, schedule, tmp_path / "parts", config)
    for name, module in whole.modules.items():
        for key, value in module.state_dict().items():
            assert torch.equal(value, again.modules[name].state_dict()[key]), (name, key)
    logs = [(tmp_path / f / "log.jsonl").read_text().splitlines() for f in ("whole", "parts")]
    steps = [[{**json.loads(x), "seconds": 0} for x in log if "valid" not in x] for log in logs]
    assert steps[0] == steps[1]


def test_it_begins_with_a_checkpoint_and_the_encoder_beside_it(config, tmp_path):
    recipe = FacesRecipe(config)
    recipe.step(0, 0.5)
    recipe.export(tmp_path / "faces", [])
    larger = changed(
        config, start=str(tmp_path / "faces"), channels=(6, 6, 4, 4, 3), encoder_widths=(4, 4, 4, 6)
    )
    with pytest.raises(ValueError, match="smaller than 64"):
        FacesRecipe(larger)  # half of the faces lie at 32 pixels only
    same = FacesRecipe(changed(config, start=str(tmp_path / "faces")))
    assert same.side(0.0) == 32  # grown already
    for mine, theirs in (
        (same.network, recipe.fitted()),
        (same.encoder, recipe.modules["encoder ema"]),
    ):
        for key, value in mine.state_dict().items():
            wanted = theirs.state_dict()[key]
            step = float(wanted.abs().max()) / 100  # matrices of the encoder have eight bits
            assert torch.allclose(value, wanted, atol=step), key


def test_what_is_exported_draws_its_noise_where_the_faces_are(config, tmp_path):
    recipe = FacesRecipe(config)
    _, encoder = recipe.averaged
    with torch.no_grad():
        encoder.code.bias[config.z_size :] = -12.0  # it is sure of every face
        faces = recipe.faces.pictures[recipe.faces.of("train")]
        mu, _, _ = encoder.distribution(recipe._input(faces))
    recipe.export(tmp_path / "faces", [])
    network, _ = checkpoint.load_as(Stylegan2, tmp_path / "faces")
    z = on_sphere(mu)
    assert torch.allclose(network.z_mean, z.mean(dim=0), atol=0.02)
    wanted = torch.cov(z.T) + RIDGE * torch.eye(config.z_size)
    assert torch.allclose(network.z_root @ network.z_root.T, wanted, atol=0.05)
    points = network.points(torch.randn(5000, config.z_size))
    assert torch.allclose(network.w_avg, network.mapping(points).mean(dim=0), atol=0.05)


def test_sheet_and_samples(config, tmp_path):
    recipe = FacesRecipe(config)
    recipe.sheet(tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000
    one, more = recipe.samples(2, 0.7), recipe.samples(2, 0.7)
    assert one.shape == (2, 32, 32, 3) and one.dtype == np.uint8
    assert np.array_equal(one, more)
    assert not np.array_equal(one, recipe.samples(2, 0.7, seed=1))


def test_the_kernel_distance_is_none_between_equals():
    torch.manual_seed(0)
    rows = torch.randn(400, 4)
    assert abs(kernel_distance(rows[:200], rows[200:])) < 0.1
    assert kernel_distance(rows[:200], rows[200:] + 1) > 1


def test_presets_construct_and_mistakes_are_said(config):
    for preset in PRESETS.values():
        assert build(Config, dict(data="x", **preset)).size == 128
    for wrong in ({"batch": 6}, {"encoder_widths": (4,)}, {"grow_at": 1.0}, {"held_out": 1}):
        with pytest.raises(ValueError):
            changed(config, **wrong)
    with pytest.raises(FileNotFoundError):
        FacesRecipe(changed(config, backbone="nowhere.pth"))
    assert config.size == 32
    for field in settings(Config):
        assert field.metadata["help"]
