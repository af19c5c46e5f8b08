"""The page: `build_app(registry)` lays it out, then wires it, and does nothing else."""

from __future__ import annotations

import html

import gradio as gr

from doodle.errors import Busy, ModelUnavailable, OutOfBudget
from doodle.requests import Status, Warm
from doodle.services.executor import Executor
from doodle.services.readiness import imagining, known_words, subjects, summary
from doodle.ui import api, opening
from doodle.ui import saving as export
from doodle.ui.parts import QUIET, scripted
from doodle.ui.runs import Runs
from doodle.ui.sessions import Sessions
from doodle.ui.tools.chimera import panel as chimera
from doodle.ui.tools.draw import panel as draw
from doodle.ui.tools.morph import panel as morph
from doodle.ui.tools.play import panel as game
from doodle.ui.tools.words import panel as words

TITLE = "doodle: draw half of it"
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
    registry, sessions = executor.registry, Sessions()
    runs = {tool: Runs() for tool in ("draw", "words", "chimera", "morph")}

    async def arrive(request: gr.Request) -> str:
        sessions.opened(request)
        return await _wake(executor)

    def leave(request: gr.Request) -> None:
        sessions.closed(request)
        for one in runs.values():
            one.stop(request.session_hash or "")

    choices, nouns = known_words(registry), subjects(registry)
    playing = game.playable(registry)
    with gr.Blocks(title=TITLE, fill_width=True, analytics_enabled=False) as app:
        with gr.Row(elem_id="top"):
            scripted("shell/wordmark", elem_id="wordmark")
            pill = gr.HTML(_pill("Waking up", "", "wait"), elem_id="status")
        with gr.Tabs(elem_id="tools", overflow_behavior="wrap"):  # no menu: all fit, at any width
            with gr.Tab("Draw", id="draw"):
                drawing = draw.build(choices)
            with gr.Tab("Words", id="words"):
                wording = words.build(nouns, imagining(registry))
            with gr.Tab("Chimera", id="chimera"):
                creating = chimera.build(registry)
            with gr.Tab("Morph", id="morph"):
                morphing = morph.build(choices)
            if playing:
                with gr.Tab("Play", id="play"):
                    panel = game.build(playing)
                game.wire(panel, executor)
        scripted("shell/tray", elem_id="tray")
        gr.HTML(_FOOTER, elem_id="foot")
        mailbox = export.build()

        draw.wire(drawing, executor, runs["draw"], mailbox)
        words.wire(wording, executor, runs["words"], nouns, drawing.word)
        chimera.wire(creating, executor, runs["chimera"], mailbox)
        morph.wire(morphing, executor, runs["morph"])
        export.wire(mailbox, drawing.canvas, drawing.word)
        opening.wire(drawing, mailbox)
        api.publish(executor, sessions)
        app.load(arrive, None, pill, **QUIET)
        app.unload(leave)
    return app.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=8)


async def _wake(executor: Executor) -> str:
    """Load what the first drawing will need while the visitor looks around."""
    try:
        await executor.submit(Warm()).answer()
    except (ModelUnavailable, OutOfBudget, Busy):
        pass  # the pill says it, and so does the first request
    words, fit = summary(executor.registry)
    found = await executor.submit(Status()).answer()
    return _pill(f"{found.where}, {words}", found.story, "ready" if fit else "unfit")


def _pill(words: str, story: str, state: str) -> str:
    return (
        f'<p class="dd-pill" data-state="{state}" title="{html.escape(story)}">'
        f"<i></i>{html.escape(words)}</p>"
    )
