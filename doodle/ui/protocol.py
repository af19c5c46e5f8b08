"""Writes sampled ink as the text log that the canvas reads: append-only, one log a run.

Lines of a log:
    R <run>                    first; run ids grow with time
    B <n> <mode> <word>        how many ghosts are shown; mode is complete, draw or again
    <c> + x y x y ...          candidate c starts a stroke with these points
    <c> . x y ...              candidate c goes on with its stroke
    F <c>                      candidate c is finished
    K <c> <score or -> [traced]  what stays, best first; every other candidate vanishes; traced
                               ones come from a picture, the others were drawn point by point
    N                          nothing stays
    M <sentence>               a message for the visitor
    D                          done
    U                          after D: better ones were found; F and K lines say which stay now,
                               with the ink of those that are new, until another D
Coordinates are canvas units. Gradio sends only what was appended, and the browser inks it at a
steady pen speed, so a few messages a run suffice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from doodle.services.results import Ending, Ink

MODES = ("complete", "draw", "again")


@dataclass(frozen=True)
class Place:
    """Where a drawing's coordinates lie on the canvas: scale, then shift, in canvas units."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    @classmethod
    def centred(
        cls,
        strokes: Sequence[np.ndarray],
        width: float,
        height: float,
        share: float = 0.72,
    ) -> Place:
        """Put the bounds of `strokes`, each (P, 2), in the middle of a canvas.

        Args:
            width, height: of the canvas.
            share: of the canvas that they may fill, in the tighter direction.
        """
        points = np.concatenate(strokes) if len(strokes) else np.zeros((1, 2))
        low, high = points.min(axis=0), points.max(axis=0)
        size = np.maximum(high - low, 1.0)
        scale = float(np.min(share * np.array([width, height]) / size))
        x, y = np.array([width, height]) / 2 - scale * (low + high) / 2
        return cls(scale, float(x), float(y))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(P, 2) in a drawing's units to (P, 2) in canvas units."""
        return np.asarray(points, np.float64) * self.scale + (self.x, self.y)


class Log:
    """The log of one run, growing as its ink comes in.

    Args:
        run: id of the `Run`.
        n: how many ghosts the visitor asked to see.
        mode: one of MODES.
        word: what they are endings of; may be empty.
    """

    def __init__(self, run: str, n: int, mode: str, word: str = "") -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
        self.n, self.mode, self.word = n, mode, word
        self.text = f"R {run}\nB {n} {mode} {_one_line(word)}".rstrip() + "\n"
        self._inked: set[int] = set()
        self._done = False

    def ink(self, event: Ink) -> None:
        """Add one event of points of several candidates; those not on show are left for later."""
        lines: dict[int, list[str]] = {}
        for candidate, starts, x, y in event.points:
            if candidate >= self.n:
                continue
            rows = lines.setdefault(candidate, [])
            if starts or not rows:
                rows.append(f"{candidate} {'+' if starts else '.'}")
            rows[-1] += _point(x, y)
            self._inked.add(candidate)
        self._add(line for rows in lines.values() for line in rows)

    def ranked(
        self, endings: Iterable[Ending], place: Callable[[Ending], Place] = lambda _: Place()
    ) -> None:
        """Add a ranking, sending the ink of every ending that was not on show before.

        A log that is done already goes on with it: these endings are better.

        Args:
            endings: best first.
            place: where an ending lies on the canvas; as its coordinates say, if not given.
        """
        endings = list(endings)
        if self._done:
            self._done = False
            self._add(["U"])
        for ending in endings:
            if ending.candidate not in self._inked:
                self._whole(ending.candidate, ending.strokes, place(ending))
        self._add(f"F {ending.candidate}" for ending in endings)
        self._add(_rank(ending) for ending in endings)
        if not endings:
            self._add(["N"])

    @property
    def is_done(self) -> bool:
        """Whether it is closed."""
        return self._done

    def message(self, sentence: str) -> None:
        """Add a message for the visitor."""
        self._add([f"M {_one_line(sentence)}"])

    def done(self) -> None:
        """Close the log; nothing where it is closed."""
        if not self._done:
            self._done = True
            self._add(["D"])

    def _whole(self, candidate: int, strokes: Iterable[np.ndarray], place: Place) -> None:
        self._inked.add(candidate)
        for stroke in strokes:
            self._add([f"{candidate} +" + "".join(_point(x, y) for x, y in place(stroke))])

    def _add(self, lines: Iterable[str]) -> None:
        self.text += "".join(line + "\n" for line in lines)


def _point(x: float, y: float) -> str:
    return f" {x:.1f} {y:.1f}"  # a tenth of a canvas unit is finer than any screen


def _rank(ending: Ending) -> str:
    return f"K {ending.candidate} {_score(ending.score)}" + " traced" * ending.traced


def _score(score: float | None) -> str:
    return "-" if score is None else f"{score:.4f}"


def _one_line(text: str) -> str:
    """Words come from anywhere; a line break in one would forge a line of the log."""
    return " ".join(text.split())
