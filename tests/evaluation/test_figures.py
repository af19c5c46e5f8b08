"""The arithmetic of the figures, and the commands on generated data."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from generated import write_set

from doodle import checkpoint
from doodle.evaluation import recogniser, sketch_rnn, stroke_classifier


def test_calibration_error_by_hand():
    sure = np.array([[0.9, 0.1]] * 10)
    assert recogniser.calibration_error(sure, np.zeros(10, int)) == pytest.approx(0.1)
    assert recogniser.calibration_error(sure, np.array([0] * 9 + [1])) == pytest.approx(0, abs=1e-9)
    assert recogniser.calibration_error(sure, np.ones(10, int)) == pytest.approx(0.9)


def test_top_k_counts_what_is_likelier():
    chances = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    labels = np.array([1, 2])
    assert recogniser.top_k(chances, labels, 1).tolist() == [False, True]
    assert recogniser.top_k(chances, labels, 2).tolist() == [True, True]


@pytest.fixture
def root(tmp_path, tiny_checkpoints):
    shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    return tmp_path


CATEGORIES = ("apple", "cat", "eyeglasses", "moon")


def test_evaluate_recogniser_writes_its_figures_into_the_checkpoint(root, capsys, monkeypatch):
    data = write_set(root / "data", CATEGORIES, count=60)
    monkeypatch.setattr(recogniser, "FIVE", ("apple", "moon"))
    folder = root / "checkpoints" / "recogniser"
    before, _ = checkpoint.load(folder / checkpoint.FILE)
    recogniser.main(recogniser.Config(data=str(data), checkpoint=str(folder)))
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert checkpoint.read_header(folder / checkpoint.FILE)["metrics"] == printed
    named = {figure["name"]: figure for figure in printed}
    assert 0 <= named["top-1, official bitmaps"]["value"] <= 1
    index = json.loads((root / "checkpoints" / checkpoint.INDEX).read_text())["recogniser"]
    after, _ = checkpoint.load(folder / checkpoint.FILE, sha256=index["sha256"])
    assert before.probe().tolist() == after.probe().tolist()


def test_evaluate_stroke_classifier_sets_joined_beside_both_alone(root, capsys, monkeypatch):
    data = write_set(root / "data", CATEGORIES, count=60)
    monkeypatch.setattr(recogniser, "FIVE", ("apple", "moon"))
    folder = root / "checkpoints" / "stroke_classifier"
    network, _ = checkpoint.load(folder / checkpoint.FILE)
    stroke_classifier.main(
        stroke_classifier.Config(
            data=str(data),
            checkpoint=str(folder),
            recogniser=str(root / "checkpoints" / "recogniser"),
        )
    )
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert checkpoint.read_header(folder / checkpoint.FILE)["metrics"] == printed
    named = {figure["name"]: figure["value"] for figure in printed}
    for way in ("joined", "strokes alone", "picture alone"):
        assert 0 <= named[f"top-1, strokes traced from official bitmaps, {way}"] <= 1
    rows = named["Top-1 by category (recorded, joined of n)"]
    assert [row[0] for row in rows] == list(CATEGORIES) and all(row[2] for row in rows)
    # of traced pictures: a distribution for each, and every one that leaves strokes counts
    classify = stroke_classifier.by_tracing(network)
    pictures = np.zeros((3, 28, 28), np.uint8)
    pictures[1, 8, 4:24] = pictures[2, 4:24, 8] = 255
    chances = classify(pictures)
    assert chances.shape == (3, 4) and chances.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert abs(chances[1] - chances[2]).max() > 1e-6


def test_the_lists_by_category_and_of_confusions_by_hand():
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]])
    labels = np.array([0, 1, 1])
    table = recogniser.by_category(("a", "b"), {"x": (chances, labels)})
    assert table["value"] == [["a", "100%", 1], ["b", "50%", 2]]
    assert recogniser.confusions(("a", "b"), chances, labels)["value"] == [["b", "a", 1]]


def test_evaluate_sketch_rnn_measures_draws_and_completions(root, capsys, monkeypatch):
    data = write_set(root / "data", CATEGORIES, count=60)
    monkeypatch.setattr(sketch_rnn, "TWELVE", CATEGORIES[:2])
    monkeypatch.setattr(sketch_rnn, "CORE_CATEGORIES", CATEGORIES)
    flags = {"vocabulary": "words", "recogniser": "recogniser"}
    places = {flag: str(root / "checkpoints" / name) for flag, name in flags.items()}
    sketch_rnn.main(
        sketch_rnn.Config(
            data=str(data),
            checkpoint=str(root / "checkpoints" / "sketch_rnn"),
            **places,
            drawings=2,
            completions=3,
            write=False,
        )
    )
    figures = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    shares = [f["value"] for f in figures if "named" in f["name"]]
    assert len(shares) == 10 and all(0 <= value <= 1 for value in shares)
    assert all(np.isfinite(f["value"]) for f in figures)
