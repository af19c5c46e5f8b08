"""Every recipe: runs from its command, resumes bit for bit, learns one batch, exports."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from generated import write_set

from doodle import checkpoint
from doodle.training import completion_gan, dccgan, recogniser, sketch_rnn, stroke_classifier
from doodle.training.loop import Ema, Schedule, fit
from doodle.training.settings import build, changed, settings

RECIPES = {
    "sketch_rnn": sketch_rnn,
    "recogniser": recogniser,
    "stroke_classifier": stroke_classifier,
    "dccgan": dccgan,
    "completion_gan": completion_gan,
}
KINDS = {
    sketch_rnn.Config: sketch_rnn.SketchRecipe,
    recogniser.Config: recogniser.RecogniserRecipe,
    stroke_classifier.Config: stroke_classifier.StrokeClassifierRecipe,
    dccgan.Config: dccgan.DccganRecipe,
    completion_gan.Config: completion_gan.CompletionGanRecipe,
}
SMALL = {
    "sketch_rnn": {"hidden": 16},
    "recogniser": {"widths": (4, 4, 8, 8)},
    "stroke_classifier": {"hidden": 8},
    "dccgan": {"widths": (8, 4, 4), "z_size": 4, "unseen": 0, "shift": 1},
    "completion_gan": {
        "widths": (8, 4, 4),
        "begun_widths": (4, 4, 4),
        "z_size": 4,
        "unseen": 0,
        "start": "",
    },
}
NEEDS = {
    "sketch_rnn": ("words",),
    "recogniser": ("words",),
    "stroke_classifier": ("recogniser",),
    "dccgan": ("words", "recogniser"),
    "completion_gan": ("words", "recogniser"),
}

FLAGS = {"words": "vocabulary", "recogniser": "recogniser"}


@pytest.fixture
def config(request, tmp_path, tiny_checkpoints):
    """A recipe's config on generated data, small and quick."""
    name = request.param
    data = write_set(tmp_path / "data", ("apple", "cat", "eyeglasses", "moon"), count=100)
    needs = {FLAGS[need]: str(tiny_checkpoints / need) for need in NEEDS[name]}
    return build(
        RECIPES[name].Config,
        dict(
            data=str(data),
            out=str(tmp_path / "run"),
            steps=4,
            batch=8,
            evaluate_every=2,
            device="cpu",
            **needs,
            **SMALL[name],
        ),
    )


every = pytest.mark.parametrize("config", list(RECIPES), indirect=True)
both = pytest.mark.parametrize("config", ["sketch_rnn", "recogniser"], indirect=True)


def recipe_of(config):
    return next(m for m in RECIPES.values() if m.Config is type(config)), KINDS[type(config)]


@every
def test_it_trains_logs_plots_and_exports(config, tmp_path):
    module, _ = recipe_of(config)
    export = tmp_path / "checkpoints" / "model"
    module.main(changed(config, export=str(export)))
    run = tmp_path / "run"
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "valid" in line] == [2, 4]
    assert (run / "samples" / "0000002.png").exists() and (run / "losses.png").exists()
    network, header = checkpoint.load(export / checkpoint.FILE)
    assert header["training"]["steps"] == 4 and "CC BY 4.0" in header["attribution"]
    assert torch.isfinite(network.probe()).all()
    assert checkpoint.verify(export / checkpoint.FILE) < 1e-4


@every
def test_resumed_is_uninterrupted(config, tmp_path):
    module, kind = recipe_of(config)
    schedule = Schedule(steps=4, save_every=2, evaluate_every=100)
    whole = kind(config)
    fit(whole, schedule, tmp_path / "whole", config)
    broken = kind(config)
    stops = iter([False, False, True])
    fit(broken, schedule, tmp_path / "broken", config, stop=lambda: next(stops))
    resumed = kind(config)
    fit(resumed, schedule, tmp_path / "broken", config)
    for name, value in whole.modules["network"].state_dict().items():
        assert torch.equal(value, resumed.modules["network"].state_dict()[name]), name
    started = kind(config).modules["network"].state_dict()
    assert any(
        not torch.equal(v, started[k]) for k, v in whole.modules["network"].state_dict().items()
    )


@pytest.mark.slow
@both
def test_it_learns_one_batch_by_heart(config):
    _, kind = recipe_of(config)
    recipe = kind(
        changed(
            config,
            batch=16,
            **({"hidden": 96} if kind is sketch_rnn.SketchRecipe else {"widths": (16, 16, 32, 32)}),
        )
    )
    if kind is sketch_rnn.SketchRecipe:
        chosen = recipe.indices(0)
        recipe.indices = lambda step: chosen
    else:
        pictures = recipe.batch(0)
        recipe.batch = lambda seed: pictures
    figures = [recipe.step(500 + k, 0.0) for k in range(250)]
    if kind is sketch_rnn.SketchRecipe:
        assert figures[-1]["offset"] < figures[0]["offset"] - 0.3
        assert figures[-1]["pen"] < 0.55 * figures[0]["pen"]
    else:
        assert figures[-1]["right"] > 0.95


