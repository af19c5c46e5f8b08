"""The page's first answer: small, with the paper to be seen before any script has run.

Gradio answers with an empty page whose settings hold everything, uncompressed, and builds the rest
by script: some seconds on a slow phone, in which its parts push each other around. Here the answer
is compressed, the page's own scripts are a file of their own that the browser fetches meanwhile,
and until the parts stand in their places (shell/first.js) an outline of the page stands there.
Pictures of the tools' examples are files of their own too, fetched when a tool shows them.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache, lru_cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doodle.ui import scripts

SCRIPT = "/doodle.js"
_HERE = Path(__file__).resolve().parent
_FOREVER = "public, max-age=31536000, immutable"  # the address changes with the text
_KEPT = 8  # compressed answers: they differ by the address under which the page was asked for


class Front:
    """ASGI middleware around Gradio's app: answers for the scripts, rewrites the page itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but the script, pictures of examples and what is HTML."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        path = address_of(scope)
        if path in _pictures():
            kept = {"Cache-Control": _FOREVER}
            answer = Response(_pictures()[path], headers=kept, media_type="image/webp")
            await answer(scope, receive, send)
        elif path == SCRIPT:
            answer = _compressed(page_script(), Headers(scope=scope))
            answer.headers.update({"Content-Type": "text/javascript", "Cache-Control": _FOREVER})
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, _Rewriter(scope, receive, send))


def address_of(scope: Scope) -> str:
    """Where a request goes, below the path under which the page is served, with a / before it.

    A proxy may have cut that path off already: /doodle.js below /doodle is no .js.
    """
    path, root = scope["path"], scope.get("root_path", "")
    return path[len(root) :] if path.startswith(f"{root}/") else path


class _Rewriter:
    """A `send` that holds back an answer of HTML until it is whole."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            plain = "content-encoding" not in headers
            if plain and headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        answer = _compressed(page_html(self._body), Headers(scope=self._scope))
        answer.status_code = self._start["status"]
        kept = MutableHeaders(raw=list(self._start["headers"]))
        del kept["content-length"]
        answer.raw_headers = [*kept.raw, *answer.raw_headers]
        await answer(self._scope, self._receive, self._send)


@cache
def _pictures() -> dict[str, bytes]:
    """The pictures of all tools' examples by their addresses."""
    files = sorted(_HERE.glob("tools/*/examples/*.webp"))
    return {f"/{file.relative_to(_HERE).as_posix()}": file.read_bytes() for file in files}


def picture_address(file: Path) -> str:
    """Where the page fetches a picture of a tool's examples; another picture, another address."""
    path = f"/{file.relative_to(_HERE).as_posix()}"
    return f".{path}?v={_digest(_pictures()[path])}"


@cache
def page_script() -> bytes:
    """All modules of the page as one script."""
    return scripts.bundle(scripts.every()).encode()


@lru_cache(_KEPT)
def page_html(html: bytes) -> bytes:
    """Gradio's page with our script and the outline; any other HTML as it is."""
    head, body = b"<script>window.gradio_config", b"<gradio-app"
    if head not in html or body not in html:
        return html
    script = f'<script async src=".{SCRIPT}?v={_digest(page_script())}"></script>\n'
    style = "\n".join([scripts.style(), scripts.read("shell/variables.css", "shell/first.css")])
    early = f"{script}<style>\n{style}</style>\n".encode()
    wordmark = scripts.read("shell/wordmark.html")
    outline = scripts.read("shell/first.html").replace("{wordmark}", wordmark).encode()
    return html.replace(head, early + head, 1).replace(body, outline + body, 1)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


@lru_cache(_KEPT)
def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _compressed(body: bytes, asked: Headers) -> Response:
    accepted = "gzip" in asked.get("accept-encoding", "")
    response = Response(_zipped(body) if accepted else body)
    response.headers["Vary"] = "Accept-Encoding"
    if accepted:
        response.headers["Content-Encoding"] = "gzip"
    return response
