"""The aligned square of a face: where it lies in a photograph, cut out of it and put back.

The square is that of FFHQ (Karras et al. 2019, arXiv 1812.04948, appendix A): upright along the
mean of the eyes' line and of the way from eyes to mouth, twice as wide as four eyes' distances or
3.6 ways to the mouth, whichever is more, its middle a tenth of that way below the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

EYES, MOUTH = 2.0, 1.8  # half a side over the eyes' distance, over the way from eyes to mouth
BELOW = 0.1  # of that way: from the eyes to the middle
BLUR = 0.02  # of the side, where the square leaves the photograph
FADE = 0.1  # of the side outside of the photograph, until nothing but blur is left
RIM = 0.06  # of the side, over which a change fades towards the square's rim
LARGEST = 2048  # pixels a side are sampled before they are averaged


@dataclass(frozen=True)
class Frame:
    """A square in a photograph.

    Attributes:
        middle: x, y in pixels of the photograph; 0.5 is the middle of the first.
        side: in pixels.
        angle: degrees that it is turned, clockwise as seen.
    """

    middle: tuple[float, float]
    side: float
    angle: float

    @property
    def matrix(self) -> np.ndarray:
        """(2, 3): from the square, [0, 1] across and down, to pixels of the photograph."""
        turn = np.deg2rad(self.angle)
        x, y = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        start = np.array(self.middle) - self.side * (x + y) / 2
        return np.column_stack([self.side * x, self.side * y, start])

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Points of the photograph (..., 2) as the square has them, [0, 1] across and down."""
        matrix = self.matrix
        return (points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T

    def outside(self, points: np.ndarray) -> np.ndarray:
        """Points of the square (..., 2) in pixels of the photograph."""
        matrix = self.matrix
        return points @ matrix[:, :2].T + matrix[:, 2]

    def wider(self, factor: float) -> Frame:
        """The same middle and angle, another side."""
        return replace(self, side=self.side * factor)


def frame_of(points: np.ndarray) -> Frame:
    """The square of a face.

    Args:
        points: (5, 2) x and y of the eyes, the nose and the corners of the mouth, in pixels, the
            left one of a pair, as seen in an upright face, before the right one.

    Raises:
        ValueError: the points are not five finite ones, or span no square.
    """
    points = np.asarray(points, np.float64)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        raise ValueError("a face has five finite points")
    left, right, _, *mouth = points
    eyes, to_mouth = (left + right) / 2, np.mean(mouth, axis=0) - (left + right) / 2
    across = (right - left) + (to_mouth[1], -to_mouth[0])  # the way to the mouth, a quarter back
    length = float(np.hypot(*across))
    half = max(EYES * float(np.hypot(*(right - left))), MOUTH * float(np.hypot(*to_mouth)))
    if min(length, half) < 1e-3:
        raise ValueError("the five points of a face lie in one place")
    middle = eyes + BELOW * to_mouth
    angle = float(np.rad2deg(np.arctan2(across[1], across[0])))
    return Frame((float(middle[0]), float(middle[1])), 2 * half, angle)


def crop(picture: np.ndarray, frame: Frame, size: int) -> np.ndarray:
    """Cut a square out, upright.

    Every pixel is the mean of what it covers.  What lies outside of the photograph is mirrored and
    fades into blur, as in FFHQ.

    Args:
        picture: (H, W, 3) uint8.
        size: of the result.

    Returns:
        (size, size, 3) uint8.
    """
    picture, frame = _reduced(picture, frame, size)
    times = max(1, int(np.ceil(frame.side / size - 0.01)))
    seen = cv2.warpAffine(
        picture,
        _pixels(frame.matrix, size * times),
        (size * times, size * times),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    if times > 1:
        seen = cv2.resize(seen, (size, size), interpolation=cv2.INTER_AREA)
    return _faded(seen, _beyond(picture.shape, frame, size))


def put_back(
    picture: np.ndarray,
    frame: Frame,
    changed: np.ndarray,
    *,
    before: np.ndarray | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Change a photograph as its square was changed, at the photograph's size and angle.

    The difference is added, so the photograph keeps its grain and its sharpness.

    Args:
        picture: (H, W, 3) uint8; it is left as it is.
        changed: (S, S, 3) uint8.
        before: (S, S, 3) uint8, what it was changed from; None: the square cut out here.
        mask: (S, S) in [0, 1], how much of the change is taken; None: all.

    Returns:
        (H, W, 3) uint8; bit by bit the same where nothing was changed.
    """
    before = crop(picture, frame, len(changed)) if before is None else before
    return add(picture, frame, changed.astype(np.float32) - before, mask=mask)


def add(
    picture: np.ndarray, frame: Frame, difference: np.ndarray, *, mask: np.ndarray | None = None
) -> np.ndarray:
    """Add a difference picture to a photograph, smoothly enlarged or averaged.

    Args:
        picture: (H, W, 3) uint8; it is left as it is.
        difference: (S, S, 3), grey levels.
        mask: (S, S) in [0, 1], what it is multiplied by; None: 1.  Towards the rim of the square
            it fades in any case.

    Returns:
        (H, W, 3) uint8; bit by bit the same where the difference is 0.

    Raises:
        ValueError: the difference is no square.
    """
    size = len(difference)
    if difference.shape != (size, size, 3) or (mask is not None and mask.shape != (size, size)):
        raise ValueError("a difference is a square of three colours, its mask of the same size")
    share = _rim(size) if mask is None else _rim(size) * np.clip(mask, 0, 1)
    layer = difference.astype(np.float32) * share[..., None].astype(np.float32)
    if frame.side < 0.75 * size:  # averaged first, so that nothing aliases
        size = max(2, round(frame.side))
        layer = cv2.resize(layer, (size, size), interpolation=cv2.INTER_AREA)
    left, top, right, bottom = _bounds(picture.shape, frame)
    result = picture.copy()
    if right <= left or bottom <= top:
        return result
    inner = replace(frame, middle=(frame.middle[0] - left, frame.middle[1] - top))
    spread = cv2.warpAffine(
        layer,
        _pixels(inner.matrix, size),
        (right - left, bottom - top),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0),
    )
    part = result[top:bottom, left:right]
    part[:] = np.clip(np.rint(part + spread), 0, 255).astype(np.uint8)
    return result


def _pixels(matrix: np.ndarray, count: int) -> np.ndarray:
    """From numbers of pixels, whose middles OpenCV counts from 0, to such numbers. (2, 3)"""
    inner = matrix[:, :2] / count
    return np.column_stack([inner, matrix[:, 2] + inner @ (0.5, 0.5) - 0.5])


def _reduced(picture: np.ndarray, frame: Frame, size: int) -> tuple[np.ndarray, Frame]:
    """A photograph averaged down where a square is too large to be sampled at once."""
    times = int(frame.side / max(LARGEST, size))
    if times < 2:
        return picture, frame
    height, width = (max(1, side // times) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    x, y = frame.middle
    middle = x * width / picture.shape[1], y * height / picture.shape[0]
    return small, replace(frame, middle=middle, side=frame.side * width / picture.shape[1])


def _beyond(shape: tuple[int, ...], frame: Frame, size: int) -> np.ndarray:
    """How far outside of the photograph each pixel of the square lies, over the side. (S, S)"""
    places = (np.arange(size) + 0.5) / size
    points = frame.outside(np.stack(np.meshgrid(places, places), axis=-1))
    over = np.maximum(-points, points - (shape[1], shape[0])).clip(min=0)
    return (np.hypot(over[..., 0], over[..., 1]) / frame.side).astype(np.float32)


def _faded(square: np.ndarray, beyond: np.ndarray) -> np.ndarray:
    """Blur what lies outside of the photograph, and let it fade into the median colour."""
    if not beyond.any():
        return square
    seen = square.astype(np.float32)
    soft = cv2.GaussianBlur(seen, (0, 0), max(0.5, BLUR * len(square)))
    share = np.clip(beyond / FADE * 3, 0, 1)[..., None]
    seen += share * (soft - seen)
    inside = square[beyond == 0]
    plain = np.median(inside, axis=0) if len(inside) else np.full(3, 127.0)
    seen += np.clip(beyond / FADE - 0.5, 0, 0.7)[..., None] * (plain - seen)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)


def _rim(size: int) -> np.ndarray:
    """(S, S): 1 inside, falling to 0 at the rim as a cosine."""
    places = (np.arange(size) + 0.5) / size
    edge = np.clip(np.minimum(places, 1 - places) / RIM - 0.5 / (size * RIM), 0, 1)
    edge = 0.5 - 0.5 * np.cos(np.pi * edge)
    return np.outer(edge, edge).astype(np.float32)


def _bounds(shape: tuple[int, ...], frame: Frame) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the pixels that a square touches."""
    corners = frame.outside(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float64))
    limit = (shape[1], shape[0])
    left, top = np.floor(np.clip(corners.min(axis=0), 0, limit)).astype(int)
    right, bottom = np.ceil(np.clip(corners.max(axis=0), 0, limit)).astype(int)
    return int(left), int(top), int(right), int(bottom)
