"""Edges of a picture, white on black, in two styles: auto-canny, and strokes as a hand draws them.

Canny's edges follow every hair and fold.  The second style keeps what carries the shape: edges of
the colours after fur and grain are smoothed away, double lines merged, thinned and walked into long
strokes, short and faint ones dropped, and what is left drawn as smooth curves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from doodle.strokes.skeleton import strokes_of, thin

SIGMA = 0.33
BLUR = 3  # pixels
DETAIL = 0.5

_SCALE = 256  # the side at which the pixels below are meant; other sizes follow in proportion
_FUR = 2.0  # sigma of the smoothing before the hand style's gradient
_MERGED = 3  # lines nearer than this become one
_SHORTEST = 14.0  # strokes under this length are dropped
_SMOOTHING = 2.0  # sigma along a stroke
_EPSILON = 0.6  # of the RDP
_GAPS = (0, 2, 5, 11)  # pixels on either side of a line that close a gap
_MOST = 0.6  # share of what any gap encloses
_NARROW = 8.0  # pixels from the middle of a tail to its sides, at most
_CRUMB = 3e-4  # share of the square; smaller parts are not looked at
_MOUTH = 0.08  # share of its border that may be open
_STRONGEST = 0.10  # share of pixels whose gradient may start a contour, at full detail


def grey_of(picture: np.ndarray, blur: int = BLUR) -> np.ndarray:
    """Grey levels behind a Gaussian of ``blur`` pixels (odd; 1 is none), (H, W) uint8."""
    if blur < 1 or blur % 2 == 0:
        raise ValueError(f"a blur is an odd number of pixels, not {blur}")
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return cv2.GaussianBlur(grey, (blur, blur), 0) if blur > 1 else grey


def auto_thresholds(grey: np.ndarray, sigma: float = SIGMA) -> tuple[int, int]:
    """Canny's thresholds around the median v: max(0, (1 - sigma) v) and min(255, (1 + sigma) v)."""
    if not 0 <= sigma <= 1:
        raise ValueError(f"sigma lies in [0, 1], not {sigma}")
    median = float(np.median(grey))
    return int(max(0, (1 - sigma) * median)), int(min(255, (1 + sigma) * median))


def canny(
    picture: np.ndarray,
    *,
    sigma: float = SIGMA,
    blur: int = BLUR,
    thresholds: tuple[int, int] | None = None,
) -> np.ndarray:
    """Auto-canny.

    Args:
        picture: (H, W) or (H, W, 3) uint8, grey or RGB.
        sigma: how far the thresholds lie from the median; smaller finds fewer edges.
        blur: side of the Gaussian before it, odd.
        thresholds: low and high, 0 to 255, instead of those around the median.

    Returns:
        (H, W) uint8, 255 on 0.

    Raises:
        ValueError: sigma, blur or a threshold is out of range.
    """
    grey = grey_of(picture, blur)
    low, high = auto_thresholds(grey, sigma) if thresholds is None else thresholds
    if not 0 <= low <= 255 or not 0 <= high <= 255:
        raise ValueError(f"Canny's thresholds lie in 0 to 255, not {low} and {high}")
    return cv2.Canny(grey, low, high)


def contours(
    picture: np.ndarray, *, detail: float = 1.0, outline: np.ndarray | None = None
) -> list[np.ndarray]:
    """The strokes with which a hand would draw a picture's shapes.

    Args:
        picture: (H, W) or (H, W, 3) uint8, square or nearly so.
        detail: above 0 and at most 1; how much of the contrast counts as a contour.
        outline: (H, W), above 0 on a shape whose rim is drawn whatever the contrast there.

    Returns:
        Strokes, each (P, 2) float32 in pixels (the first pixel's middle is (0.5, 0.5)), in the
        order of length times contrast: those that carry most of the shape first.

    Raises:
        ValueError: the detail is out of range.
    """
    if not 0 < detail <= 1:
        raise ValueError(f"detail lies above 0 and at most at 1, not {detail}")
    unit = max(picture.shape[:2]) / _SCALE
    dx, dy, strength = _gradient(picture, _FUR * unit)
    high = max(float(np.quantile(strength, 1 - _STRONGEST * detail)), 24.0)
    edges = without_specks(cv2.Canny(dx, dy, 0.4 * high, high, L2gradient=True), _SHORTEST * unit)
    if outline is not None:
        # one pixel of erosion and its difference: the rim of the shape
        shape = (outline > 0).astype(np.uint8)
        edges |= 255 * (shape - cv2.erode(shape, np.ones((3, 3), np.uint8), borderValue=0))
    lines, weights = [], []
    for line in strokes_in(edges):
        length = float(np.hypot(*np.diff(line, axis=0).T).sum())
        if length < _SHORTEST * unit:
            continue
        x, y = np.clip(line.round().astype(int), 0, np.array(strength.shape[::-1]) - 1).T
        lines.append(_smooth(line, _SMOOTHING * unit, _EPSILON * unit))
        weights.append(length * float(strength[y, x].mean()))
    return [lines[i] for i in np.argsort(-np.array(weights), kind="stable")]


