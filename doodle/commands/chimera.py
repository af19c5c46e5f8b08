"""`chimera`: what scripts call; a picture in, a picture out, or a folder of each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import whole
from doodle.errors import BadDrawing, ModelUnavailable
from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    import argparse

    import numpy as np

    from doodle.pipelines.chimera import Chimera
    from doodle.strokes.bridge import EdgeStyle

NETWORK = "chimera"  # its checkpoint
VARIED = "chimera_modes"  # with noise: different answers to one drawing
TRAINING = (
    "python -m doodle train chimera --preset gpu --data data/animals.npz "
    "--export checkpoints/chimera"
)
WAYS = ("auto", "canny", "lines", "hand")
BACKGROUNDS = ("auto", "white", "scene")
KINDS = (".png", ".jpg", ".jpeg", ".webp")  # of pictures that are written
_LONGEST_MAP = 4096  # pixels of a species map


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
    add("input", type=Path, metavar="IN",
        help="a picture, an SVG or a drawing's JSON; or a folder of them")  # fmt: skip
    add("--out", type=Path, required=True, metavar="OUT",
        help="the picture to write, or the folder of pictures when IN is one")  # fmt: skip
    add("--edges", action="store_true",
        help="IN is an edge map, white on black or black on white")  # fmt: skip
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--species", default="", metavar="NAME",
                      help="the animal it is; left out, the tags of a drawing saved by the page "
                      "say it, else the network decides")  # fmt: skip
    kind.add_argument("--species-map", type=Path, metavar="MAP",
                      help="a picture that says which part is which animal, see below")  # fmt: skip
    add("--seed", type=whole(0, 2**63 - 1), default=0, metavar="N",
        help=f"same seed, same picture; 0 is the answer of {NETWORK}, the others are different "
             f"answers of {VARIED}, where it is there (%(default)s)")  # fmt: skip
    add("--style", choices=WAYS, default="auto",
        help="how IN becomes edges: lines once, auto-canny, as a hand draws (%(default)s)"
        )  # fmt: skip
    add("--background", choices=BACKGROUNDS, default="auto",
        help="what the animal stands on (%(default)s)")  # fmt: skip
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
    from doodle.strokes.bridge import EdgeStyle

    jobs = _jobs(args.input, args.out)
    style = EdgeStyle(kind="edges" if args.edges else "auto", way=args.style)
    written, bad = 0, []
    with _pipeline(Registry(args.checkpoints, args.device), args.network) as pipeline:
        painted = _painted(args.species_map, pipeline)
        pipeline.numbered(args.species)  # names a mistake before anything is drawn
        for source, target in jobs:
            try:
                picture = _draw(pipeline, source, style, painted, args)
            except (BadDrawing, OSError) as error:
                if not args.input.is_dir():
                    raise
                bad.append(f"{source}: {error}")
                continue
            _save(picture, target)
            written += 1
    for line in bad:
        print(f"skipped {' '.join(line.split())}", file=sys.stderr)
    if args.input.is_dir():
        print(f"{written:,} written, {len(bad):,} skipped: {args.out}")
        if not written:
            raise ValueError(f"no file of {args.input} is a picture that can be read")


@contextmanager
def _pipeline(registry: Registry, name: str) -> Iterator[Chimera]:
    """The pipeline over its network.

    Raises:
        ModelUnavailable: the checkpoint is missing or unfit; the message says how to train it.
    """
    from doodle.pipelines.chimera import Chimera

    try:
        with ExitStack() as held:
            (network,) = held.enter_context(registry.use(name))
            cards = {card.name: card for card in registry.cards()}
            header, varied = cards[name].header, None
            if header["model"] != "pix2pix":
                raise ValueError(f"{name} is a {header['model']}, no network for pictures")
            if name == NETWORK and VARIED in cards and not cards[VARIED].problem:
                (varied,) = held.enter_context(registry.use(VARIED))
            yield Chimera(network, header["data"].get("categories", []), varied)
    except ModelUnavailable as error:
        raise ModelUnavailable(f"{error} To train it: {TRAINING}") from error


def _jobs(source: Path, out: Path) -> list[tuple[Path, Path]]:
    """Files to read and to write.

    Raises:
        FileNotFoundError: there is nothing to read.
        ValueError: the output is of no kind that can be written.
    """
    from doodle.data.edges import pictures

    if not source.is_dir():
        if not source.exists():
            raise FileNotFoundError(f"no file {source}")
        if out.is_dir():
            out = out / f"{source.stem}.png"
        if out.suffix.lower() not in KINDS:
            raise ValueError(f"{out} is no picture that can be written: {', '.join(KINDS)}")
        return [(source, out)]
    if out.exists() and not out.is_dir():
        raise ValueError(f"{source} is a folder, so --out must be one too; {out} is a file")
    files = list(pictures(source, leave_out=out))
    if not files:
        raise FileNotFoundError(f"no pictures in {source}")
    taken: set[Path] = set()
    jobs = []
    for file in files:
        target = (out / file.relative_to(source)).with_suffix(".png")
        if target in taken:  # lion.jpg and lion.png
            target = out / f"{file.relative_to(source)}.png"
        taken.add(target)
        jobs.append((file, target))
    return jobs


def _painted(path: Path | None, pipeline: Chimera) -> np.ndarray | None:
    from doodle.images import read_picture
    from doodle.strokes.species import read_map

    if path is None:
        return None
    return read_map(read_picture(path, longest=_LONGEST_MAP), pipeline.species)


def _draw(
    pipeline: Chimera, source: Path, style: EdgeStyle, painted: np.ndarray | None,
    args: argparse.Namespace,
) -> np.ndarray:  # fmt: skip
    from doodle.pipelines.chimera import read_source
    from doodle.strokes.drawing import Drawing
    from doodle.strokes.imports import read_tags

    given = read_source(source)
    edges = pipeline.edges_of(given, style)
    told: dict[str, Any] = {"species": args.species, "painted": painted}
    if isinstance(given, Drawing) and not args.species and painted is None:
        tags = read_tags(source.read_bytes())  # as the page saves them
        if any(tags):
            pairs = zip(given.polylines(), tags, strict=True)
            told = {"groups": [([line], tag) for line, tag in pairs]}
    classes = pipeline.species_map(edges, **told)
    # the first variant is the drawing's own, whatever the seed, unless its network has noise
    first = 1 if args.seed and pipeline.varied is not pipeline.network else 0
    asked = {"background": args.background, "seed": args.seed, "first": first}
    picture = pipeline(edges, classes, **asked)[0]
    return pipeline.framed(picture, edges) if args.full else picture


def _save(picture: np.ndarray, target: Path) -> None:
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    how = {"quality": 95} if target.suffix.lower() != ".png" else {}
    Image.fromarray(picture).save(target, **how)
