"""How far apart pictures are: between two sets, within a word, and from what was trained on."""

from __future__ import annotations

import cv2
import numpy as np
import torch

BLUR = 1.5  # pixels of 28, so that a line beside another one is nearer than a line far away


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017, equation 6).

    |m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)).  Few rows overstate it, so only distances of
    equally many rows may be compared.

    Args:
        first, second: (N, C) and (M, C), at least two rows each.
    """
    first, second = first.astype(np.float64), second.astype(np.float64)
    mean = first.mean(axis=0) - second.mean(axis=0)
    one, two = (np.cov(rows, rowvar=False).reshape(rows.shape[1], -1) for rows in (first, second))
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    # root C2 root has the eigenvalues of C1 C2, and is symmetric
    shared = np.linalg.eigvalsh(root @ two @ root)
    crossed = np.sqrt(np.clip(shared, 0, None)).sum()
    return float(mean @ mean + np.trace(one) + np.trace(two) - 2 * crossed)


def kernel_distance(first: np.ndarray, second: np.ndarray, *, paired: bool = False) -> float:
    """Kernel distance of two sets of features: unbiased squared MMD with (x . y / C + 1)^3.

    Bińkowski et al. 2018 (arXiv 1801.01401), section 4.  Unlike the Fréchet distance it is not
    overstated for few rows; of two samples of one distribution it is 0 on average, so it may be
    below 0.

    Args:
        first, second: (N, C) and (M, C), at least two rows each.
        paired: row k of both stems from one thing, as a picture and what was made of its edges;
            such rows are not compared (Gretton et al. 2012, JMLR 13, equation 4).
    """
    first, second = first.astype(np.float64), second.astype(np.float64)
    count, others = len(first), len(second)

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / a.shape[1] + 1) ** 3

    one, two = kernel(first, first), kernel(second, second)
    within = (one.sum() - np.trace(one)) / (count * (count - 1))
    within += (two.sum() - np.trace(two)) / (others * (others - 1))
    across = kernel(first, second)
    if paired:
        return float(within - 2 * (across.sum() - np.trace(across)) / (count * (count - 1)))
    return float(within - 2 * across.mean())


def diversity(points: np.ndarray) -> float:
    """Mean Euclidean distance of two different rows of (N, C); N at least 2."""
    return float(torch.pdist(torch.from_numpy(points).double()).mean())


def nearest(points: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """(N,) Euclidean distance of each row of (N, C) to the nearest row of the pool (M, C)."""
    squares = torch.from_numpy(pool).float()
    wanted = torch.from_numpy(points).float()
    return torch.cdist(wanted, squares).amin(dim=1).numpy()


def nearest_picture(pictures: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """(N,) distance of each picture, or of its mirror image, to the nearest of the pool.

    Training mirrors pictures, so a mirrored copy is a copy.

    Args:
        pictures, pool: (N, H, W) and (M, H, W) uint8, ink 255 on 0.

    Returns:
        Euclidean distances over all pixels with ink from 0 to 1.
    """
    flat = pool.reshape(len(pool), -1).astype(np.float32) / 255
    ways = (pictures, pictures[:, :, ::-1])
    found = [nearest(way.reshape(len(way), -1).astype(np.float32) / 255, flat) for way in ways]
    return np.minimum(*found)


def blurred(pictures: np.ndarray) -> np.ndarray:
    """(N, H, W) uint8, ink 255 on 0, to (N, H * W) float32 in [0, 1], softened."""
    soft = [cv2.GaussianBlur(p.astype(np.float32) / 255, (0, 0), BLUR) for p in pictures]
    return np.stack(soft).reshape(len(pictures), -1)
