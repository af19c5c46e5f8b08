"""How many visitors a server bears: `python benchmarks/visitors.py`. Needs aiohttp.

Starts the real server on this machine and talks to it over HTTP and server-sent events, as API
clients and as open pages do. All clients run in this one process: what they compute themselves is
in the times, and takes from the same cores. Appends to runs/benchmarks.jsonl.

    --loop       each client calls an endpoint again as soon as it has its answer
    --afternoon  every visitor has a page open, is guessed at while drawing, now and then completes
    --memory     what all of the server's processes take, after equal rounds of calls (Linux)

Without any of the three it does the first two. A refused call pauses its client for a moment.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from record import append, percentile

try:
    import aiohttp
except ImportError:
    print("This needs aiohttp: run `pip install aiohttp`.", file=sys.stderr)
    raise SystemExit(2) from None

import visitor_clients as clients
from visitor_clients import BROKEN, ENDPOINTS, Api, Failed, Server

PARTS = ("memory", "loop", "afternoon")  # in this order: memory begins with a fresh server
PROCESSOR = ("server ms", "client ms")  # of processor time, an answer
DIED = "the server died"
CALL_LIMIT = 120.0  # seconds to wait for an answer
PAUSE = 0.25  # seconds after an error: refusals come at once, and would crowd out the answers
GUESS_EVERY, COMPLETE_EVERY = 2.0, 20.0  # seconds, of each visitor
PATIENCE = 5000  # ms, after which the page gives up a guess
ROUND_CLIENTS, ROUND_REST = 4, 3.0
_MOODS = ("sleepy", "happy", "tall", "tiny", "striped", "angry", "royal")
_INK = re.compile(r"^\d+ \+ \S+ \S+", re.MULTILINE)


class Times:
    """How long answers of one kind took, and what went wrong instead."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self.errors: list[str] = []

    async def take(self, work: Awaitable[None]) -> None:
        """Wait for an answer and note it."""
        begun = time.perf_counter()
        try:
            await asyncio.wait_for(work, CALL_LIMIT)
        except (Failed, *BROKEN) as error:
            self.errors.append(str(error) if isinstance(error, Failed) else repr(error))
            await asyncio.sleep(PAUSE)
        else:
            self.ms.append(1000 * (time.perf_counter() - begun))

    def figures(self) -> dict[str, Any]:
        """The percentiles, None where nothing was answered, and the number of errors."""
        middle = statistics.median(self.ms) if self.ms else None
        high = percentile(self.ms, 0.95) if self.ms else None
        return {"p50 (ms)": middle, "p95 (ms)": high, "errors": len(self.errors)}


def line(*cells: Any) -> None:
    """Print a line of a table."""
    first, *rest = (
        "-" if cell is None else f"{cell:.1f}" if isinstance(cell, float) else str(cell)
        for cell in cells
    )
    print(f"{first:<30}" + "".join(f"{cell:>11}" for cell in rest), flush=True)


def complain(times: Times) -> None:
    """Print an example of what went wrong."""
    if times.errors:
        print(f"    such as: {times.errors[0][:160]}", flush=True)


def request(endpoint: str, client: int, call: int) -> dict[str, Any]:
    """Arguments of an endpoint by name, different for each client and call."""
    kept, seed = clients.examples(), 1000 * client + call
    first, second = (kept[(client + call + k) % len(kept)] for k in range(2))
    drawing, word = clients.shifted(first["drawing"], client), clients.own_word(client + call)
    if endpoint == "recognise":
        return {"drawing": drawing}
    if endpoint == "complete":
        return {"drawing": drawing, "word": first["word"], "n": 9, "seed": seed}
    if endpoint == "imagine":
        return {"text": f"a {_MOODS[seed % len(_MOODS)]} {word}", "n": 16, "seed": seed}
    if endpoint == "draw":
        return {"word": word, "seed": seed}
    if endpoint == "chimera":
        chimeras = clients.examples("chimera/examples")
        chimera = clients.shifted(chimeras[(client + call) % len(chimeras)]["drawing"], client)
        return {"drawing": chimera, "tags": chimera.get("tags"), "seed": seed}
    names = {"word_first": first["word"], "word_second": second["word"]}
    return {"first": drawing, "second": second["drawing"], **names, "seed": seed}


