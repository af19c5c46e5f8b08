"""What many tests share: one torch thread, where outside data lies, Chromium for the browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds app.py."""
    return ROOT


@pytest.fixture(scope="session")
def outside_data() -> Path:
    """Recorded drawings and reference weights, which are not part of the repository."""
    folder = Path(os.environ.get("DOODLE_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no outside data: set DOODLE_DATA, {folder} is not there")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium, from CHROMIUM or the search path."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium: set CHROMIUM to its path")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator:
    """The browser, one for all tests; each visitor gets a context of its own."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of checkpoints as the app expects it, each a tiny network of seeded weights.

    Knows the words apple, cat, eyeglasses and moon. To break one, copy the folder first.
    """
    from dataclasses import replace

    import torch

    from doodle import checkpoint
    from doodle.models import resolve

    root = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    words = resolve("word_table")[0].tiny()
    models = {"words": "word_table"}
    models |= {name: name for name in ("sketch_rnn", "recogniser", "stroke_classifier")}
    for name, model in models.items():
        config_class, module_class = resolve(model)
        config = config_class.tiny()
        if model in ("recogniser", "stroke_classifier"):
            config = replace(config, categories=len(words.categories))
        module = module_class(config).eval()
        for buffer in module.buffers():
            if buffer.ndim == 2:  # a table of unit vectors, which training would fill
                buffer.copy_(torch.nn.functional.normalize(torch.randn(buffer.shape), dim=1))
        checkpoint.save(
            root / name / checkpoint.FILE,
            module,
            model=model,
            config=config,
            licence="MIT",
            attribution="nobody",
            data={"categories": list(words.categories)},
            training={"command": f"python -m doodle train {name}"},
            metrics=[{"name": "score", "value": 0.5, "n": 10, "split": "test"}],
        )
    checkpoint.update_index(root)
    return root


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small networks on few cores: more threads only wait for each other."""
    import sys

    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless `-m` asks for something, and gpu tests where there is no GPU."""
    if config.option.markexpr:
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: run with `-m slow`"))
        elif "gpu" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="gpu: run with `-m gpu`"))
