"""The page: `build_app(registry)` lays it out, then wires it, and does nothing else."""

from __future__ import annotations

import html

import gradio as gr

from doodle.errors import ModelUnavailable, OutOfBudget
from doodle.registry import Registry
from doodle.ui import api
from doodle.ui.panels import chimera, draw, export, game, morph, opening, words
from doodle.ui.panels.parts import QUIET, scripted
from doodle.ui.runs import Runs
from doodle.ui.studio import Studio, imagining, known_words, status
from doodle.ui.theme import read

TITLE = "doodle: draw half of it"
QUEUE_LENGTH = 64  # requests that may wait; beyond it a visitor is told to come back
_FOOTER = (
    '<p>Drawings learned from <a href="https://quickdraw.withgoogle.com/data">Quick, Draw!</a> '
    "by Google (CC BY 4.0), animals from photographs of public research sets. The first words of "
    "the list are drawn best, the others less surely. Nothing you draw leaves this machine.</p>"
)


def build_app(registry: Registry) -> gr.Blocks:
    """The page as a value; `launch(**theme.launch_options())` shows it as it is meant.

    Args:
        registry: where its models come from; nothing is loaded before somebody opens the page.
    """
    studio, runs, ideas, beasts = Studio(registry), Runs(), Runs(), Runs()

    def leave(request: gr.Request) -> None:
        for one in (runs, ideas, beasts):
            one.stop(request.session_hash or "")

    choices = known_words(registry)
    problem, subjects = imagining(registry)
    playing = game.playable(registry)
    with gr.Blocks(title=TITLE, fill_width=True, analytics_enabled=False) as app:
        with gr.Row(elem_id="top"):
            gr.HTML(read("wordmark.html"), elem_id="wordmark")
            pill = gr.HTML(_pill("Waking up", "", "wait"), elem_id="status")
        with gr.Tabs(elem_id="tools", overflow_behavior="wrap"):  # no menu: all fit, at any width
            with gr.Tab("Draw", id="draw"):
                drawing = draw.build(choices)
            with gr.Tab("Words", id="words"):
                wording = words.build(subjects, problem)
            with gr.Tab("Chimera", id="chimera"):
                creating = chimera.build(studio)
            with gr.Tab("Morph", id="morph"):
                morphing = morph.build(choices)
            if playing:
                with gr.Tab("Play", id="play"):
                    panel = game.build(playing)
                game.wire(panel, studio)
        scripted("tray", elem_id="tray")
        gr.HTML(_FOOTER, elem_id="foot")
        mailbox = export.build()

        draw.wire(drawing, studio, runs, mailbox)
        words.wire(wording, studio, ideas, subjects, drawing.word)
        chimera.wire(creating, studio, beasts, mailbox)
        morph.wire(morphing, studio, runs)
        export.wire(mailbox, drawing.canvas, drawing.word)
        opening.wire(drawing, mailbox)
        api.publish(studio)
        app.load(lambda: _wake(studio), None, pill, **QUIET)
        app.unload(leave)
    return app.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=8)


def _wake(studio: Studio) -> str:
    """Load what the first drawing will need while the visitor looks around."""
    try:
        studio.warm()
    except (ModelUnavailable, OutOfBudget):
        pass  # the pill says it, and so does the first request
    words, story, fit = status(studio.registry)
    return _pill(words, story, "ready" if fit else "unfit")


def _pill(words: str, story: str, state: str) -> str:
    return (
        f'<p class="dd-pill" data-state="{state}" title="{html.escape(story)}">'
        f"<i></i>{html.escape(words)}</p>"
    )
