"""The public endpoints, through gradio_client and plain HTTP."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from stubs import StubDrawer, StubRegistry

from doodle.ui.tools.draw import examples

CAT, FISH = (json.loads(examples.pick(str(k))[0]) for k in (0, 3))


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def test_only_the_nine_tasks_are_public(client: Client):
    named = client.view_api(return_format="dict")
    tasks = {"/recognise", "/complete", "/draw", "/morph", "/imagine", "/chimera"}
    tasks |= {"/faces", "/edit_face", "/invert_face"}
    assert set(named["named_endpoints"]) == tasks
    assert not named["unnamed_endpoints"]


def test_complete_answers_as_the_command_line(client: Client):
    got = client.predict(CAT, "cat", 4, 0.3, 5, api_name="/complete")
    assert len(got["endings"]) == 4
    scores = [ending["score"] for ending in got["endings"]]
    assert scores == sorted(scores, reverse=True)
    for ending in got["endings"]:
        assert all(len(x) == len(y) > 0 for x, y in ending["strokes"])
    assert got == client.predict(CAT, "cat", 4, 0.3, 5, api_name="/complete")
    assert got != client.predict(CAT, "cat", 4, 0.3, 6, api_name="/complete")


def test_what_one_endpoint_gives_another_takes(client: Client):
    (drawn, *_) = client.predict("fish", 2, api_name="/draw")["endings"]
    (ending, *_) = client.predict(drawn, "fish", 2, api_name="/complete")["endings"]
    (doodle, *_) = client.predict("cat", 2, api_name="/imagine")["doodles"]
    (step, *_) = client.predict(drawn, CAT, "fish", "cat", 3, api_name="/morph")["drawings"]
    for made in (drawn, ending, doodle, step):
        assert client.predict(made, 3, "", api_name="/recognise")["guesses"]
        assert client.predict(made, "fish", 1, api_name="/complete")["endings"]


def test_endpoints_name_the_types_of_what_they_take_and_give(client: Client):
    found = client.view_api(return_format="dict")["named_endpoints"]
    (drawing, *_), (answer,) = (found["/complete"][key] for key in ("parameters", "returns"))
    assert (
        "strokes" in drawing["python_type"]["type"] and "endings" in answer["python_type"]["type"]
    )
    for endpoint in found.values():
        for one in (*endpoint["parameters"], *endpoint["returns"]):
            assert "Any" not in one["python_type"]["type"], one


def test_draw_and_morph_answer_in_the_same_shape(client: Client):
    drawn = client.predict("fish", 2, api_name="/draw")
    assert len(drawn["endings"]) == 2
    morphed = client.predict(CAT, FISH, "cat", "fish", 5, api_name="/morph")
    assert len(morphed["drawings"]) == 5
    assert all(len(x) == len(y) > 0 for step in morphed["drawings"] for x, y in step["strokes"])


def test_imagine_says_who_read_the_text_and_answers_best_first(client: Client):
    got = client.predict("a sleepy teapot", 5, 3, 0.8, api_name="/imagine")
    assert (got["encoder"], got["name"], got["notice"]) == ("words", "teapot", "")
    scores = [doodle["score"] for doodle in got["doodles"]]
    assert len(scores) == 5 and scores == sorted(scores, reverse=True)
    for doodle in got["doodles"]:
        assert all(len(x) == len(y) > 0 for x, y in doodle["strokes"])
        assert 0 <= doodle["drawn_like"] <= 1
        assert doodle["svg"].startswith("<svg") and "C" in doodle["svg"]
    assert got == client.predict("a sleepy teapot", 5, 3, 0.8, api_name="/imagine")
    other = client.predict("a sleepy teapot", 5, 4, 0.8, api_name="/imagine")
    assert got["doodles"] != other["doodles"]
    assert client.predict("qqq", api_name="/imagine")["notice"] == "I read it as a cat."


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("  ",), "Say what to draw"),
        ((7,), "Say what to draw"),
        (("🦊",), "English words"),
        (("w" * 10_000,), "characters"),
        (("cat", 0), "How many must be from 1 to 36"),
        (("cat", 4, -1), "The seed must be from 0 to 2,147,483,647, not -1"),
        (("cat", 4, 0, 9), "The truncation"),
    ],
)
def test_what_cannot_be_imagined_is_answered_by_a_sentence(client: Client, asked: tuple, says: str):
    with pytest.raises(AppError, match=says):
        client.predict(*asked, api_name="/imagine")


LONG = {"strokes": [[1.0, 2.0, 3.0, 0.5] * 50_001]}


@pytest.mark.parametrize(
    ("drawing", "word", "n", "says"),
    [
        (LONG, "cat", 3, "50001 points"),
        ({"strokes": [[1, 2, 3]]}, "cat", 3, "A stroke is"),
        ({"strokes": [[1, 2, 3, "x"]]}, "cat", 3, "not a number"),
        ({"strokes": []}, "cat", 3, "nothing drawn"),
        ({"w": 0, "strokes": []}, "cat", 3, "width"),
        ("not a drawing", "cat", 3, "not a drawing"),
        (7, "cat", 3, "not a drawing"),
        (CAT, "", 3, "Say what it is"),
        (CAT, "w" * 10_000, 3, "10000 characters"),
        (CAT, 5, 3, "Say what it is"),
        (CAT, "zzyzx", 3, "Did you mean"),
        (CAT, "cat", "nine", "How many"),
        (CAT, "cat", -1, "from 1 to 16"),
    ],
)
def test_bad_input_is_answered_by_a_sentence(
    client: Client, drawing: object, word: object, n: object, says: str
):
    with pytest.raises(AppError, match=says):
        client.predict(drawing, word, n, 0.3, 0, api_name="/complete")


def test_a_fault_of_ours_is_not_shown_to_the_caller(client: Client, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("internal detail")

    monkeypatch.setattr(StubDrawer, "drawings", broken)
    with pytest.raises(AppError, match="Something broke here"):
        client.predict("cat", api_name="/draw")


def test_nan_on_the_wire_is_refused(url: str):
    body = '{"data": [{"strokes": [[NaN, 1, 0, 0.5]]}, "cat", 3, 0.3, 0]}'
    request = urllib.request.Request(
        f"{url}gradio_api/call/complete", body.encode(), {"Content-Type": "application/json"}
    )
    event = json.load(urllib.request.urlopen(request))["event_id"]
    answer = urllib.request.urlopen(f"{url}gradio_api/call/complete/{event}").read().decode()
    assert answer.startswith("event: error") and "finite" in answer


def test_without_a_checkpoint_the_answer_names_the_command(serve: Callable[..., str]):
    lost = Client(serve(StubRegistry(missing=True)), verbose=False)
    with pytest.raises(AppError, match="git checkout"):
        lost.predict("cat", api_name="/draw")
