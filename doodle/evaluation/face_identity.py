"""An instrument: whether two pictures show the same person, by a network of others given as files.

The folder has `mobilefacenet.py`, whose `load(path)` gives a network from faces (N, 3, 112, 112) in
[-1, 1], aligned to ArcFace's template, to unit vectors, and weights beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import cv2
import numpy as np
import torch

SIDE = 112
# eyes, nose and corners of the mouth (Deng et al. 2019, arXiv 1801.07698; insightface's numbers)
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]], np.float32
)  # fmt: skip

# pictures before and after (N, S, S, 3) uint8, and five landmarks a face, to cosines (N,)
Identity = Callable[[np.ndarray, np.ndarray, Sequence[str]], np.ndarray]


def load_identity(folder: str | Path) -> Identity:
    """The instrument of a folder; its program is run, so it must be one that is trusted.

    Raises:
        FileNotFoundError: there is no program or no weights in it.
    """
    program = Path(folder) / "mobilefacenet.py"
    weights = next(iter(sorted(Path(folder).glob("mobilefacenet*.safetensors"))), None)
    if not program.is_file() or weights is None:
        raise FileNotFoundError(f"{folder} needs mobilefacenet.py and mobilefacenet*.safetensors")
    spec = spec_from_file_location("mobilefacenet", program)
    assert spec is not None and spec.loader is not None  # of a file that is there
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.load(str(weights))

    @torch.no_grad()
    def vectors(pictures: np.ndarray, points: Sequence[str]) -> np.ndarray:
        crops = [aligned(picture, p5) for picture, p5 in zip(pictures, points, strict=True)]
        given = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
        return torch.cat([network(part) for part in given.split(16)]).numpy()

    def cosines(before: np.ndarray, after: np.ndarray, points: Sequence[str]) -> np.ndarray:
        return (vectors(before, points) * vectors(after, points)).sum(axis=1)

    return cosines


def aligned(picture: np.ndarray, points: str) -> np.ndarray:
    """(S, S, 3) uint8 turned and scaled until its landmarks lie on the template's.

    Args:
        points: x and y of each, as shares of the side.

    Returns:
        (112, 112, 3) uint8.
    """
    numbers = [float(word) for word in points.replace(",", " ").split()]
    given = np.array(numbers).reshape(5, 2) * picture.shape[0]
    # the similarity of least squares: a, b of [[a, -b], [b, a]], and the shift
    rows, wanted = [], []
    for (x, y), (u, v) in zip(given, TEMPLATE, strict=True):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        wanted += [u, v]
    a, b, dx, dy = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]
    matrix = np.array([[a, -b, dx], [b, a, dy]])
    return cv2.warpAffine(picture, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
