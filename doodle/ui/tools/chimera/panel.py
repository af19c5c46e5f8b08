"""Chimera: a drawing or a picture of an animal, its edges at once, pictures of it at a press."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from doodle.services.readiness import chimerical
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.examples import read_examples
from doodle.ui.front import picture_address
from doodle.ui.parts import DIRECT, QUIET, WORK, scripted
from doodle.ui.pictures import colours
from doodle.ui.scripts import call
from doodle.ui.tool import Context
from doodle.ui.tools.chimera.tasks import ChimeraTasks

HINT = "Draw an animal here, or drop a picture of one."
KEPT_FOR = 3600  # seconds that a visitor's picture is kept after the tab was closed
EXAMPLES = Path(__file__).resolve().parent / "examples"
# what the tool does is shown with one of them and the network's picture of it, made in their
# folder by: python -m doodle chimera 02_griffin.json --out 02_griffin.webp
SHOWN, SHOWN_PICTURE = "a griffin", EXAMPLES / "02_griffin.webp"

_EDITED = call("chimera.edited")


@dataclass(frozen=True)
class ChimeraPanel:
    """The parts of the tool that are wired together."""

    desk: gr.HTML
    canvas: StrokeCanvas
    edges: gr.HTML
    result: gr.HTML
    picture: gr.State
    made: gr.State


def build(context: Context) -> ChimeraPanel:
    """Lay the tool out."""
    problem, species, size = chimerical(context.registry)
    palette = colours(species)
    shown = {"palette": json.dumps(palette), "examples": json.dumps(read_examples(EXAMPLES))}
    with gr.Row(elem_classes="dd-desk dd-desk-chimera"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            desk = scripted("tools/chimera/sentence", problem=problem, **shown, elem_id="chimera")
            canvas = StrokeCanvas(
                elem_id="chimera_pad",
                autosave="chimera",
                formerly="creature",
                palette=palette,
                hint=HINT,
            )
            demo = "" if problem else picture_address(SHOWN_PICTURE)
            scripted(
                "tools/chimera/examples",
                **shown,
                demo=json.dumps({"name": SHOWN, "url": demo}),
                elem_id="chimera_examples",
            )
        with gr.Column(elem_classes="dd-side", min_width=0):
            with gr.Column(elem_classes="dd-card", min_width=0):
                result = scripted("tools/chimera/result", size=size, elem_id="chimera_result")
            with gr.Column(elem_classes="dd-card", min_width=0):
                edges = scripted("tools/chimera/edges", elem_id="chimera_edges")
                scripted("tools/chimera/options", elem_id="chimera_options")
    picture, made = gr.State(time_to_live=KEPT_FOR), gr.State(time_to_live=KEPT_FOR)
    return ChimeraPanel(desk, canvas, edges, result, picture, made)


def wire(panel: ChimeraPanel, context: Context) -> None:
    """Connect the controls with the models.

    The sentence's script (sentence.js) gathers all that is on the page into one message, for the
    preview of the edges and for the pictures alike: they cannot differ.
    """
    desk, result, edges = panel.desk, panel.result, panel.edges
    tasks = ChimeraTasks(context.runs)
    inputs = [desk, panel.picture]
    desk.edges(tasks.edges, inputs, edges, **{**DIRECT, "trigger_mode": "always_last"})
    shown = [result, edges, panel.made]
    desk.render_pictures(tasks.render, inputs, shown, **WORK)
    desk.live(tasks.render, inputs, shown, **{**WORK, "trigger_mode": "always_last"})
    desk.stop(context.runs.stopper("chimera"), None, None, queue=False, **QUIET)
    panel.canvas.on_import(tasks.opened, None, [desk, panel.picture], **WORK)
    edges.edited(None, edges, None, js=_EDITED, **QUIET)
    result.full(tasks.full, [result, panel.made], context.mailbox, **WORK)
    result.outline(tasks.outline, [result, panel.made], desk, **WORK)
