"""The command line: `python -m doodle COMMAND ...`.

Only the command that was asked for is imported, so help is instant. Exit code 0 is success, 2 the
caller's mistake, 3 a missing or broken checkpoint or too little memory; an error is one line on
standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import doodle
from doodle.errors import ModelUnavailable, OutOfBudget

# name -> (module:function that adds the command to the subparsers, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "complete": ("doodle.commands.drawing:register_complete", "finish the drawings of a file"),
    "draw": ("doodle.commands.drawing:register_draw", "draw a word from nothing"),
    "imagine": ("doodle.commands.imagine:register_imagine", "doodles of a word, PNG and SVG"),
    "chimera": ("doodle.commands.chimera:register_chimera", "drawings and edges to animals, PNG"),
    "edit-face": ("doodle.commands.edit_face:register", "a face changed by words"),
    "faces": ("doodle.commands.faces:register_faces", "faces of nobody, PNG"),
    "recognise": ("doodle.commands.recognise:register_recognise", "name the drawings of a file"),
    "data": ("doodle.commands.data:register", "download, filter and look at drawings"),
    "train": ("doodle.commands.recipes:register_train", "train a network"),
    "evaluate": ("doodle.commands.recipes:register_evaluate", "measure a network"),
    "convert": ("doodle.commands.models:register_convert", "take over weights of others"),
    "models": ("doodle.commands.models:register_models", "list, check and describe checkpoints"),
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; `--help` has the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser with all of `command` and one line each of the others."""
    parser = Parser(prog="python -m doodle", description=doodle.__doc__)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (register, line) in COMMANDS.items():
        if name == command:
            module, function = register.split(":")
            getattr(import_module(module), function)(subparsers)
        else:
            subparsers.add_parser(name, help=line)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; a wrong usage exits by itself with 2."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    args = build_parser(command).parse_args(arguments)
    try:
        return args.run(args) or 0
    except BrokenPipeError:  # the reader has seen enough, as `| head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _failed(command, "stopped", 130)
    except (ModelUnavailable, OutOfBudget) as error:
        return _failed(command, error, 3)
    except (ValueError, OSError) as error:
        return _failed(command, error, 2)


def _failed(command: str | None, why: object, code: int) -> int:
    print(f"python -m doodle {command}: {' '.join(str(why).split())}", file=sys.stderr)
    return code
