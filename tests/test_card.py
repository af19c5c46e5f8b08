"""Model cards: what the Hugging Face hub reads from their heads is what the headers say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from doodle import checkpoint
from doodle.card import HUB, card_text
from doodle.models import MODELS

hub = pytest.importorskip("huggingface_hub")
ROOT = Path(__file__).resolve().parents[1]
SHIPPED = json.loads((ROOT / "checkpoints" / checkpoint.INDEX).read_text())


def test_every_model_has_a_task_and_tags():
    assert set(HUB) == set(MODELS)
    assert all(task and tags for task, tags in HUB.values())


@pytest.mark.parametrize("name", SHIPPED)
def test_the_hub_reads_what_the_header_says(name: str):
    path = ROOT / "checkpoints" / SHIPPED[name]["file"]
    header = checkpoint.read_header(path)
    card = hub.ModelCard(card_text(name, path))
    assert card.data.license == header["licence"].lower()
    assert card.data.library_name == "doodle"
    numbers = [one for one in header["metrics"] if not isinstance(one["value"], list)]
    found = card.data.eval_results or []
    assert len(found) == min(8, len(numbers)) > 0
    told = {(one["name"], one["value"]) for one in numbers}
    assert {(one.metric_name, one.metric_value) for one in found} <= told
    assert numbers[0]["name"] in [one.metric_name for one in found]  # the main one
    assert (card.data.datasets == ["google/quickdraw"]) == ("Quick, Draw!" in header["attribution"])


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_cards_have_that_head(name: str):
    path = ROOT / "checkpoints" / SHIPPED[name]["file"]
    written = path.with_name("README.md").read_text()
    assert written.split("\n---\n")[0] == card_text(name, path).split("\n---\n")[0]


def test_the_space_is_described():
    text = (ROOT / "README.md").read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    assert len(front["short_description"]) <= 60  # of which the hub shows no more
    for key in ("tags", "models", "datasets"):
        assert front[key] and all(isinstance(one, str) for one in front[key])
