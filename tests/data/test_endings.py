"""Cases of endings: how drawings are divided, how cases are kept, the command that makes them."""

import numpy as np
import pytest
from generated import write_set

from doodle.cli import main
from doodle.data.endings import EPSILON, GRAIN, Case, load_endings, packed, without_some

LINES = [
    np.array([[0.0, 0], [100, 10], [200, 0]]),
    np.array([[50.0, 50], [60, 80]]),
    np.array([[150.0, 50], [160, 80], [170, 120]]),
]


def test_a_part_is_left_out_and_nothing_else():
    rng, ways = np.random.default_rng(0), set()
    for _ in range(200):
        begun, missing = without_some(LINES, rng)
        if not begun:
            continue
        assert missing and all(len(line) > 1 for line in missing)
        points = {tuple(point) for line in (*begun, *missing) for point in line}
        assert points <= {tuple(point) for line in LINES for point in line}
        # a stroke that was cut goes on where it stopped; nothing else is drawn twice
        shared = {tuple(p) for line in begun for p in line} & {
            tuple(p) for line in missing for p in line
        }
        assert len(shared) <= 1
        ways.add((len(begun), len(missing), bool(shared)))
    assert len(ways) > 4


def test_one_short_stroke_cannot_be_divided_for_ever():
    dot = [np.array([[1.0, 1.0]])]
    for seed in range(20):
        begun, missing = without_some(dot, np.random.default_rng(seed))
        assert not begun and not missing


def test_cases_are_kept_up_to_the_grain(tmp_path):
    cases = [
        Case(LINES[:1], LINES[1:], [LINES[2:], LINES[1:2]], 1),
        Case(LINES[1:], LINES[:1], [], 0),
    ]
    packed(cases, ("apple", "cat")).save(tmp_path / "a" / "endings.npz")
    kept = load_endings(tmp_path / "a" / "endings.npz")
    assert len(kept) == 2 and kept.names == ("apple", "cat")
    for k, case in enumerate(cases):
        again = kept.case(k)
        assert again.category == case.category and len(again.sampled) == len(case.sampled)
        for lines, others in zip(
            (case.begun, case.person, *case.sampled),
            (again.begun, again.person, *again.sampled),
            strict=True,
        ):
            for line, other in zip(lines, others, strict=True):
                assert np.abs(line[[0, -1]] - other[[0, -1]]).max() <= EPSILON / 2 + 1 / GRAIN


def test_a_missing_file_says_how_it_is_made(tmp_path):
    with pytest.raises(FileNotFoundError, match="data endings"):
        load_endings(tmp_path / "none.npz")


def test_the_command_lets_the_networks_finish_drawings(tmp_path, tiny_checkpoints, capsys):
    write_set(tmp_path / "data", ("apple", "cat", "eyeglasses", "moon"), count=60)
    made = tmp_path / "endings.npz"
    places = ["--input", tmp_path / "data", "--output", made, "--checkpoints", tiny_checkpoints]
    assert main([str(a) for a in ["data", "endings", *places, "--count", 6, "--n", 3]]) == 0
    found = load_endings(made)
    assert 0 < len(found) <= 6 and f"{len(found)} drawings" in capsys.readouterr().out
    case = found.case(0)
    assert case.begun and case.person and len(case.sampled) == 3
