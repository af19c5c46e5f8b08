"""`edit-face`: a photograph with a face changed by words, or a folder of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import number, whole
from doodle.commands.files import in_and_out
from doodle.errors import BadDrawing
from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    import argparse

    import numpy as np

LONGEST = 8192  # pixels: larger photographs are reduced when they are read
TOLD = "Edited by a program (doodle): {}"


def register(subparsers: Any) -> None:
    """Add `edit-face IN TEXT --out OUT`."""
    parser = subparsers.add_parser(
        "edit-face",
        description="A photograph with a face changed by words. Beside OUT.png are written "
        "OUT.aligned.png, the face's square as it was, and OUT.inverted.png, as the generator "
        "draws it. Ask the people in a photograph before you change their faces.",
    )
    add = parser.add_argument
    add("input", type=Path, metavar="IN", help="a photograph, or a folder of them")
    add("texts", nargs="+", metavar="TEXT", help='what the face shall be: "smiling", "grey hair"')
    add("--out", type=Path, required=True, metavar="OUT", help="the picture or folder to write")
    add("--neutral", default="face", help="what it is thought to be now (%(default)s)")
    add(
        "--strength",
        type=number(-3, 3),
        nargs="+",
        default=[1.0],
        help="of each text, or of all; below 0 the opposite (1)",
    )
    add("--method", choices=("direction",), default="direction", help="how texts act")
    add("--face", type=whole(0, 1000), default=0, help="of several, 0 the surest (%(default)s)")
    add("--refine", type=whole(0, 300), default=0, help="steps that improve likeness (%(default)s)")
    add("--aligned", action="store_true", help="IN is an aligned square: look for no face")
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER", help="of the networks")
    add("--device", default="auto", help="auto, cpu, cuda (%(default)s)")
    parser.set_defaults(run=edit_face)


def edit_face(args: argparse.Namespace) -> None:
    """Write a photograph, or one for every photograph of a folder; name those that cannot be.

    Raises:
        BadDrawing, ValueError, OSError: the caller's mistakes.
        ModelUnavailable, OutOfBudget: the machine's.
    """
    from doodle.images import read_picture
    from doodle.requests import EditFace
    from doodle.services.asking import asking

    edits = _edits(args)
    files = in_and_out(args.input, args.out)
    written = 0
    with asking(Registry(args.checkpoints, args.device)) as executor:
        for source, target in files:
            try:
                picture = read_picture(source, longest=LONGEST)
                request = EditFace(
                    picture,
                    edits,
                    args.neutral,
                    face=args.face,
                    refine=args.refine,
                    aligned=args.aligned,
                )
                found = executor.submit(request).result()
            except (BadDrawing, OSError) as error:
                if not args.input.is_dir():
                    raise
                print(f"skipped {source}: {' '.join(str(error).split())}", file=sys.stderr)
                continue
            for notice in found.notices:
                print(notice, file=sys.stderr)
            if found.faces > 1:
                print(
                    f"{source}: {found.faces} faces; number {args.face} is changed (--face)",
                    file=sys.stderr,
                )
            _write(found, target, ", ".join(args.texts))
            written += 1
    if args.input.is_dir():
        print(f"{written:,} written, {len(files) - written:,} skipped: {args.out}")
        if not written:
            raise ValueError(f"no file of {args.input} is a photograph of a face")


def _edits(args: argparse.Namespace) -> tuple[tuple[str, float], ...]:
    strengths = args.strength
    if len(strengths) == 1:
        strengths = strengths * len(args.texts)
    if len(strengths) != len(args.texts):
        raise ValueError(f"{len(args.texts)} texts need as many strengths, not {len(strengths)}")
    return tuple(zip(args.texts, strengths, strict=True))


def _write(found: Any, target: Path, texts: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    _save(found.picture, target, texts)
    _save(found.aligned, target.with_name(f"{target.stem}.aligned.png"), "")
    _save(found.inverted, target.with_name(f"{target.stem}.inverted.png"), texts)


def _save(picture: np.ndarray, target: Path, texts: str) -> None:
    from PIL import Image

    from doodle.images import noted

    kind = Image.registered_extensions().get(target.suffix.lower(), "")
    if not kind:
        raise ValueError(f"{target.name}: write a .png, .jpg or .webp")
    target.write_bytes(noted(picture, kind, TOLD.format(texts) if texts else ""))
