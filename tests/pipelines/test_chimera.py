"""Edges to chimera with a tiny network: what goes in, where species act, seeds, and bad input."""

from __future__ import annotations

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from doodle.errors import BadDrawing
from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig
from doodle.pipelines.chimera import Chimera, closed, looks_like_a_scene
from doodle.strokes.drawing import Drawing
from doodle.strokes.edge_map import EdgeMap, EdgeStyle
from doodle.strokes.edges import agreement, canny, enclosed, stable
from doodle.strokes.lines import line_width
from doodle.strokes.species import COLOURS, painted, read_map

NAMES = ("lion", "goat", "fish")
SIZE = 64


def network(**options) -> Pix2Pix:
    torch.manual_seed(0)
    config = Pix2PixConfig(width=4, most=2, size=SIZE, classes=3, up="resize")
    module = Pix2Pix(replace(config, **options)).eval()
    for parameter in module.parameters():
        parameter.data *= 8  # from grey to colours
    return module


@pytest.fixture(scope="module")
def chimera() -> Chimera:
    return Chimera(network(), NAMES)


def page(paper=255, ink=0, size=(200, 300)) -> np.ndarray:
    """A ring and a bar on paper, (H, W, 3)."""
    picture = np.full((*size, 3), paper, np.uint8)
    cv2.circle(picture, (150, 100), 70, (ink,) * 3, 3, cv2.LINE_AA)
    cv2.line(picture, (100, 100), (200, 100), (ink,) * 3, 3, cv2.LINE_AA)
    return picture


def photograph(size=(200, 300)) -> np.ndarray:
    """Blobs of all sizes, as surroundings have them."""
    rng = np.random.default_rng(0)
    layers = [
        cv2.resize(rng.normal(0, 40, (n, n, 3)), size[::-1], interpolation=cv2.INTER_CUBIC)
        for n in (4, 9, 20, 60)
    ]
    return np.clip(128 + sum(layers), 0, 255).astype(np.uint8)


