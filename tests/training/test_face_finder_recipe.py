"""The recipe of the finder of faces: targets, losses, learning, resume, its command and figures."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from generated import write_animals, write_faces, write_set

from doodle import checkpoint
from doodle.cli import main
from doodle.data.face_scenes import Scene
from doodle.models.face_finder import placed
from doodle.training.face_finder import (
    PRESETS,
    Config,
    FaceFinderRecipe,
    losses_of,
)
from doodle.training.face_finder_batches import batch, targets, training_scene
from doodle.training.loop import Schedule, fit
from doodle.training.settings import build, changed, settings

POINTS = np.array([[0.375, 0.475], [0.625, 0.475], [0.5, 0.63], [0.39, 0.735], [0.61, 0.735]])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("finder")
    write_faces(root / "faces", side=128)
    write_animals(root, count=60)
    write_set(root / "drawings")
    return root


@pytest.fixture
def config(folders, tmp_path):
    return build(
        Config,
        dict(
            data=str(folders / "faces"),
            backgrounds=str(folders / "animals"),
            drawings=str(folders / "drawings"),
            out=str(tmp_path / "run"),
            steps=4,
            batch=2,
            size=64,
            stem=4,
            widths=(4, 4, 6, 6),
            pyramid=4,
            held_out=20,
            evaluate_every=2,
            device="cpu",
        ),
    )


def scene_of(*faces, size=64):
    """A scene with faces of (x, y, side), upright."""
    scene = Scene(np.zeros((size, size, 3), np.uint8))
    for x, y, side in faces:
        scene.points.append(((POINTS - POINTS.mean(axis=0)) * side + (x, y)).astype(np.float32))
        scene.sides.append(side)
    return scene


def test_targets_say_where_the_points_are():
    scene = scene_of((21.0, 30.0, 24.0), (50.0, 45.0, 40.0))
    wanted = targets([scene, scene_of()], 64)
    assert wanted.heat[0].eq(1).sum() == 2 and wanted.heat[1].sum() == 0
    assert wanted.heat[0, 7, 5] == 1 and wanted.heat[0, 11, 12] == 1
    assert wanted.counted.min() == 1
    rows, columns = torch.where(wanted.weight[0] > 0)
    said = wanted.faces[0][:, rows, columns].t()
    points, sides = placed(said, rows, columns)
    for point, side in zip(points, sides, strict=True):
        nearest = 0 if abs(side - 24) < 1 else 1
        assert torch.allclose(point, torch.from_numpy(scene.points[nearest]), atol=1e-3)
    assert {round(float(s)) for s in sides} == {24, 40}


def test_other_sizes_are_left_to_other_levels():
    small = targets([scene_of((30, 30, 14.0))], 64)
    assert small.heat.sum() == 0 and small.counted.min() == 0 and small.counted[0, 0, 0] == 1
    large = targets([scene_of((30, 30, 190.0))], 64)
    assert large.heat.sum() == 0 and large.counted.min() == 0
    for none in (targets([scene_of((30, 30, side))], 64) for side in (8.0, 400.0)):
        assert none.heat.sum() == 0 and none.counted.min() == 1
    assert targets([scene_of((-6, 30, 40.0))], 64).heat.max() < 1  # its middle is outside


def test_the_loss_is_least_at_the_target():
    wanted = targets([scene_of((21.0, 30.0, 24.0))], 64)
    right = (wanted.heat * 24 - 12, wanted.faces)
    best = losses_of(*right, wanted)
    assert float(best["side"]) == 0 and float(best["points"]) == 0
    for heat, faces in (
        (-right[0], right[1]),
        (torch.full_like(right[0], -12.0), right[1]),
        (torch.full_like(right[0], 12.0), right[1]),
    ):
        assert losses_of(heat, faces, wanted)["heat"] > best["heat"] + 1
    off = losses_of(right[0], right[1] + 0.1, wanted)
    assert float(off["side"]) == pytest.approx(0.1, abs=1e-4) and off["points"] > 0.05
    uncounted = wanted._replace(counted=torch.zeros_like(wanted.counted))
    assert losses_of(-right[0], right[1], uncounted)["heat"] == 0
    # in pixels, landmarks are wrong by as much whatever the side is: exp(side) * offset
    moved = right[1].clone()
    moved[:, 0] += 0.2
    moved[:, 1:] *= float(np.exp(-0.2))
    assert losses_of(right[0], moved, wanted)["points"] < 1e-6


def test_two_steps_from_the_command_then_evaluate(folders, tmp_path, capsys):
    run, export = tmp_path / "run", tmp_path / "checkpoints" / "face_finder"
    where = f"--data {folders / 'faces'} --backgrounds {folders / 'animals'}"
    where += f" --drawings {folders / 'drawings'} --device cpu"
    command = f"train face_finder --preset cpu {where} --out {run} --export {export} --steps 2"
    command += " --evaluate-every 2 --batch 2 --size 64 --stem 4 --widths 4 4 6 6 --pyramid 4"
    assert main(f"{command} --held-out 20".split()) == 0
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert "false alarms a scene" in lines[-1]["valid"]
    assert (run / "samples" / "0000002.png").exists() and (run / "losses.png").exists()
    _, header = checkpoint.load(export / checkpoint.FILE)
    assert header["model"] == "face_finder" and header["data"]["faces"] == 16
    assert "--backgrounds" in header["training"]["command"]
    assert not {"data", "backgrounds", "drawings"} & header["training"]["config"].keys()
    assert checkpoint.verify(export / checkpoint.FILE) < 1e-4
    capsys.readouterr()
    told = f"evaluate face_finder {where} --checkpoint {export} --photographs 2 --most 3"
    assert main(f"{told} --sheets {tmp_path / 'sheets'} --smallest 96".split()) == 0
    figures = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = {f["name"]: f for f in figures}
    assert {"found, all", "pictures with a false alarm", "drawings with a false alarm"} <= set(
        names
    )
    assert names["drawings with a false alarm"]["n"] == 3
    assert checkpoint.read_header(export / checkpoint.FILE)["metrics"] == figures
    assert sorted(p.name for p in (tmp_path / "sheets").iterdir()) == [
        "drawings.png",
        "photographs.png",
        "pictures.png",
    ]


def test_every_weight_is_trained_and_the_average_follows(config):
    recipe = FaceFinderRecipe(config)
    before = {k: v.detach().clone() for k, v in recipe.network.named_parameters()}
    for step in range(3):
        figures = recipe.step(step, 0.1)
        assert set(figures) == {"heat", "side", "points"}
        assert all(np.isfinite(value) for value in figures.values())
    for key, parameter in recipe.network.named_parameters():
        assert not torch.equal(parameter, before[key]), key
        assert not torch.equal(recipe.averaged.get_parameter(key), before[key]), key


def test_batches_depend_on_their_seed_alone(config):
    maker = FaceFinderRecipe(config).maker
    one, other, last = (batch(maker, seed, 4, 64) for seed in (1, 1, 2))
    assert torch.equal(one[0], other[0]) and torch.equal(one[1].heat, other[1].heat)
    assert not torch.equal(one[0], last[0])
    assert one[0].shape == (4, 3, 64, 64) and one[0].min() >= -1 and one[0].max() <= 1
    kinds = [training_scene(maker, np.random.default_rng(k), 64) for k in range(60)]
    counts = [len(scene.points) for scene in kinds]
    assert 0 in counts and max(counts) >= 2


def test_a_resumed_run_is_the_run(config, tmp_path):
    schedule = Schedule(steps=4, log_every=1, evaluate_every=4, save_every=2)
    whole = FaceFinderRecipe(config)
    fit(whole, schedule, tmp_path / "whole", config)
    done = iter([False, False, True])
    fit(FaceFinderRecipe(config), schedule, tmp_path / "parts", config, stop=lambda: next(done))
    again = FaceFinderRecipe(config)
    fit(again, schedule, tmp_path / "parts", config)
    for name, module in whole.modules.items():
        for key, value in module.state_dict().items():
            assert torch.equal(value, again.modules[name].state_dict()[key]), (name, key)


@pytest.mark.slow
def test_it_learns_one_batch(config):
    recipe = FaceFinderRecipe(
        changed(config, stem=8, widths=(12, 16, 24, 24), pyramid=16, batch=8, ema=0.9)
    )
    pictures, wanted, scenes = batch(recipe.maker, 5, 8, 64)
    optimiser = torch.optim.AdamW(recipe.network.parameters(), lr=3e-3)
    for _ in range(250):
        losses = losses_of(*recipe.network(pictures), wanted)
        loss = losses["heat"] + 8 * losses["points"] + 0.5 * losses["side"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses["heat"] < 0.2 and losses["points"] < 0.02


def test_presets_construct_and_mistakes_are_said(config):
    for preset in PRESETS.values():
        assert build(Config, dict(data="x", **preset)).model.widths == (24, 48, 80, 128)
    for wrong in ({"size": 60}, {"held_out": 0}):
        with pytest.raises(ValueError):
            changed(config, **wrong)
    with pytest.raises(ValueError, match="backgrounds"):
        FaceFinderRecipe(changed(config, backgrounds=""))
    for field in settings(Config):
        assert field.metadata["help"]
