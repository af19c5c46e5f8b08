"""The figures of the choice among endings, on made-up cases."""

import json

import numpy as np

from doodle.cli import main
from doodle.data.endings import Case, packed
from doodle.evaluation import endings as evaluation
from doodle.evaluation.endings import distances

SIDE = np.array([[0.0, 0], [100, 0], [100, 100]])
REST = np.array([[100.0, 100], [0, 100], [0, 0]])


def test_the_person_s_own_ending_is_at_no_distance():
    case = Case([SIDE], [REST], [], 0)
    same, other = distances(case, [[REST], [REST + 30]])
    assert same == 0 and 0.1 < other < 0.5


def test_the_command_prints_one_figure_a_line(tmp_path, tiny_checkpoints, capsys, monkeypatch):
    monkeypatch.setattr(evaluation, "_allowed", lambda case, *_: [True] * len(case.sampled))
    rng = np.random.default_rng(0)
    cases = [
        Case([SIDE], [REST], [[rng.uniform(0, 100, (6, 2))] for _ in range(4)], 1) for _ in range(6)
    ]
    packed(cases, ("apple", "cat")).save(tmp_path / "endings.npz")
    names = {"words": "words", "recogniser": "recogniser", "strokes": "stroke_classifier"}
    places = [f"--{flag}={tiny_checkpoints / name}" for flag, name in names.items()]
    assert main(["evaluate", "endings", "--data", str(tmp_path / "endings.npz"), *places]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    values = {one["name"].split(", ")[1]: one["value"] for one in found}
    assert len(found) == 4 and values["the nearest"] <= values["any"]
    assert values["the nearest"] <= values["the page's first"]
