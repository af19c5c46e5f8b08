"""Count what a data folder holds, and read it to the end to see whether it can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doodle.data.filtering import SETS, find
from doodle.data.quickdraw import categories
from doodle.data.streams import open_drawings

FULL = 1000  # drawings of a category that the earlier work aimed at
LISTED = 12  # names on a line


@dataclass
class Census:
    """What a folder holds.

    Attributes:
        counts: set -> category -> drawings; a file that cannot be read is left out.
        bytes: set -> of its files.
        problems: (path, what is wrong) of files that cannot be read.
        full: from how many drawings a category counts as full.
    """

    full: int = FULL
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """All of it, and by set: drawings, categories, full ones, empty and missing names."""
        sets = {}
        for kind, counts in self.counts.items():
            sets[kind] = {
                "drawings": sum(counts.values()),
                "bytes": self.bytes[kind],
                "categories": len(counts),
                "full": sum(count >= self.full for count in counts.values()),
                "empty": sorted(name for name, count in counts.items() if not count),
                "missing": [name for name in categories() if name not in counts],
                "counts": dict(sorted(counts.items())),
            }
        problems = [{"file": path, "problem": why} for path, why in self.problems]
        return {"full_from": self.full, "sets": sets, "problems": problems}

    def lines(self) -> list[str]:
        """The same to read: a row a category, then a line a set."""
        summary = self.summary()["sets"]
        names = sorted(set().union(*self.counts.values()) if self.counts else ())
        wide = max(map(len, names), default=0)
        lines = [" " * wide + "".join(f"{kind:>14}" for kind in self.counts)]
        for name in names:
            cells = [counts.get(name) for counts in self.counts.values()]
            row = "".join(f"{'-' if cell is None else format(cell, ','):>14}" for cell in cells)
            lines.append(f"{name:<{wide}}{row}")
        for kind, of in summary.items():
            lines.append(
                f"{kind}: {of['drawings']:,} drawings of {of['categories']} categories, "
                f"{of['bytes'] / 1e6:,.1f} MB; {of['full']} full ({self.full:,} or more), "
                f"{_listed('empty', of['empty'])}, {_listed('missing', of['missing'])}"
            )
        return lines


def _listed(what: str, names: Sequence[str]) -> str:
    few = f" ({', '.join(names)})" if 0 < len(names) <= LISTED else ""
    return f"{len(names)} {what}{few}"


def check_folder(
    source: Path,
    names: Sequence[str],
    *,
    full: int = FULL,
    tick: Callable[[float], object] = lambda _: None,
) -> Census:
    """Count the drawings of some categories of a data folder; every file is read once, in chunks.

    Args:
        names: of those that `find` finds.
        full: see Census.
        tick: called with how many bytes are done.

    Raises:
        FileNotFoundError: there is no such folder, or nothing in it.
    """
    census = Census(full)
    found = find(source)
    for kind in SETS:
        files = [(name, found[name][kind]) for name in names if kind in found[name]]
        if not files:
            continue
        counts, size = census.counts.setdefault(kind, {}), 0
        for name, path in files:
            size += path.stat().st_size
            try:
                file = open_drawings(path)
                file.check()
                counts[name] = file.count
            except (ValueError, OSError) as error:
                census.problems.append((str(path), str(error)))
            tick(path.stat().st_size)
        census.bytes[kind] = size
    return census
