"""A server that is told to stop, that tells how it is, or that is a part of another application."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from stepping import answered
from stubs import StubRegistry

from doodle.errors import Stopping
from doodle.requests import Draw, Status
from doodle.services.draining import DrainingExecutor
from doodle.services.executor import LocalExecutor
from doodle.services.jobs import Job
from doodle.services.results import ModelStatus
from doodle.ui.front import address_of
from doodle.ui.health import Health

HERE = Path(__file__).parent


class Held:
    """An executor whose jobs end when the test says so."""

    def __init__(self, registry: Any = None) -> None:
        self.registry = registry or StubRegistry()
        self.jobs: list[Job] = []
        self.closed = False

    def submit(self, request: Any, visitor: str = "") -> Job:
        self.jobs.append(Job(request, visitor))
        return self.jobs[-1]

    def close(self) -> None:
        self.closed = True


# -- draining --------------------------------------------------------------------------------------


def test_what_is_under_way_ends_and_nothing_new_begins():
    held = Held()
    draining = DrainingExecutor(held)
    first, second = draining.submit(Draw("cat")), draining.submit(Draw("fish"))
    first.end()
    threading.Timer(0.3, second.end).start()
    begun = time.monotonic()
    assert draining.drain(20)
    assert 0.2 < time.monotonic() - begun < 10
    with pytest.raises(Stopping, match="try again"):
        draining.submit(Draw("cat"))
    assert len(held.jobs) == 2 and not held.closed
    draining.close()
    assert held.closed


def test_draining_gives_up_after_its_time():
    draining = DrainingExecutor(Held())
    draining.submit(Draw("cat"))
    assert not draining.drain(0.1)


def test_jobs_that_have_ended_are_not_kept():
    draining = DrainingExecutor(Held())
    for _ in range(5):
        draining.submit(Draw("cat")).end()
    draining.submit(Draw("cat"))
    assert len(draining._jobs) == 1


# -- /healthz --------------------------------------------------------------------------------------


def health(executor: Any, path: str = "/healthz", patience: float = 5.0) -> tuple[int, Any]:
    """Status and answer of a server that has nothing but its health."""
    app = FastAPI()
    app.add_middleware(Health, executor=executor, patience=patience)
    got = TestClient(app).get(path)
    return got.status_code, got.json()


def answering(registry: Any) -> LocalExecutor:
    def status(request: Status) -> Iterator[Any]:
        yield ModelStatus("CPU", "")

    return LocalExecutor(registry, {Status: status})


def test_a_server_that_works_says_which_models_are_ready(tiny_checkpoints: Path):
    from doodle.registry import Registry

    executor = answering(Registry(tiny_checkpoints, "cpu"))
    try:
        code, told = health(executor)
    finally:
        executor.close()
    assert (code, told["status"], told["device"]) == (200, "ready", "CPU")
    assert told["models"] == {
        name: "ready" for name in ("sketch_rnn", "recogniser", "stroke_classifier", "words")
    }
    assert told["tasks"]["complete"] == told["tasks"]["recognise"] == "ready"
    assert "checkpoint chimera is missing" in told["tasks"]["chimera"]


def test_a_broken_checkpoint_is_named(tiny_checkpoints: Path, tmp_path: Path):
    import shutil

    from doodle.registry import Registry

    shutil.copytree(tiny_checkpoints, tmp_path / "broken")
    (tmp_path / "broken" / "sketch_rnn" / "model.safetensors").write_bytes(b"no weights")
    executor = answering(Registry(tmp_path / "broken", "cpu"))
    try:
        code, told = health(executor)
    finally:
        executor.close()
    assert (code, told["status"]) == (503, "unfit")
    assert told["models"]["words"] == "ready" and told["models"]["sketch_rnn"] != "ready"
    assert told["why"] == told["models"]["sketch_rnn"]


def test_models_that_do_not_answer_are_starting_at_first_and_busy_later():
    held = Held()
    assert health(held, patience=0.1)[1]["status"] == "starting"
    assert held.jobs[0].cancelled
    app = Health(None, held, 0.5)

    async def twice() -> list[str]:
        first = asyncio.ensure_future(app._report())
        while len(held.jobs) < 2:
            await asyncio.sleep(0.01)
        held.jobs[1].tell(ModelStatus("CPU", ""))
        held.jobs[1].end()
        return [(await first)[0], (await app._report())[0]]

    assert answered(twice()) == ["ready", "busy"]


def test_a_server_that_stops_says_so():
    draining = DrainingExecutor(Held())
    draining.drain(0)
    code, told = health(draining)
    assert (code, told["status"]) == (503, "stopping")
    assert "try again" in told["why"]


def test_other_addresses_are_passed_on():
    assert health(Held(), "/healthz/other")[0] == 404


@pytest.mark.parametrize(
    ("path", "root", "found"),
    [
        ("/doodle.js", "", "/doodle.js"),
        ("/doodle/doodle.js", "/doodle", "/doodle.js"),
        ("/doodle.js", "/doodle", "/doodle.js"),
        ("/healthz", "/doodle", "/healthz"),
        ("/doodle/healthz", "/doodle", "/healthz"),
    ],
)
def test_a_proxy_may_cut_the_path_off_or_leave_it(path: str, root: str, found: str):
    assert address_of({"path": path, "root_path": root}) == found


# -- stopping --------------------------------------------------------------------------------------


def ask(url: str, body: Any = None) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def slow_server() -> Iterator[Callable[[float], tuple[subprocess.Popen, str]]]:
    """`slow_server(seconds)` -> the process and its address, once it answers."""
    running = []

    def start(seconds: float) -> tuple[subprocess.Popen, str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, str(HERE / "slow_server.py"), str(port), str(seconds)]
        paths = {"PYTHONPATH": os.pathsep.join(map(str, (HERE.parents[1], HERE.parent)))}
        options = {"stdout": subprocess.PIPE, "text": True, "env": {**os.environ, **paths}}
        running.append(subprocess.Popen(command, **options))
        url, until = f"http://127.0.0.1:{port}", time.monotonic() + 120
        while time.monotonic() < until:
            assert running[-1].poll() is None, "the server has ended"
            try:
                if ask(f"{url}/healthz")[0] == 200:
                    break
            except urllib.error.URLError:
                time.sleep(0.2)
        return running[-1], url

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def drawing(url: str) -> str:
    """Ask for a drawing; the address of the answer."""
    call = f"{url}/gradio_api/call"
    _, told = ask(f"{call}/v2/draw", {"word": "cat", "n": 1})
    return f"{call}/draw/{json.loads(told)['event_id']}"


def test_an_answer_under_way_is_finished_before_the_server_ends(slow_server: Callable):
    process, url = slow_server(3.0)
    answer = drawing(url)
    assert process.stdout.readline() == "drawing\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline().startswith("Stopping")
    assert "try again" in ask(drawing(url))[1]
    code, told = ask(f"{url}/healthz")
    assert (code, json.loads(told)["status"]) == (503, "stopping")
    assert "event: complete" in ask(answer)[1]
    assert process.wait(30) == 0
    assert process.stdout.read() == "closed\n"


def test_a_second_signal_ends_it_at_once(slow_server: Callable):
    process, url = slow_server(60.0)
    drawing(url)
    assert process.stdout.readline() == "drawing\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline().startswith("Stopping")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM


# -- within another application --------------------------------------------------------------------


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of an application that has the page at /art, on a server of its own."""
    import uvicorn
    from stubs import use_stubs

    from doodle.ui.serving import mount

    use_stubs(monkeypatch)
    executor = LocalExecutor(StubRegistry())
    app = FastAPI()
    app.get("/")(lambda: {"other": "things"})
    assert mount(app, executor, "/art") is app
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until = time.monotonic() + 60
        while not server.started and time.monotonic() < until:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = server.force_exit = True  # open streams are not waited for
        thread.join(10)
    executor.close()


