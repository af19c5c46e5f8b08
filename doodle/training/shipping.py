"""How every run ends: losses plotted, and the averaged network written with its story."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from doodle import checkpoint
from doodle.training.loop import Recipe, Schedule, fit
from doodle.training.plots import plot_losses
from doodle.training.settings import (
    Presets,
    Run,
    build,
    command,
    current_names,
    overrides,
    resolved,
)

ATTRIBUTION = "Quick, Draw! The Data, by Google, CC BY 4.0"
SPLIT = "by SHA-1 of the drawing, 5 % test, 2.5 % valid"


def train(recipe: Recipe, config: Any, plotted: Sequence[str], *, save_every: int = 250) -> None:
    """Train, resume or finish a run; plot its figures; export when asked.

    Args:
        config: the recipe's, with the shared settings in `config.run`.
        plotted: figures of the log that go into losses.png.
        save_every: steps between saves.
    """
    shared: Run = config.run
    out = Path(shared.out)
    schedule = Schedule(
        shared.steps, shared.minutes, evaluate_every=shared.evaluate_every, save_every=save_every
    )
    log = fit(recipe, schedule, out, config)
    plot_losses(log, plotted).save(out / "losses.png")
    if shared.export:
        recipe.export(Path(shared.export), log)


def ship(
    folder: Path,
    network: torch.nn.Module,
    *,
    model: str,
    recipe: str,
    config: Any,
    presets: Presets,
    log: list[dict[str, Any]],
    data: dict[str, Any],
    metrics: list[dict[str, Any]],
    pixels: dict[str, Any] | None = None,
    attribution: str = ATTRIBUTION,
    start: str = "",
    packed: Sequence[str] = (),
) -> None:
    """Write a run's checkpoint and the index of its folder's parent.

    Args:
        network: in eval mode, with a `config`.
        model: entry of MODELS.
        recipe: the name of it after `python -m doodle train`.
        config: the run's; what it says of places is left out.
        presets: of the recipe.
        log: of the run.
        start: the checkpoint that the run started from; empty: none.
        packed: matrices that are stored in eight bits.
    """
    again = command(recipe, config, presets)
    training: dict[str, Any] = {
        "recipe": recipe,
        "steps": log[-1]["step"] if log else 0,
        "seconds": newest(log, "seconds", 0),
        "device": str(next(chain(network.parameters(), network.buffers())).device),
        "preset": config.run.preset,
        "overrides": overrides(config, presets),
        "config": resolved(config),
        "torch": torch.__version__,
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d"),
        "command": again,
    }
    if start:
        training["parent"] = parent_of(start)
    checkpoint.save(
        folder / checkpoint.FILE,
        network,
        model=model,
        config=network.config,
        data=data,
        pixels=pixels,
        training=training,
        metrics=metrics,
        licence="MIT",
        attribution=attribution,
        packed=packed,
    )
    checkpoint.update_index(folder.parent)
    print(f"{folder / checkpoint.FILE} written; to train it again: {again}")


def parent_of(start: str) -> dict[str, Any]:
    """What a header says of the checkpoint that a run started from: name, digests, its training."""
    path = checkpoint.file_of(start)
    return {
        "name": path.parent.resolve().name,
        "sha256": checkpoint.sha256_of(path),
        "weights_sha256": checkpoint.weights_sha256(path),
        "training": checkpoint.read_header(path)["training"],
    }


def recorded_again(
    path: Path, recipe: str, config: type[Any], presets: Presets, *, preset: str, start: str
) -> dict[str, Any]:
    """A header's `training` with preset, overrides, command and parent from its own settings.

    Args:
        recipe: its name now.
        config: the recipe's Config.
        preset: that the run had; empty: none.
        start: the checkpoint that it started from; empty: none.

    Raises:
        ValueError: the recipe has no such preset, or its settings cannot be said so.
    """
    training = checkpoint.read_header(path)["training"]
    if preset and preset not in presets:
        raise ValueError(f"no preset {preset!r} ({', '.join(presets) or 'there are none'})")
    said = {"data": "DATA", "preset": preset} | ({"start": start} if start else {})
    values = {**presets.get(preset, {}), **current_names(config, training["config"]), **said}
    try:
        again = build(config, values)
    except TypeError as error:
        raise ValueError(f"{path} does not fit its recipe: {error}") from error
    facts = {
        "preset": preset,
        "overrides": overrides(again, presets),
        "recipe": recipe,
        "command": command(recipe, again, presets),
    }
    return {**training, **facts, **({"parent": parent_of(start)} if start else {})}


def newest(log: list[dict[str, Any]], key: str, default: Any) -> Any:
    """The last value that a run's log holds of something."""
    return next((line[key] for line in reversed(log) if key in line), default)


def commit() -> str:
    """The commit that is checked out; empty outside a repository."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return found.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
