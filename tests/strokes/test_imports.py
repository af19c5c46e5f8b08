"""Any file gives drawings or one clear BadDrawing."""

import io
import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from doodle.errors import BadDrawing
from doodle.strokes import imports
from doodle.strokes import svg as svg_module
from doodle.strokes.drawing import Drawing
from doodle.strokes.imports import read_drawings
from doodle.strokes.raster import rasterize

CROSS = [np.array([[20.0, 30], [180, 30]]), np.array([[60.0, 10], [60, 90]])]


def svg(body, attributes='viewBox="0 0 100 100"'):
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'.encode()


def lines_of(body, attributes='viewBox="0 0 100 100"'):
    return read_drawings(svg(body, attributes))[0].polylines()


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def sketch(width=200, height=100, line_width=5.0):
    return 255 - rasterize(CROSS, (height, width), line_width=line_width)


def assert_is_cross(drawing, scale=1.0):
    assert (drawing.width, drawing.height) == (200 * scale, 100 * scale)
    first, second = (line / scale for line in drawing.polylines())
    for line, truth in ((first, CROSS[0]), (second, CROSS[1])):
        ends = line[[0, -1]][np.argsort(line[[0, -1]].sum(axis=1))]
        np.testing.assert_allclose(ends, truth, atol=2.5)


# JSON and ndjson


def test_ndjson_holds_one_drawing_a_line():
    one = {"word": "cat", "recognized": True, "drawing": [[[0, 255], [3, 4]]]}
    raw = {"word": "cat", "drawing": [[[0.0, 9.5], [3.5, 4.0], [0, 16]]]}
    text = f"{json.dumps(one)}\n\n{json.dumps(raw)}\r\n".encode()
    simple, timed = read_drawings(text)
    assert simple.polylines()[0].tolist() == [[0, 3], [255, 4]]
    assert timed.strokes[0].time.tolist() == [0, 16]
    with pytest.raises(BadDrawing, match=r"^Line 2: .*\.$"):
        read_drawings(text.replace(b"3.5", b'"a"'))


def test_our_json_over_one_line_or_many():
    drawing = Drawing.from_polylines(CROSS, 200, 100)
    for text in (drawing.to_json(), json.dumps(drawing.to_dict(), indent=1), "\ufeff[[[1],[2]]]"):
        assert len(read_drawings(text.encode())) == 1
    assert read_drawings(json.dumps(drawing.to_dict(), indent=1).encode()) == [drawing]


def test_files_and_their_names(tmp_path):
    path = tmp_path / "cross.json"
    path.write_text(Drawing.from_polylines(CROSS).to_json())
    assert read_drawings(path) == read_drawings(str(path)) == read_drawings(path.read_bytes())
    with pytest.raises(BadDrawing, match="missing.svg cannot be read"):
        read_drawings(tmp_path / "missing.svg")
    with pytest.raises(BadDrawing, match="cannot be read"):
        read_drawings(tmp_path)
    with pytest.raises(BadDrawing, match=r"^notes.txt is not a drawing"):
        read_drawings(b"hello", "notes.txt")
    with pytest.raises(BadDrawing, match="is not a drawing"):
        read_drawings(b"")


# SVG


@pytest.mark.parametrize(
    ("data", "ends"),
    [
        ("M10 20L30 40 50 20", [[10, 20], [50, 20]]),
        ("m10 20l20 20l20 -20", [[10, 20], [50, 20]]),
        ("M10,20H50V70", [[10, 20], [50, 70]]),
        ("m10,20h40v50", [[10, 20], [50, 70]]),
        ("M10 10C10 50 90 50 90 10S 50 90 10 90", [[10, 10], [10, 90]]),
        ("m10 10c0 40 80 40 80 0s-40 80 -80 80", [[10, 10], [10, 90]]),
        ("M10 10Q50 90 90 10T10 90", [[10, 10], [10, 90]]),
        ("m10 10q40 80 80 0t-80 80", [[10, 10], [10, 90]]),
        ("M10 50A40 40 0 0 1 90 50", [[10, 50], [90, 50]]),
        ("m10 50a40 40 0 01 80 0", [[10, 50], [90, 50]]),
        ("M10 10L90 10L90 90Z", [[10, 10], [10, 10]]),
    ],
)
def test_every_path_command(data, ends):
    (line,) = lines_of(f'<path d="{data}"/>')
    np.testing.assert_allclose(line[[0, -1]], ends, atol=1e-3)


