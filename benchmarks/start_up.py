"""How long until the page is served: `python benchmarks/start_up.py`. Appends to runs/."""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

from record import ROOT, append

LONGEST = 120  # seconds to wait for the page


def import_time() -> float:
    """Seconds of `import app` in a fresh interpreter, start of the interpreter included."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import app"], cwd=ROOT, check=True)
    return time.perf_counter() - begun


def first_page() -> float:
    """Seconds from `python app.py` to the first page served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() - begun < LONGEST:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                    page.read()
                return time.perf_counter() - begun
            except (urllib.error.URLError, OSError):
                if app.poll() is not None:
                    raise RuntimeError(f"app.py ended with code {app.returncode}") from None
                time.sleep(0.05)
        raise TimeoutError(f"no page within {LONGEST} s")
    finally:
        app.terminate()
        app.wait(timeout=30)


def main() -> None:
    """Measure several times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="times to start (%(default)s)")
    args = parser.parse_args()
    imports = [import_time() for _ in range(args.runs)]
    pages = [first_page() for _ in range(args.runs)]
    append(
        "start_up",
        {
            "import app, p50 (s)": statistics.median(imports),
            "first page served, p50 (s)": statistics.median(pages),
            "first page served, worst (s)": max(pages),
        },
    )


if __name__ == "__main__":
    main()
