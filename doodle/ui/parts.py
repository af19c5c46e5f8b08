"""Fields and scripted parts that the panels are laid out with, and how their events are wired."""

from __future__ import annotations

from typing import Any

import gradio as gr

from doodle.ui import scripts

# Handlers of the page: no overlay that would shift the layout, not part of the public API.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# Work with the models: a newer run of the same visitor starts at once and ends the older one. Turns
# are taken in the executor, which knows how long the queue is, so Gradio lets all of them in.
WORK: dict[str, Any] = {
    **QUIET,
    "trigger_mode": "multiple",
    "concurrency_id": "models",
    "concurrency_limit": None,
}
# Answers within one request, without Gradio's queue.
DIRECT: dict[str, Any] = {**QUIET, "trigger_mode": "multiple", "queue": False}


def words(text: str, **kwargs: Any) -> gr.HTML:
    """A few words between the fields of a sentence."""
    return gr.HTML(text, elem_classes="dd-words", **kwargs)


def scripted(name: str, **kwargs: Any) -> gr.HTML:
    """A part whose template and script are `<name>.html` and `.js`.

    Args:
        name: of the two files, a path below doodle/ui without its suffix.
        **kwargs: for gr.HTML; unknown ones become properties that the script reads.
    """
    return gr.HTML(
        html_template=scripts.read(f"{name}.html"),
        apply_default_css=False,
        **scripts.part(name),
        **kwargs,
    )


def word_field(choices: list[Any], value: str, label: str, elem_id: str) -> gr.Dropdown:
    """A word inside a sentence: typed freely, the known ones suggested.

    Args:
        choices: each a word, or (as shown, value).
    """
    return gr.Dropdown(
        choices,
        value=value,
        label=label,
        allow_custom_value=True,
        num_choices_shown=None,
        interactive=True,  # else Gradio locks a field that only scripts read
        container=False,
        elem_id=elem_id,
        elem_classes="dd-field-word",
    )


def slider_field(
    ends: tuple[str, str], bounds: tuple[float, float], value: float, step: float, elem_id: str
) -> gr.Slider:
    """A slider inside a sentence, between the two words for its ends."""
    with gr.Row(elem_classes="dd-scale"):
        words(ends[0])
        slider = gr.Slider(
            *bounds,
            value,
            step=step,
            label=f"From {ends[0]} to {ends[1]}",
            container=False,
            buttons=[],
            elem_id=elem_id,
        )
        words(f"{ends[1]},")
    return slider


def number_field(value: int, label: str, elem_id: str) -> gr.Number:
    """A whole number inside a sentence.

    It has no bounds: Gradio answers a number beyond them with an error of its own, which no handler
    hears of, while a request answers with a sentence.
    """
    return gr.Number(
        value,
        label=label,
        precision=0,
        container=False,
        elem_id=elem_id,
        elem_classes="dd-field-number",
    )
