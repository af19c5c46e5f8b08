"""What a visitor asks of the chimera, checked: how edges are found, which part is which animal.

Also the ways in and out: files to sources, pictures to data URLs and back; no gradio, no torch.
"""

from __future__ import annotations

import base64
import binascii
import colorsys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, get_args

import cv2
import numpy as np

from doodle.errors import BadDrawing, ModelUnavailable
from doodle.images import MAX_BYTES, decode
from doodle.registry import Registry
from doodle.strokes.bridge import MAX_BLUR, MAX_CLEAN, MIN_SIDE, EdgeStyle, Kind, Way
from doodle.strokes.drawing import MAX_COORDINATE, MAX_STROKES, Drawing
from doodle.strokes.edges import BLUR, DETAIL, SIGMA
from doodle.strokes.imports import is_written, read_drawings
from doodle.strokes.species import COLOURS, MAX_POINTS, UNKNOWN
from doodle.ui.wish import MAX_SEED, MAX_WORD, number, whole

Source = Drawing | np.ndarray  # strokes, or a picture (H, W, 3) uint8 RGB

NETWORK = "chimera"  # its checkpoint
WAYS, KINDS, BACKGROUNDS = get_args(Way), get_args(Kind), ("auto", "white", "scene")
MAX_VARIANTS = 16
MAX_THICK = 8  # pixels
MIN_DETAIL = 0.05
KEPT = 1024  # pixels of a picture's longer side that are kept
MAX_EDITED = 2_000_000  # bytes of an edited edge map
USUAL_SIZE = 256  # of the edges, where no checkpoint says another

_MAX_SIDE = 2048  # of an edited edge map
_VEIL = 115  # opacity of the species' colours over the edges
_READABLE = "PNG, JPEG, GIF, WebP, BMP, TIFF or SVG"
# how files begin that visitors bring and nothing here reads
_FOREIGN = {
    b"%PDF": "a PDF", b"PK\x03\x04": "an archive", b"\x00\x00\x00\x0cJXL": "a JPEG XL picture",
    b"8BPS": "a Photoshop file",
}  # fmt: skip
_BRANDS = {b"hei": "a HEIC photograph", b"hev": "a HEIC photograph", b"mif": "a HEIC photograph",
           b"avi": "an AVIF picture"}  # fmt: skip
_ABSENT = (
    "The checkpoint chimera is missing, so no animal can be made here yet. Run `git pull`, or make "
    "it yourself: `python -m doodle train chimera --preset gpu --data data/animals.npz --export "
    "checkpoints/chimera`. Everything else on this page works without it."
)


@dataclass(frozen=True)
class Look:
    """How what came in becomes edges; the page's sliders.

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

    way: str = "auto"
    kind: str = "auto"
    sigma: float = SIGMA
    blur: int = BLUR
    thickness: int = 0
    clean: int = 0
    detail: float = DETAIL

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "way", _choice(self.way, WAYS, "The way to edges"))
        keep(self, "kind", _choice(self.kind, KINDS, "What the picture is"))
        keep(self, "sigma", number(self.sigma, 0, 1, "Sigma"))
        keep(self, "blur", whole(self.blur, 1, MAX_BLUR, "The blur") // 2 * 2 + 1)
        keep(self, "thickness", whole(self.thickness, 0, MAX_THICK, "The thickness"))
        keep(self, "clean", whole(self.clean, 0, MAX_CLEAN, "The clean-up"))
        keep(self, "detail", number(self.detail, MIN_DETAIL, 1, "The detail"))

    def style(self) -> EdgeStyle:
        """The same for the bridge to edges."""
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
class Creature:
    """One request for pictures of an animal. Which animals there are, the network knows.

    Attributes:
        look: how the edges are found.
        species: the animal that untagged strokes are, or all of it; "unknown" leaves it open.
        tags: of a drawing: the animal of each stroke, "" for untagged; may be shorter.
        points: of a picture: (x, y, animal) in its pixels; every pixel is what the nearest says.
        background: one of BACKGROUNDS.
        n: variants, 1 to MAX_VARIANTS.
        seed: 0 to MAX_SEED; the same seed gives the same variants.
        edited: an edge map that takes the place of the found one, (S, S) uint8 or its data URL;
            lines are light on dark.  Kept as 255 on 0; "" and None are none.

    Raises:
        ValueError: one of them is of the wrong kind or out of range; says which.
    """

    look: Look = field(default_factory=Look)
    species: str = UNKNOWN
    tags: tuple[str, ...] = ()
    points: tuple[tuple[float, float, str], ...] = ()
    background: str = "auto"
    n: int = 1
    seed: int = 0
    edited: np.ndarray | None = None

    def __post_init__(self) -> None:
        keep = object.__setattr__
        if not isinstance(self.look, Look):
            raise ValueError("The look must be a Look.")
        keep(self, "species", _name(self.species) or UNKNOWN)
        keep(self, "tags", _tags(self.tags))
        keep(self, "points", _points(self.points))
        if self.points and any(self.tags):
            raise ValueError("Say once which animal is where: tagged strokes, or points.")
        keep(self, "background", _choice(self.background, BACKGROUNDS, "The background"))
        keep(self, "n", whole(self.n, 1, MAX_VARIANTS, "How many"))
        keep(self, "seed", whole(self.seed, 0, MAX_SEED, "The seed"))
        keep(self, "edited", _edited(self.edited))


# -- in ------------------------------------------------------------------------------------------


def read(data: bytes, name: str = "") -> Source:
    """A file that a visitor brought, see `read_sized`."""
    return read_sized(data, name)[0]


def read_sized(data: bytes, name: str = "") -> tuple[Source, float]:
    """A file that a visitor brought: strokes of an SVG or JSON, or a picture.

    Args:
        data: its bytes.
        name: what to call it in messages.

    Returns:
        A drawing, or (H, W, 3) uint8 RGB, upright, transparent places white, of an animation the
        last frame, at most KEPT pixels a side; and by how much it was reduced, at most 1.

    Raises:
        BadDrawing: it cannot be used; says why and what can.
    """
    name = _shown(name)
    foreign = _foreign(data) if data else "empty"
    if foreign:
        raise BadDrawing(f"{name} is {foreign} and cannot be read here; use {_READABLE}.")
    if len(data) > MAX_BYTES:
        raise BadDrawing(f"{name} is larger than {MAX_BYTES // 1_000_000} MB.")
    try:
        if is_written(data):
            return _strokes(data), 1.0
        picture, size = decode(data, longest=KEPT)
    except BadDrawing as error:
        raise BadDrawing(f"{name} cannot be used. {error} Use {_READABLE}.") from error
    if min(picture.shape[:2]) < MIN_SIDE:
        raise BadDrawing(
            f"{name} has {size[0]:,} x {size[1]:,} pixels: too few, or too narrow. {MIN_SIDE} a "
            f"side are the least, and no side may be {KEPT // MIN_SIDE} times the other."
        )
    return picture, picture.shape[1] / size[0]


def _strokes(data: bytes) -> Drawing:
    drawing = read_drawings(data)[0]
    if not drawing:
        raise BadDrawing("It holds no lines.")
    return drawing


def bytes_of(text: Any, most: int = MAX_BYTES) -> bytes:
    """The bytes of a data URL, or of bare base64.

    Args:
        most: bytes that are taken.

    Raises:
        ValueError: it is neither, or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("A picture is a text: a data URL, or its file in base64.")
    head, comma, body = text.strip().partition(",")
    if not comma:
        body = head
    elif not (head.startswith("data:") and head.endswith(";base64")):
        raise ValueError("The picture's data URL must be one in base64: data:image/png;base64,...")
    if len(body) > most * 4 // 3 + 4:
        raise ValueError(f"The picture is larger than {most / 1e6:.3g} MB.")
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("The picture's base64 is broken.") from None


