"""The strict reader: anything gives a Drawing or a BadDrawing, and a Drawing survives the wire."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from doodle.errors import BadDrawing
from doodle.strokes import drawing as module
from doodle.strokes.drawing import Drawing, Stroke

coordinates = st.floats(-1e5, 1e5, width=32)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(["v", "w", "h", "strokes", "widths", "drawing", "x"]), inner, max_size=4
        )
    ),
    max_leaves=30,
)


@st.composite
def strokes(draw):
    count = draw(st.integers(1, 12))
    return Stroke(
        draw(npst.arrays(np.float32, (count, 2), elements=coordinates)),
        draw(npst.arrays(np.float32, count, elements=st.floats(-1e6, 1e6, width=32))),
        draw(npst.arrays(np.float32, count, elements=st.floats(0, 1, width=32))),
        draw(st.floats(0.001, 100)),
    )


drawings = st.builds(
    Drawing, st.lists(strokes(), max_size=4).map(tuple), st.floats(1, 5000), st.floats(1, 5000)
)


@given(drawings)
def test_wire_round_trip_is_lossless(drawing):
    again = Drawing.parse(drawing.to_json())
    assert again == drawing
    assert Drawing.parse(drawing.to_dict()) == drawing
    assert again.to_json() == drawing.to_json()


@given(json_values)
def test_any_value_is_a_drawing_or_bad_drawing(value):
    for payload in (value, json.dumps(value), json.dumps(value).encode()):
        try:
            assert isinstance(Drawing.parse(payload), Drawing)
        except BadDrawing as error:
            assert str(error).endswith(".")


@given(st.text() | st.binary())
def test_any_text_is_a_drawing_or_bad_drawing(text):
    try:
        assert isinstance(Drawing.parse(text), Drawing)
    except BadDrawing:
        pass


def wire(*numbers, **fields):
    return {"v": 1, "w": 1000, "h": 750, "strokes": [list(numbers)], **fields}


BAD = {
    "not a number": wire(math.nan, 0, 0, 0.5),
    "infinite": wire(0, math.inf, 0, 0.5),
    "infinite time": wire(0, 0, -math.inf, 0.5),
    "boolean": wire(True, 0, 0, 0.5),
    "text for a number": wire("1", 0, 0, 0.5),
    "none for a number": wire(None, 0, 0, 0.5),
    "huge integer": wire(10**400, 0, 0, 0.5),
    "absurd coordinate": wire(100_001, 0, 0, 0.5),
    "absurd negative coordinate": wire(0, -100_001, 0, 0.5),
    "absurd time": wire(0, 0, 1.7e12, 0.5),
    "too much pressure": wire(0, 0, 0, 1.01),
    "negative pressure": wire(0, 0, 0, -0.01),
    "three numbers a point": wire(1, 2, 3),
    "empty stroke": wire(),
    "points nested": {"strokes": [[[1, 2, 3, 0.5]]]},
    "strokes not a list": {"strokes": {"0": [1, 2, 3, 0.5]}},
    "no strokes": {"v": 1},
    "unknown version": wire(1, 2, 3, 0.5, v=2),
    "version a boolean": wire(1, 2, 3, 0.5, v=True),
    "version not a number": wire(1, 2, 3, 0.5, v="1"),
    "no canvas": wire(1, 2, 3, 0.5, w=0),
    "canvas a boolean": wire(1, 2, 3, 0.5, h=True),
    "canvas not finite": wire(1, 2, 3, 0.5, h=math.nan),
    "canvas huge": wire(1, 2, 3, 0.5, w=10**400),
    "widths too few": wire(1, 2, 3, 0.5, widths=[]),
    "widths not numbers": wire(1, 2, 3, 0.5, widths=["6"]),
    "width of zero": wire(1, 2, 3, 0.5, widths=[0]),
    "quickdraw lengths differ": [[[1, 2], [1]]],
    "quickdraw empty stroke": [[[], []]],
    "quickdraw one list": [[[1, 2]]],
    "quickdraw not a number": [[[1, math.nan], [1, 2]]],
    "quickdraw bad time": [[[1], [2], ["now"]]],
    "number": 3,
    "text in JSON": '"cat"',
    "no JSON": "{",
    "NaN in JSON": '{"strokes":[[NaN,0,0,0.5]]}',
    "Infinity in JSON": '{"strokes":[[0,0,0,0.5]],"w":Infinity}',
    "overflow in JSON": '{"strokes":[[1e999,0,0,0.5]]}',
    "deep nesting": "[" * 100_000,
    "not UTF-8": b"\xff\xfe\xfd",
}


@pytest.mark.parametrize("payload", BAD.values(), ids=BAD.keys())
def test_bad_drawings_are_named(payload):
    with pytest.raises(BadDrawing, match=r"^[A-Z].*\.$"):
        Drawing.parse(payload)


def test_limits_hold_exactly():
    stroke = [0, 0, 0, 0.5]
    assert len(Drawing.parse({"strokes": [stroke] * module.MAX_STROKES}).strokes) == 2_000
    with pytest.raises(BadDrawing, match="2001 strokes"):
        Drawing.parse({"strokes": [stroke] * (module.MAX_STROKES + 1)})
    assert Drawing.parse({"strokes": [stroke * module.MAX_POINTS]}).n_points == 50_000
    with pytest.raises(BadDrawing, match="50001 points"):
        Drawing.parse({"strokes": [stroke * (module.MAX_POINTS + 1)]})
    with pytest.raises(BadDrawing, match="50001 points"):
        Drawing.parse([[[0] * 50_001, [0] * 50_001]])
    with pytest.raises(BadDrawing, match="4 MB"):
        Drawing.parse(" " * (module.MAX_TEXT + 1))


def test_largest_drawing_fits_its_own_limit():
    rng = np.random.default_rng(0)
    points = rng.uniform(-1e5, 1e5, (module.MAX_POINTS, 2))
    stroke = Stroke(points, rng.uniform(-1e9, 1e9, len(points)), rng.random(len(points)))
    drawing = Drawing((stroke,))
    assert Drawing.parse(drawing.to_json()) == drawing


def test_constructors_check_too():
    with pytest.raises(BadDrawing):
        Drawing.from_polylines([np.array([[0.0, np.nan]])])
    with pytest.raises(BadDrawing):
        Drawing.from_polylines([np.zeros((2, 3))])
    with pytest.raises(BadDrawing):
        Stroke(np.zeros((2, 2)), np.zeros(1), np.zeros(2))


def test_strokes_cannot_be_changed():
    points = np.zeros((2, 2), dtype=np.float32)
    drawing = Drawing.from_polylines([points])
    points[0] = 9
    assert drawing.strokes[0].points[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        drawing.strokes[0].points[0] = 1


@pytest.mark.parametrize("nothing", [None, "", b"", [], {"strokes": []}])
def test_nothing_is_the_empty_drawing(nothing):
    drawing = Drawing.parse(nothing)
    assert not drawing
    assert drawing.n_points == 0


def test_quickdraw_shape_and_its_times():
    plain = Drawing.parse([[[0, 255], [3, 4]], [[9], [9]]])
    assert [line.tolist() for line in plain.polylines()] == [[[0, 3], [255, 4]], [[9, 9]]]
    assert (plain.width, plain.height) == (256, 256)
    raw = Drawing.parse({"word": "cat", "drawing": [[[0.5, 900], [3, 4], [0, 16]]]})
    assert raw.strokes[0].time.tolist() == [0, 16]
    assert raw.width == 901


def test_bare_lines_are_timed_at_a_steady_speed():
    drawing = Drawing.from_polylines(
        [[[0, 0], [100, 0], [100, 50]], [], [[7, 7]]], width=1000, height=500
    )
    first, second = drawing.strokes
    assert first.time.tolist() == [0, 100, 150]  # one side of the canvas a second
    assert second.time.tolist() == [300]
    assert first.width == 6


def test_a_drawing_inside_a_project_is_found():
    inner = Drawing.from_polylines([np.ones((1, 2))])
    assert Drawing.parse({"drawing": inner.to_dict(), "word": "dot"}) == inner
    assert Drawing.parse(inner) is inner
