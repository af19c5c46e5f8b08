"""Pictures on their way to the page: data URLs, and the colours of the animals."""

from __future__ import annotations

import colorsys
import zlib
from collections.abc import Sequence

import cv2
import numpy as np

from doodle.strokes.species import COLOURS
from doodle.ui.messages import data_url

_VEIL = 115  # opacity of the species' colours over the edges


def png_url(array: np.ndarray) -> str:
    """A picture (H, W), (H, W, 3) RGB or (H, W, 4) RGBA uint8 as the data URL of a PNG."""
    swapped = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}[
        array.shape[2] if array.ndim == 3 else 2
    ]
    pixels = array if swapped is None else cv2.cvtColor(array, swapped)
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels))
    return data_url("image/png", data.tobytes())


def colours(species: Sequence[str]) -> dict[str, str]:
    """A colour "#rrggbb" for each name, always the same one."""
    return {name: COLOURS.get(name) or _colour(name) for name in species}


def overlay(classes: np.ndarray, species: Sequence[str]) -> str:
    """The class map (S, S) in the species' colours, as the data URL of a see-through PNG.

    Returns:
        "" where no species is given.
    """
    if not classes.any():
        return ""
    table = [(0, 0, 0, 0)]
    for colour in colours(species).values():
        table.append((*bytes.fromhex(colour[1:]), _VEIL))
    return png_url(np.array(table, np.uint8)[classes])


def _colour(name: str) -> str:
    """A colour that depends on the name alone, bright enough for a dark ground."""
    shade = zlib.crc32(name.encode())
    rgb = colorsys.hls_to_rgb(shade % 360 / 360, 0.5 + shade % 7 / 40, 0.7)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
