"""Settings of a training run: those that all recipes share, and how settings are read and recorded.

A recipe's Config is a frozen dataclass with the field `run: Run = shared(...)` and fields of its
own.  Outside of it (flags, presets, config.json, headers of checkpoints) settings are flat: one
name, one value.  A field's metadata says what else is to know of it:

    help       one line for --help
    path       "input", "checkpoint" or "output", where the value is a path
    machine    True where it says how this machine works, not what is trained
    formerly   the name that older run folders have for it
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

C = TypeVar("C")
Presets = Mapping[str, Mapping[str, Any]]
VOCABULARY, RECOGNISER = "checkpoints/words", "checkpoints/recogniser"


@dataclass(frozen=True)
class Run:
    """What every recipe gets to know of a run."""

    data: str = field(metadata={"help": "folder of the training data", "path": "input"})
    out: str = field(default="", metadata={"help": "run folder; rerun to resume", "path": "output"})
    export: str = field(
        default="", metadata={"help": "also write the checkpoint to this folder", "path": "output"}
    )
    seed: int = field(default=0, metadata={"help": "of weights, batches and augmentation"})
    steps: int = field(default=20_000, metadata={"help": "updates of the weights"})
    minutes: float = field(default=0.0, metadata={"help": "end after this much training; 0: never"})
    batch: int = field(default=128, metadata={"help": "examples an update"})
    evaluate_every: int = field(default=1000, metadata={"help": "steps between evaluations"})
    device: str = field(default="auto", metadata={"help": "auto, cpu or cuda", "machine": True})
    preset: str = field(default="", metadata={"help": "values for what is not given here"})

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.evaluate_every < 1:
            raise ValueError("steps, batch and evaluate_every are at least 1")


def shared(*, help: Mapping[str, str] = MappingProxyType({}), **defaults: Any) -> Any:
    """The field `run` of a recipe's Config: what differs from Run's own defaults and help."""
    return field(metadata={"defaults": defaults, "helps": help})


@dataclass(frozen=True)
class Setting:
    """One setting of a Config, nested or not."""

    name: str
    type: Any
    default: Any  # MISSING where it must be given
    metadata: Mapping[str, Any]


def settings(config: type[Any]) -> list[Setting]:
    """All settings of a Config in the order of its fields, those of nested dataclasses in place."""
    hints = get_type_hints(config)
    found: list[Setting] = []
    for part in fields(config):
        kind = hints[part.name]
        if not (isinstance(kind, type) and is_dataclass(kind)):
            found.append(Setting(part.name, kind, _default(part), part.metadata))
            continue
        defaults, helps = part.metadata["defaults"], part.metadata["helps"]
        for inner in settings(kind):
            text = helps.get(inner.name, inner.metadata["help"])
            found.append(
                replace(
                    inner,
                    default=defaults.get(inner.name, inner.default),
                    metadata={**inner.metadata, "help": text},
                )
            )
    return found


def _default(part: Any) -> Any:
    return part.default if part.default_factory is MISSING else part.default_factory()


def build(config: type[C], values: Mapping[str, Any]) -> C:
    """A Config from flat values; what is not among them has its default.

    Raises:
        TypeError: a value is of no setting, or one without a default is missing.
        ValueError: the config's own checks refuse a value.
    """
    rest, own = dict(values), {}
    hints = get_type_hints(config)
    for part in fields(config):  # type: ignore[arg-type]  # a Config is a dataclass
        kind = hints[part.name]
        if isinstance(kind, type) and is_dataclass(kind):
            names = [inner.name for inner in fields(kind)]
            given = {name: rest.pop(name) for name in names if name in rest}
            own[part.name] = kind(**{**part.metadata["defaults"], **given})
    return config(**own, **rest)


def flat(config: Any) -> dict[str, Any]:
    """Name -> value of all settings of a Config."""
    values: dict[str, Any] = {}
    for part in fields(config):
        value = getattr(config, part.name)
        values |= flat(value) if is_dataclass(value) else {part.name: value}
    return values


def changed(config: C, **values: Any) -> C:
    """The Config with some settings replaced, wherever they are nested."""
    return build(type(config), {**flat(config), **values})


# -- what is recorded ----------------------------------------------------------------------------


def resolved(config: Any) -> dict[str, Any]:
    """The settings that say what was trained: neither paths, nor preset, nor the machine's."""
    values = flat(config)
    return {
        setting.name: values[setting.name]
        for setting in settings(type(config))
        if setting.name != "preset" and not {"path", "machine"} & setting.metadata.keys()
    }


def overrides(config: Any, presets: Presets) -> dict[str, Any]:
    """The settings that neither the config's preset nor a default states; inputs are among them.

    A path below the current folder is stated as it is; of another its setting's name alone, in
    capitals, since it means nothing elsewhere.
    """
    values = flat(config)
    stated = presets.get(values.get("preset", ""), {})
    given = {}
    for setting in settings(type(config)):
        kind, value = setting.metadata.get("path"), values[setting.name]
        if setting.name == "preset" or kind == "output" or "machine" in setting.metadata:
            continue
        if value != stated.get(setting.name, setting.default):
            given[setting.name] = _portable(setting.name, value) if kind else value
    return given


def _portable(name: str, path: str) -> str:
    if not path:
        return path
    try:
        return Path(path).resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return name.upper()


def command(recipe: str, config: Any, presets: Presets) -> str:
    """The command that trains it again: parsed, it gives the same resolved config."""
    words = ["python", "-m", "doodle", "train", recipe]
    preset = flat(config).get("preset", "")
    words += ["--preset", preset] if preset else []
    for name, value in overrides(config, presets).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, tuple):
            words += [f"--{flag}", *map(str, value)]
        else:
            words += [f"--{flag}", str(value)]
    return shlex.join(words)


def differences(config: Any, stored: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What a run folder's config.json says otherwise: setting -> (stored, now).

    Settings that only one of the two knows are passed over, so older folders can be resumed.
    """
    now, before = resolved(config), current_names(type(config), stored)
    return {
        name: (before[name], value)
        for name, value in now.items()
        if name in before and before[name] != value
    }


def current_names(config: type[Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Flat values from JSON by the names that settings have now, lists as tuples."""
    names = {s.metadata["formerly"]: s.name for s in settings(config) if "formerly" in s.metadata}
    return {
        names.get(name, name): tuple(value) if isinstance(value, list) else value
        for name, value in stored.items()
    }