def test_shifting_moves_both_of_a_pair_and_loses_nothing_but_the_rim():
    torch.manual_seed(0)
    ink = torch.zeros(8, 1, 12, 12)
    ink[:, 0, 6, 6] = torch.arange(1.0, 9.0)
    moved = dccgan.shifted(ink, 3)
    assert moved.shape == ink.shape and moved.sum() == ink.sum()
    places = [(moved[k, 0] > 0).nonzero()[0].tolist() for k in range(8)]
    assert all(places[k] == places[k + 1] for k in range(0, 8, 2))
    assert len({tuple(place) for place in places}) > 2
    assert all(3 <= row <= 9 and 3 <= column <= 9 for row, column in places)


def test_too_little_data_is_said(tmp_path, tiny_checkpoints):
    words = str(tiny_checkpoints / "words" / checkpoint.FILE)
    data = write_set(tmp_path / "data", ("apple",), count=2)
    for module, kind in (
        (sketch_rnn, sketch_rnn.SketchRecipe),
        (recogniser, recogniser.RecogniserRecipe),
    ):
        with pytest.raises(ValueError, match="too few drawings"):
            kind(build(module.Config, dict(data=str(data), vocabulary=words, device="cpu")))


def test_presets_construct_and_every_option_has_help():
    for module in RECIPES.values():
        for name in module.PRESETS:
            assert build(module.Config, dict(data="x", **module.PRESETS[name])).run.steps > 0
        for field in settings(module.Config):
            assert field.metadata["help"]
    with pytest.raises(ValueError, match="share"):
        build(sketch_rnn.Config, dict(data="x", core_share=1.5))


def test_the_average_follows_the_weights():
    torch.manual_seed(0)
    network, shadow = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    ema = Ema(network, shadow, decay=0.9)
    start = network.weight.detach().clone()
    with torch.no_grad():
        network.weight += 1
    for step in range(200):
        ema.update(1000 + step)
    torch.testing.assert_close(shadow.weight, start + 1, atol=1e-4, rtol=0)


def test_calibration_makes_confidence_honest(config_for_calibration):
    recipe, logits, labels = config_for_calibration
    recipe.calibrate()
    network = recipe.modules["ema"]
    losses = [
        float(torch.nn.functional.cross_entropy(logits / t, labels))
        for t in (float(network.temperature), 0.5, 1.0, 2.0)
    ]
    assert losses[0] <= min(losses[1:]) + 1e-3
    assert 0 < float(network.unknown_below) < 1


@pytest.fixture
def config_for_calibration(tmp_path, tiny_checkpoints):
    """A recipe whose network is far too sure of itself."""
    data = write_set(tmp_path / "data", ("apple", "cat"), count=200)
    recipe = recogniser.RecogniserRecipe(
        build(
            recogniser.Config,
            dict(
                data=str(data),
                vocabulary=str(tiny_checkpoints / "words" / checkpoint.FILE),
                widths=(4, 4, 8, 8),
                device="cpu",
            ),
        )
    )
    network = recipe.modules["ema"]
    with torch.no_grad():
        network.classify.weight.mul_(40)
    from doodle.strokes.formats import from_stroke3
    from doodle.strokes.raster import quickdraw_bitmap

    drawings = [from_stroke3(recipe.sketches.drawing(i)) for i in recipe.valid_sketches]
    logits = recipe._logits(np.stack([quickdraw_bitmap(d) for d in drawings]))
    labels = torch.from_numpy(recipe.sketches.category[recipe.valid_sketches].astype(np.int64))
    return recipe, logits.detach(), labels


def test_sketch_rnn_goes_on_from_a_checkpoint_and_names_it(tmp_path, tiny_checkpoints):
    data = write_set(tmp_path / "data", ("apple", "cat", "eyeglasses", "moon"), count=100)
    start = tiny_checkpoints / "sketch_rnn"
    before, header = checkpoint.load(start / checkpoint.FILE)
    config = build(
        sketch_rnn.Config,
        dict(
            data=str(data),
            vocabulary=str(tiny_checkpoints / "words" / checkpoint.FILE),
            device="cpu",
            out=str(tmp_path / "run"),
            export=str(tmp_path / "out" / "sketch_rnn"),
            steps=2,
            batch=8,
            hidden=before.config.hidden,
            start=str(start),
            varied=0.5,
            recorded=4.0,
        ),
    )
    began = sketch_rnn.SketchRecipe(config)
    for name, value in before.state_dict().items():
        if name != "text_mean":
            torch.testing.assert_close(began.network.state_dict()[name], value.float())
    assert all(value.requires_grad for value in began.network.parameters())
    assert began.network.config.scale_factor == before.config.scale_factor
    sketch_rnn.main(config)
    training = checkpoint.read_header(tmp_path / "out" / "sketch_rnn" / checkpoint.FILE)["training"]
    assert training["parent"]["sha256"] == checkpoint.sha256_of(start / checkpoint.FILE)
    assert training["parent"]["training"] == header["training"]
    assert "--recorded 4.0 --varied 0.5 --start START" in training["command"]
    assert training["parent"]["name"] == "sketch_rnn" and training["preset"] == ""
    with pytest.raises(ValueError, match=f"--hidden {before.config.hidden}"):
        sketch_rnn.SketchRecipe(changed(config, hidden=99))
    with pytest.raises(ValueError, match="recorded"):
        changed(config, recorded=0.0)
