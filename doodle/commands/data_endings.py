"""`data endings`: drawings with a part left out, and the endings that the networks offer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from doodle.commands.arguments import number, whole
from doodle.data.endings import Case, packed, without_some
from doodle.data.sketches import load_sketches
from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    import argparse

SIDE = 255.0  # of the space of the drawings


def register(actions: Any) -> None:
    """Add `data endings`."""
    line = "let the networks finish drawings of which a part is left out"
    parser = actions.add_parser("endings", help=line, description=line)
    add = parser.add_argument
    add("--input", type=Path, required=True, metavar="DIR", help="with real/")
    add("--output", type=Path, required=True, metavar="NPZ", help="is written")
    add("--split", type=whole(0, 2), default=0, help="0 train, 1 valid, 2 test (%(default)s)")
    add("--count", type=whole(1, 10**6), default=6000, help="drawings (%(default)s)")
    add("--minutes", type=number(0, 10**4), default=0.0, help="end after; 0: never (%(default)s)")
    add("--n", type=whole(1, 64), default=12, help="endings of each (%(default)s)")
    add("--seed", type=whole(0, 2**31), default=0, help="of the choice (%(default)s)")
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="DIR", help="of the networks")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the cases.

    Raises:
        OSError, ValueError: the caller's mistakes.
        ModelUnavailable, OutOfBudget: the machine's.
    """
    from tqdm import tqdm

    from doodle.requests import Complete
    from doodle.services.asking import asking
    from doodle.strokes.drawing import Drawing
    from doodle.strokes.formats import from_stroke3

    sketches = load_sketches(args.input)
    held = np.flatnonzero((sketches.split == args.split) & sketches.recorded & sketches.named)
    rng = np.random.default_rng(args.seed)
    size = np.bincount(sketches.category[held], minlength=len(sketches.names)).astype(float)
    weight = 1 / np.sqrt(size[sketches.category[held]])  # the rare ones more often than they occur
    chosen = rng.choice(held, min(args.count, len(held)), replace=False, p=weight / weight.sum())
    cases: list[Case] = []
    until = time.monotonic() + 60 * args.minutes if args.minutes else float("inf")
    with asking(Registry(args.checkpoints, "cpu")) as executor:
        for index in tqdm(chosen, unit="drawing"):
            if time.monotonic() > until:
                break
            begun, person = without_some(from_stroke3(sketches.drawing(index)), rng)
            if not begun or not person:
                continue
            word = sketches.names[sketches.category[index]]
            drawing = Drawing.from_polylines(begun, width=SIDE, height=SIDE)
            asked = Complete(word, args.n, seed=int(rng.integers(2**31)), drawing=drawing)
            endings = [list(one.strokes) for one in executor.submit(asked).result().endings]
            cases.append(Case(begun, person, endings, int(sketches.category[index])))
    packed(cases, sketches.names).save(args.output)
    print(f"{len(cases):,} drawings to {args.output}")
