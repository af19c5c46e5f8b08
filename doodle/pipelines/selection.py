"""Which endings are worth showing: those that do the drawing good and differ from each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from doodle.strokes.geometry import distance, distances, points_along

LEAST = 0.1  # chance of the word below which nobody sees the word in it
GAIN = 0.05  # of chance that an ending must bring to a drawing that is not recognised yet
RECOGNISED = 0.5  # chance from which it is; then an ending may cost LOSS: nearly nothing is gained
LOSS = 0.1
SHARE = 1 / 3  # of the best ending's chance
TINY = 0.1  # of the drawing's longer side: less ink than that must bring GAIN, recognised or not
TWINS = 0.03  # of the drawing's longer side: mean distance below which two endings are the same
SURE = 0.3  # of chance, by which an ending may be less sure than the surest, and
BEHIND = 1e3  # nats that count against the others
WEIGHT = 0.3  # of a chance's log-odds beside the plausibility, and
DOUBT = 0.02  # below which, from 0 and from 1, chances are all alike
CONSENSUS = 40.0  # nats for a mean distance of the whole longer side from the other endings
FINISHED_CHANCE = 0.7  # of the word before anything is added, and
FINISHED_END = 0.3  # of the network's ending there, from which a drawing counts as finished

_POINTS = 24  # of an ending that are compared


def least_worth(worth: Sequence[float], before: float) -> float:
    """What an ending must be worth to be shown.

    One is worth showing where the drawing is more likely named with it than without, or about as
    likely where it is recognised already, and not far less likely than with the best.

    Args:
        worth: of every candidate: the chance of the word for the drawing finished by it, 0 to 1.
        before: the chance of the word for the drawing as it is.
    """
    own = before - LOSS if before >= RECOGNISED else before + GAIN
    return max(LEAST, own, SHARE * max(worth, default=0.0))


def is_stray(ending: Sequence[np.ndarray], worth: float, before: float, side: float) -> bool:
    """Whether an ending is but a few dots that change nothing.

    Args:
        ending: strokes (P, 2).
        worth, before: as of `least_worth`.
        side: the drawing's longer side, in the ending's units.
    """
    ink = sum(float(np.hypot(*np.diff(stroke, axis=0).T).sum()) for stroke in ending)
    return ink < TINY * side and worth < before + GAIN


def best(
    endings: Sequence[Sequence[np.ndarray]],
    worth: Sequence[float],
    n: int,
    side: float,
    allowed: Sequence[bool] | None = None,
    kept: Sequence[int] = (),
) -> list[int]:
    """Up to n endings, best first; of those that are nearly the same only the better one stays,
    while others last.

    Args:
        endings: what each candidate adds, strokes (P, 2); those that add nothing are left out.
        worth: of each.
        side: the drawing's longer side, in the endings' units.
        allowed: which ones may be among them; all when None.
        kept: those that are among them whatever they are worth, at most n.

    Returns:
        Indices of endings.
    """
    order = [int(k) for k in np.argsort(-np.asarray(worth), kind="stable")]
    usable = [k for k in order if endings[k] and (allowed is None or allowed[k]) and k not in kept]
    points = {k: points_along(endings[k], _POINTS) for k in kept}
    chosen = list(kept)
    for k in usable:
        if len(chosen) == n:
            break
        points[k] = points_along(endings[k], _POINTS)
        if all(distance(points[k], points[other]) >= TWINS * side for other in chosen):
            chosen.append(k)
    spare = [k for k in usable if k not in set(chosen)]
    return sorted(chosen + spare[: n - len(chosen)], key=order.index)


def disagreements(endings: Sequence[Sequence[np.ndarray]], side: float) -> list[float]:
    """For each ending the mean distance from the others, in shares of the drawing's longer side.

    Samples of a good model lie where what is meant is likely, so the one nearest to all others is
    the safest choice (minimum Bayes risk: Kumar & Byrne 2004, "Minimum Bayes-risk decoding for
    statistical machine translation"; Eikema & Aziz 2020, arXiv 2005.10283).

    Args:
        endings: strokes (P, 2), each with at least one.
        side: the drawing's longer side, in the endings' units.
    """
    if len(endings) < 2:
        return [0.0] * len(endings)
    apart = distances(np.stack([points_along(ending, _POINTS) for ending in endings]))
    return (apart.sum(axis=1) / (len(endings) - 1) / max(side, 1e-6)).tolist()


def combined(
    worth: Sequence[float], like: Sequence[float | None], apart: Sequence[float]
) -> list[float]:
    """By what endings worth showing are ordered: those that are about as sure as the surest before
    the others, and among each mostly by how plausible they are and how much alike the others.

    Args:
        worth: of each, the chance of the word.
        like: how plausible, nats; None for those that are not worth showing.
        apart: of those that are, in their order, `disagreements`.
    """
    others = iter(apart)
    chance = np.clip(np.asarray(worth, np.float64), DOUBT, 1 - DOUBT)
    odds = WEIGHT * np.log(chance / (1 - chance))
    asked = [value for value, one in zip(worth, like, strict=True) if one is not None]
    behind = np.where(np.asarray(worth) >= max(asked, default=0.0) - SURE, 0.0, BEHIND)
    return [
        -np.inf if one is None else float(k + one - less - CONSENSUS * next(others))
        for k, one, less in zip(odds, like, behind, strict=True)
    ]


def is_finished(before: float, end: float) -> bool:
    """Whether a drawing needs nothing more.

    On held-out recorded drawings this is said of half of the whole ones, and of 6 % of those whose
    second half is missing.

    Args:
        before: chance of the word for it, 0 to 1.
        end: the network's chance that the drawing ends there, 0 to 1.
    """
    return before >= FINISHED_CHANCE and end >= FINISHED_END
