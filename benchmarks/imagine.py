"""How quick sixteen doodles come, with and without tracing and ranking: as asked for.

    python benchmarks/imagine.py [--words cat,telescope]

Appends to runs/benchmarks.jsonl.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from record import ROOT, append, percentile

if TYPE_CHECKING:
    from doodle.services.executor import Executor

OVERSAMPLE = 3  # candidates for each ranked doodle: Imaginer's
TARGET = 200.0  # ms for sixteen doodles, ranked and traced, on two cores
WAYS = {
    "ranked, traced": {},
    "ranked": {"trace": False},
    "traced": {"rank": False},
    "bare": {"rank": False, "trace": False},
}


def measure(executor: Executor, words: list[str], n: int, runs: int) -> dict[str, Any]:
    """Milliseconds of each way, and what tracing and ranking take of the whole."""
    from doodle.requests import Imagine

    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for run in range(-2, runs):  # two to warm up; the ways take turns, so that noise hits all alike
        for way, options in WAYS.items():
            begun = time.perf_counter()
            word = words[run % len(words)]
            executor.submit(Imagine(word, n, seed=max(run, 0), **options)).result()
            if run >= 0:
                seconds[way].append(time.perf_counter() - begun)
    figures: dict[str, Any] = {}
    for way, values in seconds.items():
        figures[f"{n} doodles, {way}, p50 (ms)"] = 1e3 * percentile(values, 0.5)
        figures[f"{n} doodles, {way}, p95 (ms)"] = 1e3 * percentile(values, 0.95)
    middle = {way: percentile(values, 0.5) for way, values in seconds.items()}
    whole = middle["ranked, traced"]
    figures |= {
        "RATIO tracing to the whole": 1 - middle["ranked"] / whole,
        "RATIO ranking to the whole": 1 - middle["traced"] / whole,
        f"RATIO target of {TARGET:g} ms to the whole": TARGET / 1e3 / whole,
    }
    begun = time.perf_counter()
    for job in [executor.submit(Imagine(word, n)) for word in words]:
        job.result()
    figures["one word of a batch (ms)"] = 1e3 * (time.perf_counter() - begun) / len(words)
    return figures


def main() -> None:
    """Measure and append."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", default="cat,telescope,castle,bicycle,fish,rabbit")
    parser.add_argument("--n", type=int, default=16, help="doodles a request (%(default)s)")
    parser.add_argument("--runs", type=int, default=20, help="requests to time (%(default)s)")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    parser.add_argument("--device", default="cpu", help="(%(default)s)")
    args = parser.parse_args()

    import torch

    from doodle.registry import Registry
    from doodle.services.asking import asking

    registry = Registry(args.checkpoints, args.device)
    print(registry.placement, file=sys.stderr)
    with asking(registry) as executor:
        asked = [word.strip() for word in args.words.split(",")]
        figures = measure(executor, asked, args.n, args.runs)
    facts = {"device": args.device, "threads": torch.get_num_threads(), "oversample": OVERSAMPLE}
    append("imagine", facts | figures)


if __name__ == "__main__":
    main()
