"""Exports are what they say: they parse, show the ink where it is, move and stay small."""

import io
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from doodle.errors import BadDrawing
from doodle.strokes import export
from doodle.strokes.drawing import Drawing, Stroke
from doodle.strokes.imports import read_drawings, read_settings
from doodle.strokes.pixels import MAX_GIF_SIDE, MAX_PNG_SIDE

SVG = "{http://www.w3.org/2000/svg}"

inside = st.integers(20, 480)
lines = st.lists(st.tuples(inside, inside), min_size=1, max_size=8).map(
    lambda line: np.array(line, dtype=np.float32)
)
drawings = st.lists(lines, min_size=1, max_size=4).map(
    lambda drawing: Drawing.from_polylines(drawing, 500, 500, 4)
)


@pytest.fixture
def house():
    wall = np.array([[100.0, 400], [100, 200], [300, 200], [300, 400], [100, 400]])
    roof = np.array([[100.0, 200], [200, 100], [300, 200]])
    smoke = np.array([[250.0, 60]])
    return Drawing.from_polylines([wall, roof, smoke], 400, 500, 6)


def picture(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@settings(deadline=None)
@given(drawings)
def test_svg_parses_back(drawing):
    (again,) = read_drawings(export.to_svg(drawing, smooth=False).encode())
    assert (again.width, again.height) == (500, 500)
    assert [stroke.width for stroke in again.strokes] == [4] * len(drawing.strokes)
    for ours, back in zip(drawing.polylines(), again.polylines(), strict=True):
        # the reader drops points that lie straight between others
        assert np.abs(ours[[0, -1]] - back[[0, -1]]).max() < 0.02
        for axis in (0, 1):
            assert np.ptp(ours[:, axis]) == pytest.approx(np.ptp(back[:, axis]), abs=0.5)


def test_smooth_svg_stays_near_the_points():
    angle = np.linspace(0, 6, 60)
    spiral = 250 + (20 + 30 * angle)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    (again,) = read_drawings(export.to_svg(Drawing.from_polylines([spiral], 500, 500)).encode())
    way = again.polylines()[0]
    for point in spiral:
        a, b = way[:-1], way[1:]
        d = b - a
        t = np.clip(((point - a) * d).sum(1) / (d * d).sum(1), 0, 1)
        assert np.hypot(*(a + t[:, None] * d - point).T).min() < 0.6


def test_svg_has_a_path_a_stroke_and_two_inks(house):
    added = [np.array([[150.0, 400], [150, 300]])]
    root = ElementTree.fromstring(export.to_svg(house, added=added, accent="#123456"))
    groups = {group.get("id"): group for group in root.iter(f"{SVG}g")}
    assert len(groups["drawing"]) == 3 and len(groups["added"]) == 1
    assert groups["added"].get("stroke") == "#123456"
    for group in groups.values():
        assert group.get("stroke-linecap") == group.get("stroke-linejoin") == "round"
        assert {path.get("stroke-width") for path in group} == {"6"}
    assert groups["drawing"][2].get("d") == "M250 60L250 60"  # a dot is visible with round caps
    assert root.get("viewBox") == "0 0 400 500"


def test_ink_over_the_edge_is_not_cut(house):
    edge = Drawing.from_polylines([np.array([[0.0, 0], [255, 255]])], stroke_width=8)
    root = ElementTree.fromstring(export.to_svg(edge))
    assert root.get("viewBox") == "-4 -4 263 263"
    assert picture(export.to_png(edge, 263))[:2, 2:6].min() < 200


def test_animation_draws_one_stroke_after_the_other(house):
    root = ElementTree.fromstring(export.to_animated_svg(house))
    paths = list(root.iter(f"{SVG}path"))
    ends = []
    for path in paths[:2]:
        (drawn,) = (a for a in path if a.get("attributeName") == "stroke-dashoffset")
        assert path.get("pathLength") == "1" and drawn.get("repeatCount") == "indefinite"
        _, start, end, _ = map(float, drawn.get("keyTimes").split(";"))
        assert start < end < 1 and start >= (ends[-1] if ends else 0)
        ends.append(end)
    shown = [a for a in paths[2] if a.get("attributeName") == "opacity"]
    assert float(shown[0].get("keyTimes").split(";")[1]) > ends[-1]
    assert paths[0].get("opacity") is None  # where nothing moves, everything shows


def test_png_puts_ink_where_it_is(house):
    added = [np.array([[150.0, 400], [150, 300]])]
    pixels = picture(export.to_png(house, 250, added=added, ink="#000", accent="#f00"))
    assert pixels.shape == (250, 200, 3)
    assert pixels[150, 50].tolist() == [0, 0, 0]  # the left wall
    assert pixels[175, 75].tolist() == [255, 0, 0]
    assert pixels[30, 125].tolist() == [0, 0, 0]  # the smoke's dot
    assert pixels[10, 10].tolist() == [255, 255, 255]
    bare = Image.open(io.BytesIO(export.to_png(house, 250, paper=None)))
    assert bare.mode == "RGBA" and bare.getpixel((10, 10))[3] == 0
    assert bare.getpixel((50, 150))[3] == 255


def test_widths_are_kept():
    strokes = [
        Stroke([[20, y], [80, y]], [0, 1], [0.5, 0.5], width) for y, width in ((30, 2), (70, 12))
    ]
    column = (
        255 - picture(export.to_png(Drawing(tuple(strokes), 100, 100), 400, ink="#000"))[:, 200, 0]
    )
    assert column[:200].sum() / 255 == pytest.approx(8, abs=1.1)
    assert column[200:].sum() / 255 == pytest.approx(48, abs=1.1)


def test_gif_draws_itself_and_loops(house):
    added = [np.array([[150.0, 400], [150, 300]])]
    data = export.to_gif(house, 200, added=added)
    gif = Image.open(io.BytesIO(data))
    assert gif.size == (160, 200) and gif.info["loop"] == 0
    inked = []
    for frame in range(gif.n_frames):
        gif.seek(frame)
        inked.append((np.asarray(gif.convert("L")) < 200).sum())
    assert (np.diff(inked) >= 0).all() and inked[0] < inked[-1] / 5
    assert gif.info["duration"] >= 1000  # the last frame rests
    last = np.asarray(gif.convert("RGB")).astype(int)
    still = picture(export.to_png(house, 200, added=added))
    assert np.abs(last - still).mean() < 2


def test_gif_is_bounded():
    rng = np.random.default_rng(0)
    scribble = Drawing.from_polylines([rng.uniform(0, 256, (400, 2)) for _ in range(10)])
    gif = Image.open(io.BytesIO(export.to_gif(scribble, 100)))
    assert gif.n_frames <= 170  # eight seconds, twenty frames each


@pytest.mark.parametrize("make", [export.to_svg, export.to_animated_svg])
def test_an_empty_drawing_is_an_empty_svg(make):
    assert not list(ElementTree.fromstring(make(Drawing())).iter(f"{SVG}path"))


@pytest.mark.parametrize("make", [export.to_png, export.to_gif])
def test_an_empty_drawing_is_blank_paper(make):
    assert (picture(make(Drawing(), 100)) == 255).all()


def test_wiggles_smaller_than_a_line_do_no_harm():
    loop = np.array([[50.0, 50], [50.001, 50], [50, 50], [50, 50]])
    drawing = Drawing.from_polylines([loop], 100, 100, 2)
    assert "nan" not in export.to_svg(drawing) + export.to_animated_svg(drawing)
    assert picture(export.to_png(drawing, 100)).min() < 100


def test_wrong_arguments_are_named(house):
    for size in (0, MAX_PNG_SIDE + 1):
        with pytest.raises(ValueError, match="pixels"):
            export.to_png(house, size)
    with pytest.raises(ValueError, match="pixels"):
        export.to_gif(house, MAX_GIF_SIDE + 1)
    with pytest.raises(ValueError, match="colour|color"):
        export.to_png(house, 10, ink="inkish")
    with pytest.raises(BadDrawing):
        export.to_svg(house, added=[np.array([[np.nan, 0]])])


def test_project_round_trip(house):
    settings = {"word": "house", "seed": 7, "temperature": 0.3}
    text = export.to_project(house, settings)
    older = json.dumps({"doodle": 1, "drawing": house.to_dict(), "settings": settings})
    for project in (text.encode(), older.encode()):
        assert read_drawings(project) == [house]
        assert read_settings(project) == settings
    lines = f"{text}\n{text}".encode()  # ndjson
    odd = json.dumps({**house.to_dict(), "settings": [1]}).encode()
    for other in (house.to_json().encode(), lines, odd, b"[" * 100_000, b"\x89PNG", b"<svg/>"):
        assert read_settings(other) == {}
    with pytest.raises(ValueError, match="JSON"):
        export.to_project(house, {"word": object()})


@pytest.mark.browser
def test_animation_plays_in_a_browser(house, browser):
    page = browser.new_page(viewport={"width": 400, "height": 500})
    page.set_content(f"<body style='margin:0'>{export.to_animated_svg(house)}</body>")
    inked = []
    for seconds in (0, 0.5, 1, 1.5, 2.5, 4.1):  # 2.4 to draw, 1.5 to rest, and again
        page.evaluate(
            "t => { const s = document.querySelector('svg');"
            " s.pauseAnimations(); s.setCurrentTime(t); }",
            seconds,
        )
        inked.append((picture(page.screenshot()).max(axis=2) < 128).sum())
    page.close()
    still = (picture(export.to_png(house, 500)).max(axis=2) < 128).sum()
    assert inked[0] < 60  # no stray caps before the pen has touched
    assert (np.diff(inked[:-1]) > 0).all()
    assert inked[-2] == pytest.approx(still, rel=0.05)
    assert inked[-1] < still / 2
