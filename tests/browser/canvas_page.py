"""A small page around the canvas, and hands to use it: what the canvas tests share."""

from __future__ import annotations

import json

import gradio as gr

from doodle.strokes.drawing import Drawing
from doodle.ui.canvas import InkChannel, StrokeCanvas

HANDLE = "document.querySelector('#pad .sc-root').strokeCanvas"
SQUARE = [200, 200, 0, 0.5, 800, 200, 100, 0.5, 800, 600, 200, 0.5, 200, 600, 300, 0.5]
RUN = """R 100
B 2 complete cat
0 + 100 100 200 100
0 + 100 300 200 300 300 300
1 + 700 100 700 400
2 + 500 600 600 600
F 0
"""
RANKED = RUN + "1 . 800 400\nF 1\nF 2\nK 2 0.94\nK 0 0.5\nM two of three\nD\n"


def build() -> gr.Blocks:
    """The canvas, a channel, and a box for each thing that Python heard."""

    def seen(drawing: Drawing, count: int, event: gr.EventData):
        text = f"{event.why} {len(drawing.strokes)} {drawing.n_points} #{count + 1}"
        return text, count + 1

    def opened(event: gr.EventData):
        return Drawing.parse(event.data)

    def adopted(event: gr.EventData):
        return f"{event.candidate} {event.stroke}"

    def streamed():
        for end in range(1, RANKED.count("\n") + 1):
            yield "\n".join(RANKED.split("\n")[:end]) + "\n"

    # a run that "always_last" puts off is given the fields of an older event
    hidden = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    with gr.Blocks(title="canvas") as demo:
        canvas = StrokeCanvas(elem_id="pad", autosave="test", hint="draw half a cat…", gif=True)
        channel = InkChannel("pad", visible="hidden")
        count, ends = gr.State(0), gr.State(0)
        heard = gr.Textbox(elem_id="heard")
        ended, kept = gr.Textbox(elem_id="ended"), gr.Textbox(elem_id="kept")
        exported = gr.Textbox(elem_id="exported")
        gr.Textbox(elem_id="typing", interactive=True)
        canvas.input(seen, [canvas, count], [heard, count], **hidden)
        canvas.stroke_end(seen, [canvas, ends], [ended, ends], **hidden)
        canvas.adopted(adopted, None, kept, **hidden)
        canvas.on_import(opened, None, canvas, **hidden)
        canvas.export(lambda: "asked", None, exported, **hidden)
        gr.Button("stream", elem_id="stream").click(streamed, None, channel, **hidden)
        push = gr.Button("push", elem_id="push")
        push.click(lambda: {"strokes": [SQUARE]}, None, canvas, **hidden)
    return demo


def ready(page):
    """Wait until the canvas can be drawn on."""
    page.wait_for_function("document.querySelector('#pad .sc-root')?.strokeCanvas")
    page.wait_for_function("document.querySelector('.sc-host canvas').width > 300")
    page.locator("#heard textarea").wait_for(state="attached")
    return page


def call(page, code: str):
    """Evaluate code on the canvas's handle."""
    return page.evaluate(f"{HANDLE}.{code}")


def strokes(page) -> list[list[float]]:
    """x, y, t, p, ... of every stroke of the drawing."""
    return json.loads(call(page, "serialize()"))["strokes"]


def place(page, x: float, y: float) -> tuple[float, float]:
    """Canvas units to the window's pixels, at zoom 1."""
    box = page.locator(".sc-host").bounding_box()
    return box["x"] + x * box["width"] / 1000, box["y"] + y * box["height"] / 750


def draw(page, *points: tuple[float, float]) -> None:
    """One stroke of the mouse through canvas units."""
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=8)
    page.mouse.up()


def heard(page, text: str, box: str = "heard") -> None:
    """Wait until a box of the page starts with what Python answered."""
    page.wait_for_function(
        "([box, text]) => document.querySelector(`#${box} textarea`).value.startsWith(text)",
        arg=[box, text],
    )


def feed(page, log: str) -> None:
    """Give the canvas a log, as the channel does."""
    page.evaluate(f"log => {HANDLE}.feed(log)", log)
