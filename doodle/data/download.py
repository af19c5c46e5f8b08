"""Fetch a file over HTTP: resumed where it stopped, retried, checked, and hashed beside itself.

While it is incomplete a file is called NAME.part, which is always a prefix of the whole. When it is
complete it gets its name, and NAME.sha256 states what was written, in the format of sha256sum.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path

from tqdm import tqdm

TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 6  # in a row without progress
FIRST_PAUSE = 0.5  # seconds; doubled after each attempt
CHUNK = 1 << 18  # bytes
AGAIN = {408, 425, 429, 500, 502, 503, 504}  # statuses that pass


class _Passing(Exception):
    """A failure that another attempt may mend."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


def fetch(
    url: str,
    path: Path,
    *,
    enough: Callable[[Path], bool] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Download a file unless it is there already.

    Args:
        url: http or https.
        path: where the file shall lie; missing folders are made.
        enough: looks at the incomplete file between chunks and says when its beginning will do.
        sleep: waits between attempts.

    Returns:
        ``path``, complete and with its sha256 beside it; or, as soon as ``enough`` is content,
        the incomplete file ``path``.part, which a later call goes on with.

    Raises:
        FileNotFoundError: the server has no such file.
        ConnectionError: no network, or the server kept failing; a rerun goes on from there.
        OSError: the disk refused, or the server refused the request for good.
    """
    path, part = Path(path), Path(f"{path}.part")
    if is_whole(path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    failures, size = 0, -1
    while True:
        if enough is not None and part.exists() and enough(part):
            return part
        try:
            if _attempt(url, part, path.name, enough):
                os.replace(part, path)
                write_sha256(path)
                return path
            continue  # `enough` stopped it
        except _Passing as failure:
            got = part.stat().st_size if part.exists() else 0
            failures, size = (failures + 1, size) if got <= size else (1, got)
            if failures >= ATTEMPTS:
                message = f"{url} failed {failures} times: {failure}. Run the command again later"
                raise ConnectionError(f"{message}; it goes on where it stopped.") from failure
            sleep(max(failure.pause, FIRST_PAUSE * 2 ** (failures - 1)))


def is_whole(path: Path) -> bool:
    """Whether a file is there and is what its .sha256 says."""
    stated = Path(f"{path}.sha256")
    if not path.exists() or not stated.exists():
        return False
    words = stated.read_text(encoding="utf-8").split()
    return bool(words) and words[0] == _digest(path, "sha256").hex()


def write_sha256(path: Path) -> None:
    """Write NAME.sha256 beside a file; `sha256sum -c` reads it."""
    line = f"{_digest(path, 'sha256').hex()}  {path.name}\n"
    Path(f"{path}.sha256").write_text(line, encoding="utf-8")


def _digest(path: Path, kind: str) -> bytes:
    digest = hashlib.new(kind, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.digest()


def _attempt(url: str, part: Path, label: str, enough: Callable[[Path], bool] | None) -> bool:
    """Go on with ``part``; True when it is complete, False when ``enough`` is content."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            if have and answer.status != 206:
                have = 0  # a server without ranges starts over
            total = have + int(answer.headers["Content-Length"] or 0)
            known = answer.headers["Content-Length"] is not None
            done = _receive(answer, part, have, total if known else None, label, enough)
            if not done:
                return False
            _check(part, total if known else None, _stated_md5(answer.headers))
            return True
    except urllib.error.HTTPError as error:
        return _refused(error, url, part)
    except urllib.error.URLError as error:
        raise _unreachable(error.reason, url) from error
    except (OSError, http.client.HTTPException) as error:
        network = (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)
        if not isinstance(error, network):
            raise  # the disk is full, the folder is read-only
        raise _Passing(f"the connection broke ({error or type(error).__name__})") from error


def _receive(
    answer: http.client.HTTPResponse,
    part: Path,
    have: int,
    total: int | None,
    label: str,
    enough: Callable[[Path], bool] | None,
) -> bool:
    """Append the body to ``part`` from byte ``have`` on; False when ``enough`` is content."""
    bar = tqdm(
        total=total, initial=have, desc=label, unit="B", unit_scale=True, leave=False, disable=None
    )
    with bar, open(part, "r+b" if have else "wb") as file:
        file.seek(have)
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
            if enough is not None:
                file.flush()
                if enough(part):
                    return False
    return True


def _check(part: Path, total: int | None, md5: bytes | None) -> None:
    """Raise _Passing where the file is not whole; one with wrong content is thrown away."""
    size = part.stat().st_size
    if total is not None and size < total:
        raise _Passing(f"the body ended after {size:,} of {total:,} bytes")
    if (total is not None and size > total) or (md5 is not None and _digest(part, "md5") != md5):
        part.unlink()
        raise _Passing("what arrived is not what the server holds")


def _stated_md5(headers: Message) -> bytes | None:
    """The MD5 of the whole file, which Google's buckets state with every answer."""
    for line in headers.get_all("x-goog-hash", []):
        for item in line.split(","):
            kind, _, value = item.strip().partition("=")
            if kind == "md5":
                return base64.b64decode(value)
    return None


def _refused(error: urllib.error.HTTPError, url: str, part: Path) -> bool:
    """What an error status means: True where the file is complete, an exception elsewhere."""
    if error.code == 416:  # nothing lies beyond what we have
        total = (error.headers["Content-Range"] or "").rpartition("/")[2]
        if total.isdigit():
            _check(part, int(total), _stated_md5(error.headers))
            return True
        part.unlink()
        raise _Passing("the server cannot go on from where we are") from error
    if error.code in (403, 404, 410):
        raise FileNotFoundError(f"the server has no {url} (status {error.code})") from error
    if error.code in AGAIN:
        after = error.headers["Retry-After"] or ""
        pause = min(60.0, float(after)) if after.isdigit() else 0.0
        raise _Passing(f"the server answered {error.code}", pause) from error
    raise OSError(f"the server refused {url} (status {error.code})") from error


def _unreachable(reason: object, url: str) -> Exception:
    """No network at all is said at once; anything else may pass."""
    if isinstance(reason, socket.gaierror):
        host = urllib.parse.urlsplit(url).hostname
        return ConnectionError(
            f"cannot find {host}: this machine seems to be offline. Connect it and run the "
            "command again; it goes on where it stopped."
        )
    return _Passing(f"no connection ({reason})")