def from_url(text: Any, most: int = MAX_BYTES) -> np.ndarray:
    """A picture of a data URL or of base64, (H, W, 3) uint8 RGB; transparent places as `read` does.

    Raises:
        ValueError: it is none, too long or damaged.
    """
    return decode(bytes_of(text, most), longest=_MAX_SIDE)[0]


# -- out -----------------------------------------------------------------------------------------


def png_url(array: np.ndarray) -> str:
    """A picture (H, W), (H, W, 3) RGB or (H, W, 4) RGBA uint8 as the data URL of a PNG."""
    swapped = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}[
        array.shape[2] if array.ndim == 3 else 2
    ]
    pixels = array if swapped is None else cv2.cvtColor(array, swapped)
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels))
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


def colours(species: Sequence[str]) -> dict[str, str]:
    """A colour "#rrggbb" for each name, always the same one."""
    return {name: COLOURS.get(name) or _colour(name) for name in species}


def overlay(classes: np.ndarray, species: Sequence[str]) -> str:
    """The class map (S, S) in the species' colours, as the data URL of a see-through PNG.

    Returns:
        "" where nothing is told.
    """
    if not classes.any():
        return ""
    table = [(0, 0, 0, 0)]
    for colour in colours(species).values():
        table.append((*bytes.fromhex(colour[1:]), _VEIL))
    return png_url(np.array(table, np.uint8)[classes])


def chimerical(registry: Registry) -> tuple[str, list[str], int]:
    """Whether animals can be made.

    Returns:
        What is missing and how to mend it, empty when nothing is; the species to choose from; and
        the side of the pictures.
    """
    known = list(COLOURS), USUAL_SIZE
    try:
        cards = [card for card in registry.cards() if card.name == NETWORK]
    except ModelUnavailable as error:
        return str(error), *known
    if not cards:
        return _ABSENT, *known
    if cards[0].problem:
        return cards[0].problem, *known
    header = cards[0].header
    config, names = header.get("config", {}), header.get("data", {}).get("categories", [])
    if header.get("model") != "pix2pix" or not isinstance(config.get("size"), int):
        return f"The checkpoint {NETWORK} holds no network for pictures. {_ABSENT}", *known
    return "", list(names) if config.get("classes") else [], config["size"]


# -- checks --------------------------------------------------------------------------------------


def _choice(value: Any, choices: Sequence[str], what: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {value!r:.40}.")
    return value


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
        x, y = (number(side, -MAX_COORDINATE, MAX_COORDINATE, f"The {axis} of a point")
                for side, axis in zip(value, "xy", strict=False))  # fmt: skip
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
        value = from_url(value, MAX_EDITED).max(axis=2)
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


def _shown(name: Any) -> str:
    """The name of a file as messages call it."""
    name = " ".join(PurePath(name).name.split()) if isinstance(name, str) else ""
    return (name if len(name) <= MAX_WORD else f"{name[: MAX_WORD - 1]}…") or "The file"


def _foreign(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:11], "a film")
    return next((what for start, what in _FOREIGN.items() if data.startswith(start)), "")


def _colour(name: str) -> str:
    """A colour that depends on the name alone, bright enough for a dark ground."""
    shade = zlib.crc32(name.encode())
    rgb = colorsys.hls_to_rgb(shade % 360 / 360, 0.5 + shade % 7 / 40, 0.7)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
