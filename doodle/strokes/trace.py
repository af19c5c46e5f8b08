"""A picture of lines back to lines: binarise, thin to a skeleton, walk its graph in long strokes.

Works on clean bitmaps from 28 px up and on photographed paper; dark ink on light paper or light
on dark is found out.  Filled areas wider than the lines become their outline.
"""

from __future__ import annotations

import cv2
import numpy as np

from doodle.strokes.geometry import arc_length, resample, simplify
from doodle.strokes.skeleton import strokes_of, thin

MIN_SIDE, MAX_SIDE = 8, 1024  # pixels

_WORKING_SIDE = 256  # smaller pictures are enlarged to about this, for lines finer than a pixel
_CONTRAST = 24.0  # grey levels between paper and ink under which a picture counts as empty
_UNEVEN = 16.0  # grey levels that the paper may vary by before it counts as a photograph
_SHADOW = 0.06  # of the side: wider dark places on a photograph are shadow, not ink
_SPECK = 0.35  # smallest blot kept, in squares of the line width
_FILLED = 1.6  # an area this many line widths deep is filled, not a thick line
_SMOOTHING = 0.35  # sigma along the line, in line widths
_EPSILON = 0.12  # of the RDP, in line widths


def trace(image: np.ndarray) -> list[np.ndarray]:
    """Lines of a sketch.

    Args:
        image: (H, W) or (H, W, 3) uint8, grey or RGB, 8 to 1024 pixels a side.

    Returns:
        Polylines, each (P, 2) float32 in the picture's pixels (the first pixel's middle is
        (0.5, 0.5)), the longest first; one point is a dot. None where there is no ink.

    Raises:
        ValueError: the array is no such picture.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
        raise ValueError(f"expected (H, W) or (H, W, 3) uint8, not {image.shape} {image.dtype}")
    if not MIN_SIDE <= min(image.shape[:2]) <= max(image.shape[:2]) <= MAX_SIDE:
        raise ValueError(f"a picture to trace has {MIN_SIDE} to {MAX_SIDE} pixels a side")
    factor = max(1, round(_WORKING_SIDE / max(image.shape[:2])))
    if factor > 1:
        size = (image.shape[1] * factor, image.shape[0] * factor)
        image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    # a margin lets lines at the edge be thinned like all others
    ink = np.pad(_ink_of(image, fringe=2 * factor), 1)
    if not ink.any():
        return []
    depth = depth_of(ink)
    width = _line_width(depth)
    ink = _without_specks(ink, _SPECK * width * width)
    if depth.max() > _FILLED * width:
        ink = outlined(ink, depth, width)
        depth = depth_of(ink)
    lines = [_smooth(line, width) for line in strokes_of(thin(ink), depth, width)]
    lines.sort(key=lambda line: -arc_length(line)[-1])
    # pixel i of the padded, enlarged picture has its middle at i + 0.5 - 1
    return [((line - 0.5) / factor).astype(np.float32) for line in lines]


def _ink_of(image: np.ndarray, fringe: int) -> np.ndarray:
    """Ink 1 on paper 0, (H, W) uint8; no ink where the contrast is too low.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        fringe: pixels beside the ink that may be half covered by it.
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    level, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    # paper is what most of the picture is, and above all most of its rim
    rim = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    dark_ink = light.mean() + rim.mean() > 1
    photo = _is_uneven(grey, light if dark_ink else 1 - light, fringe)
    if photo:
        dark_ink = _is_dark_against_its_surroundings(grey)
    # coloured ink counts in full: on light paper the darkest of the channels is taken
    channels = image[..., None] if image.ndim == 2 else image
    darkness = 255 - channels.min(axis=2) if dark_ink else channels.max(axis=2)
    if photo:
        return _photographed_ink(_share_of_light(darkness))
    if fringe > 2:  # lines a pixel apart in a small picture run together unless kept apart locally
        darkness = np.round(_share_of_light(darkness)).astype(np.uint8)
    level, ink = cv2.threshold(darkness, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if not 0 < ink.sum() < ink.size:
        return np.zeros_like(ink)
    contrast = darkness[ink > 0].mean() - darkness[ink == 0].mean()
    return ink if contrast >= _CONTRAST else np.zeros_like(ink)


def _is_uneven(grey: np.ndarray, paper: np.ndarray, fringe: int) -> bool:
    """Does the paper's brightness vary, away from the ink, as it does on photographs?"""
    reach = 2 * (fringe + 6) + 1  # three sigma of the blur below
    paper = cv2.erode(paper, np.ones((reach, reach), np.uint8)) > 0
    if not paper.any():
        return False
    low, high = np.percentile(cv2.GaussianBlur(grey, (0, 0), 2)[paper], (2, 98))
    return bool(high - low > _UNEVEN)


def _is_dark_against_its_surroundings(grey: np.ndarray) -> bool:
    """Is what differs most from the median around it darker?  The median is paper nearly always."""
    paper = cv2.medianBlur(grey, _reach(grey)).astype(np.float32)
    return bool(((cv2.medianBlur(grey, 3) - paper) ** 3).sum() < 0)


def _reach(grey: np.ndarray) -> int:
    """An odd number of pixels: wider than any line on a photograph, narrower than its shadows."""
    return round(_SHADOW * max(grey.shape)) | 1


def _share_of_light(darkness: np.ndarray) -> np.ndarray:
    """Which part of the paper's light is missing, (H, W) float32 in [0, 255].

    The paper's light is what is left when the ink is closed over.
    """
    light = 255 - cv2.medianBlur(darkness, 3)
    reach = _reach(light)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    paper = cv2.morphologyEx(light, cv2.MORPH_CLOSE, disc)
    paper = cv2.GaussianBlur(paper, (0, 0), reach / 2).astype(np.float32)
    return 255 * (1 - np.minimum(light / np.maximum(paper, 1), 1))


def _photographed_ink(share: np.ndarray) -> np.ndarray:
    """Ink by how far it stands out from the paper's grain; thin lines are too few for Otsu."""
    share = cv2.GaussianBlur(share, (0, 0), 0.8)
    usual, most = np.percentile(share, (50, 99.8))
    noise = 1.4826 * np.median(np.abs(share - usual))  # robust sigma
    if most - usual < max(_CONTRAST, 5 * noise):
        return np.zeros(share.shape, np.uint8)
    level = usual + max(0.4 * (most - usual), 3.5 * noise)
    return (share > level).astype(np.uint8)


def depth_of(ink: np.ndarray) -> np.ndarray:
    """Distance of each ink pixel to the nearest paper, (H, W) float32."""
    return cv2.distanceTransform(ink, cv2.DIST_L2, 5)


def _line_width(depth: np.ndarray) -> float:
    """Usual width of the lines, pixels: twice the median depth along their middle."""
    ridge = (depth > 0) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)))
    # the edge of an ink pixel lies half a pixel nearer than the paper pixel's middle
    return max(1.0, 2 * float(np.median(depth[ridge])) - 1)


