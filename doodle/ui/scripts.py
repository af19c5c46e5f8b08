"""The page's scripts: ES modules below this folder, joined into one text for the browser.

Gradio runs the `js_on_load` text of every component in a function of its own, where nothing can be
imported. So the first of our components on a page brings all modules as one classic script (by
gr.HTML's `head`), and every component's own text is one line that queues the part to be mounted:
the order in which script and components arrive does not matter.

The subset of import and export that is understood, each statement at the start of a line::

    import { a, b as c } from "./other.js";
    export function f ...   export async function f ...   export const x ...   export class C ...
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from gradio.context import Context

_HERE = Path(__file__).parent
_STYLE = "canvas/canvas.css"  # by script: as a css_template Gradio would parse it at each stroke
_MOUNT = "shell/mount.js"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) ([\w$]+))", re.M)
_LEFTOVER = re.compile(r"^(?:import|export)\b.*", re.M)
# comments that stand on lines of their own: an eighth of the text, which phones need not fetch
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.M | re.S)
_EVENT = re.compile(r'\btrigger\("(\w+)"')
# the one global name: a queue of parts to mount, and what mount.js makes of it
_PAGE = "(window.doodle ??= [])"
_brought: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Module:
    """One file: what it needs, what it offers, and its text without those statements."""

    path: str
    imports: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # (path, ((name, as), ...))
    exports: tuple[str, ...]
    body: str


def read(*names: str) -> str:
    """The text of files of the page, one after the other; names are paths below doodle/ui."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


def module(path: str, root: Path = _HERE) -> Module:
    """Read one module.

    Args:
        path: below `root`, with its suffix.

    Raises:
        ValueError: the file is missing, or it holds an import or export beyond the subset.
    """
    try:
        text = (root / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such module") from None
    imports = tuple(
        (posixpath.normpath(posixpath.join(posixpath.dirname(path), source)), _names(names))
        for names, source in _IMPORT.findall(text)
    )
    exports = tuple(_EXPORT.findall(text))
    body = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text)))
    if leftover := _LEFTOVER.search(body):
        raise ValueError(f"{path}: not understood: {leftover[0]}")
    if "</script" in body:
        raise ValueError(f"{path}: </script would end the script early")
    return Module(path, imports, exports, body)


def ordered(entries: list[str], root: Path = _HERE) -> list[Module]:
    """Modules and all they need, each after what it imports.

    Raises:
        ValueError: modules import each other, or a name that is not exported.
    """
    done: dict[str, Module] = {}

    def add(path: str, way: tuple[str, ...]) -> None:
        if path in way:
            raise ValueError(f"modules import each other: {' > '.join([*way, path])}")
        if path in done:
            return
        one = module(path, root)
        for source, names in one.imports:
            add(source, (*way, path))
            for name, _ in names:
                if name not in done[source].exports:
                    raise ValueError(f"{path}: {source} exports no {name}")
        done[path] = one

    for entry in entries:
        add(entry, ())
    return list(done.values())


def bundle(entries: list[str], root: Path = _HERE) -> str:
    """One script of modules and all they need; those that a page has already are not run again."""
    rows = ["((page) => {\nconst modules = (page.modules ??= {});"]
    for one in ordered(entries, root):
        needs = "".join(
            f"const {{ {', '.join(a if a == b else f'{a}: {b}' for a, b in names)} }}"
            f' = modules["{source}"];\n'
            for source, names in one.imports
        )
        offers = ", ".join(one.exports)
        rows.append(
            f'modules["{one.path}"] ??= (() => {{\n"use strict";\n{needs}{one.body}\n'
            f"return {{ {offers} }};\n}})();"
        )
    return "\n".join([*rows, f'modules["{_MOUNT}"]?.serve(page);', f"}})({_PAGE});\n"])


def every() -> list[str]:
    """All modules of the page."""
    return sorted(
        path.relative_to(_HERE).as_posix()
        for path in _HERE.rglob("*.js")
        if "node_modules" not in path.parts
    )


def part(name: str, *, alone: bool = False) -> dict[str, Any]:
    """Arguments of gr.HTML that mount a part when its component appears.

    Args:
        name: of the module that exports `mount`, a path below doodle/ui without its suffix.
        alone: bring only what the part imports, where the page has no scripts yet.
    """
    path = f"{name}.js"
    folder = posixpath.dirname(path)
    own = [one for one in ordered([path]) if posixpath.dirname(one.path) == folder]
    events = sorted({event for one in own for event in _EVENT.findall(one.body)})
    names = "".join(f' trigger("{event}")' for event in events)  # Gradio takes these for its events
    line = f'{_PAGE}.push(["{name}", {{ element, props, trigger, watch }}]);  // events:{names}'
    return {"js_on_load": line, **_head([_MOUNT, path] if alone else every())}


def call(name: str) -> str:
    """A `js=` argument of an event: calls the function that a module exposed under a name."""
    return f'(...values) => {_PAGE}.call("{name}", ...values)'


def style() -> str:
    """Of the canvas; the first component of a page brings it with the scripts."""
    return read(_STYLE)


def leave_to_front() -> None:
    """The page that is being built gets scripts and the canvas's style from front.py."""
    _brought.setdefault(Context.root_block, set()).update([_STYLE, *every()])


def _head(paths: list[str]) -> dict[str, str]:
    """The `head` that brings modules, unless an earlier component of this page brings them."""
    brought = (
        set() if (blocks := Context.root_block) is None else _brought.setdefault(blocks, set())
    )
    if brought.issuperset(paths):
        return {}
    sheet = "" if _STYLE in brought else style()
    brought.update([_STYLE, *(one.path for one in ordered(paths))])
    return {"head": f"<style>{sheet}</style><script>\n{bundle(paths)}</script>"}


def _names(listed: str) -> tuple[tuple[str, str], ...]:
    pairs = (name.split(" as ") for name in map(str.strip, listed.split(",")) if name)
    return tuple((pair[0].strip(), pair[-1].strip()) for pair in pairs)
