"""docs/api.md: every endpoint has an example in each language, and each of them runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doodle.ui.tools import table

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://127.0.0.1:7860"
TEXT = (ROOT / "docs" / "api.md").read_text()
LANGUAGES = ("python", "js", "sh")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
_MARK = "-- example: "


def blocks(text: str) -> dict[str, str]:
    """The blocks of the three languages, each by its language."""
    return {language: block for language, block in _BLOCK.findall(text) if language in LANGUAGES}


def examples() -> dict[str, dict[str, str]]:
    """Of each endpoint the example in each language."""
    part = TEXT[TEXT.index("\n## Examples\n") :]
    part = part[: part.index("\n## ", 1)]
    sections = re.split(r"^### (\w+)\n", part, flags=re.M)
    return dict(zip(sections[1::2], map(blocks, sections[2::2]), strict=True))


def test_every_public_endpoint_has_an_example_in_each_language():
    public = {one.__name__ for tool in table.TOOLS for one in tool.endpoints(None)}
    assert set(examples()) == public
    for name, found in examples().items():
        assert set(found) == set(LANGUAGES), name
    assert set(blocks(TEXT[: TEXT.index("\n## Examples\n")])) == set(LANGUAGES)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The page with the networks of the repository."""
    from doodle.registry import CHECKPOINTS, Registry
    from doodle.services.executor import LocalExecutor
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    executor = LocalExecutor(Registry(CHECKPOINTS, "cpu"))
    page = build_app(executor)
    options = {**launch_options(), "quiet": True, "prevent_thread_lock": True}
    yield page.launch(server_name="127.0.0.1", **options)[1].rstrip("/")
    page.close(verbose=False)
    executor.close()


def program(language: str, url: str, say: str, wrap: str = "{}") -> str:
    """All examples of a language as one program, which says the name of each before it runs.

    Args:
        say: a line of the language that prints, with {} for the text.
        wrap: what stands around each example, with {} for it.
    """
    start = blocks(TEXT[: TEXT.index("\n## Examples\n")])[language]
    rows = [start.replace(ADDRESS, url)]
    for name, found in examples().items():
        rows += [say.format(_MARK + name), wrap.replace("{}", found[language])]
    return "\n".join(rows)


def said(command: list[str], folder: Path) -> dict[str, str]:
    """Run a program; what each of its examples printed."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    parts = re.split(rf"^{_MARK}(\w+)\n", done.stdout, flags=re.M)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.fixture(scope="module")
def in_python(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("python")
    (folder / "examples.py").write_text(program("python", url, 'print("{}")'))
    return said([sys.executable, "examples.py"], folder)


def test_the_python_examples_run(in_python: dict[str, str]):
    assert set(in_python) == set(examples())
    assert all(in_python.values()), in_python
    assert (in_python["complete"], in_python["morph"]) == ("3", "4")
    assert in_python["imagine"] == "teapot <svg"


def test_the_javascript_examples_print_the_same(
    url: str, in_python: dict[str, str], tmp_path: Path
):
    node, packages = shutil.which("node"), ROOT / ".ci" / "node_modules"
    if node is None or not (packages / "@gradio" / "client").is_dir():
        pytest.skip("no node with @gradio/client: `make js` installs it")
    (tmp_path / "node_modules").symlink_to(packages)
    text = program("js", url, 'console.log("{}");', "{\n{}}").replace("{\n\n", "{\n")
    (tmp_path / "examples.mjs").write_text(text + "\nprocess.exit(0);\n")
    assert said([node, "examples.mjs"], tmp_path) == in_python


def test_the_curl_examples_are_answered(url: str, in_python: dict[str, str], tmp_path: Path):
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("no curl with bash")
    (tmp_path / "examples.sh").write_text(program("sh", url, 'echo "{}"'))
    answers = said(["bash", "examples.sh"], tmp_path)
    assert set(answers) == set(in_python)
    for name, answer in answers.items():
        assert "event: complete\n" in answer and "event: error" not in answer, (name, answer[:300])
    assert f'"{in_python["recognise"]}"' in answers["recognise"]
