"""A small page around Chimera's two cards, pictures for them, and a way to hand them messages."""

from __future__ import annotations

import base64
import itertools
import json

import cv2
import gradio as gr
import numpy as np

from doodle.ui.parts import QUIET, scripted

SIZE = 64
LINE = slice(16, 48)  # the columns of the one edge that the maps here have, in row 32


def build() -> gr.Blocks:
    """Both cards, a field whose text goes to each, and a box for what they asked, numbered."""
    with gr.Blocks(title="parts", fill_width=True) as demo:
        with gr.Row(elem_classes="dd-desk"):
            gr.Column()
            with gr.Column(elem_classes="dd-side", min_width=0):
                with gr.Column(elem_classes="dd-card", min_width=0):
                    edges = scripted("tools/chimera/edges", elem_id="chimera_edges")
                with gr.Column(elem_classes="dd-card", min_width=0):
                    result = scripted("tools/chimera/result", size=SIZE, elem_id="chimera_result")
        heard, count = gr.Textbox(elem_id="heard"), itertools.count(1)
        for part, name in ((edges, "edges"), (result, "result")):
            message = gr.Textbox(elem_id=f"message_{name}", interactive=True)
            gr.Button("send", elem_id=f"send_{name}").click(lambda t: t, message, part, **QUIET)
        for event in (edges.edited, result.full, result.outline):
            part = edges if event.args[0] is edges else result
            event(lambda text: f"{next(count)} {text}", part, heard, **QUIET)
    return demo


def url(picture: np.ndarray) -> str:
    """A picture (H, W) or (H, W, 3) uint8 RGB as the text that a message carries."""
    data = cv2.imencode(".png", picture[..., ::-1] if picture.ndim == 3 else picture)[1]
    return "data:image/png;base64," + base64.b64encode(data).decode()


def levels(text: str) -> np.ndarray:
    """(H, W, C) uint8 of such a text."""
    return cv2.imdecode(np.frombuffer(base64.b64decode(text.split(",")[1]), np.uint8), -1)


def edge_message(row: int = 32, **more: object) -> dict[str, object]:
    """What Python sends of a map with one level line."""
    lines, species = np.zeros((SIZE, SIZE), np.uint8), np.zeros((SIZE, SIZE, 3), np.uint8)
    lines[row, LINE] = 255
    species[:, SIZE // 2 :] = 255, 154, 0
    message = {"request": 1, "size": SIZE, "edges": url(lines), "species": url(species)}
    return {**message, "kind": "drawing", "problem": "", **more}


def result_message(n: int = 4, **more: object) -> dict[str, object]:
    """What Python sends of a render: the drawing is white, variant k a grey of its own."""
    flat = [np.full((SIZE, SIZE, 3), value, np.uint8) for value in range(40, 40 + 20 * n, 20)]
    source, edges = np.full((SIZE, SIZE, 3), 255, np.uint8), np.zeros((SIZE, SIZE), np.uint8)
    pictures = {"pictures": [url(one) for one in flat], "source": url(source), "edges": url(edges)}
    return {"run": 1, "seed": 5, "title": "lion head, snake tail", "size": SIZE, **pictures, **more}


def send(page, part: str, message: dict[str, object]) -> None:
    """Hand a message to a card ("edges" or "result") as Python does."""
    field = page.locator(f"#message_{part} textarea, #message_{part} input").first
    field.fill(json.dumps(message))
    field.blur()
    page.locator(f"#send_{part}").click()