def test_a_mounted_page_answers_below_its_path(mounted: str):
    from gradio_client import Client

    assert json.loads(ask(f"{mounted}/")[1]) == {"other": "things"}
    code, told = ask(f"{mounted}/art/healthz")
    assert (code, json.loads(told)["status"]) == (200, "ready")
    assert ask(f"{mounted}/healthz")[0] == 404
    assert ask(f"{mounted}/art/doodle.js")[1].startswith("((page)")
    client = Client(f"{mounted}/art/", verbose=False)
    assert client.predict("fish", 2, api_name="/draw")["endings"]


def test_a_mounted_page_offers_its_tools(mounted: str):
    client = pytest.importorskip(
        "mcp.client.streamable_http", reason="the package mcp is not installed"
    )
    from mcp import ClientSession

    async def call() -> Any:
        address = f"{mounted}/art/gradio_api/mcp/"
        async with client.streamable_http_client(address) as (reading, writing, _):
            async with ClientSession(reading, writing) as session:
                await session.initialize()
                return await session.call_tool("draw", {"word": "fish", "n": 2})

    found = answered(call())
    assert not found.isError, found.content
    assert len(json.loads(found.content[0].text)["endings"]) == 2


@pytest.mark.browser
def test_a_mounted_page_looks_and_works_as_it_does_alone(mounted: str, browser: Any):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(30_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda got: got.status >= 400 and problems.append(got.url))
    try:
        page.goto(f"{mounted}/art")
        page.wait_for_selector("#pad .sc-stage canvas")
        page.wait_for_selector("#status [data-state=ready]")
        paper = "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
        assert page.evaluate(paper) == "rgb(250, 247, 242)"
        fonts = "getComputedStyle(document.querySelector('.gradio-container')).fontFamily"
        assert page.evaluate(fonts).startswith("Inter")
        assert page.locator("#tools > .tab-wrapper").bounding_box()["y"] < 60
        page.get_by_role("button", name="Draw me something").click()
        page.wait_for_function("document.querySelectorAll('#results .dd-picture').length > 0")
    finally:
        page.close()
    assert not problems