def _without_specks(ink: np.ndarray, area: float) -> np.ndarray:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= area
    keep[0] = False  # the paper
    return keep[labels].astype(np.uint8)


def outlined(
    ink: np.ndarray, depth: np.ndarray, width: float, filled: float = _FILLED
) -> np.ndarray:
    """Empty filled areas, leaving a rim one line wide; lines keep their ink.

    Args:
        ink: (H, W) uint8, 1 on 0; depth: `depth_of` it.
        width: of the lines, pixels.
        filled: an area this many line widths deep counts as filled.
    """
    core = (depth > filled * width).astype(np.uint8)
    reach = 2 * round((filled - 1) * width) + 1  # from the core out to one line width deep
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    inside = (cv2.dilate(core, disc) > 0) & (depth > width)
    return ink & (1 - inside.astype(np.uint8))


def _smooth(line: np.ndarray, width: float) -> np.ndarray:
    """Take the stair steps off a line of pixels, its ends kept, and simplify it."""
    if len(line) < 3:
        return line
    dense = resample(line, 1.0).astype(np.float64)
    sigma = max(1.0, _SMOOTHING * width)
    reach = min(round(3 * sigma), len(dense) - 1)
    if np.array_equal(line[0], line[-1]):  # a ring goes on beyond its ends
        padded = np.concatenate([dense[-reach - 1 : -1], dense, dense[1 : reach + 1]])
    else:  # mirrored through the end points, which therefore stay where they are
        before = 2 * dense[0] - dense[reach:0:-1]
        after = 2 * dense[-1] - dense[-2 : -reach - 2 : -1]
        padded = np.concatenate([before, dense, after])
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    smooth = np.stack([np.convolve(axis, weights, mode="valid") for axis in padded.T], axis=1)
    return simplify(smooth, max(0.35, _EPSILON * width))