def test_curves_are_flattened_closely():
    (arc,) = lines_of('<path d="M10 50A40 40 0 0 1 90 50"/>')
    np.testing.assert_allclose(np.hypot(*(arc - 50).T), 40, atol=0.1)
    assert arc[:, 1].min() == pytest.approx(10, abs=0.1)  # over the top, not under
    (cubic,) = lines_of('<path d="M0 0C0 80 100 80 100 0"/>')
    assert cubic[:, 1].max() == pytest.approx(60, abs=0.1)
    (quadratic,) = lines_of('<path d="M0 0Q50 80 100 0"/>')
    assert quadratic[:, 1].max() == pytest.approx(40, abs=0.1)


def test_subpaths_dots_and_moves():
    first, second, dot = lines_of('<path d="M1 1L5 1M9 9L9 5Z M20 20M30 30Z"/>')
    assert first.tolist() == [[1, 1], [5, 1]]
    assert second.tolist() == [[9, 9], [9, 5], [9, 9]]
    assert dot.tolist() == [[30, 30]]
    closed, after = lines_of('<path d="M1 1L5 1 5 5ZL9 9"/>')
    assert closed.tolist() == [[1, 1], [5, 1], [5, 5], [1, 1]]
    assert after.tolist() == [[1, 1], [9, 9]]


@pytest.mark.parametrize(
    ("shape", "box", "closed"),
    [
        ('<line x1="1" y1="2" x2="30" y2="40"/>', (1, 2, 30, 40), False),
        ('<polyline points="1,2 30,2 30,40"/>', (1, 2, 30, 40), False),
        ('<polygon points="1 2 30 2 30 40"/>', (1, 2, 30, 40), True),
        ('<rect x="1" y="2" width="29" height="38"/>', (1, 2, 30, 40), True),
        ('<rect x="1" y="2" width="29" height="38" rx="5"/>', (1, 2, 30, 40), True),
        ('<circle cx="50" cy="40" r="10"/>', (40, 30, 60, 50), True),
        ('<ellipse cx="50" cy="40" rx="10" ry="20"/>', (40, 20, 60, 60), True),
    ],
)
def test_basic_shapes(shape, box, closed):
    (line,) = lines_of(shape)
    np.testing.assert_allclose([*line.min(axis=0), *line.max(axis=0)], box, atol=0.06)
    assert np.allclose(line[0], line[-1], atol=1e-3) == closed


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("translate(10 20)", [[11, 22], [13, 24]]),
        ("translate(10)", [[11, 2], [13, 4]]),
        ("scale(2)", [[2, 4], [6, 8]]),
        ("scale(2, 3)", [[2, 6], [6, 12]]),
        ("rotate(90)", [[-2, 1], [-4, 3]]),
        ("rotate(90, 1, 2)", [[1, 2], [-1, 4]]),
        ("skewX(45)", [[3, 2], [7, 4]]),
        ("skewY(45)", [[1, 3], [3, 7]]),
        ("matrix(1 2 3 4 5 6)", [[12, 16], [20, 28]]),
        ("translate(10 20) scale(2)", [[12, 24], [16, 28]]),
    ],
)
def test_transforms(transform, expected):
    shape = '<line x1="1" y1="2" x2="3" y2="4" stroke-width="2"/>'
    (line,) = lines_of(f'<g transform="{transform}"><g>{shape}</g></g>')
    np.testing.assert_allclose(line, expected, atol=1e-4)


def test_groups_nest_and_end():
    body = '<g transform="translate(10)"><g transform="scale(2)"><path d="M1 1h1"/></g></g>'
    inner, outer = lines_of(f'{body}<path d="M1 1h1"/>')
    assert inner.tolist() == [[12, 2], [14, 2]]
    assert outer.tolist() == [[1, 1], [2, 1]]


