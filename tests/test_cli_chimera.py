"""`chimera`: a picture, edge maps, species maps, folders, errors and exit codes; tiny networks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from generated import write_chimera
from PIL import Image
from test_cli import refused

from doodle import checkpoint
from doodle.cli import main
from doodle.models.pix2pix import Pix2Pix, Pix2PixConfig
from doodle.pipelines.chimera import Chimera, read_source
from doodle.strokes.edge_map import EdgeStyle
from doodle.strokes.species import painted

NAMES = ["lion", "goat", "fish"]
SIZE = 64


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny generator that listens to noise."""
    root = tmp_path_factory.mktemp("chimera") / "checkpoints"
    torch.manual_seed(0)
    config = Pix2PixConfig(width=4, most=2, size=SIZE, classes=3, noise=2, up="resize")
    module = Pix2Pix(config).eval()
    for parameter in module.parameters():
        parameter.data *= 8  # from grey to colours
    checkpoint.save(
        root / "chimera" / checkpoint.FILE,
        module,
        model="pix2pix",
        config=config,
        licence="MIT",
        attribution="nobody",
        data={"categories": NAMES},
        training={},
        metrics=[],
    )
    checkpoint.update_index(root)
    return root


@pytest.fixture
def run(capsys: pytest.CaptureFixture, networks: Path) -> Callable:
    """Run `chimera`: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        if "--checkpoints" not in arguments:
            arguments = (*arguments, "--checkpoints", networks)
        try:
            code = main(["chimera", *map(str, arguments), "--device", "cpu"])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def lines() -> np.ndarray:
    """An edge map at the network's own size."""
    edges = np.zeros((SIZE, SIZE), np.uint8)
    cv2.circle(edges, (32, 32), 22, 255, 1)
    cv2.line(edges, (20, 40), (50, 28), 255, 1)
    return edges


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A wide drawing on paper."""
    paper = np.full((120, 240, 3), 255, np.uint8)
    cv2.ellipse(paper, (120, 60), (100, 45), 0, 0, 360, (0, 0, 0), 2)
    Image.fromarray(paper).save(tmp_path / "drawing.png")
    return tmp_path / "drawing.png"


def opened(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        assert picture.mode == "RGB"
        return np.array(picture)


def test_an_edge_map_of_either_polarity(run, networks, lines, tmp_path):
    network, header = checkpoint.load(networks / "chimera" / checkpoint.FILE)
    wanted = Chimera(network, NAMES)(lines, np.full(lines.shape, 2), seed=3)[0]
    for name, given in (("black", lines), ("white", 255 - lines)):
        Image.fromarray(given).save(tmp_path / f"{name}.png")
        out = tmp_path / "made" / f"{name}.png"
        said = run(
            tmp_path / f"{name}.png", "--out", out, "--edges", "--species", "goat", "--seed", 3
        )
        assert said == (0, "", "")
        assert np.array_equal(opened(out), wanted)


def test_seed_species_background_and_style_matter(run, drawing, tmp_path):
    made = []
    for options in (
        (),
        (),
        ("--seed", 1),
        ("--species", "lion"),
        ("--species", "unknown"),
        ("--background", "scene"),
        ("--style", "canny"),
        ("--edges",),
    ):
        assert run(drawing, "--out", tmp_path / "o.png", *options) == (0, "", "")
        made.append(opened(tmp_path / "o.png"))
    assert all(picture.shape == (SIZE, SIZE, 3) for picture in made)
    assert np.array_equal(made[0], made[1]) and np.array_equal(made[0], made[4])
    for k in (2, 3, 5, 6):
        assert not np.array_equal(made[0], made[k]), k


def test_a_species_map_lies_on_the_drawing(run, networks, drawing, tmp_path):
    numbers = np.zeros((60, 120), np.uint8)
    numbers[:, :60], numbers[:, 60:] = 1, 3
    Image.fromarray(painted(numbers, NAMES)).save(tmp_path / "colours.png")
    Image.fromarray(numbers).save(tmp_path / "numbers.png")
    pipeline = Chimera(checkpoint.load(networks / "chimera" / checkpoint.FILE)[0], NAMES)
    edges = pipeline.edges_of(drawing, EdgeStyle())
    classes = pipeline.species_map(edges, painted=numbers)
    assert set(np.unique(classes)) == {1, 3}
    wanted = pipeline(edges, classes)[0]
    for name in ("colours", "numbers"):
        run(drawing, "--out", tmp_path / "o.png", "--species-map", tmp_path / f"{name}.png")
        assert np.array_equal(opened(tmp_path / "o.png"), wanted)


def test_other_seeds_are_answers_of_the_network_with_noise(run, drawing, tmp_path):
    root = write_chimera(tmp_path / "chimera", NAMES, SIZE)
    made = {}

    def make(name: str, seed: int) -> None:
        out = tmp_path / "o.png"
        assert run(drawing, "--out", out, "--seed", seed, "--checkpoints", root) == (0, "", "")
        made[name, seed] = opened(out)

    for seed in (0, 7):
        make("alone", seed)
    write_chimera(root, NAMES, SIZE, name="chimera_modes", noise=2)
    for seed in (0, 7, 8):
        make("both", seed)
    assert np.array_equal(made["alone", 0], made["alone", 7])
    assert np.array_equal(made["alone", 0], made["both", 0])
    assert not np.array_equal(made["both", 0], made["both", 7])
    assert not np.array_equal(made["both", 7], made["both", 8])


def test_the_tags_of_a_saved_drawing_count_unless_a_species_is_given(run, networks, tmp_path):
    rows = [[10, 50, 0, 0.5, 40, 10, 20, 0.5], [60, 50, 0, 0.5, 90, 90, 20, 0.5]]
    network, _ = checkpoint.load(networks / "chimera" / checkpoint.FILE)
    pipeline, given = Chimera(network, NAMES), {}
    for name, tags in (("tagged", ["goat", "fish"]), ("plain", []), ("short", ["goat"])):
        wire = {"v": 1, "w": 100, "h": 100, "strokes": rows, "tags": tags}
        (tmp_path / f"{name}.json").write_text(json.dumps(wire))
        run(tmp_path / f"{name}.json", "--out", tmp_path / "o.png")
        given[name] = opened(tmp_path / "o.png")
    edges = pipeline.edges_of(tmp_path / "tagged.json")
    lines = read_source(tmp_path / "tagged.json").polylines()
    classes = pipeline.species_map(edges, groups=[([lines[0]], "goat"), ([lines[1]], "fish")])
    assert np.array_equal(given["tagged"], pipeline(edges, classes)[0])
    assert np.array_equal(given["plain"], pipeline(edges)[0])
    assert np.array_equal(given["short"], given["plain"])
    run(tmp_path / "tagged.json", "--out", tmp_path / "o.png", "--species", "lion")
    assert np.array_equal(opened(tmp_path / "o.png"), pipeline(edges, np.ones_like(classes))[0])


def test_the_whole_frame_and_other_kinds_of_files(run, drawing, tmp_path):
    assert run(drawing, "--out", tmp_path / "o.jpg", "--full")[0] == 0
    assert opened(tmp_path / "o.jpg").shape == (120, 240, 3)
    svg = tmp_path / "ring.svg"
    svg.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90">'
        '<circle cx="45" cy="45" r="40" fill="none" stroke="black"/></svg>'
    )
    folder = tmp_path / "there"
    folder.mkdir()
    assert run(svg, "--out", folder) == (0, "", "")
    assert opened(folder / "ring.png").shape == (SIZE, SIZE, 3)


def test_a_folder_runs_as_a_batch(run, drawing, lines, tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "more").mkdir(parents=True)
    for name in ("a.png", "a.jpg", "more/b.png"):
        Image.fromarray(lines).save(source / name)
    (source / "bad.png").write_bytes(b"\x89PNG broken")
    (source / "notes.txt").write_text("no picture")
    code, printed, err = run(source, "--out", out, "--edges", "--species", "fish")
    assert code == 0 and "3 written, 1 skipped" in printed
    assert err.count("\n") == 1 and "bad.png" in err and err.startswith("skipped")
    made = sorted(str(path.relative_to(out)) for path in out.rglob("*.png"))
    assert made == ["a.jpg.png", "a.png", "more/b.png"] or made == [
        "a.png",
        "a.png.png",
        "more/b.png",
    ]
    run(source / "more" / "b.png", "--out", tmp_path / "alone.png", "--edges", "--species", "fish")
    assert np.array_equal(opened(out / "more" / "b.png"), opened(tmp_path / "alone.png"))
    for path in source.rglob("*.??g"):
        path.write_bytes(b"broken")
    code, printed, err = run(source, "--out", tmp_path / "none")
    assert code == 2 and "0 written, 4 skipped" in printed and err.count("\n") == 5


def test_mistakes_are_one_line_and_nothing_is_written(run, drawing, tmp_path, networks):
    out = tmp_path / "o.png"
    one = tmp_path / "one.png"
    Image.new("RGB", (1, 1)).save(one)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG broken")
    refused(run(tmp_path / "none.png", "--out", out), 2, "none.png")
    refused(run(one, "--out", out), 2, "too small")
    refused(run(broken, "--out", out), 2, "damaged")
    refused(run(drawing, "--out", tmp_path / "o.txt"), 2, "o.txt")
    refused(run(drawing, "--out", out, "--species", "loin"), 2, "did you mean lion")
    refused(run(drawing, "--out", out, "--species", "lion", "--species-map", one), 2, "not allowed")
    refused(run(drawing, "--out", out, "--seed", -1), 2, "--seed")
    refused(run(drawing, "--out", out, "--style", "x"), 2, "--style")
    refused(run(drawing), 2, "--out")
    refused(run(tmp_path, "--out", drawing), 2, "must be one too")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(run(empty, "--out", tmp_path / "x"), 2, "no pictures")
    wide = tmp_path / "wide.png"
    Image.new("RGB", (90, 20)).save(wide)
    refused(run(drawing, "--out", out, "--species-map", wide), 2, "proportions")
    assert not out.exists()


def test_without_its_checkpoint_it_says_how_to_train_one(run, drawing, tmp_path, networks):
    bare = tmp_path / "bare"
    shutil.copytree(networks, bare)
    shutil.rmtree(bare / "chimera")
    command = "python -m doodle train chimera"
    refused(run(drawing, "--out", tmp_path / "o.png", "--checkpoints", bare), 3, command)
    checkpoint.update_index(bare)
    refused(run(drawing, "--out", tmp_path / "o.png", "--checkpoints", bare), 3, command)
    refused(run(drawing, "--out", tmp_path / "o.png", "--network", "other"), 3, command)
