"""The preset `original`: from its commands, resumed, what its discriminator is taught."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from generated import write_set
from PIL import Image

from doodle import checkpoint
from doodle.cli import main
from doodle.models.dcgan import TextDcgan, TextDcganConfig
from doodle.training.dccgan import PRESETS, Config
from doodle.training.loop import Schedule, fit
from doodle.training.settings import build, changed
from doodle.training.text_dcgan import TextDcganRecipe

WORDS = ("apple", "cat", "eyeglasses", "moon")
NEEDS = ("words", "recogniser")
FLAGS = {"words": "vocabulary", "recogniser": "recogniser"}


@pytest.fixture
def data(tmp_path) -> Path:
    return write_set(tmp_path / "data", WORDS, count=60)


@pytest.fixture
def config(data, tiny_checkpoints) -> Config:
    needs = {FLAGS[need]: str(tiny_checkpoints / need) for need in NEEDS}
    return build(
        Config,
        dict(
            **PRESETS["original"]
            | needs
            | {
                "data": str(data),
                "widths": (8, 4),
                "z_size": 4,
                "unseen": 0,
                "batch": 8,
                "device": "cpu",
            }
        ),
    )


def test_its_commands_train_imagine_and_evaluate(data, tmp_path, tiny_checkpoints, capsys):
    root = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    needs = [part for need in NEEDS for part in (f"--{FLAGS[need]}", str(root / need))]
    run = tmp_path / "run"
    main(
        [
            "train",
            "dccgan",
            "--preset",
            "original",
            "--data",
            str(data),
            "--widths",
            "8",
            "4",
            "--unseen",
            "0",
            "--batch",
            "8",
            "--steps",
            "2",
            "--evaluate-every",
            "2",
            "--device",
            "cpu",
            "--out",
            str(run),
            "--export",
            str(root / "dccgan"),
            *needs,
        ]
    )
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert "trained top-1" in lines[-1]["valid"] and (run / "losses.png").exists()
    path = root / "dccgan" / checkpoint.FILE
    network, header = checkpoint.load(path)
    assert isinstance(network, TextDcgan) and network.text_mean.any()
    assert header["data"] == header["data"] | {"categories": list(WORDS), "unseen": []}
    assert "--preset original" in header["training"]["command"]
    assert checkpoint.verify(path) < 1e-4
    capsys.readouterr()
    main(
        [
            "imagine",
            "cat",
            "--n",
            "3",
            "--out",
            str(tmp_path / "doodles"),
            "--json",
            "--checkpoints",
            str(root),
        ]
    )
    found = json.loads(capsys.readouterr().out)
    assert len(found["drawn_like"]) == 3 and all(0 < x < 1 for x in found["drawn_like"])
    assert Image.open(tmp_path / "doodles" / "02.png").size == (28, 28)
    main(
        [
            "evaluate",
            "dccgan",
            "--data",
            str(data),
            "--checkpoint",
            str(path.parent),
            "--samples",
            "2",
            "--references",
            "4",
            "--classified",
            "1",
            "--vocabulary",
            str(root / "words"),
            "--recogniser",
            str(root / "recogniser"),
            "--stroke-classifier",
            "",
        ]
    )
    assert checkpoint.read_header(path)["metrics"][0]["name"].startswith("top-1, trained words")


def test_resumed_is_uninterrupted(config, tmp_path):
    schedule = Schedule(steps=4, save_every=2, evaluate_every=2)
    whole, broken, resumed = (TextDcganRecipe(config) for _ in range(3))
    started = {k: v.clone() for k, v in whole.network.state_dict().items()}
    fit(whole, schedule, tmp_path / "whole", config)
    stops = iter([False, False, True])
    fit(broken, schedule, tmp_path / "broken", config, stop=lambda: next(stops))
    fit(resumed, schedule, tmp_path / "broken", config)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name
        if not name.endswith("text_mean"):
            assert not torch.equal(value, started[name]), name


def test_wrong_words_are_other_trained_words(config, tmp_path):
    data = write_set(tmp_path / "three", ("apple", "cat", "moon"))  # no eyeglasses, the third name
    recipe = TextDcganRecipe(changed(config, data=str(data)))
    labels = np.repeat(recipe.seen, 50)
    others = recipe._others(labels, np.random.default_rng(0))
    assert recipe.seen == [0, 1, 3] and set(others) == {0, 1, 3}
    assert not (others == labels).any()
    pairs = {(int(a), int(b)) for a, b in zip(labels, others, strict=True)}
    assert len(pairs) == 6  # each with each other


def test_it_shows_its_discriminator_three_kinds_of_pairs(config, monkeypatch):
    recipe = TextDcganRecipe(config)
    scores, shown = recipe.network.discriminate, []
    monkeypatch.setattr(
        recipe.network, "discriminate", lambda *pair: shown.append(pair) or scores(*pair)
    )
    recipe.step(0, 0.0)
    (real, text), (same, other), (fake, wish), (again, _) = shown
    assert torch.equal(real, same) and not (text == other).all(dim=1).any()
    assert not torch.equal(real, fake) and torch.equal(text, wish)
    assert real.min() == -1 and real.max() > 0  # tanh's range
    assert not fake.requires_grad and again.requires_grad


def test_its_loss_by_hand(config):
    recipe = TextDcganRecipe(config)
    three, zero = torch.full((2,), math.log(3)), torch.zeros(2)
    # chances 3/4 for the drawings, 1/2 for the doodles, 3/4 for the wrong words
    loss = recipe._discriminator_loss({"right": three, "fake": zero, "wrong": three})
    assert float(loss) == pytest.approx(math.log(4 / 3) + (math.log(2) + math.log(4)) / 2)


def test_what_it_learns_of_two_words(config, monkeypatch):
    """One word is inked above, the other below: doodles and discriminator must keep them apart."""
    torch.manual_seed(0)
    recipe = TextDcganRecipe(
        changed(
            config, widths=(16, 8), batch=16, learning_rate=2e-3, discriminator_rate=2e-3, ema=0.9
        )
    )
    recipe.seen = recipe.seen[:2]

    def batch(count, rng):
        labels = rng.choice(recipe.seen, count)
        ink = np.zeros((count, 1, 28, 28), np.float32)
        for picture, label in zip(ink, labels, strict=True):
            top = 4 if label == recipe.seen[0] else 16
            picture[0, top : top + rng.integers(4, 9)] = 1
        return ink, labels.astype(np.int64)

    monkeypatch.setattr(type(recipe.doodles), "batch", lambda self, count, rng: batch(count, rng))
    for step in range(80):
        recipe.step(step, 0.0)
    upper, lower = recipe.samples(recipe.seen, 8).mean(dim=(1, 3)).split(8)  # (8, 28) of each
    assert (upper[:, :14].mean(dim=1) > upper[:, 14:].mean(dim=1) + 0.1).all()
    assert (lower[:, 14:].mean(dim=1) > lower[:, :14].mean(dim=1) + 0.1).all()
    shadow, network = (net.generator.state_dict() for net in recipe.modules.values())
    assert not torch.equal(
        shadow["body.1.running_mean"], network["body.1.running_mean"]
    )  # standing
    ink, labels = (torch.from_numpy(x) for x in batch(64, np.random.default_rng(1)))
    network, text = recipe.network.eval(), recipe.text
    right = network.discriminate(ink * 2 - 1, text[labels])
    wrong = network.discriminate(ink * 2 - 1, text[sum(recipe.seen) - labels])
    assert (right > wrong).float().mean() > 0.9


def test_drawn_like_is_the_discriminators_chance_and_each_picture_is_alone():
    torch.manual_seed(0)
    network = TextDcgan(TextDcganConfig.tiny()).eval()
    text = torch.nn.functional.normalize(torch.randn(5, 512), dim=1)
    network.text_mean.copy_(text.mean(dim=0))
    z = torch.randn(5, 6)
    pictures = network(z, text)
    torch.testing.assert_close(network(z[3:4], text[3:4]), pictures[3:4], atol=1e-5, rtol=0)
    assert not torch.allclose(network(z[:1], text[1:2]), pictures[:1])  # the text counts
    torch.testing.assert_close(network.centred(text).square().mean(dim=1), torch.ones(5))
    likeness = network.drawn_like((pictures + 1) / 2, [], text)
    expected = network.discriminate(pictures, network.centred(text)).sigmoid()
    torch.testing.assert_close(likeness, expected, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(network.drawn_like((pictures + 1) / 2, [], text.roll(1, 0)), likeness)


def test_what_does_not_fit_is_said(config, tmp_path):
    for extra in ({"variety": 1.0}, {"guidance": 0.1}, {"loss": "hinge"}, {"text_noise": 0.3}):
        with pytest.raises(ValueError, match="preset original"):
            changed(config, **extra)
    with pytest.raises(ValueError, match="such as 128 64; not 8 8"):
        TextDcganRecipe(changed(config, widths=(8, 8)))
    with pytest.raises(ValueError, match="at least two"):
        TextDcganRecipe(changed(config, data=str(write_set(tmp_path / "one", ("cat",)))))
