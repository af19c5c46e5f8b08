"""`recognise`: what scripts call; its JSON stays as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import whole
from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    import argparse

    from doodle.pipelines.recognise import Guesses, Recognition
    from doodle.strokes.drawing import Drawing

LOT = 64  # drawings that are recognised together


def register_recognise(subparsers: Any) -> None:
    """Add `recognise FILE --top 5`."""
    parser = subparsers.add_parser("recognise", description="Name the drawings of a file.")
    add = parser.add_argument
    add("file", type=Path, help="our JSON, a Quick, Draw! ndjson, an SVG or a picture")
    add("--top", type=whole(1, 345), default=5, help="guesses a drawing (%(default)s)")
    add("--words", help="choose among these only, separated by commas; any words may be asked for")
    add("--json", action="store_true", help="one JSON line a drawing instead of a readable one")
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER", help="of the networks")
    add("--device", default="auto", help="auto, cpu, cuda (%(default)s)")
    parser.set_defaults(run=recognise)


def recognise(args: argparse.Namespace) -> None:
    """Print the guesses for every drawing in a file.

    Raises:
        BadDrawing, UnknownWord, OSError: the caller's mistakes.
        ModelUnavailable, OutOfBudget: the machine's.
    """
    from doodle.pipelines.recognise import NETWORKS, Recognition
    from doodle.strokes.imports import read_drawings

    words = None
    if args.words is not None:
        words = [word.strip() for word in args.words.split(",") if word.strip()]
    drawings = read_drawings(args.file)
    with Registry(args.checkpoints, args.device).use(*NETWORKS) as networks:
        for answer in _answers(Recognition(*networks), drawings, args.top, words):
            if args.json:
                guesses = [[word, round(chance, 4)] for word, chance in answer.guesses]
                print(json.dumps({"guesses": guesses, "unknown": answer.unknown}), flush=True)
            else:
                listed = ", ".join(f"{word} {chance:.0%}" for word, chance in answer.guesses)
                print(("I don't know; perhaps " if answer.unknown else "") + listed)


def _answers(
    recognition: Recognition, drawings: list[Drawing], top: int, words: list[str] | None
) -> Iterator[Guesses]:
    """The guesses in order, each core at work on lots of its own: the networks hold no lock."""
    lots = [drawings[k : k + LOT] for k in range(0, len(drawings), LOT)]
    with ThreadPoolExecutor(max(1, min(len(lots), os.cpu_count() or 1))) as pool:
        for answers in pool.map(lambda lot: recognition(lot, top=top, words=words), lots):
            yield from answers