async def loop(
    api: Api, server: Server, args: argparse.Namespace, rows: list[dict[str, Any]]
) -> None:
    """Every endpoint with every number of clients; a row each is printed and added."""
    line("closed loop", "clients", "calls/s", "p50 (ms)", "p95 (ms)", "errors", *PROCESSOR)
    ways = [(name, name, api.call) for name in args.endpoints]
    probe = request("recognise", 0, 0)
    if "recognise" in args.endpoints and await _answers(api.run("recognise", probe)):
        ways.append(("recognise, direct", "recognise", api.run))
    for name, endpoint, ask in ways:
        for number in args.clients:
            await _answers(ask(endpoint, request(endpoint, 0, 0)))  # the first may load a model
            before = server.busy(), time.process_time()
            times, rate = await _hammer(ask, endpoint, number, args)
            found = {"clients": number, "calls/s": rate, **times.figures()}
            found |= _processor(before, (server.busy(), time.process_time()), len(times.ms))
            rows.append({"endpoint": name, **found})
            line(name, *found.values())
            complain(times)


def _processor(
    before: tuple[float | None, float], after: tuple[float | None, float], answers: int
) -> dict[str, float | None]:
    """Processor milliseconds an answer, of the server's processes and of the clients."""
    spent = [None if a is None else 1000 * (b - a) for a, b in zip(before, after, strict=True)]
    return {k: s and s / max(answers, 1) for k, s in zip(PROCESSOR, spent, strict=True)}


async def _answers(work: Awaitable[None]) -> bool:
    times = Times()
    await times.take(work)
    return not times.errors


async def _hammer(
    ask: Callable[..., Awaitable[None]], endpoint: str, number: int, args: argparse.Namespace
) -> tuple[Times, float]:
    """Times, and answers a second: until the last one, which comes after the last question."""
    times, begun = Times(), time.perf_counter()

    async def client(k: int) -> None:
        session, call = f"loop-{k}" if args.session else "", 0
        while time.perf_counter() - begun < args.seconds:
            call += 1
            await times.take(ask(endpoint, request(endpoint, k, call), session))

    await asyncio.gather(*map(client, range(number)))
    return times, len(times.ms) / (time.perf_counter() - begun)


class Tally:
    """What all visitors of an afternoon met."""

    def __init__(self) -> None:
        kinds = (
            "page opened",
            "guess",
            "Complete to first ink",
            "Complete to its answer",
            "and to the last better one",
        )
        times = [Times() for _ in kinds]
        self.opened, self.guess, self.ink, self.answer, self.complete = times
        self._times = dict(zip(kinds, times, strict=True))
        self.runs: set[str] = set()
        self.mixed: list[str] = []  # where a visitor got what was another's

    def report(self) -> dict[str, Any]:
        """Print it, and give it for the record."""
        line("afternoon", "answers", "p50 (ms)", "p95 (ms)", "errors")
        found: dict[str, Any] = {}
        for kind, times in self._times.items():
            found[kind] = {"answers": len(times.ms), **times.figures()}
            line(kind, *found[kind].values())
            complain(times)
        late = f"guesses above {PATIENCE} ms"
        found[late] = sum(took > PATIENCE for took in self.guess.ms)
        found["runs"], found["mixed up"] = len(self.runs), len(self.mixed)
        for kind in (late, "runs", "mixed up"):
            line(kind, found[kind])
        for what in self.mixed[:3]:
            print(f"    such as: {what}")
        return found


