"""What `visitors.py` is made of: the server, clients of its API, and whole open pages.

The clients speak Gradio's protocol over HTTP and server-sent events, as its client in the browser
does. Needs aiohttp.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from record import ROOT

TOOLS = ROOT / "doodle" / "ui" / "tools"
ENDPOINTS = ("recognise", "complete", "imagine", "draw", "chimera", "morph")
# No answer in time or at all, no JSON, or JSON of another shape.
BROKEN = (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError, TypeError, LookupError)
START_LIMIT = 120.0  # seconds to wait for the first page
_NUMBERS = 4  # of each point of a stroke: x, y, time, pressure


class Failed(Exception):
    """The server answered, but not with what was asked for."""


@cache
def examples(folder: str = "draw/sketches") -> list[dict[str, Any]]:
    """The example drawings of a tool of the page: name, word, drawing."""
    return [json.loads(path.read_text()) for path in sorted((TOOLS / folder).glob("*.json"))]


@cache
def categories() -> list[str]:
    """Every word that the models were trained on."""
    return (ROOT / "doodle" / "data" / "categories.txt").read_text().splitlines()


def own_word(client: int) -> str:
    """A word that no other client has, while there are fewer than categories."""
    return categories()[7 * client % len(categories())]  # neighbours differ much


def shifted(drawing: dict[str, Any], client: int) -> dict[str, Any]:
    """The drawing a little elsewhere, so that no two clients send the same."""
    step = (client % 20, client // 20 % 20, 0, 0)
    moved = [
        [number + step[k % _NUMBERS] for k, number in enumerate(line)]
        for line in drawing["strokes"]
    ]
    return {**drawing, "strokes": moved}


def begun(drawing: dict[str, Any], share: float) -> dict[str, Any]:
    """The drawing as it was when this share of its points was drawn, one at least."""
    left = max(1, round(share * sum(map(len, drawing["strokes"])) / _NUMBERS))
    kept = []
    for line in drawing["strokes"]:
        kept.append(line[: _NUMBERS * max(0, left)])
        left -= len(line) // _NUMBERS
    # not the lists with an entry for each stroke, such as widths
    return {"w": drawing["w"], "h": drawing["h"], "strokes": [line for line in kept if line]}


async def events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, str]]:
    """(event, data) of a stream of server-sent events; event is "" where it has none."""
    buffer = b""  # not by lines: a picture's is longer than aiohttp reads
    async for chunk in response.content.iter_any():
        buffer += chunk
        while (end := buffer.find(b"\n\n")) >= 0:
            lines = buffer[:end].decode().split("\n")
            buffer = buffer[end + 2 :]
            fields = dict(line.split(": ", 1) for line in lines if ": " in line)
            yield fields.get("event", ""), fields.get("data", "")


def edited(value: Any, edits: list[list[Any]]) -> Any:
    """The value after Gradio's edits, each [action, path, new value]; the value is left as it is.

    Raises:
        Failed: there is no such action.
    """
    whole = [copy.deepcopy(value)]  # an empty path is then no special case
    for action, path, new in edits:
        *way, last = [0, *path]
        target = whole
        for step in way:
            target = target[step]
        if action == "append":
            target[last] += new
        elif action == "delete":
            del target[last]
        elif action == "add" and isinstance(target, list):
            target.insert(last, new)
        elif action in ("add", "replace"):
            target[last] = new
        else:
            raise Failed(f"unknown edit {action!r}")
    return whole[0]


class Api:
    """The public endpoints of a server.

    Args:
        http: open connections.
        base: address of the server, without a slash at its end.
    """

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self.http, self.base, self.root = http, base, f"{base}/gradio_api"
        self._parameters: dict[str, list[dict[str, Any]]] = {}

    async def open(self) -> None:
        """Learn what the endpoints take."""
        named = (await self.get(f"{self.root}/info"))["named_endpoints"]
        self._parameters = {name[1:]: named[name]["parameters"] for name in named}

    def __contains__(self, endpoint: str) -> bool:
        return endpoint in self._parameters

    async def get(self, address: str) -> Any:
        """The JSON there."""
        async with self.http.get(address) as response:
            response.raise_for_status()
            return await response.json(content_type=None)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that answers.

        Raises:
            Failed: the status is not 200; says what the server said.
        """
        async with self.http.post(f"{self.root}/{path}", json=body) as response:
            if response.status != 200:
                raise Failed(f"{response.status}: {(await response.text())[:200]}")
            return json.loads(await response.read())

    async def call(self, endpoint: str, given: dict[str, Any], session: str = "") -> None:
        """Call an endpoint by events: ask, then read the stream until it is answered.

        Args:
            given: its arguments by name.
            session: hash of the caller's session; Gradio makes one up for each call without.

        Raises:
            Failed: it was answered with an error, or not at all.
        """
        body, answer = self._body(endpoint, given, session), ("", "")
        event = (await self.post(f"call/{endpoint}", body))["event_id"]
        async with self.http.get(f"{self.root}/call/{endpoint}/{event}") as response:
            async for one in events(response):
                answer = one  # the last ends the stream
        kind, data = answer
        if kind != "complete" or data in ("", "null", "[null]"):
            raise Failed(f"{kind or 'no answer'}: {data[:200]}")

    async def run(self, endpoint: str, given: dict[str, Any], session: str = "") -> None:
        """As `call`, but directly, past the queue."""
        answer = await self.post(f"run/{endpoint}", self._body(endpoint, given, session))
        if not (answer.get("data") or [None])[0]:
            raise Failed(f"no data: {str(answer)[:200]}")

    def _body(self, endpoint: str, given: dict[str, Any], session: str) -> dict[str, Any]:
        # the defaults are sent too: Gradio fills them in for its own clients only
        data = [
            given.get(one["parameter_name"], one["parameter_default"])
            for one in self._parameters[endpoint]
        ]
        return {"data": data, "session_hash": session} if session else {"data": data}


