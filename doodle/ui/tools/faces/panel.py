"""Faces: a sentence and its words, the picture, faces to begin with, ways onward at the side."""

from __future__ import annotations

import json
from dataclasses import dataclass

import gradio as gr

from doodle.services.readiness import editing_faces, face_words, making_faces
from doodle.ui.parts import DIRECT, QUIET, WORK, scripted
from doodle.ui.tool import Context
from doodle.ui.tools.faces.tasks import LIKENESS, FaceTasks


@dataclass(frozen=True)
class FacesPanel:
    """The parts of the tool that are wired together."""

    desk: gr.HTML
    people: gr.HTML
    edits: gr.HTML
    likeness: gr.HTML
    onward: gr.HTML


def build(context: Context) -> FacesPanel:
    """Lay the tool out."""
    problem = making_faces(context.registry) or editing_faces(context.registry)
    chips, phrases, size = face_words(context.registry)
    said = {"problem": problem, "size": size}
    with gr.Row(elem_classes="dd-desk dd-desk-faces"):
        with gr.Column(elem_classes="dd-work", min_width=0):
            desk = scripted(
                "tools/faces/desk",
                **said,
                chips=json.dumps(list(chips.items())),
                phrases=json.dumps(phrases),
                elem_id="faces_desk",
            )
            people = scripted("tools/faces/people", **said, elem_id="faces_people")
        with gr.Column(elem_classes="dd-side", min_width=0):
            with gr.Column(elem_classes="dd-card", min_width=0):
                edits = scripted("tools/faces/edits", elem_id="faces_edits")
            with gr.Column(elem_classes="dd-card", min_width=0):
                onward = scripted("tools/faces/onward", elem_id="faces_onward")
            with gr.Column(elem_classes="dd-card", min_width=0):
                likeness = scripted("tools/faces/likeness", **said, elem_id="faces_likeness")
    return FacesPanel(desk, people, edits, likeness, onward)


def wire(panel: FacesPanel, context: Context) -> None:
    """Connect the parts with the networks.

    Which face is on show, and how it is changed, the page knows (model.js); the codes of faces
    stay here, on the shelf of `FaceTasks`.
    """
    tasks = FaceTasks(context.runs)
    desk, people = panel.desk, panel.people
    desk.opened(tasks.opened, None, desk, **WORK)
    desk.pick(tasks.pick, None, desk, **WORK)
    people.people(tasks.people, None, people, **WORK)
    people.choose(tasks.choose, None, desk, **WORK)
    people.mix(tasks.mix, None, desk, **WORK)
    panel.edits.edit(tasks.change, None, panel.edits, **DIRECT)
    panel.onward.strip(tasks.strip, None, panel.onward, **WORK)
    panel.onward.outline(tasks.outline, None, panel.onward, **WORK)
    panel.onward.gif(tasks.gif, None, context.mailbox, **WORK)
    panel.onward.full(tasks.full, None, context.mailbox, **WORK)
    panel.likeness.refine(tasks.refine, None, panel.likeness, **WORK)
    panel.likeness.halt(context.runs.stopper(LIKENESS), None, None, queue=False, **QUIET)