class Visitor:
    """Somebody with the page open, drawing; no other has the same number, nor the same word."""

    def __init__(self, api: Api, number: int, config: dict[str, Any], tally: Tally) -> None:
        self._api, self._number, self._tally = api, number, tally
        self._page, self._word = clients.PageSession(api, number), clients.own_word(number)
        self._loads = clients.handlers(config, "load")
        (self._guesses,) = clients.handlers(config, "guess", "guesses")
        (self._go,) = clients.handlers(config, "click", "go")
        self._chance = random.Random(number)
        self._version = 100_000 * number  # so that no other visitor has the same
        self._sketch, self._share = self._another(), 0.0

    async def spend(self, until: float) -> None:
        """Come, stay until then on the event loop's clock, and leave."""
        await asyncio.sleep(self._chance.uniform(0, GUESS_EVERY))
        heartbeat = asyncio.create_task(self._page.stay())
        try:
            await self._tally.opened.take(self._open())
            await asyncio.gather(
                self._every(GUESS_EVERY, until, self._guess),
                self._every(COMPLETE_EVERY, until, self._complete),
            )
        finally:
            heartbeat.cancel()
            await asyncio.wait([heartbeat])
            await self._page.close()

    async def _every(self, period: float, until: float, act: Callable[[], Awaitable[None]]) -> None:
        """As the page does, one at a time: what falls due during an answer follows it at once."""
        clock = asyncio.get_running_loop().time
        due = clock() + self._chance.uniform(0, period)
        while due < until:
            await asyncio.sleep(due - clock())
            await act()
            due = max(due + period, clock())

    def _another(self) -> dict[str, Any]:
        return clients.shifted(self._chance.choice(clients.examples())["drawing"], self._number)

    async def _open(self) -> None:
        async with self._api.http.get(f"{self._api.base}/") as page:
            page.raise_for_status()
            await page.read()
        for event in self._loads:
            await self._page.send(event, [None] * len(event.inputs))

    async def _guess(self) -> None:
        self._share += 0.1
        if self._share > 1:
            self._sketch, self._share = self._another(), 0.1
        self._version += 1
        drawing = clients.begun(self._sketch, self._share)
        await self._tally.guess.take(self._seen(self._version, drawing))

    async def _seen(self, version: int, drawing: dict[str, Any]) -> None:
        message = json.dumps({"version": version, "word": None, "drawing": drawing})
        answer = json.loads((await self._page.send(self._guesses, [message]))[0])
        if answer.get("version") != version:
            self._tally.mixed.append(f"guesses for {answer.get('version')} came to {version}")
        if not answer.get("guesses"):
            raise Failed(answer.get("problem") or "no guesses")

    async def _complete(self) -> None:
        drawing, seed = json.dumps(self._another()), self._chance.randrange(10_000)
        asked = {"pad": drawing, "word": self._word, "count": 9, "daring": 0.3, "seed": seed}
        await self._tally.complete.take(self._inked([asked[name] for name in self._go.inputs]))

    async def _inked(self, asked: list[Any]) -> None:
        place, text, clicked = self._go.outputs.index("ink"), "", time.perf_counter()

        def seen(outputs: list[Any]) -> None:
            nonlocal text
            new = outputs[place]
            if not isinstance(new, str):
                return  # nothing yet
            if not text:
                self._check(new)
            elif not new.startswith(text):
                self._tally.mixed.append(f"the log for {self._word} took back what it had said")
            if _INK.search(new) and not _INK.search(text):
                self._tally.ink.ms.append(1000 * (time.perf_counter() - clicked))
            if "\nD\n" in new and "\nD\n" not in text:
                self._tally.answer.ms.append(1000 * (time.perf_counter() - clicked))
            text = new

        await self._page.send(self._go, asked, seen)
        if not re.search(r"\n(K |N$)", text, re.MULTILINE):  # N: nothing of it is worth showing
            said = re.search(r"^M (.*)", text, re.MULTILINE)
            raise Failed(said[1] if said else f"no endings: {text[-80:]!r}")

    def _check(self, text: str) -> None:
        """A log begins with its run, which no other has, and with the word that was asked for."""
        run, begin, *_ = [*text.split("\n"), ""]
        if run in self._tally.runs:
            self._tally.mixed.append(f"{run} came twice")
        if begin.split(" ", 3)[3:] not in ([self._word], []):  # none where the wish is refused
            self._tally.mixed.append(f"asked for {self._word}, got {begin!r}")
        self._tally.runs.add(run)


async def afternoon(api: Api, args: argparse.Namespace, found: dict[str, Any]) -> None:
    """All visitors at once; what they met is printed and added, also when it is cut short."""
    config, tally = await api.get(f"{api.base}/config"), Tally()
    visitors = [Visitor(api, number, config, tally) for number in range(args.visitors)]
    until = asyncio.get_running_loop().time() + 60 * args.minutes
    try:
        await asyncio.gather(*(visitor.spend(until) for visitor in visitors))
    finally:
        found.update(visitors=args.visitors, minutes=args.minutes, **tally.report())


async def rounds(
    api: Api, server: Server, args: argparse.Namespace, memory: dict[str, Any]
) -> None:
    """The same calls again and again, a few at a time; what the server takes after each round."""
    counts = {name: args.calls if name == "recognise" else args.others for name in args.endpoints}
    times, rest = Times(), []
    for k in range(args.rounds):
        begun = time.perf_counter()
        calls = [(name, k * n + call) for name, n in counts.items() for call in range(n)]
        if args.mixed:
            random.Random(k).shuffle(calls)
        left = iter(calls)
        await asyncio.gather(*(_share(api, left, times) for _ in range(ROUND_CLIENTS)))
        took = time.perf_counter() - begun
        await asyncio.sleep(ROUND_REST)
        rest.append(note(f"after round {k + 1}", server, memory, f"{took:.0f} s"))
    line("calls, errors", len(times.ms), len(times.errors))
    complain(times)
    if None not in rest and len(rest) > 1:
        memory["more than after round 1"] = rest[-1] - rest[0]
        line("more than after round 1", rest[-1] - rest[0], "MB")


