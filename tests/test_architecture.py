"""The house rules that a machine can keep: who imports whom, length, quiet imports."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST_FILE = 400  # lines
LONGEST_FUNCTION = 80

EVERYONE = {"errors", "checks", "device", "images"}  # small, at the bottom, for all
# package or file of doodle -> what of doodle it may import, besides itself and EVERYONE
OURS: dict[str, set[str]] = {
    "errors": set(),
    "checks": set(),
    "device": set(),
    "images": set(),
    "strokes": set(),
    "models": set(),
    "data": {"strokes"},
    "weight_files": set(),
    "checkpoint": {"models", "weight_files"},  # the table that names what a checkpoint may hold
    "card": {"checkpoint", "models"},
    "registry": {"checkpoint"},
    "pipelines": {"strokes", "models"},
    "requests": {"strokes"},
    "services": {"requests", "pipelines", "registry", "strokes"},
    "training": {"data", "models", "strokes", "checkpoint"},
    "convert": {"models", "checkpoint"},
    # convert: to measure the networks of others beside ours
    "evaluation": set(
        "data models pipelines requests services registry strokes checkpoint convert".split()
    ),
    # what is asked of the networks goes through the services; no pipeline is built there
    "ui": {"requests", "services", "registry", "strokes"},
    "commands": set(
        "requests services registry strokes checkpoint card convert data training evaluation "
        "models".split()
    ),
    "cli": {"*"},
    "__main__": {"cli"},
    "__init__": set(),
}
# third-party or standard package -> the rooms that alone may import it
ONLY_IN: dict[str, set[str]] = {
    "gradio": {"ui"},
    "gradio_client": set(),
    "argparse": {"commands", "cli"},
    "pickle": set(),
    "safetensors": {"checkpoint"},
    "spaces": set(),  # app.py asks whether it is there
    "multiprocessing": {"services"},
    "open_clip": {"models", "data"},
    "timm": {"models"},
    "huggingface_hub": {"models", "data", "card"},
}
NEVER_IN: dict[str, set[str]] = {
    "torch": {"strokes", "requests", "services", "ui", "commands", "cli", "card", "errors"},
    "torchvision": set(OURS),
}


def sources() -> list[Path]:
    return sorted((ROOT / "doodle").rglob("*.py"))


def room(path: Path) -> str:
    """The package or file directly below doodle that a source belongs to."""
    return path.relative_to(ROOT / "doodle").parts[0].removesuffix(".py")


def imports(tree: ast.AST, package: tuple[str, ...]) -> list[str]:
    """Dotted names that a file imports, relative ones resolved against its package.

    Packages of others that are imported for type hints only are left out: they are not loaded.
    """
    found, hinted = [], hints_only(tree)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += [node.module] if node.module else []
            names = [".".join([*base, alias.name]) for alias in node.names]
        for_hints = node in hinted
        found += [name for name in names if name.startswith("doodle.") or not for_hints]
    return found


def hints_only(tree: ast.AST) -> set[ast.AST]:
    """Statements below `if TYPE_CHECKING:`."""
    return {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for child in ast.walk(statement)
    }


def violations(text: str, here: str, package: tuple[str, ...]) -> list[str]:
    """What a source of room `here` imports although the table does not let it."""
    allowed = OURS.get(here)
    if allowed is None:
        return [f"room {here} is not in the table"]
    bad = []
    for name in imports(ast.parse(text), package):
        first, _, rest = name.partition(".")
        if first == "doodle" and rest:
            target = rest.split(".")[0]
            if target in OURS and target not in {here, *EVERYONE, *allowed} and "*" not in allowed:
                bad.append(f"{here} imports doodle.{target}")
        elif first in ONLY_IN and here not in ONLY_IN[first]:
            bad.append(f"{here} imports {first}")
        elif here in NEVER_IN.get(first, ()):
            bad.append(f"{here} imports {first}")
    return bad


def test_imports_point_one_way():
    bad = []
    for path in sources():
        package = path.relative_to(ROOT).parent.parts
        bad += [f"{path.name}: {v}" for v in violations(path.read_text(), room(path), package)]
    assert not bad


def outside() -> list[Path]:
    """Programs beside the package: they ask as the page does."""
    return [ROOT / "app.py", *sorted((ROOT / "benchmarks").glob("*.py"))]


def test_programs_beside_the_package_build_no_pipelines():
    bad = [
        f"{path.name} imports {name}"
        for path in outside()
        if path.exists()
        for name in imports(ast.parse(path.read_text()), ())
        if f"{name}.".startswith("doodle.pipelines.")
    ]
    assert not bad


@pytest.mark.parametrize(
    ("here", "text"),
    [
        ("strokes", "import torch"),
        ("strokes", "def f():\n    from doodle.models import sketch_rnn"),
        ("models", "from doodle import checkpoint"),
        ("training", "import timm"),
        ("pipelines", "from .. import registry"),
        ("pipelines", "from ..ui.page import build_app"),
        ("registry", "import gradio as gr"),
        ("training", "import argparse"),
        ("models", "if TYPE_CHECKING:\n    from doodle.registry import Registry"),
        ("data", "if TYPE_CHECKING:\n    import json\nelse:\n    import argparse"),
        ("ui", "from torch import nn"),
        ("ui", "from doodle.pipelines.complete import Completer"),
        ("ui", "from ..pipelines import steps"),
        ("commands", "def f():\n    from doodle.pipelines.recognise import Recognition"),
        ("requests", "from doodle.services import results"),
        ("requests", "import torch"),
        ("services", "from doodle.models import sketch_rnn"),
        ("services", "from doodle.ui.page import build_app"),
        ("services", "import spaces"),
        ("pipelines", "from multiprocessing import Pool"),
        ("attic", "import os"),
    ],
)
def test_the_walk_sees_a_planted_violation(here, text):
    assert violations(text, here, ("doodle", here))


def test_the_walk_lets_the_allowed_pass():
    text = "import numpy\nfrom ..strokes import raster\nfrom doodle.models import words\n"
    text += "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import argparse\n"
    assert not violations(text + "from ..errors import BadDrawing", "pipelines", ("doodle", "p"))


def test_files_and_functions_stay_small():
    bad = []
    for path in [*sources(), *(ROOT / "doodle").rglob("*.js"), *(ROOT / "doodle").rglob("*.css")]:
        lines = path.read_text().count("\n")
        if lines > LONGEST_FILE:  # a hint to split it, not a reason to squeeze it
            warnings.warn(f"{path.name}: {lines} lines", stacklevel=1)
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    bad.append(f"{path.name} {node.name}: {length} lines")
    assert not bad


def test_no_bare_except_and_every_module_says_what_it_is():
    bad = []
    for path in sources():
        tree = ast.parse(path.read_text())
        if not ast.get_docstring(tree) and path.read_text().strip():
            bad.append(f"{path.name}: no docstring")
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                bad.append(f"{path.name}:{node.lineno}: bare except")
    assert not bad


def run(code: str) -> str:
    """Run code in a fresh interpreter at the repository's root and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_strokes_leave_torch_out():
    modules = [p.stem for p in (ROOT / "doodle" / "strokes").glob("*.py") if p.stem != "__init__"]
    lines = "".join(f"import doodle.strokes.{name}\n" for name in modules)
    assert (
        run(f"import sys\nimport doodle.strokes\n{lines}print('torch' in sys.modules)") == "False\n"
    )


