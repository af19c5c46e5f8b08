"""`train` and `evaluate`: arguments come from the dataclass of what is run."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from doodle.commands.arguments import add_config, from_arguments

# each names a module of doodle.training or doodle.evaluation with Config, main and maybe PRESETS
RECIPES = (
    "sketch_rnn",
    "recogniser",
    "stroke_classifier",
    "words",
    "writing_detector",
    "dcgan",
    "dccgan",
    "completion_gan",
    "chimera",
    "faces",
    "face_finder",
    "face_scorer",
    "face_directions",
)
# what older checkpoints' headers and notes call a recipe
FORMER_NAMES = {"letters": "writing_detector"}
EVALUATIONS = (
    "sketch_rnn",
    "endings",
    "recogniser",
    "stroke_classifier",
    "dccgan",
    "chimera",
    "faces",
    "face_finder",
    "face_edits",
)


def register_train(subparsers: Any) -> None:
    """Add `train RECIPE --preset NAME ...`."""
    _register(subparsers, "train", "training", RECIPES, "recipe")


def register_evaluate(subparsers: Any) -> None:
    """Add `evaluate NAME ...`."""
    _register(subparsers, "evaluate", "evaluation", EVALUATIONS, "name")


def current_name(name: str) -> str:
    """What a recipe is called now."""
    return FORMER_NAMES.get(name, name)


def _register(subparsers: Any, command: str, package: str, names: tuple[str, ...], what: str):
    parser = subparsers.add_parser(
        command,
        description=f"`{command} {what.upper()} --help` lists the arguments of one.",
    )
    parser.add_argument(what, choices=names, type=current_name)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="arguments of its own")

    def run(args: argparse.Namespace) -> None:
        module = import_module(f"doodle.{package}.{getattr(args, what)}")
        prog = f"{parser.prog} {getattr(args, what)}"
        module.main(read_config(module, args.rest, prog=prog, kind=type(parser)))

    parser.set_defaults(run=run)


def read_config(
    module: Any,
    rest: Sequence[str],
    *,
    prog: str = "",
    kind: type[argparse.ArgumentParser] = argparse.ArgumentParser,
) -> Any:
    """Parse what follows a recipe's name into its Config, which notes the preset too."""
    presets = getattr(module, "PRESETS", {})
    parser = kind(prog=prog, description=module.__doc__.splitlines()[0])
    chosen: dict[str, Any] = {}
    if presets:
        parser.add_argument("--preset", choices=presets, help="values for what is not given here")
        first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        first.add_argument("--preset")
        chosen = presets.get(first.parse_known_args(rest)[0].preset, {})
    add_config(parser, module.Config, set(chosen))
    return from_arguments(module.Config, parser.parse_args(rest), chosen)
