"""`chimera`: what scripts call; a picture in, a picture out, or a folder of each."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import whole
from doodle.commands.files import in_and_out
from doodle.errors import BadDrawing, ModelUnavailable
from doodle.registry import CHECKPOINTS, Registry
from doodle.requests.chimera import BACKGROUNDS, WAYS
from doodle.requests.chimera import CHIMERA as NETWORK
from doodle.services.readiness import VARIED

if TYPE_CHECKING:
    import argparse

    import numpy as np

    from doodle.requests import Render
    from doodle.services.executor import Executor
    from doodle.services.jobs import Job

TRAINING = (
    "python -m doodle train chimera --preset gpu --data data/animals.npz "
    "--export checkpoints/chimera"
)
_LONGEST = 2048  # pixels: larger pictures are reduced when they are read
_LONGEST_MAP = 4096  # pixels of a species map
_AHEAD = 6  # pictures that are worked on while one is written


def register_chimera(subparsers: Any) -> None:
    """Add `chimera IN --out OUT`."""
    from doodle.strokes.species import COLOURS

    colours = ", ".join(f"{name} {colour}" for name, colour in COLOURS.items())
    parser = subparsers.add_parser(
        "chimera",
        description="A drawing, an illustration, a photograph or an edge map to an animal.",
        epilog="A species map is a picture in the proportions of IN. Every animal has a colour: "
        f"{colours}. Black, white and transparent: unknown, the network decides. A grey picture "
        "without light pixels holds numbers instead: 0 unknown, 1 the first animal of the "
        "checkpoint's list (`python -m doodle models card`), 2 the second.",
    )
    add = parser.add_argument
    add(
        "input",
        type=Path,
        metavar="IN",
        help="a picture, an SVG or a drawing's JSON; or a folder of them",
    )
    add(
        "--out",
        type=Path,
        required=True,
        metavar="OUT",
        help="the picture to write, or the folder of pictures when IN is one",
    )
    add("--edges", action="store_true", help="IN is an edge map, white on black or black on white")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--species",
        default="",
        metavar="NAME",
        help="the animal it is; left out, the tags of a drawing saved by the page "
        "say it, else the network decides",
    )
    kind.add_argument(
        "--species-map",
        type=Path,
        metavar="MAP",
        help="a picture that says which part is which animal, see below",
    )
    add(
        "--seed",
        type=whole(0, 2**63 - 1),
        default=0,
        metavar="N",
        help=f"same seed, same picture; 0 is the answer of {NETWORK}, the others are different "
        f"answers of {VARIED}, where it is there (%(default)s)",
    )
    add(
        "--style",
        choices=WAYS,
        default="auto",
        help="how IN becomes edges: lines once, auto-canny, as a hand draws (%(default)s)",
    )
    add(
        "--background",
        choices=BACKGROUNDS,
        default="auto",
        help="what the animal stands on (%(default)s)",
    )
    add("--full", action="store_true", help="in the frame and at the size of IN, not a square")
    add("--network", default=NETWORK, metavar="NAME", help="the checkpoint (%(default)s)")
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER", help="of the networks")
    add("--device", default="auto", help="auto, cpu, cuda (%(default)s)")
    parser.set_defaults(run=chimera)


def chimera(args: argparse.Namespace) -> None:
    """Write a picture, or one for every picture of a folder; name the files that cannot be read.

    Raises:
        BadDrawing, ValueError, OSError: the caller's mistakes.
        ModelUnavailable, OutOfBudget: the machine's.
    """
    from doodle.services.asking import asking

    files = in_and_out(args.input, args.out)
    registry = Registry(args.checkpoints, args.device)
    try:
        asked = _Asked(registry, args)
        with asking(registry) as executor:
            written, bad = _render(_ahead(executor, files, asked), args)
    except ModelUnavailable as error:
        raise ModelUnavailable(f"{error} To train it: {TRAINING}") from error
    for line in bad:
        print(f"skipped {' '.join(line.split())}", file=sys.stderr)
    if args.input.is_dir():
        print(f"{written:,} written, {len(bad):,} skipped: {args.out}")
        if not written:
            raise ValueError(f"no file of {args.input} is a picture that can be read")


def _render(
    jobs: Iterable[tuple[Path, Path, Job | Exception]], args: argparse.Namespace
) -> tuple[int, list[str]]:
    """Write the pictures: how many, and a line for each file that cannot be read."""
    written, bad = 0, []
    for source, target, job in jobs:
        try:
            if isinstance(job, Exception):
                raise job
            answer = job.result()
        except (BadDrawing, OSError) as error:
            if not args.input.is_dir():
                raise
            bad.append(f"{source}: {error}")
            continue
        _save(answer.pixels if args.full else answer.pictures[0], target)
        written += 1
    return written, bad


def _ahead(
    executor: Executor, files: Iterable[tuple[Path, Path]], asked: _Asked
) -> Iterator[tuple[Path, Path, Job | Exception]]:
    """Each file with its job, or with why there is none; the next ones are under way already."""
    under_way: deque[tuple[Path, Path, Job | Exception]] = deque()
    for source, target in files:
        job: Job | Exception
        try:
            job = executor.submit(asked(source))
        except (ValueError, OSError) as error:
            job = error
        under_way.append((source, target, job))
        if len(under_way) > _AHEAD:
            yield under_way.popleft()
    yield from under_way


class _Asked:
    """What the command line asks of every file: a call makes the request of one.

    Raises:
        ModelUnavailable: the checkpoint is missing or unfit.
        ValueError: it holds another network, or an animal is none that it knows.
        BadDrawing: the species map cannot be read.
    """

    def __init__(self, registry: Registry, args: argparse.Namespace) -> None:
        from doodle.requests import EdgeOptions, FullSize, Render
        from doodle.services.readiness import chimerical
        from doodle.strokes.species import numbered

        header = registry.fit_card(args.network).header
        if header["model"] != "pix2pix":
            raise ValueError(f"{args.network} is a {header['model']}, no network for pictures")
        self._kind = FullSize if args.full else Render
        species = chimerical(registry, args.network)[1]
        numbered(args.species, species)  # names a mistake before anything is drawn
        usable = {card.name for card in registry.cards() if not card.problem}
        varied = args.network == NETWORK and VARIED in usable
        self._fields: dict[str, Any] = {
            "options": EdgeOptions(kind="edges" if args.edges else "auto", way=args.style),
            "background": args.background,
            "seed": args.seed,
            # the first variant is the drawing's own, whatever the seed, unless it has noise
            "first": 1 if args.seed and varied else 0,
            "network": args.network,
            "species": args.species,
            "painted": _painted(args.species_map, species),
        }
        self._open = not args.species and args.species_map is None

    def __call__(self, source: Path) -> Render:
        """What is asked of a file.

        Raises:
            BadDrawing: too large, damaged, or of an unknown kind.
            ValueError: its tags are no names.
            OSError: it cannot be opened.
        """
        from doodle.images import MAX_BYTES, decode
        from doodle.strokes.imports import is_written, read_drawings, read_tags

        with source.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise BadDrawing(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
        if is_written(data):
            tags = tuple(read_tags(data)) if self._open else ()  # as the page saves them
            return self._kind(read_drawings(data)[0], tags=tags, **self._fields)
        return self._kind(decode(data, longest=_LONGEST)[0], **self._fields)


def _painted(path: Path | None, species: list[str]) -> np.ndarray | None:
    from doodle.images import read_picture
    from doodle.strokes.species import read_map

    if path is None:
        return None
    return read_map(read_picture(path, longest=_LONGEST_MAP), species)


def _save(picture: np.ndarray, target: Path) -> None:
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(picture)
    if target.suffix.lower() == ".png":
        image.save(target)
    else:
        image.save(target, quality=95)
