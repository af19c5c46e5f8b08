"""Edges and photograph in pairs, made anew for every training step.

A photograph is cropped, mirrored and moved; its edges are auto-canny's, or strokes as a hand draws
them; some pairs are composites of two animals that share one picture along a random smooth curve,
with their edges and class maps, so that the class map learns to act where it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from doodle.data.animals import Animals
from doodle.data.edges import on_white
from doodle.strokes.edges import canny, draw_lines, enclosed

Background = Literal["mixed", "white", "scene"]
UNKNOWN = 0  # in a class map
DOUBLED = 0.12  # share of strokes drawn broad and seen by canny: two edges a line, as in line art


@dataclass(frozen=True)
class Pair:
    """One example, all (S, S)."""

    edges: np.ndarray  # uint8, 255 on 0
    photo: np.ndarray  # (S, S, 3) uint8 RGB
    classes: np.ndarray  # uint8, the class of every pixel: what is there
    given: np.ndarray  # uint8, the class map given to the network: parts of it unknown
    scene: bool  # the animal stands in surroundings, not on white

    @property
    def inside(self) -> np.ndarray:
        """(S, S) uint8: what the edges enclose, see `strokes.edges.enclosed`."""
        return enclosed(self.edges)


@dataclass(frozen=True)
class Mixing:
    """How often what happens; shares in [0, 1]."""

    background: Background = "mixed"
    white: float = 0.5  # share of examples on white, where there are scenes too
    composite: float = 0.3
    hand: float = 0.5  # strokes instead of canny
    unknown: float = 0.35  # no class is given
    partly: float = 0.25  # a part is not given

    def __post_init__(self) -> None:
        for name in ("white", "composite", "hand", "unknown", "partly"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, from 0 to 1")


class Pairs:
    """Draws pairs from photographs; the same generator state gives the same pair."""

    def __init__(self, animals: Animals, split: int, mixing: Mixing) -> None:
        """Choose from one side of the split (0 train, 1 valid, 2 test).

        Raises:
            ValueError: that side has no photograph with such a background.
        """
        self.animals, self.mixing = animals, mixing
        masked = np.array([mask is not None for mask in animals.masks], bool)
        here = animals.split == split
        can_be_white = here & (masked | animals.plain)
        can_be_scene = here & ~animals.plain
        self.white = np.flatnonzero(can_be_white if mixing.background != "scene" else here & False)
        self.scenes = np.flatnonzero(can_be_scene if mixing.background != "white" else here & False)
        if not len(self.white) + len(self.scenes):
            raise ValueError(f"no photographs on this side of the split: {mixing.background}")

    def draw(self, rng: np.random.Generator) -> Pair:
        """A random pair, now and then a composite of two."""
        pool, scene = self._pool(rng)
        pair = self.single(self._choose(pool, rng), scene, rng)
        if rng.random() < self.mixing.composite:
            other = self.single(self._choose(pool, rng), scene, rng)
            pair = joined(pair, other, curve(self.animals.size, rng), rng.uniform(1.0, 6.0))
        return _partly_given(pair, self.mixing, rng)

    def _pool(self, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
        on_white = rng.random() < self.mixing.white
        if not len(self.scenes) or (on_white and len(self.white)):
            return self.white, False
        return self.scenes, True

    def _choose(self, pool: np.ndarray, rng: np.random.Generator) -> int:
        """A photograph; a class counts as the square root of its size."""
        label = self.animals.label[pool]
        weight = 1 / np.sqrt(np.bincount(label)[label])
        return int(pool[np.searchsorted(np.cumsum(weight), rng.random() * weight.sum())])

    def single(
        self, index: int, scene: bool, rng: np.random.Generator | None, *, hand: bool = False
    ) -> Pair:
        """One photograph's pair; without a generator centred, and in the style asked for."""
        a = self.animals
        photo, mask, lines = a.photos[index], a.masks[index], a.strokes[index]
        if not scene and mask is not None:
            photo = on_white(photo, mask)
        place = _place(photo, mask if not scene else None, a.size, whole=not scene, rng=rng)
        rim = cv2.BORDER_CONSTANT if not scene else cv2.BORDER_REFLECT_101
        shown = _warped(photo, place, a.size, rim)
        if rng is None:
            edges = draw_lines([_moved(line, place) for line in lines], a.size)
            edges = edges if hand else canny(shown)
        else:
            shown = _tinted(shown, scene, rng)
            if rng.random() < self.mixing.hand:
                edges = hand_edges([_moved(line, place) for line in lines], a.size, rng)
            else:
                edges = canny_edges(shown, rng)
            edges = dropped_out(edges, rng)
        classes = np.full((a.size, a.size), a.label[index], np.uint8)
        return Pair(edges, shown, classes, classes, scene)

    def held_out(self, count: int) -> list[Pair]:
        """The same pairs each time, up to ``count``, the two styles of edges in turn."""
        chosen = [(int(i), False) for i in self.white]
        chosen += [(int(i), True) for i in self.scenes if i not in set(self.white.tolist())]
        keep = np.linspace(0, len(chosen) - 1, min(count, len(chosen))).round().astype(int)
        pairs = [chosen[k] for k in keep]
        return [self.single(i, s, None, hand=n % 2 == 1) for n, (i, s) in enumerate(pairs)]


