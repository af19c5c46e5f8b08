"""How quick endings come, and how much quicker than Magenta's sketch_rnn.js on this machine.

    python benchmarks/endings.py [--magenta bird.gen.json]

Ours is the executor that the page asks. The peer is the npm package `@magenta/sketch` in node (its
CPU backend), which is installed below runs/ when npm can; else the same steps in plain numpy, which
is quicker than the package. Both draw endings of equally many points. Appends to
runs/benchmarks.jsonl.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from record import ROOT, append, percentile

if TYPE_CHECKING:
    from doodle.registry import Registry
    from doodle.services.executor import Executor

PACKAGE = "@magenta/sketch@0.2.0"
NODE = ROOT / "runs" / "node"
OVERSAMPLE, ENOUGH = 4, 128  # candidates for each ranked ending, and for all: Completer's
HALF_CAT = [  # ears and brow of a face, on a canvas of 1000 x 750
    np.array([[330, 420], [320, 330], [350, 200], [420, 270], [500, 255], [580, 270]], np.float32),
    np.array([[580, 270], [650, 200], [680, 330], [670, 420]], np.float32),
    np.array([[430, 350], [440, 340], [450, 350], [440, 362], [430, 350]], np.float32),
]


def networks(checkpoints: Path, device: str, spare: Path) -> tuple[Registry, bool]:
    """The shipped networks, or random weights of the default sizes, written to a spare folder."""
    from doodle.registry import Registry
    from doodle.services.readiness import sketching

    registry = Registry(checkpoints, device)
    print(registry.placement)
    problem = sketching(registry)
    if not problem:
        return registry, True
    print(f"{problem}\nGoing on with random weights.", file=sys.stderr)
    from dataclasses import replace

    from doodle.checkpoint import FILE, save
    from doodle.models import resolve

    words, sketch_rnn, recogniser = (resolve(n) for n in ("word_table", "sketch_rnn", "recogniser"))
    table = words[1](words[0].tiny())
    table.vectors.normal_()
    classifier = recogniser[1](replace(recogniser[0](), categories=len(table.categories)))
    network = sketch_rnn[1](sketch_rnn[0]())
    network.head.bias.data[-1] = -20  # random weights would end at once; these go on to the limit
    made = {
        "words": ("word_table", table),
        "sketch_rnn": ("sketch_rnn", network),
        "recogniser": ("recogniser", classifier),
    }
    for name, (model, module) in made.items():
        save(
            spare / name / FILE,
            module.eval(),
            model=model,
            config=module.config,
            licence="none",
            attribution="nobody",
        )
    return Registry.of({name: spare / name for name in made}, device), False


def measure_ours(executor: Executor, n: int, runs: int) -> dict[str, Any]:
    """Seconds to the first ink and to all endings, with ranking and without."""
    from doodle.requests import Complete
    from doodle.services.results import Ink
    from doodle.strokes.drawing import Drawing

    drawing = Drawing.from_polylines(HALF_CAT, 1000, 750)
    first, ranked, plain, points = [], [], [], []
    for seed in range(-2, runs):  # two to warm up
        begun = time.perf_counter()
        events = iter(executor.submit(Complete("cat", n, seed=seed + 2, drawing=drawing)))
        for event in events:
            if isinstance(event, Ink):
                first.append(time.perf_counter() - begun)
                break
        for _ in events:
            pass
        ranked.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        asked = Complete("cat", n, seed=seed + 2, rank=False, drawing=drawing)
        endings = executor.submit(asked).result().endings
        plain.append(time.perf_counter() - begun)
        points.append(sum(len(line) for ending in endings for line in ending.strokes) / n)
    drawn = max(n, min(n * OVERSAMPLE, ENOUGH))
    first, ranked, plain, points = first[2:], ranked[2:], plain[2:], points[2:]
    return {
        "first ink, p50 (ms)": 1e3 * percentile(first, 0.5),
        "first ink, p95 (ms)": 1e3 * percentile(first, 0.95),
        f"{n} endings ranked, p50 (ms)": 1e3 * percentile(ranked, 0.5),
        f"{n} endings ranked, p95 (ms)": 1e3 * percentile(ranked, 0.95),
        f"{n} endings unranked, p50 (ms)": 1e3 * percentile(plain, 0.5),
        "endings a second, ranked": n / statistics.median(ranked),
        "endings a second, unranked": n / statistics.median(plain),
        "candidates a second, ranked": drawn / statistics.median(ranked),
        "points an ending": statistics.mean(points),
    }


def random_weights(folder: Path) -> Path:
    """A .gen.json of the official size with random weights: the time does not depend on them."""
    rng = np.random.default_rng(0)
    shapes = [[512, 123], [123], [5, 2048], [512, 2048], [2048]]
    texts = [
        base64.b64encode(rng.normal(0, 200, shape).astype("<i2").tobytes()).decode()
        for shape in shapes
    ]
    facts = {"mode": 2, "version": 6, "max_seq_len": 129, "name": "random", "scale_factor": 70.0}
    path = folder / "random.gen.json"
    path.write_text(json.dumps([facts, shapes, texts]))
    return path


def magenta_in_node(weights: Path, steps: int, drawings: int) -> list[float] | None:
    """Seconds a drawing of @magenta/sketch, or None where node or the package cannot be had."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    if not (NODE / "node_modules" / "@magenta").is_dir():
        NODE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--silent", PACKAGE]
        if subprocess.run(command, cwd=NODE, timeout=300).returncode:
            return None
    script = Path(__file__).with_name("magenta_sketch.js")
    done = subprocess.run(
        ["node", script, NODE / "node_modules", weights, str(steps), str(drawings)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        print(done.stderr[-500:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])["seconds"]


def magenta_in_numpy(weights: Path, steps: int, drawings: int) -> list[float]:
    """Seconds a drawing of the same network, one at a time, in plain float32 numpy."""
    _, shapes, texts = json.loads(weights.read_bytes())
    w_out, b_out, w_xh, w_hh, b = (
        (np.frombuffer(base64.b64decode(text), "<i2") / 3276.7).astype(np.float32).reshape(shape)
        for shape, text in zip(shapes, texts, strict=True)
    )
    kernel, rng, seconds = np.concatenate([w_xh, w_hh]), np.random.default_rng(0), []
    for _ in range(drawings):
        begun = time.perf_counter()
        h = c = np.zeros(w_hh.shape[0], np.float32)
        row = np.array([0, 0, 1, 0, 0], np.float32)
        for _ in range(steps):
            i, g, f, o = np.split(np.concatenate([row, h]) @ kernel + b, 4)
            c = c / (1 + np.exp(-f - 1)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(c) / (1 + np.exp(-o))
            out = h @ w_out + b_out
            pi = np.exp((out[3:23] - out[3:23].max()) / 0.65)
            k = rng.choice(20, p=pi / pi.sum())
            row[:2] = out[[23 + k, 43 + k]] + np.exp(out[[63 + k, 83 + k]]) * rng.normal(size=2)
        seconds.append(time.perf_counter() - begun)
    return seconds


def main() -> None:
    """Measure both in one run and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--magenta", type=Path, metavar="FILE", help=".gen.json; random if absent")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints")
    parser.add_argument("--device", default="cpu", help="of ours (%(default)s)")
    parser.add_argument("--n", type=int, default=9, help="endings a request (%(default)s)")
    parser.add_argument("--runs", type=int, default=10, help="requests to time (%(default)s)")
    args = parser.parse_args()

    from doodle.services.asking import asking

    with tempfile.TemporaryDirectory() as folder:
        registry, trained = networks(args.checkpoints, args.device, Path(folder))
        figures = {"weights": "trained" if trained else "random", "device": args.device}
        with asking(registry) as executor:
            figures |= measure_ours(executor, args.n, args.runs)
    steps = round(figures["points an ending"]) + 1  # one more to say that it is the end
    with tempfile.TemporaryDirectory() as folder:
        weights = args.magenta or random_weights(Path(folder))
        theirs, peer = magenta_in_node(weights, steps, 5), "@magenta/sketch, node, CPU backend"
        if theirs is None:
            theirs, peer = magenta_in_numpy(weights, steps, 5), "numpy stand-in for sketch_rnn.js"
    each = statistics.median(theirs)
    figures |= {
        "peer": peer,
        "peer, one ending of as many points (ms)": 1e3 * each,
        # unranked is the like for like: as many endings drawn as given. Ranked draws several times
        # as many and scores them: counted once by what is given, once by what is drawn.
        "RATIO an ending, unranked": each * figures["endings a second, unranked"],
        "RATIO an ending given, ranked": each * figures["endings a second, ranked"],
        "RATIO an ending drawn, ranked": each * figures["candidates a second, ranked"],
    }
    append("endings", figures)


if __name__ == "__main__":
    main()
