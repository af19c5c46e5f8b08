"""`data pack-animals`: photographs by class, their masks and their strokes in one small file.

Each photograph is kept as JPEG bytes, its mask as PNG bytes, and the strokes of the hand style as
points, since finding them takes longer than anything that training does to a photograph.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from tqdm import tqdm

from doodle.data.edges import LONGEST, on_white, pictures
from doodle.data.splits import split_of
from doodle.errors import BadDrawing
from doodle.images import read_picture
from doodle.strokes.edges import contours

if TYPE_CHECKING:
    import argparse

QUALITY = 90  # of the JPEGs
ROOM = 1.125  # photographs are kept larger than the training size by this, for crops
WIDEST = 1.8  # the longer side is at most so many training sizes
STEPS = 8  # strokes are stored in eighths of a pixel
MOST_STROKES = 160  # of a photograph
PLAIN = 195  # a rim at least this light and hardly coloured ...
PLAIN_COLOUR = 14  # ... between its strongest and its weakest channel ...
PLAIN_SHARE = 0.9  # ... nearly all around is no scene (or the squares that stand for transparent)
MASK_COVER = (0.02, 0.98)  # share of a mask that must be white


@dataclass(frozen=True)
class Animals:
    """Photographs in memory, all arrays uint8."""

    size: int  # they are meant to be trained at
    classes: tuple[str, ...]
    photos: list[np.ndarray]  # (H, W, 3) RGB
    masks: list[np.ndarray | None]  # (H, W), 255 on the animal
    strokes: list[list[np.ndarray]]  # each (P, 2) float32, pixels; the weightiest first
    label: np.ndarray  # (N,) 1 .. len(classes); 0 is kept for unknown
    split: np.ndarray  # (N,) 0 train, 1 valid, 2 test
    plain: np.ndarray  # (N,) bool, taken on white or nearly so


def pack(
    source: Path, target: Path, *, size: int, masks: Path | None = None, quality: int = QUALITY
) -> tuple[int, list[str]]:
    """Pack a folder that has one folder of photographs a class.

    Args:
        source: its folders' names are the classes, in the order of the alphabet.
        target: an .npz.
        size: at which to train, pixels; photographs are kept a little larger.
        masks: the same folders, PNGs of the same names, white on the animal.
        quality: of the JPEGs, 1 to 100.

    Returns:
        How many were packed, and a line for each bad file.

    Raises:
        FileNotFoundError: the folder has no folders of pictures.
    """
    files = [(f, f.parent.name) for f in pictures(source) if f.parent.parent == source]
    classes = sorted({name for _, name in files})
    if not classes:
        raise FileNotFoundError(f"{source} has no folder of pictures: one a class is expected")
    kept: list[dict[str, Any]] = []
    bad = []
    for file, name in tqdm(files, unit="photograph", disable=None):
        mask = None if masks is None else (masks / name / file.name).with_suffix(".png")
        try:
            entry = _entry(file, mask if mask and mask.exists() else None, size, quality)
        except (BadDrawing, OSError) as error:
            bad.append(f"{file}: {error}")
            continue
        kept.append(entry | {"label": classes.index(name) + 1, "id": f"{name}/{file.stem}"})
    if not kept:
        raise BadDrawing(f"no file of {source} is a picture that can be read")
    _write(target, kept, size, classes)
    return len(kept), bad


def _entry(file: Path, mask_file: Path | None, size: int, quality: int) -> dict[str, Any]:
    """One photograph, reduced, encoded and traced."""
    photo = reduced(read_picture(file, longest=LONGEST), size)
    mask = None
    if mask_file is not None:
        mask = read_picture(mask_file, longest=LONGEST)[..., 0]
        mask = cv2.resize(mask, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
        if not MASK_COVER[0] < (mask > 127).mean() < MASK_COVER[1]:
            mask = None
    shown = photo if mask is None else on_white(photo, mask)
    lines = contours(shown, outline=None if mask is None else mask > 127)[:MOST_STROKES]
    how = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return {
        "jpeg": cv2.imencode(".jpg", photo[..., ::-1], how)[1],
        "mask": np.zeros(0, np.uint8)
        if mask is None
        else cv2.imencode(
            ".png", np.where(mask > 127, np.uint8(255), np.uint8(0)), [cv2.IMWRITE_PNG_BILEVEL, 1]
        )[1],
        "lines": [np.round(line * STEPS).astype(np.int16) for line in lines],
        "split": split_of(file.read_bytes()),
    }


def reduced(photo: np.ndarray, size: int) -> np.ndarray:
    """Shrink a photograph to what training at ``size`` needs; never enlarges."""
    height, width = photo.shape[:2]
    scale = min(1.0, ROOM * size / min(height, width), WIDEST * size / max(height, width))
    fitted = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(photo, fitted, interpolation=cv2.INTER_AREA) if scale < 1 else photo


def is_plain(photo: np.ndarray) -> bool:
    """Is it on white already, seen by its rim?"""
    rim = np.concatenate([photo[0], photo[-1], photo[:, 0], photo[:, -1]])
    light = (rim.min(axis=1) >= PLAIN) & (np.ptp(rim, axis=1) <= PLAIN_COLOUR)
    return bool(light.mean() >= PLAIN_SHARE)


def _write(target: Path, kept: Sequence[dict[str, Any]], size: int, classes: list[str]) -> None:
    lines = [line for entry in kept for line in entry["lines"]]
    empty = np.zeros((0, 2), np.int16)
    arrays = {
        "size": np.array(size),
        "classes": np.array(classes),
        "ids": np.array([entry["id"] for entry in kept]),
        "jpeg": np.concatenate([entry["jpeg"].ravel() for entry in kept]),
        "jpeg_offsets": _offsets([entry["jpeg"].size for entry in kept]),
        "mask": np.concatenate([entry["mask"].ravel() for entry in kept]),
        "mask_offsets": _offsets([entry["mask"].size for entry in kept]),
        "points": np.concatenate([empty, *lines]),
        "line_offsets": _offsets([len(line) for line in lines]),
        "photo_offsets": _offsets([len(entry["lines"]) for entry in kept]),
        "label": np.array([entry["label"] for entry in kept], np.uint8),
        "split": np.array([entry["split"] for entry in kept], np.uint8),
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with open(part, "wb") as file:
        # numpy's stub takes the names for its own flag
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    os.replace(part, target)


def _offsets(lengths: Sequence[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def load_animals(path: str | os.PathLike[str], size: int) -> Animals:
    """Read a file that `pack` wrote, reduced where it was packed for a larger size.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is not such a file, or was packed for a smaller size.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: make it, `python -m doodle data pack-animals`")
    try:
        with np.load(path, allow_pickle=False) as z:
            arrays = {name: z[name] for name in z.files}
        packed_for, count = int(arrays["size"]), len(arrays["label"])
        lines = np.split(arrays["points"].astype(np.float32) / STEPS, arrays["line_offsets"][1:-1])
    except (KeyError, ValueError, EOFError) as error:
        raise ValueError(f"{path} was not made by `python -m doodle data pack-animals`") from error
    if packed_for < size:
        raise ValueError(f"{path} was packed for {packed_for} px: pack it again with --size {size}")
    photos, masks, strokes = [], [], []
    for k in range(count):
        photo = _decoded(_part(arrays, "jpeg", k), cv2.IMREAD_COLOR)[..., ::-1]
        small = np.ascontiguousarray(reduced(photo, size))
        mask = _part(arrays, "mask", k)
        if len(mask):
            whole = _decoded(mask, cv2.IMREAD_GRAYSCALE)
            mask = cv2.resize(whole, small.shape[1::-1], interpolation=cv2.INTER_AREA)
        scale = small.shape[1] / photo.shape[1]
        start, end = arrays["photo_offsets"][k : k + 2]
        photos.append(small)
        masks.append(mask if len(mask) else None)
        strokes.append([line * scale for line in lines[start:end]])
    plain = np.array([is_plain(photo) for photo in photos])
    classes = tuple(map(str, arrays["classes"]))
    return Animals(size, classes, photos, masks, strokes, arrays["label"], arrays["split"], plain)


