"""`recognise`, and `complete` without a word: output, errors and exit codes; tiny networks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cli import CAT, check_endings, ndjson, refused, run

__all__ = ["ndjson", "run"]  # fixtures


def test_recognise_prints_one_line_a_drawing(run: Callable, ndjson: Path, tmp_path: Path):
    many = tmp_path / "many.ndjson"
    lines = [json.dumps({"drawing": [[[0, 9 * k], [k, 50]], *CAT[k % 2 :]]}) for k in range(40)]
    many.write_text("\n".join(lines) + "\n")
    code, out, err = run("recognise", many, "--json")
    assert (code, err) == (0, "") and out.count("\n") == 40
    for line in out.splitlines():
        answer = json.loads(line, parse_constant=pytest.fail)
        assert list(answer) == ["guesses", "unknown"] and isinstance(answer["unknown"], bool)
        words, chances = zip(*answer["guesses"], strict=True)
        assert set(words) == {"apple", "cat", "eyeglasses", "moon"}  # all that it knows
        assert list(chances) == sorted(chances, reverse=True)
        assert sum(chances) == pytest.approx(1, abs=1e-3)
    assert len(set(out.splitlines())) > 1
    _, two, _ = run("recognise", ndjson, "--top", 2, "--json")
    assert [len(json.loads(line)["guesses"]) for line in two.splitlines()] == [2, 2]
    code, plain, _ = run("recognise", ndjson, "--top", 2)
    assert code == 0 and plain.count("\n") == 2 and "%" in plain


def test_recognise_chooses_among_the_words_it_is_given(run: Callable, ndjson: Path):
    def guesses(*more: str) -> dict[str, float]:
        _, out, _ = run("recognise", ndjson, "--json", *more)
        return dict(json.loads(out.splitlines()[0])["guesses"])

    every, among = guesses(), guesses("--words", " moon ,cat")
    assert set(among) == {"moon", "cat"}
    share = every["moon"] / (every["moon"] + every["cat"])
    assert among["moon"] == pytest.approx(share, abs=1e-3)
    mixed = guesses("--words", "moon,swim wear")  # which is no category: by the text space
    assert set(mixed) == {"moon", "swim wear"} and sum(mixed.values()) == pytest.approx(1, abs=1e-3)
    refused(run("recognise", ndjson, "--words", "cat,xyzzyplugh", "--json"), 2, "xyzzyplugh")
    refused(run("recognise", ndjson, "--words", " , ", "--json"), 2, "at least one word")


def test_without_a_word_complete_takes_the_recognisers_guess(run: Callable, ndjson: Path):
    code, out, err = run("complete", ndjson, "--n", 2, "--json")
    assert (code, err) == (0, "") and out.count("\n") == 2
    _, seen, _ = run("recognise", ndjson, "--top", 1, "--json")
    guessed = [json.loads(line)["guesses"][0][0] for line in seen.splitlines()]
    for k, (line, word) in enumerate(zip(out.splitlines(), guessed, strict=True)):
        endings = check_endings(line, 2, ranked=True)
        assert json.loads(line)["word"] == word
        _, named, _ = run("complete", ndjson, "--word", word, "--n", 2, "--json")
        assert json.loads(named.splitlines()[k]) == {"endings": endings}
    assert run("complete", ndjson, "--word", "auto", "--n", 2, "--json") == (0, out, "")
    code, out, _ = run("complete", ndjson, "--n", 1, "--no-rank", "--json")
    assert code == 0 and json.loads(out.splitlines()[0])["word"] == guessed[0]


def test_a_guess_needs_a_drawing_and_a_recogniser(
    run: Callable, ndjson: Path, tiny_checkpoints: Path, tmp_path: Path
):
    empty = tmp_path / "empty.json"
    empty.write_text('{"strokes": []}')
    refused(run("complete", empty), 2, "--word")
    root = tmp_path / "copy"
    shutil.copytree(tiny_checkpoints, root)
    shutil.rmtree(root / "recogniser")
    for asked in (("recognise", ndjson), ("complete", ndjson, "--no-rank")):
        refused(run(*asked, "--checkpoints", root), 3, "recogniser/model.safetensors is missing")
    named = ("--no-rank", "--word", "cat", "--n", 1)
    assert run("complete", ndjson, *named, "--checkpoints", root)[0] == 0
