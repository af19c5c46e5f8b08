"""Keep the drawings that show their word: streamed, resumable, shared by as many as like to help.

A filtered folder has the layout of its input, so that every recipe can be pointed at it. Beside
the sets it has kept/<set>/<category>.npz: the numbers of the rows that stayed (`rows`), how well
they fit (`score`), and under which rules (`made_of`). That file is written last, so it is the sign
that a category is finished.

After the CLIP filtering of harusaku/eeicAI2021_2, which kept the first 1,000 drawings of a category
above a threshold, among them the ones that only spell the word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from doodle.data.readers import read_arrays, write_arrays
from doodle.data.sheets import SHEET_COLUMNS, enlarge, sheet
from doodle.data.streams import File, Strokes, open_drawings

# (28 x 28 pictures (n, 28, 28) uint8, their word) -> how well each fits (n,), and the chance that
# it is a written word (n,)
Scorer = Callable[[np.ndarray, str], tuple[np.ndarray, np.ndarray]]

SETS = {
    "bitmaps": ".npz",
    "traced": ".npz",
    "real": ".npz",
    "numpy_bitmap": ".npy",
    "simplified": ".ndjson",
}
KEPT = "kept"
SHEETS = "sheets"
SHOWN = 2 * SHEET_COLUMNS  # of each kind on a contact sheet


@dataclass(frozen=True)
class Rules:
    """What stays.

    Attributes:
        scorer: names what scores; files filtered by another are filtered anew.
        threshold: the least score.
        most: at most so many of a category, the best; None for all.
        written: drawings whose chance of being a written word is greater are dropped.
    """

    scorer: str
    threshold: float
    most: int | None = None
    written: float = 0.5

    def __post_init__(self) -> None:
        if self.most is not None and self.most < 1:
            raise ValueError(f"keep at least 1 drawing of a category, not {self.most}")


@dataclass(frozen=True)
class Report:
    """What became of one file; ``problem`` is empty when it went well."""

    kind: str
    name: str
    seen: int = 0
    kept: int = 0
    written: int = 0
    poor: int = 0
    skipped: bool = False  # finished by an earlier run
    problem: str = ""


# -- folders -------------------------------------------------------------------------------------


def find(source: Path) -> dict[str, dict[str, Path]]:
    """Category -> set -> file of a Quick, Draw! data folder.

    Raises:
        FileNotFoundError: there is no such folder, or nothing in it.
    """
    found: dict[str, dict[str, Path]] = {}
    for kind, suffix in SETS.items():
        for path in sorted((source / kind).glob(f"*{suffix}")):
            found.setdefault(path.name.removesuffix(suffix), {})[kind] = path
    if not found:
        raise FileNotFoundError(f"{source} has no drawings in any of {', '.join(SETS)}/")
    return dict(sorted(found.items()))


def shard(found: dict[str, dict[str, Path]], index: int, count: int) -> list[str]:
    """Categories of share ``index`` of ``count`` (from 1), the shares of about the same bytes.

    The same files give the same shares on every machine; each category is in exactly one.
    """
    if not 1 <= index <= count:
        raise ValueError(f"the shares of {count} are 1/{count} to {count}/{count}, not {index}")
    size = {name: sum(p.stat().st_size for p in files.values()) for name, files in found.items()}
    loads = [0] * count
    shares: list[list[str]] = [[] for _ in range(count)]
    for name in sorted(size, key=lambda name: (-size[name], name)):
        lightest = loads.index(min(loads))
        loads[lightest] += size[name]
        shares[lightest].append(name)
    return sorted(shares[index - 1])


def filter_categories(
    source: Path,
    output: Path,
    names: Sequence[str],
    rules: Rules,
    scorer: Scorer,
    *,
    sheets: bool = False,
    tick: Callable[[float], object] = lambda _: None,
) -> Iterator[Report]:
    """Filter categories, file by file; one report each. A file that cannot be read is passed over.

    Args:
        source: a Quick, Draw! data folder with any of SETS.
        output: gets the same sets. Running again goes on where the last run stopped.
        names: the categories, of those that `find` finds.
        scorer: scores pictures.
        sheets: also write sheets/<set>/<category>.png, with the best and the worst that stayed
            and what was dropped.
        tick: called with how many bytes of the input are done.

    Raises:
        ValueError: the folders are one.
        OSError: the output cannot be written.
    """
    if source.resolve() == output.resolve():
        raise ValueError("the filtered drawings need a folder of their own")
    found = find(source)
    for name in names:
        for kind, path in found[name].items():
            try:
                yield _filter_file(path, output, kind, rules, scorer, sheets, tick)
            except ValueError as error:
                yield Report(kind, name, problem=str(error))


def _filter_file(
    path: Path,
    output: Path,
    kind: str,
    rules: Rules,
    scorer: Scorer,
    sheets: bool,
    tick: Callable[[float], object],
) -> Report:
    name = path.name.removesuffix(SETS[kind])
    target, record = output / kind / path.name, output / KEPT / kind / f"{name}.npz"
    size = path.stat().st_size
    made_of = json.dumps(asdict(rules) | {"bytes": size}, sort_keys=True)
    if target.exists() and (report := _finished(record, made_of)) is not None:
        tick(size)
        return report
    file = open_drawings(path)
    bitmaps = _bitmaps_of(file, path, output, rules) if kind == "traced" else None
    choice = Choice(rules)
    for pictures in file.pictures():
        score, written = scorer(pictures, name)
        if bitmaps is not None:
            score, written = bitmaps.overrule(choice.seen, score, written)
        choice.see(pictures, score, written)
        tick(size * len(pictures) / file.count)
    if bitmaps is not None and isinstance(file, Strokes):
        file.write(target, choice.rows, bitmaps.new_row[choice.rows])
    else:
        file.write(target, choice.rows)
    if sheets:
        choice.write_sheet(output / SHEETS / kind / f"{name}.png")
    report = Report(kind, name, choice.seen, len(choice.rows), choice.written, choice.poor)
    said = {"made_of": np.array(made_of), "report": np.array(json.dumps(asdict(report)))}
    write_arrays(record, rows=choice.rows, score=choice.scores, **said)
    return report


def _finished(record: Path, made_of: str) -> Report | None:
    """The report of an earlier run under the same rules."""
    try:
        arrays = read_arrays(record, "made_of", "report")
    except (ValueError, OSError):
        return None
    if str(arrays["made_of"]) != made_of:
        return None
    return Report(**json.loads(str(arrays["report"])) | {"skipped": True})


# -- one file ------------------------------------------------------------------------------------


class Choice:
    """The drawings of one file that stay: their numbers and scores, never their ink.

    With ``rules.most`` no more than that many numbers and a chunk of them are held at any time;
    of pictures, a few for the contact sheet.

    Attributes:
        rows: (k,) int64 numbers of the drawings that stay, ascending.
        scores: (k,) of them.
        seen, written, poor: how many there were, were dropped as written words, scored too low.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.rows, self.scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
        self.seen = self.written = self.poor = 0
        self.shown = {label: Extremes() for label in ("best", "worst kept", "too low", "written")}

    def see(self, pictures: np.ndarray, scores: np.ndarray, chances: np.ndarray) -> None:
        """Go through the next drawings of the file.

        Args:
            pictures: (n, 28, 28) uint8.
            scores: (n,) how well each fits its word; what is not finite stays out.
            chances: (n,) of being a written word.
        """
        written = chances > self.rules.written
        good = (scores >= self.rules.threshold) & ~written
        poor = ~good & ~written
        rows = np.concatenate([self.rows, self.seen + np.flatnonzero(good)])
        values = np.concatenate([self.scores, scores[good].astype(np.float32)])
        if self.rules.most is not None and len(rows) > self.rules.most:
            best = np.sort(np.lexsort((rows, -values))[: self.rules.most])
            rows, values = rows[best], values[best]
        self.rows, self.scores = rows, values
        self.seen += len(pictures)
        self.written += int(written.sum())
        self.poor += int(poor.sum())
        self.shown["best"].see(scores[good], pictures[good])
        self.shown["worst kept"].see(-scores[good], pictures[good])
        self.shown["too low"].see(-scores[poor], pictures[poor])
        self.shown["written"].see(chances[written], pictures[written])

    def write_sheet(self, path: Path) -> None:
        """A picture of the best, the worst above the threshold, and what was dropped, and why."""
        blocks = [
            (label, [enlarge(picture) for picture in extremes.pictures])
            for label, extremes in self.shown.items()
            if len(extremes.pictures)
        ]
        if blocks:
            path.parent.mkdir(parents=True, exist_ok=True)
            sheet(blocks).save(path)


