"""Files opened on the canvas."""

from __future__ import annotations

import base64
import json

import pytest

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.strokes.export import to_png, to_project, to_svg
from doodle.ui.opening import opened
from doodle.ui.tools.draw import examples

CAT = Drawing.parse(examples.pick("0")[0])


SETTINGS = {"word": "cat", "n": 4, "temperature": 0.8, "seed": 99}


def project(settings: object) -> dict[str, str]:
    data = json.dumps({**CAT.to_dict(), "settings": settings})
    return {"name": "cat.json", "kind": "text", "data": data}


def test_a_project_comes_back_without_loss():
    file = {"name": "cat.json", "kind": "text", "data": to_project(CAT, SETTINGS)}
    assert opened(file) == (CAT, SETTINGS)
    plain = {"name": "cat.json", "kind": "text", "data": CAT.to_json()}
    assert opened(plain) == (CAT, {})


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [
        ({"word": "cat", "brush": 7, "lambda": None}, {"word": "cat"}),
        ({"word": " ", "seed": 3}, {"seed": 3}),
        ({"word": ["cat"], "seed": -1, "temperature": "hot", "n": 4}, {"n": 4}),
        ({"word": "x" * 61, "seed": 10**400, "temperature": True, "n": 17}, {}),
        ({"seed": 1.5, "temperature": 9, "n": None}, {}),
        ({"seed": 5.0, "word": "  two   words "}, {"seed": 5, "word": "two words"}),
        (["cat"], {}),
        ("cat", {}),
        (None, {}),
    ],
)
def test_settings_that_cannot_be_used_lose_no_drawing(wrong: object, kept: dict):
    assert opened(project(wrong)) == (CAT, kept)


def test_an_svg_comes_back_as_lines():
    drawing, _ = opened({"name": "cat.svg", "kind": "text", "data": to_svg(CAT)})
    assert len(drawing.strokes) == len(CAT.strokes)


def test_a_picture_is_traced():
    png = base64.b64encode(to_png(CAT, 400)).decode()
    drawing, settings = opened({"name": "cat.png", "kind": "base64", "data": png})
    assert settings == {}
    assert drawing and (drawing.width, drawing.height) == (400, 300)


@pytest.mark.parametrize(
    "file",
    [
        None,
        {},
        {"data": 7},
        {"name": "x.json", "kind": "text", "data": "not json"},
        {"name": "x.json", "kind": "text", "data": json.dumps({"strokes": []})},
        {"name": "x.png", "kind": "base64", "data": "%%%"},
        {"name": "x.png", "kind": "base64", "data": "AAAA"},
        {"name": "x.svg", "kind": "text", "data": "<svg"},
        {"name": "x.json", "kind": "text", "data": "9" * 10_000_000},
    ],
)
def test_what_is_no_drawing_is_refused_by_a_sentence(file: object):
    with pytest.raises(BadDrawing, match=r"\."):
        opened(file)
