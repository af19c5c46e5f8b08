"""What a visitor asks of the chimera: checks, files of every kind, the service; a tiny network."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from generated import write_chimera
from PIL import Image

from doodle.errors import BadDrawing, ModelUnavailable, OutOfBudget
from doodle.pipelines.chimera import Chimera
from doodle.registry import Registry
from doodle.requests import EdgeOptions, Edges, FullSize, Outline, Render
from doodle.requests.uploads import KEPT, bytes_of, read, read_sized
from doodle.requests.uploads import picture_of as from_url
from doodle.services.chimera import found_edges
from doodle.services.executor import LocalExecutor
from doodle.services.readiness import chimerical
from doodle.strokes.drawing import Drawing
from doodle.ui.pictures import colours, overlay, png_url

SIZE = 64
NAMES = ["lion", "goat", "fish"]
BARS = [np.array([[x, 100], [x, 650]], float) for x in (200, 500, 800)]
DRAWING = Drawing.from_polylines(BARS, 1000, 750)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chimera(tmp_path_factory.mktemp("checkpoints"), NAMES, SIZE)


@pytest.fixture(scope="module")
def executor(checkpoints: Path) -> LocalExecutor:
    return LocalExecutor(Registry(checkpoints, device="cpu"))


def pictures(executor: LocalExecutor, **asked: object) -> np.ndarray:
    return executor.submit(Render(DRAWING, **asked)).result().pictures


def lonely(root: Path, **options: object) -> LocalExecutor:
    return LocalExecutor(Registry(root, "cpu", **options))


def ball(width: int = 240, height: int = 160, mode: str = "RGB") -> Image.Image:
    """A dark ball on a light ground."""
    picture = np.full((height, width, 3), 240, np.uint8)
    cv2.circle(picture, (width // 2, height // 2), height // 3, (150, 40, 30), -1)
    return Image.fromarray(picture).convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


# -- checks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"way": "magic"}, "one of auto, canny, lines, hand, not 'magic'"),
        ({"way": ["auto"]}, "one of auto"),
        ({"kind": None}, "What the picture is must be one of"),
        ({"sigma": float("nan")}, "Sigma must be a number from 0 to 1"),
        ({"sigma": 1.01}, "Sigma must be from 0 to 1"),
        ({"blur": 0}, "The blur must be from 1 to 31"),
        ({"blur": 2.5}, "The blur must be a whole number"),
        ({"thickness": 9}, "The thickness must be from 0 to 8"),
        ({"clean": "3"}, "The clean-up must be a number"),
        ({"detail": 0}, "The detail must be from 0.05 to 1"),
    ],
)
def test_a_look_out_of_range_is_said_in_a_sentence(asked: dict, says: str):
    with pytest.raises(ValueError, match=says):
        EdgeOptions(**asked)


def test_a_look_becomes_a_style():
    assert [EdgeOptions(blur=blur).blur for blur in (1, 2, 3, 30, 31)] == [1, 3, 3, 31, 31]
    assert EdgeOptions(blur=4.0).style().blur == 5
    assert EdgeOptions().style().thickness is None
    assert EdgeOptions(thickness=2).style().thickness == 2
    style = EdgeOptions("hand", "edges", 0.2, 5, 1, 8, 0.7).style()
    assert (style.way, style.kind, style.sigma, style.clean) == ("hand", "edges", 0.2, 8)
    assert style.detail == 0.7


EMPTY, WIDE = np.zeros((9, 9), np.uint8), np.full((9, 18), 255, np.uint8)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"options": {}}, "must be EdgeOptions"),
        ({"species": 7}, "a word, such as lion, not 7"),
        ({"species": "x" * 61}, "61 characters"),
        ({"tags": "lion"}, "list of animals"),
        ({"tags": ["lion", 3]}, "a word, such as lion, not 3"),
        ({"tags": ["a"] * 2001}, "2,001 tags"),
        ({"points": 5}, r"list of \[x, y, animal\]"),
        ({"points": [[1, 2]]}, r"A point is \[x, y, animal\]"),
        ({"points": ["abc"]}, r"A point is"),
        ({"points": [[float("nan"), 2, "lion"]]}, "The x of a point must be a number"),
        ({"points": [[1, 1e9, "lion"]]}, "The y of a point must be from -100,000 to 100,000"),
        ({"points": [[1, 10**400, "lion"]]}, "The y of a point"),
        ({"points": [[1, 1, "lion"]] * 257}, "At most 256 points"),
        ({"points": [[1, 1, "lion"]], "tags": ["", "fish"]}, "Say once"),
        ({"background": "sky"}, "auto, white, scene, not 'sky'"),
        ({"n": 17}, "How many must be from 1 to 16"),
        ({"n": True}, "How many"),
        ({"seed": -1}, "The seed must be from 0"),
        ({"edited": "data:image/png;base64,AAAA"}, "damaged"),
        ({"edited": "data:image/png,AAAA"}, "base64"),
        ({"edited": 3}, "white on black"),
        ({"edited": WIDE}, "must be square, 8 to 2048 pixels a side, not 18 x 9"),
        ({"edited": EMPTY}, "are empty"),
    ],
)
def test_a_chimera_out_of_range_is_said_in_a_sentence(asked: dict, says: str):
    with pytest.raises(ValueError, match=says):
        Render(DRAWING, **asked)


def test_a_chimera_is_tidied():
    chimera = Render(DRAWING, species=None, tags=["  sea  lion ", None], points=[])
    assert (chimera.species, chimera.tags) == ("unknown", ("sea lion", ""))
    assert Render(DRAWING, edited="").edited is None
    assert Render(DRAWING, points=[[1, 2.5, ""]]).points == ((1.0, 2.5, "unknown"),)


# -- files ---------------------------------------------------------------------------------------


def clear_png() -> bytes:
    """A black ring on nothing."""
    pixels = np.zeros((90, 90, 4), np.uint8)
    cv2.circle(pixels, (45, 45), 30, (0, 0, 0, 255), 3)
    return saved(Image.fromarray(pixels), "PNG")


def moving_gif() -> bytes:
    frames = [Image.new("P", (60, 40), 255) for _ in range(3)]
    frames[2] = ball(60, 40).convert("P")
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


def test_pictures_of_every_kind_become_rgb():
    large = read(saved(ball(6000, 4000), "JPEG"), "large.jpg")
    assert large.shape == (round(KEPT * 2 / 3), KEPT, 3)
    turned = Image.Exif()
    turned[0x0112] = 6  # lying on its side
    upright = read(saved(ball(), "JPEG", exif=turned))
    assert upright.shape == (240, 160, 3)
    clear = read(clear_png(), "clear.png")
    assert clear[0, 0].tolist() == [255, 255, 255] and clear[45, 15].tolist() == [0, 0, 0]
    printed = read(saved(ball(mode="CMYK"), "JPEG"), "printed.jpg")
    assert printed.dtype == np.uint8 and printed[80, 120].argmax() == 0
    assert printed[0, 0].min() > 200  # its ground is light still
    moving = read(moving_gif(), "moving.gif")
    assert np.ptp(moving[20, 30]) > 50  # the ball is in its last frame
    for kind in ("WEBP", "BMP", "TIFF"):
        assert read(saved(ball(), kind)).shape == (160, 240, 3)
    assert read(saved(ball(mode="1"), "PNG")).ndim == 3


def test_a_reduced_picture_says_by_how_much():
    picture, scale = read_sized(saved(ball(3072, 1024), "PNG"))
    assert picture.shape[:2] == (341, 1024) and scale == pytest.approx(1 / 3)
    assert read_sized(saved(ball(), "PNG"))[1] == 1


def test_strokes_come_as_a_drawing():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1L8 8"/></svg>'
    assert len(read(svg, "a.svg").strokes) == 1
    assert read(DRAWING.to_json().encode(), "a.json") == DRAWING


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "cat.png", "^cat.png is empty"),
        (b"", "", "^The file is empty"),
        (b"", "../../etc/" + "x" * 80 + ".png", r"^x{59}… is empty"),
        (b"%PDF-1.7 ...", "cat.pdf", "^cat.pdf is a PDF and cannot be read here; use PNG, JPEG"),
        (b"\0\0\0\x18ftypheic\0\0", "IMG_1.HEIC", "^IMG_1.HEIC is a HEIC photograph"),
        (b"\0\0\0\x18ftypavif\0\0", "a.avif", "an AVIF picture"),
        (b"\0\0\0\x18ftypmp42\0\0", "a.mp4", "a film"),
        (b"PK\x03\x04abc", "a.zip", "an archive"),
        (b"hello", "a.txt", "^a.txt cannot be used. The picture is damaged or of an unknown kind"),
        (saved(ball(), "JPEG")[:900], "half.jpg", "^half.jpg cannot be used. .*damaged.* Use PNG"),
        (saved(ball(), "PNG")[:60], "half.png", "damaged"),
        (b"<html><body>no</body></html>", "page.svg", "^page.svg cannot be used"),
        (b'{"strokes": []}', "a.json", "holds no lines"),
        (b'{"strokes": [[1, 2, NaN, 4]]}', "a.json", "NaN"),
        (saved(Image.new("RGB", (1, 1)), "PNG"), "dot.png", "^dot.png has 1 x 1 pixels: too few"),
        (saved(Image.new("L", (5000, 20)), "PNG"), "long.png", "5,000 x 20 pixels.*too narrow"),
        (saved(Image.new("1", (9000, 9000)), "PNG"), "vast.png", "more than 60 million pixels"),
        (b"\x89PNG" + b"\0" * 64_000_000, "fat.png", "larger than 64 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() else "data",
)
def test_what_cannot_be_read_says_why(data: bytes, name: str, says: str):
    with pytest.raises(BadDrawing, match=says):
        read(data, name)


def test_urls_keep_every_pixel():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (20, 30, 3), np.uint8)
    url = png_url(picture)
    assert url.startswith("data:image/png;base64,") and np.array_equal(from_url(url), picture)
    assert np.array_equal(from_url(url.partition(",")[2]), picture)
    grey = picture[..., 0]
    assert np.array_equal(from_url(png_url(grey)), np.dstack([grey] * 3))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "A picture is a text"),
        ("  ", "A picture is a text"),
        ("http://example.org/a,b", "base64"),
        ("data:image/png;base64,@@@@", "base64 is broken"),
        ("data:image/png;base64,ééé", "base64 is broken"),
        ("QUJD" * 400, "larger than 0.001 MB"),
    ],
)
def test_what_is_no_url_says_why(text: object, says: str):
    with pytest.raises(ValueError, match=says):
        bytes_of(text, 1000)


def test_every_species_has_its_colour():
    shades = colours([*NAMES, "gryphon", "okapi"])
    assert shades["lion"] == "#ff9a00" and len(set(shades.values())) == 5
    assert all(len(shade) == 7 for shade in shades.values())
    assert colours(["okapi"])["okapi"] == shades["okapi"]
    classes = np.zeros((8, 8), np.uint8)
    assert overlay(classes, NAMES) == ""
    classes[:, 4:] = 3
    pixels = cv2.imdecode(np.frombuffer(bytes_of(overlay(classes, NAMES)), np.uint8), -1)
    assert pixels[0, 0, 3] == 0 and 0 < pixels[0, 7, 3] < 255
    fish = tuple(bytes.fromhex(shades["fish"][1:]))
    assert tuple(pixels[0, 7, 2::-1].tolist()) == fish


# -- what the network sees -----------------------------------------------------------------------


def seen(source: object, **asked: object) -> np.ndarray:
    return found_edges(Edges(source, **asked), SIZE, tuple(NAMES)).classes


def test_tags_belong_to_their_strokes_and_the_rest_is_the_species():
    given = seen(DRAWING, tags=["lion", "", "fish"])
    assert (given[32, 8], given[32, 32], given[32, 56]) == (1, 0, 3)
    given = seen(DRAWING, tags=["lion"], species="goat")
    assert (given[32, 8], given[32, 32], given[32, 56]) == (1, 2, 2)
    assert (seen(DRAWING, tags=["", ""], species="goat") == 2).all()
    assert not seen(DRAWING).any()


def test_points_are_in_pixels_of_the_picture():
    picture = np.array(ball())
    given = seen(picture, points=[[20, 80, "goat"], [220, 80, "fish"], [1e5, -1e5, "lion"]])
    assert (given[32, 2], given[32, 62]) == (2, 3) and not (given == 1).any()


@pytest.mark.parametrize(
    ("source", "asked", "says"),
    [
        (DRAWING, {"tags": ["lion"] * 4}, "4 tags for 3 strokes"),
        (np.array(ball()), {"tags": ["lion"]}, "Tags belong to the strokes"),
        (DRAWING, {"species": "Lyon"}, "knows no 'lyon'; did you mean lion?"),
        (DRAWING, {"tags": ["", "gaot"]}, "did you mean goat?"),
        (DRAWING, {"points": [[1, 1, "qqq"]]}, "choose unknown or lion, goat, fish"),
        (Drawing(), {}, "nothing drawn"),
        (np.full((40, 40, 3), 90, np.uint8), {}, "No lines or edges were found"),
        (np.zeros((40, 40), np.float32), {}, "Expected a grey or RGB picture"),
    ],
)
def test_what_cannot_be_seen_says_why(source: object, asked: dict, says: str):
    with pytest.raises(ValueError, match=says):
        seen(source, **asked)


def test_edited_edges_take_the_place_of_the_found_ones():
    found = found_edges(Edges(DRAWING), SIZE, tuple(NAMES))
    edges = found.edges.copy()
    edges[10] = 255
    edited = found_edges(Edges(DRAWING, edited=png_url(edges)), SIZE, tuple(NAMES))
    assert np.array_equal(edited.edges, edges) and edited.edge_map.edges is edited.edges
    assert (edited.kind, edited.edge_map.scale) == (found.kind, found.edge_map.scale)
    for side in (32, 256, 500):  # another size: lines stay lines, in their place
        other = np.zeros((side, side), np.uint8)
        other[:, side // 4] = 200
        brought = found_edges(Edges(DRAWING, edited=other), SIZE, tuple(NAMES)).edges
        assert brought.shape == (SIZE, SIZE) and set(np.unique(brought)) == {0, 255}
        assert brought[:, 15:18].any(axis=1).all() and not brought[:, 20:].any()


# -- the service ---------------------------------------------------------------------------------


def test_a_variant_is_the_same_alone_and_among_others(executor: LocalExecutor):
    asked = {"tags": ["lion", "goat"], "seed": 4}
    made = executor.submit(Render(DRAWING, **asked, n=3)).result()
    assert made.pictures.shape == (3, SIZE, SIZE, 3) and made.pictures.dtype == np.uint8
    assert not np.array_equal(made.pictures[0], made.pictures[2])
    assert np.array_equal(pictures(executor, **asked)[0], made.pictures[0])
    second = pictures(executor, **{**asked, "seed": 5}, n=2)[1]
    assert not np.array_equal(second, made.pictures[1])
    full = executor.submit(FullSize(DRAWING, **asked, first=2)).result().pixels
    assert full.shape == (750, 1000, 3)
    assert np.array_equal(full, Chimera.framed(made.pictures[2], made.found.edge_map))
    other = pictures(executor, species="fish", seed=4)[0]
    assert not np.array_equal(other, made.pictures[0])


def test_where_there_is_a_network_with_noise_it_makes_the_other_variants(tmp_path: Path):
    asked = {"species": "goat", "n": 3, "seed": 4}
    write_chimera(tmp_path, NAMES, SIZE)
    alone = pictures(lonely(tmp_path), **asked)
    write_chimera(tmp_path, NAMES, SIZE, name="chimera_modes", noise=2)
    varied = pictures(lonely(tmp_path), **asked)
    assert np.array_equal(varied[0], alone[0])
    assert not np.array_equal(varied[1], alone[1]) and not np.array_equal(varied[1], varied[2])


def test_backgrounds_and_bad_variants(executor: LocalExecutor):
    white, scene = (pictures(executor, background=one)[0] for one in ("white", "scene"))
    assert not np.array_equal(white, scene)
    for k in (-1, 16, "2"):
        with pytest.raises(ValueError, match="The variant"):
            FullSize(DRAWING, first=k)


def test_the_outline_is_in_the_units_of_what_came_in(executor: LocalExecutor):
    def outline(picture: np.ndarray | None) -> Drawing:
        return executor.submit(Outline(DRAWING, picture=picture)).result().drawing

    strokes = outline(None)
    assert (strokes.width, strokes.height) == (1000, 750) and len(strokes.strokes) == 3
    left, right = (sorted(line[:, 0].mean() for line in strokes.polylines())[k] for k in (0, -1))
    assert left == pytest.approx(200, abs=20) and right == pytest.approx(800, abs=20)
    shape = np.full((SIZE, SIZE, 3), 255, np.uint8)
    shape[20:44, 20:44] = 0
    assert outline(shape).strokes
    with pytest.raises(ValueError, match="64 pixels square"):
        outline(shape[:32])


def test_edges_go_before_pictures_and_need_no_network(executor: LocalExecutor, tmp_path: Path):
    many = [executor.submit(Render(DRAWING, n=16), str(k)) for k in range(4)]
    assert executor.submit(Edges(DRAWING)).result().edges.shape == (SIZE, SIZE)
    assert not all(job.ended for job in many)
    for job in many:
        job.cancel()
    (tmp_path / "INDEX.json").write_text("{}")
    bare = lonely(tmp_path)
    assert bare.submit(Edges(DRAWING, tags=["snake"])).result().edges.shape == (256, 256)
    with pytest.raises(ModelUnavailable, match="The checkpoint chimera is missing.*git pull"):
        pictures(bare)


def test_what_the_page_is_told_of_the_network(checkpoints: Path, tmp_path: Path):
    assert chimerical(Registry(checkpoints)) == ("", NAMES, SIZE)
    problem, names, size = chimerical(Registry(tmp_path))
    assert "INDEX.json is missing" in problem and "lion" in names and size == 256
    root = write_chimera(tmp_path, NAMES, SIZE)
    file = root / "chimera" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    problem, _, _ = chimerical(Registry(root))
    assert "model.safetensors is broken" in problem
    with pytest.raises(ModelUnavailable, match=r"chimera"):
        pictures(lonely(root))


def test_without_memory_the_answer_says_so(checkpoints: Path):
    poor = lonely(checkpoints, budget_bytes=1000)
    with pytest.raises(OutOfBudget, match="larger --budget"):
        pictures(poor)
    assert poor.submit(Edges(DRAWING)).result().edges.any()


def test_a_run_that_fails_lets_its_network_go(executor: LocalExecutor):
    with pytest.raises(ValueError, match="did you mean"):
        pictures(executor, species="lio")
    pictures(executor, n=2)
    assert not any(slot.pins for slot in executor.registry._slots.values())