def _decoded(data: np.ndarray, mode: int) -> np.ndarray:
    picture = cv2.imdecode(data, mode)
    if picture is None:
        raise ValueError("a picture of the packed animals is damaged")
    return picture


def _part(arrays: dict[str, np.ndarray], name: str, k: int) -> np.ndarray:
    start, end = arrays[f"{name}_offsets"][k : k + 2]
    return arrays[name][start:end]


def register(actions: Any) -> None:
    """Add `data pack-animals`."""
    line = "photographs by class, masks and strokes in one file to train the chimera with"
    parser = actions.add_parser("pack-animals", help=line, description=line)
    add = parser.add_argument
    add("-i", "--input", type=Path, required=True, metavar="DIR", help="one folder a class")
    add("--masks", type=Path, metavar="DIR", help="of the same names, white on the animal")
    add(
        "-o",
        "--output",
        type=Path,
        default=Path("data/animals.npz"),
        metavar="FILE",
        help="default: data/animals.npz",
    )
    add("-s", "--size", type=int, default=256, help="to train at, pixels (%(default)s)")
    add("--quality", type=int, default=QUALITY, help="of the JPEGs, 1 to 100 (%(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Pack, and name the files that could not be read."""
    if not 1 <= args.quality <= 100 or not 16 <= args.size <= 1024:
        raise ValueError("a quality is 1 to 100, a size 16 to 1024 pixels")
    count, bad = pack(
        args.input, args.output, size=args.size, masks=args.masks, quality=args.quality
    )
    for line in bad:
        print(f"skipped {line}", file=sys.stderr)
    megabytes = args.output.stat().st_size / 1e6
    print(f"{count:,} photographs in {args.output} ({megabytes:.1f} MB), {len(bad):,} skipped")
