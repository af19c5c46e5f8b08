"""Files opened on the canvas."""

from __future__ import annotations

import base64
import json

import pytest

from doodle.errors import BadDrawing
from doodle.strokes.drawing import Drawing
from doodle.strokes.export import to_png, to_project, to_svg
from doodle.ui.panels import examples
from doodle.ui.panels.opening import opened

CAT = Drawing.parse(examples.pick("0")[0])


def test_a_project_comes_back_without_loss():
    file = {"name": "cat.json", "kind": "text", "data": to_project(CAT, {})}
    assert opened(file) == CAT


def test_an_svg_comes_back_as_lines():
    drawing = opened({"name": "cat.svg", "kind": "text", "data": to_svg(CAT)})
    assert len(drawing.strokes) == len(CAT.strokes)


def test_a_picture_is_traced():
    png = base64.b64encode(to_png(CAT, 400)).decode()
    drawing = opened({"name": "cat.png", "kind": "base64", "data": png})
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
