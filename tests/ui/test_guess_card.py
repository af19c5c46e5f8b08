"""The card "I see" and the word auto, over stubs: answers, batches, what cannot be read."""

from __future__ import annotations

import json
import threading
import urllib.request
from types import SimpleNamespace

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from stubs import StubCompleter, StubRecognition, StubRegistry

import doodle.pipelines.complete as pipeline
import doodle.pipelines.recognise as recognition
from doodle.errors import BadDrawing, ModelUnavailable
from doodle.strokes.drawing import Drawing
from doodle.ui.auto import meant
from doodle.ui.panels import draw, examples
from doodle.ui.panels.guess import explained, looked
from doodle.ui.runs import Runs
from doodle.ui.studio import Studio

FISH = examples.pick("3")[0]  # wire text, three strokes
TICK = json.dumps({"strokes": [[500, 300, 0, 0.5, 510, 310, 9, 0.5]]})
LINE = json.dumps({"strokes": [[100, 300, 0, 0.5, 800, 310, 9, 0.5]]})


class NoRecogniser(StubRegistry):
    """Everything is there but the recogniser."""

    def cards(self) -> list[SimpleNamespace]:
        return [card for card in super().cards() if card.name != "recogniser"]

    def use(self, *names: str):
        if "recogniser" in names:
            raise ModelUnavailable("There is no checkpoint 'recogniser'. Run `mend it`.")
        return super().use(*names)


@pytest.fixture(autouse=True)
def stubs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "Completer", StubCompleter)
    monkeypatch.setattr(recognition, "Recognition", StubRecognition)
    monkeypatch.setattr(StubRecognition, "batches", [])


@pytest.fixture
def studio() -> Studio:
    return Studio(StubRegistry())


def letter(drawing: str, at: int = 1, word: str | None = None) -> str:
    return json.dumps({"at": at, "drawing": drawing, "word": word})


def test_each_letter_is_answered_under_its_own_number(studio: Studio):
    sent = [letter(LINE, 4), letter('{"strokes": []}', 5), letter(TICK, 6), letter(FISH, 7)]
    answers = [json.loads(text) for text in looked(studio, sent)]
    assert [answer["at"] for answer in answers] == [4, 5, 6, 7]
    assert [answer["unknown"] for answer in answers] == [False, True, True, False]
    assert answers[1]["guesses"] == []
    assert answers[0]["guesses"][0] == ["cat", 0.6] and answers[3]["guesses"][0][0] == "fish"
    assert all(len(answer["guesses"]) == 5 for answer in (answers[0], answers[2], answers[3]))
    assert StubRecognition.batches == [4]  # looked at together


@pytest.mark.parametrize(
    "bad",
    [
        None, 7, "", "{", "[]", "{}", '{"at": 2}', '{"at": "x", "drawing": null}', "[" * 100_000,
        '{"at": 1e999, "drawing": null}', letter('{"strokes": [[1, 2, 3]]}', 2),
    ],
)  # fmt: skip
def test_what_cannot_be_read_spoils_nobody_elses_answer(studio: Studio, bad: object):
    first, second, third = map(json.loads, looked(studio, [letter(LINE, 1), bad, letter(FISH, 3)]))
    assert (first["guesses"][0][0], third["guesses"][0][0]) == ("cat", "fish")
    assert second["problem"] and not second["missing"]
    assert json.loads(explained(studio, bad))["problem"]


def test_without_a_recogniser_the_card_is_told_so():
    studio = Studio(NoRecogniser())
    [answer] = looked(studio, [letter(LINE, 3)])
    assert json.loads(answer) == {
        "at": 3, "missing": True, "problem": "There is no checkpoint 'recogniser'. Run `mend it`.",
    }  # fmt: skip
    assert json.loads(explained(studio, letter(LINE)))["missing"]


def test_why_weighs_every_stroke_for_the_word_asked_about(studio: Studio):
    answer = json.loads(explained(studio, letter(FISH, 8, "rabbit")))
    assert (answer["at"], answer["word"]) == (8, "rabbit")
    assert answer["weights"] == [3.0, -1.5, 0.02]
    assert json.loads(explained(studio, letter(FISH)))["word"] == "fish"
    assert "nothing drawn" in json.loads(explained(studio, letter('{"strokes": []}')))["problem"]


def test_a_guess_does_not_wait_for_a_drawing_that_is_made(studio: Studio):
    with studio._turn:
        done = threading.Thread(target=looked, args=(studio, [letter(LINE)]))
        done.start()
        done.join(5)
        assert not done.is_alive()


