"""app.py: importing it does nothing, and its arguments reach the registry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_importing_app_loads_nothing_heavy():
    heavy = "import sys, app; print([m for m in ('torch', 'gradio', 'cv2') if m in sys.modules])"
    got = subprocess.run([sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True)
    assert got.stdout.strip() == "[]", got.stderr


def test_building_the_page_loads_no_weights_and_no_torch():
    code = (
        "import sys\n"
        "from doodle.registry import Registry\n"
        "from doodle.ui.page import build_app\n"
        "from doodle.services.executor import LocalExecutor\n"
        "build_app(LocalExecutor(Registry('nowhere')))\n"
        "print('torch' in sys.modules)"
    )
    got = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert got.stdout.strip() == "False", got.stderr


def test_arguments(monkeypatch):
    sys.path.insert(0, str(ROOT))
    import app

    assert app.parse([]).port is None and app.parse([]).share is False
    given = app.parse(["--port", "8000", "--device", "cpu", "--budget", "900", "--share"])
    assert (given.port, given.device, given.budget, given.share) == (8000, "cpu", 900, True)
