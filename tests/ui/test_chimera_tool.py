"""The tool Chimera without a browser: its messages and files, over a tiny network."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from generated import write_chimera
from PIL import Image
from stepping import answered, stepped

from doodle.registry import Registry
from doodle.requests import Edges
from doodle.requests.uploads import picture_of as from_url
from doodle.services.executor import LocalExecutor
from doodle.strokes.drawing import Drawing
from doodle.strokes.edge_map import edges_of_picture
from doodle.strokes.species import COLOURS
from doodle.ui.examples import read_examples
from doodle.ui.messages import SORRY
from doodle.ui.run import Runs
from doodle.ui.tools.chimera.answers import backdrop, source_picture, title
from doodle.ui.tools.chimera.panel import EXAMPLES
from doodle.ui.tools.chimera.tasks import ChimeraTasks

SIZE = 64
NAMES = ["lion", "goat", "fish"]
VISITOR = SimpleNamespace(session_hash="a")
STROKES = [[100, 100, 0, 0.5, 120, 650, 90, 0.5], [850, 100, 300, 0.5, 880, 650, 400, 0.5]]


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> LocalExecutor:
    root = write_chimera(tmp_path_factory.mktemp("chimera"), NAMES, SIZE)
    return LocalExecutor(Registry(root, device="cpu"))


@pytest.fixture
def tasks(executor: LocalExecutor) -> ChimeraTasks:
    return ChimeraTasks(Runs(executor))


def preview(tasks: ChimeraTasks, text: Any) -> dict:
    return json.loads(answered(tasks.edges(text, None, VISITOR)))


def full(tasks: ChimeraTasks, text: str, kept: Any) -> dict:
    return json.loads(answered(tasks.full(text, kept, VISITOR)))


def outline(tasks: ChimeraTasks, text: str, kept: Any) -> dict:
    return json.loads(answered(tasks.outline(text, kept, VISITOR)))


def message(tags: Any = ("lion", "fish"), **asked: Any) -> str:
    drawing = {"v": 1, "w": 1000, "h": 750, "strokes": STROKES, "tags": list(tags)}
    return json.dumps({"request": 7, "drawing": drawing, "seed": 1, "n": 2} | asked)


def rendered(tasks: ChimeraTasks, text: str, picture: Any = None) -> tuple[dict, dict, Any]:
    *_, (result, edges, kept) = stepped(tasks.render(text, picture, VISITOR))
    return json.loads(result), json.loads(edges), kept


def photograph(width: int = 200, height: int = 120) -> np.ndarray:
    """Noise as busy as a photograph, a red field in its left half."""
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)
    picture[height // 6 : 2 * height // 3, width // 10 : 2 * width // 5] = (250, 10, 10)
    return picture


def file(data: bytes, name: str) -> SimpleNamespace:
    sent = base64.b64encode(data).decode()
    return SimpleNamespace(_data={"name": name, "kind": "base64", "data": sent})


# -- edges and pictures ----------------------------------------------------------------------------


def test_the_preview_shows_the_very_edges_and_animals_of_the_pictures(tasks: ChimeraTasks):
    seen = preview(tasks, message())
    assert (seen["request"], seen["size"], seen["kind"], seen["problem"]) == (
        7,
        SIZE,
        "strokes",
        "",
    )
    assert from_url(seen["edges"]).any() and seen["species"]
    result, edges, kept = rendered(tasks, message())
    assert result["edges"] == edges["edges"] == seen["edges"]
    assert edges["species"] == seen["species"]
    assert len(result["pictures"]) == 2 and result["size"] == SIZE and result["seed"] == 1
    assert set(result["title"].split(" and ")) == {"lion", "fish"}
    assert np.array_equal(from_url(result["pictures"][1]), kept.made.pictures[1])


def test_tags_points_and_one_animal_for_all_reach_the_network(tasks: ChimeraTasks):
    plain = rendered(tasks, message(tags=()))[0]
    assert plain["title"] == ""
    assert rendered(tasks, message(tags=(), species="goat"))[0]["title"] == "goat"
    tagged = rendered(tasks, message())[0]
    assert tagged["pictures"][0] != plain["pictures"][0]
    picture = photograph()
    marked = message(tags=(), picture=True, points=[[20, 60, "goat"], [180, 60, "fish"]])
    assert set(rendered(tasks, marked, picture)[0]["title"].split(" and ")) == {"goat", "fish"}


def test_sliders_and_edited_edges_change_what_is_seen(tasks: ChimeraTasks):
    thin = from_url(preview(tasks, message())["edges"])
    thick = from_url(preview(tasks, message(options={"thickness": 4}))["edges"])
    assert (thick > 0).sum() > 2 * (thin > 0).sum()
    mine = np.zeros((SIZE, SIZE), np.uint8)
    mine[10:12, 5:60] = 255
    out = io.BytesIO()
    Image.fromarray(mine).save(out, "PNG")
    url = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    assert np.array_equal(rendered(tasks, message(edited=url))[2].made.found.edges, mine)


def test_an_empty_paper_is_no_problem_yet_but_nothing_to_render(tasks: ChimeraTasks):
    empty = message(drawing={"strokes": []}, picture=False)
    seen = preview(tasks, empty)
    assert seen["edges"] == seen["problem"] == "" and seen["new_source"]
    assert "nothing drawn" in rendered_error(tasks, empty)


def rendered_error(tasks: ChimeraTasks, text: Any) -> str:
    *_, (result, _, _) = stepped(tasks.render(text, None, VISITOR))
    return json.loads(result)["error"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "did not arrive whole"),
        ("[1]", "did not arrive whole"),
        (None, "did not arrive whole"),
        ("[" * 100_000, "did not arrive whole"),
        (message(picture=True), "open it again"),
        (message(tags=["unicorn", ""]), "knows no 'unicorn'"),
        (message(tags=[["lion"]]), "name of an animal"),
        (message(tags=["lion"] * 3), "3 tags for 2 strokes"),
        (message(seed="many"), "The seed must be"),
        (message(options={"sigma": 7}), "Sigma must be from 0 to 1"),
        (message(points=[[1]]), "A point is"),
        (message(background="beach"), "The background must be"),
        (message(edited="data:nothing,x"), "data URL"),
    ],
)
def test_what_cannot_be_done_is_said_in_both_cards(tasks: ChimeraTasks, text: Any, says: str):
    seen, error = preview(tasks, text), rendered_error(tasks, text)
    assert says in seen["problem"] and says in error and SORRY not in error


def test_a_newer_run_of_a_visitor_ends_the_older_without_a_word(tasks: ChimeraTasks):
    older = stepped(tasks.render(message(), None, VISITOR))
    next(older)
    other = stepped(tasks.render(message(), None, SimpleNamespace(session_hash="b")))
    next(other)
    rendered(tasks, message())
    assert not list(older) and len(list(other)) == 1


# -- files -----------------------------------------------------------------------------------------


def test_a_picture_comes_to_lie_below_the_ink_and_stays_with_the_visitor(
    tasks: ChimeraTasks,
):
    out = io.BytesIO()
    Image.fromarray(photograph(3000, 1800)).save(out, "JPEG", quality=60)
    answer, kept = tasks.opened(file(out.getvalue(), "photo.jpg"))
    answer = json.loads(answer)
    assert (answer["w"], answer["h"]) == kept.shape[1::-1] == (1024, 614)
    shown = from_url(answer["picture"])
    assert shown.shape == kept.shape and np.abs(shown.astype(int) - kept).mean() < 30
    assert rendered(tasks, message(tags=(), picture=True), kept)[0]["pictures"]


def test_a_project_file_brings_its_tags_back(tasks: ChimeraTasks):
    text = json.dumps({"strokes": STROKES, "tags": ["lion", "fish"]})
    sent = {"name": "mine.json", "kind": "text", "data": text}
    answer, kept = tasks.opened(SimpleNamespace(_data=sent))
    drawing = json.loads(answer)["drawing"]
    assert kept is None and json.loads(drawing)["tags"] == ["lion", "fish"]
    assert Drawing.parse(drawing).n_points == 4
    sent["data"] = json.dumps({"strokes": STROKES, "tags": ["lion"]})
    assert "tags" not in json.loads(
        json.loads(tasks.opened(SimpleNamespace(_data=sent))[0])["drawing"]
    )


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (None, "no file"),
        ({"data": "%%", "kind": "base64"}, "did not arrive whole"),
        (
            {"data": base64.b64encode(b"%PDF-1.4").decode(), "kind": "base64", "name": "a.pdf"},
            "PDF",
        ),
        ({"data": "x" * 9_100_000, "kind": "base64"}, "too large"),
        ({"data": "<svg></svg>", "kind": "text", "name": "a.svg"}, "a.svg"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_the_picture_stays(
    tasks: ChimeraTasks, sent: Any, says: str
):
    answer, kept = tasks.opened(SimpleNamespace(_data=sent))
    assert says in json.loads(answer)["error"] and not isinstance(kept, np.ndarray | None)


def test_full_size_and_outlines_belong_to_the_result_on_show(tasks: ChimeraTasks):
    assert "press Render" in full(tasks, '{"ask":"full","variant":0}', None)["note"]
    picture = photograph(200, 120)
    _, _, kept = rendered(tasks, message(tags=(), picture=True), picture)
    answer = full(tasks, '{"ask":"full","variant":1}', kept)
    assert answer["name"] == "chimera-2.png" and from_url(answer["data"]).shape == (120, 200, 3)
    _, _, kept = rendered(tasks, message(tags=(), picture=True, n=1), picture)
    drawn = []
    for k in (0, -1):
        answer = outline(tasks, json.dumps({"ask": "outline", "variant": k}), kept)
        drawn.append(Drawing.parse(answer["outline"]))
        assert drawn[-1] and (drawn[-1].width, drawn[-1].height) == (200, 120)
    assert drawn[0] != drawn[1]
    for k in (2, -2, "0", True, None):
        assert "arrive whole" in outline(tasks, json.dumps({"variant": k}), kept)["error"]


# -- messages --------------------------------------------------------------------------------------


def test_what_came_in_lies_as_the_edges_do(executor: LocalExecutor):
    drawing = Drawing.parse({"strokes": STROKES})
    asked = Edges(drawing, tags=["lion", ""])
    edge_map = executor.submit(asked).result().edge_map
    shown = source_picture(asked, edge_map, 4 * SIZE)
    ends = edge_map.to_pixels(np.array([[110, 375], [865, 375]])) * 4
    (x0, y0), (x1, y1) = ends.round().astype(int)
    assert shown[y0, x0, 0] > 180 and shown[y0, x0, 2] < 60  # the lion's orange
    assert shown[y1, x1].max() < 60 and shown[y0, (x0 + x1) // 2].min() == 255
    picture = photograph()
    shown = source_picture(Edges(picture), edges_of_picture(picture, SIZE), 320)
    # 200 x 120 in the middle of a square of 320: 1.6 times as large
    row = [shown[64 + 80, x].tolist() == [250, 10, 10] for x in (28, 36, 124, 132)]
    column = [shown[y, 80].tolist() == [250, 10, 10] for y in (92, 100, 188, 196)]
    assert row == column == [False, True, True, False] and shown[10, 10].min() == 255


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ((100, 0, 0, 0), ""),
        ((0, 30, 0, 70), "fish and lion"),
        ((50, 50, 0, 0), "lion"),
        ((0, 25, 35, 40), "fish, goat and lion"),
        ((0, 97, 3, 0), "lion"),
    ],
)
def test_a_title_names_the_animals_by_how_much_there_is_of_them(shares: tuple, says: str):
    classes = np.repeat(np.arange(4), shares).reshape(10, 10)
    assert title(classes, NAMES) == says


def test_a_backdrop_is_the_picture_in_its_colours():
    picture = np.full((40, 80, 3), (200, 60, 20), np.uint8)
    shown = from_url(backdrop(picture))
    assert shown.shape == picture.shape and np.abs(shown.astype(int) - picture).max() < 6


def test_our_own_examples_are_tagged_drawings_of_several_animals_each():
    every = read_examples(EXAMPLES)
    assert len(every) >= 3 and len({one["name"] for one in every}) == len(every)
    for one in every:
        drawing, tags = Drawing.parse(one["drawing"]), one["drawing"]["tags"]
        assert len(tags) == len(drawing.strokes) and set(tags) <= set(COLOURS)
        assert len(set(tags)) >= 2
        points = np.concatenate(drawing.polylines())
        assert (points > 20).all() and (points < (980, 730)).all()
