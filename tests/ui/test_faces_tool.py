"""The tool Faces without a browser: its messages, and what it keeps of visitors."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from stepping import answered, stepped
from stubs import StubRegistry

from doodle.registry import Registry
from doodle.requests import FaceCode, Faces
from doodle.requests.uploads import picture_of
from doodle.services.executor import LocalExecutor
from doodle.services.readiness import editing_faces, face_words
from doodle.strokes.drawing import Drawing
from doodle.ui.run import Runs
from doodle.ui.tools.faces import answers
from doodle.ui.tools.faces.shelf import GONE, Kept, Photo, Shelf
from doodle.ui.tools.faces.tasks import FaceTasks

ROOT = Path(__file__).resolve().parents[2] / "checkpoints"
VISITOR = SimpleNamespace(session_hash="a")


@pytest.fixture(scope="module")
def executor() -> LocalExecutor:
    registry = Registry(ROOT, "cpu")
    if missing := editing_faces(registry):
        pytest.skip(missing)
    return LocalExecutor(registry)


@pytest.fixture
def tasks(executor: LocalExecutor) -> FaceTasks:
    return FaceTasks(Runs(executor))


@pytest.fixture(scope="module")
def photograph(executor: LocalExecutor) -> np.ndarray:
    """2,400 x 1,500 pixels with two faces of nobody."""
    faces = executor.submit(Faces(2, seed=6, psi=0.5)).result().pictures
    picture = np.full((1500, 2400, 3), 120, np.uint8)
    picture[::40] = 90
    picture[400:1100, 200:900] = cv2.resize(faces[0], (700, 700))
    picture[400:1100, 1400:2100] = cv2.resize(faces[1], (700, 700))
    return picture


def says(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(_data=fields)


def opened(tasks: FaceTasks, picture: np.ndarray, visitor: Any = VISITOR) -> dict:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    sent = base64.b64encode(out.getvalue()).decode()
    event = says(name="a.png", kind="base64", data=sent)
    *_, last = stepped(tasks.opened(event, visitor))
    return json.loads(last)


def chosen(tasks: FaceTasks, number: int = 0, seed: int = 0, visitor: Any = VISITOR) -> dict:
    return json.loads(answered(tasks.choose(says(seed=seed, number=number), visitor)))


def change(tasks: FaceTasks, visitor: Any = VISITOR, **asked: Any) -> dict:
    return json.loads(answered(tasks.change(says(**asked), visitor)))


def test_a_face_of_the_row_is_the_one_that_is_chosen(tasks: FaceTasks):
    row = json.loads(answered(tasks.people(says(seed=3), VISITOR)))
    assert row["seed"] == 3 and len(row["faces"]) == 8
    face = chosen(tasks, 2, seed=3)
    assert face["face"] == "3/2" and face["photo"] is None and face["notice"] == ""
    apart = picture_of(face["square"]).astype(int) - picture_of(row["faces"][2])
    assert np.abs(apart).max() <= 4  # half precision rounds otherwise beside another face
    again = change(tasks, request=5, face="3/2", edits=[])
    assert again["request"] == 5 and again["box"] == [0, 0, face["size"], face["size"]]
    assert np.abs(picture_of(again["patch"]).astype(int) - picture_of(face["square"])).max() <= 1


def test_a_photograph_is_answered_with_its_faces_and_changed_in_part(
    tasks: FaceTasks, photograph: np.ndarray
):
    face = opened(tasks, photograph)
    photo = face["photo"]
    assert (photo["w"], photo["h"]) == (1600, 1000) and len(photo["faces"]) == 2
    assert "I see 2 faces" in face["notice"]
    left, top, width, height = photo["box"]
    assert left % 16 == top % 16 == 0 and width < 900
    (x, y), *_ = photo["points"]
    assert left < x < left + width and top < y < top + height
    made = change(tasks, request=1, face=face["face"], edits=[["gray hair", 2]])
    patch, view = picture_of(made["patch"]), picture_of(photo["url"], longest=1600)
    assert patch.shape == (height, width, 3) and made["box"] == photo["box"]
    before = view[top : top + height, left : left + width]
    apart = np.abs(patch.astype(int) - before).max(axis=2)
    assert apart.max() > 20
    same = change(tasks, request=2, face=face["face"], edits=[["gray hair", 0]])
    apart = np.abs(picture_of(same["patch"]).astype(int) - before).max(axis=2)
    # the JPEGs agree bit by bit but in the last row, whose colours are read between two blocks
    assert apart[:-1].max() == 0
    other = says(face=face["face"], at=1 - photo["at"])
    *_, last = stepped(tasks.pick(other, VISITOR))
    second = json.loads(last)
    assert second["photo"]["at"] == 1 - photo["at"] and second["face"] != face["face"]
    moved = [[px + 3, py + 2] for px, py in second["photo"]["points"]]
    *_, last = stepped(tasks.pick(says(face=second["face"], points=moved), VISITOR))
    assert np.allclose(json.loads(last)["photo"]["points"], moved, atol=0.2)
    broken = says(face=second["face"], points=[[1, 1]])
    *_, last = stepped(tasks.pick(broken, VISITOR))
    assert "five points" in json.loads(last)["error"]


def test_the_full_size_has_the_change_and_the_note(tasks: FaceTasks, photograph: np.ndarray):
    face = opened(tasks, photograph)
    for kind in ("png", "jpeg"):
        asked = says(face=face["face"], edits=[["gray hair", 2]], format=kind)
        sent = json.loads(answered(tasks.full(asked, VISITOR)))
        picture = Image.open(io.BytesIO(base64.b64decode(sent["data"].split(",")[1])))
        assert picture.size == (2400, 1500)
        told = picture.info.get("Description") or picture.getexif()[0x010E]
        assert told == "Edited by a program (doodle): gray hair +2"
        if kind == "png":
            apart = np.abs(np.asarray(picture).astype(int) - photograph).max(axis=(0, 2))
            at = slice(200, 900) if face["photo"]["points"][0][0] < 700 else slice(1400, 2100)
            assert apart[at].max() > 20 and apart[950:1350].max() == 0
    nobody = chosen(tasks)
    asked = says(face=nobody["face"], edits=[], format="png")
    sent = json.loads(answered(tasks.full(asked, VISITOR)))
    picture = Image.open(io.BytesIO(base64.b64decode(sent["data"].split(",")[1])))
    assert picture.info["Description"] == answers.MADE and picture.size[0] == nobody["size"]


def test_two_faces_are_mixed_and_the_id_says_of_which(tasks: FaceTasks):
    first, second = chosen(tasks, 0), chosen(tasks, 1)
    asked = says(face="0/0", seed=0, number=1, share=0.5)
    mixed = json.loads(answered(tasks.mix(asked, VISITOR)))
    assert mixed["face"] == "0/0*0/1*0.50"
    assert mixed["square"] not in (first["square"], second["square"])
    whole = says(face="0/0", seed=0, number=1, share=1.0)
    same = json.loads(answered(tasks.mix(whole, VISITOR)))
    apart = picture_of(same["square"]).astype(int) - picture_of(first["square"])
    assert np.abs(apart).max() <= 1
    gone = json.loads(answered(tasks.mix(says(face="7/7", seed=0, number=1), VISITOR)))
    assert gone["error"] == GONE


def test_a_strip_shows_one_edit_at_five_strengths(tasks: FaceTasks):
    chosen(tasks)
    asked = {"face": "0/0", "edits": [["smiling", 1], ["gray hair", 1]], "which": 1}
    strip = json.loads(answered(tasks.strip(says(request=9, **asked), VISITOR)))
    assert strip["request"] == 9 and strip["strengths"] == [-2, -1, 0, 1, 2]
    as_asked = change(tasks, request=1, face="0/0", edits=asked["edits"])
    assert strip["pictures"][3] == as_asked["patch"]
    film = json.loads(answered(tasks.gif(says(**asked), VISITOR)))
    gif = Image.open(io.BytesIO(base64.b64decode(film["data"].split(",")[1])))
    assert film["name"] == "face-smiling-gray-hair.gif" and gif.n_frames == 32
    nothing = says(request=10, face="0/0", edits=[], which=0)
    assert "Say first" in json.loads(answered(tasks.strip(nothing, VISITOR)))["error"]


def test_a_face_becomes_strokes(tasks: FaceTasks):
    chosen(tasks)
    for to in ("draw", "chimera"):
        asked = says(face="0/0", edits=[["smiling", 1]], to=to)
        sent = json.loads(answered(tasks.outline(asked, VISITOR)))
        assert sent["to"] == to and len(Drawing.parse(json.loads(sent["outline"])).strokes) > 3
    asked = says(face="0/0", edits=[], to="moon")
    assert "did not arrive whole" in json.loads(answered(tasks.outline(asked, VISITOR)))["error"]


def test_a_refined_face_takes_the_place_of_the_first(tasks: FaceTasks, photograph: np.ndarray):
    face = opened(tasks, photograph)
    before = tasks.shelf.get("a", face["face"]).code.codes
    steps = stepped(tasks.refine(says(face=face["face"]), VISITOR))
    next(steps)
    first = json.loads(next(steps))
    assert (first["step"], first["steps"]) == (4, 100) and first["drawn"] != face["drawn"]
    tasks._runs.stop(VISITOR, "faces likeness")
    assert list(steps) == []
    assert tasks.shelf.get("a", face["face"]).code.codes is before
    nobody = chosen(tasks)
    *_, last = stepped(tasks.refine(says(face=nobody["face"]), VISITOR))
    assert "nothing to improve" in json.loads(last)["error"]


@pytest.mark.parametrize(
    ("edits", "what", "unread"),
    [
        ([["🦊", 1]], "Say what the face shall be", True),
        ([["smiling", 99]], "strength", True),
        ("smiling", "list of texts", True),
    ],
)
def test_edits_that_cannot_be_read_are_said(tasks: FaceTasks, edits: Any, what: str, unread: bool):
    chosen(tasks)
    got = change(tasks, request=3, face="0/0", edits=edits)
    assert what in got["error"] and got["unread"] is unread and got["request"] == 3


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"name": "a.txt", "kind": "text", "data": "hello"}, "damaged"),
        ({"name": "a.svg", "kind": "text", "data": "<svg></svg>"}, "is a drawing"),
        ({"name": "a.png", "kind": "base64", "data": "!!"}, "did not arrive whole"),
        ({"name": "a.png", "kind": "base64", "data": ""}, "a.png is empty"),
        ({}, "no file"),
    ],
)
def test_files_that_are_no_photographs_are_said(tasks: FaceTasks, fields: dict, what: str):
    *_, last = stepped(tasks.opened(says(**fields), VISITOR))
    assert what in json.loads(last)["error"]
    assert len(tasks.shelf) == 0


# -- what is kept ----------------------------------------------------------------------------------


def test_faces_leave_with_their_visitor_and_belong_to_nobody_else(executor: LocalExecutor):
    runs = Runs(executor)
    tasks = FaceTasks(runs)
    chosen(tasks)
    stranger = SimpleNamespace(session_hash="b")
    assert change(tasks, stranger, request=1, face="0/0", edits=[]) == {"request": 1, "gone": True}
    runs.leave(stranger)
    assert "patch" in change(tasks, request=2, face="0/0", edits=[])
    runs.leave(VISITOR)
    assert change(tasks, request=3, face="0/0", edits=[])["gone"] and len(tasks.shelf) == 0


CODE = FaceCode(np.zeros((2, 2), np.float32), np.zeros((4, 4, 3), np.float16))


def photo(side: int = 100) -> Photo:
    picture = np.zeros((side, side, 3), np.uint8)
    return Photo(b"", "a", picture, picture, (side, side), np.zeros((1, 5, 2)))


def test_a_visitor_has_few_faces_and_one_photograph():
    shelf, first, second = Shelf(), photo(), photo()
    for name, picture in (("one", first), ("other", first), ("new", second)):
        shelf.put("a", Kept(name, CODE, picture))
    assert shelf.find("a", "one") is None is shelf.find("a", "other")
    assert shelf.find("a", "new") is not None and shelf.find("a", None) is None
    for k in range(6):
        shelf.put("a", Kept(str(k), CODE))
    assert [shelf.find("a", str(k)) is not None for k in range(6)] == [False] * 2 + [True] * 4


def test_who_did_nothing_for_longest_goes_first():
    shelf = Shelf(most_visitors=2)
    for visitor in "ab":
        shelf.put(visitor, Kept("x", CODE))
    assert shelf.find("a", "x")
    shelf.put("c", Kept("x", CODE))
    assert shelf.find("a", "x") and shelf.find("b", "x") is None
    small = Shelf(most_bytes=100_000)
    small.put("a", Kept("x", CODE, photo()))
    assert small.nbytes == 60_000 + CODE.nbytes
    small.put("b", Kept("x", CODE, photo()))
    assert small.find("a", "x") is None and small.find("b", "x")


def test_words_are_offered_in_the_order_of_what_they_do(executor: LocalExecutor):
    words, phrases, size = face_words(executor.registry)
    shares = [share for share in words.values() if share is not None]
    assert shares == sorted(shares, reverse=True) and len(shares) > 5
    assert set(words) <= set(phrases) and size & (size - 1) == 0
    assert face_words(StubRegistry()) == ({}, [], 128)
