"""Written words as Quick, Draw! would render them: what a detector of them learns from.

Asked for a castle, some write "castle". No set of such drawings is published, so words are written
here: letters of the Hershey fonts (single lines, like a hand's), each set a little askew, on one to
three lines, bent, sheared, turned, and rendered 28 x 28 with the official line width.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

SIDE = 28
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)
FONT_ODDS = (0.5, 0.2, 0.15, 0.05, 0.1)
LETTER = 20.0  # height of a capital in pixels, before the picture is made small
SHORTEST, LONGEST = 3, 9  # letters on a line; fewer are shapes, more are a bar of ink
FIELD, PADDING, LINE = 256.0, 16.0, 16.0  # of the official rendering, see strokes/raster.py
OTHER_WORDS = (
    "hello", "what", "idk", "lol", "yes", "nope", "help", "sorry", "dont know", "i cant draw",
    "no idea", "stop", "skip", "what is this", "hey", "fun", "love", "google", "cool", "the",
)  # fmt: skip


def written_words(names: Sequence[str], count: int, rng: np.random.Generator) -> np.ndarray:
    """Pictures of written words.

    Args:
        names: mostly these are written; now and then other words or arbitrary letters.
        count: how many.
        rng: chooses everything.

    Returns:
        (count, 28, 28) uint8, ink 255 on 0.
    """
    return np.stack([written(_text(names, rng), rng) for _ in range(count)])


def _text(names: Sequence[str], rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.75:
        text = names[int(rng.integers(len(names)))]
        words = text.split()
        if len(words) > 1 and rng.random() < 0.3:  # only one word of it
            text = words[int(rng.integers(len(words)))]
    elif kind < 0.85:
        text = OTHER_WORDS[int(rng.integers(len(OTHER_WORDS)))]
    else:
        letters = list("aaabcdeeeefghiiijklmnnooopqrrrsssttttuuvwxyz")
        text = "".join(rng.choice(letters, rng.integers(SHORTEST, 10)))
    if len(text) < SHORTEST:
        text += "s" * (SHORTEST - len(text))
    case = rng.random()
    return text.upper() if case < 0.35 else text.capitalize() if case < 0.5 else text


def written(text: str, rng: np.random.Generator) -> np.ndarray:
    """One text, (28, 28) uint8, ink 255 on 0; ``rng`` chooses hand, lines and size."""
    lines = _lines(text, rng)
    font = FONTS[rng.choice(len(FONTS), p=FONT_ODDS)]
    pen = _pen(lines, font, rng)
    canvas = np.zeros(
        (round(LETTER * 2.2 * len(lines) + 80), round(LETTER * 1.4 * max(map(len, lines)) + 80)),
        np.uint8,
    )
    spacing = rng.uniform(0.85, 1.2)
    for row, line in enumerate(lines):
        x = 40 + rng.uniform(0, LETTER) * (len(lines) > 1)
        base = 40 + LETTER * (1.2 + 1.65 * row)
        slope = rng.normal(0, 0.04)
        for letter in line:
            size = LETTER / 22 * rng.uniform(0.85, 1.15)
            size *= 2.2 if font == cv2.FONT_HERSHEY_PLAIN else 1.0
            (width, _), _ = cv2.getTextSize(letter, font, size, 1)
            at = (round(x), round(base + slope * x + rng.normal(0, 2)))
            cv2.putText(canvas, letter, at, font, size, 255, pen, cv2.LINE_8)
            x += width * spacing * rng.uniform(0.9, 1.1)
    return _small(_bent(canvas, rng), rng)


def _lines(text: str, rng: np.random.Generator) -> list[str]:
    """Words beneath each other about half of the time; long ones broken, or left unfinished."""
    words = text.split()
    if len(words) > 1 and (len(text) > LONGEST or rng.random() < 0.6):
        return [word[:LONGEST] for word in words[:3]]
    broken = rng.random() < (0.5 if len(text) > LONGEST else 0.2)
    if len(text) >= 6 and broken:
        middle = len(text) // 2 + int(rng.integers(-1, 2))
        return [text[:middle][:LONGEST], text[middle:][:LONGEST]]
    return [text[:LONGEST]]


def _pen(lines: Sequence[str], font: int, rng: np.random.Generator) -> int:
    """Pixels of pen width that become the official line width once the picture is small."""
    scale = LETTER / 22 * (2.2 if font == cv2.FONT_HERSHEY_PLAIN else 1.0)
    widest = max(cv2.getTextSize(line, font, scale, 1)[0][0] for line in lines)
    longer = max(widest, LETTER * 1.65 * len(lines))
    return max(1, round(longer * LINE / FIELD * rng.uniform(0.6, 1.0)))


def _bent(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned, sheared, and every part moved a little, smoothly."""
    height, width = canvas.shape
    turn, shear = rng.normal(0, 0.08), rng.normal(0, 0.15)
    stretch = float(np.exp(rng.normal(0.2, 0.35)))  # hands fill the paper
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cx, cy = x - width / 2, y - height / 2
    coarse = rng.normal(0, LETTER / 7, (2, 3, max(3, width // 80))).astype(np.float32)
    bend = [cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC) for field in coarse]
    x_from = width / 2 + cx + shear * cy + turn * cy + bend[0]
    y_from = height / 2 + (cy - turn * cx) / stretch + bend[1]
    return cv2.remap(canvas, x_from, y_from, cv2.INTER_LINEAR)


def _small(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The ink's box, centred in the official field."""
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.uint8)
    ink = canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = SIDE / max(ink.shape) * (FIELD + LINE) / (FIELD + 2 * PADDING + LINE)
    scale *= rng.uniform(0.95, 1.05)
    height, width = (min(SIDE, max(1, round(side * scale))) for side in ink.shape)
    small = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    picture[top : top + height, left : left + width] = small
    return picture
