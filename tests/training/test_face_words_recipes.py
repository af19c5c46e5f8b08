"""Labels of faces, the recipes of their scorer and directions, the figures; tiny networks."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from generated import write_faces, write_image_features

from doodle import checkpoint
from doodle.cli import main
from doodle.data import face_labels
from doodle.data.face_labels import ATTRIBUTES, auc, labels, mirrored, phrase_labels
from doodle.evaluation.face_attributes import FaceAttributes
from doodle.evaluation.face_edits import outside
from doodle.evaluation.face_identity import SIDE, TEMPLATE, aligned
from doodle.models.face_encoder import FaceEncoder, FaceEncoderConfig
from doodle.models.face_scorer import sigmoid_loss
from doodle.models.stylegan2 import Stylegan2, Stylegan2Config
from doodle.models.words import WordTable, WordTableConfig
from doodle.pipelines.text import TextEncoder
from doodle.training.face_directions import (
    TARGETS,
    attribute_directions,
    colours_of,
    columns_of,
    meanings,
)
from doodle.training.face_scorer import Config, FaceScorerRecipe
from doodle.training.face_texts import phrase_vectors
from doodle.training.loop import Schedule, fit
from doodle.training.settings import build


def said(**columns: str) -> dict[str, str]:
    return columns


def label(row: dict[str, str], name: str) -> float:
    return labels([row])[0, list(ATTRIBUTES).index(name)]


def test_labels_are_sure_unsure_or_silent():
    assert label(said(smile="0.7"), "smiling") == 1 and label(said(smile="0.1"), "smiling") == 0
    assert np.isnan(label(said(smile="0.3"), "smiling")) and np.isnan(label({}, "smiling"))
    assert label(said(smile="0.05"), "serious") == 1 and label(said(smile="0.9"), "serious") == 0
    assert label(said(age="70"), "old") == 1 and label(said(age="20"), "young") == 1
    assert label(said(age="44"), "young") == 0 and np.isnan(label(said(age="34"), "young"))
    assert label(said(yaw="-15"), "turned left") == 1 and label(said(yaw="15"), "turned left") == 0
    assert label(said(pitch="-8"), "looking down") == 1
    assert np.isnan(label(said(glasses="-1"), "glasses"))


def test_phrases_of_two_attributes_are_false_as_soon_as_one_is():
    rows = [
        said(age="70", gender="male"),
        said(age="70", gender="female"),
        said(age="", gender="female"),
        said(age="70", gender=""),
    ]
    phrases, truth = phrase_labels(labels(rows))
    column = truth[:, phrases.index("old man")]
    assert column[:3].tolist() == [1, 0, 0] and np.isnan(column[3])
    assert len(phrases) == len(set(phrases)) == truth.shape[1]
    others = {phrase for given in face_labels.HELD_OUT.values() for phrase in given}
    assert not others & set(phrases)


def test_a_mirror_turns_left_to_right_and_nothing_else():
    table = labels([said(yaw="-15", smile="0.9")])
    other = mirrored(table)
    left, right = (list(ATTRIBUTES).index(f"turned {side}") for side in ("left", "right"))
    assert (table[0, left], table[0, right]) == (other[0, right], other[0, left]) == (1, 0)
    assert other[0, 0] == table[0, 0] == 1


def test_auc_is_the_chance_of_the_right_order():
    assert auc(np.array([3.0, 2, 1, 0]), np.array([1, 1, 0, 0])) == 1
    assert auc(np.array([3.0, 2, 1, 0]), np.array([1, 0, 1, 0])) == 0.75
    assert np.isnan(auc(np.ones(2), np.ones(2)))


def test_the_loss_passes_over_what_is_not_known():
    logits = torch.tensor([[2.0, -1.0]], requires_grad=True)
    weights = torch.tensor([[1.0, 1.0], [3.0, 1.0]])
    known = sigmoid_loss(logits, torch.tensor([[1.0, float("nan")]]), weights)
    assert known.item() == pytest.approx(np.log1p(np.exp(-2.0)), rel=1e-5)
    known.backward()
    assert logits.grad[0, 0] != 0 and logits.grad[0, 1] == 0


def test_a_direction_leaves_what_goes_along_by_chance():
    rng = np.random.default_rng(0)
    age = rng.normal(size=4000)
    glasses = (age + 0.5 * rng.normal(size=4000) > 1).astype(float)  # old people wear them
    columns = {name: rng.normal(size=4000) for name in TARGETS}
    columns |= {"age": age, "glasses": glasses}
    colours = rng.normal(size=(4000, 2))
    styles = np.stack([age, 3 * glasses + 2 * age, colours[:, 0]], axis=1)
    found = attribute_directions(columns, colours, styles, 1e-6)
    rows = dict(zip(TARGETS, found, strict=True))
    assert np.allclose(rows["glasses"], (0, 1, 0), atol=1e-3)
    assert np.allclose(rows["age"], np.array([1, 2, 0]) / 5**0.5, atol=1e-3)


def test_colours_are_those_of_backdrop_and_cheeks():
    pictures = torch.zeros(1, 3, 64, 64)
    pictures[:, 0, :10, :10] = 0.5  # a corner, red
    pictures[:, 2, 33:40, 38:45] = -0.5  # the right cheek, blue
    found = colours_of(pictures)[0].view(6, 3)
    assert found.abs().sum(dim=1).gt(0).tolist() == [True, False, False, False, False, True]
    assert found[0].tolist() == [0.5, 0, 0] and found[5].tolist() == [0, 0, -0.5]


def test_every_phrase_means_something_that_has_a_direction():
    meant = dict(meanings())
    phrases, _ = phrase_labels(labels([{}]))
    assert list(meant) == phrases
    assert {name for parts in meant.values() for name, _ in parts} <= set(TARGETS)
    assert meant["old woman"] == (("age", 1.0), ("male_p", -1.0))
    filled = columns_of([said(age="30", glasses="1"), said(age="", glasses="0")])
    assert filled["age"].tolist() == [30, 30] and filled["glasses"].tolist() == [1, 0]


# -- whole runs ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of labelled faces, its networks and words, and weights for the instrument."""
    root = write_faces(tmp_path_factory.mktemp("faces"), count=40, val=12)
    with (root / "index.csv").open() as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(0)
    for k, row in enumerate(rows):
        row |= said(smile=str(k % 2), age=str(20 + 50 * (k // 2 % 2)), gender="male")
        row |= said(glasses=str(k // 4 % 2), yaw=str(rng.normal() * 9), pitch="0")
        row["p5"] = "0.37 0.47 0.62 0.47 0.50 0.63 0.39 0.73 0.61 0.73"
    with (root / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    write_image_features(root / "lite2.pth", "tf_efficientnet_lite2")
    torch.manual_seed(0)
    sizes = Stylegan2Config(style_size=8, z_size=5, channels=(6, 6, 4, 4), mapping_layers=2)
    reads = FaceEncoderConfig(8, 5, 8, (4, 6, 8), 4)
    given = [p for d in (face_labels.PHRASES, face_labels.HELD_OUT) for v in d.values() for p in v]
    tokens = {t for phrase in [*given, *face_labels.COMPOUND, "face"] for t in phrase.split()}
    names = tuple(sorted(tokens - {"a", "an", "the", "with"}))
    words = WordTable(WordTableConfig(names, exact=len(names)))
    words.vectors.copy_(torch.nn.functional.normalize(torch.randn(words.vectors.shape), dim=1))
    words.mean.copy_(torch.randn(512) * 0.01)
    networks = {
        "faces": ("stylegan2", Stylegan2(sizes)),
        "faces_encoder": ("face_encoder", FaceEncoder(reads)),
        "words": ("word_table", words),
    }
    for name, (model, network) in networks.items():
        checkpoint.save(
            root / "nets" / name / checkpoint.FILE,
            network.eval(),
            model=model,
            config=network.config,
            licence="MIT",
            attribution="nobody",
        )
    return root


def networks_of(data, *names: str) -> str:
    flags = {"generator": "faces", "encoder": "faces_encoder", "vocabulary": "words"}
    return " ".join(f"--{name} {data / 'nets' / flags[name]}" for name in names)


TINY = "--widths 4 6 --embedding 5 --hidden 6 --batch 6 --device cpu"


def test_phrases_read_as_a_visitors_text_is(data):
    words = checkpoint.load_as(WordTable, str(data / "nets" / "words"))[0]
    texts = TextEncoder(words)
    phrases, _ = phrase_labels(labels([{}]))
    for phrase, vector in zip(phrases, phrase_vectors(words, phrases), strict=True):
        assert torch.allclose(vector, texts(phrase).vector, atol=1e-5), phrase
    with pytest.raises(ValueError, match="does not know 'xylophone'"):
        phrase_vectors(words, ["a xylophone face"])


def test_scorer_directions_and_figures_by_their_commands(data, tmp_path, capsys):
    out = tmp_path / "checkpoints"
    told = f"train face_scorer --data {data} --out {tmp_path / 'run'} --steps 2"
    told += f" --evaluate-every 2 --export {out / 'scorer'} {TINY} "
    assert main((told + networks_of(data, "generator", "encoder", "vocabulary")).split()) == 0
    scorer, header = checkpoint.load(out / "scorer" / checkpoint.FILE)
    assert scorer.config.phrases and -1 <= scorer.config.near <= 1
    assert (tmp_path / "run" / "samples" / "0000002.png").exists()
    assert {m["name"] for m in header["metrics"]} >= {
        "held-out phrases taken",
        "smiling, photographs",
    }
    told = f"train face_directions --data {data} --scorer {out / 'scorer'} --device cpu "
    told += "--faces 24 --gradients 4 --axes 2 --kept 12 "
    told += networks_of(data, "generator", "encoder")
    assert main(told.split()) == 2  # nowhere to write to
    assert main(f"{told} --export {out / 'directions'}".split()) == 0
    directions, header = checkpoint.load(out / "directions" / checkpoint.FILE)
    assert set(header["data"]["networks"]) == {"faces", "faces_encoder", "scorer"}
    lengths = dict(zip(TARGETS, directions.along.float().norm(dim=1).tolist(), strict=True))
    told_of = {"smile", "age", "yaw", "glasses"}  # what the index differs in
    assert all(abs(lengths[name] - (name in told_of)) < 1e-2 for name in TARGETS), lengths
    assert torch.isfinite(directions.response).all() and directions.response.any()
    assert checkpoint.verify(out / "directions" / checkpoint.FILE) < 1e-4
    capsys.readouterr()
    sheet = tmp_path / "sheet.png"
    told = f"evaluate face_edits --data {data} --scorer {out / 'scorer'} --count 3 --refine 1 "
    told += f"--directions {out / 'directions'} --features {data / 'lite2.pth'} --sheet {sheet} "
    told += f"--kept {tmp_path / 'kept.npy'} --device cpu "
    told += networks_of(data, "generator", "encoder", "vocabulary")
    assert main(told.split()) == 0
    figures = {
        figure["name"]: figure for figure in map(json.loads, capsys.readouterr().out.splitlines())
    }
    assert figures["“smiling”: moved the right way"]["n"] == 3
    assert 0 <= figures["moved the right way, smile"]["value"] <= 1
    assert not any("identity" in name for name in figures) and sheet.exists()
    stored = checkpoint.read_header(out / "directions" / checkpoint.FILE)["metrics"]
    assert stored == list(figures.values())


def test_a_resumed_run_is_the_run(data, tmp_path):
    def recipe(out):
        names = ("generator", "encoder", "vocabulary")
        flags = networks_of(data, *names).split()
        values = dict(zip((f.removeprefix("--") for f in flags[::2]), flags[1::2], strict=True))
        values |= {"data": str(data), "out": str(tmp_path / out), "batch": 6, "device": "cpu"}
        values |= {"widths": (4, 6), "embedding": 5, "hidden": 6}
        config = build(Config, values)
        return FaceScorerRecipe(config), config

    def run(made, out, stop):
        schedule = Schedule(4, evaluate_every=100, save_every=100)
        fit(made[0], schedule, tmp_path / out, made[1], stop=stop)
        return made[0].network.state_dict()

    whole = run(recipe("whole"), "whole", lambda: False)
    counted = iter([False, False, True])
    run(recipe("parts"), "parts", lambda: next(counted))
    again = run(recipe("parts"), "parts", lambda: False)
    assert all(torch.equal(whole[key], again[key]) for key in whole)


# -- instruments ---------------------------------------------------------------------------------


def test_the_instrument_reads_what_its_features_hold():
    rng = np.random.default_rng(0)
    index = [said(smile=str(k % 2), age=str(20 + k % 50), glasses="0") for k in range(300)]
    rows = rng.normal(size=(300, 8)).astype(np.float32)
    rows[:, 3] += 4 * np.array([k % 2 for k in range(300)])
    read = FaceAttributes(rows[:200], index[:200])
    scale = read.of(rows[:200], "smiling")
    even = np.arange(200) % 2 == 0
    assert scale[even].mean() == pytest.approx(0, abs=1e-3)
    assert scale[~even].mean() == pytest.approx(1, abs=1e-3)
    told = {name: value for name, value, _ in read.figures(rows[200:], index[200:])}
    assert told["accuracy, smiling"] > 0.9 and "accuracy, glasses" not in told


def test_faces_are_aligned_to_the_template():
    picture = np.zeros((128, 128, 3), np.uint8)
    points = (TEMPLATE * 0.5 + 30) / 128
    for x, y in points * 128:
        picture[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2] = 255
    turned = aligned(picture, " ".join(f"{x:.4f} {y:.4f}" for x, y in points))
    assert turned.shape == (SIDE, SIDE, 3)
    assert all(turned[round(y), round(x), 0] > 150 for x, y in TEMPLATE)


def test_outside_is_what_no_face_covers():
    mask = outside(64)
    assert mask[0, 0] and mask[-1, -1] and not mask[32, 32] and 0.1 < mask.mean() < 0.4
