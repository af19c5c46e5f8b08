"""Starts the page: `python app.py`, then open the address it prints.

This is also the file which a Hugging Face Space starts, so it needs no argument.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from doodle.registry import CHECKPOINTS, Registry

if TYPE_CHECKING:
    from doodle.services.executor import Executor


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
        "--threads", type=int, default=0, help="that models compute in; as many as cores, at most 4"
    )
    parser.add_argument(
        "--own-process",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="models in a process beside the page's",
    )
    parser.add_argument(
        "--share", action=argparse.BooleanOptionalAction, default=False, help="a public link"
    )
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, default=False, help="open a browser"
    )
    parser.add_argument(
        "--mcp",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="tools over the Model Context Protocol; wherever the package mcp is, if not given",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Build the registry and the page, and serve it until it is told to stop."""
    arguments = parse(argv)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # nothing calls home
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "50")  # a summary after every event
    from doodle.services.process import limit_memory
    from doodle.ui import mcp
    from doodle.ui.serving import serve

    try:
        tools = mcp.wanted(arguments.mcp)
    except ValueError as error:
        raise SystemExit(f"app.py: {error}") from None
    limit_memory()
    executor = executor_of(arguments)
    try:
        serve(
            executor,
            tools=tools,
            server_name=arguments.host,
            server_port=arguments.port,
            share=arguments.share,
            inbrowser=arguments.open,
        )
    finally:
        executor.close()


def executor_of(arguments: argparse.Namespace) -> Executor:
    """What answers the page: models in a process of their own, or in this one."""
    from doodle.services.asking import usable_cores
    from doodle.services.executor import LocalExecutor
    from doodle.services.lent import LentExecutor
    from doodle.services.process import ProcessExecutor

    budget = None if arguments.budget is None else arguments.budget * 1_000_000
    registry = Registry(arguments.checkpoints, arguments.device, budget)
    try:
        from spaces import GPU  # a ZeroGPU Space lends its GPU to a function of this process
    except ImportError:
        pass
    else:
        return LentExecutor(registry, GPU)
    threads = arguments.threads or usable_cores()
    if not arguments.own_process:
        return LocalExecutor(registry, threads=threads)
    executor = ProcessExecutor(registry, arguments.device, budget, threads)
    executor.start()  # torch is imported there while the page is built here
    return executor


if __name__ == "__main__":
    main()