# -- photographs ---------------------------------------------------------------------------------


def _place(
    photo: np.ndarray,
    mask: np.ndarray | None,
    size: int,
    *,
    whole: bool,
    rng: np.random.Generator | None,
) -> np.ndarray:
    """An affine map (2, 3) from a photograph's pixels to the square.

    What is on white is shown whole, the masked animal or the frame; a scene fills the square.
    """
    left, top, right, bottom = 0, 0, photo.shape[1], photo.shape[0]
    if mask is not None:
        left, top, width, height = cv2.boundingRect((mask > 127).astype(np.uint8))
        right, bottom = left + width, top + height
    longer, shorter = max(right - left, bottom - top), min(right - left, bottom - top)
    fill = 0.92 if mask is not None else 1.0
    scale = fill * size / (longer if whole else shorter)
    scale = min(scale, 1.6)  # a small animal stays small rather than blurred
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    mirror, angle, shift = 1.0, 0.0, np.zeros(2)
    if rng is not None:
        mirror = -1.0 if rng.random() < 0.5 else 1.0
        scale *= rng.uniform(0.72, 1.12) if whole else rng.uniform(1.0, 1.25)
        angle = rng.normal(0, 0.08) if whole else 0.0
        slack = np.abs(size - scale * np.array([right - left, bottom - top])) / 2
        shift = rng.uniform(-1, 1, 2) * slack
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    linear = np.array([[cos * mirror, -sin], [sin * mirror, cos]])
    offset = size / 2 + shift - linear @ middle
    return np.column_stack([linear, offset + linear @ [0.5, 0.5] - 0.5])


def _warped(photo: np.ndarray, place: np.ndarray, size: int, rim: int) -> np.ndarray:
    """Carry a photograph into the square; shrunk beforehand, since warpAffine skips pixels."""
    scale = float(np.sqrt(abs(np.linalg.det(place[:, :2]))))
    if scale < 0.75:
        height, width = photo.shape[:2]
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        factor = np.array([width / photo.shape[1], height / photo.shape[0]])
        linear = place[:, :2] * factor
        place = np.column_stack([linear, place[:, 2] + place[:, :2] @ (factor / 2 - 0.5)])
    return cv2.warpAffine(
        photo,
        place,
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=rim,
        borderValue=(255, 255, 255),
    )


