"""The canvas as Gradio sees it, without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gradio as gr
import pytest

from doodle.strokes.drawing import Drawing
from doodle.ui.canvas import InkChannel, StrokeCanvas

STATIC = Path(__file__).parents[2] / "doodle" / "ui" / "canvas"
LINE = {"strokes": [[100, 100, 0, 0.5, 300, 200, 120, 0.5]]}


def test_drawings_go_in_and_out_as_text():
    canvas = StrokeCanvas()
    drawing = canvas.preprocess(json.dumps(LINE))
    assert isinstance(drawing, Drawing) and drawing.n_points == 2
    assert canvas.preprocess(None) == Drawing()
    sent = canvas.postprocess(drawing)
    assert isinstance(sent, str) and Drawing.parse(sent) == drawing
    assert canvas.postprocess(None) is None
    assert StrokeCanvas(LINE).value == canvas.postprocess(LINE)
    assert Drawing.parse(canvas.example_payload())


@pytest.mark.parametrize("payload", ["[1", {"strokes": [[1, 2]]}, {"strokes": [[1e9] * 4]}, 7])
def test_what_is_no_drawing_gives_the_visitor_a_sentence_and_the_log_no_traceback(payload):
    with pytest.raises(gr.Error, match=r"\w.*\.") as caught:
        StrokeCanvas().preprocess(payload)
    assert caught.value.print_exception is False


def test_only_real_events_are_attributes_though_the_script_quotes_many_words():
    canvas = StrokeCanvas()
    for name in ("stroke_end", "adopted", "import", "export"):
        assert callable(getattr(canvas, name))
        assert f'trigger("{name}"' in canvas.js_on_load
    for name in ("gif", "pen", "autosave"):
        assert not hasattr(canvas, name)


def test_the_page_config_is_plain_json_and_small_enough():
    with gr.Blocks():
        canvas = StrokeCanvas(
            LINE, elem_id="pad", autosave="pad", hint="draw", gif=True, rail=False
        )
        channel = InkChannel("pad", visible="hidden")
    for component in (canvas, channel):
        assert len(json.dumps(component.get_config())) < 150_000
    props = canvas.get_config()["props"]
    asked = {
        "autosave": "pad",
        "formerly": "",
        "hint": "draw",
        "gif": True,
        "rail": False,
        "debounce": 80,
    }
    assert props == {**asked, "palette": "{}"}
    assert channel.get_config()["props"] == {"target": "pad"}


def test_the_template_holds_nothing_that_gradio_would_fill_in():
    """A template that changes with the value would wipe the bitmaps."""
    html = (STATIC / "canvas.html").read_text(encoding="utf-8")
    assert not re.search(r"[`\\]|\$\{|\{\{|@children|<script", html)


def test_every_action_of_a_button_exists():
    html = (STATIC / "canvas.html").read_text(encoding="utf-8")
    core = (STATIC / "core.js").read_text(encoding="utf-8")
    actions = core[core.index("const actions = {") : core.index("function load(")]
    for name in set(re.findall(r'data-act="(\w+)"', html)):
        assert re.search(rf"\b{name}(:|,| \}})", actions), name


def test_an_example_is_a_picture_of_numbers_only():
    picture = StrokeCanvas().process_example(LINE)
    assert "points='100,100 300,200'" in picture
    assert not re.search(r"<(?!/?(svg|polyline))", picture)
