"""The card "I see" and the word auto, over stubs: answers, batches, what cannot be read."""

from __future__ import annotations

import json
import threading
import urllib.request
from types import SimpleNamespace

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from stepping import answered, stepped
from stubs import StubCompleter, StubRecognition, StubRegistry, use_stubs

import doodle.pipelines.recognise as recognition
from doodle.errors import BadDrawing, ModelUnavailable
from doodle.requests import Complete, Draw
from doodle.services.executor import LocalExecutor
from doodle.services.results import Taken
from doodle.strokes.drawing import Drawing
from doodle.ui.guesses import explained, recognised
from doodle.ui.run import Runs
from doodle.ui.tools.draw import examples
from doodle.ui.tools.draw.tasks import DrawTasks

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
    use_stubs(monkeypatch)
    monkeypatch.setattr(recognition, "Recognition", StubRecognition)
    monkeypatch.setattr(StubRecognition, "batches", [])


@pytest.fixture
def executor() -> LocalExecutor:
    return LocalExecutor(StubRegistry())


def ask(executor: LocalExecutor, message: object) -> str:
    return answered(recognised(Runs(executor), "draw", message, None))


def reasons(executor: LocalExecutor, message: object) -> str:
    return answered(explained(Runs(executor), "draw", message, None))


def message(drawing: str, at: int = 1, word: str | None = None) -> str:
    return json.dumps({"version": at, "drawing": drawing, "word": word})


def test_each_message_is_answered_under_its_own_number(executor: LocalExecutor):
    sent = [message(LINE, 4), message('{"strokes": []}', 5), message(TICK, 6), message(FISH, 7)]
    answers = [json.loads(ask(executor, text)) for text in sent]
    assert [answer["version"] for answer in answers] == [4, 5, 6, 7]
    assert [answer["unknown"] for answer in answers] == [False, True, True, False]
    assert answers[1]["guesses"] == []
    assert answers[0]["guesses"][0] == ["cat", 0.6] and answers[3]["guesses"][0][0] == "fish"
    assert all(len(answer["guesses"]) == 5 for answer in (answers[0], answers[2], answers[3]))


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "",
        "{",
        "[]",
        "{}",
        '{"version": 2}',
        '{"version": "x", "drawing": null}',
        "[" * 100_000,
        '{"version": 1e999, "drawing": null}',
        message('{"strokes": [[1, 2, 3]]}', 2),
    ],
)
def test_what_cannot_be_read_spoils_nobody_elses_answer(executor: LocalExecutor, bad: object):
    sent = [message(LINE, 1), bad, message(FISH, 3)]
    first, second, third = (json.loads(ask(executor, text)) for text in sent)
    assert (first["guesses"][0][0], third["guesses"][0][0]) == ("cat", "fish")
    assert second["problem"] and not second["missing"]
    assert json.loads(reasons(executor, bad))["problem"]


def test_without_a_recogniser_the_card_is_told_so():
    executor = LocalExecutor(NoRecogniser())
    assert json.loads(ask(executor, message(LINE, 3))) == {
        "version": 3,
        "missing": True,
        "problem": "There is no checkpoint 'recogniser'. Run `mend it`.",
    }
    assert json.loads(reasons(executor, message(LINE)))["missing"]


def test_why_weighs_every_stroke_for_the_word_asked_about(executor: LocalExecutor):
    answer = json.loads(reasons(executor, message(FISH, 8, "rabbit")))
    assert (answer["version"], answer["word"]) == (8, "rabbit")
    assert answer["weights"] == [3.0, -1.5, 0.02]
    assert json.loads(reasons(executor, message(FISH)))["word"] == "fish"
    assert "nothing drawn" in json.loads(reasons(executor, message('{"strokes": []}')))["problem"]


def test_a_guess_does_not_wait_for_a_drawing_that_is_made(executor: LocalExecutor, monkeypatch):
    monkeypatch.setattr(StubCompleter, "pause", 0.2)
    drawing = Drawing.parse(FISH)
    job = executor.submit(Complete("fish", 3, drawing=drawing))
    events = iter(job)
    next(events)
    assert json.loads(ask(executor, message(LINE)))["guesses"]
    assert not job.ended
    job.cancel()


