"""The page: `build_app(executor)` lays out the tools of the table, then wires them."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from doodle.errors import Busy, ModelUnavailable, OutOfBudget
from doodle.requests import Status, Warm
from doodle.services.executor import Executor
from doodle.services.readiness import summary
from doodle.ui import api, saving, scripts
from doodle.ui.parts import QUIET, scripted
from doodle.ui.run import Runs
from doodle.ui.sessions import Sessions
from doodle.ui.tool import Context, Tool
from doodle.ui.tools import table

TITLE = "doodle: draw half of it"
ABOUT = "Draw half of something: a small network draws the rest."
QUEUE_LENGTH = 256  # events that Gradio lets wait; how many requests may, the executor says
_FOOTER = (
    '<p>Drawings learned from <a href="https://quickdraw.withgoogle.com/data">Quick, Draw!</a> '
    "by Google (CC BY 4.0), animals from photographs of public research sets. The first words of "
    "the list are drawn best, the others less surely. Nothing you draw leaves this machine.</p>"
)


def build_app(executor: Executor) -> gr.Blocks:
    """The page as a value; `launch(**theme.launch_options())` shows it as it is meant.

    Args:
        executor: answers all that is asked; nothing is loaded before somebody opens the page.
    """
    sessions, runs = Sessions(), Runs(executor)
    tools = [tool for tool in table.TOOLS if tool.available(executor.registry)]

    async def arrive(request: gr.Request) -> str:
        sessions.opened(request)
        return await _wake(executor)

    def leave(request: gr.Request) -> None:
        sessions.closed(request)
        runs.leave(request)

    with gr.Blocks(title=TITLE, fill_width=True, analytics_enabled=False) as app:
        scripts.leave_to_front()
        with gr.Row(elem_id="top"):
            scripted("shell/wordmark", elem_id="wordmark")
            gr.HTML(f"<p>{ABOUT}</p>", elem_id="about")
            pill = gr.HTML(_pill("Waking up", "", "wait"), elem_id="status")
        context = Context(executor, runs, saving.build())
        with gr.Tabs(elem_id="tools", overflow_behavior="wrap"):  # no menu: all fit, at any width
            panels = [_tab(tool, context) for tool in tools]
        scripted("shell/tray", elem_id="tray")
        gr.HTML(_FOOTER, elem_id="foot")
        context.mailbox.render()

        # first, for a handler of the page must not take the name of an endpoint
        api.publish(executor, sessions, table.TOOLS)
        for tool, panel in zip(tools, panels, strict=True):
            tool.wire(panel, context)
        saving.wire(context.mailbox)
        app.load(arrive, None, pill, **QUIET)
        app.unload(leave)
    return app.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=8)


def _tab(tool: Tool, context: Context) -> Any:
    """Lay a tool out in a tab of its own; its parts."""
    with gr.Tab(tool.title, id=tool.id):
        return tool.build(context)


async def _wake(executor: Executor) -> str:
    """Load what the first drawing will need while the visitor looks around."""
    try:
        await executor.submit(Warm()).answer()
    except (ModelUnavailable, OutOfBudget, Busy):
        pass  # the pill says it, and so does the first request
    ready, fit = summary(executor.registry)
    found = await executor.submit(Status()).answer()
    return _pill(f"{found.where}, {ready}", found.story, "ready" if fit else "unfit")


def _pill(text: str, story: str, state: str) -> str:
    return (
        f'<p class="dd-pill" data-state="{state}" title="{html.escape(story)}">'
        f"<i></i>{html.escape(text)}</p>"
    )
