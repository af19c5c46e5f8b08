"""A web server on this machine that misbehaves on request, and an official ndjson file."""

import base64
import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from quickdraw_files import line, shifted


class Server(ThreadingHTTPServer):
    """Serves ``files``; ``mischief`` holds what goes wrong with the next requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.mischief: list[str] = []
        self.ranges: list[str | None] = []  # of each request
        self.paths: list[str] = []
        self.has_ranges = True
        self.states_md5 = False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up is part of the test."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.ranges.append(self.headers["Range"])
        server.paths.append(self.path)
        wrong = server.mischief.pop(0) if server.mischief else ""
        if wrong.isdigit():
            self.send_response(int(wrong))
            self.send_header("Retry-After", "7")
            self.end_headers()
            return
        if self.path not in server.files:
            self.send_error(404)
            return
        self.send_file(server.files[self.path], wrong)

    def send_file(self, body: bytes, wrong: str) -> None:
        start = 0
        if self.headers["Range"] and self.server.has_ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
            if start >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.state_md5(body)
                self.end_headers()
                return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.state_md5(body)
        self.end_headers()
        sent = body[start:]
        if wrong == "truncate":
            sent = sent[: len(sent) // 3]
        elif wrong == "spoil":
            sent = b"?" + sent[1:]
        self.wfile.write(sent)

    def state_md5(self, body: bytes) -> None:
        if self.server.states_md5:
            digest = base64.b64encode(hashlib.md5(body).digest()).decode()
            self.send_header("x-goog-hash", "crc32c=n03x6A==")
            self.send_header("x-goog-hash", f"md5={digest}")


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ndjson(tmp_path):
    path = tmp_path / "cat.ndjson"
    lines = [line(shifted(-k), key_id=str(2**63 + k), recognized=k != 1) for k in range(3)]
    path.write_text("\n".join([lines[0], "", *lines[1:]]) + "\n")
    return path
