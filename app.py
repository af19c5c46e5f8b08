"""Starts the page: `python app.py`, then open the address it prints.

This is also the file which a Hugging Face Space starts, so it needs no argument.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from doodle.registry import CHECKPOINTS, Registry


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Draw half of it; a network draws the rest.")
    parser.add_argument("--host", default=None, help="address to listen on; 127.0.0.1 if not given")
    parser.add_argument("--port", type=int, default=None, help="port; the first free one from 7860")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    parser.add_argument(
        "--budget", type=int, default=None, metavar="MB", help="memory that loaded models may take"
    )
    parser.add_argument(
        "--checkpoints", type=Path, default=CHECKPOINTS, help="folder that holds INDEX.json"
    )
    parser.add_argument(
        "--share", action=argparse.BooleanOptionalAction, default=False, help="a public link"
    )
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, default=False, help="open a browser"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Build the registry and the page, and serve it until interrupted."""
    arguments = parse(argv)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # nothing calls home
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "50")  # a summary after every event
    from doodle.ui.page import build_app
    from doodle.ui.theme import launch_options

    budget = None if arguments.budget is None else arguments.budget * 1_000_000
    registry = Registry(arguments.checkpoints, arguments.device, budget)
    build_app(registry).launch(
        server_name=arguments.host,
        server_port=arguments.port,
        share=arguments.share,
        inbrowser=arguments.open,
        **launch_options(),
    )


if __name__ == "__main__":
    main()
