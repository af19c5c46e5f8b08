"""What the shipped networks make of the half-drawn sketches that the page offers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doodle.errors import ModelUnavailable
from doodle.pipelines.complete import Completer
from doodle.pipelines.doodle_endings import EndingGenerator
from doodle.pipelines.finish import Finisher
from doodle.pipelines.steps import alone
from doodle.registry import Registry
from doodle.strokes.drawing import Drawing

ROOT = Path(__file__).resolve().parents[2]
SKETCHES = sorted((ROOT / "doodle" / "ui" / "tools" / "draw" / "sketches").glob("*.json"))
NAMES = ("sketch_rnn", "words", "recogniser", "completion_gan")


@pytest.fixture(scope="module")
def finisher() -> Finisher:
    try:
        with Registry(ROOT / "checkpoints").use(*NAMES) as networks:
            completer = Completer(*networks[:3])
            return Finisher(completer, EndingGenerator(networks[3], completer.ranker))
    except ModelUnavailable as error:
        pytest.skip(str(error))


def test_there_are_sketches():
    assert len(SKETCHES) == 8


@pytest.mark.parametrize("path", SKETCHES, ids=lambda path: path.stem)
def test_a_sketch_is_finished_well_as_the_page_asks_for_it(finisher, path):
    sketch = json.loads(path.read_text())
    drawing = Drawing.parse(sketch["drawing"])
    asked = {"n": 9, "temperature": 0.3, "seed": 7, "selective": True}
    *_, ranked = alone(finisher.endings(drawing, sketch["word"], **asked))
    scores = [ending.score for ending in ranked.endings]
    assert len(scores) >= 6 and not ranked.finished
    assert scores[0] > max(0.8, ranked.before) and min(scores) > 0.3
    assert sum(len(line) for line in ranked.endings[0].strokes) >= 5  # more than a dot
