"""The one training loop: it owns WHEN (steps, evaluation, saving, resuming, the log).

A recipe owns WHAT: its networks, its optimisers and one ``step``.  Running the same command again
resumes; every random number of a step comes from (seed, step), so a resumed run is the run.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from doodle.training.settings import differences, flat


class Recipe(Protocol):
    """What the loop asks of a model's recipe."""

    modules: dict[str, nn.Module]  # everything with weights that a resume needs
    optimisers: dict[str, torch.optim.Optimizer]

    def step(self, step: int, progress: float) -> dict[str, float]:
        """One update of the weights; ``progress`` in [0, 1] drives schedules. Figures to log."""

    def evaluate(self) -> dict[str, float]:
        """Figures on held-out data."""

    def sheet(self, path: Path) -> None:
        """Write a picture of samples to ``path``."""

    def export(self, folder: Path, log: list[dict[str, Any]]) -> None:
        """Write the checkpoint for inference into ``folder``."""


@dataclass(frozen=True)
class Schedule:
    """When things happen.

    A run ends at ``steps`` or after ``minutes`` of training, whichever comes first; learning-rate
    schedules follow whichever is nearer its end.
    """

    steps: int = 100_000
    minutes: float = 0.0  # 0: no limit
    log_every: int = 50
    evaluate_every: int = 1000
    save_every: int = 250

    def progress(self, step: int, seconds: float) -> float:
        by_time = seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(step / self.steps, by_time))


N = TypeVar("N", bound=nn.Module)


class Ema(Generic[N]):
    """Exponential moving average of a network's weights, with the warm-up of EDM."""

    def __init__(self, network: N, shadow: N, decay: float) -> None:
        self.network, self.shadow, self.decay = network, shadow, decay
        shadow.load_state_dict(network.state_dict())
        shadow.requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        weights: list[Tensor] = list(self.shadow.parameters())
        torch._foreach_lerp_(weights, list(self.network.parameters()), 1 - decay)
        for mine, theirs in zip(self.shadow.buffers(), self.network.buffers(), strict=True):
            mine.copy_(theirs)


def fit(
    recipe: Recipe,
    schedule: Schedule,
    folder: Path,
    config: Any,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> list[dict[str, Any]]:
    """Train until the schedule ends; save, log and resume in ``folder``.

    Returns:
        the log: one dict a line of ``log.jsonl``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    step, seconds = _resume(recipe, folder)
    _note_settings(folder / "config.json", config, step)
    log = _read_log(folder / "log.jsonl", step)
    bar = tqdm(initial=step, total=schedule.steps, unit="step", mininterval=10)
    sums: dict[str, float] = {}
    while schedule.progress(step, seconds) < 1 and not stop():
        began = time.perf_counter()
        figures = recipe.step(step, schedule.progress(step, seconds))
        seconds += time.perf_counter() - began
        step += 1
        bar.update()
        for name, value in figures.items():
            sums[name] = sums.get(name, 0.0) + value
        if step % schedule.log_every == 0:
            line: dict[str, Any] = {"step": step, "seconds": round(seconds, 1)}
            line |= {k: round(v / schedule.log_every, 5) for k, v in sums.items()}
            _append(folder / "log.jsonl", log, line)
            sums = {}
        if step % schedule.evaluate_every == 0:
            held_out = {k: round(v, 5) for k, v in recipe.evaluate().items()}
            _append(folder / "log.jsonl", log, {"step": step, "valid": held_out})
            (folder / "samples").mkdir(exist_ok=True)
            recipe.sheet(folder / "samples" / f"{step:07d}.png")
        if step % schedule.save_every == 0:
            _save(recipe, folder, step, seconds)
    bar.close()
    _save(recipe, folder, step, seconds)
    return log


def _note_settings(path: Path, config: Any, step: int) -> None:
    """Write the flat settings of a run; where it is resumed, say which of them are others now."""
    if step and path.exists():
        for name, (before, now) in differences(config, json.loads(path.read_text())).items():
            print(
                f"resumed at step {step:,} with another {name}: {before} -> {now}", file=sys.stderr
            )
    path.write_text(json.dumps(flat(config), indent=1, default=str) + "\n")


def _resume(recipe: Recipe, folder: Path) -> tuple[int, float]:
    path = folder / "state.pt"
    if not path.exists():
        return 0, 0.0
    # our own run's state, and weights_only unpickles tensors and plain values, nothing else
    state = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251
    for name, module in recipe.modules.items():
        module.load_state_dict(state["modules"][name])
    for name, optimiser in recipe.optimisers.items():
        optimiser.load_state_dict(state["optimisers"][name])
    return state["step"], state["seconds"]


def _save(recipe: Recipe, folder: Path, step: int, seconds: float) -> None:
    state = {
        "step": step,
        "seconds": seconds,
        "modules": {k: m.state_dict() for k, m in recipe.modules.items()},
        "optimisers": {k: o.state_dict() for k, o in recipe.optimisers.items()},
    }
    torch.save(state, folder / "state.tmp")
    os.replace(folder / "state.tmp", folder / "state.pt")  # a stop in mid-write loses nothing


def _read_log(path: Path, step: int) -> list[dict[str, Any]]:
    """The log up to the step resumed from; later lines belong to a run that was cut off."""
    if not path.exists():
        return []
    log = [json.loads(line) for line in path.read_text().splitlines()]
    log = [line for line in log if line["step"] <= step]
    path.write_text("".join(json.dumps(line) + "\n" for line in log))
    return log


def _append(path: Path, log: list[dict[str, Any]], line: dict[str, Any]) -> None:
    log.append(line)
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
