"""Placing words in CLIP's text space from their sentence vectors, packing them, measuring both."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import torch

from doodle.models.phrases import compose
from doodle.models.words import MODIFIER

Place = Callable[[np.ndarray], np.ndarray]

# Found by trial on held-out words: ridge on sentence vectors ranks 73 % first, a Gaussian kernel
# 78 %, with the spelling beside the sentence vector 80 %.
WIDTH = 2.0  # of the kernel exp(-WIDTH |a - b|^2 / 2)
SPELLING = 0.5  # weight of the spelling's features beside the sentence vector
KERNEL_PENALTY = 0.1
N_SPELLING = 1024
STEP = 0.4  # of a packed number, in standard deviations: 16 steps reach 3.2 to either side
PHRASE = re.compile("[a-z]+[ -][a-z]+")


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows (N, C) scaled to length 1."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> Place:
    """Fit y (N, D) by x (N, C) W; return the map x -> x W.

    W minimises |x W - y|^2 + penalty |W|^2, that is W = (x'x + penalty I)^-1 x'y.
    """
    weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return lambda query: query @ weights


def kernel_ridge(x: np.ndarray, y: np.ndarray) -> Place:
    """Fit y (N, D) by sums of Gaussians around x (N, C), rows of any one length; return the map.

    The ridge regression of :func:`ridge` in the kernel's space: weights (K + penalty I)^-1 y.
    """

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * (a @ b.T)
        return np.exp(-0.5 * WIDTH * squares)

    weights = np.linalg.solve(kernel(x, x) + KERNEL_PENALTY * np.eye(len(x)), y)
    return lambda query: kernel(query, x) @ weights


def features(names: Sequence[str], sentences: np.ndarray) -> np.ndarray:
    """(N, C + N_SPELLING): sentence vectors, and counts of the 3 to 5 letters long pieces."""
    spelling = np.zeros((len(names), N_SPELLING), dtype=sentences.dtype)
    for row, name in enumerate(names):
        text = f"^{name}$"
        for size in (3, 4, 5):
            for at in range(len(text) - size + 1):
                piece = text[at : at + size].encode()
                spelling[row, zlib.crc32(piece) % N_SPELLING] += 1
    lengths = np.linalg.norm(spelling, axis=1, keepdims=True)
    return np.hstack([sentences, SPELLING * spelling / np.maximum(lengths, 1)])


def pack(vectors: np.ndarray, mean: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Pack unit vectors (N, D) into four bits a number: see WordTable's buffers.

    Returns:
        codes (N, rank / 2) uint8, basis (rank, D).
    """
    basis = axes(vectors, mean, rank)
    return encode(vectors, mean, basis), basis


def axes(vectors: np.ndarray, mean: np.ndarray, rank: int) -> np.ndarray:
    """(rank, D) principal directions around the mean, each as long as one step of its number."""
    away = vectors - mean
    squares, directions = np.linalg.eigh(away.T @ away / len(away))
    best = np.argsort(-squares)[:rank]
    return (directions[:, best] * STEP * np.sqrt(np.maximum(squares[best], 1e-12))).T


def encode(vectors: np.ndarray, mean: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """(N, rank / 2) uint8 codes of unit vectors (N, D)."""
    steps = (vectors - mean) @ (basis / (basis**2).sum(axis=1, keepdims=True)).T
    codes = np.clip(np.round(steps + 7.5), 0, 15).astype(np.uint8)
    return codes[:, 0::2] | codes[:, 1::2] << 4


def decode(codes: np.ndarray, mean: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Unit vectors (N, D) from codes."""
    steps = np.stack([codes & 15, codes >> 4], axis=2).reshape(len(codes), -1) - 7.5
    return unit(mean + steps @ basis)


def retrieval(
    x: np.ndarray,
    y: np.ndarray,
    fit: Callable[[np.ndarray, np.ndarray], Place],
    share: float,
    seed: int,
    others: np.ndarray | None = None,
    rank: int = 0,
) -> dict[str, float]:
    """How often a placed word is nearest to its own exact vector among those held out.

    Args:
        x: (N, C) features.
        y: (N, D) exact vectors.
        fit: a regression.
        others: (M, C) features of words without exact vectors; given, what is placed is packed
            with the axes of those and unpacked before it is measured.
        rank: size of a packed vector.

    Returns:
        top1 and top5, shares of the held-out words, by cosine after centring; cosine, the mean
        between placed and exact vectors as they are used; packing, the mean cosine between a
        placed vector and itself packed; n, how many words were held out.
    """
    order = np.random.default_rng(seed).permutation(len(x))
    held, kept = np.split(order, [max(1, round(share * len(x)))])
    mean = y[kept].mean(axis=0)
    place = fit(x[kept], y[kept] - mean)
    placed = used = unit(place(x[held]) + mean)
    if others is not None:
        basis = axes(unit(place(others) + mean), mean, rank)
        used = decode(encode(placed, mean, basis), mean, basis)
    scores = unit(used - mean) @ unit(y[held] - mean).T
    ranks = (scores > np.diag(scores)[:, None]).sum(axis=1)
    return {
        "top1": float((ranks == 0).mean()),
        "top5": float((ranks < 5).mean()),
        "cosine": float((used * y[held]).sum(axis=1).mean()),
        "packing": float((used * placed).sum(axis=1).mean()),
        "n": len(held),
    }


def phrases(
    names: Sequence[str], y: np.ndarray, more: Sequence[str], sentences: np.ndarray
) -> dict[str, float]:
    """How often a name of two words, composed from them, is nearest to its own exact vector.

    The words are exact where they have a vector, else placed by a fit that saw no such name.

    Args:
        names: N words with exact vectors.
        y: (N, D) the vectors.
        more: M words without.
        sentences: (N + M, C) of both.

    Returns:
        top1, top5, cosine and n, as :func:`retrieval`, among all exact words but the two parts.
    """
    pairs = {name: re.split("[ -]", name) for name in names if PHRASE.fullmatch(name)}
    single = np.array([name not in pairs for name in names])
    mean = y[single].mean(axis=0)
    x = features([*names, *more], sentences)
    place = kernel_ridge(x[: len(names)][single], y[single] - mean)
    exact = {name: row for row, name in enumerate(names) if name not in pairs}
    rest = {name: row for row, name in enumerate(more, len(names))}
    tested = [name for name, parts in pairs.items() if all(p in exact or p in rest for p in parts)]
    if not tested:
        return {"top1": 0.0, "top5": 0.0, "cosine": 0.0, "n": 0}
    text_mean, table, own = (
        torch.from_numpy(mean),
        unit(y - mean),
        {n: r for r, n in enumerate(names)},
    )
    found, cosines = [], []
    for name in tested:
        known = [p in exact for p in pairs[name]]
        parts = np.stack(
            [
                y[exact[p]] if k else unit(place(x[rest[p]][None]) + mean)[0]
                for p, k in zip(pairs[name], known, strict=True)
            ]
        )
        vector = compose(
            torch.from_numpy(parts).float(), (MODIFIER, 1.0), text_mean.float()
        ).numpy()
        scores = table @ unit((vector - mean)[None])[0]
        true = scores[own[name]]
        scores[[exact[p] for p, k in zip(pairs[name], known, strict=True) if k]] = -1
        found.append(int((scores > true).sum()))
        cosines.append(float(vector @ y[own[name]]))
    ranks = np.array(found)
    return {
        "top1": float((ranks == 0).mean()),
        "top5": float((ranks < 5).mean()),
        "cosine": float(np.mean(cosines)),
        "n": len(tested),
    }
