"""Figures of the doodle generator where the right answer is known, and the command."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from generated import write_set
from torch import nn

from doodle import checkpoint
from doodle.evaluation import dccgan
from doodle.evaluation.dccgan import Config, Evaluation
from doodle.evaluation.dccgan_pictures import Pictures, kin
from doodle.models import resolve

TABLE = ("apple", "cat", "eyeglasses", "moon")  # the words of the tiny table
NAMES = ("apple", "cat", "eyeglasses", "axe", "bed", "bus", "cow", "ant", "ball", "moon")
KIN = {9: [8, 1]}  # the moon is like a ball


class Eyes(nn.Module):
    """Sees mean ink in 16 fields; the k-th field is what the k-th word looks like."""

    temperature = torch.tensor(0.05)

    def features(self, ink):
        return nn.functional.adaptive_avg_pool2d(ink, 4).flatten(1)

    def classify(self, features):
        return features[:, : len(NAMES)]


def drawings(category, rng):
    """(N, 28, 28) uint8: the field of the word, full; in the others, the less the later."""
    pixels = rng.integers(0, 60, size=(len(category), 28, 28), dtype=np.uint8)
    for picture, word in zip(pixels, category, strict=True):
        for field in range(16):
            y, x = 7 * (field // 4), 7 * (field % 4)
            picture[y : y + 7, x : x + 7] += np.uint8(8 * (16 - field))
            if field == word:
                picture[y : y + 7, x : x + 7] = 250
    return pixels


@pytest.fixture(scope="module")
def real():
    category = np.repeat(np.arange(len(NAMES)), 60)
    split = np.tile(np.repeat([0, 1, 2], [44, 10, 6]), len(NAMES))
    return Pictures(drawings(category, np.random.default_rng(0)), category, split)


def measured(real, draw, *, classifier=None, unseen=("moon",), **options):
    """Name -> value of all figures."""
    config = Config(data="", samples=8, references=20, **options)
    evaluation = Evaluation(config, Eyes(), NAMES, unseen, KIN if unseen else {})
    figures = evaluation.measure(draw, real, classifier)
    assert all(set(f) == {"name", "value", "n", "split"} for f in figures)
    json.dumps(figures, allow_nan=False)
    return {f["name"]: f["value"] for f in figures}


def fresh(words, rank, shown=None):
    """New drawings of each word, or of what ``shown`` says that it looks like."""
    rows = [NAMES.index((shown or {}).get(word, word)) for word in words]
    rng = np.random.default_rng([*rows, rank])
    return drawings(np.repeat(rows, 8), rng).reshape(len(rows), 8, 28, 28)


def test_good_drawings_score_as_real_ones_do(real):
    found = measured(real, fresh)
    for group in ("trained words", "unseen words"):
        for kind in ("unranked", "ranked", "held-out drawings"):
            assert found[f"top-1, {group}, {kind}"] == 1
        for what in ("features", "blurred pixels"):
            ratio = found[f"diversity beside real drawings' ({what}), {group}, unranked"]
            assert ratio == pytest.approx(1, abs=0.15)
    for what in ("pixels", "features"):
        share = f"nearer to a training drawing than 99 % of held-out ones are ({what})"
        assert found[f"{share}, trained words"] < 0.25
        near = f"distance to the nearest training drawing, median ({what}), trained words"
        assert found[f"{near}, unranked"] == pytest.approx(
            found[f"{near}, held-out drawings"], rel=0.3
        )
    far = "Fréchet distance of features to held-out drawings, trained words"
    assert found[f"{far}, unranked"] == pytest.approx(found[f"{far}, training drawings"], rel=0.5)


def test_the_wrong_thing_is_not_named(real):
    wrong = {"apple": "cat", "moon": "ball"}
    found = measured(real, lambda words, rank: fresh(words, rank, None if rank else wrong))
    assert found["top-1, trained words, unranked"] == pytest.approx(8 / 9, abs=1e-4)
    assert found["top-1, trained words, ranked"] == 1
    assert found["top-5, trained words, unranked"] == 1  # the first four are always near
    assert found["top-1, unseen words, unranked"] == found["top-5, unseen words, unranked"] == 0
    name = "itself or its nearest trained word among the first five, unseen words, unranked"
    assert found[name] == 1  # the ball
    rows = found["Top-1 by word (unranked, ranked, held-out drawings)"]
    assert {row[0]: row[1:] for row in rows}["moon"] == ["0%", "100%", "100%"]
    assert found["Worst words (mean chance of the word, unranked)"][0][0] == "moon"
    assert found["Best words (mean chance of the word, unranked)"][-1][0] == "moon"
    wrong["moon"] = "cow"
    assert measured(real, lambda words, rank: fresh(words, rank, wrong))[name] == 0


def test_one_drawing_over_and_over_has_no_variety(real):
    found = measured(real, lambda words, rank: fresh(words, rank)[:, :1].repeat(8, axis=1))
    assert found["diversity beside real drawings' (features), trained words, unranked"] == 0
    far = "Fréchet distance of features to held-out drawings, trained words"
    assert found[f"{far}, unranked"] > found[f"{far}, training drawings"]


def test_copies_of_training_drawings_are_found_out(real):
    def copy(words, rank):
        rows = [
            np.flatnonzero((real.category == NAMES.index(w)) & (real.split == 0))[:8] for w in words
        ]
        return real.pixels[np.stack(rows)]

    found = measured(real, copy, unseen=())
    name = "distance to the nearest training drawing, median (pixels), trained words, unranked"
    assert found[name] < 0.02
    share = "nearer to a training drawing than 99 % of held-out ones are (pixels), trained words"
    assert found[share] == 1
    assert not any("unseen" in name for name in found)
    # the family of an unseen word is that of its kin: its own drawings were not trained on
    found = measured(real, copy)
    assert found[name.replace("trained words", "unseen words")] > 1


def test_held_out_drawings_are_those_of_test_before_valid(real):
    evaluation = Evaluation(Config(data="", samples=8, references=20), Eyes(), NAMES, (), {})
    held, train = evaluation._choose(real)
    assert len(held) == 10 * 8 and len(train) == 10 * 20 and not real.split[train].any()
    for word in range(10):
        split = real.split[held][real.category[held] == word]
        assert sorted(split) == [1, 1, 2, 2, 2, 2, 2, 2]


def test_a_word_of_which_nothing_was_held_out_is_measured_without(real):
    kept = (real.category != 0) | (real.split == 0)
    found = measured(real.pick(np.flatnonzero(kept)), fresh)
    assert found["top-1, trained words, held-out drawings"] == 1
    assert found["Top-1 by word (unranked, ranked, held-out drawings)"][0][3] == "-"


def test_an_independent_classifier_is_asked_about_a_few_of_each_word(real):
    asked = []

    def classifier(pictures):
        asked.append(pictures)
        return np.tile(np.eye(10)[1], (len(pictures), 1))  # everything is a cat

    found = measured(real, fresh, classifier=classifier, classified=3)
    assert [len(p) for p in asked] == [30] * 3 and all(p.dtype == np.uint8 for p in asked)
    name = "top-1 by an independent classifier, trained words, unranked"
    assert found[name] == pytest.approx(1 / 9, abs=1e-4)
    assert found[name.replace("trained", "unseen")] == 0


def test_larger_doodles_are_made_as_small_as_real_ones(real):
    def large(words, rank):
        return fresh(words, rank).repeat(2, axis=2).repeat(2, axis=3)

    assert measured(real, large)["top-1, trained words, ranked"] == 1


def test_kin_are_trained_words_nearest_once_the_mean_is_gone():
    torch.manual_seed(0)
    config_class, module_class = resolve("word_table")
    words = module_class(config_class.tiny()).eval()
    shift = torch.zeros(512)
    shift[0] = 1
    rows = torch.zeros(5, 512)
    # apple, cat, glasses, swim wear, moon: a cone around the shift
    for row, (x, y) in enumerate([(0.3, 0.0), (-0.3, 0.0), (0.0, 0.3), (0, 0), (0.2, 0.1)]):
        rows[row, 1], rows[row, 2] = x, y
    words.vectors.copy_(nn.functional.normalize(rows + shift, dim=1))
    words.mean.copy_(words.vectors.float().mean(dim=0))
    assert kin(words, list(TABLE), ["moon"]) == {3: [0, 2, 1]}
    assert kin(words, list(TABLE), ["moon", "apple"]) == {0: [2, 1], 3: [2, 1]}


def test_the_command_writes_its_figures(tmp_path, tiny_checkpoints, capsys):
    root = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    data = write_set(tmp_path / "data", TABLE, count=60)
    config_class, module_class = resolve("dccgan")
    torch.manual_seed(0)
    config = config_class.tiny()
    checkpoint.save(
        root / "dccgan" / checkpoint.FILE,
        module_class(config),
        model="dccgan",
        config=config,
        licence="MIT",
        attribution="nobody",
        data={"categories": list(TABLE[:3]), "unseen": ["moon"]},
    )
    dccgan.main(
        Config(
            data=str(data),
            samples=2,
            references=4,
            classified=1,
            checkpoint=str(root / "dccgan"),
            vocabulary=str(root / "words"),
            recogniser=str(root / "recogniser"),
            stroke_classifier=str(root / "stroke_classifier"),
        )
    )
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert checkpoint.read_header(root / "dccgan" / checkpoint.FILE)["metrics"] == printed
    named = {figure["name"]: figure["value"] for figure in printed}
    for group in ("all words", "trained words", "unseen words"):
        assert 0 <= named[f"top-1, {group}, ranked"] <= named[f"top-5, {group}, ranked"] <= 1
    index = json.loads((root / checkpoint.INDEX).read_text())["dccgan"]
    checkpoint.load(root / "dccgan" / checkpoint.FILE, sha256=index["sha256"])