def _moved(line: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Strokes count from the first pixel's corner, warpAffine from its middle."""
    return (line - 0.5) @ place[:, :2].T + place[:, 2] + 0.5


def _tinted(photo: np.ndarray, scene: bool, rng: np.random.Generator) -> np.ndarray:
    """A little brighter or darker; white stays white."""
    gamma = np.exp(rng.normal(0, 0.12 if scene else 0.1))
    table = np.round(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    return cv2.LUT(photo, table)


# -- edges ---------------------------------------------------------------------------------------


def canny_edges(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Auto-canny as the original has it in half of the cases, denser and sparser in the others."""
    if rng.random() < 0.5:
        return canny(photo)
    blur = int(rng.choice([1, 3, 5, 7, 9]))
    if rng.random() < 0.3:
        low = int(rng.uniform(20, 100))
        edges = canny(photo, blur=blur, thresholds=(low, int(low * rng.uniform(1.5, 2.5))))
    else:
        edges = canny(photo, sigma=float(rng.uniform(0.1, 0.8)), blur=blur)
    return _thickened(edges, rng)


def hand_edges(lines: Sequence[np.ndarray], size: int, rng: np.random.Generator) -> np.ndarray:
    """The weightiest strokes, unsteadily drawn: moved, bent, now and then left out or cut short."""
    unit = size / 256
    keep = max(1, round(len(lines) * rng.uniform(0.2, 1.0))) if lines else 0
    shaky = rng.uniform(0, 1.5) * unit
    drawn = []
    for k, line in enumerate(lines[:keep]):
        if k > 2 and rng.random() < 0.06:
            continue
        if k > 2 and rng.random() < 0.1 and len(line) > 3:
            line = line[: max(2, int(len(line) * rng.uniform(0.5, 1.0)))]
        # each point off on its own would be a saw, so neighbours move together
        each = rng.normal(0, shaky, (len(line), 2)).astype(np.float32)
        off = cv2.blur(each, (1, 3)) if len(line) > 2 else each
        drawn.append(line + off + rng.normal(0, 0.5 * shaky, 2))
    if rng.random() < DOUBLED:
        return cv2.Canny(draw_lines(drawn, size, thickness=int(rng.integers(3, 6))), 60, 180)
    thickness = int(rng.choice([1, 1, 1, 2, 2, 3] if size > 128 else [1, 1, 1, 2]))
    return draw_lines(drawn, size, thickness=thickness, smooth=bool(rng.random() < 0.5))


def _thickened(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.25:
        return cv2.dilate(edges, np.ones((2, 2), np.uint8))
    return edges


def dropped_out(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Edges with a few round holes, and, seldom, specks that belong to nothing."""
    edges, size = edges.copy(), edges.shape[0]
    if rng.random() < 0.35:
        for _ in range(int(rng.integers(1, 7))):
            x, y = rng.integers(0, size, 2).tolist()
            cv2.circle(edges, (x, y), int(rng.uniform(0.01, 0.06) * size), 0, -1)
    if rng.random() < 0.1:
        for x, y in rng.integers(0, size, (int(rng.integers(1, 12)), 2)).tolist():
            cv2.line(edges, (x, y), (x + 3, y + int(rng.integers(-3, 4))), 255)
    return edges


# -- composites ----------------------------------------------------------------------------------


def curve(size: int, rng: np.random.Generator) -> np.ndarray:
    """A random smooth curve through a square: signed distance from it, (S, S) float32, pixels.

    A straight line in any direction, somewhere in the middle, bent by a few slow waves.
    """
    angle = rng.uniform(0, 2 * np.pi)
    ys, xs = np.mgrid[0:size, 0:size].astype(np.float32) - (size - 1) / 2
    along = xs * np.cos(angle) + ys * np.sin(angle)
    across = -xs * np.sin(angle) + ys * np.cos(angle)
    bend = rng.uniform(-0.18, 0.18) * size
    for wave in (1, 2, 3):
        height = rng.normal(0, 0.07 / wave) * size
        bend = bend + height * np.sin(wave * np.pi * along / size + rng.uniform(0, 2 * np.pi))
    return (across - bend).astype(np.float32)


def joined(one: Pair, other: Pair, distance: np.ndarray, feather: float) -> Pair:
    """One pair where the distance (S, S) is below 0, the other elsewhere.

    The photographs melt into each other over some ``feather`` pixels; edges and class maps change
    hands at the curve itself.
    """
    side = distance >= 0
    share = (1 / (1 + np.exp(-np.clip(4 * distance / feather, -30, 30))))[..., None]
    photo = np.round(one.photo * (1 - share) + other.photo * share).astype(np.uint8)
    return Pair(
        np.where(side, other.edges, one.edges),
        photo,
        np.where(side, other.classes, one.classes),
        np.where(side, other.given, one.given),
        one.scene or other.scene,
    )


def _partly_given(pair: Pair, mixing: Mixing, rng: np.random.Generator) -> Pair:
    """Keep some of the class map back."""
    given = pair.given
    if rng.random() < mixing.unknown:
        given = np.full_like(given, UNKNOWN)
    elif rng.random() < mixing.partly:
        given = np.where(curve(given.shape[0], rng) >= 0, np.uint8(UNKNOWN), given)
    return Pair(pair.edges, pair.photo, pair.classes, given, pair.scene)
