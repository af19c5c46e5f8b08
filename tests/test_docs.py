"""README and docs: links lead somewhere, commands parse, the demonstration tool works."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from doodle import checkpoint
from doodle.cli import COMMANDS, build_parser
from doodle.commands.recipes import EVALUATIONS, RECIPES, current_name, read_config

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# the log keeps commands as they were run; where a flag was renamed since, its end says so
KEPT = [page for page in PAGES if page.name != "log.md"]
MOST_WORDS = 1500
PACKAGES = {"train": "training", "evaluate": "evaluation"}

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PATH = re.compile(r"^(?:app\.py|(?:doodle|tests|benchmarks|docs|checkpoints|\.ci)/[\w./-]+)$")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
kept_page = pytest.mark.parametrize("page", KEPT, ids=name_of)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = _BLOCK.sub("", page.read_text())
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def commands(text: str) -> Iterator[str]:
    """All that a page tells to type: lines of plain blocks, and what stands in backticks."""
    for language, block in _BLOCK.findall(text):
        if language in ("", "sh", "bash"):
            yield from block.replace("\\\n", " ").splitlines()
    yield from _SPAN.findall(_BLOCK.sub("", text))


def words_of(command: str) -> list[str]:
    """A command's words without its comment; none where it is no command of ours."""
    if "python -m doodle " not in command and not re.match(r"(?:train|evaluate) \w", command):
        return []
    words = shlex.split(command.partition("python -m doodle ")[2] or command, comments=True)
    return words[: words.index("|")] if "|" in words else words


def parse(words: list[str]) -> None:
    """Run the parser that the command line would; SystemExit where it refuses."""
    name, *rest = words
    args = build_parser(name).parse_args(words)
    if name not in PACKAGES:
        return
    recipe = current_name(rest[0])
    assert recipe in (RECIPES if name == "train" else EVALUATIONS)
    module = import_module(f"doodle.{PACKAGES[name]}.{recipe}")
    given = args.rest if "--data" in args.rest else [*args.rest, "--data", "data"]
    read_config(module, given)


def test_the_readme_is_short_and_keeps_its_front_matter():
    text = (ROOT / "README.md").read_text()
    assert len(text.split()) < MOST_WORDS
    front = dict(line.split(": ", 1) for line in text.split("---")[1].strip().splitlines())
    assert front["sdk"] == "gradio" and (ROOT / front["app_file"]).exists()


@every_page
def test_links_lead_somewhere(page: Path):
    for target in _LINK.findall(_BLOCK.sub("", page.read_text())):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{target}: no such file"
        assert ROOT in found.parents, f"{target}: outside of the repository"
        if anchor:
            assert anchor in anchors(found), f"{target}: no such heading"


@kept_page
def test_commands_parse(page: Path):
    for command in commands(page.read_text()):
        words = words_of(command)
        # a sentence may name a command by its first words, or with a word for what to fill in
        if not words or words[0].isupper():
            continue
        assert words[0] in COMMANDS, command
        if "--help" in words or len(words) == 1 or any(w in ("RECIPE", "NAME") for w in words):
            continue
        short = command.startswith(("train ", "evaluate "))
        if short and words[-1] == "--start":
            words.append("checkpoints/" + words[1])
        try:
            parse(words)
        except SystemExit:
            pytest.fail(f"not understood: {command}")


@pytest.mark.parametrize(
    "command",
    [
        "python -m doodle complete drawing.json --woord cat",
        "python -m doodle train sketch_rnn --words checkpoints/words",
        "train letters --nothing 3",
        "python -m doodle models burn",
    ],
)
def test_a_wrong_command_is_seen(command: str):
    with pytest.raises(SystemExit):
        parse(words_of(command))