async def _share(api: Api, calls: Iterator[tuple[str, int]], times: Times) -> None:
    for endpoint, call in calls:  # the others take from it too
        given = request(endpoint, 0, call)
        if endpoint in ("recognise", "complete"):  # of every length, as it comes while one draws
            given["drawing"] = clients.begun(given["drawing"], (1 + 7 * call % 20) / 20)
        await times.take(api.call(endpoint, given))


def note(when: str, server: Server, memory: dict[str, Any], *more: str) -> float | None:
    """Print, add and return what the server takes now; print what each process takes too."""
    parts = server.processes()
    memory[when] = sum(parts) if parts else None
    each = " + ".join(f"{part:.0f}" for part in parts if part >= 1)
    line(f"memory {when}", memory[when], "MB", f" = {each}", *more)
    return memory[when]


async def measure(server: Server, args: argparse.Namespace, results: dict[str, Any]) -> str:
    """Fill in the results, as far as the limit and the server allow; says how it ended."""
    connections = aiohttp.TCPConnector(limit=0)
    patience = aiohttp.ClientTimeout(total=None)  # pages stay open; `Times` has a limit of its own
    async with aiohttp.ClientSession(connector=connections, timeout=patience) as http:
        work = asyncio.create_task(_parts(http, server, args, results))
        until = time.monotonic() + 60 * args.limit
        while time.monotonic() < until and not work.done() and not server.died:
            await asyncio.wait([work], timeout=0.5)
        in_time = work.done()
        work.cancel()
        await asyncio.wait([work])
    await asyncio.sleep(0.5)  # a server that broke off has ended by then
    if server.died:
        return DIED
    if in_time:
        work.result()  # raises what it raised
    return "complete" if in_time else f"stopped after {args.limit:g} minutes"


async def _parts(
    http: aiohttp.ClientSession, server: Server, args: argparse.Namespace, results: dict[str, Any]
) -> None:
    await server.start(http)
    memory = results["memory (MB)"] = {}
    note("first page served", server, memory)
    api = Api(http, server.base)
    await api.open()
    args.endpoints = [name for name in args.endpoints if name in api]
    for part in (part for part in PARTS if part in args.parts):
        print()
        if part == "memory":
            await rounds(api, server, args, memory)
            continue
        note(f"before the {part}", server, memory)
        if part == "loop":
            await loop(api, server, args, results.setdefault(part, []))
        else:
            await afternoon(api, args, results.setdefault(part, {}))
        note(f"after the {part}", server, memory)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for part in PARTS:
        parser.add_argument(f"--{part}", dest="parts", action="append_const", const=part)
    parser.add_argument("--url", help="of a server that runs already; none is started then")
    parser.add_argument("--pid", type=int, help="of that server, to measure its memory")
    parser.add_argument("--limit", type=float, default=25, help="minutes at most (%(default)s)")
    many = parser.add_argument_group("closed loop, and rounds for memory")
    many.add_argument("--endpoints", nargs="+", choices=ENDPOINTS, default=ENDPOINTS)
    many.add_argument("--clients", nargs="+", type=int, default=[1, 10, 50])
    many.add_argument("--seconds", type=float, default=8, help="each (%(default)s)")
    many.add_argument("--session", action="store_true", help="a session hash for each client")
    many.add_argument("--calls", type=int, default=500, help="of recognise a round (%(default)s)")
    many.add_argument("--others", type=int, default=60, help="of the others (%(default)s)")
    many.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    many.add_argument("--mixed", action="store_true", help="endpoints of a round in any order")
    page = parser.add_argument_group("afternoon")
    page.add_argument("--visitors", type=int, default=50, help="at once (%(default)s)")
    page.add_argument("--minutes", type=float, default=2, help="that they stay (%(default)s)")
    args = parser.parse_args()
    args.parts = args.parts or ["loop", "afternoon"]
    if not 0 < args.visitors <= len(clients.categories()):
        parser.error(f"--visitors: 1 to {len(clients.categories())}, a word for each")
    return args


def main() -> None:
    """Measure, print and record; exit code 1 when the server died."""
    args, results = parse(), {}
    server = Server(args.url, args.pid)
    try:
        ended = asyncio.run(measure(server, args, results))
    except Failed as error:
        sys.exit(str(error))
    finally:
        server.stop()
    print(f"\n{ended}")
    with contextlib.redirect_stdout(io.StringIO()):  # the tables have said it
        append("visitors", {"ended": ended, **vars(args), **results})
    sys.exit(1 if ended == DIED else 0)


if __name__ == "__main__":
    main()