def visit(url: str, which: int, session: str, text: str) -> dict:
    """Send a message as the page of one visitor does, and wait for the answer."""
    body = {"data": [text], "fn_index": which, "session_hash": session}
    request = urllib.request.Request(
        f"{url}gradio_api/run/predict",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(json.loads(answer.read())["data"][0])


def test_visitors_are_looked_at_together_and_each_gets_their_own_answer(url: str, monkeypatch):
    config = json.loads(urllib.request.urlopen(f"{url}config").read())
    [card] = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "guesses"]
    [which] = [d["id"] for d in config["dependencies"] if [card, "guess"] in d["targets"]]
    monkeypatch.setattr(StubRecognition, "pause", 0.3)
    sent = {f"s{k}": (k, [LINE, FISH, TICK, "broken"][k % 4]) for k in range(8)}
    got: dict[str, dict] = {}

    def send(session: str, k: int, drawing: str) -> None:
        got[session] = visit(url, which, session, message(drawing, k))

    threads = [threading.Thread(target=send, args=(name, *one)) for name, one in sent.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {name: answer["version"] for name, answer in got.items()} == {
        n: k for n, (k, _) in sent.items()
    }
    first = {LINE: "cat", FISH: "fish", TICK: "cat", "broken": None}
    for name, (_, drawing) in sent.items():
        assert got[name].get("guesses", [[None]])[0][0] == first[drawing], name
    assert max(StubRecognition.batches) > 1


# -- auto ----------------------------------------------------------------------------------------


def taken(executor: LocalExecutor, request: object) -> tuple[str, bool]:
    """What AUTO was taken for."""
    (found,) = [event for event in executor.submit(request) if isinstance(event, Taken)]
    return tuple(found)


def test_auto_is_the_first_guess_and_any_other_word_is_itself(executor: LocalExecutor):
    events = list(executor.submit(Complete("cat", 2, drawing=Drawing.parse(LINE))))
    assert not any(isinstance(event, Taken) for event in events)
    seen = {text: Complete("auto", 2, drawing=Drawing.parse(text)) for text in (LINE, FISH, TICK)}
    assert taken(executor, seen[LINE]) == ("cat", True)
    assert taken(executor, seen[FISH]) == ("fish", True)
    assert taken(executor, seen[TICK]) == ("cat", False)


def test_auto_asks_for_a_word_where_there_is_nothing_to_guess():
    with pytest.raises(BadDrawing, match="draw a line or two first"):
        Complete("auto", drawing=Drawing())
    with pytest.raises(ModelUnavailable, match="type a word.*mend it"):
        request = Complete("auto", drawing=Drawing.parse(LINE))
        LocalExecutor(NoRecogniser()).submit(request).result()


def test_a_surprise_is_a_word_drawn_well_and_the_seed_decides(executor: LocalExecutor):
    def surprise(seed: int, text: str = "{}", asked: LocalExecutor = executor) -> str:
        drawing = Drawing.parse(text) if text != "{}" else Drawing()
        return taken(asked, Draw("auto", 1, seed=seed, drawing=drawing))[0]

    words = [surprise(seed) for seed in range(20)]
    assert set(words) == {"cat", "rabbit"}
    assert words == [surprise(seed) for seed in range(20)]
    assert surprise(1, FISH) == "fish"
    seed = words.index("rabbit")  # the stub's faint guess would be a cat
    assert surprise(seed, TICK) == "rabbit"
    assert surprise(seed, FISH, LocalExecutor(NoRecogniser())) == "rabbit"
    with pytest.raises(ValueError, match="Say what to draw"):
        surprise(1, asked=LocalExecutor(StubRegistry(missing=True)))


def run(executor: LocalExecutor, task: str, drawing: str, word: str = "auto") -> tuple[str, str]:
    tasks = DrawTasks(Runs(executor))
    request = SimpleNamespace(session_hash="a")
    stream = tasks.handler(task)(Drawing.parse(drawing), word, 3, 0.3, 1, request)
    *_, (log, note) = stepped(stream)
    return log, json.loads(note)["note"]


def test_a_run_says_which_word_it_took_and_when_it_is_unsure(executor: LocalExecutor):
    log, note = run(executor, "complete", FISH)
    assert "\nB 3 complete fish\n" in log and note == "" and "\nM " not in log
    log, note = run(executor, "complete", TICK)
    assert "\nB 3 complete cat\n" in log and "M I am not sure what this is" in log and note == ""
    assert "\nB 3 again fish\n" in run(executor, "again", FISH)[0]
    assert run(executor, "draw", '{"strokes": []}')[0].split("\n")[1] in (
        "B 3 draw cat",
        "B 3 draw rabbit",
    )
    log, note = run(executor, "complete", '{"strokes": []}')
    assert "draw a line or two first" in note and f"M {note}\n" in log and log.endswith("D\n")


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
    with pytest.raises(AppError, match="draw a line or two first"):
        client.predict({"strokes": []}, api_name="/complete")
