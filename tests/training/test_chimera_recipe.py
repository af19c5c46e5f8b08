"""The chimera's recipe: two steps from its command, every loss, resume, what the critic learns."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from generated import write_animals

from doodle import checkpoint
from doodle.cli import main
from doodle.data.animals import pack
from doodle.training.chimera import PRESETS, ChimeraRecipe, Config, species_loss
from doodle.training.loop import Schedule, fit


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = write_animals(tmp_path_factory.mktemp("chimera"), count=40)
    pack(root / "animals", root / "animals.npz", size=32, masks=root / "masks")
    return root / "animals.npz"


@pytest.fixture
def config(data, tmp_path):
    return Config(data=str(data), out=str(tmp_path / "run"), steps=4, batch=2, size=32, width=4,
                  most=2, critic_width=4, scales=1, evaluate_every=2, device="cpu")  # fmt: skip


def test_two_steps_from_the_command(data, tmp_path):
    run, export = tmp_path / "run", tmp_path / "checkpoints" / "pix2pix"
    command = f"train chimera --preset cpu --data {data} --out {run} --export {export} --steps 2"
    command += " --batch 2 --size 32 --width 4 --critic-width 4 --evaluate-every 2 --device cpu"
    assert main(command.split()) == 0
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert set(lines[-1]["valid"]) == {"l1", "edge precision", "edge recall"}
    assert (run / "samples" / "0000002.png").exists() and (run / "losses.png").exists()
    network, header = checkpoint.load(export / checkpoint.FILE)
    assert header["data"]["categories"] == ["cat", "fish"] and network.config.classes == 2
    assert header["pixels"]["size"] == 32 and "data" not in header["training"]["config"]
    assert checkpoint.verify(export / checkpoint.FILE) < 1e-4


@pytest.mark.parametrize(
    "options",
    [{"loss": "vanilla"}, {"loss": "wgan-gp"}, {"noise": 3, "mode_seeking": 1.0},
     {"diff_augment": True}, {"scales": 2, "size": 64}, {"feature_weight": 0.0},
     {"species_weight": 0.0}, {"norm": "instance", "up": "transposed", "dropout": 0.5},
     {"background": "white"}, {"workers": 1}],
    ids=str,
)  # fmt: skip
def test_every_option_trains_both_sides(config, data, options):
    size = options.get("size", 32)
    if size > 32:
        root = data.parent
        pack(root / "animals", root / "larger.npz", size=size, masks=root / "masks")
        options = {**options, "data": str(root / "larger.npz")}
    recipe = ChimeraRecipe(replace(config, **options))
    before = {n: {k: p.detach().clone() for k, p in recipe.modules[n].named_parameters()}
              for n in ("network", "critics")}  # fmt: skip
    for step in range(2):
        figures = recipe.step(step, 0.0)
        assert all(value == value and abs(value) < 1e4 for value in figures.values()), figures
    for name, old in before.items():
        for key, parameter in recipe.modules[name].named_parameters():
            if options.get("loss") == "wgan-gp" and key.endswith("real.bias"):
                continue  # cancels in a difference of scores
            assert not torch.equal(parameter, old[key]), (name, key)
    wanted = {"critic", "gan", "l1"}
    wanted |= {"features"} if recipe.config.feature_weight else set()
    wanted |= {"named", "species"} if recipe.config.species_weight else set()
    wanted |= {"modes"} if recipe.config.mode_seeking else set()
    assert set(figures) == wanted


def test_resumed_is_uninterrupted(config, tmp_path):
    config = replace(config, noise=2, mode_seeking=0.5, diff_augment=True)  # all that is random
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
    alone, helped = ChimeraRecipe(config), ChimeraRecipe(replace(config, workers=1))
    for step in (3, 4, 9):  # also after a jump, as a resume makes it
        one, other = alone.batch(step), helped.batch(step)
        assert torch.equal(one.photo, other.photo) and torch.equal(one.told, other.told)


def test_the_generators_step_leaves_the_critic_alone(config):
    recipe = ChimeraRecipe(config)
    batch = recipe.batch(0)
    fake = recipe.network(batch.edges, batch.told, batch.scene)
    before = {k: v.clone() for k, v in recipe.critics.state_dict().items()}
    recipe.optimisers["critic"].zero_grad()
    recipe._generator_step(batch, fake, torch.zeros(2, 0))
    assert all(torch.equal(v, before[k]) for k, v in recipe.critics.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in recipe.critics.parameters())


def test_species_count_only_where_they_are_told_and_seen():
    logits = torch.zeros(1, 2, 4, 4)
    logits[:, 0] = 5.0  # the first class everywhere
    classes = torch.ones(1, 8, 8, dtype=torch.long)
    dark = torch.full((1, 3, 8, 8), -1.0)
    right = species_loss(logits, classes, dark)
    assert right < 0.01 and species_loss(logits, classes * 2, dark) > 4.9
    half = classes.clone()
    half[..., :4] = 2
    hidden = dark.clone()
    hidden[..., :4] = 1.0  # white where it is wrong
    torch.testing.assert_close(species_loss(logits, half, hidden), right)
    half[..., :4] = 0  # untold where it would be wrong
    torch.testing.assert_close(species_loss(logits, half, dark), right)
    assert species_loss(logits, classes * 0, dark) == 0


def test_presets_construct_and_mistakes_are_said(data):
    for preset in PRESETS.values():
        assert Config(data="x", **preset).steps > 0
    with pytest.raises(ValueError, match="--noise"):
        Config(data="x", mode_seeking=1.0)
    with pytest.raises(ValueError, match="scales"):
        Config(data="x", size=32, scales=2)
    with pytest.raises(ValueError, match="--size 64"):
        ChimeraRecipe(Config(data=str(data), size=64, device="cpu"))
    for field in Config.__dataclass_fields__.values():
        assert field.metadata["help"]


@pytest.mark.slow
def test_it_learns_one_batch_by_heart(config):
    recipe = ChimeraRecipe(replace(config, width=16, most=4, critic_width=16, batch=4))
    pairs = recipe.batch(0)
    recipe.batch = lambda step: pairs
    figures = [recipe.step(k, 0.0) for k in range(200)]
    assert figures[-1]["l1"] < 0.35 * figures[0]["l1"]
    assert figures[-1]["named"] < 0.5 * figures[0]["named"]
