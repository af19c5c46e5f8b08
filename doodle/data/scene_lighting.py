"""What cameras and files do to a picture: light, colour, blur, grain, JPEG."""

from __future__ import annotations

import cv2
import numpy as np


def tinted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another exposure, contrast and white balance; (H, W, 3) uint8 to the same."""
    levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    curve = levels ** np.exp(rng.normal(0, 0.25))
    curve = (curve - 0.5) * np.exp(rng.normal(0, 0.18)) + 0.5 + rng.normal(0, 0.05)
    curve = curve * np.exp(rng.normal(0, 0.07, 3))
    table = np.clip(255 * curve, 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table[:, None])


def shaded(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light from one side; (H, W, 3) uint8 to the same."""
    height, width = picture.shape[:2]
    turn, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.1)
    across = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(np.cos(turn))
    down = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(np.sin(turn))
    light = 1 + strength * np.tanh(1.5 * (across[None] + down[:, None] + rng.uniform(-0.5, 0.5)))
    light = np.clip(light, 0.12, 1.7).astype(np.float32)[..., None]
    return np.clip(picture * light, 0, 255).astype(np.uint8)


def photographed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The whole way to a file: colours, blur, grain, grey, JPEG, each at times; uint8 to uint8."""
    picture = tinted(picture, rng)
    if rng.random() < 0.3:
        picture = blurred(picture, rng)
    if rng.random() < 0.25:
        grain = rng.normal(0, rng.uniform(2, 16), picture.shape).astype(np.float32)
        picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.12:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
        picture = (grey * np.ones(3, np.uint8)).astype(np.uint8)
        if rng.random() < 0.3:  # an old print
            picture = np.clip(picture * np.array([1.05, 0.95, 0.75]), 0, 255).astype(np.uint8)
    if rng.random() < 0.45:
        quality = int(rng.integers(25, 96))
        picture = through_jpeg(picture, quality)
    return picture


def through_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """(H, W, 3) uint8 as a JPEG of that quality, 1 to 100, gives it back."""
    coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1])


def blurred(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Out of focus, shaken, or enlarged from less; (H, W, 3) uint8 to the same."""
    kind = rng.integers(3)
    height, width = picture.shape[:2]
    if kind == 0:
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    if kind == 1:
        length = int(rng.integers(2, 7))
        kernel = np.zeros((length, length), np.float32)
        turn = rng.uniform(0, np.pi)
        arm = np.array([np.cos(turn), np.sin(turn)]) * length / 2
        middle = (length - 1) / 2
        start, end = (np.rint(middle + sign * arm).astype(int) for sign in (-1, 1))
        cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0)
        return cv2.filter2D(picture, -1, kernel / max(kernel.sum(), 1))
    share = rng.uniform(0.4, 0.9)
    less = max(8, round(width * share)), max(8, round(height * share))
    small = cv2.resize(picture, less, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
