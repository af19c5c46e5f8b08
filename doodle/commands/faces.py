"""`faces`: pictures of people who do not exist, and a sheet of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle.commands.arguments import number, whole
from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    import argparse

    import numpy as np

SHEET, RESULT = "sheet.png", "result.json"
_MARGIN = 4  # pixels between the faces of a sheet


def register_faces(subparsers: Any) -> None:
    """Add `faces --n 16 --out FOLDER`."""
    parser = subparsers.add_parser("faces", description="Faces of nobody, PNG, and a sheet.")
    add = parser.add_argument
    add("--n", type=whole(1, 64), default=16, help="faces (%(default)s)")
    add("--seed", type=whole(0, 2**63 - 1), default=0, help="same seed, same faces (%(default)s)")
    add(
        "--psi",
        type=number(0, 1.2),
        default=0.7,
        help="how far from the average face, up to 1.2 (%(default)s)",
    )
    add(
        "--out",
        type=Path,
        metavar="FOLDER",
        required=True,
        help=f"for 00.png, 01.png, ..., {SHEET} and {RESULT}",
    )
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER", help="of the networks")
    add("--device", default="auto", help="auto, cpu, cuda (%(default)s)")
    parser.set_defaults(run=faces)


def faces(args: argparse.Namespace) -> None:
    """Write faces.

    Raises:
        ValueError, OSError: the caller's mistakes.
        ModelUnavailable, OutOfBudget: the machine's.
    """
    from doodle.requests import Faces
    from doodle.services.asking import asking

    request = Faces(args.n, args.seed, args.psi)
    with asking(Registry(args.checkpoints, args.device)) as executor:
        pictures = executor.submit(request).result().pictures
    _write(pictures, args)


def _write(pictures: np.ndarray, args: argparse.Namespace) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    args.out.mkdir(parents=True, exist_ok=True)
    told = PngInfo()
    told.add_text("Description", "A face of nobody, made by a program (doodle)")
    names = [f"{k:02d}.png" for k in range(len(pictures))]
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).save(args.out / name, pnginfo=told)
    Image.fromarray(sheet(pictures)).save(args.out / SHEET, pnginfo=told)
    result = {"n": args.n, "seed": args.seed, "psi": args.psi, "files": names, "sheet": SHEET}
    (args.out / RESULT).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def sheet(pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, S, S, 3) uint8 in about as many rows as columns, on white."""
    import numpy as np

    count, side = len(pictures), pictures.shape[1]
    across = int(np.ceil(np.sqrt(count)))
    down = -(-count // across)
    cell = side + _MARGIN
    whole_sheet = np.full((down * cell + _MARGIN, across * cell + _MARGIN, 3), 255, np.uint8)
    for k, picture in enumerate(pictures):
        y, x = (place * cell + _MARGIN for place in divmod(k, across))
        whole_sheet[y : y + side, x : x + side] = picture
    return whole_sheet
