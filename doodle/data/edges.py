"""`data edges`: a folder of pictures to edge maps, white lines on black.

A rerun goes on where it stopped: what is there is kept, and settings.json says how it was made.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from doodle.errors import BadDrawing
from doodle.images import letterbox, read_picture
from doodle.strokes.edges import BLUR, DETAIL, SIGMA, canny, hand_drawn

if TYPE_CHECKING:
    import argparse

SETTINGS = "settings.json"
STYLES = ("canny", "hand")
LONGEST = 2048  # pixels; larger pictures are reduced while they are read
NO_PICTURES = (".csv", ".tsv", ".txt", ".md", ".json", ".html", ".sha256", ".part")


@dataclass(frozen=True)
class EdgeSettings:
    """How pictures become edges."""

    size: int = 256  # side of the result, pixels
    style: str = "canny"
    sigma: float = SIGMA  # canny: around the median
    low: int | None = None  # canny: fixed thresholds instead
    high: int | None = None
    blur: int = BLUR  # canny: side of the Gaussian, odd; 1 is none
    detail: float = DETAIL  # hand
    thickness: int = 1  # hand: pixels
    pairs: bool = False  # photograph at the left, edges at the right, as pix2pix training reads it

    def __post_init__(self) -> None:
        if not 16 <= self.size <= 4096:
            raise ValueError(f"a size is 16 to 4096 pixels, not {self.size}")
        if (self.low is None) != (self.high is None):
            raise ValueError("thresholds come in twos: give both low and high, or neither")
        if self.style not in STYLES:
            raise ValueError(f"no style {self.style!r} ({', '.join(STYLES)})")
        if not 1 <= self.thickness <= 16:
            raise ValueError(f"a thickness is 1 to 16 pixels, not {self.thickness}")
        self.edges(np.zeros((16, 16, 3), np.uint8))  # refuses what is out of range

    def edges(self, picture: np.ndarray) -> np.ndarray:
        """A square picture (S, S, 3) uint8 to its edges (S, S) uint8, 255 on 0."""
        if self.style == "hand":
            return hand_drawn(picture, detail=self.detail, thickness=self.thickness)
        thresholds = None if self.low is None or self.high is None else (self.low, self.high)
        return canny(picture, sigma=self.sigma, blur=self.blur, thresholds=thresholds)


def write_edges(
    source: Path, output: Path, settings: EdgeSettings, *, masks: Path | None = None
) -> tuple[int, int, list[str]]:
    """Write the edges of every picture below a folder, under the same names, as PNG.

    Args:
        source: read with its subfolders.
        output: made if missing; what is in it already is kept.
        settings: must be those that ``output`` was begun with.
        masks: a folder with the same names; where a picture has a mask (white on what to keep),
            the rest becomes white.

    Returns:
        How many were written, how many were there already, and a line for each bad file.

    Raises:
        FileNotFoundError: a folder is not there, or holds no pictures.
        ValueError: ``output`` was begun with other settings.
    """
    files = list(pictures(source, leave_out=output))
    if not files:
        raise FileNotFoundError(f"no pictures in {source}")
    if masks is not None and not masks.is_dir():
        raise FileNotFoundError(f"no folder of masks {masks}")
    _claim(output, settings)
    names = _names(files, source)
    written, there, bad = 0, 0, []
    for file in tqdm(files, unit="picture", disable=None):
        target = output / names[file]
        if target.exists():
            there += 1
            continue
        try:
            picture = prepared(file, settings.size, _mask_of(file, source, masks))
        except (BadDrawing, OSError) as error:
            bad.append(f"{file}: {error}")
            continue
        edges = settings.edges(picture)
        if settings.pairs:
            edges = np.concatenate([picture, np.repeat(edges[..., None], 3, axis=2)], axis=1)
        _write(Image.fromarray(edges), target)
        written += 1
    return written, there, bad


def pictures(folder: Path, leave_out: Path | None = None) -> Iterator[Path]:
    """Files below a folder that may be pictures, sorted.

    Raises:
        FileNotFoundError: no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}")
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        outside = leave_out is None or leave_out == folder or leave_out not in path.parents
        if path.is_file() and not hidden and outside and path.suffix.lower() not in NO_PICTURES:
            yield path


