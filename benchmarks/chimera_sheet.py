"""Our drawn creatures with their parts tagged, and what the network makes of them, on one sheet.

    python benchmarks/chimera_sheet.py --out docs/chimera.png

A row: the drawing in the colours of its tags, its edges, the picture, another answer, the picture
with the tags exchanged, and the picture when nothing is told.
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

from doodle import checkpoint  # noqa: E402
from doodle.pipelines.chimera import Chimera  # noqa: E402
from doodle.registry import CHECKPOINTS, Registry  # noqa: E402
from doodle.strokes.drawing import Drawing  # noqa: E402
from doodle.strokes.species import COLOURS  # noqa: E402

EXAMPLES = Path(__file__).resolve().parents[1] / "doodle" / "ui" / "examples" / "chimera"
LABEL, MARGIN, PEN = 18, 8, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, default=EXAMPLES, help="folder of drawings")
    parser.add_argument("--seed", type=int, default=0, help="of the other answers")
    parser.add_argument("--side", type=int, default=168, help="pixels of a picture on the sheet")
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    args = parser.parse_args()
    header = checkpoint.read_header(CHECKPOINTS / "chimera" / checkpoint.FILE)
    with Registry().use("chimera", "chimera_modes") as (network, varied):
        chimera = Chimera(network, header["data"]["categories"], varied)
        rows = [row(chimera, file, args.seed) for file in sorted(args.examples.glob("*.json"))]
    sheet(rows, args.side).save(args.out, optimize=True)


def row(chimera: Chimera, file: Path, seed: int) -> list[tuple[str, np.ndarray]]:
    """Labels and pictures of one drawing."""
    given = json.loads(file.read_text(encoding="utf-8"))
    drawing, tags = Drawing.parse(given["drawing"]), given["drawing"]["tags"]
    lines, names = drawing.polylines(), list(dict.fromkeys(tags))
    edges = chimera.edges_of(drawing)
    cells = [(given["name"], coloured([edges.to_pixels(line) for line in lines], tags, edges.size)),
             ("edges", cv2.merge([edges.edges] * 3))]  # fmt: skip
    for turned in (names, names[1:] + names[:1]):
        told = dict(zip(names, turned, strict=True))
        groups = [([line], told[tag]) for line, tag in zip(lines, tags, strict=True)]
        classes = chimera.species_map(edges, groups=groups)
        made = chimera(edges, classes, seed=seed, n=2)
        cells.append((", ".join(turned), made[0]))
        if turned == names:
            cells.append(("another answer", made[1]))
    return [*cells, ("nothing told", chimera(edges, seed=seed)[0])]


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
            page.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS),
                       place)  # fmt: skip
            pen.text((place[0] + side / 2, place[1] + side + 3), label, fill="#555", anchor="ma")
    return page


if __name__ == "__main__":
    main()
