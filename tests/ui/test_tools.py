"""The table of tools: what stands in it is all that the page and the public API know of tools."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio_client import Client
from stepping import stepped
from stubs import StubCompleter, StubRegistry, use_stubs

from doodle.registry import Registry
from doodle.requests import Complete, Draw
from doodle.services.executor import LocalExecutor
from doodle.strokes.drawing import Drawing
from doodle.ui import tools
from doodle.ui.examples import read_examples
from doodle.ui.page import build_app
from doodle.ui.run import Run
from doodle.ui.theme import launch_options
from doodle.ui.tool import Ask, Context, Endpoint, Tool
from doodle.ui.tools import table

UI = Path(table.__file__).parents[1]
VISITOR = SimpleNamespace(session_hash="a")
LINE = Drawing.from_polylines([[(100, 300), (800, 310)]])


class Demo:
    """An empty tool: a button that asks for endings, and an endpoint that counts strokes."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def build(self, context: Context) -> gr.Button:
        return gr.Button("Demo", elem_id="demo_go")

    def wire(self, panel: gr.Button, context: Context) -> None:
        async def demonstrate(request: gr.Request) -> AsyncIterator[str]:
            with context.runs.begin(request, "demo") as run:
                self.runs.append(run)
                yield "begun"
                async for _ in run.events(Complete("fish", 2, drawing=LINE)):
                    yield "drawn"
            yield run.state

        panel.click(demonstrate, None, panel)

    def endpoints(self, ask: Ask) -> list[Endpoint]:
        async def demonstration(word: str = "fish", request: gr.Request = None) -> dict:
            """Draw a word.

            Args:
                word: what to draw.
            """
            *_, made = await ask(Draw(word, 1), request)
            return {"strokes": len(made.endings[0].strokes)}

        return [demonstration]

    def tool(self, **changed: Any) -> Tool:
        given = {"build": self.build, "wire": self.wire, "endpoints": self.endpoints, **changed}
        return Tool("demo", "A demonstration", **given)


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Demo:
    use_stubs(monkeypatch)
    one = Demo()
    monkeypatch.setattr(table, "TOOLS", (*table.TOOLS, one.tool()))
    return one


def tabs(app: gr.Blocks) -> list[str]:
    blocks = app.get_config_file()["components"]
    return [block["props"]["id"] for block in blocks if block["type"] == "tabitem"]


def handler(app: gr.Blocks, event: str) -> Callable[..., Any]:
    """What is called when the demonstration is pressed, or at an event of the page."""
    here = {block._id for block in app.blocks.values() if block.elem_id == "demo_go"}
    here |= {None, app._id}
    [found] = {
        one.fn
        for one in app.fns.values()
        for at, name in one.targets
        if name == event and at in here
    }
    return found


def test_a_tool_in_the_table_has_its_tab_and_its_endpoint(demo: Demo, serve: Callable[..., str]):
    client = Client(serve(StubRegistry()), verbose=False)
    labels = [c["props"].get("label") for c in client.config["components"]]
    assert "A demonstration" in labels
    assert "/demonstration" in client.view_api(return_format="dict")["named_endpoints"]
    assert client.predict(api_name="/demonstration")["strokes"] > 0


def test_a_new_tool_is_a_folder_and_its_name_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "tool.py").write_text(
        """import gradio as gr

from doodle.ui.tool import Tool

TOOL = Tool("demo", "Demo", build=lambda context: gr.Button("Demo"), wire=lambda *_: None)
"""
    )
    monkeypatch.setattr(tools, "__path__", [*tools.__path__, str(tmp_path)])
    monkeypatch.setattr(table, "TOOLS", table.tools_of((*table.FOLDERS, "demo")))
    assert tabs(build_app(LocalExecutor(StubRegistry())))[-1] == "demo"


