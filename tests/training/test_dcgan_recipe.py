"""The recipe of the DCGAN: from its command, resumed, in both losses, and its pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from generated import write_set
from PIL import Image

from doodle import checkpoint
from doodle.cli import main
from doodle.strokes.raster import quickdraw_bitmap
from doodle.training import dcgan
from doodle.training.loop import Schedule, fit
from doodle.training.settings import build, changed, settings


@pytest.fixture
def config(tmp_path):
    data = write_set(tmp_path / "data", ("apple", "cat"), count=200)
    return build(
        dcgan.Config,
        dict(
            data=str(data),
            category="cat",
            out=str(tmp_path / "run"),
            width=4,
            z_size=6,
            batch=8,
            steps=4,
            evaluate_every=2,
            device="cpu",
        ),
    )


@pytest.mark.parametrize("options", [["--size", "28"], ["--size", "64", "--loss", "wgan-gp"]])
def test_the_command_trains_films_and_exports(config, tmp_path, options, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export = tmp_path / "checkpoints" / "dcgan-cat"
    command = [
        "train",
        "dcgan",
        "--preset",
        "cpu",
        "--category",
        "cat",
        "--data",
        config.run.data,
        "--steps",
        "2",
        "--evaluate-every",
        "1",
        "--width",
        "4",
        "--batch",
        "4",
        "--z-size",
        "6",
        "--device",
        "cpu",
        "--export",
        str(export),
        *options,
    ]
    assert main(command) == 0
    size = int(options[1])
    run = tmp_path / "runs" / f"dcgan-cat-{size}-{'wgan-gp' if 'wgan-gp' in options else 'bce'}"
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "valid" in line] == [1, 2]
    assert all(np.isfinite(value) for line in lines for value in line["valid"].values())
    assert (run / "losses.png").exists() and (export / "drawings.png").exists()
    with Image.open(run / "training.gif") as film:
        assert film.n_frames == 2
    network, header = checkpoint.load(export / checkpoint.FILE)
    assert header["data"]["categories"] == ["cat"] and header["pixels"]["size"] == size
    assert network(torch.randn(2, 6)).shape == (2, 1, size, size)
    assert checkpoint.verify(export / checkpoint.FILE) < 1e-4


@pytest.mark.parametrize("loss", ["bce", "wgan-gp"])
def test_resumed_is_uninterrupted(config, tmp_path, loss):
    config = changed(config, loss=loss, critic_steps=2)
    schedule = Schedule(steps=4, save_every=2, evaluate_every=3)
    whole, broken, resumed = (dcgan.DcganRecipe(config) for _ in range(3))
    before = {k: v.clone() for k, v in whole.modules["discriminator"].state_dict().items()}
    fit(whole, schedule, tmp_path / "whole", config)
    stops = iter([False, False, True])
    fit(broken, schedule, tmp_path / "broken", config, stop=lambda: next(stops))
    fit(resumed, schedule, tmp_path / "broken", config)
    for name, module in whole.modules.items():
        for key, value in module.state_dict().items():
            assert torch.equal(value, resumed.modules[name].state_dict()[key]), (name, key)
    moved = whole.modules["discriminator"].state_dict()
    assert all(not torch.equal(moved[k], v) for k, v in before.items() if k.endswith("weight"))


def test_a_step_moves_both_networks_and_the_average(config):
    recipe = dcgan.DcganRecipe(config)
    start = {
        name: {k: v.clone() for k, v in module.state_dict().items()}
        for name, module in recipe.modules.items()
    }
    figures = recipe.step(0, 0.0)
    assert 0 < figures["D(real)"] < 1 and 0 < figures["D(drawn)"] < 1
    for name, module in recipe.modules.items():
        for key, parameter in module.named_parameters():
            assert not torch.equal(parameter, start[name][key]), (name, key)
            assert name == "ema" or parameter.requires_grad


def test_real_pictures_have_the_range_of_tanh(config):
    recipe = dcgan.DcganRecipe(config)
    batch = recipe.real(np.random.default_rng(0))
    assert batch.shape == (8, 1, 28, 28) and -1 <= batch.min() < -0.9 < 0.9 < batch.max() <= 1
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert np.array_equal(dcgan.to_pixels(dcgan.to_range(pixels)), pixels)


def test_held_out_drawings_are_not_trained_on(config):
    recipe = dcgan.DcganRecipe(config)
    train = {picture.tobytes() for picture in recipe.train_pixels}
    assert len(recipe.held_pixels) >= dcgan.LEAST
    assert not train & {picture.tobytes() for picture in recipe.held_pixels}


def test_a_category_without_bitmaps_is_drawn_from_its_strokes(config, tmp_path):
    (tmp_path / "data" / "bitmaps" / "cat.npz").unlink()
    pixels, split = dcgan.load_pictures(tmp_path / "data", "cat", 28)
    assert pixels.shape == (200, 28, 28) and len(split) == 200
    pixels, _ = dcgan.load_pictures(tmp_path / "data", "cat", 64)
    assert pixels.shape == (400, 64, 64)
    for kind in ("real", "traced"):
        (tmp_path / "data" / kind / "apple.npz").unlink()
    assert len(dcgan.load_pictures(tmp_path / "data", "apple", 28)[0]) == 200


def test_what_cannot_be_trained_on_is_named(config, tmp_path, capsys):
    command = ["train", "dcgan", "--data", config.run.data, "--category"]
    assert main([*command, "unicorn"]) == 2
    assert "no drawings of 'unicorn'" in capsys.readouterr().err
    write_set(tmp_path / "few", ("cat",), count=3)
    with pytest.raises(ValueError, match="too few drawings"):
        dcgan.DcganRecipe(changed(config, data=str(tmp_path / "few")))
    with pytest.raises(ValueError, match="batch"):
        changed(config, batch=1)


def test_moving_keeps_the_ink_and_is_differentiable():
    lines = [np.array([[60.0, 60.0], [180.0, 90.0], [90.0, 190.0]])]
    ink = quickdraw_bitmap(lines)[None]
    ink[:, :3], ink[:, -3:], ink[:, :, :3], ink[:, :, -3:] = 0, 0, 0, 0
    pictures = dcgan.to_range(ink).repeat(64, 1, 1, 1).requires_grad_()
    torch.manual_seed(0)
    shown = dcgan.moved(pictures, 2)
    total = shown.sum(dim=(1, 2, 3))
    torch.testing.assert_close(total, total[:1].expand(64), atol=1e-2, rtol=0)
    x = torch.arange(28.0)
    for axis in (1, 2):  # down each column, along each row
        weight = (shown.detach() + 1)[:, 0].sum(dim=axis)
        middle = (weight * x).sum(dim=1) / weight.sum(dim=1)
        own = (pictures.detach()[0, 0] + 1).sum(dim=axis - 1)
        own = float((own * x).sum() / own.sum())
        offsets = {round(float(m), 2) + 0.0 for m in middle - own}
        mirrored = {round(float(m), 2) + 0.0 for m in middle - (27 - own)}
        assert {-2.0, -1.0, 0.0, 1.0, 2.0} <= offsets
        assert ({-2.0, 2.0} <= mirrored) == (axis == 1)
    shown.sum().backward()
    assert pictures.grad.sum() > 0


@pytest.mark.slow
def test_it_learns_a_single_drawing_by_heart(config):
    recipe = dcgan.DcganRecipe(changed(config, width=16, batch=16, augment=False, ema=0.9))
    picture = quickdraw_bitmap([np.array([[0.0, 0], [255, 0], [255, 255], [0, 255], [0, 0]])])
    recipe.train_pixels = recipe.held_pixels = np.repeat(picture[None], 16, axis=0)
    before = np.abs(recipe.draw(16).astype(float) - picture).mean()
    for step in range(300):
        recipe.step(step, 0.0)
    after = np.abs(recipe.draw(16).astype(float) - picture).mean()
    assert after < 12 < 60 < before


def test_presets_construct_and_every_option_has_help():
    for values in dcgan.PRESETS.values():
        assert build(dcgan.Config, dict(data="x", **values)).run.steps > 0
    assert all(f.metadata["help"] for f in settings(dcgan.Config))
