"""Our drawn chimeras with their parts tagged, and what the network makes of them, on one sheet.

    python benchmarks/chimera_sheet.py --out docs/chimera.png

A row: the drawing in the colours of its tags, its edges, the picture, another answer, the picture
with the tags exchanged, and the picture when no animal is given.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageColor, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doodle.registry import Registry  # noqa: E402
from doodle.requests import Render  # noqa: E402
from doodle.services.asking import asking  # noqa: E402
from doodle.services.executor import Executor  # noqa: E402
from doodle.strokes.drawing import Drawing  # noqa: E402
from doodle.strokes.species import COLOURS  # noqa: E402

EXAMPLES = Path(__file__).resolve().parents[1] / "doodle" / "ui" / "tools" / "chimera" / "examples"
LABEL, MARGIN, PEN = 18, 8, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, default=EXAMPLES, help="folder of drawings")
    parser.add_argument("--seed", type=int, default=0, help="of the other answers")
    parser.add_argument("--side", type=int, default=168, help="pixels of a picture on the sheet")
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    args = parser.parse_args()
    with asking(Registry()) as executor:
        rows = [row(executor, file, args.seed) for file in sorted(args.examples.glob("*.json"))]
    sheet(rows, args.side).save(args.out, optimize=True)


def row(executor: Executor, file: Path, seed: int) -> list[tuple[str, np.ndarray]]:
    """Labels and pictures of one drawing."""
    example = json.loads(file.read_text(encoding="utf-8"))
    drawing, tags = Drawing.parse(example["drawing"]), example["drawing"]["tags"]
    names = list(dict.fromkeys(tags))
    tellings = [dict(zip(names, turned, strict=True)) for turned in (names, names[1:] + names[:1])]
    jobs = [
        executor.submit(Render(drawing, tags=[named[tag] for tag in tags], n=2, seed=seed))
        for named in tellings
    ]
    (named, other), unknown = [job.result() for job in jobs], executor.submit(Render(drawing))
    found = named.found
    lines = [found.edge_map.to_pixels(line) for line in drawing.polylines()]
    return [
        (example["name"], coloured(lines, tags, len(found.edges))),
        ("edges", cv2.merge([found.edges] * 3)),
        (", ".join(tellings[0].values()), named.pictures[0]),
        ("another answer", named.pictures[1]),
        (", ".join(tellings[1].values()), other.pictures[0]),
        ("no animal given", unknown.result().pictures[0]),
    ]


def coloured(lines: list[np.ndarray], tags: list[str], size: int) -> np.ndarray:
    """Strokes in the colours of their animals, (S, S, 3)."""
    paper = np.full((size, size, 3), 255, np.uint8)
    for line, tag in zip(lines, tags, strict=True):
        points = np.round(line * 16).astype(np.int32)
        colour = ImageColor.getrgb(COLOURS.get(tag, "#202020"))
        cv2.polylines(paper, [points], False, colour, PEN, cv2.LINE_AA, 4)
    return paper


def sheet(rows: list[list[tuple[str, np.ndarray]]], side: int) -> Image.Image:
    step = side + MARGIN
    size = (max(map(len, rows)) * step + MARGIN, len(rows) * (step + LABEL) + MARGIN)
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    for y, cells in enumerate(rows):
        for x, (label, picture) in enumerate(cells):
            place = MARGIN + x * step, MARGIN + y * (step + LABEL)
            page.paste(
                Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS), place
            )
            pen.text((place[0] + side / 2, place[1] + side + 3), label, fill="#555", anchor="ma")
    return page


if __name__ == "__main__":
    main()
