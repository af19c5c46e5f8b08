"""`recognise`: what scripts call; its JSON stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import whole
from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    import argparse

    from doodle.services.results import Guesses

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
    from doodle.requests import Recognise
    from doodle.services.asking import asking, in_order
    from doodle.strokes.imports import read_drawings

    words = None
    if args.words is not None:
        words = tuple(word.strip() for word in args.words.split(",") if word.strip())
        if not words:
            raise ValueError("name at least one word to choose from")
    drawings = read_drawings(args.file)
    lots = [tuple(drawings[k : k + LOT]) for k in range(0, len(drawings), LOT)]
    requests = [Recognise(lot, args.top, words) for lot in lots]
    with asking(Registry(args.checkpoints, args.device)) as executor:
        for job in in_order(executor, requests):
            for answer in job.result().answers:
                _give(args, answer)


def _give(args: argparse.Namespace, answer: Guesses) -> None:
    """Print a line."""
    if args.json:
        guesses = [[word, round(chance, 4)] for word, chance in answer.guesses]
        print(json.dumps({"guesses": guesses, "unknown": answer.unknown}), flush=True)
    else:
        listed = ", ".join(f"{word} {chance:.0%}" for word, chance in answer.guesses)
        print(("I don't know; perhaps " if answer.unknown else "") + listed)
