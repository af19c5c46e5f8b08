"""The arithmetic of the figures, and the commands on generated data."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from generated import write_set

from doodle import checkpoint
from doodle.evaluation import recogniser, sketch_rnn


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


def test_evaluate_sketch_rnn_measures_draws_and_completions(root, capsys, monkeypatch):
    data = write_set(root / "data", CATEGORIES, count=60)
    monkeypatch.setattr(sketch_rnn, "TWELVE", CATEGORIES[:2])
    monkeypatch.setattr(sketch_rnn, "CORE_CATEGORIES", CATEGORIES)
    places = {name: str(root / "checkpoints" / name)
              for name in ("words", "recogniser")}  # fmt: skip
    sketch_rnn.main(sketch_rnn.Config(
        data=str(data), checkpoint=str(root / "checkpoints" / "sketch_rnn"), **places,
        drawings=2, completions=3, write=False,
    ))  # fmt: skip
    figures = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    shares = [f["value"] for f in figures if "named" in f["name"]]
    assert len(shares) == 10 and all(0 <= value <= 1 for value in shares)
    assert all(np.isfinite(f["value"]) for f in figures)