class Extremes:
    """The few pictures with the highest values seen so far."""

    def __init__(self) -> None:
        self.values = np.zeros(0)
        self.pictures = np.zeros((0, 28, 28), np.uint8)

    def see(self, values: np.ndarray, pictures: np.ndarray) -> None:
        values = np.concatenate([self.values, values])
        best = np.argsort(-values, kind="stable")[:SHOWN]
        if len(best) and (len(best) != len(self.values) or best.max() >= len(self.values)):
            self.pictures = np.concatenate([self.pictures, pictures])[best]
            self.values = values[best]


class _Bitmaps:
    """What was decided on the bitmaps that traced drawings were traced from.

    Attributes:
        new_row: (N,) of each traced drawing, its bitmap's row in the filtered file, or -1.
    """

    def __init__(self, links: np.ndarray, rows: np.ndarray, scores: np.ndarray) -> None:
        size = max(int(links.max(initial=-1)), int(rows.max(initial=-1))) + 2
        new_row, score = np.full(size, -1), np.full(size, -np.inf)
        new_row[rows], score[rows] = np.arange(len(rows)), scores
        self.linked = links >= 0
        self.new_row = np.where(self.linked, new_row[links], -1)
        self.score = score[links]

    def overrule(
        self, start: int, scores: np.ndarray, written: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """A drawing whose bitmap stayed stays with its score; one whose bitmap went goes too."""
        part = slice(start, start + len(scores))
        linked = self.linked[part]
        return np.where(linked, self.score[part], scores), np.where(linked, 0.0, written)


def _bitmaps_of(file: File, path: Path, output: Path, rules: Rules) -> _Bitmaps | None:
    """The decisions on a traced file's bitmaps, which are filtered before it; None without any."""
    links = file.links() if isinstance(file, Strokes) else None
    if links is None or not (path.parent.parent / "bitmaps" / path.name).exists():
        return None
    record = output / KEPT / "bitmaps" / path.name
    arrays = read_arrays(record, "rows", "score", "made_of") if record.exists() else {}
    if not arrays or not asdict(rules).items() <= json.loads(str(arrays["made_of"])).items():
        raise ValueError(f"{path} was traced from bitmaps that could not be filtered")
    return _Bitmaps(links, arrays["rows"], arrays["score"])