def test_the_page_and_its_requests_leave_torch_out():
    """They live in a process of their own; the networks' one alone pays for torch."""
    code = "import sys, doodle.requests, doodle.ui.page, doodle.services.process\n"
    assert run(code + "print('torch' in sys.modules)") == "False\n"


@pytest.mark.parametrize("package", ["requests", "services"])
def test_requests_and_services_leave_torch_out_until_they_work(package):
    modules = [p.stem for p in (ROOT / "doodle" / package).glob("*.py") if p.stem != "__init__"]
    lines = "".join(f"import doodle.{package}.{name}\n" for name in modules)
    assert run(f"import sys\n{lines}print('torch' in sys.modules)") == "False\n"


def test_help_leaves_heavy_packages_out():
    code = (
        "import sys, contextlib, io\nfrom doodle.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])\n"
        "print({'torch', 'gradio', 'numpy'} & set(sys.modules))"
    )
    assert run(code) == "set()\n"


def test_importing_every_module_does_nothing(tmp_path):
    """No folder, no parser run, no device probe: importing is quiet and leaves no file."""
    names = [
        ".".join(p.relative_to(ROOT).with_suffix("").parts)
        for p in sources()
        if p.stem not in ("__main__", "__init__")
    ]
    lines = "".join(f"import {name}\n" for name in names)
    code = (
        f"import sys, os\nsys.path.insert(0, {str(ROOT)!r})\nos.chdir({str(tmp_path)!r})\n{lines}"
        "import torch\nprint(torch.cuda.is_initialized(), os.listdir())"
    )
    assert run(code) == "False []\n"


def test_importing_the_app_loads_no_weights():
    """Every way to weights goes through safetensors' reader, which must not be imported."""
    if not (ROOT / "app.py").exists():
        pytest.skip("no app.py")
    code = (
        "import sys, app\n"
        "torch = sys.modules.get('torch')\n"
        "print(bool(torch and torch.cuda.is_initialized()), 'safetensors.torch' in sys.modules)"
    )
    assert run(code) == "False False\n"


def top_level_imports(path: Path) -> set[str]:
    """Modules of doodle that a module imports while it is imported itself."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            for name in imports(node, path.relative_to(ROOT).parent.parts):
                found |= {name, name.rpartition(".")[0]}
    return found


def test_no_module_imports_itself_by_way_of_others():
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sources()}
    graph = {
        name: top_level_imports(path) & (names.keys() - {name}) for name, path in names.items()
    }
    left = dict(graph)
    while ready := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in ready:
            del left[name]
    assert not left, f"in a circle, or behind one: {', '.join(sorted(left))}"
