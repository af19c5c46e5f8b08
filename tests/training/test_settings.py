"""Settings of runs: nested or flat, what is recorded, commands that train it again, old folders."""

from __future__ import annotations

import json
import shlex
import shutil
from importlib import import_module

import pytest
import torch

from doodle import checkpoint
from doodle.cli import main
from doodle.commands.recipes import RECIPES, current_name, read_config
from doodle.training import sketch_rnn
from doodle.training.loop import Schedule, fit
from doodle.training.settings import (
    Run,
    build,
    changed,
    command,
    differences,
    flat,
    overrides,
    resolved,
    settings,
)

TRAINED = [name for name in RECIPES if name != "words"]  # which solves equations instead
OPTIONS = {
    "sketch_rnn": "--preset cpu-on --minutes 125 --learning-rate 6e-4 --recorded 8 --seed 6 "
    "--start checkpoints/sketch_rnn --data ../data --out runs/six --export folder",
    "recogniser": "--preset gpu --data d --widths 8 16 --vocabulary /elsewhere/words --device cpu",
    "stroke_classifier": "--preset gpu --data d --smoothing 0",
    "writing_detector": "--data d --word-count 500 --doubt 0",
    "dcgan": "--preset cpu --data d --category 'ice cream' --size 64 --loss wgan-gp --no-augment",
    "dccgan": "--preset original --data d --discriminator-rate 1e-4",
    "completion_gan": "--preset gpu --data d --start '' --overlap 2 --begun-widths 8 16 24",
    "chimera": "--preset gpu-modes --data animals.npz --start checkpoints/chimera --no-inside "
    "--backbone installed --workers 3",
    "face_scorer": "--preset gpu --data d --steps 900 --widths 8 16 --text-noise 0.2",
    "face_directions": "--preset gpu --data d --scorer /elsewhere/scorer --length 20 --beta 0.2",
    "faces": "--preset gpu --data d --start checkpoints/faces --no-diff-augment --l1-weight 2",
    "face_finder": "--preset cpu --data d --backgrounds b --drawings /elsewhere/q --widths 4 4 6 8",
}


def module_of(name):
    return import_module(f"doodle.training.{name}")


def presets_of(name):
    return getattr(module_of(name), "PRESETS", {})


def read(name, text):
    return read_config(module_of(name), shlex.split(text))


@pytest.mark.parametrize("name", TRAINED)
def test_the_recorded_command_gives_the_same_config(name):
    assert set(OPTIONS) == set(TRAINED)
    config = read(name, OPTIONS[name])
    words = shlex.split(command(name, config, presets_of(name)))
    assert words[:5] == ["python", "-m", "doodle", "train", name]
    again = read_config(module_of(name), words[5:])
    assert resolved(again) == resolved(config) and again.run.preset == config.run.preset
    assert command(name, again, presets_of(name)) == shlex.join(words)


@pytest.mark.parametrize("name", TRAINED)
def test_every_preset_is_named_by_its_command(name):
    for preset in presets_of(name):
        config = read(name, f"--preset {preset} --data d")
        words = ["python", "-m", "doodle", "train", name, "--preset", preset, "--data", "d"]
        assert command(name, config, presets_of(name)) == shlex.join(words)


def test_a_command_tells_inputs_and_leaves_outputs_and_the_machine_out():
    config = read("sketch_rnn", OPTIONS["sketch_rnn"])
    given = overrides(config, sketch_rnn.PRESETS)
    assert given == {
        "data": "DATA",  # it lies above the current folder
        "seed": 6,
        "minutes": 125.0,
        "learning_rate": 6e-4,
        "recorded": 8.0,
        "start": "checkpoints/sketch_rnn",
    }
    chimera = overrides(read("chimera", OPTIONS["chimera"]), presets_of("chimera"))
    assert chimera["inside"] is False and not {"workers", "backbone"} & chimera.keys()
    assert "VOCABULARY" in command("recogniser", read("recogniser", OPTIONS["recogniser"]), {})


def test_every_recipe_shares_one_run_and_says_what_each_setting_is():
    for name in TRAINED:
        config = module_of(name).Config
        found = {setting.name: setting for setting in settings(config)}
        assert len(found) == len(settings(config)), "a name twice"
        assert set(found) >= {part.name for part in settings(Run)}
        assert all(setting.metadata["help"] for setting in found.values()), name
        for setting in found.values():
            assert setting.metadata.get("path", "input") in ("input", "checkpoint", "output")


def test_nested_and_flat_are_one():
    config = build(sketch_rnn.Config, {"data": "d", "hidden": 16, "seed": 3})
    assert (config.run.data, config.run.seed, config.run.batch, config.hidden) == ("d", 3, 256, 16)
    assert build(sketch_rnn.Config, flat(config)) == config
    assert changed(config, steps=7).run.steps == 7 and changed(config, hidden=8).hidden == 8
    with pytest.raises(TypeError, match="nothing"):
        build(sketch_rnn.Config, {"data": "d", "nothing": 1})
    with pytest.raises(TypeError, match="data"):
        build(sketch_rnn.Config, {})
    with pytest.raises(ValueError, match="at least 1"):
        build(sketch_rnn.Config, {"data": "d", "steps": 0})


