"""`imagine`: what scripts call; its files and its JSON stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import number, whole
from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    import argparse

    from doodle.services.executor import Executor
    from doodle.services.results import Doodles

RESULT = "result.json"
_LONGEST_NAME = 80  # characters of a folder's name


def register_imagine(subparsers: Any) -> None:
    """Add `imagine WORD --out FOLDER`."""
    parser = subparsers.add_parser("imagine", description="Doodles of a word, the best first.")
    add = parser.add_argument
    add("word", nargs="?", help="any text")
    add(
        "--words-file",
        type=Path,
        metavar="FILE",
        help="many texts: one a line, or several with commas",
    )
    add("--n", type=whole(1, 64), default=16, help="doodles a word (%(default)s)")
    add("--seed", type=whole(0, 2**63 - 1), default=0, help="same seed, same doodle (%(default)s)")
    add(
        "--truncation", type=number(0, 1.5), default=1.0, help="how daring, up to 1.5 (%(default)s)"
    )
    add("--no-rank", dest="rank", action="store_false", help="as they come, not the best of more")
    add(
        "--out",
        type=Path,
        metavar="FOLDER",
        help=f"for 00.png, 00.svg, ... and {RESULT}; with --words-file a folder a word in it",
    )
    add("--json", action="store_true", help="print the result, a line a word; so without --out too")
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER", help="of the networks")
    add("--device", default="auto", help="auto, cpu, cuda (%(default)s)")
    parser.set_defaults(run=imagine)


def imagine(args: argparse.Namespace) -> None:
    """Write or print doodles.

    Raises:
        UnknownWord, ValueError, OSError: the caller's mistakes.
        ModelUnavailable, OutOfBudget: the machine's.
    """
    from doodle.services.asking import asking

    texts = _texts(args.word, args.words_file)
    with asking(Registry(args.checkpoints, args.device)) as executor:
        if len(texts) > 1:  # name one that cannot be read before any is drawn
            for _ in _imagined(executor, texts, n=1, rank=False, trace=False):
                pass
        asked = {name: getattr(args, name) for name in ("n", "seed", "truncation", "rank")}
        taken: set[str] = set()
        for text, imagined in _imagined(executor, texts, **asked, trace=args.out is not None):
            folder = args.out
            if folder and args.words_file:
                folder = folder / _folder_name(text, taken)
            result = _result(imagined, args)
            if folder:
                _write(imagined, result, folder)
            if args.json or not args.out:
                print(json.dumps(result, allow_nan=False), flush=True)


def _imagined(
    executor: Executor, texts: Sequence[str], **asked: Any
) -> Iterator[tuple[str, Doodles]]:
    """Each text with its doodles.

    Raises:
        ValueError: a text cannot be read; says which.
    """
    from doodle.requests import Imagine
    from doodle.services.asking import in_order

    requests = [Imagine(text, **asked) for text in texts]
    for text, job in zip(texts, in_order(executor, requests), strict=True):
        try:
            doodles = job.result()
        except ValueError as error:
            raise ValueError(f"{text[:60]!r}: {error}") from error
        yield text, doodles


def _texts(word: str | None, file: Path | None) -> list[str]:
    """Texts to draw.

    Raises:
        ValueError: neither or both were given, or the file holds no text.
        OSError: the file cannot be read.
    """
    if (word is None) == (file is None):
        raise ValueError("name a word or a --words-file, one of the two")
    if file is None:
        return [word or ""]
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text") from None
    texts = [text.strip() for line in lines for text in line.split(",") if text.strip()]
    if not texts:
        raise ValueError(f"{file} holds no words: one a line, or several with commas")
    return texts


def _result(imagined: Doodles, args: argparse.Namespace) -> dict[str, Any]:
    """What is said of the doodles of one text; the lists go in the order of the files."""
    text, doodles = imagined.reading, imagined.doodles
    return {
        "text": text.text,
        "encoder": text.encoder,
        "name": text.name,
        "kind": text.kind,
        "sure": round(text.sure, 4),
        "notice": text.said,
        "seen": text.seen,
        "near": list(text.near),
        "seed": args.seed,
        "truncation": args.truncation,
        "ranked": args.rank,
        "scores": [round(doodle.score, 4) for doodle in doodles],
        "drawn_like": [round(doodle.drawn_like, 4) for doodle in doodles],
        "candidates": [doodle.candidate for doodle in doodles],
        "files": [f"{k:02d}.png" for k in range(len(doodles))] if args.out else [],
    }


def _write(imagined: Doodles, result: dict[str, Any], folder: Path) -> None:
    from PIL import Image

    from doodle.strokes.export import curves_to_svg

    folder.mkdir(parents=True, exist_ok=True)
    for k, doodle in enumerate(imagined.doodles):
        Image.fromarray(doodle.picture).save(folder / f"{k:02d}.png")
        drawing = doodle.drawing
        width = drawing.strokes[0].width if drawing else 1.0
        svg = curves_to_svg(doodle.curves, drawing.width, width=width)
        (folder / f"{k:02d}.svg").write_text(svg, encoding="utf-8")
    text = json.dumps(result, indent=1, allow_nan=False)
    (folder / RESULT).write_text(text + "\n", encoding="utf-8")


def _folder_name(text: str, taken: set[str]) -> str:
    """The text as far as every file system takes it; numbered when it is there already."""
    name = re.sub(r"[^\w' -]", "-", " ".join(text.split()))[:_LONGEST_NAME].strip(" -") or "text"
    unique, number = name, 2
    while unique.casefold() in taken:
        unique, number = f"{name} ({number})", number + 1
    taken.add(unique.casefold())
    return unique
