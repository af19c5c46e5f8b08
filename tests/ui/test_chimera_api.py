"""The endpoint `chimera`, through gradio_client, over a tiny network."""

from __future__ import annotations

import base64
import io
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from generated import write_chimera
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from stubs import StubRegistry

from doodle.registry import Registry
from doodle.requests.uploads import picture_of as from_url
from doodle.strokes.drawing import Drawing

SIZE = 64
NAMES = ["lion", "goat", "fish"]
RING = [
    np.array(
        [
            [500 + 300 * c, 375 + 300 * s]
            for c, s in zip(
                np.cos(np.linspace(0, 6.3, 40)), np.sin(np.linspace(0, 6.3, 40)), strict=True
            )
        ]
    )
]
DRAWING = Drawing.from_polylines([*RING, RING[0] * 0.4 + 200], 1000, 750).to_dict()


@pytest.fixture(scope="module")
def client(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Client:
    root: Path = write_chimera(tmp_path_factory.mktemp("chimera"), NAMES, SIZE)
    return Client(serve(Registry(root, device="cpu")), verbose=False)


def ball(width: int, height: int, kind: str = "PNG") -> str:
    """A dark ball on white as a file in base64."""
    picture = np.full((height, width, 3), 255, np.uint8)
    cv2.circle(picture, (width // 2, height // 2), height // 3, (20, 40, 150), -1)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def ask(client: Client, **asked: object) -> dict:
    return client.predict(**asked, api_name="/chimera")


def test_a_drawing_becomes_pictures(client: Client):
    asked = {"drawing": DRAWING, "tags": ["lion", "fish"], "n": 2, "seed": 3}
    got = ask(client, **asked)
    assert (got["size"], got["kind"], got["species"]) == (SIZE, "strokes", NAMES)
    assert set(np.unique(from_url(got["edges"]))) == {0, 255}
    pictures = [from_url(picture) for picture in got["pictures"]]
    assert [picture.shape for picture in pictures] == [(SIZE, SIZE, 3)] * 2
    assert ask(client, **asked)["pictures"] == got["pictures"]
    assert ask(client, **asked | {"n": 1})["pictures"] == got["pictures"][:1]
    for other in (
        {"tags": ["fish", "lion"]},
        {"tags": [], "species": "goat"},
        {"background": "scene"},
    ):
        assert ask(client, **asked | other)["pictures"][0] != got["pictures"][0]


def test_a_picture_is_read_from_base64_and_data_urls(client: Client):
    bare = ball(300, 200)
    got = ask(client, image=bare)
    assert got["kind"] == "drawing"
    assert ask(client, image="data:image/png;base64," + bare) == got
    assert ask(client, image=bare, kind="photograph")["kind"] == "photograph"
    assert ask(client, image=bare, way="canny")["edges"] != got["edges"]


def test_points_count_in_pixels_of_the_file(client: Client):
    """A large picture is reduced when it is read, its points with it."""
    small, large = ([[0.25 * w, 0.5 * w, "lion"], [0.75 * w, 0.5 * w, "fish"]] for w in (512, 4096))
    rows = [(ball(512, 512), small), (ball(4096, 4096, "JPEG"), large)]
    first, second = (
        from_url(ask(client, image=image, points=points)["pictures"][0]).astype(int)
        for image, points in rows
    )
    unknown = from_url(ask(client, image=rows[1][0])["pictures"][0]).astype(int)
    assert np.abs(first - second).mean() < 0.3 * np.abs(unknown - second).mean()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "either a drawing or an image"),
        ({"drawing": DRAWING, "image": ball(90, 90)}, "either a drawing or an image"),
        ({"drawing": {"strokes": []}}, "nothing drawn"),
        ({"drawing": {"strokes": [[1, 2, 3, "x"]]}}, "not a number"),
        ({"drawing": 7}, "not a drawing"),
        ({"image": "http://example.org/lion.png"}, "base64"),
        ({"image": base64.b64encode(b"%PDF-1.7").decode()}, "The image is a PDF"),
        ({"image": ball(1, 1)}, "The image has 1 x 1 pixels: too few"),
        ({"image": 5}, "A picture is a text"),
        ({"drawing": DRAWING, "species": "lyon"}, "did you mean lion"),
        ({"drawing": DRAWING, "species": 3}, "a word, such as lion, not 3"),
        ({"drawing": DRAWING, "tags": ["lion"] * 3}, "3 tags for 2 strokes"),
        ({"drawing": DRAWING, "tags": "lion"}, "The tags are a list"),
        ({"image": ball(90, 90), "tags": ["lion"]}, "Tags belong to the strokes"),
        ({"image": ball(90, 90), "points": [[1, 1e12, "lion"]]}, "The y of a point must be from"),
        ({"image": ball(90, 90), "points": [["a", 1, "lion"]]}, "The x of a point must be"),
        ({"drawing": DRAWING, "n": 99}, "How many must be from 1 to 16"),
        ({"drawing": DRAWING, "seed": "x"}, "The seed must be"),
        ({"drawing": DRAWING, "background": "sea"}, "The background must be one of"),
        ({"drawing": DRAWING, "way": "best"}, "The way to edges must be one of"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_bad_input_is_answered_by_a_sentence(client: Client, asked: dict, says: str):
    with pytest.raises(AppError, match=says):
        ask(client, **asked)


def test_tools_of_language_models_are_told_what_to_give(client: Client):
    info = client.view_api(return_format="dict")["named_endpoints"]["/chimera"]
    names = [parameter["parameter_name"] for parameter in info["parameters"]]
    assert names == [
        "drawing",
        "image",
        "species",
        "tags",
        "points",
        "background",
        "n",
        "seed",
        "way",
        "kind",
    ]
    assert all(parameter["parameter_has_default"] for parameter in info["parameters"])
    schema = json.load(urllib.request.urlopen(f"{client.src}gradio_api/info"))
    assert "mixed one" in json.dumps(schema["named_endpoints"]["/chimera"])


def test_without_the_checkpoint_the_answer_names_the_command(serve: Callable[..., str]):
    lost = Client(serve(StubRegistry()), verbose=False)
    with pytest.raises(AppError, match="The checkpoint chimera is missing.*train chimera"):
        ask(lost, drawing=DRAWING)