def strokes_in(edges: np.ndarray, merged: int = _MERGED) -> list[np.ndarray]:
    """Walk an edge map in strokes as long and straight as can be.

    Args:
        edges: (H, W) uint8, 255 on 0.
        merged: lines nearer than so many pixels become one; 1 merges none.

    Returns:
        Strokes of at least two points, each (P, 2) float64, pixel indices.
    """
    # a margin lets lines at the rim be thinned like all others
    ink = np.pad(edges, merged) // 255
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (merged, merged))
    ink = cv2.morphologyEx(cv2.dilate(ink, disc), cv2.MORPH_CLOSE, disc)
    depth = cv2.distanceTransform(ink, cv2.DIST_L2, 3)
    lines = strokes_of(thin(ink), depth, float(merged))
    return [line - merged for line in lines if len(line) > 1]


def outline(edges: np.ndarray, merged: int = _MERGED) -> list[np.ndarray]:
    """An edge map as smooth strokes (P, 2) float32, pixels, the longest first; see `strokes_in`."""
    unit = max(edges.shape) / _SCALE
    lines = [_smooth(line, unit, _EPSILON * unit) for line in strokes_in(edges, merged)]
    return sorted(lines, key=lambda line: -float(np.hypot(*np.diff(line, axis=0).T).sum()))


