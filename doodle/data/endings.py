"""Endings of drawings: people's own, and those that the networks offered instead.

A case is a recorded drawing of which a part is left out, the part itself, and endings that were
sampled for what is left. From such cases a network learns which of several endings a person would
have drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from doodle.data.rasters import first_part
from doodle.strokes.formats import from_stroke3, to_stroke3
from doodle.strokes.geometry import simplify

GRAIN = 4  # stored units for each of the 256 space
EPSILON = (
    2.0  # of RDP, for all alike: nothing tells recorded lines from sampled ones by their points
)

Lines = list[np.ndarray]


class Case(NamedTuple):
    """One drawing; strokes (P, 2) in the 256 space of Quick, Draw!.

    Attributes:
        begun: what was there.
        person: what its drawer added.
        sampled: endings that networks offered, best first.
        category: index of its word.
    """

    begun: Lines
    person: Lines
    sampled: list[Lines]
    category: int


def without_some(lines: Sequence[np.ndarray], rng: np.random.Generator) -> tuple[Lines, Lines]:
    """A drawing as a visitor leaves it, and what is missing; (begun, missing).

    In turn by chance: the first strokes, the first part of the points, some strokes of any place.
    Both are empty where there is nothing to divide.
    """
    lines = [np.asarray(line, np.float32) for line in lines]
    count, way = len(lines), rng.random()
    if count >= 2 and way < 0.45:
        keep = int(rng.integers(1, count))
        return lines[:keep], lines[keep:]
    if count >= 3 and way < 0.7:
        missing = set(rng.permutation(count)[: rng.integers(1, count)].tolist())
        begun = [line for k, line in enumerate(lines) if k not in missing]
        return begun, [line for k, line in enumerate(lines) if k in missing]
    begun = first_part(lines, rng.uniform(0.3, 0.75))
    if not begun or sum(map(len, begun)) >= sum(map(len, lines)):
        return [], []
    rest = [line[max(0, len(begun[-1]) - 1) :] for line in lines[len(begun) - 1 : len(begun)]]
    return begun, [line for line in [*rest, *lines[len(begun) :]] if len(line) > 1]


@dataclass(frozen=True)
class EndingSet:
    """Many cases in few arrays.

    Attributes:
        rows: (P, 3) int16 stroke-3 of all drawings, in 1 / GRAIN units.
        offsets: (D + 1,) where each drawing begins.
        first: (N + 1,) index of the first drawing of each case: begun, person, sampled ...
        category: (N,) int16.
        names: the words.
    """

    rows: np.ndarray
    offsets: np.ndarray
    first: np.ndarray
    category: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.category)

    def case(self, index: int) -> Case:
        """Unpack one case."""
        drawings = [
            [
                line / GRAIN
                for line in from_stroke3(self.rows[self.offsets[k] : self.offsets[k + 1]])
            ]
            for k in range(self.first[index], self.first[index + 1])
        ]
        return Case(drawings[0], drawings[1], drawings[2:], int(self.category[index]))

    def save(self, path: Path) -> None:
        """Write a compressed npz."""
        path.parent.mkdir(parents=True, exist_ok=True)
        names = np.array(self.names)
        np.savez_compressed(
            path,
            rows=self.rows,
            offsets=self.offsets,
            first=self.first,
            category=self.category,
            names=names,
        )


def packed(cases: Sequence[Case], names: Sequence[str]) -> EndingSet:
    """Cases as arrays, simplified."""
    rows, first = [], [0]
    for case in cases:
        for lines in (case.begun, case.person, *case.sampled):
            simple = [simplify(line, EPSILON) for line in lines]
            rows.append(np.round(to_stroke3([line * GRAIN for line in simple])).astype(np.int16))
        first.append(len(rows))
    return EndingSet(
        np.concatenate(rows),
        np.cumsum([0, *map(len, rows)]).astype(np.int64),
        np.array(first, np.int64),
        np.array([case.category for case in cases], np.int16),
        tuple(names),
    )


def load_endings(path: Path) -> EndingSet:
    """Read what `EndingSet.save` wrote.

    Raises:
        FileNotFoundError: there is no such file; says how it is made.
    """
    if not path.exists():
        raise FileNotFoundError(f"no {path}: `python -m doodle data endings --help` makes it")
    with np.load(path, allow_pickle=False) as z:
        return EndingSet(
            z["rows"], z["offsets"], z["first"], z["category"], tuple(z["names"].tolist())
        )
