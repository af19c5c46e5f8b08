"""Arguments from dataclasses, and checked numbers."""

from __future__ import annotations

import argparse
import math
import types
from collections.abc import Callable
from dataclasses import MISSING
from typing import Any, Literal, Union, get_args, get_origin

from doodle.training.settings import Setting, build, settings


def whole(least: int, most: int) -> Callable[[str], int]:
    """An argument type: a whole number within bounds."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return value

    return parse


def number(above: float, most: float) -> Callable[[str], float]:
    """An argument type: a finite number above one bound and not above the other."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not above < value <= most:
            message = f"{text!r} is no number above {above:g} and at most {most:g}"
            raise argparse.ArgumentTypeError(message)
        return value

    return parse


def add_config(parser: argparse.ArgumentParser, config: type[Any], given: set[str]) -> None:
    """Add one argument for each field of a dataclass.

    What the caller leaves out stays out of the namespace, so that a preset can fill it in.

    Args:
        parser: gets `--field-name` arguments.
        config: a dataclass whose fields carry {"help": ...} as metadata; the fields of a nested one
            are arguments as well. Fields are of type bool, int, float, str, Path, Literal,
            tuple[T, ...], or one of these or None.
        given: fields that a preset states and that therefore need no argument.
    """
    for setting in settings(config):
        if setting.name == "preset":  # the caller's, who knows which there are
            continue
        parser.add_argument(
            f"--{setting.name.replace('_', '-')}",
            dest=setting.name,
            default=argparse.SUPPRESS,
            required=setting.default is MISSING and setting.name not in given,
            help=_help(setting),
            **_kind(setting.type),
        )


def from_arguments(config: type[Any], args: argparse.Namespace, preset: dict[str, Any]) -> Any:
    """Build a config: an argument goes before the preset, the preset before the default.

    Raises:
        ValueError: the config's own checks refuse a value.
    """
    names = [setting.name for setting in settings(config)]
    said = {name: getattr(args, name) for name in names if getattr(args, name, None) is not None}
    said = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    return build(config, {**preset, **said})


def _help(setting: Setting) -> str:
    text = setting.metadata.get("help", "")
    if setting.default is not MISSING and setting.default not in ("", None):
        text = f"{text} ({setting.default})".strip()
    return text.replace("%", "%%")


def _kind(hint: Any) -> dict[str, Any]:
    """What add_argument needs to know of a type."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (arm for arm in get_args(hint) if arm is not type(None))
        return _kind(inner)
    if origin is tuple:
        return {"nargs": "*", **_kind(get_args(hint)[0])}
    if origin is Literal:
        choices = get_args(hint)
        return {"choices": choices, "type": type(choices[0])}
    if hint is bool:
        return {"action": argparse.BooleanOptionalAction}
    return {"type": hint, "metavar": hint.__name__.upper()}
