"""Draw words with the shipped checkpoints and lay them out on one sheet.

python benchmarks/sheet.py --out docs/drawings.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doodle.registry import Registry  # noqa: E402
from doodle.requests import Draw  # noqa: E402
from doodle.services.asking import asking, in_order  # noqa: E402
from doodle.strokes.raster import centred  # noqa: E402
from doodle.training.plots import contact_sheet  # noqa: E402

TWELVE = "cat,bicycle,clock,hand,spider,sun,rabbit,apple,eyeglasses,castle,fish,umbrella"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", default=TWELVE, help="separated by commas")
    parser.add_argument("--n", type=int, default=16, help="drawings a word")
    parser.add_argument("--temperature", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-rank", dest="rank", action="store_false", help="as they come")
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    args = parser.parse_args()
    words = [word.strip() for word in args.words.split(",")]
    requests = [
        Draw(word, args.n, args.temperature, args.seed, args.rank, doodles=False) for word in words
    ]
    with asking(Registry()) as executor:
        rows = [
            [
                centred(ending.strokes, 72, field=256, padding=12, line_width=6)
                for ending in job.result().endings
            ]
            for job in in_order(executor, requests)
        ]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(rows, words).save(args.out, optimize=True)


if __name__ == "__main__":
    main()