def file_of(picture: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


# -- edges ---------------------------------------------------------------------------------------


def ring_of(edges: EdgeMap) -> np.ndarray:
    """Where the ring of `page` belongs, (S, S)."""
    wanted = np.zeros((edges.size, edges.size), np.uint8)
    middle, edge = edges.to_pixels([[150, 100], [220, 100]])
    radius = float(np.linalg.norm(edge - middle))
    cv2.circle(
        wanted,
        (middle * 16 - 8).round().astype(int).tolist(),
        round(16 * radius),
        255,
        1,
        cv2.LINE_8,
        4,
    )
    bar = (edges.to_pixels([[100, 100], [200, 100]]) * 16 - 8).round().astype(np.int32)
    cv2.polylines(wanted, [bar], False, 255, 1, cv2.LINE_8, 4)
    return wanted


@pytest.mark.parametrize("paper, ink", [(255, 0), (0, 255), (230, 90)])
def test_a_line_is_one_edge_where_it_lies(chimera, paper, ink):
    edges = chimera.edges_of(page(paper, ink))
    assert edges.kind == "drawing" and edges.edges.shape == (SIZE, SIZE)
    assert set(np.unique(edges.edges)) == {0, 255}
    assert min(agreement(edges.edges, ring_of(edges), reach=1)) > 0.97
    assert line_width(edges.edges) < 1.2  # one line, where canny has two
    both = chimera.edges_of(page(paper, ink), EdgeStyle(way="canny"))
    assert np.count_nonzero(both.edges) > 1.4 * np.count_nonzero(edges.edges)


def test_paper_with_a_shadow_is_no_edge(chimera):
    light = np.linspace(0.6, 1.0, 300)[None, :, None] * np.array([1, 0.96, 0.9])
    noise = np.random.default_rng(0).normal(0, 4, (200, 300, 3))
    edges = chimera.edges_of(np.clip(page() * light + noise, 0, 255).astype(np.uint8))
    assert edges.kind == "drawing"
    assert min(agreement(edges.edges, ring_of(edges), reach=1)) > 0.95


def test_areas_become_their_rim_and_broad_pens_one_line(chimera):
    filled = np.full((200, 200, 3), 255, np.uint8)
    cv2.rectangle(filled, (30, 30), (170, 170), (200, 40, 60), -1)
    edges = chimera.edges_of(filled).edges
    assert edges[8:12].any() and not edges[20:44, 20:44].any()
    broad = np.full((200, 200, 3), 255, np.uint8)
    cv2.circle(broad, (100, 100), 70, (0, 0, 0), 10)
    once = chimera.edges_of(broad).edges
    assert np.count_nonzero(once) < 1.2 * 2 * np.pi * 70 * SIZE / 200


def test_strokes_become_lines_of_one_pixel_and_small_ones_are_enlarged(chimera):
    square = np.array([[350, 250], [550, 250], [550, 450], [350, 450], [350, 250]])
    drawing = Drawing.from_polylines([square, [[450, 350]]], 1000, 750, stroke_width=24)
    edges = chimera.edges_of(drawing)
    assert edges.kind == "strokes" and edges.frame == (1000, 750)
    left, top, width, height = cv2.boundingRect(edges.edges)
    assert 0.85 * SIZE < width < 0.97 * SIZE and abs(left + width / 2 - SIZE / 2) < 1.5
    inner = slice(SIZE // 2 - 4, SIZE // 2 + 4)
    assert edges.edges[inner, inner].any()  # the eye
    whole = chimera.edges_of(drawing, EdgeStyle(crop=False))
    assert cv2.boundingRect(whole.edges)[2] == pytest.approx(0.2 * SIZE, abs=2)
    for used in (edges, whole):
        corners = used.to_pixels(square)
        np.testing.assert_allclose(used.from_pixels(corners), square, atol=1e-6)
        x, y = corners[0].astype(int)
        assert used.edges[y - 1 : y + 2, x - 1 : x + 2].any()


def test_photographs_go_through_canny_and_their_border_is_no_edge(chimera):
    photo = photograph((256, 256))
    edges = chimera.edges_of(photo)
    assert edges.kind == "photograph"
    wanted = canny(cv2.resize(photo, (SIZE, SIZE), interpolation=cv2.INTER_AREA))
    inner = (slice(2, -2), slice(2, -2))
    assert np.array_equal(edges.edges[inner], wanted[inner]) and wanted[inner].any()
    photo = photograph((100, 300))
    photo[:, :100] //= 8  # not the colour that is filled in
    wide, band = chimera.edges_of(photo).edges, SIZE // 3
    assert wide[band + 2 : 2 * band - 1].any()
    for beside in (wide[: band + 1], wide[2 * band + 1 :]):
        assert np.count_nonzero(beside[:, : SIZE // 3 - 2]) < 4


def test_an_edge_map_is_taken_as_it_is(chimera):
    lines = ring_of(EdgeMap(np.zeros((SIZE, SIZE), np.uint8), "edges", (300, 200), 0.2, (2, 12)))
    as_edges = EdgeStyle(kind="edges")
    for given in (lines, 255 - lines, np.dstack([lines] * 3)):
        assert np.array_equal(chimera.edges_of(given, as_edges).edges, lines)
    noisy = np.frombuffer(file_of(Image.fromarray(lines), "JPEG", quality=90), np.uint8)
    noisy = cv2.imdecode(noisy, cv2.IMREAD_GRAYSCALE)
    assert min(agreement(chimera.edges_of(noisy, as_edges).edges, lines, reach=0)) > 0.9
    others = [
        cv2.resize(lines, (side, side), interpolation=cv2.INTER_NEAREST) for side in (128, 237)
    ]
    for other in (cv2.dilate(lines, np.ones((2, 2)))[::2, ::2], *others):
        again = chimera.edges_of(other, as_edges).edges
        assert min(agreement(again, lines, reach=2)) > 0.95, other.shape
        assert line_width(again) < 1.3
    with pytest.raises(BadDrawing, match="empty"):
        chimera.edges_of(np.zeros((SIZE, SIZE), np.uint8), as_edges)


def test_thickness_and_clean_up(chimera):
    picture = page()
    cv2.line(picture, (20, 20), (32, 20), (0, 0, 0), 3)
    thin, thick = (
        chimera.edges_of(picture, EdgeStyle(thickness=t, crop=False)).edges for t in (1, 3)
    )
    assert line_width(thin) < 1.2 and 2 < line_width(thick) < 4
    corner = (slice(0, 22), slice(0, 12))
    assert thin[corner].any()
    assert not chimera.edges_of(picture, EdgeStyle(clean=8, crop=False)).edges[corner].any()
    styles = EdgeStyle(blur=1, sigma=0.9), EdgeStyle(blur=9, sigma=0.0)
    dense, sparse = (chimera.edges_of(photograph(), style).edges for style in styles)
    assert np.count_nonzero(dense) > 1.5 * np.count_nonzero(sparse)
    hand = chimera.edges_of(photograph(), EdgeStyle(way="hand")).edges
    assert hand.any() and not np.array_equal(hand, chimera.edges_of(photograph()).edges)


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "song"},
        {"way": "x"},
        {"sigma": 1.5},
        {"blur": 4},
        {"detail": 0},
        {"thickness": 0},
        {"clean": -1},
    ],
    ids=str,
)
def test_a_style_out_of_range_is_refused(options):
    with pytest.raises(ValueError):
        EdgeStyle(**options)


# -- whatever a visitor may upload ---------------------------------------------------------------


def clear(ink: int) -> Image.Image:
    """A ring of ink on nothing."""
    rgba = np.zeros((200, 300, 4), np.uint8)
    cv2.circle(rgba, (150, 100), 90, (ink, ink, ink, 255), 3)
    return Image.fromarray(rgba)


def growing() -> list[Image.Image]:
    frames = []
    for k in (1, 2, 4):
        frame = np.full((200, 300), 255, np.uint8)
        cv2.ellipse(frame, (150, 100), (90, 90), 0, 0, 90 * k, 0, 3)
        frames.append(Image.fromarray(frame))
    return frames


SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200">
<circle cx="150" cy="100" r="90" fill="none" stroke="black"/></svg>"""
FILES = {
    "transparent": file_of(clear(0), "PNG"),
    "white on nothing": file_of(clear(255), "PNG"),
    "cmyk": file_of(growing()[-1].convert("CMYK"), "JPEG"),
    "animated": file_of(growing()[0], "GIF", save_all=True, append_images=growing()[1:]),
    "svg": SVG,
    "json": Drawing.from_polylines(
        [150 + 90 * np.array([[np.cos(a), np.sin(a) - 5 / 9] for a in np.linspace(0, 6.3, 99)])],
        300,
        200,
    )
    .to_json()
    .encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_all_kinds_show_the_same_ring(chimera, name, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(FILES[name])
    for source in (FILES[name], path, str(path)):
        edges = chimera.edges_of(source, EdgeStyle(crop=False))
        assert edges.frame == (300, 200)
        wanted = np.zeros((SIZE, SIZE), np.uint8)
        cv2.circle(wanted, (SIZE // 2, SIZE // 2), round(90 * edges.scale), 255, 1)
        assert min(agreement(edges.edges, wanted)) > 0.9
        assert chimera(edges).shape == (1, SIZE, SIZE, 3)


def test_a_photograph_of_24_megapixels(chimera):
    picture = Image.fromarray(photograph()).resize((6000, 4000))
    edges = chimera.edges_of(file_of(picture, "JPEG"))
    assert edges.kind == "photograph" and max(edges.frame) <= 2048 and edges.edges.any()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (file_of(Image.new("RGB", (1, 1)), "PNG"), "too small"),
        (file_of(Image.new("RGB", (64, 64), "white"), "PNG"), "No lines"),
        (file_of(Image.new("RGBA", (64, 64)), "PNG"), "No lines"),
        (b"\x89PNG\r\n\x1a\n broken", "damaged"),
        (file_of(Image.fromarray(photograph()), "JPEG")[:900], "damaged"),
        (b"", "unknown kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b'{"v": 1, "strokes": []}', "nothing drawn"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(chimera, data, says):
    with pytest.raises(BadDrawing, match=says) as found:
        chimera.edges_of(data)
    assert str(found.value).endswith(".")


def test_arrays_that_are_no_picture(chimera):
    for array in (np.zeros((64, 64)), np.zeros((64, 64, 4), np.uint8), np.zeros(9, np.uint8)):
        with pytest.raises(BadDrawing):
            chimera.edges_of(array)


# -- species -------------------------------------------------------------------------------------


def test_the_nearest_stroke_wins(chimera):
    left, right = np.array([[100, 100], [100, 650]]), np.array([[700, 100], [700, 650]])
    edges = chimera.edges_of(Drawing.from_polylines([left, right], 1000, 750))
    groups = [([left], "lion"), ([right], "Fish")]
    found = chimera.species_map(edges, groups=groups)
    x = int(edges.to_pixels([[400, 0]])[0, 0])  # half way
    assert found.dtype == np.uint8 and found.shape == (SIZE, SIZE)
    assert (found[:, : x - 1] == 1).all() and (found[:, x + 2 :] == 3).all()
    unknown = chimera.species_map(edges, groups=[([left], "lion"), ([right], "unknown")])
    assert (unknown[:, x + 2 :] == 0).all() and (unknown[:, : x - 1] == 1).all()
    points = [(100, 300, "lion"), (700, 300, "fish")]
    clicked = chimera.species_map(edges, points=points)
    assert (clicked != found).mean() < 0.03
    assert (chimera.species_map(edges, species="goat") == 2).all()
    assert not chimera.species_map(edges).any()


def test_a_painted_map_lies_where_the_picture_does(chimera):
    edges = chimera.edges_of(page())
    numbers = np.zeros((400, 600), np.uint8)
    numbers[:, :300], numbers[:, 300:] = 1, 3
    colours = painted(numbers, NAMES)
    soft = cv2.GaussianBlur(colours, (9, 9), 0)
    for picture in (colours, soft, np.dstack([numbers] * 3)):
        read = read_map(picture, NAMES)
        assert (read != numbers).mean() < 0.02
        found = chimera.species_map(edges, painted=read)
        x = int(edges.to_pixels([[150, 0]])[0, 0])
        assert (found[:, : x - 1] == 1).all() and (found[:, x + 1 :] == 3).all()
    with pytest.raises(ValueError, match="proportions"):
        chimera.species_map(edges, painted=numbers[:, :200])
    with pytest.raises(BadDrawing, match="#123456"):
        read_map(np.full((9, 9, 3), (0x12, 0x34, 0x56), np.uint8), NAMES)


def test_map_colours_can_be_told_apart():
    every = tuple(COLOURS)
    numbers = np.arange(len(every) + 1, dtype=np.uint8)[None]
    noise = np.random.default_rng(0).integers(-12, 13, (1, len(every) + 1, 3))
    seen = np.clip(painted(numbers, every) + noise, 0, 255).astype(np.uint8)
    assert np.array_equal(read_map(seen, every), numbers)


def test_mistakes_about_species(chimera):
    edges = chimera.edges_of(page())
    for options, says in (
        ({"species": "loin"}, "did you mean lion"),
        ({"species": "unicorn"}, "lion, goat, fish"),
        ({"points": [(1, 2, "cat")]}, "knows no 'cat'"),
        ({"points": [(float("nan"), 2, "lion")]}, "x and a y"),
        ({"points": [(1, 2, "lion")], "species": "goat"}, "once"),
    ):
        with pytest.raises(ValueError, match=says):
            chimera.species_map(edges, **options)
    with pytest.raises(ValueError, match="species"):
        Chimera(network(), ("lion",))


# -- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0, 2])
def test_variant_k_is_the_same_alone(noise):
    chimera = Chimera(network(noise=noise), NAMES)
    edges = chimera.edges_of(page())
    four = chimera(edges, n=4, seed=5)
    assert four.shape == (4, SIZE, SIZE, 3) and four.dtype == np.uint8
    for n in (1, 3):
        assert np.array_equal(chimera(edges, n=n, seed=5), four[:n])
    assert len({picture.tobytes() for picture in four}) == 4
    other = chimera(edges, n=2, seed=6)
    assert not np.array_equal(other[1], four[1])
    # without noise the first answer is the drawing's own
    assert np.array_equal(other[0], four[0]) == (noise == 0)


def test_a_network_with_noise_makes_the_variants_beyond_the_first():
    calm, varied = network(), network(noise=2)
    edges = Chimera(calm, NAMES).edges_of(page())
    made = Chimera(calm, NAMES, varied)(edges, n=3, seed=5)
    assert np.array_equal(made[0], Chimera(calm, NAMES)(edges, seed=5)[0])
    assert np.array_equal(made[1:], Chimera(varied, NAMES)(edges, n=3, seed=5)[1:])
    small = Pix2Pix(Pix2PixConfig(width=4, most=2, size=32, classes=3, up="resize"))
    with pytest.raises(ValueError, match="64 and 32"):
        Chimera(calm, NAMES, small)


def test_the_picture_is_the_networks(chimera):
    edges = chimera.edges_of(page())
    classes = chimera.species_map(edges, species="goat")
    made = chimera(edges, classes, background="scene")[0]
    with torch.no_grad():
        wanted = chimera.network(
            torch.from_numpy(edges.edges)[None, None] / 255,
            torch.from_numpy(classes)[None],
            torch.ones(1),
        )[0]
    wanted = (wanted.permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(made - wanted).max() < 0.51 and np.ptp(made) > 20
    others = [
        chimera(edges.edges, classes, background="scene")[0],
        chimera(edges)[0],
        chimera(edges, classes * 0, background="white")[0],
    ]
    assert np.array_equal(made, others[0]) and not np.array_equal(made, others[1])
    assert np.array_equal(others[1], others[2])  # a drawing stands on white by default


def test_what_is_nearly_paper_becomes_white(chimera, monkeypatch):
    monkeypatch.setattr(type(chimera.network), "forward", lambda self, edges, *_: nearly_white())
    edges = chimera.edges_of(page())
    scene, white = (chimera(edges, background=b)[0] for b in ("scene", "white"))
    assert scene[0, 0, 0] == 250 and (white[0, 0] == 255).all()
    assert np.array_equal(white[24:40, 24:40], scene[24:40, 24:40])  # the animal, its light eye too


def test_outside_of_closed_lines_is_paper_and_open_lines_leave_it_to_the_network(
    chimera, monkeypatch
):
    grey = torch.zeros(1, 3, SIZE, SIZE)
    monkeypatch.setattr(type(chimera.network), "forward", lambda self, edges, *_: grey)
    lines = np.zeros((SIZE, SIZE), np.uint8)
    cv2.circle(lines, (32, 32), 16, 255, 1)
    closed = chimera(lines, background="white")[0]
    assert (closed[32, 32] == 128).all() and (closed[32, 16] == 128).all()
    assert (closed[2, 2] == 255).all() and (closed[32, 10] == 255).all()
    assert (chimera(lines, background="scene")[0] == 128).all()
    lines[:, 32:] = 0  # half of the circle encloses nothing
    assert (chimera(lines, background="white")[0] == 128).all()


def test_what_the_lines_enclose_is_given(chimera):
    config = Pix2PixConfig(width=4, most=2, size=SIZE, classes=3, up="resize", inside=True)
    torch.manual_seed(0)
    network = Pix2Pix(config).eval()
    for parameter in network.parameters():
        parameter.data *= 8
    lines = np.zeros((SIZE, SIZE), np.uint8)
    cv2.circle(lines, (32, 32), 20, 255, 1)
    with torch.no_grad():
        wanted = network(
            torch.from_numpy(lines)[None, None] / 255,
            scene=torch.ones(1),
            inside=torch.from_numpy(enclosed(lines))[None] / 255,
        )[0]
    wanted = (wanted.permute(1, 2, 0).numpy() + 1) * 127.5
    made = Chimera(network, ["lion", "goat", "fish"])(lines, background="scene")[0]
    assert np.abs(made - wanted).max() < 0.51 and np.ptp(made) > 20


def nearly_white() -> torch.Tensor:
    picture = torch.full((1, 3, SIZE, SIZE), 250 / 127.5 - 1)
    picture[:, :, 20:44, 20:44] = -0.2
    picture[:, :, 30:32, 30:32] = 250 / 127.5 - 1
    return picture


def test_a_scene_reaches_the_rim(chimera):
    assert looks_like_a_scene(chimera.edges_of(photograph((256, 256))).edges)
    assert not looks_like_a_scene(chimera.edges_of(page()).edges)


def test_mistakes_about_pictures(chimera):
    edges = chimera.edges_of(page())
    for options, says in (
        ({"n": 0}, "How many"),
        ({"n": 17}, "How many"),
        ({"n": True}, "How many"),
        ({"seed": -1}, "seed"),
        ({"background": "blue"}, "background"),
        ({"classes": np.full((SIZE, SIZE), 4)}, "0 to 3"),
        ({"classes": np.zeros((SIZE, SIZE))}, "whole numbers"),
        ({"classes": np.zeros((9, 9), int)}, "64 x 64"),
    ):
        with pytest.raises(ValueError, match=says):
            chimera(edges, **options)
    with pytest.raises(ValueError, match="64 x 64"):
        chimera(np.zeros((9, 9), np.uint8))


def test_a_network_of_three_channels_without_species():
    plain = Chimera(network(edges=3, classes=0, scene=False, up="transposed"), NAMES)
    edges = plain.edges_of(page())
    assert plain.species == () and plain(edges, np.ones((SIZE, SIZE), int)).shape[0] == 1
    with pytest.raises(ValueError, match="knows no"):
        plain.species_map(edges, species="lion")


# -- back to the visitor -------------------------------------------------------------------------


def test_framed_lies_on_what_came_in(chimera):
    for picture, style in ((page(), EdgeStyle()), (photograph(), EdgeStyle())):
        edges = chimera.edges_of(picture, style)
        lit = cv2.cvtColor(edges.edges, cv2.COLOR_GRAY2RGB)
        framed = chimera.framed(lit, edges)
        assert framed.shape == (200, 300, 3)
        back = chimera.edges_of(framed[..., 0], replace(style, kind="edges"))
        assert back.frame == edges.frame
    small = Drawing.from_polylines([np.array([[2, 2], [20, 24]])], 28, 21)
    framed = chimera.framed(np.zeros((SIZE, SIZE, 3), np.uint8), chimera.edges_of(small))
    assert framed.shape == (48, 64, 3)
    ring = chimera.edges_of(page())
    framed = chimera.framed(cv2.cvtColor(ring.edges, cv2.COLOR_GRAY2RGB), ring)
    middle = framed[100, 60:100, 0].argmax() + 60  # the ring crosses the bar's height at x = 80
    assert middle == pytest.approx(80, abs=3)


def test_the_outline_comes_back_as_strokes(chimera):
    edges = chimera.edges_of(page())
    drawing = chimera.outline(edges)
    assert (drawing.width, drawing.height) == (300, 200) and len(drawing.strokes) < 12
    again = chimera.edges_of(drawing, EdgeStyle(crop=False))
    first = chimera.edges_of(page(), EdgeStyle(crop=False))
    assert min(agreement(again.edges, first.edges, reach=1)) > 0.95
    shape = np.full((SIZE, SIZE, 3), 255, np.uint8)
    cv2.circle(shape, (SIZE // 2, SIZE // 2), 20, (90, 60, 20), -1)
    assert len(chimera.outline(edges, shape).strokes) <= 3
    with pytest.raises(BadDrawing, match="outline"):
        chimera.outline(edges, np.full((SIZE, SIZE, 3), 255, np.uint8))


def ring(gap: float, size: int = 128) -> np.ndarray:
    """A circle that is open by an angle at its right, one pixel wide."""
    angles = np.linspace(gap / 2, 2 * np.pi - gap / 2, 200)
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * 45 + size / 2
    lines = np.zeros((size, size), np.uint8)
    cv2.polylines(lines, [np.round(points).astype(np.int32)], False, 255)
    return lines


@pytest.mark.parametrize("gap", [0.0, 0.9, np.pi])
def test_an_outline_with_a_gap_is_closed_and_the_gap_is_found(gap):
    mended, place = closed(ring(gap))
    if gap == 0.9:
        assert place == pytest.approx((64 + 45 * np.cos(0.45), 64), abs=2)
        assert (stable(mended)[40:90, 40:90] > 0).mean() > 0.9
        assert (stable(ring(gap))[40:90, 40:90] > 0).mean() < 0.1
    else:  # there is none, or it is half of the circle
        assert place is None and (mended == ring(gap)).all()


def test_nothing_has_no_gap():
    empty = np.zeros((64, 64), np.uint8)
    assert closed(empty)[1] is None
