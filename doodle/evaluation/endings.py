"""Figures of the choice among endings: how near the first one lies to what a person added.

No network is asked whether the word is seen, so these figures do not flatter those that rank.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from doodle import checkpoint
from doodle.data.endings import Case, EndingSet, Lines, load_endings
from doodle.models.recogniser import Recogniser
from doodle.models.stroke_classifier import StrokeClassifier
from doodle.models.words import WordTable
from doodle.pipelines.plausibility import Plausibility
from doodle.pipelines.ranker import Ranker
from doodle.pipelines.selection import combined, disagreements, is_stray, least_worth
from doodle.pipelines.steps import returned
from doodle.strokes.geometry import distance, extent, points_along

POINTS = 48  # of an ending, by which its distance from another is measured


@dataclass(frozen=True)
class Config:
    data: str = field(metadata={"help": "of `data endings`, drawings that nothing was trained on"})
    words: str = field(default="checkpoints/words", metadata={"help": "checkpoint of the words"})
    recogniser: str = field(default="checkpoints/recogniser", metadata={"help": "that ranks"})
    strokes: str = field(
        default="checkpoints/stroke_classifier", metadata={"help": "that judges plausibility"}
    )


def main(config: Config) -> None:
    """Measure, and print one JSON line a figure."""
    for figure in figures(load_endings(Path(config.data)), config):
        print(json.dumps(figure))


def figures(endings: EndingSet, config: Config) -> list[dict[str, Any]]:
    """Mean distances of sampled endings from the person's, in shares of the drawing's longer side:
    of the recogniser's first, of the page's first, of any, and of the nearest.

    Raises:
        ValueError: no ending of any drawing would be shown.
    """
    words, _ = checkpoint.load_as(WordTable, config.words)
    ranker = Ranker(checkpoint.load_as(Recogniser, config.recogniser)[0], words.categories)
    strokes, _ = checkpoint.load_as(StrokeClassifier, config.strokes)
    plausibility = Plausibility(strokes, words.categories)
    ways: dict[str, list[float]] = {
        "the recogniser's first": [],
        "the page's first": [],
        "any": [],
        "the nearest": [],
    }
    for index in range(len(endings)):
        case = endings.case(index)
        found = words.lookup(endings.names[case.category])
        wholes = [case.begun, *([*case.begun, *one] for one in case.sampled)]
        before, *chances = ranker.score(wholes, found.name, found.vector)
        allowed = _allowed(case, chances, before)
        if not any(allowed):
            continue  # nothing of it would be shown
        like: list[float | None] = [None] * len(chances)
        shown = [k for k, one in enumerate(allowed) if one]
        offered = [case.sampled[k] for k in shown]
        task = plausibility.scores(case.begun, offered, found.name)
        for k, score in zip(shown, returned(task), strict=True):
            like[k] = score
        agreed = disagreements(offered, extent(case.begun))
        apart = distances(case, case.sampled)
        ways["the recogniser's first"].append(apart[int(np.argmax(chances))])
        ways["the page's first"].append(apart[int(np.argmax(combined(chances, like, agreed)))])
        ways["any"].append(float(np.mean([apart[k] for k in shown])))
        ways["the nearest"].append(min(apart[k] for k in shown))
    if not ways["any"]:
        raise ValueError("no ending of these drawings would be shown")
    return [
        {
            "name": f"distance from a person's ending, {way}",
            "value": round(float(np.mean(v)), 4),
            "n": len(v),
        }
        for way, v in ways.items()
    ]


def _allowed(case: Case, chances: list[float], before: float) -> list[bool]:
    """Which endings the page would show."""
    least, side = least_worth(chances, before), extent(case.begun)
    return [
        bool(ending) and chance >= least and not is_stray(ending, chance, before, side)
        for ending, chance in zip(case.sampled, chances, strict=True)
    ]


def distances(case: Case, endings: list[Lines]) -> list[float]:
    """How far endings lie from the person's, in shares of the drawing's longer side."""
    side = max(extent([*case.begun, *case.person]), 1.0)
    person = points_along(case.person, POINTS)
    return [distance(points_along(one, POINTS), person) / side for one in endings]
