"""The chimera's recipe: two steps from its command, every loss, resume, what the critic learns."""

from __future__ import annotations

import json

import pytest
import torch
from generated import write_animals, write_image_features

from doodle import checkpoint
from doodle.cli import main
from doodle.data.animals import pack
from doodle.training.chimera import PRESETS, ChimeraRecipe, Config
from doodle.training.loop import Schedule, fit
from doodle.training.settings import build, changed, settings


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = write_animals(tmp_path_factory.mktemp("chimera"), count=40)
    pack(root / "animals", root / "animals.npz", size=32, masks=root / "masks")
    pack(root / "animals", root / "larger.npz", size=64, masks=root / "masks")
    write_image_features(root / "lite0.pth")
    return root / "animals.npz"


@pytest.fixture
def config(data, tmp_path):
    return build(
        Config,
        dict(
            data=str(data),
            out=str(tmp_path / "run"),
            steps=4,
            batch=2,
            size=32,
            width=4,
            most=2,
            critic_width=4,
            scales=1,
            evaluate_every=2,
            device="cpu",
        ),
    )


def test_two_steps_from_the_command(data, tmp_path):
    run, export = tmp_path / "run", tmp_path / "checkpoints" / "pix2pix"
    command = f"train chimera --preset cpu --data {data} --out {run} --export {export} --steps 2"
    command += " --batch 2 --size 32 --width 4 --critic-width 4 --evaluate-every 2 --device cpu"
    command += f" --backbone {data.parent / 'lite0.pth'}"
    assert main(command.split()) == 0
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert set(lines[-1]["valid"]) == {"l1", "edge precision", "edge recall"}
    assert (run / "samples" / "0000002.png").exists() and (run / "losses.png").exists()
    network, header = checkpoint.load(export / checkpoint.FILE)
    assert header["data"]["categories"] == ["cat", "fish"] and network.config.classes == 2
    assert header["pixels"]["size"] == 32 and "data" not in header["training"]["config"]
    assert "--preset cpu" in header["training"]["command"]
    assert checkpoint.verify(export / checkpoint.FILE) < 1e-4


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "bce"},
        {"loss": "wgan-gp"},
        {"noise": 3, "mode_seeking": 1.0},
        {"diff_augment": True},
        {"scales": 2, "size": 64},
        {"feature_weight": 0.0},
        {"species_weight": 0.0},
        {"inside": False},
        {"view": 32, "size": 64},
        {"backbone": "lite0.pth"},
        {
            "backbone": "lite0.pth",
            "view": 32,
            "size": 64,
            "diff_augment": True,
            "feature_weight": 0.0,
        },
        {"norm": "instance", "up": "transposed", "dropout": 0.5},
        {"background": "white"},
        {"workers": 1},
    ],
    ids=str,
)
def test_every_option_trains_both_sides(config, data, options):
    folder, places = data.parent, {}
    if "backbone" in options:
        places["backbone"] = str(folder / options["backbone"])
    if options.get("size", 32) > 32:
        places["data"] = str(folder / "larger.npz")
    recipe = ChimeraRecipe(changed(config, **{**options, **places}))
    before = {
        n: {k: p.detach().clone() for k, p in recipe.modules[n].named_parameters()}
        for n in ("network", "critics")
    }
    for step in range(2):
        figures = recipe.step(step, 0.0)
        assert all(value == value and abs(value) < 1e4 for value in figures.values()), figures
    for name, old in before.items():
        for key, parameter in recipe.modules[name].named_parameters():
            if options.get("loss") == "wgan-gp" and "real." in key and "bias" in key:
                continue  # cancels in a difference of scores
            assert not torch.equal(parameter, old[key]), (name, key)
    wanted = {"critic", "gan", "l1"}
    wanted |= {"features"} if recipe.config.feature_weight else set()
    wanted |= {"named", "species"} if recipe.config.species_weight else set()
    wanted |= {"modes"} if recipe.config.mode_seeking else set()
    wanted |= {"perceptual"} if recipe.config.backbone else set()
    assert set(figures) == wanted


def test_weights_weigh_their_losses(config, data):
    recipe = ChimeraRecipe(
        changed(
            config,
            backbone=str(data.parent / "lite0.pth"),
            noise=2,
            mode_seeking=0.5,
            gan_weight=3.0,
            lambda_l1=5.0,
            perceptual_weight=7.0,
            feature_weight=11.0,
            species_weight=13.0,
        )
    )
    totals = {}
    recipe._update = lambda name, loss: totals.update({name: loss.item()})
    found = recipe.step(0, 0.0)
    weights = {"gan": 3, "l1": 5, "perceptual": 7, "features": 11, "species": 13, "modes": 0.5}
    wanted = sum(weight * found[name] for name, weight in weights.items())
    assert totals["generator"] == pytest.approx(wanted, rel=1e-4)
    assert totals["critic"] == pytest.approx(found["critic"] + 13 * found["named"], rel=1e-4)


