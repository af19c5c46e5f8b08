"""Quick, Draw! from its official bucket: what there is, download, and `python -m doodle data`."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import numpy as np

from doodle.data import animals, edges
from doodle.data.download import fetch, is_whole
from doodle.data.readers import (
    PIXELS,
    pack,
    read_arrays,
    read_bitmaps,
    read_ndjson,
    read_sketchrnn,
    write_arrays,
)
from doodle.data.sheets import SHEET_COLUMNS, write_sheet
from doodle.strokes.formats import from_stroke3
from doodle.strokes.geometry import bounds

if TYPE_CHECKING:
    import argparse

BUCKET = "https://storage.googleapis.com/quickdraw_dataset"
ATTRIBUTION = "Quick, Draw! The Data, by Google, CC BY 4.0"
HEADER_BYTES = 256  # the head of a .npy file is shorter


class Kind(NamedTuple):
    """A set of the bucket: where a category's file lies there and here, and what becomes of it."""

    remote: str  # folder in the bucket
    suffix: str
    official: str  # folder of the file as it came
    packed: str  # folder of the form that training eats
    pack: Callable[[Path, int | None], dict[str, np.ndarray]]


# -- categories ----------------------------------------------------------------------------------


@cache
def categories() -> tuple[str, ...]:
    """The 345 official names, sorted."""
    text = (Path(__file__).parent / "categories.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def parse_categories(text: str) -> tuple[str, ...]:
    """Names separated by commas, or "all"; case does not matter.

    Raises:
        ValueError: a name is none of the 345; the message has the nearest.
    """
    if text.strip().casefold() == "all":
        return categories()
    official = {name.casefold(): name for name in categories()}
    chosen = []
    for name in filter(None, (" ".join(part.split()) for part in text.split(","))):
        if name.casefold() not in official:
            near = difflib.get_close_matches(name.casefold(), official, n=3, cutoff=0.5)
            hint = f"near: {', '.join(official[n] for n in near)}" if near else "see categories.txt"
            raise ValueError(f"{name!r} is none of the {len(official)} categories ({hint})")
        chosen.append(official[name.casefold()])
    if not chosen:
        raise ValueError('name categories separated by commas, or "all"')
    return tuple(dict.fromkeys(chosen))


# -- download ------------------------------------------------------------------------------------


def download(
    name: str, kind: str, root: Path, *, limit: int | None = None, source: str = BUCKET
) -> tuple[Path, int]:
    """Fetch one category and pack it for training.

    With a limit only the beginning of the file is fetched, and kept as NAME.part; a later call
    with another limit, or none, goes on from there.

    Args:
        name: one of `categories`.
        kind: a key of KINDS.
        root: gets the official file in a folder named as in KINDS, the packed one in real/ or
            bitmaps/, and a .sha256 beside each complete file.
        limit: pack the first so many drawings.
        source: the bucket, or a mirror of it.

    Returns:
        (the packed file, how many drawings it holds).

    Raises:
        FileNotFoundError, ConnectionError, OSError: as `fetch`.
        ValueError: what arrived cannot be read; it has been removed.
    """
    what = KINDS[kind]
    packed = root / what.packed / f"{name}.npz"
    made_of = f"{kind}, {'all' if limit is None else f'first {limit}'}"
    if is_whole(packed) and _made_of(packed) == made_of:
        return packed, _count(packed)
    url = f"{source.rstrip('/')}/{quote(f'{what.remote}/{name}{what.suffix}')}"
    path = root / what.official / f"{name}{what.suffix}"
    file = fetch(url, path, enough=_enough(what.suffix, limit))
    try:
        arrays = what.pack(file, limit)
    except ValueError as error:
        file.unlink()
        Path(f"{file}.sha256").unlink(missing_ok=True)
        raise ValueError(f"{error}. It has been removed; run the command again") from error
    write_arrays(packed, made_of=np.array(made_of), **arrays)
    return packed, _count(packed)


def _made_of(path: Path) -> str:
    try:
        return str(read_arrays(path, "made_of")["made_of"])
    except ValueError:
        return ""  # somebody else packed it


def _count(packed: Path) -> int:
    with np.load(packed, allow_pickle=False) as z:
        return len(z["offsets"]) - 1 if "offsets" in z else len(z["bitmaps"])


def _enough(suffix: str, limit: int | None) -> Callable[[Path], bool] | None:
    """When the beginning of a file holds ``limit`` drawings; None where it must be whole."""
    if limit is None or suffix == ".npz":
        return None
    if suffix == ".npy":
        return lambda part: part.stat().st_size >= HEADER_BYTES + limit * PIXELS
    seen = [0, 0]  # bytes, lines

    def has_lines(part: Path) -> bool:
        if part.stat().st_size < seen[0]:  # the download started over
            seen[:] = [0, 0]
        with open(part, "rb") as file:
            file.seek(seen[0])
            while seen[1] < limit and (block := file.read(1 << 20)):
                seen[0] += len(block)
                seen[1] += block.count(b"\n")
        return seen[1] >= limit

    return has_lines


def _pack_ndjson(path: Path, limit: int | None) -> dict[str, np.ndarray]:
    records = list(read_ndjson(path, limit))
    rows, offsets = pack(record.simplified() for record in records)
    flags = [-1 if r.recognized is None else int(r.recognized) for r in records]
    keys = np.array([record.key_id for record in records], np.uint64)
    return {
        "strokes": rows,
        "offsets": offsets,
        "key_id": keys,
        "recognized": np.array(flags, np.int8),
    }


def _pack_sketchrnn(path: Path, limit: int | None) -> dict[str, np.ndarray]:
    """With the file's own split: 0 train, 1 valid, 2 test."""
    every = [
        (rows, side) for side, part in enumerate(read_sketchrnn(path).values()) for rows in part
    ][:limit]
    rows, offsets = pack(_top_left(from_stroke3(drawing)) for drawing, _ in every)
    return {"strokes": rows, "offsets": offsets, "split": np.array([s for _, s in every], np.uint8)}


def _top_left(lines: list[np.ndarray]) -> list[np.ndarray]:
    left, top, _, _ = bounds(lines)
    return [line - np.array([left, top], np.float32) for line in lines]


def _pack_bitmaps(path: Path, limit: int | None) -> dict[str, np.ndarray]:
    return {"bitmaps": read_bitmaps(path, limit)}


KINDS = {
    "strokes": Kind("full/simplified", ".ndjson", "simplified", "real", _pack_ndjson),
    "bitmaps": Kind("full/numpy_bitmap", ".npy", "numpy_bitmap", "bitmaps", _pack_bitmaps),
    "sketchrnn": Kind("sketchrnn", ".npz", "sketchrnn", "real", _pack_sketchrnn),
}


# -- command line --------------------------------------------------------------------------------


def register(subparsers: Any) -> Any:
    """Add `data quickdraw`, `data sheet` and what turns pictures into training data.

    Returns:
        the actions of `data`, to which more can be added.
    """
    data = subparsers.add_parser("data", description="Drawings to train and measure with.")
    actions = data.add_subparsers(metavar="ACTION", required=True)

    line = "download Quick, Draw! categories and pack them for training"
    get = actions.add_parser("quickdraw", help=line, description=line)
    get.add_argument("--categories", required=True, help='such as "cat,ice cream", or "all"')
    get.add_argument("--kind", choices=KINDS, default="strokes", help="default: strokes")
    get.add_argument(
        "--output",
        type=Path,
        default=Path("data/quickdraw"),
        metavar="DIR",
        help="default: data/quickdraw",
    )
    get.add_argument("--limit", type=int, metavar="N", help="the first N drawings of a category")
    get.add_argument("--source", default=BUCKET, metavar="URL", help="the bucket or a mirror of it")
    get.set_defaults(run=run_download)

    line = "a picture of drawings taken from a file, or from each file of a folder"
    look = actions.add_parser("sheet", help=line, description=line)
    look.add_argument("path", type=Path, help="a .ndjson, .npz or .npy, or a folder of them")
    look.add_argument(
        "--output", type=Path, default=Path("sheet.png"), metavar="FILE", help="default: sheet.png"
    )
    look.add_argument("--categories", default="", help="only these files of a folder")
    look.add_argument("--n", type=int, default=SHEET_COLUMNS, help="drawings of each file")
    look.add_argument("--seed", type=int, default=0, help="chooses the drawings")
    look.set_defaults(run=run_sheet)
    edges.register(actions)
    animals.register(actions)
    return actions


def run_download(args: argparse.Namespace) -> None:
    """Download what the arguments name; one line a category."""
    if args.limit is not None and args.limit < 1:
        raise ValueError(f"--limit must be at least 1, not {args.limit}")
    for name in parse_categories(args.categories):
        path, count = download(name, args.kind, args.output, limit=args.limit, source=args.source)
        print(f"{name}: {count:,} drawings in {path}", flush=True)
    print(ATTRIBUTION)


def run_sheet(args: argparse.Namespace) -> None:
    """Write the picture that the arguments describe."""
    names = [part.strip() for part in args.categories.split(",") if part.strip()]
    count = write_sheet(args.path, args.output, n=args.n, seed=args.seed, names=names)
    print(f"{count:,} drawings of {args.path} in {args.output}")
