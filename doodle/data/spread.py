"""Shares of a job over the machines of a Ray cluster; Ray is an extra that the user installs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]  # holds doodle/
INSTALL = 'pip install "ray[data]"'


def over_ray(
    work: Callable[[int], list[dict[str, Any]]], shares: int, *, gpus: float = 0.0
) -> Iterator[dict[str, Any]]:
    """Run ``work(1)`` to ``work(shares)`` with Ray Data, wherever there is room.

    Ray starts on this machine, or joins the cluster that RAY_ADDRESS names. Every machine of a
    cluster needs this program and the data under the same paths (a shared disk).

    Args:
        work: does one share; importable by name on the other machines.
        shares: how many there are; a machine takes the next one when it is done with its own.
        gpus: of a machine's GPUs, what a share takes.

    Yields:
        the rows of the shares, as they become ready.

    Raises:
        ValueError: Ray is not installed.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ValueError(f"Ray is not installed: {INSTALL}") from error
    started = not ray.is_initialized()
    if started:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        ray.init(runtime_env={"env_vars": {"PYTHONPATH": path}}, log_to_driver=False)
    try:
        items = [{"share": k} for k in range(1, shares + 1)]
        tasks = ray.data.from_items(items, override_num_blocks=shares)
        yield from tasks.flat_map(
            lambda item: work(item["share"]), num_cpus=1, num_gpus=gpus or None
        ).iter_rows()
    finally:
        if started:
            ray.shutdown()
