"""`data filter` and `data check`, beside `data quickdraw` and `data sheet`."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from doodle.checkpoint import expect
from doodle.commands import data_endings
from doodle.commands.arguments import number, whole
from doodle.data import checking, filtering, quickdraw
from doodle.registry import CHECKPOINTS

if TYPE_CHECKING:
    import argparse

    from doodle.evaluation.fitness import ClipFitness, RecogniserFitness

MOST_SHARES = 100_000


def register(subparsers: Any) -> None:
    """Add `data` with all its actions."""
    actions = quickdraw.register(subparsers)
    _register_filter(actions)
    data_endings.register(actions)
    line = "count the drawings of a folder, and read every file to see whether it can be read"
    check = actions.add_parser("check", help=line, description=line)
    check.add_argument("input", type=Path, metavar="DIR", help="with bitmaps/, real/, ...")
    check.add_argument(
        "--full",
        type=whole(1, 10**9),
        default=checking.FULL,
        metavar="N",
        help="drawings from which a category is full (%(default)s)",
    )
    check.add_argument("--shard", type=_share, default=(1, 1), metavar="I/N", help="only share I")
    check.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    check.set_defaults(run=run_check)


def _register_filter(actions: Any) -> None:
    line = "keep the drawings that show their word, and drop those that only spell it"
    parser = actions.add_parser("filter", help=line, description=line)
    add = parser.add_argument
    add("--input", type=Path, required=True, metavar="DIR", help="with bitmaps/, real/, ...")
    add(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="gets the same folders; run it again to go on with an unfinished one",
    )
    add(
        "--by",
        choices=("clip", "recogniser"),
        help="what scores (CLIP where its weights are, else the recogniser)",
    )
    add("--clip", type=Path, metavar="FILE", help="CLIP's weights (those in the hub cache)")
    add("--clip-model", default="ViT-B-32-quickgelu", metavar="NAME", help="open_clip's name of it")
    add(
        "--threshold",
        type=number(-1.0, 1.0),
        metavar="X",
        help="least score (0.25 of CLIP's cosine, 0.1 of the recogniser's chance)",
    )
    add("--most", type=whole(1, 10**9), metavar="N", help="only the best N of a category")
    add(
        "--written",
        "--letters",
        type=number(0.0, 1.0),
        default=0.5,
        metavar="P",
        help="drop written words: those likelier than this; 1 keeps all (%(default)s)",
    )
    add("--categories", metavar="NAMES", help='only these, such as "cat,ice cream"')
    add(
        "--shard",
        type=_share,
        default=(1, 1),
        metavar="I/N",
        help="do share I of N; give other shares to other processes or machines",
    )
    add(
        "--ray",
        type=whole(1, MOST_SHARES),
        metavar="N",
        help='do all in N shares on a Ray cluster (needs: pip install "ray[data]")',
    )
    add(
        "--sheets",
        action="store_true",
        help="also draw the best, the worst and what was dropped into sheets/",
    )
    add("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER", help="of the networks")
    add("--device", default="auto", help="auto, cpu, cuda (%(default)s)")
    parser.set_defaults(run=run_filter)


def _share(text: str) -> tuple[int, int]:
    """Turn 2/8 into (2, 8)."""
    first, _, count = text.partition("/")
    if not (first.isdigit() and count.isdigit() and 1 <= int(first) <= int(count) <= MOST_SHARES):
        raise ValueError(text)
    return int(first), int(count)


# -- filter --------------------------------------------------------------------------------------


def run_filter(args: argparse.Namespace) -> None:
    """Filter a folder; one line a file that changed, and a last one with the sums.

    Raises:
        ValueError: the caller's mistakes; also, at the end, when files could not be read: each has
            been named, the others are done.
        ModelUnavailable: a network is missing.
    """
    if args.ray and args.shard != (1, 1):
        raise ValueError("--ray shares the work by itself: leave --shard out")
    if args.ray:
        from doodle.data.spread import over_ray

        settings = vars(args) | {"ray": None, "run": None}
        gpus = 1.0 if args.device.startswith("cuda") else 0.0
        rows = over_ray(partial(filter_share, settings, args.ray), args.ray, gpus=gpus)
        reports = (filtering.Report(**row) for row in rows)
        _say(reports)
        return
    _say(_filter(args, *args.shard))


def filter_share(settings: dict[str, Any], count: int, index: int) -> list[dict[str, Any]]:
    """Do share ``index`` of ``count`` of a `data filter` with these arguments: rows of reports."""
    from argparse import Namespace

    return [asdict(report) for report in _filter(Namespace(**settings), index, count)]


def _filter(args: argparse.Namespace, index: int, count: int):
    found = filtering.find(args.input)
    if args.categories:
        wanted = quickdraw.parse_categories(args.categories)
        found = {name: files for name, files in found.items() if name in wanted}
    names = filtering.shard(found, index, count)
    scorer = _scorer(args)
    threshold = scorer.threshold if args.threshold is None else args.threshold
    rules = filtering.Rules(scorer.name, threshold, args.most, args.written)
    with _bar(found, names, f"scored by {scorer.name}") as bar:
        yield from filtering.filter_categories(
            args.input, args.output, names, rules, scorer, sheets=args.sheets, tick=bar.update
        )


def _scorer(args: argparse.Namespace) -> ClipFitness | RecogniserFitness:
    """CLIP where it is there or asked for, else the recogniser."""
    from doodle.evaluation.fitness import ClipFitness, RecogniserFitness
    from doodle.models.recogniser import Recogniser
    from doodle.models.words import WordTable
    from doodle.models.writing_detector import WritingDetector
    from doodle.registry import Registry

    registry = Registry(args.checkpoints, args.device)
    detector: WritingDetector | None = None
    if args.written < 1:
        with registry.use("writing_detector") as (network,):
            detector = expect(network, WritingDetector)
    if args.by != "recogniser":
        from doodle.models.clip_images import cached_weights, load_clip_images

        file = args.clip or cached_weights()
        if file is not None:
            clip = load_clip_images(file, args.clip_model).to(registry.placement.device)
            return ClipFitness(clip, detector)
        if args.by == "clip":
            raise ValueError("CLIP's weights are not in the hub cache: name a file with --clip")
    with registry.use("recogniser", "words") as networks:
        recogniser, words = expect(networks[0], Recogniser), expect(networks[1], WordTable)
        return RecogniserFitness(recogniser, words, detector)


def _bar(found: dict[str, dict[str, Path]], names: list[str], label: str) -> tqdm:
    size = sum(path.stat().st_size for name in names for path in found[name].values())
    return tqdm(total=size, desc=label, unit="B", unit_scale=True, disable=None, mininterval=1)


def _say(reports) -> None:
    """Print reports as they come, then the sums."""
    done, problems = [], 0
    for report in reports:
        what = f"{report.kind}/{report.name}"
        if report.problem:
            problems += 1
            tqdm.write(f"{what}: {report.problem}")
            continue
        done.append(report)
        if not report.skipped:
            tqdm.write(
                f"{what}: kept {report.kept:,} of {report.seen:,}; {report.written:,} "
                f"written words, {report.poor:,} too low"
            )
    seen, kept = sum(r.seen for r in done), sum(r.kept for r in done)
    written, again = sum(r.written for r in done), sum(r.skipped for r in done)
    print(
        f"kept {kept:,} of {seen:,} drawings in {len(done):,} files ({again:,} were finished "
        f"before); {written:,} written words dropped"
    )
    if problems:
        raise ValueError(f"{problems:,} files could not be filtered, see above; the rest is done")


# -- check ---------------------------------------------------------------------------------------


def run_check(args: argparse.Namespace) -> None:
    """Print what a folder holds.

    Raises:
        ValueError: files could not be read; each has been named.
    """
    found = filtering.find(args.input)
    names = filtering.shard(found, *args.shard)
    with _bar(found, names, "reading") as bar:
        census = checking.check_folder(args.input, names, full=args.full, tick=bar.update)
    if args.json:
        print(json.dumps(census.summary()))
    else:
        print("\n".join(census.lines()))
        for path, why in census.problems:
            print(f"{path}: {why}")
    if census.problems:
        raise ValueError(f"{len(census.problems):,} files of {args.input} cannot be read")