def test_canvas_and_widths():
    body = '<g style="stroke-width:3" transform="scale(2)"><path d="M1 1h9"/></g>'
    (drawing,) = read_drawings(svg(body, 'viewBox="-10 -20 300 200"'))
    assert (drawing.width, drawing.height) == (300, 200)
    assert drawing.polylines()[0].tolist() == [[12, 22], [30, 22]]
    assert drawing.strokes[0].width == 6
    (drawing,) = read_drawings(svg(body, 'width="2in" height="100px"'))
    assert (drawing.width, drawing.height) == (192, 100)
    (drawing,) = read_drawings(svg(body, ""))
    assert drawing.width == 20


def test_what_is_not_seen_is_not_read():
    seen = '<path d="M1 1h9"/>'
    hidden = (
        f'<defs>{seen}</defs><g display="none">{seen}</g><g style="display:none">{seen}</g>'
        f"<clipPath>{seen}</clipPath><symbol>{seen}</symbol>"
        '<rect width="100%" height="100%" fill="#fff"/>'
    )
    assert len(lines_of(hidden + seen)) == 1
    with pytest.raises(BadDrawing, match="no lines"):
        read_drawings(svg(hidden))


BOMB = """<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<svg xmlns="http://www.w3.org/2000/svg"><path d="&c;"/></svg>"""
EXTERNAL = """<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/><text>&x;</text></svg>"""