def enclosed(edges: np.ndarray) -> np.ndarray:
    """How surely each pixel lies within a closed line: what a hand draws has gaps.

    The share of several widths of gap, from none on, that keep what flows in from the rim out.

    Args:
        edges: (S, S) uint8, lines above 0.

    Returns:
        (S, S) uint8: 255 within a line without a gap, 0 outside of all lines.
    """
    height, width = edges.shape
    lines = np.pad((edges > 0).astype(np.uint8), 1)
    within = np.zeros((height, width), np.uint16)
    for gap in _GAPS:
        side = 2 * round(gap * max(height, width) / _SCALE) + 1
        wall = cv2.dilate(lines, np.ones((side, side), np.uint8)) if side > 1 else lines.copy()
        wall[0], wall[-1], wall[:, 0], wall[:, -1] = 0, 0, 0, 0  # where the flood comes from
        cv2.floodFill(wall, None, (0, 0), 2)
        flooded = (wall == 2).astype(np.uint8)
        if side > 1:  # up to the line itself
            flooded = cv2.dilate(flooded, np.ones((side, side), np.uint8))
        within += flooded[1:-1, 1:-1] == 0
    return (within * 255 // len(_GAPS)).astype(np.uint8)


def stable(edges: np.ndarray) -> np.ndarray:
    """`enclosed` without its doubtful parts, such as the bay between two legs.

    The narrowest gap counts that leaves most of what any gap encloses; beyond it, what is hardly
    open and either narrow, such as a tail that stops short of the body, or open between two ends
    of lines, such as a circle that was not quite closed.

    Args:
        edges: (S, S) uint8, lines above 0.

    Returns:
        (S, S) uint8 as `enclosed` gives it, 0 where it is open.
    """
    within = enclosed(edges)
    levels, counts = np.unique(within[within > 0], return_counts=True)
    if not len(levels):
        return within
    surely = np.cumsum(counts[::-1])  # the surest first
    least = levels[::-1][np.searchsorted(surely, _MOST * surely[-1])]
    kept = np.where(within >= least, within, np.uint8(0))
    unit, ends = within.shape[0] / _SCALE, _ends(edges)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))  # steps over no diagonal line
    for level in levels[levels < least]:
        alike = (within == level).astype(np.uint8)
        depth = cv2.distanceTransform(alike, cv2.DIST_L2, 3)
        gap = _GAPS[len(_GAPS) - round(int(level) * len(_GAPS) / 255)]  # the first that closed it
        reach = math.ceil((2 * gap + 1) * unit)
        _, parts, boxes, _ = cv2.connectedComponentsWithStats(alike, connectivity=4)
        for k in 1 + np.flatnonzero(boxes[1:, cv2.CC_STAT_AREA] >= _CRUMB * within.size):
            left, top, width, height = boxes[k, :4].tolist()
            rows = slice(max(top - reach, 0), top + height + reach)
            here = rows, slice(max(left - reach, 0), left + width + reach)
            part = parts[here] == k
            border = (cv2.dilate(part.astype(np.uint8), cross) > 0) & ~part
            mouth = border & (within[here] < level)
            if np.count_nonzero(mouth) > _MOUTH * np.count_nonzero(border):
                continue
            near = cv2.dilate(mouth.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
            if depth[here][part].max() <= _NARROW * unit or np.count_nonzero(ends[here][near]) > 1:
                kept[here][part] = level
    return kept


def links(edges: np.ndarray, longest: float) -> list[np.ndarray]:
    """Segments between ends of lines, (2, 2) x and y in pixels, the shortest first; each end once.

    Args:
        edges: (S, S) uint8, lines above 0.
        longest: pixels of 256 that a segment may measure.
    """
    count, _, _, ends = cv2.connectedComponentsWithStats(_ends(edges).astype(np.uint8))
    first, second = np.triu_indices(count - 1, 1)
    ends = ends[1:]
    lengths = np.hypot(*(ends[first] - ends[second]).T)
    found: list[np.ndarray] = []
    used: set[int] = set()
    for k in np.argsort(lengths, kind="stable"):
        pair = {int(first[k]), int(second[k])}
        if lengths[k] > longest * max(edges.shape) / _SCALE:
            break
        if not pair & used:
            used |= pair
            found.append(ends[[first[k], second[k]]])
    return found


def _ends(edges: np.ndarray) -> np.ndarray:
    """Where thin lines end, (S, S) bool: one neighbour, or two that touch each other."""
    lit = np.pad(edges > 0, 1)
    height, width = edges.shape
    ring = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    around = np.stack([lit[y : y + height, x : x + width] for y, x in ring])
    begun = (around & ~np.roll(around, 1, axis=0)).sum(axis=0)  # runs of lit neighbours
    return (edges > 0) & (begun == 1) & (around.sum(axis=0) <= 2)


def _gradient(picture: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope in x and y (int16) of whichever of L, a, b changes most, and its length (float32)."""
    rgb = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    lab = cv2.bilateralFilter(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), 5, 40, 3)
    lab = cv2.GaussianBlur(lab, (0, 0), sigma)
    dx = cv2.Sobel(lab, cv2.CV_16S, 1, 0)
    dy = cv2.Sobel(lab, cv2.CV_16S, 0, 1)
    length = dx.astype(np.float32) ** 2 + dy.astype(np.float32) ** 2  # (H, W, 3)
    most = length.argmax(axis=2)[..., None]
    x, y, longest = (np.take_along_axis(a, most, 2)[..., 0] for a in (dx, dy, length))
    return np.ascontiguousarray(x), np.ascontiguousarray(y), np.sqrt(longest)


def without_specks(edges: np.ndarray, least: float) -> np.ndarray:
    """Edges (H, W) uint8 without connected ones of fewer than ``least`` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= least
    keep[0] = False  # what is no edge
    return np.where(keep[labels], np.uint8(255), np.uint8(0))


def _smooth(line: np.ndarray, sigma: float, epsilon: float) -> np.ndarray:
    """Take the stair steps off a line of pixels, its ends kept; pixel indices to coordinates."""
    points = line.astype(np.float32)
    if len(points) > 2:
        # rows of this image are points, its columns x and y
        soft = cv2.GaussianBlur(points, (1, 0), 1e-3, sigmaY=sigma, borderType=cv2.BORDER_REFLECT)
        index = np.arange(len(points), dtype=np.float32)
        near = np.minimum(index, index[::-1])[:, None]
        pull = np.exp(-0.5 * (near / (2 * sigma)) ** 2)  # ends stay where they are
        pulled = soft + (points - soft) * pull
        return cv2.approxPolyDP(pulled[:, None], epsilon, False)[:, 0] + np.float32(0.5)
    return points + np.float32(0.5)


def draw_lines(
    lines: Sequence[np.ndarray], size: int, *, thickness: int = 1, smooth: bool = False
) -> np.ndarray:
    """Draw strokes as an edge map.

    Args:
        lines: each (P, 2), in pixels.
        size: side of the square.
        thickness: whole pixels.
        smooth: anti-aliased, instead of 255 and 0 only.

    Returns:
        (size, size) uint8, 255 on 0.
    """
    edges = np.zeros((size, size), np.uint8)
    kind = cv2.LINE_AA if smooth else cv2.LINE_8
    for line in lines:
        fixed = np.round((np.asarray(line, np.float64) - 0.5) * 16).astype(np.int32)
        cv2.polylines(edges, [fixed], False, 255, thickness, kind, 4)
    return edges


def hand_drawn(picture: np.ndarray, *, detail: float = DETAIL, thickness: int = 1) -> np.ndarray:
    """The second style of a square picture: (S, S) or (S, S, 3) uint8 to (S, S) uint8, 255 on 0."""
    return draw_lines(contours(picture, detail=detail), picture.shape[0], thickness=thickness)


def agreement(found: np.ndarray, wanted: np.ndarray, reach: int = 2) -> tuple[float, float]:
    """Precision and recall of edges, where ``reach`` pixels off still counts.

    Args:
        found, wanted: (H, W), above 0 where there is an edge.

    Returns:
        Shares in [0, 1]; of nothing, 1.
    """
    found, wanted = (np.asarray(a) > 0 for a in (found, wanted))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    near_found, near_wanted = (cv2.dilate(a.astype(np.uint8), disc) > 0 for a in (found, wanted))
    precision = float(near_wanted[found].mean()) if found.any() else 1.0
    recall = float(near_found[wanted].mean()) if wanted.any() else 1.0
    return precision, recall