@pytest.mark.parametrize("side", [0, 32])
def test_critics_see_squares_where_that_is_asked(config, data, side):
    larger = changed(config, size=64, data=str(data.parent / "larger.npz"), view=side)
    recipe, seen = ChimeraRecipe(larger), []
    recipe.critics.patches[0].register_forward_pre_hook(lambda m, args: seen.append(args[0].shape))
    recipe.step(0, 0.0)
    assert len(seen) == 2 and {shape[-2:] for shape in seen} == {(side or 64,) * 2}


def test_a_larger_network_starts_from_a_smaller_one(config, data, tmp_path):
    small = ChimeraRecipe(config)
    small.step(0, 0.0)
    small.export(tmp_path / "small", [])
    larger = changed(config, size=64, data=str(data.parent / "larger.npz"))
    plain = ChimeraRecipe(larger)
    grown = ChimeraRecipe(changed(larger, start=str(tmp_path / "small")))
    inner = grown.network.down[-1].conv.weight
    shipped, _ = checkpoint.load(tmp_path / "small" / checkpoint.FILE)
    assert torch.equal(inner, shipped.down[-1].conv.weight)
    assert not torch.equal(inner, plain.network.down[-1].conv.weight)
    assert torch.equal(inner, grown.ema.shadow.down[-1].conv.weight)
    # what does not fit is as it would be without a start
    assert torch.equal(grown.network.up[0].conv.weight, plain.network.up[0].conv.weight)


def test_without_the_package_of_weights_a_preset_trains_on_pixels_and_says_so(
    config, monkeypatch, capsys
):
    monkeypatch.setattr("doodle.training.chimera.installed", lambda: None)
    recipe = ChimeraRecipe(changed(config, backbone="installed"))
    assert "pip install" in capsys.readouterr().err
    assert "perceptual" not in recipe.step(0, 0.0)


def test_resumed_is_uninterrupted(config, data, tmp_path):
    config = changed(
        config,
        noise=2,
        mode_seeking=0.5,
        diff_augment=True,
        size=64,
        view=32,
        data=str(data.parent / "larger.npz"),
    )  # all that is random
    schedule = Schedule(steps=4, save_every=2, evaluate_every=100)
    whole = ChimeraRecipe(config)
    fit(whole, schedule, tmp_path / "whole", config)
    stops = iter([False, False, True])
    fit(ChimeraRecipe(config), schedule, tmp_path / "broken", config, stop=lambda: next(stops))
    resumed = ChimeraRecipe(config)
    fit(resumed, schedule, tmp_path / "broken", config)
    for name, module in whole.modules.items():
        for key, value in module.state_dict().items():
            assert torch.equal(value, resumed.modules[name].state_dict()[key]), (name, key)


def test_workers_prepare_the_same_batches(config):
    alone, helped = ChimeraRecipe(config), ChimeraRecipe(changed(config, workers=1))
    for step in (3, 4, 9):  # also after a jump, as a resume makes it
        one, other = alone.batch(step), helped.batch(step)
        for name in ("edges", "photo", "classes", "given", "scene", "inside"):
            assert torch.equal(getattr(one, name), getattr(other, name)), name


def test_the_generators_step_leaves_the_critic_alone(config):
    recipe = ChimeraRecipe(config)
    batch = recipe.batch(0)
    fake = recipe.network(batch.edges, batch.given, batch.scene, inside=batch.inside)
    given = torch.zeros(2, 2, 32, 32)
    view = recipe.critics.view(given, batch.photo, fake, torch.stack([batch.classes] * 2, 1))
    before = {k: v.clone() for k, v in recipe.critics.state_dict().items()}
    recipe.optimisers["critic"].zero_grad()
    recipe._generator_step(batch, fake, view, torch.zeros(2, 0))
    assert all(torch.equal(v, before[k]) for k, v in recipe.critics.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in recipe.critics.parameters())


def test_presets_construct_and_mistakes_are_said(data):
    for preset in PRESETS.values():
        assert build(Config, dict(data="x", **preset)).run.steps > 0
    with pytest.raises(ValueError, match="--noise"):
        build(Config, dict(data="x", mode_seeking=1.0))
    with pytest.raises(ValueError, match="scales"):
        build(Config, dict(data="x", size=32, scales=2))
    with pytest.raises(ValueError, match="--size 64"):
        ChimeraRecipe(build(Config, dict(data=str(data), size=64, device="cpu")))
    for field in settings(Config):
        assert field.metadata["help"]


@pytest.mark.slow
def test_it_learns_one_batch_by_heart(config):
    recipe = ChimeraRecipe(changed(config, width=16, most=4, critic_width=16, batch=4))
    pairs = recipe.batch(0)
    recipe.batch = lambda step: pairs
    figures = [recipe.step(k, 0.0) for k in range(200)]
    assert figures[-1]["l1"] < 0.35 * figures[0]["l1"]
    assert figures[-1]["named"] < 0.5 * figures[0]["named"]