BAD_SVG = {
    "bomb": (BOMB.encode(), "entities"),
    "bomb in UTF-16": (BOMB.replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16"), "entities"),
    "external entity": (EXTERNAL.encode(), "entities"),
    "not well-formed": (b"<svg><path></svg>", "well-formed"),
    "cut off": (b"<svg><path d='M0", "well-formed"),
    "another document": (b"<html><body/></html>", "starts with <html>"),
    "no lines": (svg(""), "no lines"),
    "not a path": (svg('<path d="cats"/>'), "path that cannot be read"),
    "a path cut off": (svg('<path d="M1 1L5"/>'), "path that cannot be read"),
    "arc flags cut off": (svg('<path d="M1 1A5 5 0"/>'), "path that cannot be read"),
    "a line before a move": (svg('<path d="L1 1"/>'), "path that cannot be read"),
    "huge": (svg('<path d="M0 0L1e9 0"/>'), "beyond 100000"),
    "infinite": (svg('<path d="M0 0L1e999 0"/>'), "beyond 100000"),
    "infinite curve": (svg('<path d="M0 0C1e308 1e308 -1e308 0 1e999 0"/>'), "SVG holds"),
    "transform": (svg('<g transform="shake(3)"><path d="M0 0h9"/></g>'), "transform"),
    "transform cut off": (svg('<g transform="scale(3"><path d="M0 0h9"/></g>'), "transform"),
    "too deep": (b"<svg>" + b"<g>" * 5000, "complicated"),
    "too many elements": (b"<svg>" + b"<g/>" * 60_000 + b"</svg>", "complicated"),
    "too many numbers": (svg(f'<path d="M0 0{" 1 2" * 200_000}"/>'), "50000 points"),
    "too large": (b"<svg>" + b" " * 4_000_000 + b"</svg>", "4 MB"),
}


@pytest.mark.parametrize(("data", "message"), BAD_SVG.values(), ids=BAD_SVG.keys())
def test_bad_svgs_are_named(data, message):
    with pytest.raises(BadDrawing, match=message):
        read_drawings(data)


def test_svg_points_are_counted_over_all_paths(monkeypatch):
    monkeypatch.setattr(svg_module, "MAX_POINTS", 50)
    zigzag = '<path d="M0 0{}"/>'.format(" 1 2 30 1 8 60" * 6)  # 19 points
    assert len(lines_of(zigzag * 2)) == 2
    with pytest.raises(BadDrawing, match="more than 50 points"):
        lines_of(zigzag * 3)


path_text = st.text("MmLlHhVvCcSsQqTtAaZz0123456789.,-+e \n", max_size=60)


@pytest.mark.parametrize("filler", [" ", "a", ",", "(", "1", "-"])
def test_long_transforms_and_lengths_are_read_at_once(filler):
    """Time that grew with the cube of the length would be days."""
    long = filler * 60_000
    body = f'<rect width="1{long}x" height="9" transform="scale(2){long}x"/>'
    with pytest.raises(BadDrawing):
        lines_of(body)


@settings(deadline=None)
@given(st.one_of(path_text, st.text(max_size=20)), st.text("matrixslecoyXY(0-9., )", max_size=20))
def test_any_path_and_transform_are_read_or_refused(data, transform):
    quoted = data.translate({ord(c): None for c in "<&\"'"})
    document = f'<svg viewBox="0 0 9 9"><path transform="{transform}" d="{quoted}"/></svg>'
    try:
        assert read_drawings(document.encode("utf-8", "replace"))
    except BadDrawing:
        pass


# Pictures


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_pictures_are_traced(kind):
    (drawing,) = read_drawings(saved(Image.fromarray(sketch()), kind))
    assert_is_cross(drawing)


def test_modes_and_polarity():
    grey = sketch()
    alpha = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    alpha.putalpha(Image.fromarray(255 - grey))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    pictures = [Image.fromarray(255 - grey), alpha, deep, Image.fromarray(grey).convert("1")]
    pictures.append(Image.fromarray(grey).convert("P"))
    pictures.append(Image.fromarray(grey).convert("CMYK"))
    for picture in pictures:
        kind = "JPEG" if picture.mode == "CMYK" else "PNG"
        assert_is_cross(read_drawings(saved(picture, kind))[0])


def test_exif_turns_the_picture():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned a quarter clockwise
    lying = Image.fromarray(sketch()).transpose(Image.Transpose.ROTATE_90)
    assert_is_cross(read_drawings(saved(lying, "JPEG", exif=exif, quality=95))[0])


def test_huge_pictures_are_reduced_but_keep_their_units():
    huge = Image.fromarray(sketch()).resize((4000, 2000))
    for kind in ("JPEG", "PNG"):
        assert_is_cross(read_drawings(saved(huge, kind))[0], scale=20)


def test_an_animation_is_read_at_its_end():
    blank = Image.new("L", (200, 100), 255)
    data = saved(blank, "GIF", save_all=True, append_images=[Image.fromarray(sketch())])
    assert_is_cross(read_drawings(data)[0])


def huge_header():
    """A PNG of a few bytes that claims 30,000 x 30,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(Image.new("L", (64, 64), 255), "PNG"), "No lines"),
        (saved(Image.new("L", (64, 64), 0), "PNG"), "No lines"),
        (saved(Image.new("L", (3, 900), 0), "PNG"), "No lines"),
        (saved(Image.fromarray(sketch()), "PNG")[:200], "damaged"),
        (saved(Image.fromarray(sketch()), "JPEG")[:300], "damaged"),
        (b"\x89PNG\r\n\x1a\nrubbish", "damaged"),
        (b"RIFF....WAVEfmt ", "damaged"),
        (huge_header(), "million pixels|damaged"),
    ],
)
def test_bad_pictures_are_named(data, message):
    with pytest.raises(BadDrawing, match=message):
        read_drawings(data)


@settings(deadline=None)
@given(
    st.sampled_from(
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF", b"BM", b"<", b"{", b""]
    ),
    st.binary(max_size=200),
)
def test_any_bytes_are_drawings_or_bad_drawing(start, rest):
    try:
        assert read_drawings(start + rest)
    except BadDrawing as error:
        assert str(error)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 400), st.integers(0, 255))
def test_damaged_pictures_do_not_crash(position, value):
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        data = bytearray(saved(Image.fromarray(sketch()), kind))
        data[position % len(data)] = value
        try:
            assert read_drawings(bytes(data))
        except BadDrawing:
            pass


def test_files_have_a_largest_size(monkeypatch, tmp_path):
    monkeypatch.setattr(imports, "MAX_BYTES", 10)
    path = tmp_path / "large.json"
    path.write_text('{"strokes": []}')
    for source in (path, path.read_bytes()):
        with pytest.raises(BadDrawing, match="larger than"):
            read_drawings(source)
