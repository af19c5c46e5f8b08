"""Resident memory, step by step, of a fresh server: `python benchmarks/memory.py`. Linux only.

All of its processes together, the page's and that of the models; pages that they share are counted
in each. The last step also gives what one request takes beside the weights, which is what
doodle.registry.WORKING_BYTES stands for. Appends to runs/benchmarks.jsonl.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from record import ROOT, append


def resident(field: str = "VmRSS") -> float:
    """MB of this process and of all below it: now (VmRSS), or each at most so far (VmHWM)."""
    return sum(_resident(pid, field) for pid in _family(os.getpid()))


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    below = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        below += map(int, (thread / "children").read_text().split())
    return [pid, *(other for child in below for other in _family(child))]


def _resident(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/{pid}/status has no {field}")


def main() -> None:
    """Import, build the page, load every model, make sixteen endings; say what each step took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    args = parser.parse_args()
    figures = {"interpreter (MB)": resident()}

    import app

    figures["import app (MB)"] = resident()
    from doodle.requests import Draw, Status, Warm
    from doodle.ui.page import build_app

    given = ["--checkpoints", str(args.checkpoints), "--device", "cpu"]
    executor = app.executor_of(app.parse(given))
    page = build_app(executor)
    executor.submit(Status()).result()  # its process has started
    figures["page built (MB)"] = resident()
    executor.submit(Warm()).result()
    figures["every model loaded (MB)"] = resident()
    for seed in range(3):
        executor.submit(Draw("cat", 16, seed=seed)).result()
    figures["after three times sixteen drawings (MB)"] = resident()
    figures["at most (MB)"] = resident("VmHWM")
    used = [executor.registry.fit_card(n) for n in ("sketch_rnn", "words", "recogniser")]
    figures["weights by the registry's count (MB)"] = sum(c.loaded_bytes for c in used) / 1e6
    assert page is not None  # held until the end, as a server holds it
    executor.close()
    append("memory", figures)


if __name__ == "__main__":
    main()
