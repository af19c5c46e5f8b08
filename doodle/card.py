"""Model cards: one screen of markdown, made from a checkpoint's header; never edited by hand.

What no header says stands beside the model, see doodle.models.about.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from doodle import checkpoint
from doodle.models import about_model


def card_text(name: str, path: Path) -> str:
    """The card of a checkpoint as markdown.

    Args:
        name: its folder's name.
        path: the checkpoint; pictures beside it are shown.

    Raises:
        ModelUnavailable: the checkpoint is missing or broken.
    """
    header = checkpoint.read_header(path)
    parameters, _ = checkpoint.tensor_sizes(path)
    about = about_model(header["model"])
    pictures = sorted(p.name for p in path.parent.iterdir() if p.suffix in (".png", ".svg"))
    parts = [
        f"# {about.title}\n\n{about.does}",
        "\n\n".join(f"![{Path(p).stem.replace('_', ' ')}]({p})" for p in pictures),
        f"## Run it\n\n```\n{about.run}\n```",
        _table(
            [
                ("checkpoint", f"`{name}`, model `{header['model']}`"),
                (
                    "size",
                    f"{parameters / 1e6:.2f} million parameters, "
                    f"{path.stat().st_size / 1e6:.1f} MB",
                ),
                ("licence", header["licence"]),
                ("data", header["attribution"]),
                *((key, _short(value)) for key, value in header["data"].items()),
            ]
        ),
        "## Measured\n\n" + _metrics(header["metrics"]) if header["metrics"] else "",
        "## Trained\n\n" + _table([(k, _short(v)) for k, v in header["training"].items()])
        if header["training"]
        else "",
        f"## Known failures\n\n{about.fails}",
        f"## Cite\n\n{about.cite}",
        "This card is made by `python -m doodle models card` from the header of the checkpoint; "
        "`python -m doodle models check` proves that a machine has this very model.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _metrics(metrics: list[dict[str, Any]]) -> str:
    """A table of the numbers; figures that are lists of rows follow it, a line each."""
    numbers = [m for m in metrics if not isinstance(m["value"], list)]
    rows = [
        f"| {m['name']} | {m['value']:.4g} | {m.get('n', '')} | {m.get('split', '')} |"
        for m in numbers
    ]
    table = "\n".join(["| figure | value | n | split |", "| --- | --- | --- | --- |", *rows])
    lists = [
        f"{m['name']}: " + "; ".join(" ".join(map(str, row)) for row in m["value"]) + "."
        for m in metrics
        if isinstance(m["value"], list)
    ]
    return "\n\n".join([table, *lists])


def _table(rows: list[tuple[str, str]]) -> str:
    lines = [f"| {key.replace('_', ' ')} | {value} |" for key, value in rows]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def _short(value: Any) -> str:
    """A value in one table cell; a long list becomes its length and its first words."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, list) and len(value) > 8:
        return f"{len(value)}: {', '.join(map(str, value[:6]))}, ..."
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).replace("|", "\\|")
