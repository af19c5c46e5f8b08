"""The canvas' log: what a reader of the contract makes of what we write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from doodle.pipelines.complete import Ending, Ink
from doodle.ui.protocol import Log, Place

# also what the canvas is tested with: tests/js/ghosts.test.mjs
LOGS = json.loads((Path(__file__).parents[1] / "data" / "ink_logs.json").read_text())


@pytest.mark.parametrize("case", LOGS, ids=lambda case: case["name"])
def test_logs_are_written_as_the_canvas_reads_them(case: dict):
    log = Log(case["run"], case["n"], case["mode"], case["word"])
    for points in case["ink"]:
        log.ink(Ink([tuple(point) for point in points]))
    if case["ranked"] or case.get("nothing"):
        log.ranked(map(ending, case["ranked"]))
    if "message" in case:
        log.message(case["message"])
    if case["done"]:
        log.done()
    if "better" in case:
        log.ranked(map(ending, case["better"]))
        log.done()
    assert log.text == case["log"]


def ending(given: dict) -> Ending:
    strokes = tuple(np.array(s, float) for s in given["strokes"])
    return Ending(strokes, given["score"], given["candidate"], given.get("traced", False))


def read(text: str) -> dict:
    """A second reader of the log, written from its description."""
    assert text.endswith("\n")
    got: dict = {"ink": {}, "kept": [], "finished": [], "messages": [], "done": False}
    for at, line in enumerate(text[:-1].split("\n")):
        key, *rest = line.split(" ")
        assert (key == "R") == (at == 0)
        if key == "R":
            got["run"] = rest
        elif key == "B":
            got["n"], got["mode"], got["word"] = int(rest[0]), rest[1], " ".join(rest[2:])
        elif key == "F":
            got["finished"].append(int(rest[0]))
        elif key == "K":
            got["kept"].append((int(rest[0]), rest[1]))
        elif key == "M":
            got["messages"].append(" ".join(rest))
        elif key == "D":
            got["done"] = True
        else:
            points = [float(value) for value in rest[1:]]
            strokes = got["ink"].setdefault(int(key), [])
            if rest[0] == "+":
                strokes.append([])
            strokes[-1] += list(zip(points[::2], points[1::2], strict=True))
    return got


def test_ink_arrives_as_the_strokes_that_were_sampled():
    log = Log("1.000000", 2, "complete", "cat")
    log.ink(Ink([(0, True, 1, 2), (1, True, 5, 5), (0, False, 3, 4), (0, True, 7, 8)]))
    log.ink(Ink([(1, False, 6, 6), (0, False, 9.04, 9.06)]))
    got = read(log.text)
    assert (got["run"], got["n"], got["mode"], got["word"]) == (["1.000000"], 2, "complete", "cat")
    assert got["ink"] == {0: [[(1, 2), (3, 4)], [(7, 8), (9, 9.1)]], 1: [[(5, 5), (6, 6)]]}


def test_the_log_only_grows():
    log = Log("1", 1, "complete", "cat")
    before = log.text
    log.ink(Ink([(0, True, 1, 2)]))
    middle = log.text
    log.done()
    assert middle.startswith(before) and log.text.startswith(middle)


def test_a_winner_that_was_not_on_show_is_sent_whole_before_it_is_ranked():
    log = Log("1", 1, "complete", "cat")
    log.ink(Ink([(0, True, 1, 2), (4, True, 8, 8)]))  # candidate 4 is not on show
    assert 4 not in read(log.text)["ink"]
    late = Ending((np.array([[8.0, 8.0], [9.0, 9.0]]),), 0.91, 4)
    log.ranked([late, Ending((np.array([[1.0, 2.0]]),), None, 0)])
    got = read(log.text)
    assert got["ink"] == {0: [[(1, 2)]], 4: [[(8, 8), (9, 9)]]}
    assert got["kept"] == [(4, "0.9100"), (0, "-")] and sorted(got["finished"]) == [0, 4]
    assert log.text.index("4 +") < log.text.index("K 4")


def test_whole_drawings_are_laid_in_the_middle_of_the_canvas():
    log = Log("1", 1, "draw", "cat")
    square = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0]])
    log.ranked([Ending((square,), 0.5, 0)], lambda e: Place.centred(e.strokes, 1000, 750, 0.5))
    points = np.array(read(log.text)["ink"][0][0])
    assert points.min(0) == pytest.approx([312.5, 187.5])
    assert points.max(0) == pytest.approx([687.5, 562.5])


@pytest.mark.parametrize("strokes", [[], [np.array([[7.0, 7.0]])]])
def test_nothing_and_a_dot_have_a_place_too(strokes: list):
    assert np.isfinite(Place.centred(strokes, 1000, 750)(np.array([[7.0, 7.0]]))).all()


def test_words_cannot_forge_lines():
    log = Log("1", 1, "complete", "cat\nD\nM gotcha")
    log.message("two\nlines")
    got = read(log.text)
    assert not got["done"] and got["messages"] == ["two lines"] and got["word"] == "cat D M gotcha"


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode"):
        Log("1", 1, "guess")
