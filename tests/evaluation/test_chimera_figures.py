"""Figures of the chimera where the right answer is known, and the command."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from generated import write_animals, write_image_features

from doodle import checkpoint
from doodle.cli import main
from doodle.data.animals import load_animals, pack
from doodle.evaluation.chimera import Evaluation, Product, held_out
from doodle.evaluation.distances import kernel_distance
from doodle.evaluation.picture_features import Namer, random_features
from doodle.models.image_features import load
from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig
from doodle.pipelines.chimera import Chimera
from doodle.registry import Registry
from doodle.services.asking import asking

SIZE = 32
HALF = "of the change when one half's species changes"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = write_animals(tmp_path_factory.mktemp("animals"), count=120)
    pack(root / "animals", root / "animals.npz", size=SIZE, masks=root / "masks")
    return root / "animals.npz"


@pytest.fixture(scope="module")
def animals(data):
    return load_animals(data, SIZE)


class Pipeline:
    """Remembers the held-out photographs by their edges; ``change`` answers other class maps."""

    size, species = SIZE, ("cat", "fish")

    def __init__(self, animals, change):
        self.change = change
        self.known = {
            pair.edges.tobytes(): pair for style in held_out(animals, 0).values() for pair in style
        }

    def __call__(self, edges, classes, *, background):
        pair = self.known[edges.tobytes()]
        assert background == ("scene" if pair.scene else "white")
        return self.change(pair, classes)[None]


def local(pair, classes):
    """The photograph; 40 grey levels off where the map names another animal."""
    off = 40 * ((classes != pair.classes) & (classes > 0))
    return np.where(
        pair.photo > 127, pair.photo - off[..., None], pair.photo + off[..., None]
    ).astype(np.uint8)


def everywhere(pair, classes):
    """As soon as any pixel is another animal, all of the picture changes."""
    return pair.photo ^ np.uint8(8 * bool(((classes != pair.classes) & (classes > 0)).any()))


def deaf(pair, classes):
    return pair.photo


def blank(pair, classes):
    return np.full_like(pair.photo, 128)


def measured(animals, change):
    """Name -> value of all figures."""
    figures = Evaluation(Pipeline(animals, change), animals).measure()
    assert all(set(f) == {"name", "value", "n", "split"} for f in figures)
    json.dumps(figures, allow_nan=False)
    return {f["name"]: f["value"] for f in figures}


def test_the_photographs_themselves_score_best(animals):
    found, worse = measured(animals, deaf), measured(animals, blank)
    for way in ("canny edges", "hand-like strokes", "canny edges, species unknown"):
        # at 32 pixels two photographs have the same edges now and then, and one is mistaken
        assert found[f"L1 to the photograph (0 to 1), {way}"] < 0.01
        assert worse[f"L1 to the photograph (0 to 1), {way}"] > 0.1
        kernel = f"kernel distance to held-out photographs, {way}"
        blurred = found[
            "kernel distance to held-out photographs, the photographs themselves, blurred"
        ]
        assert found[kernel] == pytest.approx(0, abs=0.005) and 0 < blurred < worse[kernel]
    for side in ("precision", "recall"):
        assert found[f"edge {side} at 2 px, canny edges"] == 1
        own = found[f"edge {side} at 2 px, the photographs' own, hand-like strokes"]
        assert own == found[f"edge {side} at 2 px, hand-like strokes"] < 1
    assert worse["edge recall at 2 px, canny edges"] == 0
    (table,) = (value for name, value in found.items() if name.startswith("By animal"))
    assert [row[0] for row in table] == ["cat", "fish"]
    assert sum(row[1] for row in table) == (animals.split == 2).sum()
    assert all(float(row[2]) < 0.02 and row[3] == row[4] == "100%" for row in table)


def test_where_a_change_of_species_shows(animals):
    name = f"share {HALF} that lies in that half (half of it: by chance)"
    found = measured(animals, local)
    assert found[name] == 1
    assert found[f"grey levels {HALF}, in it"] == pytest.approx(40)
    assert found[f"grey levels {HALF}, in the other half"] == 0
    assert found["grey levels of the change when the whole species changes"] == pytest.approx(40)
    found = measured(animals, everywhere)
    assert found[name] == pytest.approx(0.5)
    assert found[f"grey levels {HALF}, in the other half 2 px and more away"] == pytest.approx(8)
    assert measured(animals, deaf)[name] == 0.5


def test_the_product_is_given_edges_and_map_as_they_are(tmp_path, animals):
    torch.manual_seed(0)
    config = Pix2PixConfig(width=4, most=2, size=SIZE, classes=2, up="resize")
    checkpoint.save(
        tmp_path / checkpoint.FILE,
        Pix2Pix(config),
        model="pix2pix",
        config=config,
        licence="MIT",
        attribution="nobody",
        data={"categories": ["cat", "fish"]},
        training={},
        metrics=[],
    )
    pipeline = Chimera(checkpoint.load(tmp_path / checkpoint.FILE)[0], ["cat", "fish"])
    with asking(Registry.of({"chimera": tmp_path}, "cpu")) as executor:
        product = Product(executor)
        assert (product.size, product.species) == (SIZE, ("cat", "fish"))
        for pairs in held_out(animals, 4).values():
            for k, pair in enumerate(pairs):
                half = np.where(np.arange(SIZE) < SIZE // 2, np.uint8(1), np.uint8(2))
                given = np.broadcast_to(half, (SIZE, SIZE)).copy() if k % 2 else pair.classes
                shown = "scene" if k % 3 else "white"
                wanted = pipeline(pair.edges, given, background=shown)
                assert np.array_equal(product(pair.edges, given, background=shown), wanted)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_image_features(tmp_path_factory.mktemp("features") / "lite0.pth")


class Obedient(Pipeline):
    """Paints the photograph in the colour of whatever animal is given, 0 as the photograph is."""

    def __call__(self, edges, classes, *, background):
        pair = self.known[edges.tobytes()]
        colours = np.array([[0, 0, 0], [150, 40, 20], [50, 40, 120]], np.uint8)
        given = (classes > 0)[..., None] & (pair.photo.min(axis=2) < 250)[..., None]
        return np.where(given, colours[classes], pair.photo)[None]


@pytest.fixture(scope="module")
def classified(animals, weights):
    """Figures of two pipelines with a classifier: each name -> value, and name -> n."""
    pipelines = {"obeys": Obedient(animals, None), "deaf": Pipeline(animals, deaf)}
    found = {}
    for key, pipeline in pipelines.items():
        figures = Evaluation(pipeline, animals, classifier=load(weights)).measure()
        json.dumps(figures, allow_nan=False)
        found[key] = {f["name"]: f["value"] for f in figures}
    return found, {f["name"]: f["n"] for f in figures}


def test_a_classifier_sees_whether_it_is_what_was_given(animals, classified):
    by, way = "(EfficientNet-Lite0)", "canny edges, another species requested"
    halves = "canny edges, two other species requested"
    found, count = classified
    photos = (animals.split == 2).sum()
    assert count[f"classified as its own species {by}, canny edges"] == photos
    assert count[f"half classified as the requested species {by}, {halves}"] == 2 * photos
    for title in ("held-out photographs", "canny edges", "hand-like strokes"):
        assert found["obeys"][f"classified as its own species {by}, {title}"] > 0.9
    assert found["obeys"][f"classified as the requested species {by}, {way}"] > 0.9
    assert found["deaf"][f"classified as the requested species {by}, {way}"] < 0.1
    assert found["deaf"][f"classified as the species of the edges {by}, {way}"] > 0.9
    assert found["obeys"][f"half classified as the requested species {by}, {halves}"] > 0.9
    assert found["obeys"][f"half classified as the other half's species {by}, {halves}"] < 0.1
    # of two animals one half is always given its own
    assert found["deaf"][
        f"half classified as the requested species {by}, {halves}"
    ] == pytest.approx(0.5, abs=0.1)


def test_given_are_two_animals_that_are_not_there():
    for animals in (2, 3, 17):
        product = SimpleNamespace(species=tuple(map(str, range(animals))))
        labels = np.arange(60) % animals + 1
        asked = SimpleNamespace(product=product, labels=labels)
        pairs = [Evaluation._others(asked, k) for k in range(60)]
        for own, (one, other) in zip(labels, pairs, strict=True):
            assert {one, other} <= set(range(1, animals + 1)) and one not in (own, other)
            assert (other == own) == (animals == 2)
        assert len(set(pairs)) > min(animals * (animals - 1), 30) / 2


def test_distances_in_a_classifiers_features(classified):
    same, worse = classified[0]["deaf"], classified[0]["obeys"]  # of two plain colours
    assert not any(name.startswith("kernel distance to held-out photographs,") for name in same)
    where = "photographs (EfficientNet-Lite0)"
    kernel = f"kernel distance to held-out {where}"
    frechet = f"Fréchet distance to training {where}"
    blurred = same[f"{kernel}, the photographs themselves, blurred"]
    assert same[f"{kernel}, canny edges"] < min(blurred, worse[f"{kernel}, canny edges"])
    real = same[f"{frechet}, held-out photographs"]
    assert same[f"{frechet}, canny edges"] == pytest.approx(real, rel=0.02)
    assert 0 < real < worse[f"{frechet}, canny edges"]


def test_the_namer_is_weighted_ridge_regression():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 6))
    labels = np.repeat([2, 5, 9], [60, 8, 30])
    rows = centres[np.repeat([0, 1, 2], [60, 8, 30])] * 3 + rng.normal(size=(98, 6))
    namer = Namer(rows[::2], labels[::2])
    assert (namer(rows[1::2]) == labels[1::2]).mean() > 0.9
    # what the features are measured in does not matter, nor does a constant one
    other = Namer(rows[::2] * 7 + 3, labels[::2])
    assert (other(rows * 7 + 3) == namer(rows)).all()
    same = np.column_stack([rows, np.ones(98)])
    assert (Namer(same[::2], labels[::2])(same) == namer(rows)).mean() > 0.97
    # every class counts alike: repeating one changes nothing
    often = np.concatenate([np.arange(98), *[np.flatnonzero(labels == 2)] * 20])
    repeated = Namer(rows[often], labels[often])
    overlap = rng.normal(size=(300, 6)) * 3
    assert (repeated(overlap) == Namer(rows, labels)(overlap)).all()


def test_kernel_distance_is_unbiased():
    rng = np.random.default_rng(0)
    same = [kernel_distance(*rng.normal(size=(2, 12, 5))) for _ in range(400)]
    spread = np.std(same) / 20
    assert abs(np.mean(same)) < 3 * spread and min(same) < 0
    far = [
        kernel_distance(rng.normal(size=(12, 5)), rng.normal(0.7, 1, (12, 5))) for _ in range(100)
    ]
    assert np.mean(far) > 5 * np.std(same) / 10
    one, other = np.array([[1.0], [2.0]]), np.array([[0.0], [3.0]])
    # k(1,2) + k(0,3) - 2 mean of k(1,0), k(1,3), k(2,0), k(2,3)
    wanted = 27 + 1 - 2 * (1 + 64 + 1 + 343) / 4
    assert kernel_distance(one, other) == pytest.approx(wanted)
    # rows that belong together, k(1,0) and k(2,3), do not count
    assert kernel_distance(one, other, paired=True) == pytest.approx(27 + 1 - 2 * (64 + 1) / 2)
    rows = rng.normal(size=(20, 5))
    assert kernel_distance(rows, rows, paired=True) == pytest.approx(0)
    assert kernel_distance(rows, rows) < -0.1


def test_random_features_are_the_same_each_time_and_see_colour_and_grain():
    rng = np.random.default_rng(0)
    plain = np.full((3, SIZE, SIZE, 3), 120, np.uint8)
    plain[1] += rng.integers(-9, 10, (SIZE, SIZE, 1)).astype(np.int8).view(np.uint8)
    plain[2, ..., 0] += 20
    found = random_features(plain)
    np.testing.assert_allclose(found, random_features(plain))
    np.testing.assert_allclose(found[1:2], random_features(plain[1:2]), atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 0.005 and np.abs(found[0] - found[2]).max() > 0.005


def test_the_command_writes_into_the_card(data, tmp_path, capsys):
    torch.manual_seed(0)
    config = Pix2PixConfig(width=4, most=2, size=SIZE, classes=2, up="resize")
    path = tmp_path / "checkpoints" / "chimera" / checkpoint.FILE
    checkpoint.save(
        path,
        Pix2Pix(config).eval(),
        model="pix2pix",
        config=config,
        licence="MIT",
        attribution="nobody",
        data={"categories": ["cat", "fish"]},
        training={},
        metrics=[],
    )
    command = [
        "evaluate",
        "chimera",
        "--data",
        str(data),
        "--checkpoint",
        str(path.parent),
        "--photos",
        "5",
        "--device",
        "cpu",
    ]
    assert main([*command, "--no-write"]) == 0
    assert checkpoint.read_header(path)["metrics"] == []
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert main(command) == 0
    assert checkpoint.read_header(path)["metrics"] == printed
    assert all(figure["n"] == 5 for figure in printed)
    assert main([*command, "--features", str(tmp_path / "none.pth")]) == 2
    assert "pip install" in capsys.readouterr().err
    assert main([*command, "--photos", "2"]) == 2
    assert "at least 4" in capsys.readouterr().err
