"""`imagine`: files, batches, JSON, errors and exit codes; tiny networks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from test_cli import refused

from doodle import checkpoint
from doodle.cli import main
from doodle.commands.imagine import _folder_name
from doodle.models import resolve


@pytest.fixture(scope="module")
def networks(tiny_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoints, and a generator among them."""
    root = tmp_path_factory.mktemp("imagine") / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    torch.manual_seed(0)
    config_class, module_class = resolve("dccgan")
    module = module_class(config_class.tiny()).eval()
    module.ink.weight.data *= 4  # from grey to ink and paper
    checkpoint.save(
        root / "dccgan" / checkpoint.FILE,
        module,
        model="dccgan",
        config=config_class.tiny(),
        licence="MIT",
        attribution="nobody",
        data={"categories": ["cat"], "unseen": ["moon"]},
        training={"command": "python -m doodle train dccgan"},
        metrics=[{"name": "score", "value": 0.5, "n": 10, "split": "test"}],
    )
    checkpoint.update_index(root)
    return root


@pytest.fixture
def run(capsys: pytest.CaptureFixture, networks: Path) -> Callable:
    """Run `imagine`: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        if "--checkpoints" not in arguments:
            arguments = (*arguments, "--checkpoints", networks)
        try:
            code = main(["imagine", *map(str, arguments)])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return call


def check_folder(folder: Path, n: int) -> dict:
    """The files of one word, and what result.json says of them."""
    names = [f"{k:02d}.{kind}" for k in range(n) for kind in ("png", "svg")]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "result.json"])
    for k in range(n):
        with Image.open(folder / f"{k:02d}.png") as picture:
            assert picture.mode == "L" and picture.size == (28, 28)
        document = ElementTree.parse(folder / f"{k:02d}.svg").getroot()
        assert document.get("viewBox") == "0 0 256 256"
    text = (folder / "result.json").read_text(encoding="utf-8")
    result = json.loads(text, parse_constant=pytest.fail)
    assert len(result["scores"]) == len(result["drawn_like"]) == len(result["candidates"]) == n
    assert result["files"] == names[::2]
    return result


def test_a_word_becomes_pictures_curves_and_a_result(run: Callable, tmp_path: Path):
    out = tmp_path / "made" / "here"
    code, printed, err = run("cat", "--n", 3, "--seed", 5, "--out", out, "--json")
    assert (code, err) == (0, "")
    result = check_folder(out, 3)
    assert json.loads(printed) == result and printed.count("\n") == 1
    assert (result["text"], result["encoder"], result["seed"]) == ("cat", "words", 5)
    assert result["scores"] == sorted(result["scores"], reverse=True)
    svg = "".join((out / f"{k:02d}.svg").read_text() for k in range(3))
    assert " C" in svg or "C" in svg.split('d="', 1)[1]
    first = np.array(Image.open(out / "00.png"))
    assert run("cat", "--n", 3, "--seed", 5, "--out", out) == (0, "", "")  # the same once more
    np.testing.assert_array_equal(first, np.array(Image.open(out / "00.png")))
    run("cat", "--n", 3, "--seed", 6, "--out", out)
    assert (first != np.array(Image.open(out / "00.png"))).any()


def test_ink_is_black_on_white(run: Callable, tmp_path: Path, networks: Path):
    run("cat", "--n", 1, "--no-rank", "--out", tmp_path / "one")
    module, _ = checkpoint.load(networks / "dccgan" / checkpoint.FILE)
    words, _ = checkpoint.load(networks / "words" / checkpoint.FILE)
    from doodle.device import generators

    z = torch.randn(1, module.config.z_size, generator=generators(0, 1)[0])
    with torch.no_grad():
        ink = (module(z, words.lookup("cat").vector[None])[0, 0].numpy() + 1) / 2
    picture = np.array(Image.open(tmp_path / "one" / "00.png"))
    # a grey level of rounding, and what bfloat16 leaves of the products
    assert np.abs(picture - 255 * (1 - ink)).max() < 4


def test_without_a_folder_the_result_is_printed(run: Callable):
    code, printed, err = run("cat", "--n", 2, "--no-rank", "--truncation", 0.5)
    assert (code, err) == (0, "")
    result = json.loads(printed)
    assert result["candidates"] == [0, 1] and result["truncation"] == 0.5
    assert not result["ranked"] and result["files"] == []


def test_a_file_of_words_gives_each_a_folder(run: Callable, tmp_path: Path):
    file = tmp_path / "words.txt"
    file.write_text("cat, swim wear ,moon\n\n  apple\ncat\n", encoding="utf-8-sig")
    out = tmp_path / "out"
    code, printed, err = run("--words-file", file, "--n", 2, "--out", out, "--json")
    assert (code, err) == (0, "")
    folders = ["cat", "swim wear", "moon", "apple", "cat (2)"]
    assert sorted(path.name for path in out.iterdir()) == sorted(folders)
    printed_results = [json.loads(line) for line in printed.splitlines()]
    assert printed_results == [check_folder(out / name, 2) for name in folders]
    run("moon", "--n", 2, "--out", tmp_path / "alone")
    alone = check_folder(tmp_path / "alone", 2)
    assert alone["candidates"] == printed_results[2]["candidates"]
    assert alone["scores"] == pytest.approx(printed_results[2]["scores"], abs=2e-4)


def test_folder_names_stay_inside_and_differ():
    taken: set[str] = set()
    texts = ["../../etc", "a/b\\c", "Cat", "cat", "🙂", "..", "t-shirt", "chat noir été", "x" * 300]
    names = [_folder_name(text, taken) for text in texts]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert name and name.strip(" .") == name and len(name) <= 90
        assert not set(name) & set('/\\:*?"<>|.')
    assert names[6] == "t-shirt" and names[3] == "cat (2)" and names[7] == "chat noir été"


def test_mistakes_are_one_line_and_nothing_is_drawn(run: Callable, tmp_path: Path, networks: Path):
    file, out = tmp_path / "words.txt", tmp_path / "out"
    file.write_text("cat\n!!! ???\n")
    refused(run("--words-file", file, "--out", out), 2, "!!! ???")
    assert not out.exists()
    refused(run("--out", out), 2, "--words-file")
    refused(run("cat", "--words-file", file), 2, "one of the two")
    refused(run("--words-file", tmp_path / "none.txt"), 2, "none.txt")
    file.write_text(" ,\n\n")
    refused(run("--words-file", file), 2, "no words")
    file.write_bytes(b"\xff\xfe\xfa")
    refused(run("--words-file", file), 2, "UTF-8")
    for wrong in (
        ("--n", 0),
        ("--n", 65),
        ("--seed", -1),
        ("--truncation", "nan"),
        ("--truncation", 0),
    ):
        refused(run("cat", *wrong), 2, wrong[0])
    bare = tmp_path / "bare"
    shutil.copytree(networks, bare)
    shutil.rmtree(bare / "dccgan")
    refused(run("cat", "--checkpoints", bare), 3, "dccgan/model.safetensors is missing")
