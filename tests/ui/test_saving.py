"""What the page saves: every format, and every way to ask wrongly."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from doodle.strokes.drawing import Drawing
from doodle.strokes.imports import read_settings
from doodle.ui.saving import answer, morph_gif, saved
from doodle.ui.tools.draw import examples

CAT = json.loads(examples.pick("0")[0])


def ask(**request: object) -> dict:
    return json.loads(answer(json.dumps({"save": request})))


@pytest.mark.parametrize(
    ("kind", "suffix", "begins"),
    [
        ("svg", "svg", b"<"),
        ("moving-svg", "svg", b"<"),
        ("png", "png", b"\x89PNG"),
        ("gif", "gif", b"GIF8"),
        ("json", "json", b"{"),
        ("edges", "edges.png", b"\x89PNG"),
    ],
)
def test_each_format_comes_as_a_file_of_its_kind(kind: str, suffix: str, begins: bytes):
    answer = ask(format=kind, name="Half a cat!", drawing=CAT)
    assert answer["name"] == f"half-a-cat.{suffix}"
    assert base64.b64decode(answer["data"].partition(",")[2]).startswith(begins)


def test_a_project_opens_again_as_the_same_drawing():
    _, _, content = saved({"format": "json", "name": "cat", "drawing": CAT})
    assert Drawing.parse(content) == Drawing.parse(CAT)
    settings = {"word": "auto", "n": 9, "temperature": 0.3, "seed": 7}
    asked = {"format": "json", "drawing": CAT, "settings": {**settings, "odd": 1}}
    assert read_settings(saved(asked)[2]) == settings
    assert read_settings(saved({**asked, "settings": "no"})[2]) == {}


def test_edges_are_white_lines_on_black():
    _, _, content = saved({"format": "edges", "name": "cat", "drawing": CAT})
    edges = np.asarray(Image.open(io.BytesIO(content)))
    assert edges.shape == (256, 256) and set(np.unique(edges)) == {0, 255}
    assert 0.001 < (edges > 0).mean() < 0.2


def test_a_morph_moves_there_and_back():
    steps = [
        Drawing.from_polylines([line * share for line in Drawing.parse(CAT).polylines()])
        for share in (0.1, 0.15, 0.2)
    ]
    gif = Image.open(io.BytesIO(morph_gif(steps, side=120)))
    assert gif.n_frames == 4 and gif.size == (120, 120) and gif.info["loop"] == 0


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a/b\\c", "<script>", None, 7])
def test_a_name_is_only_a_name(name: object):
    assert set(ask(format="svg", name=name, drawing=CAT)["name"]) <= set(
        "abcdefghijklmnopqrstuvwxyz0123456789-_."
    )


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("", "no request"),
        ("[]", "no request"),
        ('{"save": 3}', "no request"),
        (json.dumps({"save": {"format": "exe", "drawing": CAT}}), "can be saved as"),
        (json.dumps({"save": {"format": ["svg"], "drawing": CAT}}), "can be saved as"),
        (json.dumps({"save": {"format": "svg"}}), "nothing to save"),
        (json.dumps({"save": {"format": "svg", "drawing": {"strokes": [[1]]}}}), "stroke"),
        (json.dumps({"save": {"format": "svg", "drawing": CAT, "curves": [[1, 2, 3]]}}), "curves"),
        (json.dumps({"save": {"format": "svg", "drawing": CAT, "curves": [["x"]]}}), "curves"),
        (json.dumps({"save": {"format": "gif", "drawings": []}}), "1 to 24"),
        (json.dumps({"save": {"format": "gif", "drawings": [{"strokes": []}]}}), "make a morph"),
        ('{"save": {"format": "svg", "drawing": {"strokes": [[NaN, 1, 0, 0]]}}}', "finite"),
        ("9" * 9_000_000, "too large"),
        (None, "too large"),
    ],
)
def test_a_wrong_request_is_answered_by_a_sentence(message: object, says: str):
    got = json.loads(answer(message))
    assert says in got["note"] and "data" not in got


@pytest.mark.parametrize("which", ["-1", "99", "x", "", None])
def test_there_is_no_such_sketch(which: object):
    with pytest.raises(Exception, match="no such sketch"):
        examples.pick(which)


def test_every_sketch_is_a_drawing_with_a_name_and_a_word():
    assert len(examples.sketches()) >= 6
    for sketch in examples.sketches():
        drawing = Drawing.parse(sketch["drawing"])
        assert drawing and sketch["name"] and sketch["word"]
        for line in drawing.polylines():
            assert line.min() >= 0 and line[:, 0].max() <= 1000 and line[:, 1].max() <= 750