# config.json of a run folder from before settings were nested
OLD = """{
 "data": "../shared/data/quickdraw", "words": "checkpoints/words/model.safetensors",
 "out": "runs/sketch_rnn_6", "export": "", "seed": 6, "steps": 24000, "minutes": 125.0,
 "batch": 256, "hidden": 768, "learning_rate": 0.0006, "z_share": 0.25, "kl": 1.0, "kl_min": 0.2,
 "recurrent_dropout": 0.0, "core_share": 0.25, "recorded": 8.0, "varied": 0.5,
 "start": "runs/eval/four", "ema": 0.999, "evaluate_every": 1000, "device": "auto"
}"""
ITS_COMMAND = (
    "--preset cpu-on --minutes 125 --learning-rate 6e-4 --recorded 8 --data ../shared/data"
    " --start runs/eval/four --seed 6 --out runs/sketch_rnn_6 --export FOLDER"
)


class Counter:
    """A recipe of one weight that counts steps."""

    def __init__(self):
        self.network = torch.nn.Linear(1, 1)
        self.modules, self.optimisers = {"network": self.network}, {}

    def step(self, step, progress):
        with torch.no_grad():
            self.network.weight.fill_(step)
        return {"step": float(step)}

    def evaluate(self):
        return {}

    def sheet(self, path):
        pass


def test_a_run_folder_of_the_flat_configs_is_resumed(tmp_path, capsys):
    config = read("sketch_rnn", ITS_COMMAND)
    assert differences(config, json.loads(OLD)) == {}
    schedule = Schedule(steps=4, save_every=2, evaluate_every=100)
    stops = iter([False, False, True])
    fit(Counter(), schedule, tmp_path, config, stop=lambda: next(stops))
    (tmp_path / "config.json").write_text(OLD)
    capsys.readouterr()
    resumed = Counter()
    fit(resumed, schedule, tmp_path, config)
    assert resumed.network.weight.item() == 3 and "another" not in capsys.readouterr().err
    stored = json.loads((tmp_path / "config.json").read_text())
    assert stored == json.loads(json.dumps(flat(config))) and stored["preset"] == "cpu-on"


def test_resuming_says_which_settings_are_others_now(tmp_path, capsys):
    schedule = Schedule(steps=4, save_every=2, evaluate_every=100)
    config = build(sketch_rnn.Config, {"data": "d", "seed": 1})
    stops = iter([False, False, True])
    fit(Counter(), schedule, tmp_path, config, stop=lambda: next(stops))
    fit(Counter(), schedule, tmp_path, changed(config, kl=0.5, device="cpu", data="elsewhere"))
    said = [line for line in capsys.readouterr().err.splitlines() if "resumed" in line]
    assert said == ["resumed at step 2 with another kl: 0.25 -> 0.5"]


def test_settings_are_known_by_their_former_names():
    config = read("dccgan", "--data d --free-nats 16")
    assert differences(config, {"nats": 32.0, "judge_rate": 4e-4}) == {"free_nats": (32.0, 16.0)}
    assert differences(config, {"widths": [192, 96, 48]}) == {}


def test_a_header_is_corrected_from_the_settings_it_states(tmp_path, tiny_checkpoints, capsys):
    root = shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    path, parent = root / "sketch_rnn" / checkpoint.FILE, root / "recogniser"
    config = read("sketch_rnn", "--preset cpu-on --data d --seed 4 --minutes 20")
    wrong = {"recipe": "sketch_rnn", "config": resolved(config), "command": "wrong", "steps": 7}
    checkpoint.update_header(path, training=wrong)
    before = checkpoint.weights_sha256(path)
    asked = ["models", "record", "sketch_rnn", "--checkpoints", str(root)]
    assert main([*asked, "--preset", "cpu-on", "--start", str(parent)]) == 0
    assert checkpoint.weights_sha256(path) == before
    training = checkpoint.read_header(path)["training"]
    assert training["command"] == (
        "python -m doodle train sketch_rnn --preset cpu-on --data DATA --seed 4 --minutes 20.0 "
        "--start START"
    )
    assert training["steps"] == 7 and training["config"] == wrong["config"]
    assert training["parent"]["name"] == "recogniser"
    assert training["parent"]["sha256"] == checkpoint.sha256_of(parent / checkpoint.FILE)
    index = json.loads((root / checkpoint.INDEX).read_text())["sketch_rnn"]
    assert index["sha256"] == checkpoint.sha256_of(path) and index["source"] == training["command"]
    assert main([*asked, "--preset", "nothing"]) == 2
    assert "no preset" in capsys.readouterr().err


def test_the_shipped_headers_name_commands_that_can_be_parsed(repository):
    for name in json.loads((repository / "checkpoints" / checkpoint.INDEX).read_text()):
        header = checkpoint.read_header(repository / "checkpoints" / name / checkpoint.FILE)
        words = shlex.split(header["training"]["command"])
        assert words[:4] == ["python", "-m", "doodle", "train"]
        assert current_name(words[4]) in RECIPES


def test_weights_have_a_digest_that_figures_leave_alone(tmp_path, tiny_checkpoints):
    path = shutil.copy(tiny_checkpoints / "words" / checkpoint.FILE, tmp_path / checkpoint.FILE)
    before = checkpoint.sha256_of(path), checkpoint.weights_sha256(path)
    checkpoint.set_metrics(path, [{"name": "a", "value": 1.0, "n": 1, "split": "test"}])
    assert checkpoint.sha256_of(path) != before[0] and checkpoint.weights_sha256(path) == before[1]