@kept_page
def test_files_that_are_named_exist(page: Path):
    made = ("doodle/ui/tools/name/", "checkpoints/clip", "checkpoints/NAME", "doodle/models/NAME")
    made += ("doodle/training/NAME", "doodle/ui/tools/NAME")
    for span in _SPAN.findall(_BLOCK.sub("", page.read_text())):
        if _PATH.match(span) and not span.startswith(made):
            assert (ROOT / span).exists(), span


@kept_page
def test_scripts_and_targets_exist(page: Path):
    make = (ROOT / "Makefile").read_text()
    for command in commands(page.read_text()):
        if match := re.match(r"(?:\S*/)?python (benchmarks/\w+\.py)(.*)", command):
            text = (ROOT / match[1]).read_text()
            for flag in re.findall(r"--[a-z-]+", match[2]):
                assert re.search(rf"{flag}\b", text), command
        elif match := re.match(r"make (\w+)", command):
            assert re.search(rf"^{match[1]}:", make, re.M), command


def test_flags_and_presets_of_the_tables_exist():
    """docs/training.md has them by recipe: | flag, ... | recipe, ... | meaning |."""
    text = (ROOT / "docs" / "training.md").read_text()
    rows = re.findall(r"^\| (`--.+?) \| (.+?) \| .+\|$", text, re.M)
    assert len(rows) > 8
    for flags, recipes in rows:
        named = re.findall(r"`(\w+)`", recipes)
        for flag in re.findall(r"`--([\w-]+)`", flags):
            has = [name for name in RECIPES if flag.replace("-", "_") in settings_of(name)]
            assert has and set(named) <= set(has), flag
    for recipes, presets in re.findall(r"^\| ((?:`\w+`,? ?)+)\| (`.+) \|$", text, re.M):
        for name in re.findall(r"`(\w+)`", recipes):
            module = import_module(f"doodle.training.{name}")
            told = set(re.findall(r"`([\w-]+)`", presets)) - {"--start"}
            assert told == set(module.PRESETS), name


def settings_of(recipe: str) -> set[str]:
    from doodle.training.settings import settings

    return {one.name for one in settings(import_module(f"doodle.training.{recipe}").Config)}


def test_the_table_of_checkpoints_is_that_of_the_index():
    text = (ROOT / "docs" / "models.md").read_text()
    index = json.loads((ROOT / "checkpoints" / checkpoint.INDEX).read_text())
    rows = re.findall(
        r"^\| `(\w+)` \| [\d.]+ M \| ([\d.]+) MB \|.*\| ([\w.-]+) \| .+ \|$", text, re.M
    )
    assert {name: (size, licence) for name, size, licence in rows} == {
        name: (f"{entry['bytes'] / 1e6:.1f}", entry["licence"]) for name, entry in index.items()
    }


def test_the_demonstration_tool_works(tmp_path: Path):
    """The tool of docs/architecture.md, in a copy of the package: its tab, its parts, its event."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    files = re.findall(r"^`(doodle/\S+)`:\n\n```\w+\n(.*?)^```", text, re.M | re.S)
    assert len(files) == 4
    shutil.copytree(
        ROOT / "doodle", tmp_path / "doodle", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, content in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    table = tmp_path / "doodle" / "ui" / "tools" / "table.py"
    table.write_text(table.read_text().replace("\n)\n", '\n    "name",\n)\n', 1))
    code = (
        "from pathlib import Path\n"
        "from doodle.registry import Registry\n"
        "from doodle.services.executor import LocalExecutor\n"
        "from doodle.ui.page import build_app\n"
        f"app = build_app(LocalExecutor(Registry(Path({str(ROOT / 'checkpoints')!r}), 'cpu')))\n"
        "config = app.get_config_file()\n"
        "print([b['props']['id'] for b in config['components'] if b['type'] == 'tabitem'][-1])\n"
        "card = next(b for b in app.blocks.values() if b.elem_id == 'name_card')\n"
        "print([event for f in app.fns.values() for at, event in f.targets if at == card._id])\n"
    )
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-2:] == ["name", "['asked']"]
