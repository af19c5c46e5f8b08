"""`models push` and `models pull`, against a hub on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from fake_hub import TOKEN, FakeHub

from doodle import checkpoint

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as serving:
        yield serving


@pytest.fixture
def models(hub: FakeHub, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Run `python -m doodle models ...` as its own process: the hub's address is read at import."""

    def call(*arguments: object, token: str = TOKEN) -> tuple[int, str, str]:
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": token,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "no_proxy": "127.0.0.1",
        }
        command = [sys.executable, "-m", "doodle", "models", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.fixture
def ours(tiny_checkpoints: Path, tmp_path: Path) -> Path:
    """Checkpoints of our own to send."""
    return Path(shutil.copytree(tiny_checkpoints, tmp_path / "ours"))


def test_what_is_pushed_can_be_pulled(hub: FakeHub, models: Callable, ours: Path, tmp_path: Path):
    (ours / "words" / "sheet.png").write_bytes(b"a picture")
    (ours / "words" / "notes.txt").write_text("not for others")
    code, out, err = models("push", "--repo", "me/doodle", "--private", "--checkpoints", ours)
    assert (code, out.strip()) == (0, f"{hub.url}/me/doodle/commit/{'c0ffee' * 6}c0ff"), err
    assert hub.created[0]["name"] == "doodle" and {"private", True} & set(hub.created[0].values())
    names = ("recogniser", "sketch_rnn", "stroke_classifier", "words")
    expected = {f"{name}/{file}" for name in names for file in (checkpoint.FILE, "README.md")}
    assert set(hub.files) == expected | {"words/sheet.png", checkpoint.INDEX, "README.md"}
    front = yaml.safe_load(hub.files["README.md"].decode().split("---\n")[1])
    assert front["license"] == "mit" and front["library_name"] == "doodle"

    fresh = tmp_path / "fresh"
    code, out, err = models("pull", "--repo", "me/doodle", "--checkpoints", fresh)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == list(names)
    for name in names:
        sent, got = (folder / name / checkpoint.FILE for folder in (ours, fresh))
        assert sent.read_bytes() == got.read_bytes()
    assert (fresh / "words" / "sheet.png").read_bytes() == b"a picture"
    there = json.loads((fresh / checkpoint.INDEX).read_text())
    assert there == json.loads((ours / checkpoint.INDEX).read_text())
    assert {one.name for one in fresh.iterdir()} == {*names, checkpoint.INDEX}
    assert models("check", "--checkpoints", fresh)[0] == 0


def test_one_alone_is_pulled_beside_others(hub: FakeHub, models: Callable, ours: Path):
    assert models("push", "words", "--repo", "me/doodle", "--checkpoints", ours)[0] == 0
    assert set(json.loads(hub.files[checkpoint.INDEX])) == {"words"}
    shutil.rmtree(ours / "words")
    code, _, err = models("pull", "words", "--repo", "me/doodle", "--checkpoints", ours)
    assert code == 0, err
    assert models("check", "--checkpoints", ours)[0] == 0
    code, _, err = models("pull", "recogniser", "--repo", "me/doodle", "--checkpoints", ours)
    assert code == 2 and "no checkpoint recogniser in me/doodle (words)" in err


def test_another_checkpoint_of_the_name_stays_unless_it_is_to_be_replaced(
    hub: FakeHub, models: Callable, ours: Path, tmp_path: Path
):
    assert models("push", "--repo", "me/doodle", "--checkpoints", ours)[0] == 0
    path = ours / "words" / checkpoint.FILE
    sent = path.read_bytes()
    checkpoint.set_metrics(path, [{"name": "score", "value": 0.7, "n": 3, "split": "test"}])
    checkpoint.update_index(ours)
    changed = path.read_bytes()
    code, _, err = models("pull", "--repo", "me/doodle", "--checkpoints", ours)
    assert code == 2 and "words" in err and "--replace" in err
    assert path.read_bytes() == changed
    code, _, err = models("pull", "--repo", "me/doodle", "--replace", "--checkpoints", ours)
    assert (code, path.read_bytes()) == (0, sent), err


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda files: files.update({"words/model.safetensors": b"short"}), "cut short"),
        (
            lambda files: files.update(
                {"words/model.safetensors": bytes(files["words/model.safetensors"][:-1]) + b"\1"}
            ),
            "another digest",
        ),
        (lambda files: files.pop("words/model.safetensors"), "missing"),
        (lambda files: files.pop("INDEX.json"), "no INDEX.json"),
        (
            lambda files: files.update(
                {"INDEX.json": files["INDEX.json"].replace(b'"words/', b'"../words/')}
            ),
            "no place of a checkpoint",
        ),
    ],
)
def test_what_is_not_what_its_index_says_is_not_taken(
    hub: FakeHub, models: Callable, ours: Path, tmp_path: Path, spoil: Callable, says: str
):
    assert models("push", "words", "--repo", "me/doodle", "--checkpoints", ours)[0] == 0
    spoil(hub.files)
    code, out, err = models("pull", "--repo", "me/doodle", "--checkpoints", tmp_path / "fresh")
    assert (code, out) == (3, "") and says in err and "nothing was changed" in err
    assert not list((tmp_path / "fresh").iterdir())


def test_a_broken_checkpoint_is_not_sent(hub: FakeHub, models: Callable, ours: Path):
    path = ours / "words" / checkpoint.FILE
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    code, _, err = models("push", "--repo", "me/doodle", "--checkpoints", ours)
    assert code == 3 and "another digest" in err and not hub.files and not hub.created


def test_a_refusal_of_the_hub_is_one_sentence(hub: FakeHub, models: Callable, ours: Path):
    asked = ("--repo", "me/doodle", "--checkpoints", ours)
    code, _, err = models("push", *asked, token="hf_of_somebody_else")
    assert code == 2 and err.count("\n") == 1 and "Nothing was sent to me/doodle" in err
    assert not hub.files
    code, _, err = models("pull", "--repo", "me/other", "--checkpoints", ours)
    assert code == 2 and err.count("\n") == 1 and "me/other could not be fetched" in err
