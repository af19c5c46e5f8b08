"""The best doodle of each of many words, chosen by chance, on one sheet.

python benchmarks/doodle_sheet.py --out docs/doodles.png
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doodle.registry import CHECKPOINTS, Registry  # noqa: E402
from doodle.requests import Imagine  # noqa: E402
from doodle.services.asking import asking, in_order  # noqa: E402
from doodle.strokes.raster import centred  # noqa: E402

SIDE, LABEL, MARGIN = 96, 16, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", help="these, separated by commas, instead of some by chance")
    parser.add_argument("--count", type=int, default=64, help="words by chance")
    parser.add_argument("--across", type=int, default=8, help="words a row")
    parser.add_argument("--n", type=int, default=16, help="doodles asked for; the first is shown")
    parser.add_argument("--seed", type=int, default=0, help="of the words and the doodles")
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    args = parser.parse_args()
    # without CLIP's text tower, should it be there: all that is shipped
    names = ("dccgan", "words", "recogniser")
    registry = Registry.of({name: CHECKPOINTS / name for name in names})
    unseen = set(registry.fit_card("dccgan").header["data"]["unseen"])
    categories = registry.fit_card("words").header["config"]["categories"]
    words = args.words.split(",") if args.words else chosen(categories, args)
    with asking(registry) as executor:
        requests = (Imagine(word, args.n, args.seed) for word in words)
        found = [job.result() for job in in_order(executor, requests)]
    down = -(-len(words) // args.across)
    size = (args.across * (SIDE + MARGIN) + MARGIN, down * (SIDE + LABEL + MARGIN) + MARGIN)
    sheet = Image.new("L", size, 255)
    pen = ImageDraw.Draw(sheet)
    for k, (word, imagined) in enumerate(zip(words, found, strict=True)):
        x = MARGIN + k % args.across * (SIDE + MARGIN)
        y = MARGIN + k // args.across * (SIDE + LABEL + MARGIN)
        lines = imagined.doodles[0].drawing.polylines()
        ink = centred(lines, SIDE, field=256, padding=12, line_width=6)
        sheet.paste(Image.fromarray(255 - ink), (x, y))
        label = f"{word} *" if word in unseen else word
        pen.text((x + SIDE / 2, y + SIDE + 2), label, fill=70, anchor="ma")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(args.out, optimize=True)


def chosen(categories: Sequence[str], args: argparse.Namespace) -> list[str]:
    """Categories by chance, in the order of the alphabet."""
    order = np.random.default_rng(args.seed).permutation(len(categories))
    return sorted(categories[k] for k in order[: args.count])


if __name__ == "__main__":
    main()
