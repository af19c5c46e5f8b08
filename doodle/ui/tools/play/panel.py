"""Play: six words, twenty seconds each; the visitor draws and the app guesses aloud.

The clock and the rules run in the browser (in this folder), so that a slow answer costs nobody a
second of drawing. The server only says what a drawing looks like, and remembers none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import gradio as gr

from doodle.registry import Registry
from doodle.services.readiness import guessable
from doodle.ui import scripts
from doodle.ui.canvas import StrokeCanvas
from doodle.ui.guesses import recognised
from doodle.ui.parts import DIRECT
from doodle.ui.theme import read
from doodle.ui.tool import Context

ROUNDS, SECONDS = 6, 20

# Things that many people draw much alike, and not too alike among themselves.
WORDS = tuple(
    word.strip()
    for word in """
    The Eiffel Tower, airplane, alarm clock, angel, ant, apple, axe, banana, bed, bicycle,
    binoculars, birthday cake, book, bowtie, bridge, broom, butterfly, cactus, camel, camera,
    candle, carrot, castle, cat, chair, cloud, cow, crab, crown, cup, diamond, dolphin, donut,
    door, duck, dumbbell, ear, elephant, envelope, eye, eyeglasses, fish, flower, flying saucer,
    fork, giraffe, grapes, guitar, hammer, hand, harp, hat, headphones, hedgehog, helicopter,
    hot air balloon, hourglass, house, ice cream, key, ladder, light bulb, lighthouse, lightning,
    lollipop, mermaid, moon, mountain, mushroom, octopus, owl, palm tree, pants, parachute, pear,
    penguin, piano, pig, pineapple, pizza, rabbit, rainbow, sailboat, saw, scissors, shark,
    skateboard, skull, smiley face, snail, snake, snowman, sock, spider, stairs, star,
    stop sign, strawberry, submarine, sun, swan, sword, t-shirt, table, teapot, tent, toothbrush,
    tornado, traffic light, tree, umbrella, vase, whale, windmill, wine glass, wristwatch
    """.replace("\n", " ").split(",")
)


@dataclass(frozen=True)
class GamePanel:
    """The parts of the tool that are wired together."""

    game: gr.HTML
    canvas: StrokeCanvas


def playable(registry: Registry) -> list[str]:
    """The words of the game that the recogniser knows; none when there is nobody to guess."""
    known = guessable(registry)
    words = [word for word in WORDS if word in known]
    return words if len(words) >= ROUNDS else []


def build(context: Context) -> GamePanel:
    """Lay the tool out, with the words to draw."""
    with gr.Column(elem_classes="dd-play", elem_id="play_desk", min_width=0):
        game = gr.HTML(
            html_template=read("tools/play/game.html"),
            apply_default_css=False,
            **scripts.part("tools/play/game"),
            deck=json.dumps(playable(context.registry)),
            turns=ROUNDS,
            limit=SECONDS,
            elem_id="play_game",
        )
        canvas = StrokeCanvas(elem_id="play")
    return GamePanel(game, canvas)


def wire(panel: GamePanel, context: Context) -> None:
    """Let the game ask what its drawing looks like."""

    async def guess(message: str, request: gr.Request) -> str:
        return await recognised(context.runs, "play", message, request)

    panel.game.guess(guess, panel.game, panel.game, **DIRECT)