@dataclass(frozen=True)
class PageEvent:
    """A handler of the page; inputs and outputs by the elem_id of their components."""

    fn: int
    trigger: int | None
    queued: bool
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def handlers(config: dict[str, Any], name: str, elem_id: str | None = None) -> list[PageEvent]:
    """The server's handlers of an event, such as click, of one component of the page or of any."""
    ids = {one["id"]: one["props"].get("elem_id") or "" for one in config["components"]}
    return [
        PageEvent(
            fn=one["id"],
            trigger=target,
            queued=one["queue"] is not False,
            inputs=tuple(ids.get(k, "") for k in one["inputs"]),
            outputs=tuple(ids.get(k, "") for k in one["outputs"]),
        )
        for one in config["dependencies"]
        for target, event in one["targets"]
        if one["backend_fn"] and event == name and elem_id in (None, ids.get(target))
    ]


class PageSession:
    """An open page: a session of its own, and one stream that answers all of its queued events."""

    def __init__(self, api: Api, number: int) -> None:
        self._api = api
        self.hash = f"v{number}-{random.getrandbits(48):x}"
        self._inboxes: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._pending: set[str] = set()  # events whose end has not come
        self._ended: set[str] = set()  # those that ended before their id was known here
        self._reader: asyncio.Task[None] | None = None

    async def stay(self) -> None:
        """Hold the page's heartbeat; the server lets the session go once this is cancelled."""
        with contextlib.suppress(*BROKEN):  # then its events break too, and tell
            async with self._api.http.get(f"{self._api.root}/heartbeat/{self.hash}") as response:
                await response.read()

    async def send(
        self, event: PageEvent, data: list[Any], seen: Callable[[list[Any]], None] | None = None
    ) -> list[Any]:
        """Have an event handled.

        Args:
            data: values of its inputs.
            seen: is shown the outputs each time that they change, the last ones too.

        Raises:
            Failed: it was refused, or ended with an error.
        """
        body = {"data": data, "fn_index": event.fn, "trigger_id": event.trigger}
        body |= {"session_hash": self.hash}
        if not event.queued:
            output = (await self._api.post("run/predict", body))["data"]
            if seen:
                seen(output)
            return output
        name = (await self._api.post("queue/join", body))["event_id"]
        inbox = self._inbox(name)
        if name not in self._ended:
            self._pending.add(name)
            if self._reader is None or self._reader.done():
                self._reader = asyncio.create_task(self._read())
        try:
            return await _followed(inbox, seen)
        finally:
            del self._inboxes[name]
            self._pending.discard(name)
            self._ended.discard(name)

    async def close(self) -> None:
        """Leave the stream."""
        if self._reader:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    def _inbox(self, event: str) -> asyncio.Queue[dict[str, Any]]:
        return self._inboxes.setdefault(event, asyncio.Queue())

    async def _read(self) -> None:
        # The server closes the stream when nothing is pending. An event sent at that very moment
        # needs another stream, which Gradio's own client forgets.
        address = f"{self._api.root}/queue/data?session_hash={self.hash}"
        try:
            while self._pending:
                async with self._api.http.get(address) as response:
                    response.raise_for_status()
                    async for _, data in events(response):
                        self._deliver(json.loads(data))
        except BROKEN as error:
            self._deliver({"msg": "unexpected_error", "message": f"the stream broke: {error!r}"})

    def _deliver(self, message: dict[str, Any]) -> None:
        event, broken = message.get("event_id"), message["msg"] == "unexpected_error"
        for name in [event] if event else list(self._pending) if broken else []:
            self._inbox(name).put_nowait(message)
            if broken or message["msg"] == "process_completed":
                if name not in self._pending:
                    self._ended.add(name)
                self._pending.discard(name)


