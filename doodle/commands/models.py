"""`models` and `convert`: which checkpoints are there, are they sound, where are they from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doodle import checkpoint
from doodle.errors import ModelUnavailable
from doodle.registry import CHECKPOINTS, Card, Registry

if TYPE_CHECKING:
    import argparse


def register_models(subparsers: Any) -> None:
    """Add `models list|check|card|record|get|push|pull`."""
    from doodle.commands.hub import register

    parser = subparsers.add_parser("models", description="The checkpoints of this program.")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for name, run, line in (
        ("list", list_models, "name, size, licence and main figure of each"),
        ("check", check, "compare digests, load each and rerun its golden numbers"),
        ("card", write_cards, "write INDEX.json and each README.md from the headers"),
        ("record", record, "correct in a header how a checkpoint was trained; weights stay"),
        ("get", get, "fetch what is not shipped: clip, the text encoder (about 600 MB to load)"),
    ):
        action = actions.add_parser(name, help=line, description=line)
        if name == "check":
            action.add_argument("names", nargs="*", help="all unless named")
        if name == "record":
            action.add_argument("name", help="of the checkpoint")
            action.add_argument("--preset", default="", help="that the run had; empty: none")
            action.add_argument("--start", default="", help="checkpoint that the run started from")
        if name == "get":
            action.add_argument("name", choices=("clip",))
            action.add_argument(
                "--from",
                type=Path,
                metavar="FILE",
                dest="source",
                help="CLIP's ViT-B-32 as .safetensors or .pt, or a folder such as the hub's cache",
            )
        action.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER")
        action.set_defaults(run=run)
    register(actions)


def register_convert(subparsers: Any) -> None:
    """Add `convert KIND FILE`."""
    parser = subparsers.add_parser("convert", description="Take over weights of others.")
    kinds = "a SketchRNN decoder of Magenta's; a pix2pix generator of junyanz's, or ours to that; "
    kinds += "a StyleGAN2 generator of rosinality's"
    names = ("magenta", "pix2pix", "to-pix2pix", "stylegan2")
    parser.add_argument("kind", choices=names, help=kinds)
    files = "bird.gen.json, latest_net_G.pth, a checkpoint, stylegan2-ffhq-config-f.pt"
    parser.add_argument("file", type=Path, help=files)
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="of what is written (runs/KIND-NAME)"
    )
    parser.set_defaults(run=convert)


def list_models(args: argparse.Namespace) -> None:
    """Print a table; reads headers only."""
    cards = Registry(args.checkpoints).cards()
    for card in cards:
        if card.problem:
            print(f"{card.name:<12} {card.problem}")
            continue
        header = card.header
        metrics = header["metrics"][:1]
        figure = "".join(f"{m['name']} {m['value']:.4g}" for m in metrics)
        print(
            f"{card.name:<12} {header['model']:<16} {card.parameters / 1e6:6.2f} M parameters "
            f"{card.file_bytes / 1e6:6.2f} MB  {header['licence']}  {figure}".rstrip()
        )
    total = sum(card.file_bytes for card in cards)
    print(f"{len(cards)} checkpoints, {total / 1e6:.1f} MB in {args.checkpoints}")


def check(args: argparse.Namespace) -> None:
    """Check digests and golden numbers.

    Raises:
        ModelUnavailable: one or more are not sound; each has been named on standard output.
    """
    cards = {card.name: card for card in Registry(args.checkpoints).cards()}
    unknown = [name for name in args.names if name not in cards]
    if unknown:
        there = ", ".join(cards) or "none"
        raise ValueError(f"no checkpoint {', '.join(unknown)} in {args.checkpoints} ({there})")
    failed = [name for name in args.names or cards if not _is_sound(cards[name])]
    if failed:
        raise ModelUnavailable(f"{', '.join(failed)} failed, see above")


def _is_sound(card: Card) -> bool:
    try:
        if card.problem:
            raise ModelUnavailable(card.problem)
        worst = checkpoint.verify(card.path, sha256=card.sha256)
    except ModelUnavailable as error:
        print(f"{card.name:<12} FAILED  {error}")
        return False
    print(f"{card.name:<12} ok  golden numbers within {worst:.1e}")
    return True


def write_cards(args: argparse.Namespace) -> None:
    """Write the index and the cards of a folder."""
    from doodle.card import card_text

    for name, entry in checkpoint.update_index(args.checkpoints).items():
        path = args.checkpoints / entry["file"]
        readme = path.with_name("README.md")
        readme.write_text(card_text(name, path), encoding="utf-8")
        print(readme)


def record(args: argparse.Namespace) -> None:
    """Write preset, overrides, command and parent into a header, from the settings it states.

    Raises:
        ModelUnavailable: a checkpoint is missing or broken.
        ValueError: it was not trained by a recipe with shared settings, or has no such preset.
    """
    from importlib import import_module

    from doodle.commands.recipes import RECIPES, current_name
    from doodle.training.shipping import recorded_again

    path = args.checkpoints / args.name / checkpoint.FILE
    recipe = current_name(checkpoint.read_header(path)["training"].get("recipe", ""))
    if recipe not in RECIPES:
        raise ValueError(f"{args.name} was trained by no recipe of ours: {recipe or 'none stated'}")
    module = import_module(f"doodle.training.{recipe}")
    training = recorded_again(
        path,
        recipe,
        module.Config,
        getattr(module, "PRESETS", {}),
        preset=args.preset,
        start=args.start,
    )
    checkpoint.update_header(path, training=training)
    checkpoint.update_index(args.checkpoints)
    print(training["command"])


def convert(args: argparse.Namespace) -> None:
    """Write a checkpoint from a file of others, or the other way round."""
    from doodle.convert.magenta import convert_magenta
    from doodle.convert.pix2pix import convert_pix2pix, export_pix2pix
    from doodle.convert.stylegan2 import convert_stylegan2

    folder = args.out or Path("runs") / f"{args.kind}-{args.file.name.split('.')[0]}"
    target = folder / ("latest_net_G.pth" if args.kind == "to-pix2pix" else checkpoint.FILE)
    kinds = {"magenta": convert_magenta, "pix2pix": convert_pix2pix, "to-pix2pix": export_pix2pix}
    kinds["stylegan2"] = convert_stylegan2
    kinds[args.kind](args.file, target)
    print(target, file=sys.stdout)


def get(args: argparse.Namespace) -> None:
    """Write the checkpoint of CLIP's text tower from the network or from a file."""
    from doodle.convert.clip import convert_clip
    from doodle.data.clip_weights import download, find

    source = find(args.source) if args.source else download()
    target = args.checkpoints / args.name / checkpoint.FILE
    convert_clip(source, target)
    checkpoint.update_index(args.checkpoints)
    print(f"{target} from {source}")
