"""What the shipped chimera does with one of our own drawn chimeras."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from doodle import checkpoint
from doodle.pipelines.chimera import Chimera
from doodle.registry import CHECKPOINTS
from doodle.strokes.drawing import Drawing
from doodle.strokes.edges import agreement, canny, stable

ROOT = Path(__file__).resolve().parents[2]
GRIFFIN = ROOT / "doodle" / "ui" / "tools" / "chimera" / "examples" / "02_griffin.json"


@pytest.fixture(scope="module")
def chimera() -> Chimera:
    network, header = checkpoint.load(CHECKPOINTS / "chimera" / checkpoint.FILE)
    varied = None
    if (CHECKPOINTS / "chimera_modes").exists():
        varied, _ = checkpoint.load(CHECKPOINTS / "chimera_modes" / checkpoint.FILE)
    return Chimera(network, header["data"]["categories"], varied)


@pytest.fixture(scope="module")
def griffin() -> tuple[Drawing, list[str]]:
    given = json.loads(GRIFFIN.read_text(encoding="utf-8"))["drawing"]
    return Drawing.parse(given), given["tags"]


def given(chimera: Chimera, griffin: tuple[Drawing, list[str]], **names: str) -> np.ndarray:
    """The class map when the drawing's tags stand for other animals."""
    drawing, tags = griffin
    groups = [([line], names[tag]) for line, tag in zip(drawing.polylines(), tags, strict=True)]
    return chimera.species_map(chimera.edges_of(drawing), groups=groups)


def test_the_animal_fills_its_outline_and_shows_its_lines(chimera, griffin):
    edges = chimera.edges_of(griffin[0])
    (picture,) = chimera(edges, given(chimera, griffin, eagle="eagle", lion="lion"))
    body = stable(edges.edges) > 0
    assert picture[body].mean() < 160 and picture[~body].mean() > 240
    _, recall = agreement(canny(picture), edges.edges)
    assert recall > 0.6


def test_the_picture_that_introduces_the_tool_is_the_networks_own_and_small(chimera, griffin):
    stored = GRIFFIN.with_suffix(".webp")
    assert stored.stat().st_size <= 15_000
    edges = chimera.edges_of(griffin[0])
    (made,) = chimera(edges, given(chimera, griffin, eagle="eagle", lion="lion"))
    shown = np.asarray(Image.open(stored).convert("RGB"))
    assert np.abs(shown.astype(float) - made).mean() < 2  # what WebP loses is 0.7
    # examples.js draws the lines in the same square
    points = edges.to_pixels(np.concatenate(griffin[0].polylines()))
    assert np.isclose(np.ptp(points, axis=0).max(), 0.92 * edges.size)


def test_a_part_told_another_animal_changes_there(chimera, griffin):
    edges = chimera.edges_of(griffin[0])
    usual = given(chimera, griffin, eagle="eagle", lion="lion")
    other = given(chimera, griffin, eagle="eagle", lion="tiger")
    one, two = (chimera(edges, classes)[0].astype(float) for classes in (usual, other))
    body, part = stable(edges.edges) > 0, usual != other
    change = np.abs(one - two).mean(axis=2)
    assert change[body & part].mean() > 15
    assert change[body & part].mean() > 4 * change[body & ~part].mean()
    # an eagle is darker than a lion
    eagle, lion = (usual == chimera.numbered(name) for name in ("eagle", "lion"))
    assert one[body & eagle].mean() + 30 < one[body & lion].mean()


def test_variants_are_different_answers(chimera, griffin):
    edges = chimera.edges_of(griffin[0])
    body = stable(edges.edges) > 0
    made = chimera(edges, n=4, seed=1).astype(float)[:, body]
    apart = [np.abs(a - b).mean() for k, a in enumerate(made) for b in made[:k]]
    assert min(apart) > (8 if chimera.varied is not chimera.network else 1)