def test_its_run_stops_when_the_visitor_leaves(demo: Demo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(StubCompleter, "pause", 0.2)
    executor = LocalExecutor(StubRegistry())
    jobs, submit = [], executor.submit
    monkeypatch.setattr(executor, "submit", lambda *a: jobs.append(submit(*a)) or jobs[-1])
    app = build_app(executor)
    steps, leave = stepped(handler(app, "click")(VISITOR)), handler(app, "unload")
    assert [next(steps), next(steps)] == ["begun", "drawn"]
    leave(SimpleNamespace(session_hash="b"))
    assert demo.runs[0].live and not jobs[0].cancelled
    leave(VISITOR)
    assert list(steps) == ["stopped"] and jobs[0].cancelled
    executor.close()


def test_a_tool_that_is_not_available_has_no_tab(monkeypatch: pytest.MonkeyPatch):
    def available(registry: Registry) -> bool:
        return not registry.missing

    tool = Demo().tool(available=available)
    monkeypatch.setattr(table, "TOOLS", (*table.TOOLS, tool))
    assert "demo" in tabs(build_app(LocalExecutor(StubRegistry())))
    assert "demo" not in tabs(build_app(LocalExecutor(StubRegistry(missing=True))))


def names(path: Path) -> set[str]:
    """All that a source calls by name, and all its texts."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {part for alias in node.names for part in alias.name.split(".")}
            found |= set((getattr(node, "module", None) or "").split("."))
    return found


@pytest.mark.parametrize("module", ["page", "api"])
def test_the_page_and_the_api_name_no_tool(module: str):
    called = {name for tool in table.TOOLS for name in (tool.id, tool.title)}
    assert called.isdisjoint(names(UI / f"{module}.py"))


def test_every_folder_is_in_the_table_and_tools_import_no_other_tool():
    folders = {path.parent.name for path in (UI / "tools").glob("*/*.py")}
    assert sorted(folders) == sorted(table.FOLDERS) == sorted(tool.id for tool in table.TOOLS)
    for path in (UI / "tools").glob("*/*.py"):
        others = folders - {path.parent.name}
        text = path.read_text()
        assert not [other for other in others if f"doodle.ui.tools.{other}" in text], path


def test_the_style_sheets_of_all_tools_reach_the_page():
    css = launch_options()["css"]
    for sheet in UI.glob("*/**/*.css"):
        if sheet.name not in ("canvas.css", "first.css"):  # front.py brings these
            assert sheet.read_text() in css, sheet


def test_a_rule_of_a_tool_begins_with_a_class_of_its_own():
    # else it would style the parts of another tool, which are on the same page
    users: dict[str, set[str]] = {}
    for path in [*UI.rglob("*.html"), *UI.rglob("*.js"), *UI.rglob("*.py")]:
        for name in re.findall(r"dd-[\w-]+", path.read_text()):
            users.setdefault(name, set()).add(home(path))
    for path in (UI / "tools").glob("*/*.css"):
        for first in first_compounds(path.read_text()):
            classes = re.findall(r"\.(dd-[\w-]+)", first)
            owned = any(users.get(name, set()) <= {home(path)} for name in classes)
            assert owned or not classes, f"{path.relative_to(UI)}: {first} is not this tool's alone"


def home(path: Path) -> str:
    """The tool that a file belongs to, or the page's folder."""
    parts = path.relative_to(UI).parts
    return parts[1] if parts[0] == "tools" else parts[0]


def first_compounds(css: str) -> Iterator[str]:
    """What each selector asks of its first element, less the words for Gradio's wrappers."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    outside = r"(?:(?:body|html|\.prose|\.dark)(?:[:\[][^ ]*)? )*"
    for rule in re.findall(r"([^{};]+)\{", css):
        if rule.strip().startswith("@"):
            continue
        any_of = r"(?:^|,)\s*:is\(([^()]*)\)"
        for group in re.findall(any_of, rule):
            yield from (one.strip() for one in group.split(","))
        rule = re.sub(any_of, ",*", rule)
        without = re.sub(r":(?:is|has|not)\((?:[^()]|\([^()]*\))*\)", "", rule)
        for selector in without.split(","):
            yield re.split(r"[ >~+]", re.sub(f"^{outside}", "", selector.strip()))[0]


def test_every_example_is_a_drawing_with_a_name_of_its_own():
    for tool in table.TOOLS:
        examples = read_examples(tool.examples) if tool.examples else []
        assert bool(examples) == bool(tool.examples)
        assert len({one["name"] for one in examples}) == len(examples)
        assert all(Drawing.parse(one["drawing"]) for one in examples)
