"""The downloader against a server on this machine that misbehaves on request."""

import hashlib
import socket

import pytest

from doodle.data import download
from doodle.data.download import fetch, is_whole, write_sha256

BODY = bytes(range(256)) * 4096  # 1 MiB: several chunks


@pytest.fixture
def get(server, tmp_path):
    """Fetch /cat.ndjson into tmp_path without waiting; the pauses asked for are in get.pauses."""
    server.files["/cat.ndjson"] = BODY

    def call(path="/cat.ndjson", **options):
        target = tmp_path / "sub" / "cat.ndjson"
        return fetch(server.url(path), target, sleep=call.pauses.append, **options)

    call.pauses = []
    call.part = tmp_path / "sub" / "cat.ndjson.part"
    return call


def test_writes_the_file_and_its_sha256(get, server):
    path = get()
    assert path.read_bytes() == BODY and not get.part.exists()
    line = (path.parent / "cat.ndjson.sha256").read_text()
    assert line == f"{hashlib.sha256(BODY).hexdigest()}  cat.ndjson\n"
    assert server.ranges == [None] and get.pauses == []


def test_what_is_there_is_not_fetched_again(get, server):
    get()
    assert get().read_bytes() == BODY
    assert len(server.ranges) == 1


def test_a_damaged_file_is_fetched_again(get, server):
    path = get()
    path.write_bytes(BODY[:-1] + b"!")
    assert not is_whole(path)
    assert get().read_bytes() == BODY and len(server.ranges) == 2


def test_goes_on_where_it_stopped(get, server):
    get.part.parent.mkdir()
    get.part.write_bytes(BODY[:300_001])
    assert get().read_bytes() == BODY
    assert server.ranges == ["bytes=300001-"]


def test_a_truncated_body_is_completed(get, server):
    server.mischief = ["truncate", "truncate"]
    assert get().read_bytes() == BODY
    first = len(BODY) // 3
    second = first + (len(BODY) - first) // 3
    assert server.ranges == [None, f"bytes={first}-", f"bytes={second}-"]


def test_a_server_without_ranges_starts_over(get, server):
    server.has_ranges = False
    get.part.parent.mkdir()
    get.part.write_bytes(b"x" * 1000)
    assert get().read_bytes() == BODY


def test_a_complete_part_only_gets_its_name(get, server):
    get.part.parent.mkdir()
    get.part.write_bytes(BODY)
    assert get().read_bytes() == BODY and len(server.ranges) == 1


def test_a_part_of_another_file_is_thrown_away(get, server):
    get.part.parent.mkdir()
    get.part.write_bytes(BODY + b"longer than what the server has now")
    assert get().read_bytes() == BODY
    server.states_md5 = True
    (get.part.parent / "cat.ndjson").unlink()
    get.part.write_bytes(b"not this beginning")
    assert get().read_bytes() == BODY


def test_content_that_breaks_on_the_way_is_noticed(get, server):
    server.states_md5 = True
    server.mischief = ["spoil"]
    assert get().read_bytes() == BODY and len(server.ranges) == 2


def test_waits_longer_after_each_failure_and_as_asked(get, server):
    server.mischief = ["503", "500"]
    assert get().read_bytes() == BODY
    assert get.pauses == [7, 7]  # Retry-After
    server.mischief = ["truncate"] + ["truncate"] * 3
    (get.part.parent / "cat.ndjson").unlink()
    get()
    assert get.pauses[2:] == [0.5] * 4  # each brought something: the count begins anew


def test_gives_up_in_one_sentence(get, server):
    server.mischief = ["502"] * 50
    with pytest.raises(ConnectionError, match=r"failed 6 times: .* 502.*goes on where it stopped"):
        get()
    assert len(server.ranges) == download.ATTEMPTS


@pytest.mark.parametrize(("path", "mischief"), [("/dog.ndjson", []), ("/cat.ndjson", ["403"])])
def test_no_such_file_is_said_at_once(get, server, path, mischief):
    server.mischief = mischief
    with pytest.raises(FileNotFoundError, match="the server has no http://"):
        get(path)
    assert len(server.ranges) == 1 and get.pauses == []


def test_no_network_is_said_at_once(get, monkeypatch):
    def offline(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(ConnectionError, match=r"cannot find example\.org.*offline.*run the comm"):
        fetch("https://example.org/x", get.part.parent / "x", sleep=get.pauses.append)
    assert get.pauses == []


def test_nobody_listening_is_tried_again_then_said(get, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectionError, match="failed 6 times: no connection"):
        fetch(f"http://127.0.0.1:{port}/x", tmp_path / "x", sleep=get.pauses.append)
    assert get.pauses == [0.5, 1, 2, 4, 8]


def test_a_full_disk_is_no_network_trouble(get, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_receive", full)
    with pytest.raises(OSError, match="No space left"):
        get()
    assert get.pauses == []


def test_stops_when_the_beginning_is_enough_and_goes_on_later(get, server):
    part = get(enough=lambda file: file.stat().st_size >= 300_000)
    assert part == get.part
    size = part.stat().st_size
    assert 300_000 <= size < len(BODY) and part.read_bytes() == BODY[:size]
    assert not list(part.parent.glob("*.sha256"))
    assert get(enough=lambda file: file.stat().st_size >= 200_000) == part
    assert len(server.ranges) == 1, "what is enough already is not asked for"
    assert get().read_bytes() == BODY
    assert server.ranges[1] == f"bytes={size}-"


def test_is_whole_needs_both_files(tmp_path):
    path = tmp_path / "a"
    assert not is_whole(path)
    path.write_bytes(b"abc")
    assert not is_whole(path)
    write_sha256(path)
    assert is_whole(path)
    (tmp_path / "a.sha256").write_text("")
    assert not is_whole(path)
