"""Resident memory, step by step, in one fresh process: `python benchmarks/memory.py`. Linux only.

The last step also gives what one request takes beside the weights, which is what
doodle.registry.WORKING_BYTES stands for. Appends to runs/benchmarks.jsonl.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from record import ROOT, append


def resident(field: str = "VmRSS") -> float:
    """MB in memory now (VmRSS), or at most so far (VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def main() -> None:
    """Import, build the page, load every model, make sixteen endings; say what each step took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    args = parser.parse_args()
    figures = {"interpreter (MB)": resident()}

    import app  # noqa: F401

    figures["import app (MB)"] = resident()
    from doodle.registry import Registry
    from doodle.ui.page import build_app

    registry = Registry(args.checkpoints, "cpu")
    page = build_app(registry)
    figures["page built (MB)"] = resident()
    from doodle.pipelines.complete import Completer

    figures["pipeline imported (MB)"] = resident()
    with registry.use("sketch_rnn", "words", "recogniser") as networks:
        figures["every model loaded (MB)"] = resident()
        completer = Completer(*networks)
        for seed in range(3):
            completer.draw("cat", n=16, seed=seed)
    figures["after three times sixteen drawings (MB)"] = resident()
    figures["at most (MB)"] = resident("VmHWM")
    figures["weights by the registry's count (MB)"] = registry.resident_bytes / 1e6
    assert page is not None  # held until the end, as a server holds it
    append("memory", figures)


if __name__ == "__main__":
    main()
