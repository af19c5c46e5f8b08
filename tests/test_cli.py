"""The command line as scripts see it: output, errors in one line, exit codes; tiny networks."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
import types
from dataclasses import dataclass, field
from typing import Literal

import pytest

from doodle import checkpoint
from doodle.cli import COMMANDS, main
from doodle.commands import recipes

CAT = [[[10, 60, 110], [20, 80, 30]], [[30, 50], [40, 40]]]


@pytest.fixture
def run(capsys, tiny_checkpoints):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def call(*arguments):
        if arguments and arguments[0] in ("complete", "draw", "models", "recognise"):
            if "--checkpoints" not in arguments:
                arguments = (*arguments, "--checkpoints", tiny_checkpoints)
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def ndjson(tmp_path):
    path = tmp_path / "cats.ndjson"
    shifted = [[[x + 40 for x in xs], ys] for xs, ys in CAT]
    lines = [{"word": "cat", "drawing": CAT}, {"word": "cat", "drawing": shifted}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def refused(result, code, says):
    """One line on standard error, nothing on standard output, the right exit code."""
    got, out, err = result
    assert got == code, err
    assert out == ""
    assert err.count("\n") == 1 and err.endswith("\n"), err
    assert says in err, err


def check_endings(line, n, ranked):
    endings = json.loads(line, parse_constant=pytest.fail)["endings"]
    assert len(endings) == n
    for ending in endings:
        assert set(ending) == {"strokes", "score", "traced"}
        assert (ending["score"] is not None) == ranked
        if ranked:
            assert 0 <= ending["score"] <= 1
        for xs, ys in ending["strokes"]:
            assert len(xs) == len(ys) >= 1
            assert all(isinstance(v, float) and math.isfinite(v) for v in xs + ys)
    scores = [ending["score"] for ending in endings]
    assert not ranked or scores == sorted(scores, reverse=True)
    return endings


def test_draw_prints_one_line_of_whole_drawings(run):
    code, out, err = run("draw", "cat", "--n", 5, "--seed", 3, "--json")
    assert (code, err) == (0, "") and out.count("\n") == 1
    endings = check_endings(out, 5, ranked=True)
    every = [v for e in endings for xs, ys in e["strokes"] for v in xs + ys]
    assert min(every) >= 0 and max(every) <= 256
    assert run("draw", "cat", "--n", 5, "--seed", 3, "--json") == (0, out, "")
    assert run("draw", "cat", "--n", 5, "--seed", 4, "--json")[1] != out
    assert run("draw", "cat", "--n", 5, "--seed", 3) == (0, out, "")  # JSON is the default


def test_complete_prints_one_line_a_drawing(run, ndjson):
    asked = ("complete", ndjson, "--word", "cat", "--n", 3, "--temperature", 0.3, "--seed", 0)
    code, out, err = run(*asked, "--json")
    assert (code, err) == (0, "") and out.count("\n") == 2
    for line in out.splitlines():
        check_endings(line, 3, ranked=True)


def test_endings_are_in_the_coordinates_of_the_input(run, ndjson):
    """The second drawing is the first one moved right by 40: so are its endings."""
    _, out, _ = run("complete", ndjson, "--word", "moon", "--n", 4, "--no-rank", "--json")
    first, second = (check_endings(line, 4, ranked=False) for line in out.splitlines())
    for one, other in zip(first, second, strict=True):
        for (xs, ys), (moved, same) in zip(one["strokes"], other["strokes"], strict=True):
            assert moved == pytest.approx([x + 40 for x in xs], abs=1e-2)
            assert same == pytest.approx(ys, abs=1e-2)


def test_many_drawings_come_in_the_order_of_the_file(run, tmp_path):
    """More than are asked for at once; each is as if it came alone."""
    lines = [json.dumps({"drawing": [[[0, 10 + k], [0, 40]], *CAT]}) for k in range(70)]
    many, one = tmp_path / "many.ndjson", tmp_path / "one.ndjson"
    many.write_text("\n".join(lines) + "\n")
    code, out, err = run("complete", many, "--word", "cat", "--n", 1, "--no-rank", "--json")
    assert (code, err, out.count("\n")) == (0, "", 70)
    for k in (0, 37, 69):
        one.write_text(lines[k] + "\n")
        alone = run("complete", one, "--word", "cat", "--n", 1, "--no-rank", "--json")
        assert alone == (0, out.splitlines(keepends=True)[k], "")


def test_an_empty_drawing_of_a_file_has_its_place_or_needs_a_word(run, tmp_path):
    path = tmp_path / "some.ndjson"
    path.write_text(json.dumps({"drawing": CAT}) + "\n" + json.dumps({"drawing": []}) + "\n")
    refused(run("complete", path, "--n", 1), 2, "drawing 2 is empty: say what it shall become")
    code, out, err = run("complete", path, "--n", 2, "--word", "moon", "--json")
    assert (code, err) == (0, "")
    for line in out.splitlines():
        check_endings(line, 2, ranked=True)
    assert out.splitlines()[1] == run("draw", "moon", "--n", 2, "--json")[1].rstrip()


def test_without_the_recogniser_drawings_come_as_they_are_drawn(run, tiny_checkpoints, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(tiny_checkpoints, root)
    shutil.rmtree(root / "recogniser")
    code, out, _ = run("draw", "cat", "--n", 2, "--no-rank", "--checkpoints", root)
    assert code == 0
    check_endings(out, 2, ranked=False)
    assert run("draw", "cat", "--n", 2, "--checkpoints", root) == (0, out, "")  # as they come
    ranked = run("draw", "cat", "--n", 2, "--checkpoints", tiny_checkpoints)
    assert ranked[1] != out


def test_out_writes_svgs_instead(run, ndjson, tmp_path):
    folder = tmp_path / "new" / "svgs"
    code, out, _ = run("complete", ndjson, "--word", "cat", "--n", 2, "--out", folder)
    assert (code, out) == (0, "")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"cats-00{d}-0{k}.svg" for d in (0, 1) for k in (0, 1)]
    assert all("<svg" in path.read_text() for path in folder.iterdir())
    code, out, _ = run("draw", "cat", "--n", 3, "--json", "--out", tmp_path / "both")
    assert code == 0 and len(json.loads(out)["endings"]) == 3
    assert len(list((tmp_path / "both").glob("cat-*.svg"))) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("draw",), "word"),
        (("draw", "cta"), "cat"),
        (("draw", "xyzzyplugh"), "xyzzyplugh"),
        (("draw", ""), ""),
        (("draw", "cat", "--n", "0"), "1 to 256"),
        (("draw", "cat", "--n", "nine"), "'nine'"),
        (("draw", "cat", "--n", "1e9"), "1e9"),
        (("draw", "cat", "--temperature", "0"), "above 0"),
        (("draw", "cat", "--temperature", "nan"), "'nan'"),
        (("draw", "cat", "--temperature", "inf"), "at most 2"),
        (("draw", "cat", "--seed", "-1"), "'-1'"),
        (("draw", "cat", "--device", "abacus"), "Try auto or cpu"),
        (("complete",), "file"),
        (("complete", "nowhere.json", "--word", "cat"), "nowhere.json"),
        (("recognise",), "file"),
        (("recognise", "nowhere.json"), "nowhere.json"),
        (("recognise", "nowhere.json", "--top", "0"), "1 to 345"),
        (("recognise", "nowhere.json", "--top", "x"), "'x'"),
        (("draw", "cat", "--frobnicate"), "--frobnicate"),
        (("paint", "cat"), "paint"),
        ((), "COMMAND"),
        (("models", "check", "nosuch"), "no checkpoint nosuch"),
        (("convert", "magenta", "nowhere.gen.json"), "nowhere.gen.json"),
        (("convert", "keras", "x"), "keras"),
        (("train", "nothing"), "nothing"),
        (("train", "sketch_rnn"), "--data"),
        (("train", "sketch_rnn", "--preset", "abacus", "--data", "x"), "abacus"),
        (("train", "sketch_rnn", "--data", "x", "--z-share", "7"), "z_share"),
    ],
)
def test_the_callers_mistakes_are_one_line_and_exit_2(run, arguments, says):
    if arguments == ("draw", "cta"):
        code, _, err = run(*arguments)
        assert code == 0 or says in err  # a slip may be taken for the word it resembles
        return
    refused(run(*arguments), 2, says)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[[[1,2],[3]]]", b'{"strokes": [[NaN, 1, 0, 0]]}', b"\xff\xfe\x00", b"hello"],
)
@pytest.mark.parametrize("suffix", [".json", ".ndjson", ".svg", ".png"])
def test_a_bad_file_is_one_line_and_exit_2(run, tmp_path, content, suffix):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(content)
    refused(run("complete", path, "--word", "cat", "--json"), 2, "")


def test_a_missing_or_broken_checkpoint_exits_3_and_names_the_command(
    run, tiny_checkpoints, tmp_path
):
    refused(run("draw", "cat", "--checkpoints", tmp_path / "none"), 3, "git checkout")
    root = tmp_path / "copy"
    shutil.copytree(tiny_checkpoints, root)
    path = root / "sketch_rnn" / checkpoint.FILE
    path.write_bytes(path.read_bytes()[:-100])
    refused(run("draw", "cat", "--checkpoints", root), 3, "is broken")
    path.write_bytes(b"\0" * path.stat().st_size)
    refused(run("draw", "cat", "--checkpoints", root), 3, "git checkout")


def test_models_list_check_and_card(run, tiny_checkpoints, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(tiny_checkpoints, root)
    count = len(list(root.glob(f"*/{checkpoint.FILE}")))
    code, out, _ = run("models", "list", "--checkpoints", root)
    assert code == 0 and out.count("\n") == count + 1
    assert "recogniser" in out and "score 0.5" in out and f"{count} checkpoints" in out
    code, out, err = run("models", "check", "--checkpoints", root)
    assert (code, out.count(" ok "), err) == (0, count, "")
    code, out, _ = run("models", "check", "words", "--checkpoints", root)
    assert (code, out.count("\n")) == (0, 1)

    path = root / "words" / checkpoint.FILE
    blob = bytearray(path.read_bytes())
    blob[-1] ^= 1
    path.write_bytes(blob)
    code, out, err = run("models", "check", "--checkpoints", root)
    assert code == 3 and out.count(" ok ") == count - 1 and re.search(r"words +FAILED", out)
    assert err.count("\n") == 1 and "words failed" in err

    code, out, _ = run("models", "card", "--checkpoints", root)
    assert code == 0 and len(out.splitlines()) == count
    card = (root / "sketch_rnn" / "README.md").read_text()
    assert "\n# SketchRNN" in card and "| score | 0.5 | 10 | test |" in card
    assert run("models", "check", "words", "--checkpoints", root)[0] in (0, 3)  # now in the index


def test_models_list_names_a_broken_file_and_goes_on(run, tiny_checkpoints, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(tiny_checkpoints, root)
    (root / "words" / checkpoint.FILE).write_bytes(b"")
    code, out, _ = run("models", "list", "--checkpoints", root)
    assert code == 0 and "is broken" in out and "recogniser" in out


def test_convert_writes_a_checkpoint_that_loads(run, tmp_path):
    from test_convert import write_gen_json

    source = write_gen_json(tmp_path / "blob.gen.json")
    code, out, err = run("convert", "magenta", source, "--out", tmp_path / "blob")
    assert (code, err) == (0, "")
    module, header = checkpoint.load(out.strip())
    assert header["data"]["categories"] == ["blob"] and module.config.scale_factor == 2.5


@dataclass(frozen=True)
class Toy:
    """What a recipe may ask for."""

    data: str = field(metadata={"help": "100% of it"})
    steps: int = 10
    rate: float = field(default=0.1, metadata={"help": "of learning"})
    loud: bool = False
    words: tuple[str, ...] = ("a", "b")
    mode: Literal["fast", "slow"] = "fast"
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError("steps is at least 1")


@pytest.fixture
def toy(monkeypatch):
    """A recipe named `toy` that keeps the config it is given."""
    seen = []
    module = types.ModuleType("doodle.training.toy", "A toy.")
    module.Config, module.main = Toy, seen.append
    module.PRESETS = {"cpu": {"steps": 5, "rate": 0.5}, "full": {"data": "here"}}
    monkeypatch.setitem(sys.modules, "doodle.training.toy", module)
    monkeypatch.setattr(recipes, "RECIPES", ("toy",))
    return seen


def test_arguments_come_from_the_dataclass(run, toy):
    assert run("train", "toy", "--data", "d")[0] == 0
    assert toy.pop() == Toy(data="d")
    everything = "--data d --steps 3 --rate 1e-3 --loud --words x y z --mode slow --limit 4"
    assert run("train", "toy", *everything.split())[0] == 0
    assert toy.pop() == Toy("d", 3, 1e-3, True, ("x", "y", "z"), "slow", 4)
    assert run("train", "toy", "--data", "d", "--no-loud")[0] == 0
    assert toy.pop() == Toy("d")


def test_an_argument_goes_before_the_preset_and_the_preset_before_the_default(run, toy):
    assert run("train", "toy", "--data", "d", "--preset", "cpu")[0] == 0
    assert toy.pop() == Toy("d", steps=5, rate=0.5)
    assert run("train", "toy", "--data", "d", "--rate", "0.1", "--preset", "cpu")[0] == 0
    assert toy.pop() == Toy("d", steps=5, rate=0.1)  # also when it equals the default
    assert run("train", "toy", "--preset=full")[0] == 0
    assert toy.pop() == Toy("here")


def test_mistakes_in_a_recipes_arguments(run, toy):
    refused(run("train", "toy"), 2, "--data")
    refused(run("train", "toy", "--data", "d", "--steps", "0"), 2, "at least 1")
    refused(run("train", "toy", "--data", "d", "--steps", "x"), 2, "--steps")
    refused(run("train", "toy", "--data", "d", "--mode", "x"), 2, "--mode")
    refused(run("train", "toy", "--data", "d", "--preset", "x"), 2, "--preset")
    assert toy == []


def test_help_of_a_recipe_shows_help_and_defaults(run, toy):
    code, out, _ = run("train", "toy", "--help")
    assert code == 0 and "100% of it" in out and "of learning (0.1)" in out and "A toy." in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0 and out.startswith("usage: python -m doodle")


@pytest.mark.parametrize(
    ("command", "package", "names"),
    [("train", "training", recipes.RECIPES), ("evaluate", "evaluation", recipes.EVALUATIONS)],
)
def test_the_tables_list_every_recipe_and_all_presets_construct(
    run, repository, command, package, names
):
    from importlib import import_module

    from doodle.training.settings import build

    there = {
        path.stem
        for path in (repository / "doodle" / package).glob("*.py")
        if "\ndef main(config: Config" in path.read_text()
    }
    assert there == set(names)
    for name in names:
        assert run(command, name, "--help")[0] == 0
        module = import_module(f"doodle.{package}.{name}")
        for preset in getattr(module, "PRESETS", {}).values():
            build(module.Config, {"data": "d", **preset})


def test_a_closed_pipe_is_no_error(repository, tiny_checkpoints):
    command = f"{sys.executable} -m doodle draw cat --n 2 --checkpoints {tiny_checkpoints}"
    done = subprocess.run(
        ["bash", "-c", f"{command} | true; echo ${{PIPESTATUS[0]}}"],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")
