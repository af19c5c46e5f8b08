"""`complete` and `draw`: what scripts call; their JSON stays as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import number, whole
from doodle.errors import BadDrawing
from doodle.registry import CHECKPOINTS, Registry
from doodle.requests import AUTO, Complete, Draw, tidy_word

if TYPE_CHECKING:
    import argparse

    import numpy as np

    from doodle.services.jobs import Job
    from doodle.services.results import Ending
    from doodle.strokes.drawing import Drawing


def register_complete(subparsers: Any) -> None:
    """Add `complete FILE --word WORD`."""
    parser = subparsers.add_parser(
        "complete", description="Finish each drawing of a file in several ways."
    )
    parser.add_argument(
        "file", type=Path, help="our JSON, a Quick, Draw! ndjson, an SVG or a picture"
    )
    parser.add_argument(
        "--word", default=AUTO, help="what it shall become; %(default)s is the recogniser's guess"
    )
    parser.add_argument(
        "--selective",
        action="store_true",
        help="as on the page: endings of doodles too, and only those that do the drawing good",
    )
    _add_sampling(parser, n=9)
    parser.set_defaults(run=complete)


def register_draw(subparsers: Any) -> None:
    """Add `draw WORD`."""
    parser = subparsers.add_parser(
        "draw",
        description="Draw a word from nothing, by SketchRNN and by the doodle generator; `traced` "
        "in the JSON says by which.",
    )
    parser.add_argument(
        "word", help="what to draw, or a phrase; auto is a surprise that the seed decides"
    )
    parser.add_argument(
        "--no-doodles", dest="doodles", action="store_false", help="SketchRNN's drawings only"
    )
    _add_sampling(parser, n=16)
    parser.set_defaults(run=draw)


def _add_sampling(parser: argparse.ArgumentParser, n: int) -> None:
    add = parser.add_argument
    add("--n", type=whole(1, 256), default=n, help="how many (%(default)s)")
    add("--temperature", type=number(0, 2), default=0.3, help="0 careful, 1 daring (%(default)s)")
    add("--seed", type=whole(0, 2**63 - 1), default=0, help="same seed, same drawing (%(default)s)")
    add("--no-rank", dest="rank", action="store_false", help="as they come, not the best of more")
    add("--json", action="store_true", help="print one JSON line a drawing; so without --out too")
    add("--out", type=Path, metavar="FOLDER", help="write SVGs there instead")
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER", help="of the networks")
    add("--device", default="auto", help="auto, cpu, cuda (%(default)s)")


def complete(args: argparse.Namespace) -> None:
    """Print or write endings of every drawing in a file.

    Where the word is left to the recogniser, each line of JSON says which it took.

    Raises:
        BadDrawing, ValueError, OSError: the caller's mistakes.
        ModelUnavailable, OutOfBudget: the machine's.
    """
    from doodle.services.asking import asking, in_order
    from doodle.strokes.imports import read_drawings

    drawings = read_drawings(args.file)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    requests = [_request(drawing, place, args) for place, drawing in enumerate(drawings, 1)]
    with asking(Registry(args.checkpoints, args.device)) as executor:
        jobs = in_order(executor, requests)
        for index, (drawing, job) in enumerate(zip(drawings, jobs, strict=True)):
            endings, taken = _answer(job)
            _give(args, endings, drawing, f"{args.file.stem}-{index:03d}", taken)


def _request(drawing: Drawing, place: int, args: argparse.Namespace) -> Complete | Draw:
    """What is asked for a drawing; where nothing is drawn yet, the word from nothing.

    Raises:
        BadDrawing: it is empty, and its word shall be guessed.
    """
    if drawing:
        asked = {**_sampling(args), "selective": args.selective}
        return Complete(args.word, drawing=drawing, **asked)
    if tidy_word(args.word) == AUTO:
        raise BadDrawing(f"drawing {place} is empty: say what it shall become with --word")
    return Draw(args.word, **_sampling(args))


def draw(args: argparse.Namespace) -> None:
    """Print or write drawings of a word.

    Raises:
        As `complete`.
    """
    from doodle.services.asking import asking
    from doodle.strokes.drawing import Drawing

    request = Draw(args.word, **_sampling(args), doodles=args.doodles)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    with asking(Registry(args.checkpoints, args.device)) as executor:
        endings, taken = _answer(executor.submit(request))
    word = taken.get("word", args.word)
    stem = "".join(letter if letter.isalnum() else "-" for letter in word)
    _give(args, endings, Drawing.from_polylines([]), stem, taken)


def _answer(job: Job) -> tuple[Sequence[Ending], dict[str, str]]:
    """The endings, and the word where it was left to the recogniser or to chance."""
    from doodle.services.results import Reading, Taken

    taken: dict[str, str] = {}
    for event in job:
        if isinstance(event, Taken):
            taken = {"word": event.word}
        if isinstance(event, Reading) and event.said:
            print(event.said, file=sys.stderr)
    return event.endings, taken


def _sampling(args: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(args, name) for name in ("n", "temperature", "seed", "rank")}


def _give(
    args: argparse.Namespace,
    endings: Sequence[Ending],
    drawing: Drawing,
    stem: str,
    taken: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Print a line of JSON that begins with `taken`, write SVGs, or both."""
    if args.out:
        from doodle.strokes.export import to_svg

        for k, ending in enumerate(endings):
            svg = to_svg(drawing, added=ending.strokes)
            (args.out / f"{stem}-{k:02d}.svg").write_text(svg, encoding="utf-8")
    if args.json or not args.out:
        found = [
            {
                "strokes": _as_lists(ending.strokes),
                "score": ending.score,
                "traced": ending.traced,
            }
            for ending in endings
        ]
        print(json.dumps({**taken, "endings": found}, allow_nan=False), flush=True)


def _as_lists(strokes: Sequence[np.ndarray]) -> list[list[list[float]]]:
    """Polylines (P, 2) to Quick, Draw!'s [[x, ...], [y, ...]], with the digits that float32 has."""
    return [[[float(f"{v:.7g}") for v in axis] for axis in line.T] for line in strokes]
