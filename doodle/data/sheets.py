"""Contact sheets: a look at any set of drawings, strokes tinted in the order they were drawn."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from doodle.data.readers import read_bitmaps, read_packed, read_record_at, read_sketchrnn
from doodle.strokes.formats import from_stroke3
from doodle.strokes.geometry import fit
from doodle.strokes.raster import rasterize

SHEET_COLUMNS = 12  # drawings across
CELL = 84  # pixels; three times 28, so that bitmaps are shown grain by grain
MARGIN = 6
LINE_WIDTH = 2.0
LONGEST_SHEET = 60_000  # pixels high
SUFFIXES = (".ndjson", ".npz", ".npy")
FIRST_INK, LAST_INK = np.array([24, 33, 58]), np.array([232, 90, 40])  # the first stroke, the last
PAPER = np.array([250, 248, 244])


def write_sheet(
    path: Path, output: Path, *, n: int = SHEET_COLUMNS, seed: int = 0, names: Sequence[str] = ()
) -> int:
    """Draw a sheet of a file, or of the files of a folder, a block of rows for each.

    Args:
        path: .ndjson, packed or sketch-rnn .npz, bitmaps as .npz or .npy; or a folder of such.
        output: the picture, in the format that its ending names.
        n: drawings of each file.
        seed: chooses them.
        names: only the files of the folder with these names, in this order.

    Returns:
        How many drawings it shows.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: the folder or file holds no drawings, or too many were asked for.
    """
    if n < 1:
        raise ValueError(f"a sheet shows at least 1 drawing of each file, not {n}")
    files = _files(path, names)
    rows = -(-n // SHEET_COLUMNS)
    if len(files) * rows * (CELL + MARGIN) > LONGEST_SHEET:
        raise ValueError(f"{len(files)} files of {n} drawings are too many for one picture")
    blocks = []
    for file in files:
        rng = np.random.default_rng(seed)  # a file's choice does not depend on the others
        blocks.append((file.stem, choose_pictures(file, n, rng)))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet(blocks).save(output)
    return sum(len(pictures) for _, pictures in blocks)


def _files(path: Path, names: Sequence[str]) -> list[Path]:
    if path.is_file():
        if names:
            raise ValueError("names choose among the files of a folder, this is a file")
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"no file or folder {path}")
    found = {file.stem: file for file in sorted(path.iterdir()) if file.suffix in SUFFIXES}
    if not found:
        below = sorted(d.name for d in path.iterdir() if d.is_dir())
        hint = f" (perhaps in one of {', '.join(below)})" if below else ""
        raise ValueError(f"no drawings in {path}{hint}")
    if lost := [name for name in names if name not in found]:
        raise FileNotFoundError(f"no {', '.join(lost)} in {path}")
    return [found[name] for name in names or found]


# -- pictures ------------------------------------------------------------------------------------


def choose_pictures(path: Path, n: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Up to n drawings of a file at random, in the file's order, each (CELL, CELL, 3) uint8.

    Raises:
        ValueError: the file holds no drawings that we can read.
    """
    if path.suffix == ".ndjson":
        starts = _line_starts(path)
        chosen = [starts[i] for i in _choice(len(starts), n, rng)]
        return [draw(read_record_at(path, start).strokes) for start in chosen]
    if path.suffix == ".npy" or "bitmaps" in (held := _array_names(path)):
        bitmaps = read_bitmaps(path)
        return [enlarge(bitmaps[i].reshape(28, 28)) for i in _choice(len(bitmaps), n, rng)]
    if "offsets" in held:
        packed = read_packed(path)
        return [draw(packed.polylines(i)) for i in _choice(packed.n, n, rng)]
    drawings = [rows for part in read_sketchrnn(path).values() for rows in part]
    return [draw(from_stroke3(drawings[i])) for i in _choice(len(drawings), n, rng)]


def _choice(count: int, n: int, rng: np.random.Generator) -> list[int]:
    return sorted(rng.choice(count, min(n, count), replace=False).tolist())


def _line_starts(path: Path) -> list[int]:
    starts, at = [], 0
    with open(path, "rb") as file:
        for line in file:
            if line.strip():
                starts.append(at)
            at += len(line)
    return starts


def _array_names(path: Path) -> set[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is no .ndjson, .npz or .npy file of drawings") from error


def draw(polylines: Sequence[np.ndarray]) -> np.ndarray:
    """Polylines fitted into a cell: (CELL, CELL, 3) uint8, early strokes dark, late ones warm."""
    picture = np.broadcast_to(PAPER, (CELL, CELL, 3)).astype(np.float64)
    lines = fit(polylines, CELL, CELL, margin=MARGIN)
    for share, line in zip(np.linspace(0, 1, len(lines)), lines, strict=True):
        cover = rasterize([line], CELL, line_width=LINE_WIDTH)[:, :, None] / 255
        ink = FIRST_INK + share * (LAST_INK - FIRST_INK)
        picture += cover * (ink - picture)
    return np.round(picture).astype(np.uint8)


def enlarge(bitmap: np.ndarray) -> np.ndarray:
    """A bitmap (28, 28), ink 255 on 0, as a cell (CELL, CELL, 3) uint8, each grain a square."""
    cover = np.kron(bitmap, np.ones((CELL // 28, CELL // 28)))[:, :, None] / 255
    return np.round(PAPER + cover * (FIRST_INK - PAPER)).astype(np.uint8)


def sheet(blocks: Sequence[tuple[str, Sequence[np.ndarray]]]) -> Image.Image:
    """Blocks of (label, cells (CELL, CELL, 3) uint8) beneath each other, the label at the left."""
    font = ImageFont.load_default()
    gutter = round(max(font.getlength(label) for label, _ in blocks)) + 3 * MARGIN
    across = min(SHEET_COLUMNS, max(len(cells) for _, cells in blocks))
    step = CELL + MARGIN
    heights = [max(1, -(-len(cells) // SHEET_COLUMNS)) for _, cells in blocks]
    size = (gutter + across * step, sum(heights) * step + MARGIN)
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    top = MARGIN
    for (label, cells), height in zip(blocks, heights, strict=True):
        pen.text((MARGIN, top + CELL // 2), label, fill="black", font=font, anchor="lm")
        for i, cell in enumerate(cells):
            row, column = divmod(i, SHEET_COLUMNS)
            place = (gutter + column * step, top + row * step)
            picture.paste(Image.fromarray(cell), place)
        top += height * step
    return picture
