"""What can be asked of the chimera: edges, pictures of them, and ways back to the visitor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np

from doodle.requests.checks import MAX_WORD, MOST_SEED, choice, keep, number, whole
from doodle.requests.uploads import picture_of
from doodle.strokes.drawing import MAX_COORDINATE, MAX_STROKES, Drawing
from doodle.strokes.edge_map import MAX_BLUR, MAX_CLEAN, MIN_SIDE, EdgeStyle, Kind, Way
from doodle.strokes.edges import BLUR, DETAIL, SIGMA
from doodle.strokes.species import MAX_POINTS, UNKNOWN

Source = Drawing | np.ndarray  # strokes, or a picture (H, W, 3) uint8 RGB

CHIMERA = "chimera"  # the checkpoint that is used if no other is named
WAYS, KINDS, BACKGROUNDS = get_args(Way), get_args(Kind), ("auto", "white", "scene")
MAX_VARIANTS = 16
MAX_THICK = 8  # pixels
MIN_DETAIL = 0.05
MAX_EDITED = 2_000_000  # bytes of an edited edge map
_MAX_SIDE = 2048  # of an edited edge map


@dataclass(frozen=True)
class EdgeOptions:
    """How what came in becomes edges.

    Attributes:
        way: one of WAYS; "auto" is canny for photographs and lines for drawings.
        kind: one of KINDS, what came in; "auto" finds out.
        sigma: of canny, 0 to 1; smaller finds fewer edges.
        blur: side of the Gaussian before it, 1 to 31; even ones become the next odd one.
        thickness: of the edges, pixels, 1 to MAX_THICK; 0 leaves them as they come.
        clean: connected edges of fewer pixels are dropped, 0 to 64.
        detail: of the way "hand", MIN_DETAIL to 1.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    way: Way = "auto"
    kind: Kind = "auto"
    sigma: float = SIGMA
    blur: int = BLUR
    thickness: int = 0
    clean: int = 0
    detail: float = DETAIL

    def __post_init__(self) -> None:
        keep(self, way=choice(self.way, WAYS, "The way to edges"))
        keep(self, kind=choice(self.kind, KINDS, "What the picture is"))
        keep(self, sigma=number(self.sigma, 0, 1, "Sigma"))
        keep(self, blur=whole(self.blur, 1, MAX_BLUR, "The blur") // 2 * 2 + 1)
        keep(self, thickness=whole(self.thickness, 0, MAX_THICK, "The thickness"))
        keep(self, clean=whole(self.clean, 0, MAX_CLEAN, "The clean-up"))
        keep(self, detail=number(self.detail, MIN_DETAIL, 1, "The detail"))

    def style(self) -> EdgeStyle:
        """The same as strokes/edge_map.py reads it."""
        return EdgeStyle(
            kind=self.kind,
            way=self.way,
            sigma=self.sigma,
            blur=self.blur,
            detail=self.detail,
            thickness=self.thickness or None,
            clean=self.clean,
        )


@dataclass(frozen=True, eq=False)
class Edges:
    """The edge map that the network would get of something, and which animal is where.

    Which animals there are, the network knows.

    Attributes:
        source: strokes, or a picture (H, W, 3) uint8 RGB.
        options: how the edges are found.
        species: the animal that untagged strokes are, or all of it; "unknown" leaves it open.
        tags: of a drawing: the animal of each stroke, "" for untagged; may be shorter.
        points: of a picture: (x, y, animal) in its pixels; every pixel is what the nearest says.
        painted: a map of numbers (H, W) in the source's proportions, 0 unknown, 1 the first
            species of the network; None: no map.
        edited: an edge map that takes the place of the found one, (S, S) uint8 or its data URL;
            lines are light on dark.  Kept as 255 on 0; "" and None are none.
        network: the checkpoint.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    source: Source
    options: EdgeOptions = field(default_factory=EdgeOptions)
    species: str = UNKNOWN
    tags: tuple[str, ...] = ()
    points: tuple[tuple[float, float, str], ...] = ()
    painted: np.ndarray | None = None
    edited: np.ndarray | None = None
    network: str = CHIMERA

    def __post_init__(self) -> None:
        if not isinstance(self.source, Drawing | np.ndarray):
            raise ValueError("What the edges are made of must be a Drawing or a picture.")
        if not isinstance(self.options, EdgeOptions):
            raise ValueError("The options must be EdgeOptions.")
        keep(self, species=_name(self.species) or UNKNOWN)
        keep(self, tags=_tags(self.tags), points=_points(self.points))
        if self.points and any(self.tags):
            raise ValueError("Say once which animal is where: tagged strokes, or points.")
        keep(self, edited=_edited(self.edited))


@dataclass(frozen=True, eq=False)
class Render(Edges):
    """Pictures like photographs of animals; fields as `Edges`.

    Attributes:
        background: one of BACKGROUNDS.
        n: variants, 1 to MAX_VARIANTS.
        seed: 0 to 2^63 - 1; the same seed gives the same variants.
        first: number of the first variant, 0 to MAX_VARIANTS - 1.
    """

    background: str = "auto"
    n: int = 1
    seed: int = 0
    first: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(
            self,
            background=choice(self.background, BACKGROUNDS, "The background"),
            n=whole(self.n, 1, MAX_VARIANTS, "How many"),
            seed=whole(self.seed, 0, MOST_SEED, "The seed"),
            first=whole(self.first, 0, MAX_VARIANTS - 1, "The variant"),
        )


@dataclass(frozen=True, eq=False)
class FullSize(Render):
    """Variant `first` in the frame and at the size of what came in; fields as `Render`."""


@dataclass(frozen=True, eq=False)
class Outline(Edges):
    """Strokes of what was made, in the units of what came in; fields as `Edges`.

    Attributes:
        picture: (S, S, 3) uint8, one of `Render`; None for the edges themselves.
    """

    picture: np.ndarray | None = None


def _name(value: Any) -> str:
    """An animal's name, its white space tidied; "" for None."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"The name of an animal is a word, such as lion, not {value!r:.40}.")
    name = " ".join(value.split())
    if len(name) > MAX_WORD:
        raise ValueError(f"That is {len(name)} characters for an animal; use a word such as lion.")
    return name


def _tags(values: Any) -> tuple[str, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise ValueError("The tags are a list of animals, one for each stroke.")
    if len(values) > MAX_STROKES:
        raise ValueError(f"There are {len(values):,} tags; a drawing has at most {MAX_STROKES:,}.")
    return tuple(_name(value) for value in values)


def _points(values: Any) -> tuple[tuple[float, float, str], ...]:
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise ValueError("The points are a list of [x, y, animal].")
    if len(values) > MAX_POINTS:
        raise ValueError(f"At most {MAX_POINTS} points can say which animal is where.")
    points = []
    for value in values:
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 3:
            raise ValueError(f"A point is [x, y, animal], not {value!r:.40}.")
        x, y = (
            number(side, -MAX_COORDINATE, MAX_COORDINATE, f"The {axis} of a point")
            for side, axis in zip(value, "xy", strict=False)
        )
        points.append((x, y, _name(value[2]) or UNKNOWN))
    return tuple(points)


def _edited(value: Any) -> np.ndarray | None:
    """An edge map of the visitor's hand as (S, S) uint8, 255 on 0.

    Raises:
        ValueError: it is no square picture, or empty.
    """
    if value is None or (isinstance(value, str) and not value):
        return None
    if isinstance(value, str):
        value = picture_of(value, MAX_EDITED, _MAX_SIDE).max(axis=2)
    if not isinstance(value, np.ndarray) or value.ndim != 2 or value.dtype != np.uint8:
        raise ValueError("The edited edges must be a picture, white on black.")
    if value.shape[0] != value.shape[1] or not MIN_SIDE <= value.shape[0] <= _MAX_SIDE:
        raise ValueError(
            f"The edited edges must be square, {MIN_SIDE} to {_MAX_SIDE} pixels a side, not "
            f"{value.shape[1]} x {value.shape[0]}."
        )
    edges = np.where(value > 127, np.uint8(255), np.uint8(0))
    if not edges.any():
        raise ValueError("The edited edges are empty: draw a line there, or reset them.")
    return edges
