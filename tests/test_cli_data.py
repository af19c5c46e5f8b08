"""`data filter` and `data check` as scripts see them, with tiny networks."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from generated import write_set

from doodle import checkpoint
from doodle.cli import main
from doodle.data.readers import read_bitmaps


@pytest.fixture(scope="module")
def checkpoints(tiny_checkpoints, tmp_path_factory):
    """The tiny networks, and a tiny detector of written words."""
    import torch

    from doodle.models.writing_detector import WritingDetector, WritingDetectorConfig

    root = tmp_path_factory.mktemp("data-cli") / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    torch.manual_seed(0)
    checkpoint.save(
        root / "writing_detector" / checkpoint.FILE,
        WritingDetector(WritingDetectorConfig.tiny()).eval(),
        model="writing_detector",
        config=WritingDetectorConfig.tiny(),
        licence="MIT",
        attribution="nobody",
        training={"command": "none"},
    )
    checkpoint.update_index(root)
    return root


@pytest.fixture
def source(tmp_path):
    return write_set(tmp_path / "all", count=12)


@pytest.fixture
def run(capsys, checkpoints):
    def call(action, *arguments):
        if action == "filter":
            arguments = (*arguments, "--checkpoints", checkpoints, "--device", "cpu")
        try:
            code = main(["data", action, *map(str, arguments)])
        except SystemExit as stop:
            code = stop.code
        return (code, *capsys.readouterr())

    return call


def test_filter_then_check(run, source, tmp_path):
    out = tmp_path / "out"
    wanted = ("--input", source, "--output", out, "--by", "recogniser", "--threshold", "-0.5")
    code, text, err = run("filter", *wanted, "--most", 5, "--written", 1, "--sheets")
    assert code == 0, err
    assert "kept 5 of 12" in text and text.splitlines()[-1].startswith("kept 30 of 72 drawings")
    assert len(read_bitmaps(out / "bitmaps" / "cat.npz")) == 5
    assert (out / "sheets" / "real" / "apple.png").exists()
    code, text, _ = run("filter", *wanted, "--most", 5, "--written", 1)
    assert code == 0 and "(6 were finished before)" in text and len(text.splitlines()) == 1
    code, text, _ = run("check", out, "--full", 5, "--json")
    sets = json.loads(text)["sets"]
    assert code == 0 and {kind: of["full"] for kind, of in sets.items()} == {
        "bitmaps": 2,
        "traced": 2,
        "real": 2,
    }
    code, text, _ = run("check", out)
    assert code == 0 and "bitmaps: 10 drawings of 2 categories" in text


def test_shares_make_the_whole(run, source, tmp_path):
    for share in ("1/2", "2/2"):
        code, _, err = run(
            "filter",
            "--input",
            source,
            "--output",
            tmp_path / "out",
            "--by",
            "recogniser",
            "--threshold",
            "0.0001",
            "--written",
            "0.999",
            "--shard",
            share,
        )
        assert code == 0, err
        done = sorted(p.stem for p in (tmp_path / "out" / "bitmaps").glob("*.npz"))
        assert len(done) == int(share[0])


def test_unreadable_files_are_named_and_the_exit_code_tells(run, source, tmp_path):
    (source / "real" / "cat.npz").write_bytes(b"hello")
    code, text, err = run(
        "filter",
        "--input",
        source,
        "--output",
        tmp_path / "out",
        "--by",
        "recogniser",
        "--written",
        1,
    )
    assert code == 2 and "real/cat: " in text and "1 files could not be filtered" in err
    assert (tmp_path / "out" / "real" / "apple.npz").exists()
    code, text, err = run("check", source)
    assert code == 2 and "cat.npz" in text and "cannot be read" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--shard", "3/2"), "3/2"),
        (("--most", "0"), "'0'"),
        (("--categories", "kat"), "near"),
        (("--by", "clip", "--clip", "nowhere.pt"), "no file nowhere.pt"),
        (("--by", "clip"), "name a file with --clip"),
        (("--ray", "2", "--shard", "1/2"), "--shard"),
    ],
)
def test_mistakes_are_one_line(run, source, tmp_path, monkeypatch, arguments, says):
    monkeypatch.setattr("doodle.models.clip_images.cached_weights", lambda: None)
    code, text, err = run("filter", "--input", source, "--output", tmp_path / "out", *arguments)
    assert (code, text) == (2, "") and says in err, err


def test_without_ray_the_command_names_what_to_install(run, source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = run("filter", "--input", source, "--output", tmp_path / "out", "--ray", "2")
    assert code == 2 and 'pip install "ray[data]"' in err


def test_ray_does_every_share(run, source, tmp_path):
    pytest.importorskip("ray", reason='ray is not installed: pip install "ray[data]"')
    code, text, err = run(
        "filter",
        "--input",
        source,
        "--output",
        tmp_path / "out",
        "--by",
        "recogniser",
        "--written",
        1,
        "--ray",
        "2",
    )
    assert code == 0, err
    assert "of 72 drawings in 6 files" in text
