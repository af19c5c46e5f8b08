"""How every run ends: losses plotted, and the averaged network written with its story."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from doodle import checkpoint
from doodle.training.loop import Recipe, Schedule, fit
from doodle.training.plots import plot_losses

ATTRIBUTION = "Quick, Draw! The Data, by Google, CC BY 4.0"
SPLIT = "by SHA-1 of the drawing, 5 % test, 2.5 % valid"

# options that say where things lay on the machine that trained, not what was trained
_PLACES = ("data", "words", "recogniser", "backbone", "start", "out", "export", "device", "workers")


def run(recipe: Recipe, config: Any, plotted: Sequence[str], **schedule: int) -> None:
    """Train, resume or finish a run; plot its figures; export when asked.

    Args:
        config: the recipe's, with out, export, steps, minutes and evaluate_every.
        plotted: figures of the log that go into losses.png.
        schedule: other fields of Schedule.
    """
    out = Path(config.out)
    when = Schedule(config.steps, config.minutes, evaluate_every=config.evaluate_every, **schedule)
    log = fit(recipe, when, out, config)
    plot_losses(log, plotted).save(out / "losses.png")
    if config.export:
        recipe.export(Path(config.export), log)


def ship(
    folder: Path,
    network: torch.nn.Module,
    *,
    model: str,
    config: Any,
    log: list[dict[str, Any]],
    command: str,
    data: dict[str, Any],
    metrics: list[dict[str, Any]],
    pixels: dict[str, Any] | None = None,
    attribution: str = ATTRIBUTION,
    start: str = "",
) -> None:
    """Write a run's checkpoint and the index of its folder's parent.

    Args:
        network: in eval mode, with a `config`.
        model: entry of MODELS, and the recipe's name.
        config: the run's; what it says of places is left out.
        log: of the run.
        command: that trains it again, after `python -m doodle train`.
        start: folder of the checkpoint that the run went on from; it is named by its digest, with
            its own training.
    """
    settings = {key: value for key, value in asdict(config).items() if key not in _PLACES}
    training = {
        "recipe": command.split()[0],
        "steps": log[-1]["step"] if log else 0,
        "seconds": newest(log, "seconds", 0),
        "device": str(next(network.parameters()).device),
        "config": settings,
        "torch": torch.__version__,
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d"),
        "command": f"python -m doodle train {command}",
    }
    if start:
        path = Path(start) / checkpoint.FILE
        before = checkpoint.read_header(path)["training"]
        training["parent"] = {"sha256": checkpoint.sha256_of(path), "training": before}
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
    )
    checkpoint.update_index(folder.parent)


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