def prepared(file: Path, size: int, mask: Path | None = None) -> np.ndarray:
    """A picture file, masked on white, fitted into a square: (size, size, 3) uint8.

    Raises:
        BadDrawing, OSError: it, or its mask, cannot be read.
    """
    picture = read_picture(file, longest=LONGEST)
    if mask is not None:
        picture = on_white(picture, read_picture(mask, longest=LONGEST)[..., 0])
    return letterbox(picture, size)


def on_white(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Paste what a mask keeps on white.

    Args:
        picture: (H, W, 3) uint8.
        mask: (h, w) uint8 in the same proportions, 255 on what to keep.
    """
    keep = np.asarray(Image.fromarray(mask).resize(picture.shape[1::-1], Image.Resampling.BILINEAR))
    share = keep.astype(np.float32)[..., None] / 255
    return np.round(picture * share + 255 * (1 - share)).astype(np.uint8)


def _mask_of(file: Path, source: Path, masks: Path | None) -> Path | None:
    if masks is None:
        return None
    mask = (masks / file.relative_to(source)).with_suffix(".png")
    return mask if mask.exists() else None


def _names(files: list[Path], source: Path) -> dict[Path, Path]:
    """Where each file's edges go: NAME.png, or NAME.jpg.png where two files share the NAME."""
    plain = [file.relative_to(source).with_suffix(".png") for file in files]
    count = Counter(plain)
    return {
        file: name if count[name] == 1 else Path(f"{file.relative_to(source)}.png")
        for file, name in zip(files, plain, strict=True)
    }


def _claim(output: Path, settings: EdgeSettings) -> None:
    """Note the settings in the folder, or see that they are those it was begun with."""
    output.mkdir(parents=True, exist_ok=True)
    path, ours = output / SETTINGS, json.dumps(asdict(settings), indent=1) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") != ours:
        raise ValueError(f"{output} was begun with other settings (see {path}): take a new folder")
    path.write_text(ours, encoding="utf-8")


def _write(picture: Image.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    picture.save(part, "PNG")
    os.replace(part, target)  # a stop in mid-write leaves nothing half done


def register(actions: Any) -> None:
    """Add `data edges`."""
    line = "edge maps of a folder of pictures, white on black"
    parser = actions.add_parser("edges", help=line, description=line)
    add, usual = parser.add_argument, EdgeSettings()
    add("-i", "--input", type=Path, required=True, metavar="DIR", help="any kinds of pictures")
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="PNGs of the same names")
    add("-s", "--size", type=int, default=usual.size, help="side in pixels (%(default)s)")
    add("--masks", type=Path, metavar="DIR", help="of the same names, white on what to keep")
    add("--style", choices=STYLES, default=usual.style, help="auto-canny, or as a hand draws")
    add(
        "--sigma",
        type=float,
        default=usual.sigma,
        help="canny: thresholds (1 -+ sigma) times the median (%(default)s)",
    )
    add("--low", type=int, help="canny: lower threshold instead, 0 to 255")
    add("--high", type=int, help="canny: upper threshold instead, 0 to 255")
    add("--blur", type=int, default=usual.blur, help="canny: odd, 1 is none (%(default)s)")
    add("--detail", type=float, default=usual.detail, help="hand: above 0, up to 1 (%(default)s)")
    add("--thickness", type=int, default=usual.thickness, help="hand: pixels (%(default)s)")
    add("--pairs", action="store_true", help="the photograph beside its edges in one picture")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write edges; name the files that could not be read."""
    fields = {name: getattr(args, name) for name in EdgeSettings.__dataclass_fields__}
    settings = EdgeSettings(**fields)
    written, there, bad = write_edges(args.input, args.output, settings, masks=args.masks)
    for line in bad:
        print(f"skipped {line}", file=sys.stderr)
    print(f"{written:,} written, {there:,} there already, {len(bad):,} skipped: {args.output}")
    if bad and not written + there:
        raise ValueError(f"no file of {args.input} is a picture that can be read")
