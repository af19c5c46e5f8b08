"""The loader of the page's scripts: what it joins, and what it refuses."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import gradio as gr
import pytest

from doodle.ui import scripts
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.parts import scripted


@pytest.fixture
def folder(tmp_path: Path):
    """`folder(**texts)` writes modules a/b.js for a keyword a__b; returns their folder."""

    def write(**texts: str) -> Path:
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__', '/')}.js"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def run(script: str) -> str:
    """What a script prints in node, as the page's own window would run it."""
    if not (node := shutil.which("node")):
        pytest.skip("node is not installed")
    code = f"globalThis.window = globalThis;\n{script}"
    done = subprocess.run([node, "-e", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_modules_are_joined_after_what_they_import(folder):
    root = folder(
        a='import { twice as double, STEP } from "./deep/b.js";\nconsole.log(double(STEP));\n',
        deep__b='import { one } from "../c.js";\nexport const STEP = one() + 20;\n'
        "export function twice(n) { return 2 * n; }\n",
        c="const hidden = 1;\nexport function one() { return hidden; }\nexport class Two {}\n"
        "export async function three() {}\n",
    )
    found = scripts.ordered(["a.js"], root)
    assert [one.path for one in found] == ["c.js", "deep/b.js", "a.js"]
    assert found[0].exports == ("one", "Two", "three")
    assert run(scripts.bundle(["a.js"], root)) == "42"


def test_a_module_runs_once_though_two_scripts_bring_it(folder):
    root = folder(
        a='import { n } from "./c.js";\nconsole.log("a", n);\n',
        b='import { n } from "./c.js";\nconsole.log("b", n);\n',
        c='export const n = 7;\nconsole.log("c");\n',
    )
    both = scripts.bundle(["a.js"], root) + scripts.bundle(["a.js", "b.js"], root)
    assert run(both).split("\n") == ["c", "a 7", "b 7"]


def test_names_of_one_module_are_not_seen_by_another(folder):
    root = folder(a="const x = 1;\n", b="console.log(typeof x);\n")
    assert run(scripts.bundle(["a.js", "b.js"], root)) == "undefined"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"a": 'import { x } from "./a.js";\n'}, r"each other: a\.js > a\.js"),
        (
            {
                "a": 'import { x } from "./b.js";\nexport const y = 1;\n',
                "b": 'import { y } from "./a.js";\nexport const x = 1;\n',
            },
            r"each other: a\.js > b\.js > a\.js",
        ),
        (
            {"a": 'import { x } from "./b.js";\n', "b": "const x = 1;\n"},
            r"a\.js: b\.js exports no x",
        ),
        ({"a": 'import { x } from "./gone.js";\n'}, r"gone\.js: there is no such module"),
        ({"a": 'import x from "./b.js";\n'}, r"a\.js: not understood: import x"),
        ({"a": 'import * as x from "./b.js";\n'}, "not understood"),
        ({"a": 'import { x } from "react";\n'}, "not understood"),
        ({"a": "export default 7;\n"}, "not understood: export default"),
        ({"a": "export let x = 7;\n"}, "not understood: export let"),
        ({"a": "const x = 1;\nexport { x };\n"}, "not understood"),
        ({"a": 'const x = "</script>";\n'}, "would end the script"),
    ],
)
def test_what_is_beyond_the_subset_is_refused_by_name(folder, texts, message):
    with pytest.raises(ValueError, match=message):
        scripts.bundle(["a.js"], folder(**texts))


def test_the_page_s_own_modules_join_and_parse(tmp_path: Path):
    assert {"shell/mount.js", "canvas/core.js", "tools/draw/tool.js"} <= set(scripts.every())
    text = scripts.bundle(scripts.every())
    if node := shutil.which("node"):
        (tmp_path / "page.js").write_text(text)
        subprocess.run([node, "--check", tmp_path / "page.js"], check=True)


def test_the_first_component_of_a_page_brings_all_and_the_others_nothing():
    with gr.Blocks():
        first, second = scripted("tools/words/grid"), scripted("shell/tray")
        canvas = StrokeCanvas()
    assert len(first.head) > 100_000 and "tools/chimera/edges.js" in first.head
    assert second.head is None and canvas.head is None
    with gr.Blocks():
        assert scripted("shell/tray").head == first.head


def test_a_canvas_alone_brings_what_it_needs_and_no_tool():
    with gr.Blocks():
        canvas, other = StrokeCanvas(), StrokeCanvas()
    assert "canvas/ghosts.js" in canvas.head and "<style>" in canvas.head
    assert "tools/" not in canvas.head and "shell/tray" not in canvas.head
    assert other.head is None
    assert StrokeCanvas().head == canvas.head  # outside of a page nothing else can have brought it


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("tools/words/grid", {"more", "named", "pick"}),
        ("tools/chimera/result", {"full", "outline"}),
        ("tools/play/game", {"guess"}),
        ("shell/tray", set()),
    ],
)
def test_a_part_has_the_events_that_its_modules_trigger(name, events):
    with gr.Blocks():
        part = scripted(name)
        for event in events:
            assert callable(getattr(part, event))
        assert not hasattr(part, "other")
    assert set(re.findall(r'trigger\("(\w+)"\)', part.js_on_load)) == events
    assert part.js_on_load.count("\n") == 0


def test_there_is_one_global_name():
    """Modules import each other; the name is written in the loader only."""
    ui = Path(scripts.__file__).parent
    sources = [*ui.rglob("*.js"), *ui.rglob("*.py")]
    found = [path.name for path in sources if "window.doodle" in path.read_text()]
    assert found == ["scripts.py"]