async def _followed(
    inbox: asyncio.Queue[dict[str, Any]], seen: Callable[[list[Any]], None] | None
) -> list[Any]:
    """The last outputs of a queued event; a generator's come as edits of those before."""
    shown: list[Any] | None = None
    while True:
        message = await inbox.get()
        ended = message["msg"] == "process_completed"
        if message["msg"] == "unexpected_error" or message.get("success") is False:
            raise Failed(str(message.get("message") or message.get("output")))
        if not ended and message["msg"] != "process_generating":
            continue  # its place in the queue, or a log
        output = message["output"]["data"]
        if not ended and shown is not None:
            output = [edited(old, edits) for old, edits in zip(shown, output, strict=True)]
        shown = output
        if seen:
            seen(output)
        if ended:
            return output


class Server:
    """The app, started in processes of its own; or one that runs at `url`, its memory by `pid`."""

    def __init__(self, url: str | None = None, pid: int | None = None) -> None:
        self.base, self.pid = (url or "").rstrip("/"), pid
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, http: aiohttp.ClientSession) -> None:
        """Return when the first page was served.

        Raises:
            Failed: it ended, or served none in time.
        """
        if not self.base:
            self._launch()
        until = time.monotonic() + START_LIMIT
        while time.monotonic() < until and not self.died:
            with contextlib.suppress(*BROKEN):
                async with http.get(f"{self.base}/") as page:
                    await page.read()
                    if page.status == 200:
                        return
            await asyncio.sleep(0.05)
        raise Failed(f"no page from {self.base}")

    def _launch(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"},
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # so that its own processes can be ended with it
        )
        self.base, self.pid = f"http://127.0.0.1:{port}", self._process.pid

    @property
    def died(self) -> bool:
        """It has ended; not known of one that was not started here."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """End what was started here."""
        if self._process is None:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):  # the second for what is left of the group
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self._process.pid, how)
                self._process.wait(timeout=30)

    def processes(self) -> list[float]:
        """MB in each of its processes, pages that they share in parts; none if unknown."""
        known = self.pid and Path("/proc").exists()
        return [_resident(pid) for pid in _tree(self.pid)] if known else []

    def busy(self) -> float | None:
        """Seconds of processor time that all of its processes have used; None if unknown."""
        known = self.pid and Path("/proc").exists()
        return sum(map(_busy, _tree(self.pid))) if known else None


def _busy(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    with contextlib.suppress(OSError):  # ended meanwhile
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # ended meanwhile
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _resident(pid: int) -> float:
    """MB: the proportional set size, or all that is resident where the kernel does not tell."""
    for file, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
                if line.startswith(field):
                    return int(line.split()[1]) / 1024
    return 0.0
