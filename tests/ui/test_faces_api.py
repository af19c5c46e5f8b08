"""The endpoints `faces`, `edit_face` and `invert_face`, by gradio_client, over our networks."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from stubs import StubRegistry

from doodle.registry import Registry
from doodle.requests.uploads import picture_of
from doodle.services.executor import LocalExecutor
from doodle.services.readiness import editing_faces
from doodle.ui.page import build_app
from doodle.ui.theme import launch_options

ROOT = Path(__file__).resolve().parents[2] / "checkpoints"
SMILE = [["smiling", 1.0]]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Of a page without stubs, which `serve` would put in the place of the reader of texts."""
    registry = Registry(ROOT, "cpu")
    if missing := editing_faces(registry):
        pytest.skip(missing)
    executor = LocalExecutor(registry)
    app = build_app(executor)
    options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
    yield Client(app.launch(server_name="127.0.0.1", **options)[1], verbose=False)
    app.close()
    executor.close()


def ask(client: Client, name: str, **asked: object) -> dict:
    return client.predict(**asked, api_name=f"/{name}")


def opened(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))


def sent(picture: np.ndarray, kind: str = "PNG", **more: object) -> str:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, **more)
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture(scope="module")
def faces(client: Client) -> list[np.ndarray]:
    return [picture_of(url) for url in ask(client, "faces", n=2, seed=6, psi=0.5)["faces"]]


@pytest.fixture(scope="module")
def photograph(faces: list[np.ndarray]) -> np.ndarray:
    """Two faces of nobody on grey."""
    picture = np.full((480, 800, 3), 120, np.uint8)
    picture[::40] = 90
    picture[120:360, 80:320] = cv2.resize(faces[0], (240, 240))
    picture[120:360, 460:700] = cv2.resize(faces[1], (240, 240))
    return picture


def test_faces_of_a_seed_are_the_same_however_many(client: Client):
    got = ask(client, "faces", n=2, seed=6, psi=0.5)
    assert got["size"] == picture_of(got["faces"][0]).shape[0]
    assert ask(client, "faces", n=1, seed=6, psi=0.5)["faces"] == got["faces"][:1]
    assert ask(client, "faces", n=1, seed=7, psi=0.5)["faces"] != got["faces"][:1]
    assert "A face of nobody" in opened(got["faces"][0]).info["Description"]


def test_a_face_is_changed_and_the_file_says_so(client: Client, photograph: np.ndarray):
    image = sent(photograph)
    first = ask(client, "edit_face", image=image, edits=[["gray hair", 1.5]])
    assert first["faces"] == 2 and np.array(first["points"]).shape == (5, 2)
    changed = picture_of(first["picture"])
    apart = np.abs(changed.astype(int) - photograph).max(axis=(0, 2))
    at = slice(80, 320) if first["points"][0][0] < 400 else slice(460, 700)
    beside = slice(500, 800) if at.start == 80 else slice(0, 280)
    assert apart[at].max() > 10 and apart[beside].max() == 0
    assert "gray hair +1.5" in opened(first["picture"]).info["Description"]
    second = ask(client, "edit_face", image=image, edits=[["gray hair", 1.5]], face=1)
    assert abs(second["points"][0][0] - first["points"][0][0]) > 200
    unknown = ask(client, "edit_face", image=image, edits=[["zombie", 1.0]])
    assert "learned nothing of faces called “zombie”" in unknown["notices"][0]


def test_a_face_is_inverted_found_or_by_its_points(client: Client, photograph: np.ndarray):
    image = sent(photograph)
    found = ask(client, "invert_face", image=image)
    code = np.array(found["code"])
    assert code.ndim == 2 and np.isfinite(code).all()
    assert len(found["faces"]) == 2 and np.array(found["corners"]).shape == (4, 2)
    size = found["size"]
    for name in ("aligned", "inverted"):
        assert picture_of(found[name]).shape == (size, size, 3)
    told = ask(client, "invert_face", image=image, points=found["points"])
    assert told["faces"] == [] and np.allclose(told["corners"], found["corners"], atol=0.1)
    assert np.allclose(told["code"], code, atol=0.3)
    better = ask(client, "invert_face", image=image, refine=8)
    assert better["code"] != found["code"]
    square = ask(client, "invert_face", image=sent(picture_of(found["aligned"])), aligned=True)
    assert square["points"] == [] and square["corners"][2] == [size, size]


def test_photographs_are_read_as_they_are_meant(client: Client, photograph: np.ndarray):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = sent(np.ascontiguousarray(np.rot90(photograph)), "JPEG", exif=exif, quality=95)
    for image in (turned, "data:image/png;base64," + sent(photograph)):
        got = ask(client, "edit_face", image=image, edits=SMILE)
        assert picture_of(got["picture"]).shape == photograph.shape and got["faces"] == 2


@pytest.mark.parametrize(
    ("name", "asked", "says"),
    [
        ("faces", {"n": 0}, "How many must be from 1 to 64"),
        ("faces", {"psi": 3}, "The truncation"),
        ("faces", {"seed": "x"}, "The seed"),
        ("edit_face", {"image": "http://example.org/a.png", "edits": SMILE}, "base64"),
        ("edit_face", {"image": 5, "edits": SMILE}, "A picture is a text"),
        ("edit_face", {"edits": SMILE}, "I see no face in this picture"),
        ("edit_face", {"edits": []}, "1 to 8 edits"),
        ("edit_face", {"edits": "smiling"}, "list of texts"),
        ("edit_face", {"edits": [["smiling", 9]]}, "strength"),
        ("edit_face", {"edits": SMILE, "aligned": True}, "An aligned face is a square"),
        ("edit_face", {"edits": [["🦊", 1]], "aligned": True}, "Say what the face shall be"),
        ("invert_face", {}, "I see no face in this picture"),
        ("invert_face", {"points": [[1, 1]] * 5}, "in one place"),
        ("invert_face", {"points": [[1, 1]]}, "five points"),
        ("invert_face", {"refine": 999}, "The steps"),
        ("invert_face", {"image": base64.b64encode(b"%PDF-1.7").decode()}, "The image is a PDF"),
        ("invert_face", {"image": base64.b64encode(b"<svg></svg>").decode()}, "is a drawing"),
    ],
)
def test_bad_input_is_answered_by_a_sentence(client: Client, name: str, asked: dict, says: str):
    plain = {} if name == "faces" else {"image": sent(np.full((200, 300, 3), 120, np.uint8))}
    with pytest.raises(AppError, match=says):
        ask(client, name, **{**plain, **asked})


def test_pictures_without_room_for_a_face_are_refused(client: Client):
    with pytest.raises(AppError, match="The image has 20 x 300 pixels: too few for a face"):
        ask(client, "invert_face", image=sent(np.zeros((300, 20, 3), np.uint8)))


def test_without_the_checkpoint_the_answer_names_the_command(serve: Callable[..., str]):
    lost = Client(serve(StubRegistry(without=["faces"])), verbose=False)
    with pytest.raises(AppError, match="checkpoint"):
        lost.predict(1, api_name="/faces")