def visit(url: str, which: int, session: str, text: str) -> dict:
    """Send a letter as the page of one visitor does, and wait for the answer."""
    body = {"data": [text], "fn_index": which, "session_hash": session}
    join = urllib.request.Request(
        f"{url}gradio_api/queue/join",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(join).read()
    with urllib.request.urlopen(f"{url}gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream:
            message = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            if message.get("msg") == "process_completed":
                return json.loads(message["output"]["data"][0])
    raise AssertionError("no answer")


def test_visitors_are_looked_at_together_and_each_gets_their_own_answer(url: str, monkeypatch):
    config = json.loads(urllib.request.urlopen(f"{url}config").read())
    [card] = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "see"]
    [which] = [d["id"] for d in config["dependencies"] if [card, "look"] in d["targets"]]
    monkeypatch.setattr(StubRecognition, "pause", 0.3)
    sent = {f"s{k}": (k, [LINE, FISH, TICK, "broken"][k % 4]) for k in range(8)}
    got: dict[str, dict] = {}

    def ask(session: str, k: int, drawing: str) -> None:
        got[session] = visit(url, which, session, letter(drawing, k))

    threads = [threading.Thread(target=ask, args=(name, *one)) for name, one in sent.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {name: answer["at"] for name, answer in got.items()} == {
        n: k for n, (k, _) in sent.items()
    }
    first = {LINE: "cat", FISH: "fish", TICK: "cat", "broken": None}
    for name, (_, drawing) in sent.items():
        assert got[name].get("guesses", [[None]])[0][0] == first[drawing], name
    assert max(StubRecognition.batches) > 1


# -- auto ----------------------------------------------------------------------------------------


def test_auto_is_the_first_guess_and_any_other_word_is_itself(studio: Studio):
    assert meant(studio, "bear", Drawing()) == ("bear", True)
    assert meant(studio, "auto", Drawing.parse(LINE)) == ("cat", True)
    assert meant(studio, "auto", Drawing.parse(FISH)) == ("fish", True)
    assert meant(studio, "auto", Drawing.parse(TICK)) == ("cat", False)


def test_auto_asks_for_a_word_where_there_is_nothing_to_guess(studio: Studio):
    with pytest.raises(BadDrawing, match="say what it is"):
        meant(studio, "auto", Drawing())
    with pytest.raises(ModelUnavailable, match="type a word.*mend it"):
        meant(Studio(NoRecogniser()), "auto", Drawing.parse(LINE))


def test_a_surprise_is_a_word_drawn_well_and_the_seed_decides(studio: Studio):
    words = [meant(studio, "auto", Drawing(), surprise=seed).word for seed in range(20)]
    assert set(words) == {"cat", "rabbit"}
    assert words == [meant(studio, "auto", Drawing(), surprise=seed).word for seed in range(20)]
    assert meant(studio, "auto", Drawing.parse(FISH), surprise=1).word == "fish"
    seed = words.index("rabbit")  # the stub's faint guess would be a cat
    assert meant(studio, "auto", Drawing.parse(TICK), surprise=seed).word == "rabbit"
    lonely = Studio(NoRecogniser())
    assert meant(lonely, "auto", Drawing.parse(FISH), surprise=seed).word == "rabbit"
    with pytest.raises(ValueError, match="Say what to draw"):
        meant(Studio(StubRegistry(missing=True)), "auto", Drawing(), surprise=1)


def run(studio: Studio, task: str, drawing: str, word: str = "auto") -> tuple[str, str]:
    tasks = draw.Tasks(studio, Runs())
    request = SimpleNamespace(session_hash="a")
    *_, (log, note) = tasks.handler(task)(Drawing.parse(drawing), word, 3, 0.3, 1, request)
    return log, json.loads(note)["note"]


def test_a_run_says_which_word_it_took_and_when_it_is_unsure(studio: Studio):
    log, note = run(studio, "complete", FISH)
    assert "\nB 3 complete fish\n" in log and note == "" and "\nM " not in log
    log, note = run(studio, "complete", TICK)
    assert "\nB 3 complete cat\n" in log and "M I am not sure what this is" in log and note == ""
    assert "\nB 3 again fish\n" in run(studio, "again", FISH)[0]
    assert run(studio, "draw", '{"strokes": []}')[0].split("\n")[1] in (
        "B 3 draw cat",
        "B 3 draw rabbit",
    )
    log, note = run(studio, "complete", '{"strokes": []}')
    assert "say what it is" in note and f"M {note}\n" in log and log.endswith("D\n")


# -- the public endpoint -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def test_recognise_answers_as_the_command_line(client: Client):
    got = client.predict(json.loads(LINE), 3, api_name="/recognise")
    assert got == {"guesses": [["cat", 0.6], ["fish", 0.2], ["rabbit", 0.1]], "unknown": False}
    among = client.predict(json.loads(LINE), 5, " sun , a hat,", api_name="/recognise")
    assert [word for word, _ in among["guesses"]] == ["sun", "a hat"]
    nothing = client.predict({"strokes": []}, api_name="/recognise")
    assert nothing == {"guesses": [], "unknown": True}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("not a drawing",), "not a drawing"),
        (({"strokes": [[1, 2, 3]]},), "A stroke is"),
        ((json.loads(LINE), 0), "from 1 to 345"),
        ((json.loads(LINE), "many"), "How many guesses"),
        ((json.loads(LINE), 5, "cat,zzyzx"), "Did you mean"),
        ((json.loads(LINE), 5, ["cat"]), "one text"),
        ((json.loads(LINE), 5, "cat," * 400), "At most 345"),
        ((json.loads(LINE), 5, "w" * 10_000), "10000 characters"),
    ],
)
def test_bad_input_to_recognise_is_one_sentence(client: Client, asked: tuple, says: str):
    with pytest.raises(AppError, match=says):
        client.predict(*asked, api_name="/recognise")


def test_complete_and_draw_name_the_word_that_was_left_to_them(client: Client):
    got = client.predict(json.loads(FISH), api_name="/complete")
    assert got["word"] == "fish" and len(got["endings"]) == 9
    assert "word" not in client.predict(json.loads(FISH), "fish", api_name="/complete")
    assert client.predict("auto", 2, api_name="/draw")["word"] in ("cat", "rabbit")
    with pytest.raises(AppError, match="say what it is"):
        client.predict({"strokes": []}, api_name="/complete")
