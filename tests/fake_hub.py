"""A Hugging Face hub of one repository, on this machine: what huggingface_hub asks of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c0ffee" * 6 + "c0ff"
TOKEN = "hf_of_a_test"


class FakeHub:
    """Serves while it is a context.

    Attributes:
        files: path -> content of the repository.
        created: what was asked when the repository was made.
        url: address.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.created: list[dict[str, Any]] = []
        hub = self

        class Handler(_Handler):
            files, created = hub.files, hub.created

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeHub:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    files: dict[str, bytes]
    created: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"error": "Invalid credentials"})
        elif self.path == "/api/repos/create":
            self.created.append(json.loads(body))
            self._answer(
                200, {"url": f"http://{self.headers['Host']}/me/doodle", "id": "me/doodle"}
            )
        elif self.path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            asked = json.loads(body)["files"]
            modes = [
                {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                for one in asked
            ]
            self._answer(200, {"files": modes})
        elif "/commit/" in self.path:
            for line in body.splitlines():
                row = json.loads(line)
                if row["key"] == "file":
                    self.files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
            url = f"http://{self.headers['Host']}/me/doodle/commit/{COMMIT}"
            self._answer(200, {"success": True, "commitOid": COMMIT, "commitUrl": url})
        else:
            self._answer(404, {"error": self.path})

    def do_GET(self) -> None:
        if re.fullmatch(r"/api/models/me/doodle(/revision/[\w.]+)?(\?.*)?", self.path):
            names = [{"rfilename": name} for name in self.files]
            told = {"_id": "1", "id": "me/doodle", "sha": COMMIT, "siblings": names}
            self._answer(200, {**told, "private": False, "tags": [], "downloads": 0, "likes": 0})
            return
        if self.path.startswith("/api/models/me/doodle/tree/"):
            listed = [
                {"type": "file", "path": name, "size": len(content), "oid": _tag(content)}
                for name, content in self.files.items()
            ]
            self._answer(200, listed)
            return
        found = re.fullmatch(r"/me/doodle/resolve/[^/]+/(.+)", self.path)
        content = self.files.get(found[1]) if found else None
        if content is None:
            self._answer(404, {"error": self.path})
            return
        self._answer(200, content, {"ETag": f'"{_tag(content)}"', "X-Repo-Commit": COMMIT})

    do_HEAD = do_GET

    def _answer(self, code: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
